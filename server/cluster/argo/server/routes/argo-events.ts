import { isJsonObject, type Json } from '../../../../lib/json.ts';
import type { ResourceType } from '../../../client.ts';
import type { KubeObject } from '../../../store/object.ts';
import { LIST_OPTIONS, message, text, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, toStatus, withStatus } from '../status.ts';
import { watching } from '../watching.ts';

// EventSources and Sensors belong to Argo Events: handed through as they are, when their types are installed.
// After argo-workflows v3.7.6 server/eventsource and server/sensor

interface Flavour {
  type: ResourceType;
  kind: 'EventSource' | 'Sensor';
  field: string;
  service: string;
  part: string;
}

const FLAVOURS: readonly Flavour[] = [
  { type: { group: 'argoproj.io', version: 'v1alpha1', resource: 'eventsources' }, kind: 'EventSource', field: 'eventSource', service: 'eventsource.EventSourceService', part: 'event-sources' },
  { type: { group: 'argoproj.io', version: 'v1alpha1', resource: 'sensors' }, kind: 'Sensor', field: 'sensor', service: 'sensor.SensorService', part: 'sensors' },
];

/** An object as JSON, without what a typed client drops. */
function plain(object: KubeObject): Json {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return JSON.parse(JSON.stringify(rest)) as Json;
}

const namespaceOf = (call: Call) => text(call.request, 'namespace');

/** A type that is not there gets the client library's words, which name what was asked. */
async function explained<T>(flavour: Flavour, verb: string, name: string, work: () => Promise<T>): Promise<T> {
  return withStatus(Code.Internal, async () => {
    try {
      return await work();
    } catch (error) {
      throw absent(flavour, verb, name, error);
    }
  });
}

function absent(flavour: Flavour, verb: string, name: string, error: unknown): unknown {
  const status = toStatus(error);
  const unknownType = status.code === Code.NotFound && (status.message === '404 page not found' || status.message.startsWith('the server could not find the requested resource'));
  return unknownType ? new GrpcStatus(Code.NotFound, `the server could not find the requested resource (${verb} ${flavour.type.resource}.argoproj.io${name === '' ? '' : ` ${name}`})`) : error;
}

function routes(flavour: Flavour): Route[] {
  const { type, kind, field, service, part } = flavour;
  const base = `/api/v1/${part}/{namespace}`;
  const object = { field, kind };
  const body = (call: Call): KubeObject => {
    const given = message(call.request, field);
    if (given === undefined) throw new GrpcStatus(Code.InvalidArgument, `${kind} is not found in Request body`);
    const metadata = given['metadata'];
    return { ...given, kind, apiVersion: 'argoproj.io/v1alpha1', metadata: { name: '', ...(isJsonObject(metadata) ? metadata : {}) } };
  };
  async function* watch(call: Call): AsyncGenerator<Json> {
    const options = message(call.request, 'listOptions');
    const fieldSelector = text(options, 'fieldSelector');
    try {
      const events = watching(call.kube, type, { namespace: namespaceOf(call), ...(fieldSelector === '' ? {} : { fieldSelector }) }, call.signal);
      for await (const event of events) yield { type: event.type, object: plain(event.object) };
    } catch (error) {
      throw toStatus(absent(flavour, 'get', '', error), Code.Internal);
    }
  }
  return [
    { method: 'GET', path: base, service, rpc: `List${kind}s`, query: [...LIST_OPTIONS], unary: (call) => explained(flavour, 'get', '', async () => {
      const list = await call.kube.list(type, { namespace: namespaceOf(call) });
      return { metadata: { resourceVersion: list.metadata.resourceVersion }, items: list.items.map(plain) };
    }) },
    { method: 'POST', path: base, service, rpc: `Create${kind}`, body: '*', object, unary: (call) => explained(flavour, 'post', '', async () => plain(await call.kube.create(type, namespaceOf(call), body(call)))) },
    { method: 'GET', path: `${base}/{name}`, service, rpc: `Get${kind}`, unary: (call) => explained(flavour, 'get', text(call.request, 'name'), async () => plain(await call.kube.get(type, namespaceOf(call), text(call.request, 'name')))) },
    { method: 'PUT', path: `${base}/{name}`, service, rpc: `Update${kind}`, body: '*', object, unary: (call) => explained(flavour, 'put', text(call.request, 'name'), async () => plain(await call.kube.update(type, body(call)))) },
    { method: 'DELETE', path: `${base}/{name}`, service, rpc: `Delete${kind}`, unary: (call) => explained(flavour, 'delete', text(call.request, 'name'), async () => {
      await call.kube.delete(type, namespaceOf(call), text(call.request, 'name'));
      return {};
    }) },
    { method: 'GET', path: `/api/v1/stream/${part}/{namespace}`, service, rpc: `Watch${kind}s`, query: [...LIST_OPTIONS], stream: watch },
  ];
}

export const argoEventsRoutes: readonly Route[] = FLAVOURS.flatMap(routes);
