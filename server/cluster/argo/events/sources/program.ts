import { z } from 'zod';
import { whenAborted } from '../../../../lib/abort.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import type { ProgramContext } from '../../../program.ts';
import { evalBool } from '../../expressions/index.ts';
import { withRetry, DEFAULT_BACKOFF } from '../backoff.ts';
import { cloudEvent, type Broker } from '../bus/broker.ts';
import { BusConnection } from '../bus/connection.ts';
import { eventProblem, eventsOf, isKind, KINDS, needsLeader } from '../controller/validate-source.ts';
import { BusConfig, EventSourceSpec } from '../types.ts';
import { EVENTS_VERSION } from '../version.ts';
import { answerOn } from '../world.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { lead, readEnvironment } from '../service.ts';
import { listenToCalendar } from './calendar.ts';
import { listenToFile } from './file.ts';
import { listenToGithub } from './github.ts';
import type { Listening } from './listener.ts';
import { listenToMinio } from './minio.ts';
import { listenToRedis } from './redis.ts';
import { listenToResource } from './resource.ts';
import { listenToWebhook, WebhookPorts } from './webhook.ts';

const LISTEN_BACKOFF = { duration: '1s', factor: 1, jitter: undefined, steps: 10 };
const RECONNECT_MS = 5000;

const SourceObject = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }), spec: z.custom<JsonObject>(isJsonObject) });

/**
 * `argo-events eventsource-service`: listens to what an EventSource names and puts events on the bus.
 * After argo-events v1.9.9 pkg/eventsources/eventing.go
 */
export async function runEventSource(context: ProgramContext, root: ZapLogger, broker: Broker): Promise<number> {
  const log: ZapLogger = root.named('eventsource');
  const { object, bus, hostname } = readEnvironment(context, log, 'EVENTSOURCE_OBJECT', SourceObject, { decode: 'failed to decode eventsource string', unmarshal: 'failed to unmarshal eventsource object', lines: { missing: 23, decode: 27, unmarshal: 31, bus: 42, subject: 48, pod: 53 } });
  const own = log.with(['eventSourceName', object.metadata.name]);
  const sent = new Map<string, number>();
  const stopMetrics = answerOn(context, 7777, () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body: metricsOf(object.metadata, sent) }));
  own.info('cmd/start.go:61', 'starting eventsource server', [['version', EVENTS_VERSION]]);
  const source = new Source(context, own, broker, object.metadata, object.spec, bus, hostname, sent);
  try {
    if (!needsLeader(object.spec)) return await source.run();
    return await lead(context, own, broker, bus, `${object.metadata.namespace}-eventsource-${object.metadata.name}`, `eventsource-${object.metadata.name}`, () => source.run());
  } finally {
    stopMetrics();
  }
}

function metricsOf({ name, namespace }: { name: string; namespace: string }, sent: ReadonlyMap<string, number>): string {
  const head = '# HELP argo_events_events_sent_total How many events have been sent successfully.\n# TYPE argo_events_events_sent_total counter\n';
  return head + [...sent].map(([event, count]) => `argo_events_events_sent_total{event_name="${event}",event_source_name="${name}",namespace="${namespace}"} ${count}\n`).join('');
}

class Source {
  #connection: BusConnection | undefined;

  constructor(
    private readonly context: ProgramContext,
    private readonly log: ZapLogger,
    private readonly broker: Broker,
    private readonly metadata: { name: string; namespace: string },
    private readonly raw: JsonObject,
    private readonly bus: BusConfig,
    private readonly hostname: string,
    private readonly sent: Map<string, number>,
  ) {}

  async run(): Promise<number> {
    const { context, log } = this;
    const { clock, signal } = context;
    log.info('eventsources/eventing.go:463', 'Starting event source server...');
    try {
      this.#connection = await withRetry(clock, signal, DEFAULT_BACKOFF, () => this.#connect());
    } catch (error) {
      if (signal.aborted) return 0;
      log.error('eventsources/eventing.go:478', 'failed to connect to eventbus', [failed(error)]);
      log.fatal('cmd/start.go:65', 'failed to start eventsource server', [failed(error)]);
    }
    log.info('eventsources/eventing.go:490', 'starting eventbus connection daemon...');
    const stopDaemon = clock.every(RECONNECT_MS, () => void this.#reconnect());
    const listeners = this.#listeners();
    log.info('eventsources/eventing.go:613', 'Eventing server started.');
    const over = await Promise.race([whenAborted(signal).then(() => false), Promise.all(listeners).then(() => !signal.aborted)]);
    if (over) {
      log.error('eventsources/eventing.go:630', 'Erroring out, no active event server running');
      stopDaemon();
      this.#connection?.close();
      log.fatal('cmd/start.go:65', 'failed to start eventsource server', [['error', 'no active event server running']]);
    }
    log.info('eventsources/eventing.go:624', 'Shutting down...');
    stopDaemon();
    await Promise.all(listeners);
    log.info('eventsources/eventing.go:496', 'exiting eventbus connection daemon...');
    this.#connection?.close();
    return 0;
  }

  #connect(): Promise<BusConnection> {
    const { context, log, hostname } = this;
    const clientID = `client-${hostname.replaceAll('.', '_')}-${context.ids.alphanumeric(3)}`;
    return BusConnection.open(context, this.broker, this.bus, log.with(['clientID', clientID]));
  }

  async #reconnect(): Promise<void> {
    const { log, context } = this;
    if (this.#connection?.isOpen === true || context.signal.aborted) return;
    log.info('eventsources/eventing.go:500', 'NATS connection lost, reconnecting...');
    try {
      this.#connection = await this.#connect();
      log.info('eventsources/eventing.go:513', 'reconnected to eventbus successfully');
    } catch (error) {
      log.error('eventsources/eventing.go:510', 'failed to reconnect to eventbus', [failed(error)]);
    }
  }

  #listeners(): Promise<void>[] {
    const { context, log, raw } = this;
    const spec = EventSourceSpec.parse(raw);
    const ports = new WebhookPorts();
    const startedAt = context.clock.now();
    return eventsOf(raw).flatMap(({ kind, event }) => {
      const listen = isKind(kind) ? listenerOf(kind, event, spec, ports) : undefined;
      const problem = isKind(kind) ? eventProblem(kind, event, spec) : `event sources of the type ${kind} are not emulated by this cluster: it has ${KINDS.slice(0, -1).join(', ')} and ${KINDS.at(-1) ?? ''}`;
      if (problem !== undefined || listen === undefined) {
        log.error('eventsources/eventing.go:525', 'Validation failed', [['error', problem], ['eventName', event], ['eventSourceType', kind]]);
        return [];
      }
      const own = log.with(['eventSourceType', kind], ['eventName', event]);
      const expression = filterOf(raw, kind, event);
      const listening: Listening = { context, log: own, source: this.metadata.name, event, namespace: this.metadata.namespace, startedAt, dispatch: (data) => this.#dispatch(kind, event, expression, data) };
      return [
        withRetry(context.clock, context.signal, LISTEN_BACKOFF, () => listen(listening)).catch((error: unknown) => {
          if (!context.signal.aborted) log.error('eventsources/eventing.go:607', 'Failed to start listening eventsource', [['eventSourceType', kind], ['eventName', event], failed(error)]);
        }),
      ];
    });
  }

  async #dispatch(kind: string, event: string, expression: string | undefined, data: string): Promise<void> {
    const { context, log, metadata } = this;
    if (expression !== undefined) {
      try {
        if (!passes(expression, data)) return;
      } catch (error) {
        log.error('eventsources/eventing.go:549', 'Failed to filter event', [failed(error)]);
        return;
      }
    }
    const id = context.ids.uuid().replaceAll('-', '');
    const at = context.clock.now();
    const body = cloudEvent({ id, source: metadata.name, specversion: '1.0', type: kind, datacontenttype: 'application/json', subject: event, time: new Date(at).toISOString() }, data);
    if (this.#connection?.isOpen !== true) throw new Error('failed to publish event, eventbus connection closed');
    try {
      await withRetry(context.clock, context.signal, DEFAULT_BACKOFF, async () => this.#connection?.publish({ source: metadata.name, event, id, at, body }));
    } catch (error) {
      log.error('eventsources/eventing.go:596', 'Failed to publish an event', [failed(error), ['eventName', event], ['eventSourceType', kind], ['eventID', id]]);
      throw error;
    }
    log.info('eventsources/eventing.go:601', 'Succeeded to publish an event', [['eventName', event], ['eventSourceType', kind], ['eventID', id]]);
    this.sent.set(event, (this.sent.get(event) ?? 0) + 1);
  }
}

function listenerOf(kind: string, event: string, spec: EventSourceSpec, ports: WebhookPorts): ((listening: Listening) => Promise<void>) | undefined {
  const [webhook, calendar, minio, resource, redis, file, github] = [spec.webhook?.[event], spec.calendar?.[event], spec.minio?.[event], spec.resource?.[event], spec.redis?.[event], spec.file?.[event], spec.github?.[event]];
  if (kind === 'webhook' && webhook !== undefined) return (listening) => listenToWebhook(webhook, ports, listening);
  if (kind === 'calendar' && calendar !== undefined) return (listening) => listenToCalendar(calendar, listening);
  if (kind === 'minio' && minio !== undefined) return (listening) => listenToMinio(minio, listening);
  if (kind === 'resource' && resource !== undefined) return (listening) => listenToResource(resource, listening);
  if (kind === 'redis' && redis !== undefined) return (listening) => listenToRedis(redis, listening);
  if (kind === 'github' && github !== undefined) return (listening) => listenToGithub(github, ports, listening);
  if (kind === 'file' && file !== undefined) return (listening) => listenToFile(file, listening);
  return undefined;
}

/** The expression that decides which events of a webhook or calendar are sent at all. */
function filterOf(raw: JsonObject, kind: string, event: string): string | undefined {
  const events = raw[kind];
  const source = isJsonObject(events) ? events[event] : undefined;
  const filter = isJsonObject(source) ? source['filter'] : undefined;
  const expression = isJsonObject(filter) ? filter['expression'] : undefined;
  return typeof expression === 'string' && expression !== '' ? expression : undefined;
}

function passes(expression: string, data: string): boolean {
  const value: unknown = JSON.parse(data);
  if (!isJsonObject(value)) throw new Error('failed to unmarshal data, json: cannot unmarshal into Go value of type map[string]interface {}');
  return evalBool(expression, Object.fromEntries(Object.entries(value).map(([key, one]) => [key.replaceAll('-', '_'), one])));
}
