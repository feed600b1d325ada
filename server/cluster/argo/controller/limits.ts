import { templateTypeOf } from '../types/template.ts';
import type { NodeStatus, Template } from '../types/workflow.ts';
import { durationOf, goDurationProblem } from './durations.ts';
import { isFailed } from './nodes.ts';
import { Postponed, TimedOut } from './observed.ts';
import type { Operation } from './operation.ts';

/** When a template's `timeout` ends, as milliseconds. Throws TimedOut for a node that waited too long. */
export function checkTimeout(op: Operation, template: Template, node: NodeStatus | undefined): number | undefined {
  if ((template.timeout ?? '') === '' || node === undefined || node.startedAt === null) return undefined;
  const ms = durationOf(template.timeout ?? '');
  if (ms === undefined) throw new Error(`invalid timeout format. ${goDurationProblem(template.timeout ?? '')}`);
  const end = Date.parse(node.startedAt) + ms;
  if (node.phase === 'Pending' && op.now > end) {
    op.mark(node, 'Failed', 'timeout');
    throw new TimedOut('timeout');
  }
  op.requeueAt(end + 1000);
  return end;
}

const count = (op: Operation, test: (node: NodeStatus) => boolean): number => op.nodes.all().filter(test).length;

/** How many pods run or are about to, below a node or in the whole workflow. */
export function activePodsOf(op: Operation, boundaryId: string | undefined): number {
  return count(
    op,
    (node) =>
      node.type === 'Pod' &&
      (boundaryId === undefined || node.boundaryID === boundaryId) &&
      (node.phase === 'Pending' || node.phase === 'Running') &&
      (node.synchronizationStatus?.waiting ?? '') === '' &&
      (op.observed.pods.has(node.id) || op.asked.has(node.name)),
  );
}

/** Throws Postponed when no more may run now. */
export function checkParallelism(op: Operation, template: Template, node: NodeStatus | undefined, boundaryId: string | undefined): void {
  if (op.spec.parallelism !== undefined && op.activePods >= op.spec.parallelism) throw new Postponed('Max parallelism reached');
  const type = templateTypeOf(template);
  if (node !== undefined && (type === 'DAG' || type === 'Steps')) {
    failFast(op, template, node);
    if ((template.parallelism ?? 0) > 0 && activePodsOf(op, node.id) >= (template.parallelism ?? 0)) throw new Postponed('Max parallelism reached');
  }
  if (boundaryId === undefined || (node !== undefined && (node.phase === 'Pending' || node.phase === 'Running'))) return;
  const boundary = op.nodes.get(boundaryId);
  const around = op.boundaryTemplate(boundaryId);
  if (boundary === undefined || around === undefined) return;
  failFast(op, around, boundary);
  const limit = around.parallelism ?? 0;
  const isChild = (child: NodeStatus) => child.boundaryID === boundaryId && ['Pod', 'Steps', 'DAG'].includes(child.type) && (child.phase === 'Pending' || child.phase === 'Running');
  if (limit > 0 && count(op, isChild) >= limit) throw new Postponed('Max parallelism reached');
}

/** `failFast` of a template: nothing new once a child has failed; and the end when nothing runs any more. */
function failFast(op: Operation, template: Template, node: NodeStatus): void {
  if (template.failFast !== true) return;
  if (count(op, (child) => child.boundaryID === node.id && ['Pod', 'Steps', 'DAG'].includes(child.type) && isFailed(child)) === 0) return;
  if (activePodsOf(op, node.id) === 0) {
    const message = 'template has failed or errored children and failFast enabled';
    const group = op.nodes.all().filter((child) => child.boundaryID === node.id && child.type === 'StepGroup').at(-1);
    if (group !== undefined && templateTypeOf(template) === 'Steps') op.mark(group, 'Failed', message);
    op.mark(node, 'Failed', message);
  }
  throw new Postponed('Max parallelism reached');
}

/** Whether a node only waits for its pod: then nothing of its template has to be looked at again. */
export function isUnderWay(op: Operation, node: NodeStatus, template: Template): boolean {
  if (node.type !== 'Pod' || node.synchronizationStatus !== undefined) return false;
  if (node.phase !== 'Running' && !(node.phase === 'Pending' && op.observed.pods.has(node.id))) return false;
  // Limits, locks, metrics and names that are written into the node need the template with its arguments.
  if (template.containerSet !== undefined || op.spec.templateDefaults !== undefined || op.retryStrategyOf(template) !== undefined) return false;
  return (template.timeout ?? '') === '' && template.synchronization === undefined && template.metrics === undefined && template.memoize === undefined && template.annotations === undefined;
}
