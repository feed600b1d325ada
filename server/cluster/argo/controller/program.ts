import { createServer } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { goJson } from '../../../lib/json.ts';
import type { Log } from '../../../lib/log.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import { EventRecorder } from '../../controllers/runtime/event-recorder.ts';
import { Informers, keyOf } from '../../controllers/runtime/informer.ts';
import type { Informer } from '../../controllers/runtime/informer.ts';
import { WorkQueue } from '../../controllers/runtime/work-queue.ts';
import type { Program, ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';
import { startCron } from '../cron/cron.ts';
import type { PodSignals } from '../executor/pod-signals.ts';
import { normalize } from '../types/normal-form.ts';
import type { TemplateGetters } from '../types/resolve.ts';
import { decodeWorkflow, decodeWorkflowTemplate } from '../types/workflow.ts';
import type { NodeStatus, Workflow } from '../types/workflow.ts';
import { readConfig } from './config.ts';
import type { ControllerConfig } from './config.ts';
import { Locks } from './locks.ts';
import { isCompletedPhase } from './nodes.ts';
import type { Changes } from './operation.ts';
import { viewPod } from './pod-outcome.ts';
import type { PodView } from './pod-outcome.ts';
import { reconcile } from './reconcile.ts';
import { durationOf } from './operation.ts';

const argo = (resource: string): ResourceType => ({ group: 'argoproj.io', version: 'v1alpha1', resource });
const core = (resource: string): ResourceType => ({ group: '', version: 'v1', resource });
export const WORKFLOWS = argo('workflows');
const TASK_RESULTS = argo('workflowtaskresults');
const PODS = core('pods');
const CLAIMS = core('persistentvolumeclaims');
const CONFIG_MAPS = core('configmaps');
const LABEL_WORKFLOW = 'workflows.argoproj.io/workflow';
const LABEL_COMPLETED = 'workflows.argoproj.io/completed';
const CONFIG_MAP = 'workflow-controller-configmap';
/** How long a pod stays after its end when it is to be deleted. */
const POD_GC_DELAY_MS = 5000;
/** When to look again at what a quota holds up. */
const QUOTA_RETRY_MS = 1000;

export interface ControllerOptions {
  signals: PodSignals;
  /** Entrypoint and cmd of an image that the cluster knows. */
  imageCommand(image: string): { entrypoint: string[]; cmd: string[] } | undefined;
}

/** The workflow controller: watches workflows, pods and task results, and reconciles one workflow at a time. */
export function workflowController(options: ControllerOptions): Program {
  return { run: (context) => new Controller(context, options).run() };
}

/**
 * The one namespace that `--namespaced` or `--managed-namespace` bind the controller to; undefined for all.
 * After argo-workflows v3.7.6 cmd/workflow-controller/main.go
 */
export function managedNamespace(argv: readonly string[], own: string): string | undefined {
  const at = argv.findIndex((word) => /^--managed-namespace(=|$)/.test(word));
  const given = at < 0 ? '' : (argv[at]?.split('=')[1] ?? argv[at + 1] ?? '');
  if (!argv.some((word) => word === '--namespaced' || word === '--namespaced=true')) return undefined;
  return given === '' ? own : given;
}

class Controller {
  readonly #context: ProgramContext;
  readonly #options: ControllerOptions;
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #locks = new Locks();
  readonly #restored = new Set<string>();
  readonly #podsOf = new Map<string, Map<string, KubeObject>>();
  readonly #resultsOf = new Map<string, Map<string, KubeObject>>();
  readonly #templates = new Map<string, { version: string | undefined; spec: ReturnType<typeof decodeWorkflowTemplate>['spec'] }>();
  readonly #timers = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #log: Log;
  #config: { version: string | undefined; value: ControllerConfig } | undefined;
  #events: EventRecorder;
  #queue: WorkQueue;
  #workflows: Informer;
  #configMaps: Informer;
  #workflowTemplates: Informer;
  #clusterTemplates: Informer | undefined;
  #managed: string | undefined;

  constructor(context: ProgramContext, options: ControllerOptions) {
    this.#context = context;
    this.#options = options;
    this.#client = context.client;
    this.#namespace = context.pod.metadata.namespace ?? 'argo';
    const line = (level: string) => (fields: object, message: string) => context.stderr(`time="${new Date(context.clock.now()).toISOString()}" level=${level} msg=${JSON.stringify(message)}${showFields(fields)}\n`);
    this.#log = { debug() {}, info: line('info'), warn: line('warning'), error: line('error') };
    context.signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (context.signal.aborted) this.#stop.abort();
    const signal = this.#stop.signal;
    this.#events = new EventRecorder({ client: this.#client, clock: context.clock, log: this.#log, source: { component: 'workflow-controller' } });
    this.#queue = new WorkQueue({ name: 'workflows', clock: context.clock, log: this.#log, signal, reconcile: (key) => this.#reconcile(key) });
    const managed = managedNamespace(context.argv, this.#namespace);
    this.#managed = managed;
    const informers = new Informers(this.#client, signal, managed === undefined ? {} : { namespace: managed });
    this.#configMaps = informers.of(CONFIG_MAPS);
    this.#workflowTemplates = informers.of(argo('workflowtemplates'));
    // Who is bound to one namespace may not look at what belongs to all.
    this.#clusterTemplates = managed === undefined ? informers.of(argo('clusterworkflowtemplates')) : undefined;
    this.#workflows = informers.of(WORKFLOWS);
    informers.of(PODS).onChange(({ previous, current }) => this.#index(this.#podsOf, previous, current, (pod) => pod.metadata.annotations?.['workflows.argoproj.io/node-id']));
    informers.of(TASK_RESULTS).onChange(({ previous, current }) => this.#index(this.#resultsOf, previous, current, (result) => result.metadata.name));
    this.#workflows.onChange(({ previous, current }) => {
      if (current !== undefined) this.#queue.add(keyOf(current));
      else if (previous !== undefined) this.#gone(keyOf(previous));
    });
  }

  async run(): Promise<number> {
    const context = this.#context;
    const health = createServer((_request, response) => response.end('ok'));
    const uid = context.pod.metadata.uid ?? '';
    const closers = [6060, 9090].map((port) => context.network.listen(uid, port, (socket) => health.emit('connection', socket)));
    this.#log.info({}, 'Starting Workflow Controller');
    const stopCron = startCron({
      client: this.#client,
      clock: context.clock,
      log: this.#log,
      events: this.#events,
      signal: this.#stop.signal,
      getters: (namespace) => this.#getters(namespace),
      defaults: () => this.#settings().workflowDefaults,
      workflows: this.#workflows,
      ...(this.#managed === undefined ? {} : { namespace: this.#managed }),
    });
    await new Promise<void>((resolve) => {
      if (this.#stop.signal.aborted) resolve();
      else this.#stop.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    stopCron();
    for (const cancel of this.#timers) cancel();
    for (const close of closers) close();
    health.closeAllConnections();
    return 0;
  }

  #index(index: Map<string, Map<string, KubeObject>>, previous: KubeObject | undefined, current: KubeObject | undefined, idOf: (object: KubeObject) => string | undefined): void {
    const object = current ?? previous;
    const workflow = object?.metadata.labels?.[LABEL_WORKFLOW];
    const id = object === undefined ? undefined : idOf(object);
    if (object === undefined || workflow === undefined || id === undefined) return;
    const key = `${object.metadata.namespace ?? ''}/${workflow}`;
    let group = index.get(key);
    if (group === undefined) index.set(key, (group = new Map()));
    if (current !== undefined) group.set(id, current);
    else group.delete(id);
    if (group.size === 0) index.delete(key);
    this.#queue.add(key);
  }

  #gone(key: string): void {
    for (const other of this.#locks.releaseAll(key)) this.#queue.add(other);
    this.#restored.delete(key);
  }

  #settings(): ControllerConfig {
    const object = this.#configMaps.get(this.#namespace, CONFIG_MAP);
    const version = object?.metadata.resourceVersion;
    if (this.#config !== undefined && this.#config.version === version) return this.#config.value;
    const data = object?.['data'];
    const value = readConfig(typeof data === 'object' && data !== null ? (data as Record<string, string>) : {});
    this.#config = { version, value };
    return value;
  }

  #getters(namespace: string): TemplateGetters {
    const read = (informer: Informer, scope: string | undefined, name: string) => {
      const object = informer.get(scope, name);
      if (object === undefined) return undefined;
      const key = `${scope ?? ''}/${name}`;
      const known = this.#templates.get(key);
      if (known !== undefined && known.version === object.metadata.resourceVersion) return known;
      const decoded = { version: object.metadata.resourceVersion, spec: decodeWorkflowTemplate(object).spec };
      this.#templates.set(key, decoded);
      return decoded;
    };
    return { workflowTemplate: (name) => read(this.#workflowTemplates, namespace, name), clusterWorkflowTemplate: (name) => (this.#clusterTemplates === undefined ? undefined : read(this.#clusterTemplates, undefined, name)) };
  }

  async #reconcile(key: string): Promise<void> {
    const object = this.#workflows.getByKey(key);
    if (object === undefined) return;
    if (object.metadata.deletionTimestamp !== undefined) return;
    const workflow = decodeWorkflow(object);
    const completed = workflow.metadata.labels?.[LABEL_COMPLETED] === 'true';
    if (!this.#restored.has(key)) {
      this.#restored.add(key);
      if (!completed) this.#locks.restore(key, workflow.status.synchronization);
    }
    if (completed) {
      await this.#afterEnd(key, workflow);
      return;
    }
    await this.#operate(key, object, workflow, new Map());
  }

  async #operate(key: string, object: KubeObject, workflow: Workflow, podErrors: Map<string, string>): Promise<void> {
    const { namespace = '' } = workflow.metadata;
    const pods = new Map<string, PodView>();
    for (const [id, pod] of this.#podsOf.get(key) ?? []) if (ownedBy(pod, workflow)) pods.set(id, viewPod(pod));
    const result = reconcile(workflow, {
      now: this.#context.clock.now(),
      pods,
      taskResults: [...(this.#resultsOf.get(key)?.values() ?? [])].filter((taskResult) => ownedBy(taskResult, workflow)),
      templates: this.#getters(namespace),
      config: this.#settings(),
      locks: this.#locks,
      configMap: (map, ns = namespace) => this.#configMaps.get(ns, map),
      controllerNamespace: this.#namespace,
      parseYaml: (text) => parseYaml(text) as unknown,
      imageCommand: (image) => this.#options.imageCommand(image),
      podErrors,
    });
    const { changes } = result;
    for (const claim of changes.createClaims) await this.#ignoring(409, () => this.#client.create(CLAIMS, namespace, claim));
    const refused = await this.#createPods(namespace, changes, result.workflow, podErrors);
    if (refused) {
      await this.#operate(key, object, workflow, podErrors);
      return;
    }
    for (const pod of changes.terminatePods) await this.#terminate(namespace, pod);
    let written: KubeObject = object;
    if (result.changed) {
      written = await this.#client.update(WORKFLOWS, { ...(normalize('Workflow', result.workflow) as unknown as KubeObject), apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' });
      this.#recordEvents(object, changes, workflow.status.nodes ?? {}, result.workflow.status.nodes ?? {});
    }
    for (const cache of changes.saveCaches) await this.#saveCache(namespace, cache);
    for (const claim of changes.deleteClaims) await this.#ignoring(404, () => this.#client.delete(CLAIMS, namespace, claim));
    for (const other of changes.wake) if (other !== key) this.#queue.add(other);
    if (changes.requeueAfter !== undefined) this.#queue.addAfter(key, changes.requeueAfter);
    await this.#cleanUp(namespace, result.cleanup, durationOf(result.workflow.spec.podGC?.deleteDelayDuration ?? '') ?? POD_GC_DELAY_MS);
    if (result.workflow.metadata.labels?.[LABEL_COMPLETED] === 'true') await this.#afterEnd(key, decodeWorkflow(written));
  }

  /** Answers whether a pod was refused for good: then the workflow has to be looked at anew. */
  async #createPods(namespace: string, changes: Changes, workflow: Workflow, podErrors: Map<string, string>): Promise<boolean> {
    let refused = false;
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

  /** Ends a running pod's containers; one that has not begun is deleted. */
  async #terminate(namespace: string, name: string): Promise<void> {
    const pod = await this.#client.find(PODS, namespace, name);
    if (pod === undefined) return;
    const view = viewPod(pod);
    const begun = view.phase === 'Running';
    if (begun && this.#options.signals.terminate(pod.metadata.uid ?? '')) return;
    // Whoever waited there has gone: the pod is about to end by itself.
    if (begun && view.containers.some((container) => container.name === 'wait')) return;
    if (view.phase === 'Succeeded' || view.phase === 'Failed') return;
    await this.#ignoring(404, () => this.#client.delete(PODS, namespace, name));
  }

  #recordEvents(object: KubeObject, changes: Changes, before: Record<string, NodeStatus>, after: Record<string, NodeStatus>): void {
    for (const { type, reason, message } of changes.events) this.#events.record(object, type, reason, message);
    if (!this.#settings().nodeEvents) return;
    for (const [id, node] of Object.entries(after)) {
      const old = before[id];
      if (old?.phase === node.phase) continue;
      const done = isCompletedPhase(node.phase);
      if ((old?.phase === 'Pending' || old === undefined) && done) this.#nodeEvent(object, node, 'Running');
      if (old !== undefined || node.phase === 'Running' || done) this.#nodeEvent(object, node, node.phase);
    }
  }

  #nodeEvent(object: KubeObject, node: NodeStatus, phase: string): void {
    const normal = phase === 'Succeeded' || phase === 'Running';
    this.#events.record(object, normal ? 'Normal' : 'Warning', `WorkflowNode${phase}`, `${phase} node ${node.name}${(node.message ?? '') === '' ? '' : `: ${node.message ?? ''}`}`);
  }

  async #cleanUp(namespace: string, cleanup: { label: string[]; remove: string[] }, delay: number): Promise<void> {
    for (const name of cleanup.label) {
      await this.#ignoring(404, () => this.#client.patch(PODS, namespace, name, { type: 'merge', body: { metadata: { labels: { [LABEL_COMPLETED]: 'true' } } } }));
    }
    for (const name of cleanup.remove) {
      const cancel = this.#context.clock.after(delay, () => {
        this.#timers.delete(cancel);
        void this.#ignoring(404, () => this.#client.delete(PODS, namespace, name)).catch(() => undefined);
      });
      this.#timers.add(cancel);
    }
  }

  /** What is left to do for a workflow that is over: its task results, and itself when its time has come. */
  async #afterEnd(key: string, workflow: Workflow): Promise<void> {
    const { namespace = '', name } = workflow.metadata;
    if ((this.#resultsOf.get(key)?.size ?? 0) > 0) {
      await this.#client.deleteCollection(TASK_RESULTS, { namespace, labelSelector: `${LABEL_WORKFLOW}=${name}` }, { propagationPolicy: 'Background' });
    }
    const spec = workflow.status.storedWorkflowTemplateSpec ?? workflow.spec;
    const ttl = spec.ttlStrategy;
    if (ttl === undefined || workflow.status.finishedAt === null) return;
    const seconds = (workflow.status.phase === 'Succeeded' ? ttl.secondsAfterSuccess : ttl.secondsAfterFailure) ?? ttl.secondsAfterCompletion;
    if (seconds === undefined) return;
    const left = Date.parse(workflow.status.finishedAt) + seconds * 1000 - this.#context.clock.now();
    if (left > 0) this.#queue.addAfter(key, left);
    else await this.#ignoring(404, () => this.#client.delete(WORKFLOWS, namespace, name, { propagationPolicy: 'Background' }));
  }

  async #saveCache(namespace: string, cache: Changes['saveCaches'][number]): Promise<void> {
    const now = new Date(this.#context.clock.now()).toISOString().slice(0, 19);
    const entry = goJson({ nodeID: cache.nodeId, outputs: normalize('Outputs', cache.outputs ?? {}), creationTimestamp: `${now}Z`, lastHitTimestamp: `${now}Z` });
    try {
      const found = this.#configMaps.get(namespace, cache.configMap);
      if (found === undefined) {
        await this.#client.create(CONFIG_MAPS, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: cache.configMap, labels: { 'workflows.argoproj.io/configmap-type': 'Cache' } }, data: { [cache.key]: entry } });
      } else await this.#client.patch(CONFIG_MAPS, namespace, cache.configMap, { type: 'merge', body: { data: { [cache.key]: entry } } });
    } catch (error) {
      this.#log.warn({ cache: cache.configMap }, `Failed to save node outputs to cache: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #ignoring(code: number, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof ApiStatus) || error.code !== code) throw error;
    }
  }
}

/** A workflow of the same name may have been there before. */
function ownedBy(object: KubeObject, workflow: Workflow): boolean {
  const owners = object.metadata.ownerReferences ?? [];
  return owners.some((owner) => owner.uid === workflow.metadata.uid);
}

function showFields(fields: object): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? JSON.stringify(value) : value instanceof Error ? JSON.stringify(value.message) : JSON.stringify(value)}`)
    .join('');
}

