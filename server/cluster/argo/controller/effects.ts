import { goJson, isJsonObject } from '../../../lib/json.ts';
import type { Log } from '../../../lib/log.ts';
import { rfc3339, type Clock } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import type { EventRecorder } from '../../controllers/runtime/event-recorder.ts';
import type { KubeObject } from '../../store/object.ts';
import type { PodSignals } from '../executor/pod-signals.ts';
import { normalize } from '../types/normal-form.ts';
import { cacheProblem } from './memoize.ts';
import { CONFIG_MAPS, core, GC_TASKS, LABEL_COMPLETED, LABEL_PHASE, PODS, TASK_SETS, WORKFLOWS } from '../types/resources.ts';
import type { NodePhase, NodeStatus, Workflow } from '../types/workflow.ts';
import { isCompletedPhase } from './nodes.ts';
import type { Changes } from './observed.ts';
import { othersEnded, viewPod } from './pod-outcome.ts';

const ACCOUNTS = core('serviceaccounts');
const TOKEN_ANNOTATION = 'workflows.argoproj.io/service-account-token.name';
const CLAIMS = core('persistentvolumeclaims');
const BUDGETS: ResourceType = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
/** When to look again at what a quota holds up. */
const QUOTA_RETRY_MS = 1000;

export interface EffectsOptions {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  signals: PodSignals;
}

/** Does to the cluster what reconciling has decided. */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #client: KubeClient;
  /** What cancels the deletion of pods that wait for it, by `namespace/name`. */
  readonly #timers = new Map<string, () => void>();

  constructor(options: EffectsOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  /** Cancels what is still to come. */
  stop(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  /** What has to be there before pods can run. */
  async prepare(namespace: string, changes: Changes): Promise<void> {
    const { createBudget } = changes;
    if (createBudget !== undefined) await this.ignoring(409, () => this.#client.create(BUDGETS, namespace, createBudget));
    for (const claim of changes.createClaims) await this.ignoring(409, () => this.#client.create(CLAIMS, namespace, claim));
  }

  /** Answers whether a pod was refused for good: then the workflow has to be looked at anew. */
  async createPods(namespace: string, changes: Changes, workflow: Workflow, podErrors: Map<string, string>): Promise<boolean> {
    let refused = false;
    if (changes.createAgent !== undefined && !(await this.#createAgent(namespace, changes.createAgent, podErrors))) refused = true;
    for (const { nodeName, pod } of changes.createPods) {
      try {
        await this.#client.create(PODS, namespace, pod);
      } catch (error) {
        if (!(error instanceof ApiStatus)) throw error;
        if (error.code === 409) continue;
        if (error.message.includes('exceeded quota') || error.code >= 500 || error.code === 429) {
          const node = Object.values(workflow.status.nodes ?? {}).find((candidate) => candidate.name === nodeName);
          if (node !== undefined) node.message = error.message;
          changes.requeueAfter = Math.min(changes.requeueAfter ?? QUOTA_RETRY_MS, QUOTA_RETRY_MS);
          continue;
        }
        podErrors.set(nodeName, error.message);
        refused = true;
      }
    }
    return refused;
  }

  /** The agent's pod, with the token of its ServiceAccount. */
  async #createAgent(namespace: string, agent: KubeObject, podErrors: Map<string, string>): Promise<boolean> {
    const { name } = agent.metadata;
    const spec = isJsonObject(agent['spec']) ? agent['spec'] : {};
    const account = typeof spec['serviceAccountName'] === 'string' ? spec['serviceAccountName'] : 'default';
    let secretName: string;
    try {
      const { metadata } = await this.#client.get(ACCOUNTS, namespace, account);
      secretName = metadata.annotations?.[TOKEN_ANNOTATION] ?? `${account}.service-account-token`;
    } catch (error) {
      podErrors.set(name, `failed to get token volumes: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    const volumes = (Array.isArray(spec['volumes']) ? spec['volumes'] : []).map((volume) => (isJsonObject(volume) && isJsonObject(volume['secret']) && volume['secret']['secretName'] === '' ? { ...volume, secret: { secretName } } : volume));
    try {
      await this.ignoring(409, () => this.#client.create(PODS, namespace, { ...agent, spec: { ...spec, volumes } }));
      return true;
    } catch (error) {
      podErrors.set(name, `failed to create Agent pod. Reason: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  /** Lists the agent's tasks, taking away those that are over. */
  async writeTaskSet(namespace: string, workflow: Workflow, tasks: Changes['tasks'], known: KubeObject | undefined): Promise<void> {
    const { name, uid = '' } = workflow.metadata;
    const nodes = Object.values(workflow.status.nodes ?? {});
    const listed = JSON.parse(goJson(Object.fromEntries([...tasks].map(([id, template]) => [id, normalize('Template', template)])))) as Record<string, object>;
    const over = workflow.metadata.labels?.[LABEL_COMPLETED] === 'true';
    if (known === undefined) {
      if (tasks.size === 0) return;
      await this.ignoring(409, () =>
        this.#client.create(TASK_SETS, namespace, {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'WorkflowTaskSet',
          metadata: { name, ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', uid, name }] },
          spec: { tasks: listed },
        }),
      );
      return;
    }
    const spec = JSON.stringify(known['spec'] ?? {});
    const fresh = Object.keys(listed).some((id) => !spec.includes(`"${id}"`));
    const done = nodes.filter((node) => (node.type === 'HTTP' || node.type === 'Plugin') && isCompletedPhase(node.phase) && spec.includes(`"${node.id}"`));
    if (fresh) await this.#client.patch(TASK_SETS, namespace, name, { type: 'merge', body: { metadata: { labels: { [LABEL_COMPLETED]: String(over) } }, spec: { tasks: listed } } });
    if (done.length === 0 && (!over || known.metadata.labels?.[LABEL_COMPLETED] === 'true')) return;
    const gone = Object.fromEntries(done.map((node) => [node.id, null]));
    // Argo's own manifests do not let the controller write the status: then the tasks stay, and the agent with them.
    await this.ignoring(403, async () => {
      await this.#client.patch(TASK_SETS, namespace, name, { type: 'merge', body: { status: { nodes: gone } } }, { subresource: 'status' });
      await this.#client.patch(TASK_SETS, namespace, name, { type: 'merge', body: { ...(over ? { metadata: { labels: { [LABEL_COMPLETED]: 'true' } } } : {}), spec: { tasks: gone } } });
    });
  }

  /** Ends a workflow that cannot even be read. After argo-workflows v3.7.6 workflow/controller/controller.go processNextItem */
  async refuse(object: KubeObject, message: string): Promise<void> {
    const now = rfc3339(this.#options.clock.now());
    const labels = { [LABEL_PHASE]: 'Failed', [LABEL_COMPLETED]: 'true' };
    const status = { phase: 'Failed', message, startedAt: now, finishedAt: now, conditions: [{ type: 'Completed', status: 'True' }], progress: '0/0' };
    await this.#client.patch(WORKFLOWS, object.metadata.namespace, object.metadata.name, { type: 'merge', body: { metadata: { labels }, status } });
    this.#options.events.record(object, 'Warning', 'WorkflowFailed', message);
  }

  /** Ends a running pod's containers; one that has not begun is deleted. */
  async terminate(namespace: string, name: string): Promise<void> {
    const pod = await this.#client.find(PODS, namespace, name);
    if (pod === undefined) return;
    const view = viewPod(pod);
    const begun = view.phase === 'Running';
    if (begun && this.#options.signals.terminate(pod.metadata.uid ?? '', othersEnded(view) !== undefined)) return;
    // Whoever waited there has gone: the pod is about to end by itself.
    if (begun && view.containers.some((container) => container.name === 'wait')) return;
    if (view.phase === 'Succeeded' || view.phase === 'Failed') return;
    await this.ignoring(404, () => this.#client.delete(PODS, namespace, name));
  }

  /** What follows once the workflow is written. */
  async finish(namespace: string, workflow: Workflow, changes: Changes): Promise<void> {
    for (const claim of changes.deleteClaims) await this.ignoring(404, () => this.#client.delete(CLAIMS, namespace, claim));
    if (changes.deleteBudget) await this.ignoring(404, () => this.#client.delete(BUDGETS, namespace, workflow.metadata.name));
    for (const { task, pod } of changes.collect) {
      try {
        const made = await this.#client.create(GC_TASKS, namespace, task).catch((error: unknown) => {
          if (error instanceof ApiStatus && error.code === 409 && error.reason === 'AlreadyExists') return this.#client.get(GC_TASKS, namespace, task.metadata.name);
          throw error;
        });
        const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'WorkflowArtifactGCTask', name: made.metadata.name, uid: made.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
        await this.ignoring(409, () => this.#client.create(PODS, namespace, { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } }));
      } catch (error) {
        // In a namespace that goes there is nobody to delete with: the workflow must not hold it back.
        if (!(error instanceof ApiStatus) || !error.message.includes('being terminated')) throw error;
        await this.#client.patch(WORKFLOWS, namespace, workflow.metadata.name, { type: 'merge', body: { metadata: { finalizers: null } } });
      }
    }
    for (const task of changes.deleteGcTasks) await this.ignoring(404, () => this.#client.delete(GC_TASKS, namespace, task));
  }

  recordEvents(object: KubeObject, changes: Changes, before: ReadonlyMap<string, NodePhase>, after: Record<string, NodeStatus>, nodes: boolean): void {
    for (const { type, reason, message } of changes.events) this.#options.events.record(object, type, reason, message);
    if (!nodes) return;
    for (const [id, node] of Object.entries(after)) {
      const old = before.get(id);
      if (old === node.phase) continue;
      const done = isCompletedPhase(node.phase);
      if ((old === 'Pending' || old === undefined) && done) this.#nodeEvent(object, node, 'Running');
      if (old !== undefined || node.phase === 'Running' || done) this.#nodeEvent(object, node, node.phase);
    }
  }

  #nodeEvent(object: KubeObject, node: NodeStatus, phase: string): void {
    const normal = phase === 'Succeeded' || phase === 'Running';
    const annotations = {
      'workflows.argoproj.io/node-type': node.type,
      'workflows.argoproj.io/node-name': node.name,
      'workflows.argoproj.io/node-id': node.id,
      'workflows.argoproj.io/node-start-time': node.startedAt === null ? '-6795364578871345152' : `${Date.parse(node.startedAt)}000000`,
    };
    this.#options.events.record(object, normal ? 'Normal' : 'Warning', `WorkflowNode${phase}`, `${phase} node ${node.name}${(node.message ?? '') === '' ? '' : `: ${node.message ?? ''}`}`, undefined, annotations);
  }

  /** Pods that are over: marked at once, or deleted after a while. */
  async cleanUp(namespace: string, cleanup: { label: string[]; remove: string[] }, delay: number): Promise<void> {
    for (const name of cleanup.label) {
      await this.ignoring(404, () => this.#client.patch(PODS, namespace, name, { type: 'merge', body: { metadata: { labels: { [LABEL_COMPLETED]: 'true' } } } }));
    }
    for (const name of cleanup.remove) {
      const key = `${namespace}/${name}`;
      if (this.#timers.has(key)) continue;
      const remove = () => {
        void this.ignoring(404, () => this.#client.delete(PODS, namespace, name))
          .catch(() => undefined)
          .finally(() => this.#timers.delete(key));
      };
      this.#timers.set(key, this.#options.clock.after(delay, remove));
    }
  }

  /** Answers whether one could not be written: then the workflow has to be looked at anew. */
  async saveCaches(namespace: string, changes: Changes, cacheErrors: Map<string, string>): Promise<boolean> {
    let refused = false;
    for (const cache of changes.saveCaches) {
      if (cacheErrors.has(cache.nodeId)) continue;
      try {
        await this.#saveCache(namespace, cache);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        this.#options.log.error({ nodeID: cache.nodeId, error: message }, 'Failed to save node outputs to cache');
        cacheErrors.set(cache.nodeId, message);
        refused = true;
      }
    }
    return refused;
  }

  async #saveCache(namespace: string, { configMap, key, nodeId, outputs, hit }: Changes['saveCaches'][number]): Promise<void> {
    const now = `${new Date(this.#options.clock.now()).toISOString().slice(0, 19)}Z`;
    const entry = goJson(hit === undefined ? { nodeID: nodeId, outputs: normalize('Outputs', outputs ?? {}), creationTimestamp: now, lastHitTimestamp: now } : { ...hit, lastHitTimestamp: now });
    const data = { [key]: entry };
    const words = (before: string, after = '') => (error: unknown) => {
      throw hit !== undefined || !(error instanceof Error) ? error : new Error(`${before}: ${error.message}${after}`);
    };
    const found = await this.#client.find(CONFIG_MAPS, namespace, configMap);
    const labels = { 'workflows.argoproj.io/configmap-type': 'Cache' };
    const problem = found === undefined ? undefined : cacheProblem(found);
    if (problem !== undefined) throw new Error(problem);
    if (found === undefined) await this.#client.create(CONFIG_MAPS, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configMap, labels }, data }).catch(words('could not save to config map cache'));
    else {
      const known = isJsonObject(found['data']) ? found['data'] : {};
      await this.#client.update(CONFIG_MAPS, { ...found, metadata: { ...found.metadata, labels }, data: { ...known, ...data } }).catch(words('error creating cache entry', '. Please check out this page for help: https://argo-workflows.readthedocs.io/en/latest/memoization/#faqs'));
    }
  }

  async ignoring(code: number, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ApiStatus) || error.code !== code) throw error;
    }
  }
}
