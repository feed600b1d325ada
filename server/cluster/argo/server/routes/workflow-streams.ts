import type { Json, JsonObject } from '../../../../lib/json.ts';
import { workflowLogs } from '../logs.ts';
import { EVENTS, LIST_OPTIONS, WORKFLOWS, flag, message, text, type Call, type Route } from '../route.ts';
import { Code, toStatus } from '../status.ts';
import { fromKube, nameOf } from '../structs.ts';
import { watching } from '../watching.ts';
import { getOwnWorkflow, getWorkflow } from '../workflow-access.ts';
import { OWN_SELECTOR } from '../workflow-list.ts';
import { coreEvent } from '../core-event.ts';

const SERVICE = 'workflow.WorkflowService';

function optional(name: 'labelSelector' | 'fieldSelector' | 'resourceVersion', value: string): object {
  return value === '' ? {} : { [name]: value };
}

// After argo-workflows v3.7.6 server/workflow/workflow_server.go
async function* watchWorkflows(call: Call): AsyncGenerator<Json> {
  const options = message(call.request, 'listOptions');
  const namespace = text(call.request, 'namespace');
  let fieldSelector = text(options, 'fieldSelector');
  try {
    const name = /^metadata\.name=(.*)$/.exec(fieldSelector)?.[1];
    // Argo looks the workflow up by whatever name is asked for, so a missing one is an error, not silence.
    if (name !== undefined) fieldSelector = `metadata.name=${nameOf(await getWorkflow(call, namespace, name))}`;
    const labels = text(options, 'labelSelector');
    const watch = watching(
      call.kube,
      WORKFLOWS,
      {
        ...(namespace === '' ? {} : { namespace }),
        labelSelector: labels === '' ? OWN_SELECTOR : `${labels},${OWN_SELECTOR}`,
        ...optional('fieldSelector', fieldSelector),
        ...optional('resourceVersion', text(options, 'resourceVersion')),
      },
      call.signal,
    );
    for await (const event of watch) yield { type: event.type, object: fromKube('Workflow', event.object) };
  } catch (error) {
    throw toStatus(error, Code.Internal);
  }
}

async function* watchEvents(call: Call): AsyncGenerator<Json> {
  const options = message(call.request, 'listOptions');
  const namespace = text(call.request, 'namespace');
  try {
    const watch = watching(
      call.kube,
      EVENTS,
      {
        ...(namespace === '' ? {} : { namespace }),
        ...optional('labelSelector', text(options, 'labelSelector')),
        ...optional('fieldSelector', text(options, 'fieldSelector')),
        ...optional('resourceVersion', text(options, 'resourceVersion')),
      },
      call.signal,
    );
    for await (const event of watch) if (event.type !== 'DELETED') yield coreEvent(event.object);
  } catch (error) {
    throw toStatus(error, Code.Internal);
  }
}

async function* logs(call: Call): AsyncGenerator<Json> {
  const { request } = call;
  const namespace = text(request, 'namespace');
  const workflow = await getOwnWorkflow(call, namespace, text(request, 'name'));
  const options: JsonObject = message(request, 'logOptions') ?? {};
  try {
    for await (const entry of workflowLogs(call.kube, call.context, {
      namespace,
      workflow: nameOf(workflow),
      podName: text(request, 'podName'),
      grep: text(request, 'grep'),
      selector: text(request, 'selector'),
      container: text(options, 'container'),
      follow: flag(options, 'follow'),
      previous: flag(options, 'previous'),
      timestamps: flag(options, 'timestamps'),
      tailLines: numberOf(options, 'tailLines'),
      sinceSeconds: numberOf(options, 'sinceSeconds'),
      sinceTime: sinceTimeOf(options),
      limitBytes: numberOf(options, 'limitBytes'),
    }, call.signal)) {
      yield { ...entry };
    }
  } catch (error) {
    throw toStatus(error, Code.Internal);
  }
}

function numberOf(options: JsonObject, name: string): number | undefined {
  const value = text(options, name);
  return /^-?\d+$/.test(value) ? Number(value) : undefined;
}

/** protobuf's Timestamp in a query is `sinceTime.seconds`; in a body, RFC 3339. */
function sinceTimeOf(options: JsonObject): string | undefined {
  const seconds = numberOf(message(options, 'sinceTime') ?? {}, 'seconds');
  if (seconds !== undefined) return new Date(seconds * 1000).toISOString();
  const value = text(options, 'sinceTime');
  return value === '' ? undefined : value;
}

const LOG_QUERY = ['grep', 'selector', ...['container', 'follow', 'previous', 'sinceSeconds', 'sinceTime.seconds', 'timestamps', 'tailLines', 'limitBytes'].map((name) => `logOptions.${name}`)];

export const workflowStreamRoutes: readonly Route[] = [
  { method: 'GET', path: '/api/v1/workflow-events/{namespace}', service: SERVICE, rpc: 'WatchWorkflows', query: [...LIST_OPTIONS, 'fields'], answer: 'WorkflowWatchEvent', stream: watchWorkflows },
  { method: 'GET', path: '/api/v1/stream/events/{namespace}', service: SERVICE, rpc: 'WatchEvents', query: [...LIST_OPTIONS], answer: 'Event', stream: watchEvents },
  { method: 'GET', path: '/api/v1/workflows/{namespace}/{name}/log', service: SERVICE, rpc: 'WorkflowLogs', query: ['podName', ...LOG_QUERY], answer: 'LogEntry', stream: logs },
  { method: 'GET', path: '/api/v1/workflows/{namespace}/{name}/{podName}/log', service: SERVICE, rpc: 'PodLogs', query: LOG_QUERY, answer: 'LogEntry', stream: logs },
];
