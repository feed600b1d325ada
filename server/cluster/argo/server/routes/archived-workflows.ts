import type { Json } from '../../../../lib/json.ts';
import { LIST_OPTIONS, message, text, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, withStatus } from '../status.ts';
import { mayI } from '../workflow-access.ts';

// The archive is off: what Argo answers then. After argo-workflows v3.7.6 server/workflowarchive

const SERVICE = 'workflowarchive.ArchivedWorkflowService';
const BASE = '/api/v1/archived-workflows';

const unsupported = async (): Promise<Json> => {
  throw new GrpcStatus(Code.Internal, 'getting archived workflows not supported');
};

async function list(call: Call): Promise<Json> {
  const selector = text(message(call.request, 'listOptions'), 'fieldSelector');
  const namespace = text(call.request, 'namespace') || (/(?:^|,)metadata\.namespace=([^,]*)/.exec(selector)?.[1] ?? '');
  const allowed = await withStatus(Code.Internal, () => mayI(call.kube, 'list', 'workflows', namespace));
  if (!allowed) {
    throw new GrpcStatus(Code.PermissionDenied, `Permission denied, you are not allowed to list workflows in namespace ${JSON.stringify(namespace)}. Maybe you want to specify a namespace with query parameter \`.namespace=${namespace}\`?`);
  }
  return { metadata: {}, items: null };
}

export const archivedWorkflowRoutes: readonly Route[] = [
  { method: 'GET', path: BASE, service: SERVICE, rpc: 'ListArchivedWorkflows', query: [...LIST_OPTIONS, 'namePrefix', 'namespace', 'nameFilter'], answer: 'WorkflowList', unary: list },
  { method: 'GET', path: '/api/v1/archived-workflows-label-keys', service: SERVICE, rpc: 'ListArchivedWorkflowLabelKeys', query: ['namespace'], unary: async () => ({}) },
  { method: 'GET', path: '/api/v1/archived-workflows-label-values', service: SERVICE, rpc: 'ListArchivedWorkflowLabelValues', query: [...LIST_OPTIONS, 'namespace'], unary: async () => ({}) },
  { method: 'GET', path: `${BASE}/{uid}`, service: SERVICE, rpc: 'GetArchivedWorkflow', query: ['namespace', 'name'], answer: 'Workflow', unary: unsupported },
  { method: 'DELETE', path: `${BASE}/{uid}`, service: SERVICE, rpc: 'DeleteArchivedWorkflow', query: ['namespace'], unary: unsupported },
  { method: 'PUT', path: `${BASE}/{uid}/resubmit`, service: SERVICE, rpc: 'ResubmitArchivedWorkflow', body: '*', message: 'workflowarchive.ResubmitArchivedWorkflowRequest', answer: 'Workflow', unary: unsupported },
  { method: 'PUT', path: `${BASE}/{uid}/retry`, service: SERVICE, rpc: 'RetryArchivedWorkflow', body: '*', message: 'workflowarchive.RetryArchivedWorkflowRequest', answer: 'Workflow', unary: unsupported },
];
