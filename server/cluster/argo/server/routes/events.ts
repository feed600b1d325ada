import type { Json } from '../../../../lib/json.ts';
import { dispatchEvent } from '../../events/dispatch.ts';
import { EVENT_BINDINGS, LIST_OPTIONS, message, text, type Call, type Route } from '../route.ts';
import { Code, withStatus } from '../status.ts';
import { listOf } from '../structs.ts';
import { OWN_SELECTOR } from '../workflow-list.ts';

// After argo-workflows v3.7.6 server/event/event_server.go

const SERVICE = 'event.EventService';

/** The `x-` headers of a request, as the gateway hands them on. */
function metadataOf(call: Call): Record<string, string[]> {
  const metadata: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (name.startsWith('x-') && value !== undefined) metadata[name] = Array.isArray(value) ? value : [value];
  }
  return metadata;
}

async function receive(call: Call): Promise<Json> {
  const namespace = text(call.request, 'namespace');
  return withStatus(Code.Internal, async () => {
    const bindings = await call.kube.list(EVENT_BINDINGS, { namespace, labelSelector: OWN_SELECTOR });
    await dispatchEvent(call, bindings.items, { namespace, discriminator: text(call.request, 'discriminator'), metadata: metadataOf(call), payload: call.request['payload'] ?? null });
    return {};
  });
}

async function list(call: Call): Promise<Json> {
  const options = message(call.request, 'listOptions');
  const labels = text(options, 'labelSelector');
  const namespace = text(call.request, 'namespace');
  return withStatus(Code.Internal, async () =>
    listOf(
      'WorkflowEventBinding',
      await call.kube.list(EVENT_BINDINGS, { ...(namespace === '' ? {} : { namespace }), labelSelector: labels === '' ? OWN_SELECTOR : `${labels},${OWN_SELECTOR}` }),
    ),
  );
}

export const eventRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/v1/events/{namespace}/{discriminator}', service: SERVICE, rpc: 'ReceiveEvent', body: 'payload', message: 'event.EventRequest', unary: receive },
  { method: 'GET', path: '/api/v1/workflow-event-bindings/{namespace}', service: SERVICE, rpc: 'ListWorkflowEventBindings', query: [...LIST_OPTIONS], answer: 'WorkflowEventBindingList', unary: list },
];
