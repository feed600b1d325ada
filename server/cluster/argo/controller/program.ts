import { parse as parseYaml } from 'yaml';
import { whenAborted } from '../../../lib/abort.ts';
import type { Log } from '../../../lib/log.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeClient } from '../../client.ts';
import { EventRecorder } from '../../controllers/runtime/event-recorder.ts';
import { Informers, keyOf } from '../../controllers/runtime/informer.ts';
import type { Informer } from '../../controllers/runtime/informer.ts';
import { WorkQueue } from '../../controllers/runtime/work-queue.ts';
import type { Program, ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';
import { startCron } from '../cron/cron.ts';
import type { PodSignals } from '../executor/pod-signals.ts';
import { GoDecodeError, normalize } from '../types/normal-form.ts';
import type { TemplateGetters } from '../types/resolve.ts';
import { CLUSTER_WORKFLOW_TEMPLATES, CONFIG_MAPS, core, GC_TASKS, LABEL_COMPLETED, LABEL_PHASE, LABEL_WORKFLOW, PODS, TASK_RESULTS, TASK_SETS, WORKFLOW_TEMPLATES, WORKFLOWS } from '../types/resources.ts';
import { decodeWorkflow, decodeWorkflowTemplate } from '../types/workflow.ts';
import type { NodePhase, NodeStatus, Workflow } from '../types/workflow.ts';
import { GC_FINALIZER } from './artifact-gc.ts';
import { isOurs, readConfig } from './config.ts';
import type { ControllerConfig } from './config.ts';
import { CustomMetrics } from './custom-metrics.ts';
import { durationOf } from './durations.ts';
import { Effects } from './effects.ts';
import { listen } from './endpoints.ts';
import { Locks } from './locks.ts';
import { managedNamespace } from './managed-namespace.ts';
import type { Changes, Observed } from './observed.ts';
import { Pace } from './pace.ts';
import { viewPod } from './pod-outcome.ts';
import type { PodView } from './pod-outcome.ts';
import { markError, markPostponed, reconcileInPlace } from './reconcile.ts';
import { sizeProblem } from './size-limit.ts';
import { Throttler } from './throttler.ts';

const CONFIG_MAP = 'workflow-controller-configmap';
const PARALLELISM_LABEL = 'workflows.argoproj.io/parallelism-limit';
/** How long a pod stays after its end when it is to be deleted. */
const POD_GC_DELAY_MS = 5000;

export interface ControllerOptions {
  signals: PodSignals;
  /** Entrypoint and cmd of an image that the cluster knows. */
  imageCommand(image: string): { entrypoint: string[]; cmd: string[] } | undefined;
}

/** The workflow controller: watches workflows, pods and task results, and reconciles one workflow at a time. */
export function workflowController(options: ControllerOptions): Program {
  return { run: (context) => new Controller(context, options).run() };
}

class Controller {
  readonly #context: ProgramContext;
  readonly #options: ControllerOptions;
  readonly #client: KubeClient;
  readonly #namespace: string;
  /** The only namespace to look after; undefined for all. */
  readonly #managed: string | undefined;
  readonly #locks = new Locks();
  readonly #metrics = new CustomMetrics();
  readonly #totals = new Map<string, number>();
  readonly #restored = new Set<string>();
  /** Workflows as they were written last. */
  readonly #written = new Map<string, { version: string | undefined; print: string }>();
  readonly #pace = new Pace();
  readonly #podsOf = new Map<string, Map<string, KubeObject>>();
  readonly #resultsOf = new Map<string, Map<string, KubeObject>>();
  readonly #gcTasksOf = new Map<string, Map<string, KubeObject>>();
  readonly #templates = new Map<string, { version: string | undefined; spec: ReturnType<typeof decodeWorkflowTemplate>['spec'] }>();
  readonly #stop = new AbortController();
  readonly #log: Log;
  readonly #effects: Effects;
  readonly #throttler: Throttler;
  readonly #events: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #workflows: Informer;
  readonly #configMaps: Informer;
  readonly #workflowTemplates: Informer;
  readonly #clusterTemplates: Informer | undefined;
  readonly #taskSets: Informer;
  readonly #namespaces: Informer | undefined;
  #config: { version: string | undefined; value: ControllerConfig } | undefined;

  constructor(context: ProgramContext, options: ControllerOptions) {
    this.#context = context;
    this.#options = options;
    this.#client = context.client;
    this.#namespace = context.pod.metadata.namespace ?? 'argo';
    const { clock } = context;
    const line = (level: string) => (fields: object, message: string) => context.stderr(`time="${new Date(clock.now()).toISOString()}" level=${level} msg=${JSON.stringify(message)}${showFields(fields)}\n`);
    this.#log = { debug() {}, info: line('info'), warn: line('warning'), error: line('error') };
    context.signal.addEventListener('abort', () => this.#stop.abort(), { once: true });
    if (context.signal.aborted) this.#stop.abort();
    const signal = this.#stop.signal;
    this.#events = new EventRecorder({ client: this.#client, clock, log: this.#log, source: { component: 'workflow-controller' } });
    this.#effects = new Effects({ client: this.#client, clock, log: this.#log, events: this.#events, signals: options.signals });
    this.#queue = new WorkQueue({ name: 'workflows', clock, log: this.#log, signal, reconcile: (key) => this.#reconcile(key) });
    this.#managed = managedNamespace(context.argv, this.#namespace);
    const informers = new Informers(this.#client, signal, this.#managed === undefined ? {} : { namespace: this.#managed });
    this.#configMaps = informers.of(CONFIG_MAPS);
    this.#workflowTemplates = informers.of(WORKFLOW_TEMPLATES);
    // Who is bound to one namespace may not look at what belongs to all.
    this.#clusterTemplates = this.#managed === undefined ? informers.of(CLUSTER_WORKFLOW_TEMPLATES) : undefined;
    this.#namespaces = this.#managed === undefined ? informers.of(core('namespaces')) : undefined;
    this.#throttler = new Throttler({
      total: () => this.#settings().parallelism,
      namespace: (name) => Number(this.#namespaces?.get(undefined, name)?.metadata.labels?.[PARALLELISM_LABEL] ?? this.#settings().namespaceParallelism) || 0,
    });
    this.#workflows = informers.of(WORKFLOWS);
    this.#taskSets = informers.of(TASK_SETS);
    this.#taskSets.onChange(({ current }) => {
      if (current !== undefined) this.#queue.add(keyOf(current));
    });
    const byWorkflowLabel = (object: KubeObject) => object.metadata.labels?.[LABEL_WORKFLOW];
    informers.of(PODS).onChange(({ previous, current }) => this.#index(this.#podsOf, previous, current, byWorkflowLabel, (pod) => pod.metadata.annotations?.['workflows.argoproj.io/node-id'] ?? pod.metadata.name));
    informers.of(TASK_RESULTS).onChange(({ previous, current }) => this.#index(this.#resultsOf, previous, current, byWorkflowLabel, ({ metadata }) => metadata.name));
    const byOwner = (object: KubeObject) => object.metadata.ownerReferences?.find(({ kind }) => kind === 'Workflow')?.name;
    informers.of(GC_TASKS).onChange(({ previous, current }) => this.#index(this.#gcTasksOf, previous, current, byOwner, ({ metadata }) => metadata.name));
    this.#workflows.onChange(({ previous, current }) => {
      // Those of other controllers are not ours to touch.
      if (current !== undefined && isOurs(current, this.#settings().instanceId)) this.#queue.add(keyOf(current));
      else if (previous !== undefined) this.#gone(keyOf(previous), previous.metadata.uid);
    });
  }

  async run(): Promise<number> {
    const context = this.#context;
    const close = listen(context, { phases: () => this.#phases(), pods: () => this.#podPhases(), totals: this.#totals, custom: () => this.#metrics.print() });
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
    await whenAborted(this.#stop.signal);
    stopCron();
    this.#effects.stop();
    close();
    return 0;
  }

  #index(index: Map<string, Map<string, KubeObject>>, previous: KubeObject | undefined, current: KubeObject | undefined, workflowOf: (object: KubeObject) => string | undefined, idOf: (object: KubeObject) => string): void {
    const object = current ?? previous;
    const workflow = object === undefined ? undefined : workflowOf(object);
    if (object === undefined || workflow === undefined) return;
    const id = idOf(object);
    const key = `${object.metadata.namespace ?? ''}/${workflow}`;
    let group = index.get(key);
    if (group === undefined) index.set(key, (group = new Map()));
    if (current !== undefined) group.set(id, current);
    else group.delete(id);
    if (group.size === 0) index.delete(key);
    // What happens to the leftovers of a workflow that is over changes nothing.
    if (!this.#isSettled(key)) this.#queue.add(key);
  }

  #isSettled(key: string): boolean {
    const metadata = this.#workflows.getByKey(key)?.metadata;
    return metadata?.labels?.[LABEL_COMPLETED] === 'true' && metadata.finalizers?.includes(GC_FINALIZER) !== true;
  }

  #gone(key: string, uid: string | undefined): void {
    for (const other of [...this.#locks.releaseAll(key), ...this.#throttler.remove(key)]) this.#queue.add(other);
    this.#restored.delete(key);
    this.#written.delete(key);
    this.#pace.forget(key);
    if (uid !== undefined) this.#metrics.complete(uid);
  }

  #phases(): Map<string, number> {
    const out = new Map<string, number>();
    for (const { metadata } of this.#workflows.list()) {
      const phase = metadata.labels?.[LABEL_PHASE] ?? 'Pending';
      out.set(phase, (out.get(phase) ?? 0) + 1);
    }
    return out;
  }

  #podPhases(): Map<string, number> {
    const out = new Map<string, number>();
    for (const pods of this.#podsOf.values()) {
      for (const pod of pods.values()) {
        const { phase } = viewPod(pod);
        out.set(phase, (out.get(phase) ?? 0) + 1);
      }
    }
    return out;
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
    const rest = this.#pace.restOf(key, this.#context.clock.now());
    if (rest > 0) {
      this.#queue.addAfter(key, rest);
      return;
    }
    const collects = object.metadata.finalizers?.includes(GC_FINALIZER) === true;
    if (object.metadata.deletionTimestamp !== undefined && !collects) return;
    const completed = object.metadata.labels?.[LABEL_COMPLETED] === 'true';
    const began = this.#context.clock.now();
    let workflow: Workflow;
    try {
      workflow = decodeWorkflow(object);
    } catch (error) {
      if (!(error instanceof GoDecodeError)) throw error;
      if (!completed) await this.#effects.refuse(object, `cannot unmarshall spec: ${error.unstructured}`);
      return;
    }
    if (!this.#restored.has(key)) {
      this.#restored.add(key);
      if (!completed) this.#locks.restore(key, workflow.status.synchronization);
      if (!completed && workflow.status.phase === 'Running') this.#throttler.resume(key);
    }
    if (completed && !collects) {
      await this.#afterEnd(key, workflow);
      return;
    }
    if (!completed && !this.#throttler.admit(key, workflow.spec.priority ?? 0, Date.parse(workflow.metadata.creationTimestamp ?? ''))) {
      if ((workflow.status.phase ?? '') === '') await this.#write(markPostponed(workflow));
      return;
    }
    await this.#operate(key, object, new Map(), began, workflow);
  }

  #write(workflow: Workflow): Promise<KubeObject> {
    return this.#client.update(WORKFLOWS, { ...(normalize('Workflow', workflow) as unknown as KubeObject), apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' });
  }

  async #operate(key: string, object: KubeObject, podErrors: Map<string, string>, began: number, workflow = decodeWorkflow(object), cacheErrors = new Map<string, string>()): Promise<void> {
    const { namespace = '' } = workflow.metadata;
    const { clock, ids } = this.#context;
    const before = { phase: workflow.status.phase, nodes: phasesOf(workflow.status.nodes ?? {}) };
    const known = this.#written.get(key);
    const pods = new Map<string, PodView>();
    for (const [id, pod] of this.#podsOf.get(key) ?? []) if (ownedBy(pod, workflow, this.#gcTasksOf.get(key))) pods.set(id, viewPod(pod));
    const taskSet = this.#taskSets.getByKey(key);
    const ownTaskSet = taskSet !== undefined && ownedBy(taskSet, workflow) ? taskSet : undefined;
    const observed: Observed = {
      now: clock.now(),
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
      cacheErrors,
      taskSet: ownTaskSet,
      gcTasks: this.#gcTasksOf.get(key) ?? new Map(),
      randomSuffix: () => ids.suffix(),
      metrics: this.#metrics,
    };
    const result = known !== undefined && known.version === object.metadata.resourceVersion ? reconcileInPlace(workflow, observed, known.print) : reconcileInPlace(workflow, observed);
    const { changes } = result;
    const looked = clock.now() - began;
    // What cannot be kept must not begin anything.
    const problem = result.changed ? sizeProblem(result.workflow, result.print) : undefined;
    if (problem !== undefined) {
      await this.#write(markError(decodeWorkflow(object), problem, clock.now()));
      return;
    }
    if (changes.saveCaches.length > 0 && (await this.#effects.saveCaches(this.#namespace, changes, cacheErrors))) {
      await this.#operate(key, object, podErrors, clock.now(), undefined, cacheErrors);
      return;
    }
    await this.#effects.prepare(namespace, changes);
    if (await this.#effects.createPods(namespace, changes, result.workflow, podErrors)) {
      await this.#operate(key, object, podErrors, clock.now(), undefined, cacheErrors);
      return;
    }
    for (const pod of changes.terminatePods) await this.#effects.terminate(namespace, pod);
    let written: KubeObject = object;
    const writing = clock.now();
    if (result.changed) {
      written = await this.#write(result.workflow);
      this.#written.set(key, { version: written.metadata.resourceVersion, print: result.print });
      this.#effects.recordEvents(object, changes, before.nodes, result.workflow.status.nodes ?? {}, this.#settings().nodeEvents);
      this.#emit(before.phase, result.workflow, changes);
    }
    this.#pace.worked(key, before.nodes.size, looked + clock.now() - writing, clock.now());
    if (changes.tasks.size > 0 || ownTaskSet !== undefined) await this.#effects.writeTaskSet(namespace, result.workflow, changes.tasks, ownTaskSet);
    await this.#effects.finish(namespace, result.workflow, changes);
    for (const other of changes.wake) if (other !== key) this.#queue.add(other);
    if (changes.requeueAfter !== undefined) this.#queue.addAfter(key, changes.requeueAfter);
    await this.#effects.cleanUp(namespace, result.cleanup, durationOf(result.workflow.spec.podGC?.deleteDelayDuration ?? '') ?? POD_GC_DELAY_MS);
    if (result.workflow.metadata.labels?.[LABEL_COMPLETED] === 'true') await this.#afterEnd(key, decodeWorkflow(written));
  }

  #emit(before: string | undefined, after: Workflow, changes: Changes): void {
    const { uid = '', namespace = '' } = after.metadata;
    const { clock } = this.#context;
    for (const { spec, value } of changes.metrics) this.#metrics.emit(spec, typeof value === 'number' ? value : () => (clock.now() - Date.parse(value.since)) / 1000, uid);
    const phase = after.status.phase ?? '';
    if (phase === before) return;
    const row = `${namespace} ${phase}`;
    this.#totals.set(row, (this.#totals.get(row) ?? 0) + 1);
    if (after.metadata.labels?.[LABEL_COMPLETED] === 'true') this.#metrics.complete(uid);
  }

  /** What is left to do for a workflow that is over: its task results, and itself when its time has come. */
  async #afterEnd(key: string, workflow: Workflow): Promise<void> {
    const { namespace = '', name } = workflow.metadata;
    for (const other of this.#throttler.remove(key)) this.#queue.add(other);
    this.#written.delete(key);
    if ((this.#resultsOf.get(key)?.size ?? 0) > 0) {
      await this.#client.deleteCollection(TASK_RESULTS, { namespace, labelSelector: `${LABEL_WORKFLOW}=${name}` }, { propagationPolicy: 'Background' });
    }
    const spec = workflow.status.storedWorkflowTemplateSpec ?? workflow.spec;
    const ttl = spec.ttlStrategy;
    if (ttl === undefined || workflow.status.finishedAt === null || workflow.metadata.deletionTimestamp !== undefined) return;
    const seconds = (workflow.status.phase === 'Succeeded' ? ttl.secondsAfterSuccess : ttl.secondsAfterFailure) ?? ttl.secondsAfterCompletion;
    if (seconds === undefined) return;
    const left = Date.parse(workflow.status.finishedAt) + seconds * 1000 - this.#context.clock.now();
    if (left > 0) this.#queue.addAfter(key, left);
    else {
      await this.#client.delete(WORKFLOWS, namespace, name, { propagationPolicy: 'Background' }).catch((error: unknown) => {
        if (!(error instanceof ApiStatus) || error.code !== 404) throw error;
      });
    }
  }
}

/** A workflow of the same name may have been there before. Pods of artifact collection belong to their task. */
function ownedBy(object: KubeObject, workflow: Workflow, tasks?: ReadonlyMap<string, KubeObject>): boolean {
  const owners = object.metadata.ownerReferences ?? [];
  return owners.some((owner) => owner.uid === workflow.metadata.uid || tasks?.get(owner.name)?.metadata.uid === owner.uid);
}

const phasesOf = (nodes: Record<string, NodeStatus>): Map<string, NodePhase> => new Map(Object.entries(nodes).map(([id, { phase }]) => [id, phase]));

function showFields(fields: object): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' ? JSON.stringify(value) : value instanceof Error ? JSON.stringify(value.message) : JSON.stringify(value)}`)
    .join('');
}
