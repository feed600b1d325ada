import type { Json, JsonObject } from '../../../../lib/json.ts';
import { CRON_WORKFLOWS, LIST_OPTIONS, message, text, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, withStatus } from '../status.ts';
import { copy, fromKube, listOf, mapOf, toKube } from '../structs.ts';
import { templatesOf, validateCronWorkflow } from '../validation.ts';
import { actorLabels, checkInstance, labelCreator } from '../workflow-access.ts';
import { OWN_SELECTOR } from '../workflow-list.ts';

// After argo-workflows v3.7.6 server/cronworkflow/cron_workflow_server.go

const SERVICE = 'cronworkflow.CronWorkflowService';
const BASE = '/api/v1/cron-workflows/{namespace}';
const KIND = 'CronWorkflow';
const object = { field: 'cronWorkflow', kind: KIND };

function given(call: Call): JsonObject {
  const cron = message(call.request, 'cronWorkflow');
  // Argo says NotFound here, where the other resources say InvalidArgument.
  if (cron === undefined) throw new GrpcStatus(Code.NotFound, 'cron workflow was not found in the request body');
  return copy(cron);
}

const namespaceOf = (call: Call) => text(call.request, 'namespace');

const validate = (call: Call, cron: JsonObject) => withStatus(Code.InvalidArgument, () => validateCronWorkflow(templatesOf(call.context.own), namespaceOf(call), cron));

async function getChecked(call: Call): Promise<JsonObject> {
  const cron = await withStatus(Code.Internal, async () => fromKube(KIND, await call.kube.get(CRON_WORKFLOWS, namespaceOf(call), text(call.request, 'name'))));
  await withStatus(Code.Internal, () => checkInstance(cron));
  return cron;
}

async function create(call: Call): Promise<Json> {
  const cron = given(call);
  labelCreator(call, cron);
  await validate(call, cron);
  return withStatus(Code.Internal, async () => fromKube(KIND, await call.kube.create(CRON_WORKFLOWS, namespaceOf(call), toKube(KIND, cron))));
}

async function lint(call: Call): Promise<Json> {
  const cron = given(call);
  labelCreator(call, cron);
  await validate(call, cron);
  return fromKube(KIND, toKube(KIND, cron));
}

async function list(call: Call): Promise<Json> {
  const options = message(call.request, 'listOptions');
  const labels = text(options, 'labelSelector');
  const namespace = namespaceOf(call);
  const limit = Number(text(options, 'limit'));
  return withStatus(Code.Internal, async () =>
    listOf(
      KIND,
      await call.kube.list(CRON_WORKFLOWS, {
        ...(namespace === '' ? {} : { namespace }),
        labelSelector: labels === '' ? OWN_SELECTOR : `${labels},${OWN_SELECTOR}`,
        ...(limit > 0 ? { limit } : {}),
        ...(text(options, 'continue') === '' ? {} : { continue: text(options, 'continue') }),
      }),
    ),
  );
}

async function update(call: Call): Promise<Json> {
  const cron = given(call);
  await withStatus(Code.Internal, () => checkInstance(cron));
  Object.assign(mapOf(cron, 'labels'), actorLabels(call, 'Update'));
  await validate(call, cron);
  return withStatus(Code.Internal, async () => {
    const sent = toKube(KIND, cron);
    sent.metadata.namespace ??= namespaceOf(call);
    return fromKube(KIND, await call.kube.update(CRON_WORKFLOWS, sent));
  });
}

async function remove(call: Call): Promise<Json> {
  await getChecked(call);
  return withStatus(Code.Internal, async () => {
    await call.kube.delete(CRON_WORKFLOWS, namespaceOf(call), text(call.request, 'name'));
    return {};
  });
}

async function setSuspend(call: Call, suspend: boolean): Promise<Json> {
  const name = text(call.request, 'name');
  await getChecked(call);
  return withStatus(Code.Internal, async () => fromKube(KIND, await call.kube.patch(CRON_WORKFLOWS, namespaceOf(call), name, { type: 'merge', body: { spec: { suspend } } })));
}

export const cronWorkflowRoutes: readonly Route[] = [
  { method: 'POST', path: BASE, service: SERVICE, rpc: 'CreateCronWorkflow', body: '*', message: 'cronworkflow.CreateCronWorkflowRequest', object, answer: KIND, unary: create },
  { method: 'GET', path: BASE, service: SERVICE, rpc: 'ListCronWorkflows', query: [...LIST_OPTIONS], answer: `${KIND}List`, unary: list },
  { method: 'POST', path: `${BASE}/lint`, service: SERVICE, rpc: 'LintCronWorkflow', body: '*', message: 'cronworkflow.LintCronWorkflowRequest', object, answer: KIND, unary: lint },
  { method: 'GET', path: `${BASE}/{name}`, service: SERVICE, rpc: 'GetCronWorkflow', query: ['getOptions.resourceVersion'], answer: KIND, unary: getChecked },
  { method: 'PUT', path: `${BASE}/{name}`, service: SERVICE, rpc: 'UpdateCronWorkflow', body: '*', message: 'cronworkflow.UpdateCronWorkflowRequest', object, answer: KIND, unary: update },
  { method: 'DELETE', path: `${BASE}/{name}`, service: SERVICE, rpc: 'DeleteCronWorkflow', query: ['deleteOptions.propagationPolicy'], unary: remove },
  { method: 'PUT', path: `${BASE}/{name}/resume`, service: SERVICE, rpc: 'ResumeCronWorkflow', body: '*', message: 'cronworkflow.CronWorkflowResumeRequest', answer: KIND, unary: (call) => setSuspend(call, false) },
  { method: 'PUT', path: `${BASE}/{name}/suspend`, service: SERVICE, rpc: 'SuspendCronWorkflow', body: '*', message: 'cronworkflow.CronWorkflowSuspendRequest', answer: KIND, unary: (call) => setSuspend(call, true) },
];
