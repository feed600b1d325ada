import type { KubeObject } from '../../store/object.ts';
import { NotFoundError, processArgs, substitute } from '../expressions/index.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import { TemplateContext } from '../types/resolve.ts';
import type { Holder, StoredTemplates, TemplateGetters } from '../types/resolve.ts';
import { artifactOf, isPodType, parameterOf, stepGroupsOf, templateTypeOf } from '../types/template.ts';
import type { Arguments, NodePhase, NodeStatus, NodeType, Outputs, RetryStrategy, Template, Volume, Workflow, WorkflowSpec } from '../types/workflow.ts';
import { templateOver } from '../defaults/merge.ts';
import type { ArtifactRepository } from './config.ts';
import { noChanges, Postponed } from './observed.ts';
import type { Changes, ExecuteOptions, Observed } from './observed.ts';
import { executeDag } from './dag.ts';
import { emitMetrics } from './emit-metrics.ts';
import { executeContainerSet, executePod, executeResource, executeSuspend } from './leaves.ts';
import { checkParallelism, checkTimeout, isUnderWay } from './limits.ts';
import { memoized } from './memoize.ts';
import { displayNameOf, podNameOf, taskNameOf } from './names.ts';
import { isFailed, isFulfilled, isOver, Nodes } from './nodes.ts';
import { executeRetry } from './retries.ts';
import { executeSteps } from './steps.ts';
import { executeByAgent } from './task-sets.ts';

/** One run over one workflow: executes its templates as far as they go now. After argo-workflows v3.7.6 workflow/controller/operator.go */
export class Operation {
  readonly nodes: Nodes;
  readonly changes: Changes = noChanges();
  readonly globals: Record<string, string> = {};
  readonly stored: StoredTemplates;
  /** The spec that is executed: with defaults and the template that the workflow names. */
  spec: WorkflowSpec;
  volumes: Volume[] = [];
  repository: ArtifactRepository | undefined;
  activePods = 0;
  /** Milliseconds; undefined without a deadline. */
  deadline: number | undefined;
  /** Whether any node is a daemon. */
  hasDaemons: boolean;
  /** Nodes of earlier runs, and those of them that were over. */
  readonly #before = new Map<string, boolean>();
  /** Names of the nodes whose pods are asked for. */
  readonly asked = new Set<string>();
  readonly #emitted = new Set<string>();
  readonly #texts = new WeakMap<Template, string>();
  #depth = 0;

  constructor(
    readonly workflow: Workflow,
    readonly observed: Observed,
  ) {
    this.spec = workflow.spec;
    this.nodes = new Nodes(workflow.metadata.name, workflow.status.nodes ?? {});
    for (const node of this.nodes.all()) this.#before.set(node.id, isFulfilled(node));
    this.hasDaemons = this.nodes.all().some((node) => node.daemoned === true);
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
    if (node.templateName === undefined && node.templateRef === undefined) return this.#inlineOf(node);
    try {
      return this.context(node.templateScope).resolve({
        ...(node.templateName === undefined ? {} : { template: node.templateName }),
        ...(node.templateRef === undefined ? {} : { templateRef: node.templateRef }),
      }).template;
    } catch {
      return undefined;
    }
  }

  /** The template that a step or task has within itself. */
  #inlineOf(node: NodeStatus): Template | undefined {
    const around = this.boundaryTemplate(node.boundaryID);
    const name = taskNameOf(node.name);
    const invocations = [...(around === undefined ? [] : stepGroupsOf(around)).flat(), ...(around?.dag?.tasks ?? [])];
    return invocations.find((invocation) => invocation.name === name)?.inline;
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
      // What is over stays as it is: there is nothing to fill in.
      if (node !== undefined && isOver(node) && this.#isSettled(node, resolved.template)) return node;
      if (node !== undefined && isUnderWay(this, node, resolved.template)) return node;
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
        this.#emit(node, template);
        this.release(node.id, template);
        return node;
      }
      checkTimeout(this, template, node);
      checkParallelism(this, template, node, options.boundaryId);
      const waiting = this.#acquire(nodeName, scope, template, holder, options);
      if (waiting !== undefined) return waiting;
      const unlocked = node !== undefined && template.synchronization !== undefined;
      node = this.nodes.named(nodeName);
      if (template.memoize !== undefined && (node === undefined || unlocked)) {
        const hit = this.#guard(nodeName, scope, holder, options, () => memoized(this, nodeName, scope, template, holder, options));
        if (hit !== undefined) {
          this.release(hit.id, template);
          return hit;
        }
      }
      const strategy = this.retryStrategyOf(template);
      const result = strategy === undefined ? this.executeOnce(nodeName, scope, template, holder, resolved.context, options) : executeRetry(this, { nodeName, scope, template, holder, context: resolved.context, outer: context, args, options, strategy });
      if (result !== undefined) this.#emit(result, template);
      return result;
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
        case 'HTTP':
        case 'Plugin':
          node = executeByAgent(this, nodeName, scope, template, holder, options);
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
    if (node !== undefined && isFulfilled(node)) this.release(node.id, template);
    return node;
  }

  /** Whether nothing has to be done any more for a node that is over. */
  #isSettled(node: NodeStatus, template: Template): boolean {
    const defaults = this.spec.templateDefaults;
    if ((template.synchronization ?? defaults?.synchronization) !== undefined) return false;
    return this.#before.get(node.id) === true || (template.metrics ?? defaults?.metrics) === undefined;
  }

  /** A template's JSON. */
  jsonOf(template: Template): string {
    let text = this.#texts.get(template);
    if (text === undefined) this.#texts.set(template, (text = goJson(normalize('Template', template))));
    return text;
  }

  /** Emits a template's metrics: in real time for a node that is new, all of them for one that has just ended. */
  #emit(node: NodeStatus, template: Template): void {
    if (template.metrics === undefined || this.#emitted.has(node.id)) return;
    if (!this.#before.has(node.id)) emitMetrics(this, template.metrics, node, true);
    if (this.#before.get(node.id) === true || !isFulfilled(node)) return;
    this.#emitted.add(node.id);
    emitMetrics(this, template.metrics, node, false);
  }

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
        // Why there is no limit is only in the controller's log.
        return /^[+-]?\d+$/.test(String(value)) ? Number(value) : 0;
      },
    });
  }

  release(nodeId: string, template: Template): void {
    if (template.synchronization === undefined) return;
    for (const other of this.observed.locks.release(`${this.workflow.metadata.namespace ?? ''}/${this.workflow.metadata.name}`, nodeId)) this.changes.wake.add(other);
  }

  event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.changes.events.push({ type, reason, message });
  }
}

export function nodeTypeOf(template: Template): NodeType {
  const type = templateTypeOf(template);
  if (type === 'Steps' || type === 'DAG' || type === 'Suspend' || type === 'HTTP' || type === 'Plugin') return type;
  return 'Pod';
}
