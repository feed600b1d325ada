import { rfc3339 } from '../../../lib/clock.ts';
import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import { LABEL_COMPLETED, LABEL_PHASE } from '../types/resources.ts';
import type { Workflow, WorkflowPhase } from '../types/workflow.ts';
import { repositoryOf } from './config.ts';
import type { ArtifactRepository } from './config.ts';
import { applyTaskResults, assessPods, endPodlessNodes, podCleanup } from './assess.ts';
import { addGcFinalizer, collectArtifacts, GC_FINALIZER } from './artifact-gc.ts';
import { createBudget } from './budgets.ts';
import { createClaims, deleteClaims } from './claims.ts';
import { emitMetrics } from './emit-metrics.ts';
import { prepareSpec, SpecProblem } from './exec-spec.ts';
import { exitHookOf, runWorkflowHooks } from './hooks.ts';
import { podNameOf } from './names.ts';
import { isFailed, isFulfilled } from './nodes.ts';
import { Postponed } from './observed.ts';
import { Operation } from './operation.ts';
import type { Changes, Observed } from './observed.ts';
import { updateProgress, updateResources } from './progress.ts';
import { reconcileTaskSet } from './task-sets.ts';
import { killDaemons, templateNameOf } from './handed-on.ts';
import { activePodsOf } from './limits.ts';

export interface Reconciled {
  workflow: Workflow;
  /** Whether the workflow has to be written. */
  changed: boolean;
  /** What tells it from what it was, and will be. */
  print: string;
  changes: Changes;
  /** Pods to mark as completed, and pods to delete, once the workflow is written. */
  cleanup: { label: string[]; remove: string[] };
}


const isOverPhase = (phase: WorkflowPhase | undefined): boolean => phase === 'Succeeded' || phase === 'Failed' || phase === 'Error';

/** As `reconcileInPlace`, for a workflow that is not to be changed. */
export const reconcile = (original: Workflow, observed: Observed): Reconciled => reconcileInPlace(structuredClone(original), observed);

/**
 * What a workflow becomes, and what has to be done, given what is seen of the cluster. The workflow is in normal form
 * and is changed; `before` is its print so far, where that is known.
 * After argo-workflows v3.7.6 workflow/controller/operator.go operate
 */
export function reconcileInPlace(workflow: Workflow, observed: Observed, before = printOf(workflow)): Reconciled {
  const op = new Operation(workflow, observed);
  operate(op);
  workflow.status.nodes = op.nodes.toRecord();
  const namespace = workflow.metadata.namespace ?? '';
  const key = `${namespace}/${workflow.metadata.name}`;
  if (isOverPhase(workflow.status.phase)) for (const other of observed.locks.releaseAll(key)) op.changes.wake.add(other);
  if (op.spec.synchronization !== undefined || op.workflow.status.synchronization !== undefined || observed.locks.statusOf(key) !== undefined) {
    const status = observed.locks.statusOf(key);
    if (status === undefined) delete workflow.status.synchronization;
    else workflow.status.synchronization = status;
  }
  let print = printOf(workflow);
  if (print !== before) {
    updateResources(workflow, op.nodes);
    updateProgress(workflow, op.nodes);
    workflow.status.nodes = op.nodes.toRecord();
    print = printOf(workflow);
  }
  return { workflow, changed: print !== before, print, changes: op.changes, cleanup: podCleanup(op) };
}

/** A workflow that has to wait until others are over. */
export function markPostponed(original: Workflow): Workflow {
  const workflow = structuredClone(original);
  workflow.status.phase = 'Pending';
  workflow.status.message = 'Workflow processing has been postponed because too many workflows are already running';
  workflow.metadata.labels = { ...workflow.metadata.labels, [LABEL_PHASE]: 'Pending', [LABEL_COMPLETED]: 'false' };
  return workflow;
}

/** A workflow that cannot be kept as it has become: as it was before, and over. */
export function markError(original: Workflow, message: string, now: number): Workflow {
  const workflow = structuredClone(original);
  workflow.status.phase = 'Error';
  workflow.status.message = message;
  workflow.status.startedAt ??= rfc3339(now);
  workflow.status.finishedAt = rfc3339(now);
  workflow.metadata.labels = { ...workflow.metadata.labels, [LABEL_PHASE]: 'Error', [LABEL_COMPLETED]: 'true' };
  setCondition(workflow, 'Completed', 'True');
  return workflow;
}

function operate(op: Operation): void {
  const { workflow } = op;
  const status = workflow.status;
  const completed = workflow.metadata.labels?.[LABEL_COMPLETED] === 'true';
  if (completed && workflow.metadata.finalizers?.includes(GC_FINALIZER) !== true) {
    applyTaskResults(op);
    return;
  }
  try {
    prepareSpec(op);
    resolveRepository(op);
  } catch (error) {
    if (!(error instanceof SpecProblem)) throw error;
    if (!completed) markWorkflow(op, error.failed ? 'Failed' : 'Error', error.message);
    return;
  }
  addGcFinalizer(op);
  applyTaskResults(op);
  if (isOverPhase(status.phase)) collectArtifacts(op);
  if (completed) return;
  if (op.spec.synchronization !== undefined) {
    try {
      const acquired = op.acquire(op.spec.synchronization, '');
      if (!acquired.acquired) {
        if (op.shutdown === 'Terminate' && status.phase === 'Pending') markWorkflow(op, 'Succeeded', '');
        else markWorkflow(op, (status.phase ?? '') === '' ? 'Pending' : (status.phase ?? 'Pending'), acquired.message);
        return;
      }
    } catch (error) {
      markWorkflow(op, 'Failed', `Failed to acquire the synchronization lock. ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
  }
  emitMetrics(op, op.spec.metrics, undefined, true);
  if ((status.phase ?? '') === '' || (status.phase === 'Pending' && status.startedAt === null)) {
    createBudget(op);
    markWorkflow(op, 'Running', '');
    workflow.metadata.annotations = { ...workflow.metadata.annotations, 'workflows.argoproj.io/pod-name-format': 'v2' };
    setDeadline(op);
  } else {
    setDeadline(op);
    const running = assessPods(op);
    setCondition(workflow, 'PodRunning', running ? 'True' : 'False');
    endPodlessNodes(op);
  }
  if (op.spec.suspend === true) return;
  op.activePods = activePodsOf(op, undefined);
  try {
    createClaims(op);
  } catch (error) {
    markWorkflow(op, 'Error', `pvc create error: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  runEntrypoint(op);
}

/**
 * What has to be written when it differs. That a pod runs is only written along with something else, as in Argo; what
 * only the server writes is left out.
 */
function printOf(workflow: Workflow): string {
  const { resourceVersion: _resourceVersion, managedFields: _managedFields, generation: _generation, ...metadata } = { resourceVersion: '', managedFields: [], generation: 0, ...workflow.metadata };
  const conditions = workflow.status.conditions?.filter(({ type }) => type !== 'PodRunning');
  return JSON.stringify(normalize('Workflow', { ...workflow, metadata, status: { ...workflow.status, conditions } }));
}

function runEntrypoint(op: Operation): void {
  const { workflow } = op;
  const context = op.context();
  const root = workflow.metadata.name;
  let node;
  try {
    node = op.execute(root, { template: op.spec.entrypoint ?? '' }, context, op.spec.arguments, {});
  } catch (error) {
    if (error instanceof Postponed) {
      if (op.nodes.named(root) === undefined || !isFulfilled(op.nodes.must(root))) return;
      node = op.nodes.named(root);
    } else {
      markWorkflow(op, 'Error', `error in entry template execution: ${error instanceof Error ? error.message : String(error)}`);
      deleteClaims(op);
      return;
    }
  }
  if (node === undefined) return;
  const outcome: Record<string, WorkflowPhase> = { Pending: 'Pending', Running: 'Running', Succeeded: 'Succeeded', Skipped: 'Succeeded', Failed: 'Failed', Error: 'Error', Omitted: 'Succeeded' };
  const phase = outcome[node.phase] ?? 'Error';
  op.globals['workflow.status'] = phase;
  op.globals['workflow.failures'] = failuresOf(op);
  let hooksOver = true;
  try {
    hooksOver = runWorkflowHooks(op, context);
  } catch (error) {
    if (error instanceof Postponed) return;
    op.markError(node, error);
  }
  // Nobody else is to be asked for more when the workflow is shut down.
  if (op.shutdown === undefined) reconcileTaskSet(op);
  if (!hooksOver || !isFulfilled(node)) return;
  let exit;
  const exitHook = exitHookOf({ ...(op.spec.onExit === undefined ? {} : { onExit: op.spec.onExit }), ...(op.spec.hooks === undefined ? {} : { hooks: op.spec.hooks }) }, op.spec.arguments);
  if (exitHook !== undefined) {
    const exitName = `${root}.onExit`;
    if (op.nodes.named(exitName) !== undefined || op.mayRunDuringShutdown(true)) {
      try {
        exit = op.execute(
          exitName,
          { ...(exitHook.template === undefined ? {} : { template: exitHook.template }), ...(exitHook.templateRef === undefined ? {} : { templateRef: exitHook.templateRef }) },
          context,
          exitHook.arguments,
          { onExit: true, nodeFlag: { hooked: true } },
        );
      } catch (error) {
        if (!(error instanceof Postponed)) {
          markWorkflow(op, 'Error', `error in exit template execution : ${error instanceof Error ? error.message : String(error)}`);
          deleteClaims(op);
        }
        return;
      }
      if (exit !== undefined) reconcileTaskSet(op);
      if (exit === undefined || !isFulfilled(exit)) return;
    }
  }
  const message = isFailed(node) && op.shutdown !== undefined ? `Stopped with strategy '${op.shutdown}'` : (node.message ?? '');
  if (phase === 'Succeeded' && exit !== undefined && isFailed(exit)) markWorkflow(op, exit.phase === 'Failed' ? 'Failed' : 'Error', exit.message ?? '');
  else if (phase === 'Succeeded') markWorkflow(op, 'Succeeded', '');
  else markWorkflow(op, phase, message);
  if (!isOverPhase(workflow.status.phase)) return;
  emitMetrics(op, op.spec.metrics, node, false);
  deleteClaims(op);
}

/** A JSON list of what has failed, quoted once more. */
function failuresOf(op: Operation): string {
  const failures = op.nodes
    .all()
    .filter(isFailed)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((node) => ({
      displayName: node.displayName,
      message: node.message ?? '',
      templateName: templateNameOf(node),
      phase: node.phase,
      podName: podNameOf(op.workflow.metadata.name, node.name, templateNameOf(node)),
      finishedAt: node.finishedAt,
    }));
  return JSON.stringify(failures.length === 0 ? 'null' : goJson(failures));
}

function setDeadline(op: Operation): void {
  const seconds = op.spec.activeDeadlineSeconds;
  const started = op.workflow.status.startedAt;
  if (seconds === undefined || started === null) return;
  op.deadline = Date.parse(started) + seconds * 1000;
  if (op.now <= op.deadline) op.requeueAt(op.deadline + 1);
}

/** Where artifacts go: what the spec refers to, the namespace's own default, or the controller's. */
function resolveRepository(op: Operation): void {
  const { workflow, observed } = op;
  const known = workflow.status.artifactRepositoryRef;
  if (known === undefined) {
    const ref = op.spec.artifactRepositoryRef;
    const fromMap = (name: string, key: string | undefined, namespace: string): ArtifactRepository | undefined => {
      const object = observed.configMap(name, namespace);
      if (object === undefined) return undefined;
      const field = key ?? object.metadata.annotations?.['workflows.argoproj.io/default-artifact-repository'];
      const data: unknown = object['data'];
      if (field === undefined) return undefined;
      const text: unknown = typeof data === 'object' && data !== null ? Object.entries(data).find(([name_]) => name_ === field)?.[1] : undefined;
      if (typeof text !== 'string') throw new SpecProblem(`failed to resolve artifact repository: config map missing key ${field} for artifact repository ref "${namespace}/${name}#${field}"`, false);
      return repositoryOf(observed.parseYaml(text));
    };
    const namespace = workflow.metadata.namespace ?? '';
    const name = ref?.configMap ?? 'artifact-repositories';
    for (const ns of [namespace, observed.controllerNamespace]) {
      const found = ref !== undefined || ns === namespace ? fromMap(name, ref?.key, ns) : undefined;
      if (found === undefined) continue;
      const object = observed.configMap(name, ns);
      const key = ref?.key ?? object?.metadata.annotations?.['workflows.argoproj.io/default-artifact-repository'];
      workflow.status.artifactRepositoryRef = { configMap: name, ...(key === undefined ? {} : { key }), namespace: ns, artifactRepository: JSON.parse(goJson(normalize('ArtifactRepository', found))) as ArtifactRepository & Record<string, never> };
      break;
    }
    if (workflow.status.artifactRepositoryRef === undefined) {
      if (ref !== undefined) throw new SpecProblem(`failed to resolve artifact repository: failed to find any artifact repository for artifact repository ref "${ref.configMap ?? 'artifact-repositories'}#${ref.key ?? ''}"`, false);
      const own = observed.config.artifactRepository;
      workflow.status.artifactRepositoryRef = { default: true, ...(own === undefined ? {} : { artifactRepository: JSON.parse(goJson(normalize('ArtifactRepository', own))) as ArtifactRepository & Record<string, never> }) };
    }
  }
  op.repository = workflow.status.artifactRepositoryRef?.artifactRepository;
}

export function setCondition(workflow: Workflow, type: string, status: string, message?: string): void {
  const conditions = (workflow.status.conditions ??= []);
  const known = conditions.find((condition) => condition.type === type);
  if (known === undefined) conditions.push({ type, status, ...(message === undefined ? {} : { message }) });
  else known.status = status;
}

/** Moves the workflow to a phase, with its labels, conditions and events. */
function markWorkflow(op: Operation, phase: WorkflowPhase, message: string): void {
  const { workflow } = op;
  const status = workflow.status;
  const over = isOverPhase(phase);
  const unsynced = op.nodes.all().some((node) => node.taskResultSynced === false);
  if (over && (unsynced || op.nodes.all().some((node) => node.daemoned === true))) {
    killDaemons(op, undefined);
    for (const node of op.nodes.all()) if (node.daemoned === true) killDaemons(op, node.boundaryID);
    if (unsynced) return;
  }
  if (status.phase !== phase) {
    status.phase = phase;
    workflow.metadata.labels = { ...workflow.metadata.labels, [LABEL_PHASE]: phase };
    workflow.metadata.labels[LABEL_COMPLETED] ??= 'false';
    if (op.observed.config.workflowEvents) {
      if (phase === 'Running') op.event('Normal', 'WorkflowRunning', 'Workflow Running');
      else if (phase === 'Succeeded') op.event('Normal', 'WorkflowSucceeded', 'Workflow completed');
      else if (over) op.event('Warning', 'WorkflowFailed', message);
    }
  }
  if (status.startedAt === null && phase !== 'Pending') status.startedAt = op.nowText;
  if (message === '') delete status.message;
  else status.message = message;
  if (phase === 'Error') {
    const root = op.nodes.get(workflow.metadata.name);
    if (root?.phase === 'Running') {
      root.phase = 'Error';
      root.message = 'Workflow operation error';
    }
  }
  if (over) {
    op.changes.deleteBudget = op.spec.podDisruptionBudget !== undefined;
    status.finishedAt = op.nowText;
    workflow.metadata.labels = { ...workflow.metadata.labels, [LABEL_COMPLETED]: 'true' };
    setCondition(workflow, 'Completed', 'True');
  }
}
