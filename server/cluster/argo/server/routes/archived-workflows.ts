import type { Json, JsonObject } from '../../../../lib/json.ts';
import { parseLabelSelector } from '../../../store/selectors.ts';
import { formulateResubmit } from '../actions/resubmit.ts';
import { formulateRetry } from '../actions/retry.ts';
import { archivedWorkflow, archiveFilter, need } from '../archive-access.ts';
import { listFilter } from '../list-filter.ts';
import { LIST_OPTIONS, PODS, WORKFLOWS, flag, message, text, texts, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, toStatus, withStatus } from '../status.ts';
import { fromKube, metadataOf, nameOf, toKube } from '../structs.ts';
import { templatesOf, validateWorkflow } from '../validation.ts';
import { labelCreator, mayI } from '../workflow-access.ts';
import { compareWorkflows, intOf } from '../workflow-list.ts';

// After argo-workflows v3.7.6 server/workflowarchive/archived_workflow_server.go

const SERVICE = 'workflowarchive.ArchivedWorkflowService';
const BASE = '/api/v1/archived-workflows';

async function list(call: Call): Promise<Json> {
  const { request, context } = call;
  const filter = listFilter(request);
  const allowed = await withStatus(Code.Internal, () => mayI(call.kube, 'list', 'workflows', filter.namespace));
  if (!allowed) {
    throw new GrpcStatus(Code.PermissionDenied, `Permission denied, you are not allowed to list workflows in namespace ${JSON.stringify(filter.namespace)}. Maybe you want to specify a namespace with query parameter \`.namespace=${filter.namespace}\`?`);
  }
  const options = message(request, 'listOptions');
  const [limit, offset] = [intOf(text(options, 'limit'), 'limit'), intOf(text(options, 'continue'), 'continue')];
  const all = context.archive?.list(archiveFilter(request, filter)) ?? [];
  const items = all.slice(offset, limit === 0 ? undefined : offset + limit).sort(compareWorkflows);
  const left = all.length - offset - items.length;
  const metadata: JsonObject = {};
  if (limit > 0 && left > 0) metadata['continue'] = String(offset + limit);
  if (limit > 0 && filter.showRemaining) metadata['remainingItemCount'] = Math.max(0, left);
  return { metadata, items: items.length === 0 ? null : items.map((workflow) => fromKube('Workflow', toKube('Workflow', workflow))) };
}

const byUid = (call: Call): Promise<JsonObject> => archivedWorkflow(call, { uid: text(call.request, 'uid'), namespace: text(call.request, 'namespace'), name: text(call.request, 'name') });

async function remove(call: Call): Promise<Json> {
  const workflow = await byUid(call);
  await need(call, 'delete', workflow);
  call.context.archive?.delete(text(call.request, 'uid'));
  return {};
}

async function labelKeys({ context }: Call): Promise<Json> {
  const items = context.archive?.labelKeys() ?? [];
  return items.length === 0 ? {} : { items };
}

async function labelValues({ context, request }: Call): Promise<Json> {
  if (context.archive === undefined) return {};
  let requirements;
  try {
    requirements = parseLabelSelector(text(message(request, 'listOptions'), 'labelSelector'));
  } catch (error) {
    throw new GrpcStatus(Code.InvalidArgument, toStatus(error).message);
  }
  const [one] = requirements;
  if (one === undefined || requirements.length !== 1) throw new GrpcStatus(Code.InvalidArgument, `only allow 1 labelRequirement, found ${requirements.length}`);
  if (one.operator !== 'exists') throw new GrpcStatus(Code.InvalidArgument, `operation ${one.operator} is not supported`);
  const items = context.archive.labelValues(one.key);
  return items.length === 0 ? {} : { items };
}

async function resubmit(call: Call): Promise<Json> {
  const { request, context } = call;
  const namespace = text(request, 'namespace');
  const given = await byUid(call);
  return withStatus(Code.Internal, async () => {
    const made = formulateResubmit(given, flag(request, 'memoized'), texts(request, 'parameters'), context.ids, context.clock.now());
    metadataOf(made)['namespace'] = namespace;
    labelCreator(call, made);
    await validateWorkflow(templatesOf(context.own), namespace, made);
    return fromKube('Workflow', await call.kube.create(WORKFLOWS, namespace, toKube('Workflow', made)));
  });
}

/** Puts the workflow back as it was, with its failed parts to run again. */
async function retry(call: Call): Promise<Json> {
  const { request, context } = call;
  const namespace = text(request, 'namespace');
  const given = await byUid(call);
  if ((await withStatus(Code.Internal, () => call.kube.find(WORKFLOWS, namespace, nameOf(given)))) !== undefined) throw new GrpcStatus(Code.AlreadyExists, 'Workflow already exists on cluster, use argo retry {name} instead');
  return withStatus(Code.Internal, async () => {
    const { workflow, podsToDelete } = formulateRetry(given, { restartSuccessful: flag(request, 'restartSuccessful'), nodeFieldSelector: text(request, 'nodeFieldSelector'), parameters: texts(request, 'parameters') }, context.clock.now());
    for (const pod of podsToDelete) {
      context.log('info', 'Deleting pod', { podDeleted: pod });
      if ((await call.kube.find(PODS, namespace, pod)) !== undefined) await call.kube.delete(PODS, namespace, pod, {});
    }
    const metadata = metadataOf(workflow);
    delete metadata['uid'];
    delete metadata['resourceVersion'];
    return fromKube('Workflow', await call.kube.create(WORKFLOWS, namespace, toKube('Workflow', workflow)));
  });
}

export const archivedWorkflowRoutes: readonly Route[] = [
  { method: 'GET', path: BASE, service: SERVICE, rpc: 'ListArchivedWorkflows', query: [...LIST_OPTIONS, 'namePrefix', 'namespace', 'nameFilter'], answer: 'WorkflowList', unary: list },
  { method: 'GET', path: '/api/v1/archived-workflows-label-keys', service: SERVICE, rpc: 'ListArchivedWorkflowLabelKeys', query: ['namespace'], unary: labelKeys },
  { method: 'GET', path: '/api/v1/archived-workflows-label-values', service: SERVICE, rpc: 'ListArchivedWorkflowLabelValues', query: [...LIST_OPTIONS, 'namespace'], unary: labelValues },
  { method: 'GET', path: `${BASE}/{uid}`, service: SERVICE, rpc: 'GetArchivedWorkflow', query: ['namespace', 'name'], answer: 'Workflow', unary: byUid },
  { method: 'DELETE', path: `${BASE}/{uid}`, service: SERVICE, rpc: 'DeleteArchivedWorkflow', query: ['namespace'], unary: remove },
  { method: 'PUT', path: `${BASE}/{uid}/resubmit`, service: SERVICE, rpc: 'ResubmitArchivedWorkflow', body: '*', message: 'workflowarchive.ResubmitArchivedWorkflowRequest', answer: 'Workflow', unary: resubmit },
  { method: 'PUT', path: `${BASE}/{uid}/retry`, service: SERVICE, rpc: 'RetryArchivedWorkflow', body: '*', message: 'workflowarchive.RetryArchivedWorkflowRequest', answer: 'Workflow', unary: retry },
];
