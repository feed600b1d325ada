import { evalBool, shouldExecute } from '../expressions/index.ts';
import type { Holder, TemplateContext } from '../types/resolve.ts';
import { decodeDagTask } from '../types/workflow.ts';
import type { DagTask, NodePhase, NodeStatus, Template } from '../types/workflow.ts';
import { ancestryOf, dependenciesOf } from '../validate/dag-graph.ts';
import { exitHandlerDone, exitHookOf, lastAttempt, runHooksOf } from './hooks.ts';
import type { HookPlace } from './hooks.ts';
import { expandLoop, isLoop } from './loops.ts';
import { saveMemo } from './memoize.ts';
import { isCompletedPhase, isFailed, isFailedPhase, isFulfilled, isOver } from './nodes.ts';
import { Postponed, TimedOut } from './observed.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';
import { outputsFromScope } from './outputs.ts';
import { Scope } from './scope.ts';
import { continuesOn, resolveReferences } from './steps.ts';
import { exportGlobals, killDaemons, outbound } from './handed-on.ts';

/** Tasks that wait for one another. After argo-workflows v3.7.6 workflow/controller/dag.go */
export function executeDag(op: Operation, nodeName: string, context: TemplateContext, templateScope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus {
  const node = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, 'DAG', templateScope, template, holder, 'Running', options);
  if (node.phase === 'Pending') op.mark(node, 'Running');
  try {
    return new Dag(op, node, context, template, options).run();
  } finally {
    if (isFulfilled(node)) killDaemons(op, node.id);
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Dag {
  readonly #visited = new Set<string>();
  readonly #tasks: Map<string, DagTask>;
  readonly #waitsFor = new Map<string, { tasks: string[]; logic: string }>();

  constructor(
    readonly op: Operation,
    readonly node: NodeStatus,
    readonly context: TemplateContext,
    readonly template: Template,
    readonly options: ExecuteOptions,
  ) {
    this.#tasks = new Map((template.dag?.tasks ?? []).map((task) => [task.name, task]));
    for (const task of this.#tasks.values()) {
      const { tasks, logic } = dependenciesOf(task, (name) => this.#tasks.get(name));
      this.#waitsFor.set(task.name, { tasks: [...tasks.keys()], logic });
    }
  }

  run(): NodeStatus {
    const { op, node } = this;
    const targets = this.#targets();
    for (const task of this.#tasks.keys()) if (this.#nodeOf(task)?.daemoned === true) this.#execute(task);
    let exitsOver = true;
    for (const name of targets) {
      this.#execute(name);
      const task = this.#tasks.get(name);
      const taskNode = this.#nodeOf(name);
      // What keeps a task's scope from being made ends the whole; only one in error can have met that.
      if (task === undefined || taskNode === undefined || (task.hooks === undefined && exitHookOf(task, op.spec.arguments) === undefined && taskNode.phase !== 'Error')) continue;
      try {
        const place = this.#hookPlace(task, taskNode);
        runHooksOf(op, task, taskNode, place);
        if (isFulfilled(taskNode) && isCompletedPhase(taskNode.phase) && !exitHandlerDone(op, exitHookOf(task, op.spec.arguments), taskNode, place)) exitsOver = false;
      } catch (error) {
        if (error instanceof Postponed) continue;
        op.markError(node, error);
        throw error;
      }
    }
    const phase = this.#assess(targets, op.shutdown !== undefined && exitsOver);
    if (phase === 'Running') return node;
    if (isFailedPhase(phase)) {
      this.#setOutbound(targets);
      return op.mark(node, phase);
    }
    const scope = new Scope(this.template);
    for (const name of this.#tasks.keys()) {
      const taskNode = this.#nodeOf(name);
      if (taskNode === undefined) continue;
      this.#addToScope(scope, name, taskNode);
      exportGlobals(op, taskNode.outputs);
    }
    const outputs = outputsFromScope(this.template, scope);
    if (outputs !== undefined) node.outputs = outputs;
    saveMemo(op, node);
    this.#setOutbound(targets);
    return op.mark(node, 'Succeeded');
  }

  /** Those that are asked for, or those that nothing waits for. */
  #targets(): string[] {
    const target = this.template.dag?.target ?? '';
    if (target !== '') return target.split(' ');
    const waitedFor = new Set([...this.#waitsFor.values()].flatMap(({ tasks }) => tasks));
    return [...this.#tasks.keys()].filter((name) => !waitedFor.has(name)).sort();
  }

  #nameOf(task: string): string {
    return `${this.node.name}.${task}`;
  }

  #nodeOf(task: string): NodeStatus | undefined {
    return this.op.nodes.named(this.#nameOf(task));
  }

  #setOutbound(targets: readonly string[]): void {
    this.node.outboundNodes = targets.flatMap((target) => {
      const node = this.#nodeOf(target);
      return node === undefined ? [] : outbound(this.op, node.id);
    });
  }

  /** What the DAG has come to: omitted tasks inherit the worst of those before them. */
  #assess(targets: readonly string[], shutDown: boolean): NodePhase {
    if (shutDown) return 'Failed';
    const { op } = this;
    const phases = new Map<string, NodePhase | undefined>(targets.map((target) => [op.nodes.id(this.#nameOf(target)), undefined]));
    const queue: { id: string; phase: NodePhase }[] = (this.node.children ?? []).map((id) => ({ id, phase: 'Succeeded' }));
    const seen = new Set<string>();
    for (const next of queue) {
      const key = `${next.id} ${next.phase}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const node = op.nodes.get(next.id);
      if (node === undefined || !isFulfilled(node)) return 'Running';
      const branch = isCompletedPhase(node.phase) ? node.phase : next.phase;
      if (phases.has(node.id) && !isFailedPhase(phases.get(node.id) ?? 'Succeeded')) phases.set(node.id, branch);
      const children = node.type === 'Retry' ? this.#retryChildren(node) : (node.children ?? []);
      queue.push(...children.map((id) => ({ id, phase: branch })));
    }
    const failFast = this.template.dag?.failFast !== false;
    let result: NodePhase = 'Succeeded';
    for (const target of targets) {
      const phase = phases.get(op.nodes.id(this.#nameOf(target)));
      if (phase === undefined) {
        result = 'Running';
        if (!failFast) break;
      } else if (isFailedPhase(phase)) {
        if (continuesOn(this.#tasks.get(target), { ...this.node, phase })) continue;
        result = phase;
        if (failFast) break;
      }
    }
    return result;
  }

  /** Below a retry node only what comes after its attempts counts. */
  #retryChildren(node: NodeStatus): string[] {
    return this.op.nodes.children(node).reverse().flatMap((child) => (child.nodeFlag?.hooked === true ? [child.id] : (child.children ?? [])));
  }

  #addToScope(scope: Scope, task: string, node: NodeStatus): void {
    const prefix = `tasks.${task}`;
    if (node.type === 'TaskGroup') scope.addAggregate(prefix, this.op.nodes.all().filter((other) => other.boundaryID === this.node.id && other.name.startsWith(`${node.name}(`)));
    else scope.addNode(prefix, lastAttempt(this.op, node) ?? node);
  }

  #scopeFor(task: DagTask): Scope {
    const scope = new Scope(this.template);
    scope.addOutputs('workflow', this.op.workflow.status.outputs);
    for (const ancestor of ancestryOf(task.name, (name) => this.#waitsFor.get(name)?.tasks ?? [])) {
      const node = this.#nodeOf(ancestor);
      if (node === undefined) throw new Error(`Ancestor task node ${ancestor} not found`);
      this.#addToScope(scope, ancestor, node);
    }
    return scope;
  }

  #hookPlace(task: DagTask, node: NodeStatus): HookPlace {
    const scope = this.#scopeFor(task);
    scope.set(`tasks.${task.name}.status`, node.phase);
    return { boundaryId: this.node.id, context: this.context, prefix: `tasks.${task.name}`, scope };
  }

  /** Runs a task's hooks; answers whether the task may be gone on with. */
  #hooksOver(task: DagTask, node: NodeStatus): boolean {
    if (task.hooks === undefined) return true;
    try {
      return runHooksOf(this.op, task, node, this.#hookPlace(task, node));
    } catch (error) {
      if (!(error instanceof Postponed)) this.op.markError(node, error);
      return false;
    }
  }

  #exitOver(task: DagTask, node: NodeStatus): boolean {
    const hook = exitHookOf(task, this.op.spec.arguments);
    if (hook === undefined) return true;
    try {
      return exitHandlerDone(this.op, hook, node, this.#hookPlace(task, node));
    } catch (error) {
      if (error instanceof Postponed) return false;
      return false;
    }
  }

  #execute(name: string): void {
    if (this.#visited.has(name)) return;
    this.#visited.add(name);
    const task = this.#tasks.get(name);
    if (task === undefined) throw new Error(`target ${name} does not exist`);
    const node = this.#nodeOf(name);
    if (node !== undefined && (isFulfilled(node) || node.phase === 'Running') && !this.#hooksOver(task, node)) return;
    if (node !== undefined && isOver(node)) {
      if (isCompletedPhase(node.phase)) this.#exitOver(task, node);
      return;
    }
    const waits = this.#waitsFor.get(name) ?? { tasks: [], logic: '' };
    if (waits.logic !== '') {
      for (const dependency of waits.tasks) this.#execute(dependency);
      if (node === undefined) {
        const verdict = this.#judge(waits);
        if (verdict === 'wait') return;
        if (verdict !== 'run') {
          const failed = verdict !== 'omit';
          this.#leave(task, failed ? 'Error' : 'Omitted', failed ? verdict.error : 'omitted: depends condition not met');
          return;
        }
      }
    }
    this.#start(task, waits.tasks);
  }

  /** Whether what a task waits for has come, and come out as it wants. */
  #judge(waits: { tasks: string[]; logic: string }): 'wait' | 'run' | 'omit' | { error: string } {
    const results: Record<string, Record<string, boolean>> = {};
    for (const name of waits.tasks) {
      const node = this.#nodeOf(name);
      if (node === undefined || !isFulfilled(node)) return 'wait';
      const hooks = this.op.nodes.children(node).filter((child) => child.nodeFlag?.hooked === true);
      if (hooks.some((hook) => !isFulfilled(hook))) return 'wait';
      const members = node.type === 'TaskGroup' ? this.op.nodes.children(node) : [];
      results[name.replaceAll('-', '_')] = {
        Succeeded: node.phase === 'Succeeded',
        Failed: node.phase === 'Failed',
        Errored: node.phase === 'Error',
        Skipped: node.phase === 'Skipped',
        Omitted: node.phase === 'Omitted',
        Daemoned: node.daemoned === true && node.phase !== 'Pending',
        AnySucceeded: members.some((member) => member.phase === 'Succeeded'),
        AllFailed: members.length > 0 && members.every((member) => member.phase === 'Failed'),
      };
    }
    const logic = waits.logic.replaceAll('-', '_');
    try {
      return evalBool(logic, results) ? 'run' : 'omit';
    } catch (error) {
      return { error: `unable to evaluate expression '${logic}': ${message(error)}` };
    }
  }

  /** Hangs a node below the last ones of what its task waits for. */
  #connect(dependencies: readonly string[], nodeName: string, group: NodeStatus | undefined): void {
    const { op } = this;
    if (group !== undefined) op.nodes.link(group.name, nodeName);
    else if (dependencies.length === 0) op.nodes.link(this.node.name, nodeName);
    else {
      for (const dependency of dependencies) {
        const node = this.#nodeOf(dependency);
        if (node !== undefined) for (const last of outbound(op, node.id)) op.nodes.link(op.nodes.must(last).name, nodeName);
      }
    }
  }

  #leave(task: DagTask, phase: NodePhase, text: string): void {
    const name = this.#nameOf(task.name);
    const known = this.op.nodes.named(name);
    if (known !== undefined) {
      this.op.mark(known, phase, text);
      return;
    }
    this.op.skip(name, this.context.scope, task, phase, this.node.id, text);
    this.#connect(this.#waitsFor.get(task.name)?.tasks ?? [], name, undefined);
  }

  #start(task: DagTask, dependencies: readonly string[]): void {
    const { op } = this;
    const nodeName = this.#nameOf(task.name);
    let group = op.nodes.named(nodeName);
    if (group?.type !== 'TaskGroup') group = undefined;
    let members: DagTask[];
    try {
      const scope = this.#scopeFor(task);
      const resolved = resolveReferences(op, task, scope, 'DAGTask', decodeDagTask);
      members = isLoop(resolved) ? expandLoop('DAGTask', resolved, decodeDagTask, { ...op.globals, ...scope.texts() }) : [resolved];
    } catch (error) {
      this.#leave(task, 'Error', message(error));
      return;
    }
    if (isLoop(task)) {
      if (members.length === 0) {
        this.#leave(task, 'Skipped', 'Skipped, empty params');
        return;
      }
      if (group === undefined) {
        group = op.initNode(nodeName, 'TaskGroup', this.context.scope, task, 'Running', { boundaryId: this.node.id, nodeFlag: {} });
        this.#connect(dependencies, nodeName, undefined);
      }
    }
    for (const member of members) if (!this.#runMember(task, member, dependencies, group)) return;
    if (group === undefined) return;
    const nodes = members.map((member) => this.#nodeOf(member.name));
    if (nodes.some((member) => member === undefined || !isFulfilled(member))) return;
    const failed = nodes.findLast((member) => member !== undefined && isFailed(member));
    op.mark(group, failed?.phase ?? 'Succeeded');
  }

  /** Answers whether the next member of a loop may be looked at. */
  #runMember(task: DagTask, member: DagTask, dependencies: readonly string[], group: NodeStatus | undefined): boolean {
    const { op } = this;
    const name = this.#nameOf(member.name);
    const fresh = op.nodes.named(name) === undefined;
    if (fresh) {
      try {
        if (!shouldExecute(member.when)) {
          op.skip(name, this.context.scope, member, 'Skipped', this.node.id, `when '${member.when ?? ''}' evaluated false`);
          this.#connect(dependencies, name, group);
          return true;
        }
      } catch (error) {
        op.skip(name, this.context.scope, member, 'Error', this.node.id, message(error));
        this.#connect(dependencies, name, group);
        return true;
      }
    }
    let node: NodeStatus | undefined;
    let go = true;
    try {
      node = op.execute(name, member, this.context, member.arguments, { boundaryId: this.node.id, onExit: this.options.onExit === true }, 'tasks');
    } catch (error) {
      const known = op.nodes.named(name);
      if (error instanceof TimedOut && known !== undefined) op.mark(known, 'Failed', error.message);
      else if (!(error instanceof Postponed) && known !== undefined) op.markError(known, new Error(`task '${name}' errored: ${message(error)}`));
      go = error instanceof Postponed && known !== undefined;
      node = known;
    }
    if (fresh && op.nodes.named(name) !== undefined) this.#connect(dependencies, name, group);
    if (!go || node === undefined) return false;
    if (isCompletedPhase(node.phase) && isOver(node)) return this.#exitOver(task, node);
    return true;
  }
}
