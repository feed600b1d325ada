import { goJson } from '../../../lib/json.ts';
import { replaceInJson, shouldExecute } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import type { Holder, TemplateContext } from '../types/resolve.ts';
import { decodeInvocation } from '../types/workflow.ts';
import { stepGroupsOf } from '../types/template.ts';
import type { Artifact, Invocation, NodeStatus, Template, WorkflowStep } from '../types/workflow.ts';
import { exitHandlerDone, exitHookOf, lastAttempt, runHooksOf } from './hooks.ts';
import { expandLoop, isLoop } from './loops.ts';
import { saveMemo } from './memoize.ts';
import { isCompletedPhase, isFailed, isFulfilled, isOver } from './nodes.ts';
import { Postponed, TimedOut } from './observed.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';
import { outputsFromScope } from './outputs.ts';
import { Scope } from './scope.ts';
import { allFulfilled, exportGlobals, killDaemons, outbound } from './handed-on.ts';

interface StepsPlace {
  boundary: NodeStatus;
  scope: Scope;
  context: TemplateContext;
  onExit: boolean;
}

/** Groups of steps, one after the other. After argo-workflows v3.7.6 workflow/controller/steps.go */
export function executeSteps(op: Operation, nodeName: string, context: TemplateContext, templateScope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus {
  const node = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, 'Steps', templateScope, template, holder, 'Running', options);
  if (node.phase === 'Pending') op.mark(node, 'Running');
  try {
    return run(op, node, context, template, options);
  } finally {
    if (isOver(node)) killDaemons(op, node.id);
  }
}

function run(op: Operation, node: NodeStatus, context: TemplateContext, template: Template, options: ExecuteOptions): NodeStatus {
  const place: StepsPlace = { boundary: node, scope: new Scope(template), context, onExit: options.onExit === true };
  place.scope.addOutputs('workflow', op.workflow.status.outputs);
  for (const [i, steps] of stepGroupsOf(template).entries()) {
    const groupName = `${node.name}[${i}]`;
    const known = op.nodes.named(groupName);
    if (known === undefined) op.initNode(groupName, 'StepGroup', context.scope, {}, 'Running', { boundaryId: node.id, nodeFlag: {} });
    else if (!isFulfilled(known)) op.mark(known, 'Running');
    connectGroup(op, node, i, groupName);
    let group: NodeStatus;
    try {
      group = executeGroup(op, steps, groupName, place);
    } catch (error) {
      if (error instanceof Postponed) throw error;
      op.markError(op.nodes.must(op.nodes.id(groupName)), error);
      return node;
    }
    if (!isFulfilled(group)) return node;
    if (isFailed(group)) {
      setOutbound(op, node, template);
      return op.mark(node, 'Failed', group.message ?? '');
    }
    for (const step of steps) addStepToScope(op, step, groupName, place);
  }
  setOutbound(op, node, template);
  const outputs = outputsFromScope(template, place.scope);
  if (outputs !== undefined) {
    node.outputs = outputs;
    exportGlobals(op, outputs);
  }
  saveMemo(op, node);
  return op.mark(node, 'Succeeded');
}

function connectGroup(op: Operation, node: NodeStatus, i: number, groupName: string): void {
  if (i === 0) {
    op.nodes.link(node.name, groupName);
    return;
  }
  const previous = op.nodes.must(op.nodes.id(`${node.name}[${i - 1}]`));
  if ((previous.children ?? []).length === 0) op.nodes.link(previous.name, groupName);
  for (const child of previous.children ?? []) for (const last of outbound(op, child)) op.nodes.link(op.nodes.must(last).name, groupName);
}

function setOutbound(op: Operation, node: NodeStatus, template: Template): void {
  for (let i = (template.steps ?? []).length - 1; i >= 0; i--) {
    const group = op.nodes.named(`${node.name}[${i}]`);
    if (group === undefined) continue;
    node.outboundNodes = (group.children ?? []).flatMap((child) => outbound(op, child));
    return;
  }
}

function addStepToScope(op: Operation, step: WorkflowStep, groupName: string, place: StepsPlace): void {
  const childName = `${groupName}.${step.name ?? ''}`;
  const prefix = `steps.${step.name ?? ''}`;
  const child = op.nodes.named(childName);
  if (child !== undefined) {
    place.scope.addNode(prefix, lastAttempt(op, child) ?? child);
    return;
  }
  const members = op.nodes.all().filter((other) => other.boundaryID === place.boundary.id && other.name.startsWith(`${childName}(`) && other.type !== 'Skipped');
  place.scope.addAggregate(prefix, members);
}

function executeGroup(op: Operation, original: WorkflowStep[], groupName: string, place: StepsPlace): NodeStatus {
  const group = op.nodes.must(op.nodes.id(groupName));
  if (isFulfilled(group) && allFulfilled(op, group)) return group;
  let steps: WorkflowStep[];
  try {
    steps = original.map((step) => resolveReferences(op, step, place.scope, 'WorkflowStep', decodeInvocation)).flatMap((step) => expand(op, step, groupName, place));
  } catch (error) {
    if (error instanceof Postponed) throw error;
    return op.markError(group, error);
  }
  const byNode = new Map<string, WorkflowStep>();
  const boundaryId = place.boundary.id;
  for (const step of steps) {
    const childName = `${groupName}.${step.name ?? ''}`;
    let proceed: boolean;
    try {
      proceed = shouldExecute(step.when);
    } catch (error) {
      if (op.nodes.named(childName) === undefined) op.skip(childName, place.context.scope, step, 'Error', boundaryId, error instanceof Error ? error.message : String(error));
      op.nodes.link(groupName, childName);
      return op.markError(group, error);
    }
    if (!proceed) {
      if (op.nodes.named(childName) === undefined) {
        op.skip(childName, place.context.scope, step, 'Skipped', boundaryId, `when '${step.when ?? ''}' evaluated false`);
        op.nodes.link(groupName, childName);
      }
      continue;
    }
    try {
      const child = op.execute(childName, step, place.context, step.arguments, { boundaryId, onExit: place.onExit }, 'steps');
      if (child !== undefined) {
        byNode.set(childName, step);
        op.nodes.link(groupName, childName);
      }
    } catch (error) {
      if (error instanceof TimedOut) return op.mark(group, 'Failed', error.message);
      if (error instanceof Postponed) {
        if (op.nodes.named(childName) !== undefined) {
          byNode.set(childName, step);
          op.nodes.link(groupName, childName);
        }
        continue;
      }
      if (op.nodes.named(childName) !== undefined) op.nodes.link(groupName, childName);
      return op.markError(group, new Error(`step group deemed errored due to child ${childName} error: ${error instanceof Error ? error.message : String(error)}`));
    }
  }
  // A step that was put off has no node yet: the group goes on.
  const postponed = steps.some((step) => op.nodes.named(`${groupName}.${step.name ?? ''}`) === undefined);
  return conclude(op, group, byNode, place, postponed);
}

function conclude(op: Operation, group: NodeStatus, byNode: Map<string, WorkflowStep>, place: StepsPlace, postponed: boolean): NodeStatus {
  let completed = !postponed;
  for (const child of op.nodes.children(group)) {
    const step = byNode.get(child.name);
    place.scope.set(`steps.${child.displayName}.status`, child.phase);
    if (step === undefined) {
      if (!isFulfilled(child)) completed = false;
      continue;
    }
    const hookPlace = { boundaryId: place.boundary.id, context: place.context, prefix: `steps.${step.name ?? ''}`, scope: place.scope };
    let hooksOver = true;
    try {
      hooksOver = runHooksOf(op, step, child, hookPlace);
    } catch (error) {
      if (error instanceof Postponed) throw error;
      op.markError(group, error);
      hooksOver = false;
    }
    if (!hooksOver) return group;
    if (!isFulfilled(child)) completed = false;
    else if (isCompletedPhase(child.phase) && !exitHandlerDone(op, exitHookOf(step, op.spec.arguments), child, hookPlace)) completed = false;
  }
  if (!completed) return isFulfilled(group) ? op.mark(group, 'Running') : group;
  for (const child of op.nodes.children(group)) {
    if (isFailed(child) && !continuesOn(byNode.get(child.name), child)) return op.mark(group, 'Failed', `child '${child.id}' failed`);
  }
  return op.mark(group, 'Succeeded');
}

export function continuesOn(invocation: Pick<Invocation, 'continueOn'> | undefined, node: NodeStatus): boolean {
  if (invocation?.continueOn?.error === true && node.phase === 'Error') return true;
  return invocation?.continueOn?.failed === true && node.phase === 'Failed';
}

/** A step or task with what is known of earlier ones put in. */
export function resolveReferences<T extends Invocation>(op: Operation, invocation: T, scope: Scope, struct: 'WorkflowStep' | 'DAGTask', decode: (value: unknown) => T): T {
  const json = replaceInJson(goJson(normalize(struct, invocation)), { ...op.globals, ...scope.texts() });
  const resolved = decode(JSON.parse(json));
  op.volumes = JSON.parse(replaceInJson(JSON.stringify(op.volumes), scope.texts())) as typeof op.volumes;
  let proceed: boolean;
  try {
    proceed = shouldExecute(resolved.when);
  } catch (error) {
    // The condition may speak of the loop's item, which is not known yet.
    if (!isLoop(resolved)) throw new Error(struct === 'WorkflowStep' ? `Failed to resolve references: ${error instanceof Error ? error.message : String(error)}` : error instanceof Error ? error.message : String(error));
    proceed = true;
  }
  if (!proceed || resolved.arguments.artifacts === undefined) return resolved;
  const artifacts = resolved.arguments.artifacts.flatMap((artifact): Artifact[] => {
    if ((artifact.from ?? '') === '' && (artifact.fromExpression ?? '') === '') return [artifact];
    try {
      const found = scope.artifact(artifact);
      return found === undefined ? [] : [{ ...found, name: artifact.name }];
    } catch (error) {
      if (artifact.optional === true) return [];
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(struct === 'WorkflowStep' ? `Failed to resolve references: unable to resolve references: ${reason}` : reason);
    }
  });
  return { ...resolved, arguments: { ...resolved.arguments, artifacts } };
}

function expand(op: Operation, step: WorkflowStep, groupName: string, place: StepsPlace): WorkflowStep[] {
  if (!isLoop(step)) return [step];
  const members = expandLoop('WorkflowStep', step, decodeInvocation, { ...op.globals, ...place.scope.texts() });
  if (members.length === 0) {
    const childName = `${groupName}.${step.name ?? ''}`;
    if (op.nodes.named(childName) === undefined) {
      op.skip(childName, place.context.scope, step, 'Skipped', place.boundary.id, 'Skipped, empty params');
      op.nodes.link(groupName, childName);
    }
  }
  return members;
}
