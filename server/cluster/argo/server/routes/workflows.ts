import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { encodeMessage } from '../../../api/protobuf/encode.ts';
import '../grpc/codec.ts';
import { formulateResubmit } from '../actions/resubmit.ts';
import { formulateRetry } from '../actions/retry.ts';
import { isCompleted, phaseOf } from '../actions/shared.ts';
import { applySubmitOptions, workflowFromCron, workflowFromTemplate } from '../actions/submit.ts';
import { resumeAll, setSuspendNodes } from '../actions/suspend-nodes.ts';
import { userText } from '../auth.ts';
import { unmarshal } from '../../types/go-json.ts';
import { CRON_WORKFLOWS, LIST_OPTIONS, PODS, WORKFLOWS, flag, message, text, texts, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, toStatus, withStatus } from '../status.ts';
import { copy, dig, fromKube, mapOf, metadataOf, nameOf, toKube } from '../structs.ts';
import { templatesOf, validateWorkflow } from '../validation.ts';
import { actorLabels, getOwnWorkflow, getWorkflow, labelCreator, checkInstance, mayI, updateWorkflow } from '../workflow-access.ts';
import { applyFields, isDryRun, listWorkflows } from '../workflow-list.ts';

// After argo-workflows v3.7.6 server/workflow/workflow_server.go

const SERVICE = 'workflow.WorkflowService';
const object = { field: 'workflow', kind: 'Workflow' };

async function createInKube(call: Call, workflow: JsonObject, serverDryRun: boolean): Promise<JsonObject> {
  try {
    const namespace = text(call.request, 'namespace');
    return fromKube('Workflow', await call.kube.create(WORKFLOWS, namespace, toKube('Workflow', workflow), serverDryRun ? { dryRun: true } : {}));
  } catch (error) {
    const status = toStatus(error, Code.Internal);
    if (!serverDryRun) call.context.log('error', 'Create request failed', { error: status.message });
    throw status;
  }
}

async function create(call: Call): Promise<Json> {
  const given = message(call.request, 'workflow');
  if (given === undefined) throw new GrpcStatus(Code.InvalidArgument, 'workflow body not specified');
  const workflow = copy(given);
  const namespace = text(call.request, 'namespace');
  const metadata = metadataOf(workflow);
  if (text(metadata, 'namespace') === '') metadata['namespace'] = namespace;
  labelCreator(call, workflow);
  await withStatus(Code.InvalidArgument, () => validateWorkflow(templatesOf(call.context.own), text(metadata, 'namespace'), workflow));
  if (isDryRun(call.request)) return applyFields('Workflow', normalWorkflow(workflow), '');
  return createInKube(call, workflow, flag(call.request, 'serverDryRun'));
}

function normalWorkflow(workflow: JsonObject): JsonObject {
  const kept = { kind: workflow['kind'], apiVersion: workflow['apiVersion'] };
  const normal = fromKube('Workflow', toKube('Workflow', workflow));
  return { ...(typeof kept.kind === 'string' ? { kind: kept.kind } : {}), ...(typeof kept.apiVersion === 'string' ? { apiVersion: kept.apiVersion } : {}), ...normal };
}

async function lint(call: Call): Promise<Json> {
  const given = message(call.request, 'workflow');
  if (given === undefined) throw new GrpcStatus(Code.Unknown, 'unable to get a workflow');
  const workflow = copy(given);
  labelCreator(call, workflow);
  try {
    await validateWorkflow(templatesOf(call.context.own), text(call.request, 'namespace'), workflow, { lint: true });
  } catch (error) {
    // Argo hands the bare error on here, whatever it is.
    throw new GrpcStatus(Code.Unknown, toStatus(error).message);
  }
  return normalWorkflow(workflow);
}

const TEMPLATE_KINDS = new Set(['WorkflowTemplate', 'workflowtemplate', 'workflowtemplates', 'wftmpl']);
const CLUSTER_TEMPLATE_KINDS = new Set(['ClusterWorkflowTemplate', 'clusterworkflowtemplate', 'clusterworkflowtemplates', 'cwftmpl', 'cwft']);
const CRON_KINDS = new Set(['CronWorkflow', 'cronworkflow', 'cronworkflows', 'cronwf', 'cwf']);

async function submit(call: Call): Promise<Json> {
  const { context, request } = call;
  const namespace = text(request, 'namespace');
  const kind = text(request, 'resourceKind');
  const name = text(request, 'resourceName');
  const templates = templatesOf(context.own);
  const workflow = await withStatus(Code.Internal, async () => {
    if (CRON_KINDS.has(kind)) return workflowFromCron(fromKube('CronWorkflow', await call.kube.get(CRON_WORKFLOWS, namespace, name)), context.clock.now());
    if (TEMPLATE_KINDS.has(kind)) return workflowFromTemplate(nameOf(await templates.workflowTemplate(namespace, name)), false);
    if (CLUSTER_TEMPLATE_KINDS.has(kind)) return workflowFromTemplate(nameOf(await templates.clusterWorkflowTemplate(name)), true);
    throw new GrpcStatus(Code.InvalidArgument, `Resource kind '${kind}' is not supported for submitting`);
  });
  labelCreator(call, workflow);
  const options = message(request, 'submitOptions');
  await withStatus(Code.Internal, () => applySubmitOptions(workflow, options));
  await withStatus(Code.InvalidArgument, () => validateWorkflow(templates, namespace, workflow, { submit: true }));
  if (flag(options, 'dryRun')) return normalWorkflow(workflow);
  metadataOf(workflow)['namespace'] = namespace;
  return createInKube(call, workflow, flag(options, 'serverDryRun'));
}

/** The workflow that a verb names; checked to be this server's. */
const named = (call: Call) => getOwnWorkflow(call, text(call.request, 'namespace'), text(call.request, 'name'));

async function get(call: Call): Promise<Json> {
  const workflow = await named(call);
  return applyFields('Workflow', workflow, text(call.request, 'fields'));
}

async function list(call: Call): Promise<Json> {
  const namespace = text(call.request, 'namespace');
  const allowed = await withStatus(Code.Internal, () => mayI(call.kube, 'list', 'workflows', namespace));
  if (!allowed) {
    throw new GrpcStatus(Code.PermissionDenied, `Permission denied, you are not allowed to list workflows in namespace ${JSON.stringify(namespace)}. Maybe you want to specify a namespace with query parameter \`.namespace=${namespace}\`?`);
  }
  return withStatus(Code.Internal, () => listWorkflows(call.context, call.request));
}

async function remove(call: Call): Promise<Json> {
  const namespace = text(call.request, 'namespace');
  const name = nameOf(await named(call));
  return withStatus(Code.Internal, async () => {
    if (flag(call.request, 'force')) await call.kube.patch(WORKFLOWS, namespace, name, { type: 'merge', body: { metadata: { finalizers: null } } });
    await call.kube.delete(WORKFLOWS, namespace, name, { propagationPolicy: 'Background' });
    return {};
  });
}

/** Changes a workflow and writes it back, labelled with who did it. */
async function change(call: Call, action: string | undefined, edit: (workflow: JsonObject) => void): Promise<JsonObject> {
  const workflow = copy(await named(call));
  return withStatus(Code.Internal, async () => {
    edit(workflow);
    Object.assign(mapOf(workflow, 'labels'), actorLabels(call, action));
    if (action !== 'Suspend') noteSize(call, workflow);
    return updateWorkflow(call.kube, workflow);
  });
}

/** Argo says so each time it writes a workflow with its nodes. After argo-workflows v3.7.6 workflow/hydrator/hydrator.go */
function noteSize(call: Call, workflow: JsonObject): void {
  call.context.log('info', 'Workflow to be dehydrated', { 'Workflow Size': String(encodeMessage('argo.Workflow', workflow).length) });
}

async function suspend(call: Call): Promise<Json> {
  return change(call, 'Suspend', (workflow) => {
    if (isCompleted(workflow)) throw new Error('cannot suspend completed workflows');
    dig(workflow, 'spec')['suspend'] = true;
  });
}

async function resume(call: Call): Promise<Json> {
  const selector = text(call.request, 'nodeFieldSelector');
  const by = userText(call.claims);
  const now = call.context.clock.now();
  return change(call, 'Resume', (workflow) => {
    if (selector === '') resumeAll(workflow, by, now);
    else setSuspendNodes(workflow, selector, { phase: 'Succeeded', ...(by === undefined ? {} : { message: `Resumed by: ${by}` }) }, now);
  });
}

/** Stops or terminates all of a workflow. */
async function shutDown(call: Call, action: 'Stop' | 'Terminate'): Promise<Json> {
  const workflow = await named(call);
  const namespace = text(call.request, 'namespace');
  const name = nameOf(workflow);
  return withStatus(Code.Internal, async () => {
    if (['Succeeded', 'Failed', 'Error'].includes(phaseOf(workflow))) throw new Error(`cannot shutdown a completed workflow: workflow: ${JSON.stringify(name)}, namespace: ${JSON.stringify(namespace)}`);
    const patch = { spec: { shutdown: action }, metadata: { labels: actorLabels(call, action) } };
    return fromKube('Workflow', await call.kube.patch(WORKFLOWS, namespace, name, { type: 'merge', body: patch }));
  });
}

async function stop(call: Call): Promise<Json> {
  const selector = text(call.request, 'nodeFieldSelector');
  if (selector === '') return shutDown(call, 'Stop');
  const values = { phase: 'Failed', message: text(call.request, 'message') };
  return change(call, 'Stop', (workflow) => setSuspendNodes(workflow, selector, values, call.context.clock.now()));
}

async function set(call: Call): Promise<Json> {
  const { request } = call;
  await named(call);
  const phase = text(request, 'phase');
  if (!['', 'Succeeded', 'Failed', 'Error'].includes(phase)) throw new GrpcStatus(Code.InvalidArgument, `${phase} is an invalid phase to set to`);
  const outputs: Record<string, string> = {};
  const given = text(request, 'outputParameters');
  if (given !== '') {
    try {
      const parsed = unmarshal(given);
      if (isJsonObject(parsed)) for (const [key, value] of Object.entries(parsed)) outputs[key] = typeof value === 'string' ? value : JSON.stringify(value);
    } catch (error) {
      throw new GrpcStatus(Code.InvalidArgument, `unable to parse output parameter set request: ${toStatus(error).message}`);
    }
  }
  const selector = text(request, 'nodeFieldSelector');
  return change(call, undefined, (workflow) => {
    if (selector === '') throw new Error(`'set' currently only targets suspend nodes, use a node field selector to target them`);
    setSuspendNodes(workflow, selector, { phase, message: text(request, 'message'), outputs }, call.context.clock.now());
  });
}

function isResubmitted(workflow: JsonObject): boolean {
  return message(message(workflow, 'metadata'), 'labels')?.['workflows.argoproj.io/resubmitted-from-workflow'] !== undefined;
}

/** Also behind `archived-workflows/{uid}/retry`. */
async function retry(call: Call): Promise<Json> {
  const { request } = call;
  const namespace = text(request, 'namespace');
  const given = await named(call);
  return withStatus(Code.Internal, async () => {
    if (texts(request, 'parameters').length > 0 && isResubmitted(given)) call.context.log('warning', 'Overriding parameters on resubmitted workflows may have unexpected results');
    const made = formulateRetry(given, { restartSuccessful: flag(request, 'restartSuccessful'), nodeFieldSelector: text(request, 'nodeFieldSelector'), parameters: texts(request, 'parameters') }, call.context.clock.now());
    await Promise.all(
      made.podsToDelete.map(async (pod) => {
        call.context.log('info', 'Deleting pod', { podDeleted: pod });
        if ((await call.kube.find(PODS, namespace, pod)) !== undefined) await call.kube.delete(PODS, namespace, pod, { propagationPolicy: 'Background' });
      }),
    );
    noteSize(call, made.workflow);
    return updateWorkflow(call.kube, made.workflow);
  });
}

async function resubmit(call: Call): Promise<Json> {
  const { request, context } = call;
  const namespace = text(request, 'namespace');
  const given = await getWorkflow(call, namespace, text(request, 'name'));
  await withStatus(Code.InvalidArgument, () => checkInstance(given));
  return withStatus(Code.Internal, async () => {
    if (texts(request, 'parameters').length > 0 && (flag(request, 'memoized') || isResubmitted(given))) call.context.log('warning', 'Overriding parameters on memoized or resubmitted workflows may have unexpected results');
    const made = formulateResubmit(given, flag(request, 'memoized'), texts(request, 'parameters'), context.ids, context.clock.now());
    metadataOf(made)['namespace'] = namespace;
    labelCreator(call, made);
    await validateWorkflow(templatesOf(context.own), namespace, made);
    return fromKube('Workflow', await call.kube.create(WORKFLOWS, namespace, toKube('Workflow', made)));
  });
}

const verb = (name: string, rpc: string, messageName: string, unary: (call: Call) => Promise<Json>): Route => ({
  method: 'PUT',
  path: `/api/v1/workflows/{namespace}/{name}/${name}`,
  service: SERVICE,
  rpc,
  body: '*',
  message: `workflow.${messageName}`,
  answer: 'Workflow',
  unary,
});

export const workflowRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/v1/workflows/{namespace}', service: SERVICE, rpc: 'CreateWorkflow', body: '*', message: 'workflow.WorkflowCreateRequest', object, answer: 'Workflow', unary: create },
  { method: 'GET', path: '/api/v1/workflows/{namespace}', service: SERVICE, rpc: 'ListWorkflows', query: [...LIST_OPTIONS, 'fields', 'nameFilter', 'createdAfter', 'finishedBefore'], answer: 'WorkflowList', unary: list },
  { method: 'POST', path: '/api/v1/workflows/{namespace}/lint', service: SERVICE, rpc: 'LintWorkflow', body: '*', message: 'workflow.WorkflowLintRequest', object, answer: 'Workflow', unary: lint },
  { method: 'POST', path: '/api/v1/workflows/{namespace}/submit', service: SERVICE, rpc: 'SubmitWorkflow', body: '*', message: 'workflow.WorkflowSubmitRequest', answer: 'Workflow', unary: submit },
  { method: 'GET', path: '/api/v1/workflows/{namespace}/{name}', service: SERVICE, rpc: 'GetWorkflow', query: ['getOptions.resourceVersion', 'fields'], answer: 'Workflow', unary: get },
  { method: 'DELETE', path: '/api/v1/workflows/{namespace}/{name}', service: SERVICE, rpc: 'DeleteWorkflow', query: ['deleteOptions.gracePeriodSeconds', 'deleteOptions.propagationPolicy', 'deleteOptions.dryRun', 'force'], unary: remove },
  verb('resubmit', 'ResubmitWorkflow', 'WorkflowResubmitRequest', resubmit),
  verb('resume', 'ResumeWorkflow', 'WorkflowResumeRequest', resume),
  verb('retry', 'RetryWorkflow', 'WorkflowRetryRequest', retry),
  verb('set', 'SetWorkflow', 'WorkflowSetRequest', set),
  verb('stop', 'StopWorkflow', 'WorkflowStopRequest', stop),
  verb('suspend', 'SuspendWorkflow', 'WorkflowSuspendRequest', suspend),
  verb('terminate', 'TerminateWorkflow', 'WorkflowTerminateRequest', (call) => shutDown(call, 'Terminate')),
];
