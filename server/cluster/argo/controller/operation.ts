import type { KubeObject } from '../../store/object.ts';
import { NotFoundError, processArgs, substitute } from '../expressions/index.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { TemplateContext } from '../types/resolve.ts';
import type { Holder, StoredTemplates, TemplateGetters } from '../types/resolve.ts';
import { artifactOf, isPodType, parameterOf, templateTypeOf } from '../types/template.ts';
import type { Arguments, Container, NodePhase, NodeStatus, NodeType, Outputs, RetryStrategy, Template, Volume, Workflow, WorkflowSpec } from '../types/workflow.ts';
import { templateOver } from '../defaults/merge.ts';
import type { ArtifactRepository, ControllerConfig } from './config.ts';
import { executeDag } from './dag.ts';
import { executeContainerSet, executePod, executeResource, executeSuspend } from './leaves.ts';
import type { Locks } from './locks.ts';
import { memoized } from './memoize.ts';
import { displayNameOf, podNameOf } from './names.ts';
import { isFailed, isFulfilled, isOver, Nodes } from './nodes.ts';
import type { PodView } from './pod-outcome.ts';
import { executeRetry } from './retries.ts';
import { executeSteps } from './steps.ts';

/** What reconciling sees beside the workflow itself. */
export interface Observed {
  now: number;
  /** By node id. */
  pods: ReadonlyMap<string, PodView>;
  taskResults: readonly KubeObject[];
  templates: TemplateGetters;
  config: ControllerConfig;
  locks: Locks;
  /** A ConfigMap's data; undefined when there is none. */
  configMap(name: string, namespace?: string): KubeObject | undefined;
  /** Where the controller itself lives. */
  controllerNamespace: string;
  parseYaml(text: string): unknown;
  imageCommand(image: string): { entrypoint: string[]; cmd: string[] } | undefined;
  /** Pods that could not be made, by node name, and why. */
  podErrors: ReadonlyMap<string, string>;
}

/** What has to be done to the cluster. */
export interface Changes {
  createPods: { nodeName: string; pod: KubeObject }[];
  /** Names of pods whose containers have to end. */
  terminatePods: Set<string>;
  events: { type: 'Normal' | 'Warning'; reason: string; message: string; annotations?: Record<string, string> }[];
  createClaims: KubeObject[];
  deleteClaims: string[];
  saveCaches: { configMap: string; key: string; nodeId: string; outputs: Outputs | undefined }[];
  /** `namespace/name` of workflows that may get a lock now. */
  wake: Set<string>;
  /** Look again after so many milliseconds. */
  requeueAfter: number | undefined;
}

/** Not now: a limit is reached, or a deadline; the node is looked at again later. */
export class Postponed extends Error {}
/** A template's `timeout` is over. */
export class TimedOut extends Error {}

export interface ExecuteOptions {
  boundaryId?: string;
  onExit?: boolean;
  nodeFlag?: NodeStatus['nodeFlag'];
  /** Until when attempts may run, as milliseconds. */
  executionDeadline?: number;
}

/** One run over one workflow: executes its templates as far as they go now. After argo-workflows v3.7.6 workflow/controller/operator.go */
export class Operation {
  readonly nodes: Nodes;
  readonly changes: Changes = { createPods: [], terminatePods: new Set(), events: [], createClaims: [], deleteClaims: [], saveCaches: [], wake: new Set(), requeueAfter: undefined };
  readonly globals: Record<string, string> = {};
  readonly stored: StoredTemplates;
  /** The spec that is executed: with defaults and the template that the workflow names. */
  spec: WorkflowSpec;
  volumes: Volume[] = [];
  repository: ArtifactRepository | undefined;
  activePods = 0;
  /** Milliseconds; undefined without a deadline. */
  deadline: number | undefined;
  #depth = 0;

  constructor(
    readonly workflow: Workflow,
    readonly observed: Observed,
  ) {
    this.spec = workflow.spec;
    this.nodes = new Nodes(workflow.metadata.name, workflow.status.nodes ?? {});
    this.stored = {
      get: (id) => workflow.status.storedTemplates?.[id],
      set: (id, template) => {
        (workflow.status.storedTemplates ??= {})[id] ??= template;
      },
    };
  }

  get now(): number {
    return this.observed.now;
  }

  get nowText(): string {
    return rfc3339(this.now);
  }

  get shutdown(): 'Stop' | 'Terminate' | undefined {
    return this.spec.shutdown;
  }

  /** Stopping lets exit handlers run, terminating nothing. */
  mayRunDuringShutdown(isExit: boolean): boolean {
    return this.shutdown === undefined || (this.shutdown === 'Stop' && isExit);
  }

  requeueAt(time: number): void {
    const ms = Math.max(0, time - this.now);
    this.changes.requeueAfter = Math.min(this.changes.requeueAfter ?? Number.POSITIVE_INFINITY, ms);
  }

  /** The context in which references of a scope (`local/wf`, `namespaced/t`) are looked up. */
  context(scope = ''): TemplateContext {
    const [kind = 'local', name = ''] = scope.split('/');
    if (kind === 'namespaced' || kind === 'cluster') {
      const owner = kind === 'cluster' ? this.observed.templates.clusterWorkflowTemplate(name) : this.observed.templates.workflowTemplate(name);
      if (owner !== undefined) return new TemplateContext({ scope: kind, name, spec: owner.spec }, this.observed.templates, this.stored);
    }
    // A spec that comes from a template has no name of its own.
    const own = this.workflow.spec.workflowTemplateRef === undefined ? this.workflow.metadata.name : '';
    return new TemplateContext({ scope: 'local', name: own, spec: this.spec }, this.observed.templates, this.stored);
  }

  /** The template that a node was made from; undefined when it cannot be found any more. */
  templateOf(node: NodeStatus): Template | undefined {
    if (node.templateName === undefined && node.templateRef === undefined) return undefined;
    try {
      return this.context(node.templateScope).resolve({
        ...(node.templateName === undefined ? {} : { template: node.templateName }),
        ...(node.templateRef === undefined ? {} : { templateRef: node.templateRef }),
      }).template;
    } catch {
      return undefined;
    }
  }

  boundaryTemplate(boundaryId: string | undefined): Template | undefined {
    const boundary = boundaryId === undefined ? undefined : this.nodes.get(boundaryId);
    return boundary === undefined ? undefined : this.templateOf(boundary);
  }

  retryStrategyOf(template: Template): RetryStrategy | undefined {
    return template.retryStrategy ?? this.spec.retryStrategy;
  }

  /** Throws NotFoundError with Argo's words. */
  readonly configMapKey = (name: string, key: string): string => {
    const object = this.observed.configMap(name);
    if (object === undefined) throw new NotFoundError(`ConfigMap '${name}' does not exist. Please make sure it has the label workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller`);
    if (object.metadata.labels?.['workflows.argoproj.io/configmap-type'] !== 'Parameter') {
      throw new Error(`ConfigMap '${name}' needs to have the label workflows.argoproj.io/configmap-type: Parameter to load parameters`);
    }
    const data = object['data'];
    const value: unknown = typeof data === 'object' && data !== null ? Object.entries(data).find(([field]) => field === key)?.[1] : undefined;
    if (typeof value !== 'string') throw new NotFoundError(`ConfigMap '${name}' does not have the key '${key}'`);
    return value;
  };

  // Nodes

  initNode(name: string, type: NodeType, scope: string, holder: Holder, phase: NodePhase, options: ExecuteOptions, message?: string): NodeStatus {
    const id = this.nodes.id(name);
    if (this.nodes.get(id) !== undefined) throw new Error(`node ${name} already initialized`);
    const boundary = options.boundaryId === undefined ? undefined : this.nodes.get(options.boundaryId);
    const node: NodeStatus = {
      id,
      name,
      displayName: displayNameOf(name, boundary?.name),
      type,
      ...((holder.template ?? '') === '' ? {} : { templateName: holder.template ?? '' }),
      ...(holder.templateRef === undefined ? {} : { templateRef: holder.templateRef }),
      templateScope: scope,
      phase,
      ...(options.boundaryId === undefined ? {} : { boundaryID: options.boundaryId }),
      ...(options.nodeFlag === undefined ? {} : { nodeFlag: { ...options.nodeFlag } }),
      startedAt: this.nowText,
      finishedAt: null,
      ...(message === undefined || message === '' ? {} : { message }),
    };
    if (isFulfilled(node)) node.finishedAt = node.startedAt;
    return this.nodes.add(node);
  }

  /** A node of a template that does something itself: it shows its inputs. */
  initExecutable(name: string, type: NodeType, scope: string, template: Template, holder: Holder, phase: NodePhase, options: ExecuteOptions, message?: string): NodeStatus {
    const node = this.initNode(name, type, scope, holder, phase, options, message);
    // Only pods report results: their outputs have to arrive before they count as over.
    if (type === 'Pod' && template.daemon !== true) node.taskResultSynced = true;
    if (template.inputs.parameters !== undefined || template.inputs.artifacts !== undefined) node.inputs = structuredClone(template.inputs);
    if (template.memoize !== undefined && node.memoizationStatus === undefined) node.memoizationStatus = { hit: false, key: template.memoize.key, cacheName: template.memoize.cache?.configMap?.name ?? '' };
    if (type === 'Suspend') {
      const supplied = (template.outputs.parameters ?? []).filter((parameter) => parameter.valueFrom?.supplied !== undefined);
      if (supplied.length > 0) node.outputs = { parameters: structuredClone(supplied) };
    }
    return node;
  }

  skip(name: string, scope: string, holder: Holder, phase: NodePhase, boundaryId: string, message: string): NodeStatus {
    return this.initNode(name, 'Skipped', scope, holder, phase, { boundaryId, nodeFlag: {} }, message);
  }

  mark(node: NodeStatus, phase: NodePhase, message?: string): NodeStatus {
    if (node.phase !== 'Running' && (phase === 'Failed' || phase === 'Error') && node.taskResultSynced !== undefined) node.taskResultSynced = true;
    node.phase = phase;
    if (message !== undefined) {
      if (message === '') delete node.message;
      else node.message = message;
    }
    if (isFulfilled(node) && node.finishedAt === null) node.finishedAt = this.nowText;
    return node;
  }

  markError(node: NodeStatus, error: unknown): NodeStatus {
    return this.mark(node, 'Error', error instanceof Error ? error.message : String(error));
  }

  #errorNode(name: string, scope: string, holder: Holder, options: ExecuteOptions, error: unknown): NodeStatus {
    const node = this.nodes.named(name);
    if (node !== undefined) return this.markError(node, error);
    return this.initNode(name, 'Skipped', scope, holder, 'Error', options, error instanceof Error ? error.message : String(error));
  }

  // Templates

  /**
   * Executes a template for a node as far as it goes. Throws Postponed when it may not start yet, TimedOut, and other
   * errors after the node has been marked.
   */
  execute(nodeName: string, holder: Holder & { name?: string }, context: TemplateContext, args: Arguments, options: ExecuteOptions, kind?: 'steps' | 'tasks'): NodeStatus | undefined {
    const scope = context.scope;
    this.#depth++;
    try {
      if (this.#depth >= 100) throw new Error('Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/latest/scaling/#maximum-recursion-depth');
      let node = this.nodes.named(nodeName);
      const resolved = this.#guard(nodeName, scope, holder, options, () => context.resolve(holder));
      const merged = this.#guard(nodeName, scope, holder, options, () => templateOver(resolved.template, this.spec.templateDefaults));
      const locals: Record<string, string> = { 'node.name': nodeName };
      if (isPodType(merged) && this.retryStrategyOf(merged) === undefined) locals['pod.name'] = podNameOf(this.workflow.metadata.name, nodeName, merged.name ?? '');
      if (kind !== undefined) locals[`${kind}.name`] = holder.name ?? '';
      const template = this.#guard(nodeName, scope, holder, options, () =>
        processArgs(merged, { parameter: (name) => parameterOf(args, name), artifact: (name) => artifactOf(args, name) }, this.globals, locals, { configMap: this.configMapKey }),
      );
      const displayName = template.annotations?.['workflows.argoproj.io/display-name'];
      if (node !== undefined && displayName !== undefined && displayName !== '') node.displayName = displayName;
      if (node !== undefined && isOver(node)) {
        this.release(node.id, template);
        return node;
      }
      this.checkTimeout(template, node);
      this.#checkParallelism(template, node, options.boundaryId);
      const waiting = this.#acquire(nodeName, scope, template, holder, options);
      if (waiting !== undefined) return waiting;
      node = this.nodes.named(nodeName);
      if (template.memoize !== undefined) {
        const hit = this.#guard(nodeName, scope, holder, options, () => memoized(this, nodeName, scope, template, holder, options));
        if (hit !== undefined) return hit;
      }
      const strategy = this.retryStrategyOf(template);
      if (strategy !== undefined) return executeRetry(this, { nodeName, scope, template, holder, context: resolved.context, outer: context, args, options, strategy });
      return this.executeOnce(nodeName, scope, template, holder, resolved.context, options);
    } finally {
      this.#depth--;
    }
  }

  #guard<T>(nodeName: string, scope: string, holder: Holder, options: ExecuteOptions, step: () => T): T {
    try {
      return step();
    } catch (error) {
      this.#errorNode(nodeName, scope, holder, options, error);
      throw error;
    }
  }

  /** Does what the template says, without retries. */
  executeOnce(nodeName: string, scope: string, template: Template, holder: Holder, context: TemplateContext, options: ExecuteOptions): NodeStatus | undefined {
    let node: NodeStatus | undefined;
    try {
      switch (templateTypeOf(template)) {
        case 'Container':
        case 'Script':
        case 'Data':
          node = executePod(this, nodeName, scope, template, holder, options);
          break;
        case 'ContainerSet':
          node = executeContainerSet(this, nodeName, scope, template, holder, options);
          break;
        case 'Resource':
          node = executeResource(this, nodeName, scope, template, holder, options);
          break;
        case 'Suspend':
          node = executeSuspend(this, nodeName, scope, template, holder, options);
          break;
        case 'Steps':
          node = executeSteps(this, nodeName, context, scope, template, holder, options);
          break;
        case 'DAG':
          node = executeDag(this, nodeName, context, scope, template, holder, options);
          break;
        default:
          throw new Error(`${templateTypeOf(template)} templates are not carried out by this cluster`);
      }
    } catch (error) {
      if (error instanceof Postponed) throw error;
      node = this.#errorNode(nodeName, scope, holder, options, error);
      const policy = this.retryStrategyOf(template)?.retryPolicy ?? (this.retryStrategyOf(template)?.expression === undefined ? 'OnFailure' : 'Always');
      const retried = this.retryStrategyOf(template) !== undefined && ['Always', 'OnError', 'OnTransientError'].includes(policy);
      if (!retried) {
        this.release(node.id, template);
        throw error;
      }
    }
    if (node !== undefined && isFulfilled(node)) {
      this.release(node.id, template);
      this.emitMetrics(node, template);
    }
    return node;
  }

  /** Metrics are gathered by the controller's program; nothing in the status speaks of them. */
  emitMetrics(_node: NodeStatus, _template: Template): void {}

  substituteLocals(template: Template, locals: Record<string, string>): Template {
    return substitute(template, this.globals, locals);
  }

  /** Asks for a template's locks; gives the node that waits for them. */
  #acquire(nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
    const sync = template.synchronization;
    if (sync === undefined) return undefined;
    const nodeId = this.nodes.id(nodeName);
    const acquired = this.#guard(nodeName, scope, holder, options, () => this.acquire(sync, nodeId));
    let node = this.nodes.named(nodeName);
    if (acquired.acquired) {
      if (node?.synchronizationStatus !== undefined) {
        delete node.synchronizationStatus;
        delete node.message;
      }
      return undefined;
    }
    if (node === undefined) {
      const type = this.retryStrategyOf(template) !== undefined ? 'Retry' : nodeTypeOf(template);
      node = this.initExecutable(nodeName, type, scope, template, holder, 'Pending', options);
    }
    node.synchronizationStatus = { waiting: acquired.lock };
    node.message = acquired.message;
    return node;
  }

  acquire(sync: NonNullable<Template['synchronization']>, nodeId: string) {
    const namespace = this.workflow.metadata.namespace ?? '';
    return this.observed.locks.tryAcquire(sync, {
      workflow: `${namespace}/${this.workflow.metadata.name}`,
      nodeId,
      namespace,
      priority: this.spec.priority ?? 0,
      limitOf: (name, key, ns) => {
        const data = this.observed.configMap(name, ns)?.['data'];
        const value: unknown = typeof data === 'object' && data !== null ? Object.entries(data).find(([field]) => field === key)?.[1] : undefined;
        if (data === undefined) throw new Error(`failed to initialize semaphore ${ns}/ConfigMap/${name}/${key}: configmaps ${JSON.stringify(name)} not found`);
        if (!/^\d+$/.test(String(value))) throw new Error(`failed to initialize semaphore ${ns}/ConfigMap/${name}/${key}: invalid value for key`);
        return Number(value);
      },
    });
  }

  release(nodeId: string, template: Template): void {
    if (template.synchronization === undefined) return;
    for (const other of this.observed.locks.release(`${this.workflow.metadata.namespace ?? ''}/${this.workflow.metadata.name}`, nodeId)) this.changes.wake.add(other);
  }

  /** When a template's `timeout` ends, as milliseconds. Throws TimedOut for a node that waited too long. */
  checkTimeout(template: Template, node: NodeStatus | undefined): number | undefined {
    if ((template.timeout ?? '') === '' || node === undefined || node.startedAt === null) return undefined;
    const ms = durationOf(template.timeout ?? '');
    if (ms === undefined) throw new Error(`invalid timeout format. time: invalid duration ${JSON.stringify(template.timeout)}`);
    const end = Date.parse(node.startedAt) + ms;
    if (node.phase === 'Pending' && this.now > end) {
      this.mark(node, 'Failed', 'timeout');
      throw new TimedOut('timeout');
    }
    this.requeueAt(end + 1000);
    return end;
  }

  count(test: (node: NodeStatus) => boolean): number {
    return this.nodes.all().filter(test).length;
  }

  activePodsOf(boundaryId: string | undefined): number {
    return this.count(
      (node) =>
        node.type === 'Pod' &&
        (boundaryId === undefined || node.boundaryID === boundaryId) &&
        (node.phase === 'Pending' || node.phase === 'Running') &&
        (node.synchronizationStatus?.waiting ?? '') === '' &&
        (this.observed.pods.has(node.id) || this.changes.createPods.some(({ nodeName }) => nodeName === node.name)),
    );
  }

  #checkParallelism(template: Template, node: NodeStatus | undefined, boundaryId: string | undefined): void {
    if (this.spec.parallelism !== undefined && this.activePods >= this.spec.parallelism) throw new Postponed('Max parallelism reached');
    const type = templateTypeOf(template);
    if (node !== undefined && (type === 'DAG' || type === 'Steps')) {
      this.#failFast(template, node);
      if ((template.parallelism ?? 0) > 0 && this.activePodsOf(node.id) >= (template.parallelism ?? 0)) throw new Postponed('Max parallelism reached');
    }
    if (boundaryId === undefined || (node !== undefined && (node.phase === 'Pending' || node.phase === 'Running'))) return;
    const boundary = this.nodes.get(boundaryId);
    const around = this.boundaryTemplate(boundaryId);
    if (boundary === undefined || around === undefined) return;
    this.#failFast(around, boundary);
    const limit = around.parallelism ?? 0;
    const isChild = (child: NodeStatus) => child.boundaryID === boundaryId && ['Pod', 'Steps', 'DAG'].includes(child.type) && (child.phase === 'Pending' || child.phase === 'Running');
    if (limit > 0 && this.count(isChild) >= limit) throw new Postponed('Max parallelism reached');
  }

  /** `failFast` of a template: nothing new once a child has failed; and the end when nothing runs any more. */
  #failFast(template: Template, node: NodeStatus): void {
    if (template.failFast !== true) return;
    if (this.count((child) => child.boundaryID === node.id && ['Pod', 'Steps', 'DAG'].includes(child.type) && isFailed(child)) === 0) return;
    if (this.activePodsOf(node.id) === 0) {
      const message = 'template has failed or errored children and failFast enabled';
      const group = this.nodes.all().filter((child) => child.boundaryID === node.id && child.type === 'StepGroup').at(-1);
      if (group !== undefined && templateTypeOf(template) === 'Steps') this.mark(group, 'Failed', message);
      this.mark(node, 'Failed', message);
    }
    throw new Postponed('Max parallelism reached');
  }

  // What nodes hand on

  /** The nodes that come last within a node: their successors hang below them. */
  outbound(id: string): string[] {
    const node = this.nodes.must(id);
    switch (node.type) {
      case 'Skipped':
      case 'Suspend':
      case 'HTTP':
      case 'Plugin':
        return [id];
      case 'Pod':
        if (!this.nodes.children(node).some((child) => child.type === 'Container')) return [id];
        return this.#outboundOfChildren(node);
      case 'Container':
      case 'TaskGroup':
        return this.#outboundOfChildren(node);
      case 'Retry': {
        const last = node.children?.at(-1);
        if (last !== undefined) return [last];
        break;
      }
      case 'Steps':
      case 'DAG':
        if (node.memoizationStatus?.hit === true) return [id];
        break;
    }
    return (node.outboundNodes ?? []).flatMap((next) => this.outbound(next));
  }

  #outboundOfChildren(node: NodeStatus): string[] {
    if ((node.children ?? []).length === 0) return [node.id];
    return (node.children ?? []).flatMap((child) => (node.type === 'Container' && this.nodes.must(child).boundaryID !== node.boundaryID ? [node.id] : this.outbound(child)));
  }

  /** Exports outputs that have a global name. */
  exportGlobals(outputs: Outputs | undefined): void {
    for (const parameter of outputs?.parameters ?? []) {
      const name = parameter.globalName ?? '';
      if (name === '') continue;
      if (parameter.value !== undefined) this.globals[`workflow.outputs.parameters.${name}`] = parameter.value;
      const list = ((this.workflow.status.outputs ??= {}).parameters ??= []);
      const known = list.find((other) => other.name === name);
      if (known === undefined) list.push({ name, ...(parameter.value === undefined ? {} : { value: parameter.value }) });
      else if (parameter.value !== undefined) known.value = parameter.value;
    }
    for (const artifact of outputs?.artifacts ?? []) {
      const name = artifact.globalName ?? '';
      if (name === '') continue;
      const { globalName: _globalName, path: _path, ...rest } = artifact;
      const list = ((this.workflow.status.outputs ??= {}).artifacts ??= []);
      const index = list.findIndex((other) => other.name === name);
      if (index < 0) list.push({ ...rest, name });
      else list[index] = { ...rest, name };
    }
  }

  /** Ends the daemons of a steps or DAG node; of the whole workflow without one. */
  killDaemons(boundaryId: string | undefined): void {
    for (const node of this.nodes.all()) {
      if (node.daemoned !== true || node.boundaryID !== boundaryId) continue;
      this.changes.terminatePods.add(podNameOf(this.workflow.metadata.name, node.name, this.templateNameOf(node)));
      node.phase = 'Succeeded';
      delete node.daemoned;
    }
  }

  templateNameOf(node: NodeStatus): string {
    return node.templateRef?.template ?? node.templateName ?? '';
  }

  /** Whether a node and everything below it is over. */
  allFulfilled(node: NodeStatus): boolean {
    const children = this.nodes.children(node);
    return children.length === 0 ? isFulfilled(node) : children.every((child) => this.allFulfilled(child));
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.changes.events.push({ type, reason, message });
  }

  mainContainers(template: Template): Container[] {
    if (template.containerSet !== undefined) return template.containerSet.containers.map(({ dependencies: _dependencies, ...container }) => container);
    if (template.script !== undefined) {
      const { source, ...container } = template.script;
      return [source === '' ? container : { ...container, args: [...(container.args ?? []), '/argo/staging/script'] }];
    }
    return template.container === undefined ? [] : [template.container];
  }
}

export function nodeTypeOf(template: Template): NodeType {
  const type = templateTypeOf(template);
  if (type === 'Steps' || type === 'DAG' || type === 'Suspend' || type === 'HTTP' || type === 'Plugin') return type;
  return 'Pod';
}

/** Go durations, and plain numbers as seconds, in milliseconds. */
export function durationOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  if (!/^([\d.]+(ns|us|ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|ms|s|m|h|d)/g)) total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
}
