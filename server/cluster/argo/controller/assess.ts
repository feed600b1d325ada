import { isJsonObject } from '../../../lib/json.ts';
import { matchesLabelSelector } from '../../store/selectors.ts';
import { decodeOutputs } from '../types/workflow.ts';
import type { NodeStatus, Template } from '../types/workflow.ts';
import { saveMemo } from './memoize.ts';
import { isCompletedPhase, isFulfilled, isOver } from './nodes.ts';
import type { Operation } from './operation.ts';
import { hasOutputs } from './outputs.ts';
import { exitCodeOf, failedOutcome, latestFinish, othersEnded, pendingReason, resourcesOf } from './pod-outcome.ts';
import type { PodView } from './pod-outcome.ts';
import { parseProgress } from './progress.ts';
import { exportGlobals } from './handed-on.ts';

/** Takes over what the executors have reported. After argo-workflows v3.7.6 workflow/controller/taskresult.go */
export function applyTaskResults(op: Operation): void {
  for (const result of op.observed.taskResults) {
    const node = op.nodes.get(result.metadata.name);
    if (node === undefined) continue;
    const label = result.metadata.labels?.['workflows.argoproj.io/report-outputs-completed'];
    if (label === 'true') node.taskResultSynced = true;
    // A result of an attempt whose pod is gone will not be completed any more.
    else if (label === 'false') node.taskResultSynced = isOver(node) || (isCompletedPhase(node.phase) && !op.observed.pods.has(node.id));
    if (isJsonObject(result['outputs'])) {
      const outputs = decodeOutputs(result['outputs']);
      if (hasOutputs(outputs)) {
        const exitCode = outputs.exitCode ?? node.outputs?.exitCode;
        node.outputs = { ...node.outputs, ...outputs, ...(exitCode === undefined ? {} : { exitCode }) };
      }
    }
    const progress = result['progress'];
    if (typeof progress === 'string' && parseProgress(progress) !== undefined) node.progress = progress;
  }
}

/** Brings the nodes up to date with their pods; answers whether any pod runs. */
export function assessPods(op: Operation): boolean {
  let running = false;
  for (const [nodeId, pod] of op.observed.pods) {
    const node = op.nodes.get(nodeId);
    if (node === undefined) continue;
    const ended = endedByUs(node);
    if (isOver(node) && !ended) continue;
    if (ended && pod.phase !== 'Succeeded' && pod.phase !== 'Failed') {
      // Its containers are on their way out; what they leave with is still to come.
      node.taskResultSynced = false;
      op.changes.terminatePods.add(pod.name);
      continue;
    }
    const template = op.templateOf(node);
    if (template === undefined) continue;
    const before = node.phase;
    assess(op, pod, node, template);
    exportGlobals(op, node.outputs);
    if (node.phase === 'Succeeded' && before !== 'Succeeded') saveMemo(op, node);
    if (node.phase === 'Running') running = true;
    control(op, pod, node);
    endForsaken(op, pod);
  }
  for (const node of op.nodes.all()) {
    if (node.type !== 'Pod' || isOver(node) || node.phase === 'Pending' || node.startedAt === null || op.observed.pods.has(node.id)) continue;
    if (isCompletedPhase(node.phase)) {
      node.taskResultSynced = true;
      continue;
    }
    delete node.daemoned;
    op.markError(node, new Error('pod deleted'));
    for (const child of op.nodes.children(node)) if (child.type === 'Container' && !isFulfilled(child)) op.markError(child, new Error('container deleted'));
  }
  return running;
}

/** Whether the controller has told the node's containers to end. */
function endedByUs(node: NodeStatus): boolean {
  return node.phase === 'Failed' && /^(workflow shutdown with strategy: {2}\w+|Step exceeded its deadline)$/.test(node.message ?? '');
}

function assess(op: Operation, pod: PodView, node: NodeStatus, template: Template): void {
  const old = { phase: node.phase, message: node.message ?? '' };
  let phase = node.phase;
  let message = old.message;
  switch (pod.phase) {
    case 'Pending':
      phase = 'Pending';
      message = pendingReason(pod);
      delete node.daemoned;
      break;
    case 'Succeeded':
      phase = template.daemon === true ? 'Failed' : 'Succeeded';
      delete node.daemoned;
      break;
    case 'Failed':
      ({ phase, message } = failedOutcome(pod, template));
      delete node.daemoned;
      break;
    case 'Running':
      if (template.daemon === true) {
        if (!pod.containers.every(({ ready }) => ready)) return;
        phase = 'Running';
        node.daemoned = true;
        op.hasDaemons = true;
      } else phase = 'Running';
      break;
    case '':
      phase = 'Pending';
      break;
    default:
      phase = 'Error';
      message = `Unexpected pod phase for ${pod.name}: ${pod.phase}`;
  }
  assessContainers(op, pod, node);
  if (!isCompletedPhase(phase) && node.daemoned === true && pod.podIP !== '') node.podIP = pod.podIP;
  if (pod.nodeName !== '') node.hostNodeName = pod.nodeName;
  if (parseProgress(node.progress) === undefined) node.progress = '0/1';
  const exitCode = exitCodeOf(pod);
  if (exitCode !== undefined) node.outputs = { ...node.outputs, exitCode: String(exitCode) };
  const wait = pod.containers.find(({ name }) => name === 'wait');
  if (endedByUs(node)) node.taskResultSynced = true;
  // The wait container may still be at work on the outputs.
  if (wait?.running === true && isCompletedPhase(phase) && pod.phase !== 'Failed') phase = old.phase;
  if (wait?.terminated !== undefined && wait.terminated.exitCode !== 0) node.taskResultSynced = true;
  if (wait === undefined && pod.phase === 'Failed' && template.daemon !== true) node.taskResultSynced = true;
  if (phase === 'Succeeded' && outputsMissing(template, node)) phase = old.phase;
  if (old.phase === 'Pending' && phase !== 'Pending' && phase !== 'Failed' && phase !== 'Error' && old.message === message) message = '';
  node.phase = phase;
  if (message === '') delete node.message;
  else node.message = message;
  if (isFulfilled(node) && node.daemoned !== true && node.finishedAt === null) {
    node.finishedAt = latestFinish(pod) ?? op.nowText;
    node.resourcesDuration = resourcesOf(pod);
  }
}

/** Outputs that the template promises have to be there before the node has succeeded. */
function outputsMissing(template: Template, node: NodeStatus): boolean {
  if (!hasOutputs(template.outputs) || node.outputs === undefined) return false;
  if ((template.outputs.parameters ?? []).length > 0 && node.outputs.parameters === undefined) return true;
  return template.outputs.artifacts?.some((artifact) => artifact.optional !== true) === true && node.outputs.artifacts === undefined;
}

/** The nodes of a container set's containers. */
function assessContainers(op: Operation, pod: PodView, node: NodeStatus): void {
  for (const container of pod.containers) {
    const child = op.nodes.named(`${node.name}.${container.name}`);
    if (child?.type !== 'Container' || isFulfilled(child)) continue;
    const { terminated, waiting, running } = container;
    if (terminated !== undefined) {
      const message = `${container.name}: ${terminated.reason} (exit code ${terminated.exitCode}): ${terminated.message}`;
      if (terminated.exitCode === 0) op.mark(child, 'Succeeded');
      else op.mark(child, terminated.exitCode === 64 ? 'Error' : 'Failed', message);
    } else if (pod.phase === 'Failed') op.mark(child, 'Failed', 'Pod Failed whilst container running');
    else if (waiting !== undefined) op.mark(child, 'Pending');
    else if (running === true) op.mark(child, 'Running');
  }
}

/** Ends pods when the workflow is stopped or out of time. After argo-workflows v3.7.6 workflow/controller/exec_control.go */
function control(op: Operation, pod: PodView, node: NodeStatus): void {
  if (isOver(node)) return;
  const onExit = pod.object.metadata.labels?.['workflows.argoproj.io/on-exit'] !== undefined;
  if (pod.phase !== 'Succeeded' && pod.phase !== 'Failed') {
    if (!op.mayRunDuringShutdown(onExit)) {
      end(op, pod, node, `workflow shutdown with strategy:  ${op.shutdown ?? ''}`);
      return;
    }
    if (op.deadline !== undefined && op.now > op.deadline && !onExit) end(op, pod, node, 'Step exceeded its deadline');
  }
}

/** How long a wait container may be at it once all others have ended, before it is told. */
const FORSAKEN_MS = 5000;

/** A wait container that nobody will tell of an end any more is told to end itself. After argo-workflows v3.7.6 workflow/controller/operator.go (cleanUpPod) */
function endForsaken(op: Operation, pod: PodView): void {
  const ended = pod.phase === 'Running' ? othersEnded(pod) : undefined;
  if (ended === undefined || !pod.containers.some(({ name, running }) => name === 'wait' && running === true)) return;
  if (op.now < ended + FORSAKEN_MS) op.requeueAt(ended + FORSAKEN_MS);
  else op.changes.terminatePods.add(pod.name);
}

function end(op: Operation, pod: PodView, node: NodeStatus, message: string): void {
  op.changes.terminatePods.add(pod.name);
  op.mark(node, 'Failed', message);
  for (const child of op.nodes.descendants(node)) if (!isFulfilled(child)) op.mark(child, 'Failed', message);
}

/** Nodes without pods have to be told as well. */
export function endPodlessNodes(op: Operation): void {
  const late = op.deadline !== undefined && op.now > op.deadline;
  for (const node of op.nodes.all()) {
    if (isFulfilled(node)) continue;
    const exit = op.nodes.isPartOfExitHandler(node);
    const suspended = node.type === 'Suspend' && node.phase === 'Running';
    if (op.shutdown !== undefined && !op.mayRunDuringShutdown(exit) && (suspended || node.type === 'HTTP' || node.type === 'Plugin')) {
      op.mark(node, 'Failed', `Stopped with strategy '${op.shutdown}'`);
      continue;
    }
    if (late && !exit && (node.phase === 'Pending' || suspended)) op.mark(node, 'Failed', 'Step exceeded its deadline');
  }
}

/** What becomes of the pods of nodes that are over. After argo-workflows v3.7.6 workflow/controller/pod_cleanup.go */
export function podCleanup(op: Operation): { label: string[]; remove: string[] } {
  const label: string[] = [];
  const remove: string[] = [];
  const phase = op.workflow.status.phase ?? '';
  const over = phase === 'Succeeded' || phase === 'Failed' || phase === 'Error';
  for (const [nodeId, pod] of op.observed.pods) {
    const node = op.nodes.get(nodeId);
    if (node === undefined || !isOver(node)) continue;
    const labels = pod.object.metadata.labels ?? {};
    const ended = pod.phase === 'Succeeded' || pod.phase === 'Failed' || over;
    switch (podAction(op, labels, pod.phase, over)) {
      case 'delete':
        remove.push(pod.name);
        break;
      case 'label':
        if (ended && labels['workflows.argoproj.io/completed'] !== 'true') label.push(pod.name);
        break;
      case 'none':
    }
  }
  return { label, remove };
}

/** After argo-workflows v3.7.6 workflow/controller/pod/cleanup.go determinePodCleanupAction */
function podAction(op: Operation, labels: Record<string, string>, podPhase: string, over: boolean): 'label' | 'delete' | 'none' {
  const { strategy = '', labelSelector } = op.spec.podGC ?? {};
  // A pod that will never be deleted is marked at once.
  if (strategy === '' || (labelSelector !== undefined && !matchesLabelSelector(labelSelector, labels))) return 'label';
  if (strategy === 'OnWorkflowCompletion' && over) return 'delete';
  if (strategy === 'OnWorkflowSuccess' && op.workflow.status.phase === 'Succeeded') return 'delete';
  if (strategy === 'OnPodCompletion' || (strategy === 'OnPodSuccess' && podPhase === 'Succeeded')) return 'delete';
  return over || (strategy === 'OnPodSuccess' && podPhase === 'Failed') ? 'label' : 'none';
}
