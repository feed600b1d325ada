import { rfc3339 } from '../../../../lib/clock.ts';
import { linesOf } from '../../../../lib/lines.ts';
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { PodLogOptions } from '../../../client.ts';
import type { KubeObject } from '../../../store/object.ts';
import { BoundedRegExp } from '../../../../lib/bounded-regexp.ts';
import { AsyncQueue } from '../queue.ts';
import { flag, message, PODS, text, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, toStatus } from '../status.ts';
import { watching } from '../watching.ts';

// What the pods of event sources and sensors log, line by line as entries.
// After argo-workflows v3.7.6 server/eventsource, server/sensor and util/logs/pods-logger.go

interface Logs {
  part: 'event-sources' | 'sensors';
  service: string;
  rpc: string;
  label: string;
  /** The fields of an entry that a line may give, and those by which one asks. */
  fields: readonly string[];
  filters: readonly string[];
}

const LOGS: readonly Logs[] = [
  { part: 'event-sources', service: 'eventsource.EventSourceService', rpc: 'EventSourcesLogs', label: 'eventsource-name', fields: ['eventSourceName', 'eventSourceType', 'eventName'], filters: ['eventSourceType', 'eventName'] },
  { part: 'sensors', service: 'sensor.SensorService', rpc: 'SensorsLogs', label: 'sensor-name', fields: ['sensorName', 'triggerName'], filters: ['triggerName'] },
];
const QUERY = ['name', 'grep', ...['container', 'follow', 'previous', 'sinceSeconds', 'sinceTime.seconds', 'timestamps', 'tailLines', 'limitBytes'].map((name) => `podLogOptions.${name}`)];

/** A line as an entry: what it says in JSON counts, else it is the message. Undefined where it is not asked for. */
function entryOf(logs: Logs, request: JsonObject, pod: KubeObject, line: string, now: number): JsonObject | undefined {
  const read = parseJson(line);
  const given = isJsonObject(read) ? read : undefined;
  const [own = ''] = logs.fields;
  const entry: JsonObject = { namespace: pod.metadata.namespace ?? '', [own]: pod.metadata.labels?.[logs.label] ?? '', level: 'info', time: rfc3339(now), msg: line };
  for (const field of ['namespace', ...logs.fields, 'level', 'msg', ...(logs.part === 'sensors' ? ['dependencyName'] : [])]) {
    const value = given?.[field];
    if (typeof value === 'string' && value !== '') entry[field] = value;
  }
  return logs.filters.some((name) => text(request, name) !== '' && text(request, name) !== text(entry, name)) ? undefined : entry;
}

function logOptions(request: JsonObject): PodLogOptions {
  const options: JsonObject = message(request, 'podLogOptions') ?? {};
  const number = (name: string) => (text(options, name) === '' ? undefined : Number(text(options, name)));
  const [tailLines, sinceSeconds, limitBytes] = [number('tailLines'), number('sinceSeconds'), number('limitBytes')];
  return {
    ...(text(options, 'container') === '' ? {} : { container: text(options, 'container') }),
    ...(flag(options, 'follow') ? { follow: true } : {}),
    ...(flag(options, 'previous') ? { previous: true } : {}),
    ...(flag(options, 'timestamps') ? { timestamps: true } : {}),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

/** Pods that come later are read, too: the stream ends with the caller alone. */
async function* logs(kind: Logs, { kube, context, request, signal }: Call): AsyncGenerator<Json> {
  let pattern: RegExp;
  try {
    pattern = new BoundedRegExp(text(request, 'grep'));
  } catch (error) {
    throw new GrpcStatus(Code.Internal, `error parsing regexp: ${error instanceof Error ? error.message : String(error)}`);
  }
  const namespace = text(request, 'namespace');
  const name = text(request, 'name');
  const own = new AbortController();
  const abort = () => own.abort();
  signal.addEventListener('abort', abort, { once: true });
  const out = new AsyncQueue<JsonObject>();
  const begun = new Set<string>();
  const read = async (pod: KubeObject): Promise<void> => {
    for await (const line of linesOf(kube.logs(namespace, pod.metadata.name, logOptions(request), own.signal))) {
      const entry = pattern.test(line) ? entryOf(kind, request, pod, line, context.clock.now()) : undefined;
      if (entry !== undefined) out.push(entry);
    }
  };
  const follow = async (): Promise<void> => {
    for await (const { type, object } of watching(kube, PODS, { namespace, labelSelector: name === '' ? kind.label : `${kind.label}=${name}` }, own.signal)) {
      const status = object['status'];
      const isUp = isJsonObject(status) && status['phase'] !== 'Pending';
      if (type === 'DELETED' || !isUp || begun.has(object.metadata.uid ?? '')) continue;
      begun.add(object.metadata.uid ?? '');
      read(object).catch((error: unknown) => {
        if (!own.signal.aborted) context.log('error', error instanceof Error ? error.message : String(error), { namespace, podName: object.metadata.name });
      });
    }
  };
  follow().then(() => out.end(), (error: unknown) => out.fail(toStatus(error, Code.Internal)));
  try {
    yield* out;
  } finally {
    signal.removeEventListener('abort', abort);
    own.abort();
  }
}

export const argoEventsLogRoutes: readonly Route[] = LOGS.map((kind) => ({ method: 'GET', path: `/api/v1/stream/${kind.part}/{namespace}/logs`, service: kind.service, rpc: kind.rpc, query: [...QUERY, ...kind.filters], answer: 'LogEntry', stream: (call: Call) => logs(kind, call) }));
