import type { ApiCore } from '../api/core.ts';
import { authorize } from '../api/core.ts';
import { notFound } from '../api/errors.ts';
import type { RequestContext } from '../api/hooks.ts';
import { asking, outsideOf } from '../api/outside.ts';
import type { Streams, StreamSubresource } from '../stream/index.ts';
import type { UpgradeCall } from '../http/api-server.ts';
import { targetOf, unknownPath } from '../http/resource-handler.ts';

const STREAMS: readonly string[] = ['exec', 'attach', 'portforward'] satisfies StreamSubresource[];

function isStream(name: string | undefined): name is StreamSubresource {
  return name !== undefined && STREAMS.includes(name);
}

/** Hands an upgraded connection to the streams of a pod. Throws ApiStatus 403, 404. */
export async function handleUpgrade(core: ApiCore, streams: Streams, { request, socket, head, user, info }: UpgradeCall): Promise<void> {
  const asked = info.resource;
  const pods = core.scheme.find({ group: '', version: 'v1', resource: 'pods' });
  if (asked === undefined || pods === undefined || asked.group !== '' || asked.resource !== 'pods' || asked.namespace === undefined || asked.name === undefined || !isStream(asked.subresource)) throw unknownPath(core, asked?.group);
  const context: RequestContext = { user, fieldManager: '', dryRun: false, fieldValidation: 'Ignore', warn: () => undefined };
  const { namespace, name, subresource } = asked;
  // A websocket is opened with GET: RBAC knows it as `get`, the older POST as `create`.
  authorize(core, context, request.method === 'POST' ? 'create' : 'get', targetOf(pods, asked));
  const pod = core.store.get(pods, namespace, name);
  if (pod === undefined) throw notFound(pods, name);
  await asking(core, context, (_core, asked) => core.hooks.admission.validate({ operation: 'CONNECT', user, resource: pods, subresource, namespace, name, dryRun: false, warn: () => undefined, ...outsideOf(asked) }));
  void streams.handleUpgrade(request, socket, head, pod, subresource, info.query);
}
