import { scriptTransform, scriptVerdict } from './lua.ts';
import { Cron } from 'croner';
import { fitsGlob } from '../../../../lib/glob.ts';
import { isJsonObject, goJson, type Json } from '../../../../lib/json.ts';
import type { ProgramContext } from '../../../program.ts';
import { jqFilter } from '../../executor/conditions.ts';
import { withRetry } from '../backoff.ts';
import { readCloudEvent, type ArgoEvent, type Broker, type BusMessage } from '../bus/broker.ts';
import { BusConnection, type BusKind } from '../bus/connection.ts';
import { TriggerTemplate, type Backoff, type BusConfig, type Dependency, type OneTrigger, type SensorSpec, type Trigger } from '../types.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { namesIn, showCondition, type Condition } from './dependencies.ts';
import { filterEvent } from './filter.ts';
import { EventHolder } from './holder.ts';
import { applyParameters, contextOf } from './params.ts';
import { RateLimit } from './rate-limit.ts';
import { fireHttp } from './trigger-http.ts';
import { fireKubernetes } from './trigger-kubernetes.ts';
import { fireWorkflow } from './trigger-workflow.ts';
import type { Firing } from './trigger.ts';

const ONCE: Backoff = { duration: undefined, factor: undefined, jitter: undefined, steps: 1 };
const RECONNECT_MS = 5000;

export interface RunnerOptions {
  context: ProgramContext;
  broker: Broker;
  bus: BusConfig;
  kind: BusKind;
  sensor: { name: string; namespace: string };
  spec: SensorSpec;
  trigger: Trigger;
  condition: Condition;
  /** Knows the sensor. */
  log: ZapLogger;
  /** Told of each firing. */
  count(trigger: string, worked: boolean): void;
}

/** One trigger of a sensor: subscribes to its dependencies and fires. After argo-events v1.9.9 pkg/sensors/listener.go */
export class TriggerRunner {
  readonly #options: RunnerOptions;
  readonly #name: string;
  readonly #log: ZapLogger;
  readonly #dependencies: readonly Dependency[];
  readonly #holder: EventHolder;
  readonly #limit: RateLimit;
  #connection: BusConnection | undefined;
  #unsubscribe: () => void = () => undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: RunnerOptions) {
    const { trigger, spec, condition, kind, log } = options;
    this.#options = options;
    this.#name = trigger.template?.name ?? '';
    this.#log = log.with(['triggerName', this.#name]);
    const names = new Set(namesIn(condition));
    this.#dependencies = (spec.dependencies ?? []).filter(({ name }) => names.has(name));
    this.#holder = new EventHolder(condition, kind !== 'stan' && !showCondition(condition).includes('&'));
    this.#limit = new RateLimit(trigger.rateLimit);
  }

  /** Rejects where the bus does not answer. Ends with the context's signal. */
  async start(): Promise<() => Promise<void>> {
    const { context, trigger, sensor } = this.#options;
    const { clock } = context;
    this.#connection = await this.#connect();
    const stopResets = this.#resets(trigger);
    const client = this.#clientName();
    this.#log.info('sensors/listener.go:302', `started subscribing to events for trigger ${this.#name} with client connection ${client}`);
    this.#subscribe();
    this.#log.info('sensors/listener.go:316', `starting eventbus connection daemon for client ${client}...`);
    const stopDaemon = clock.every(RECONNECT_MS, () => void this.#reconnect());
    return async () => {
      this.#log.info('sensors/listener.go:322', `exiting eventbus connection daemon for client ${client}...`);
      stopDaemon();
      stopResets();
      this.#unsubscribe();
      this.#connection?.close();
      if (this.#options.kind === 'stan') this.#own().info('sensor/trigger_conn.go:148', `subscription on subject eventbus-${sensor.namespace} closed`);
      await this.#work;
    };
  }

  get #durable(): string {
    const { sensor, condition, kind } = this.#options;
    const text = `${sensor.name}-${this.#name}-${showCondition(condition)}`;
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
    return kind === 'stan' ? `client-${String(hash >>> 0)}` : `group-${sensor.name}-${this.#name}`;
  }

  #clientName(): string {
    const { sensor, kind } = this.#options;
    if (kind === 'stan') return `STANTriggerConn{ClientID:${this.#durable}-1,Sensor:${sensor.name},Trigger:${this.#name}}`;
    return `${kind === 'kafka' ? 'KafkaTriggerConnection' : 'JetstreamTriggerConn'}{Sensor:${sensor.name},Trigger:${this.#name}}`;
  }

  /** The log of the subscription. */
  #own(): ZapLogger {
    const { kind, log, sensor } = this.#options;
    return kind === 'stan' ? log.with(['triggerName', this.#name], ['clientID', `${this.#durable}-1`]) : log.with(['triggerName', this.#name], ['sensorName', sensor.name]);
  }

  async #connect(): Promise<BusConnection> {
    const { context, broker, bus, log, kind, sensor } = this.#options;
    const connection = await BusConnection.open(context, broker, bus, kind === 'stan' ? log.with(['clientID', `${this.#durable}-1`]) : log);
    if (kind === 'jetstream') this.#own().info('sensor/trigger_conn.go:78', `Successfully located K/V store for sensor ${sensor.name}`);
    return connection;
  }

  async #reconnect(): Promise<void> {
    if (this.#connection?.isOpen === true || this.#options.context.signal.aborted) return;
    this.#log.info('sensors/listener.go:327', 'EventBus connection lost, reconnecting...');
    try {
      this.#connection = await this.#connect();
      this.#log.info('sensors/listener.go:333', 'reconnected to EventBus.', [['connection', this.#clientName()]]);
      this.#subscribe();
    } catch (error) {
      this.#log.error('sensors/listener.go:330', 'failed to reconnect to eventbus', [['connection', null], failed(error)]);
    }
  }

  #subscribe(): void {
    const { kind, sensor } = this.#options;
    const own = this.#own();
    this.#unsubscribe();
    if (kind === 'stan') own.info('sensor/trigger_conn.go:106', `Subscribed to subject eventbus-${sensor.namespace} using durable name ${this.#durable}`);
    else if (kind === 'jetstream') for (const { name, eventSourceName, eventName } of this.#dependencies) own.info('sensor/trigger_conn.go:142', `Subscribing to subject default.${eventSourceName}.${eventName} with durable name ${this.#durable}-${name}`);
    if (kind === 'stan') own.info('sensor/trigger_conn.go:114', 'starting ExactOnce cache clean up daemon ...');
    // One event after the other: what one fires is not overtaken by the next.
    this.#unsubscribe = this.#connection?.subscribe(this.#durable, (message) => this.#wanted(message).length > 0, (message) => {
      this.#work = this.#work.then(() => this.#receive(message)).catch((error: unknown) => own.error('sensor/trigger_conn.go:166', `Failed to convert to a cloudevent, discarding it... err: ${failed(error)[1]}`));
    }) ?? (() => undefined);
  }

  /** The dependencies that an event is for; on NATS Streaming their names may hold wildcards. */
  #wanted({ source, event }: Pick<BusMessage, 'source' | 'event'>): Dependency[] {
    const { kind } = this.#options;
    const found = this.#dependencies.filter(({ eventSourceName, eventName }) => (kind === 'stan' ? fitsGlob(`${eventSourceName}__${eventName}`, `${source}__${event}`) : eventSourceName === source && eventName === event));
    return kind === 'stan' ? found.slice(0, 1) : found;
  }

  async #receive(message: BusMessage): Promise<void> {
    const event = readCloudEvent(message.body);
    for (const dependency of this.#wanted(message)) await this.#depend(dependency, event);
  }

  async #depend(dependency: Dependency, original: ArgoEvent): Promise<void> {
    const { kind, context } = this.#options;
    const own = this.#own();
    let event: ArgoEvent;
    try {
      event = await transformed(dependency, original, context);
    } catch (error) {
      own.error(kind === 'stan' ? 'sensor/trigger_conn.go:187' : 'sensor/trigger_conn.go:339', 'failed to apply event transformation', [failed(error)]);
      return;
    }
    if (!(await this.#passes(dependency, event))) {
      if (kind === 'jetstream') own.info('sensor/trigger_conn.go:345', `not interested in dependency ${dependency.name} (didn't pass filter)`);
      return;
    }
    const needsAll = kind === 'jetstream' && showCondition(this.#options.condition).includes('&');
    const taken = this.#holder.take(dependency.name, event, context.clock.now());
    if (taken.kind === 'duplicate') return;
    if (needsAll) own.info('sensor/trigger_conn.go:373', `Current state of dependencies: ${taken.kind === 'fire' ? `map[${namesIn(this.#options.condition).sort().map((name) => `${name}:${String(taken.events.has(name))}`).join(' ')}]` : this.#holder.show()}`);
    if (taken.kind === 'hold') {
      if (kind === 'stan') own.info('sensor/trigger_conn.go:271', 'trigger conditions not met', [['meetDependencies', taken.names], ['meetEvents', taken.ids]]);
      return;
    }
    if (kind === 'jetstream') own.info(needsAll ? 'sensor/trigger_conn.go:393' : 'sensor/trigger_conn.go:353', `Triggering actions after receiving dependency ${dependency.name}`);
    await this.#act(taken.events);
  }

  async #passes({ filters, filtersLogicalOperator }: Dependency, event: ArgoEvent): Promise<boolean> {
    if (filters === undefined) return true;
    const { clock, signal } = this.#options.context;
    const script = filters.script === '' ? undefined : await scriptVerdict(filters.script, event.data, clock, signal);
    const { passed, error } = filterEvent(event, filters, filtersLogicalOperator, script);
    if (error !== undefined) {
      const { id, source, time } = contextOf(event);
      this.#log.warn('sensors/listener.go:198', `Event [ID '${id}', Source '${source}', Time '${time}', Data '${event.data}'] discarded due to filtering error: ${error}`);
    }
    return passed;
  }

  async #act(events: Map<string, ArgoEvent>): Promise<void> {
    const { trigger, context } = this.#options;
    const { clock, signal } = context;
    try {
      await withRetry(clock, signal, trigger.retryStrategy ?? ONCE, () => this.#fireOrBegin(trigger, events));
    } catch (error) {
      if (signal.aborted) return;
      this.#log.warn('sensors/listener.go:221', `failed to trigger actions, ${failed(error)[1]}`);
      const { dlqTrigger } = trigger;
      if (dlqTrigger === undefined) return;
      await withRetry(clock, signal, dlqTrigger.retryStrategy ?? ONCE, () => this.#fireOrBegin(dlqTrigger, events)).catch((dlqError: unknown) => this.#log.error('sensors/listener.go:235', `failed to trigger dlqTrigger, ${failed(dlqError)[1]}`));
    }
  }

  /** Only a trigger that must happen at least once is waited for, and tried again. */
  async #fireOrBegin(trigger: OneTrigger, events: Map<string, ArgoEvent>): Promise<void> {
    const { log } = this.#options;
    if (trigger.atLeastOnce) {
      await this.#fire(trigger, events);
      return;
    }
    void this.#fire(trigger, events).catch((error: unknown) => log.error('sensors/listener.go:380', 'Failed to execute a trigger', [failed(error), ['triggerName', trigger.template?.name ?? '']]));
  }

  async #fire(original: OneTrigger, events: Map<string, ArgoEvent>): Promise<void> {
    const { context, log, count } = this.#options;
    await this.#limit.take(context.clock, context.signal);
    const name = original.template?.name ?? '';
    const names = [...events.keys()];
    const ids = [...events.values()].map((event) => event.context.id);
    try {
      await this.#execute(original, events);
    } catch (error) {
      log.error('sensors/listener.go:395', 'Failed to execute a trigger', [failed(error), ['triggerName', name], ['triggeredBy', names], ['triggeredByEvents', ids]]);
      count(name, false);
      throw error;
    }
    count(name, true);
  }

  async #execute(original: OneTrigger, events: Map<string, ArgoEvent>): Promise<void> {
    const { context, log, sensor } = this.#options;
    const notice = (line: string) => context.stdout(line);
    let template = original.template;
    try {
      if (original.parameters !== undefined && template !== undefined) template = TriggerTemplate.parse(applyParameters(JSON.parse(JSON.stringify(template)) as Json, original.parameters, events, notice));
    } catch (error) {
      log.error('sensors/listener.go:410', `failed to apply template parameters, ${failed(error)[1]}`);
      throw error;
    }
    const name = template?.name ?? '';
    const own = log.with(['triggerName', name]);
    const firing: Firing = { context, sensor, trigger: { ...original, template }, name, events, log: own, notice };
    const type = await fire(firing);
    own.with(['triggerType', type]).info('sensors/listener.go:449', `Successfully processed trigger '${name}'`, [['triggeredBy', [...events.keys()]], ['triggeredByEvents', [...events.values()].map((event) => event.context.id)]]);
  }

  /** Forgets what has come so far, at the times that the trigger names. */
  #resets({ template }: Trigger): () => void {
    const { clock } = this.#options.context;
    const stops = (template?.conditionsReset ?? []).map(({ byTime }) => {
      if (byTime === undefined) return () => undefined;
      const cron = new Cron(byTime.cron, { timezone: byTime.timezone === '' ? 'UTC' : byTime.timezone, paused: true });
      let stop = (): void => undefined;
      const arm = (): void => {
        const next = cron.nextRun(new Date(clock.now()))?.getTime();
        if (next === undefined) return;
        stop = clock.after(Math.min(2 ** 31 - 1, next - clock.now()), () => {
          if (clock.now() >= next) {
            this.#own().info('sensor/trigger_conn.go:137', 'reset conditions');
            this.#holder.reset();
          }
          arm();
        });
      };
      arm();
      return () => stop();
    });
    return () => {
      for (const stop of stops) stop();
    };
  }
}

/** Carries a trigger out; gives its type's name. Throws an Error. */
async function fire(firing: Firing): Promise<string> {
  const { template } = firing.trigger;
  if (template?.k8s !== undefined) {
    await fireKubernetes(firing);
    return 'Kubernetes';
  }
  if (template?.argoWorkflow !== undefined) {
    await fireWorkflow(firing);
    return 'ArgoWorkflow';
  }
  if (template?.http !== undefined) {
    await fireHttp(firing);
    return 'HTTP';
  }
  if (template?.log !== undefined) {
    const log = firing.log.with(['triggerType', 'Log']);
    for (const [name, event] of firing.events) log.info('log/log.go:45', event.data, [['dependencyName', name], ['eventContext', contextOf(event)]]);
    return 'Log';
  }
  const kind = Object.keys(template ?? {}).find((key) => !['name', 'conditions', 'conditionsReset', 'k8s', 'argoWorkflow', 'http', 'log'].includes(key));
  throw new Error(`invalid trigger ${firing.name}, could not find an implementation${kind === undefined ? '' : `: triggers of the type ${kind} are not emulated by this cluster, it has k8s, argoWorkflow, http and log`}`);
}

async function transformed({ transform }: Dependency, event: ArgoEvent, { clock, signal }: Pick<ProgramContext, 'clock' | 'signal'>): Promise<ArgoEvent> {
  if (transform === undefined || (transform.jq === '' && transform.script === '')) return event;
  if (transform.jq === '') return { ...event, data: await scriptTransform(transform.script, event.data, clock, signal) };
  const [first = ''] = (await jqFilter(JSON.parse(event.data), transform.jq)).split('\n');
  if (first === '') throw new Error('no output available from the jq command execution');
  let value: unknown;
  try {
    value = JSON.parse(first);
  } catch {
    value = first;
  }
  if (!isJsonObject(value)) throw new Error('jq transformation output must be a JSON object');
  return { ...event, data: goJson(value) };
}
