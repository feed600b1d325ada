import { whenAborted } from '../../../../lib/abort.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { rfc3339Micro } from '../../../../lib/clock.ts';
import { silentLog } from '../../../../lib/log.ts';
import { ApiStatus } from '../../../api/status.ts';
import type { ResourceType } from '../../../client.ts';
import { Informers, keyOf, splitKey, type Informer } from '../../../controllers/runtime/informer.ts';
import { CONFIG_MAPS, DEPLOYMENTS, LEASES, SERVICES, STATEFUL_SETS } from '../../../controllers/runtime/resources.ts';
import { WorkQueue } from '../../../controllers/runtime/work-queue.ts';
import type { ProgramContext } from '../../../program.ts';
import { mountedText } from '../../../program-io.ts';
import type { KubeObject } from '../../../store/object.ts';
import { BusConfig, EventBusSpec, EventSourceSpec, problemOf, SensorSpec } from '../types.ts';
import { EVENT_BUSES, EVENT_SOURCES, EVENTS_VERSION, SENSORS } from '../version.ts';
import { answerOn, randomText } from '../world.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { Conditions, isReady } from './conditions.ts';
import { readEventsConfig, type EventsConfig } from './config.ts';
import { busNameOf, busProblem, installBus, InstallError, merged, uninstallBus } from './install-bus.ts';
import { belongsTo, hashOf, ownerOf, type Owner } from './objects.ts';
import { sensorProblem } from './validate-sensor.ts';
import { sourceProblem } from './validate-source.ts';
import { flavourOf, sourceService, workloadDeployment } from './workloads.ts';

type Kind = Owner['kind'];

interface Watched {
  type: ResourceType;
  finalizer: string;
  /** The kind in small letters, as the log names it. */
  word: string;
  field: string;
  file: string;
}

const WATCHED: Record<Kind, Watched> = {
  EventBus: { type: EVENT_BUSES, finalizer: 'eventbus-controller', word: 'eventbus', field: 'eventbus', file: 'eventbus/controller.go' },
  EventSource: { type: EVENT_SOURCES, finalizer: 'eventsource-controller', word: 'eventsource', field: 'eventSource', file: 'eventsource/controller.go' },
  Sensor: { type: SENSORS, finalizer: 'sensor-controller', word: 'sensor', field: 'sensor', file: 'sensor/controller.go' },
};
const LINES: Record<Kind, { failed: number; deleting: number }> = { EventBus: { failed: 58, deleting: 76 }, EventSource: { failed: 54, deleting: 72 }, Sensor: { failed: 72, deleting: 90 } };

const CONFIG_FILE = '/etc/argo-events/controller-config.yaml';

/** What a round comes to: the conditions and, of a bus, where it is to be found. */
interface Round {
  conditions: Conditions;
  config?: BusConfig;
}

/**
 * `argo-events controller`: makes what event buses, event sources and sensors need, and says in their status how far it
 * came. After argo-events v1.9.9 pkg/reconciler
 */
export async function runController(context: ProgramContext, root: ZapLogger): Promise<number> {
  const log: ZapLogger = root.named('eventbus-controller');
  const text = await mountedText(context, CONFIG_FILE);
  if (text === undefined) log.fatal('cmd/start.go:48', 'Failed to load global configuration file', [['error', `failed to load configuration file. Config File "controller-config" Not Found in "[/etc/argo-events]"`]]);
  let config: EventsConfig;
  try {
    config = readEventsConfig(text);
  } catch (error) {
    return log.fatal('cmd/start.go:52', 'Global configuration file validation failed', [failed(error)]);
  }
  const image = context.env['ARGO_EVENTS_IMAGE'];
  if (image === undefined) log.fatal('cmd/start.go:57', "required environment variable 'ARGO_EVENTS_IMAGE' not defined");
  const stops = [answerOn(context, 8081, () => ({ type: 'text/plain; charset=utf-8', body: 'ok' })), answerOn(context, 7777, () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body: '' }))];
  log.info('cmd/start.go:190', 'Starting controller manager', [['version', EVENTS_VERSION]]);
  await lead(context);
  new Controller(context, log, config, image).start();
  await whenAborted(context.signal);
  for (const stop of stops) stop();
  return 0;
}

/** The lease that says who leads. A new controller takes over at once: the one before it is gone. */
async function lead({ client, clock, ids, pod, stderr, argv }: ProgramContext): Promise<void> {
  if (argv.includes('--leader-election=false')) return;
  const namespace = pod.metadata.namespace ?? '';
  const name = 'argo-events-controller';
  const line = (place: string, message: string) => {
    const [date = '', time = ''] = new Date(clock.now()).toISOString().split('T');
    stderr(`I${date.slice(5).replace('-', '')} ${time.slice(0, 12)}000       1 ${place}] ${message}\n`);
  };
  line('leaderelection.go:257', `attempting to acquire leader lease ${namespace}/${name}...`);
  const old = await client.find(LEASES, namespace, name).catch(() => undefined);
  const now = rfc3339Micro(clock.now());
  const transitions = isJsonObject(old?.['spec']) ? Number(old['spec']['leaseTransitions'] ?? 0) + 1 : 0;
  const spec = { holderIdentity: `${pod.metadata.name}_${ids.uuid()}`, leaseDurationSeconds: 15, acquireTime: now, renewTime: now, leaseTransitions: transitions };
  const lease: KubeObject = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace }, spec };
  try {
    if (old === undefined) await client.create(LEASES, namespace, lease);
    else await client.update(LEASES, { ...old, spec });
    line('leaderelection.go:271', `successfully acquired lease ${namespace}/${name}`);
  } catch (error) {
    line('leaderelection.go:436', `error initially creating leader election record: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function managedNamespace({ argv, env }: ProgramContext): string | undefined {
  if (!argv.includes('--namespaced') && !argv.includes('--namespaced=true')) return undefined;
  const index = argv.findIndex((arg) => arg === '--managed-namespace' || arg.startsWith('--managed-namespace='));
  const word = argv[index] ?? '';
  return (word.includes('=') ? word.slice(word.indexOf('=') + 1) : index >= 0 ? argv[index + 1] : undefined) ?? env['NAMESPACE'] ?? 'argo-events';
}

const hash = (map: Readonly<Record<string, string>> | undefined): string => JSON.stringify(Object.entries(map ?? {}).sort());

class Controller {
  readonly #objects: Record<Kind, Informer>;
  readonly #queues: Record<Kind, WorkQueue>;
  readonly #informers: Informers;

  constructor(
    private readonly context: ProgramContext,
    private readonly log: ZapLogger,
    private readonly config: EventsConfig,
    private readonly image: string,
  ) {
    const { client, clock, signal } = context;
    const namespace = managedNamespace(context);
    this.#informers = new Informers(client, signal, namespace === undefined ? {} : { namespace });
    const queue = (kind: Kind) => new WorkQueue({ name: WATCHED[kind].finalizer, clock, log: silentLog, signal, reconcile: (key) => this.#reconcile(kind, key) });
    this.#queues = { EventBus: queue('EventBus'), EventSource: queue('EventSource'), Sensor: queue('Sensor') };
    this.#objects = { EventBus: this.#informers.of(EVENT_BUSES), EventSource: this.#informers.of(EVENT_SOURCES), Sensor: this.#informers.of(SENSORS) };
  }

  start(): void {
    for (const kind of ['EventBus', 'EventSource', 'Sensor'] as const) {
      this.#objects[kind].onChange(({ previous, current }) => {
        const object = current ?? previous;
        if (object === undefined) return;
        // A status alone is no reason for another round: it is ours.
        const same = previous !== undefined && current !== undefined && previous.metadata.generation === current.metadata.generation && previous.metadata.deletionTimestamp === current.metadata.deletionTimestamp && hash(previous.metadata.labels) === hash(current.metadata.labels);
        if (!same) this.#queues[kind].add(keyOf(object));
      });
    }
    this.#follow(CONFIG_MAPS, ['EventBus']);
    this.#follow(STATEFUL_SETS, ['EventBus']);
    this.#follow(SERVICES, ['EventBus', 'EventSource']);
    this.#follow(DEPLOYMENTS, ['EventSource', 'Sensor']);
  }

  /** What happens to a child brings its owner's turn. */
  #follow(type: ResourceType, kinds: readonly Kind[]): void {
    this.#informers.of(type).onChange(({ previous, current }) => {
      const object = current ?? previous;
      if (object === undefined || (previous !== undefined && current !== undefined && previous.metadata.generation === current.metadata.generation)) return;
      const owner = object.metadata.ownerReferences?.find(({ controller, apiVersion }) => controller === true && apiVersion.startsWith('argoproj.io/'));
      const kind = kinds.find((one) => one === owner?.kind);
      if (kind !== undefined && owner !== undefined) this.#queues[kind].add(`${object.metadata.namespace ?? ''}/${owner.name}`);
    });
  }

  async #reconcile(kind: Kind, key: string): Promise<void> {
    const { client } = this.context;
    const { type, finalizer, word, field, file } = WATCHED[kind];
    const { namespace = '', name } = splitKey(key);
    const object = await client.find(type, namespace, name);
    if (object === undefined) {
      const line = { EventBus: 47, EventSource: 43, Sensor: 61 }[kind];
      this.log.warn(`${file}:${line}`, `WARNING: ${word} not found`, [['request', { name, namespace }]]);
      return;
    }
    const log = this.log.with(['namespace', namespace], [field, name]);
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp !== undefined) {
      log.info(`${file}:${LINES[kind].deleting}`, `deleting ${word}`);
      if (!finalizers.includes(finalizer)) return;
      try {
        if (kind === 'EventBus') await uninstallBus(ownerOf(kind, object), this.#installContext(log));
      } catch (error) {
        log.error('eventbus/controller.go:80', 'failed to uninstall', [failed(error)]);
        log.error(`${file}:${LINES[kind].failed}`, 'reconcile error', [failed(error)]);
        throw error;
      }
      await client.update(type, { ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((one) => one !== finalizer) } });
      return;
    }
    const round: Round = { conditions: new Conditions(object['status'], this.context.clock.now()) };
    let failure: Error | undefined;
    try {
      if (kind === 'EventBus') await this.#bus(object, round, log);
      else await this.#workload(kind, object, round, log);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      log.error(`${file}:${LINES[kind].failed}`, 'reconcile error', [failed(failure)]);
    }
    const known = finalizers.includes(finalizer) ? object : await client.update(type, { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } });
    const status = { ...(isJsonObject(object['status']) ? object['status'] : {}), conditions: round.conditions.list, ...(round.config === undefined ? {} : { config: round.config }), ...(kind === 'EventBus' && round.config === undefined && !isJsonObject(object['status']) ? { config: {} } : {}) };
    await client.update(type, { ...known, status }, { subresource: 'status' });
    if (failure !== undefined) throw failure;
  }

  #installContext(log: ZapLogger) {
    const { client, clock, ids } = this.context;
    return { client, config: this.config, log, now: () => clock.now(), random: (length: number) => randomText(ids, length) };
  }

  async #bus(object: KubeObject, round: Round, log: ZapLogger): Promise<void> {
    round.conditions.init('Deployed', 'Configured');
    const read = EventBusSpec.safeParse(object['spec']);
    const problem = read.success ? busProblem(read.data) : problemOf(read.error);
    if (problem !== undefined || !read.success) {
      log.error('eventbus/controller.go:91', 'validation failed', [['error', problem]]);
      round.conditions.isFalse('Configured', 'InvalidSpec', problem ?? '');
      throw new Error(problem);
    }
    round.conditions.isTrue('Configured');
    try {
      const { reason, message, config } = await installBus(ownerOf('EventBus', object), read.data, this.#installContext(log));
      round.conditions.isTrue('Deployed', reason, message);
      round.config = config;
    } catch (error) {
      if (error instanceof InstallError) round.conditions.isFalse('Deployed', error.reason, error.shown);
      log.error('installer/installer.go:32', 'installation error', [failed(error)]);
      throw error;
    }
  }

  async #workload(kind: 'EventSource' | 'Sensor', object: KubeObject, round: Round, log: ZapLogger): Promise<void> {
    const { client, clock } = this.context;
    const { conditions } = round;
    const { namespace = '', name } = object.metadata;
    const raw: JsonObject = isJsonObject(object['spec']) ? object['spec'] : {};
    conditions.init(...(kind === 'EventSource' ? ['SourcesProvided', 'Deployed'] : ['DependenciesProvided', 'TriggersProvided', 'Deployed']));
    const busName = busNameOf(object);
    const bus = async (): Promise<KubeObject> => {
      const found = await client.find(EVENT_BUSES, namespace, busName);
      if (found !== undefined) return found;
      conditions.isFalse('Deployed', 'EventBusNotFound', 'EventBus not found.');
      log.error(kind === 'EventSource' ? 'eventsource/resource.go:44' : 'sensor/controller.go:110', 'EventBus not found', [['eventBusName', busName], ['error', `EventBus.argoproj.io ${JSON.stringify(busName)} not found`]]);
      throw new Error(`eventbus ${busName} not found`);
    };
    const spec = kind === 'EventSource' ? this.#validSource(name, raw, conditions, log) : this.#validSensor(raw, EventBusSpec.safeParse((await bus())['spec']).data, clock.now(), conditions, log);
    const found = await bus();
    if (!isReady(found['status'])) {
      conditions.isFalse('Deployed', 'EventBusNotReady', 'EventBus not ready.');
      log.error(kind === 'EventSource' ? 'eventsource/resource.go:53' : 'sensor/resource.go:64', 'event bus is not in ready status', [['eventBusName', busName], ...(kind === 'EventSource' ? [['error', null] as const] : [])]);
      throw new Error('eventbus not ready');
    }
    const owner = ownerOf(kind, object);
    const config = BusConfig.parse(isJsonObject(found['status']) ? (found['status']['config'] ?? {}) : {});
    let wanted: KubeObject;
    try {
      wanted = workloadDeployment(kind, spec, { owner, image: this.image, leaderElection: object.metadata.annotations?.['events.argoproj.io/leader-election'] ?? '', imagePullPolicy: this.context.env['IMAGE_PULL_POLICY'] ?? 'Always', bus: config, raw });
    } catch (error) {
      conditions.isFalse('Deployed', 'BuildDeploymentSpecFailed', 'Failed to build Deployment spec.');
      throw error;
    }
    await this.#deploy(kind, owner, wanted, conditions, log);
    if (kind === 'EventSource') await this.#service(owner, sourceService(owner, EventSourceSpec.parse(raw)), conditions, log);
    conditions.isTrue('Deployed');
  }

  #validSource(name: string, raw: JsonObject, conditions: Conditions, log: ZapLogger): EventSourceSpec {
    const read = EventSourceSpec.safeParse(raw);
    const problem = read.success ? sourceProblem(name, raw, read.data) : { message: problemOf(read.error), error: problemOf(read.error) };
    if (problem === undefined && read.success) {
      conditions.isTrue('SourcesProvided');
      return read.data;
    }
    conditions.isFalse('SourcesProvided', 'InvalidEventSource', problem?.message ?? '');
    log.error('eventsource/controller.go:83', 'validation error', [['error', problem?.error]]);
    throw new Error(problem?.error);
  }

  #validSensor(raw: JsonObject, bus: EventBusSpec | undefined, now: number, conditions: Conditions, log: ZapLogger): SensorSpec {
    const read = SensorSpec.safeParse(raw);
    const problem = read.success ? sensorProblem(read.data, bus ?? EventBusSpec.parse({}), now) : { of: 'triggers' as const, error: problemOf(read.error) };
    if (problem?.of !== 'dependencies') conditions.isTrue('DependenciesProvided');
    if (problem === undefined && read.success) {
      conditions.isTrue('TriggersProvided');
      return read.data;
    }
    const what = problem?.of === 'dependencies' ? 'Dependencies' : 'Triggers';
    conditions.isFalse(`${what}Provided`, `Invalid${what}`, problem?.error ?? '');
    log.error('sensor/controller.go:119', 'validation error', [['error', problem?.error]]);
    throw new Error(problem?.error);
  }

  async #deploy(kind: 'EventSource' | 'Sensor', owner: Owner, wanted: KubeObject, conditions: Conditions, log: ZapLogger): Promise<void> {
    const { client } = this.context;
    const file = kind === 'EventSource' ? 'eventsource/resource.go' : 'sensor/resource.go';
    const lines = kind === 'EventSource' ? { updated: 81, created: 90, failed: 87, notUpdated: 78 } : { updated: 91, created: 100, failed: 97, notUpdated: 88 };
    const labelSelector = Object.entries(flavourOf(kind, owner.name).labels).map(([key, value]) => `${key}=${value}`).join(',');
    const old = (await client.list(DEPLOYMENTS, { namespace: owner.namespace, labelSelector })).items.find((one) => belongsTo(one, owner));
    try {
      if (old === undefined) {
        const created = await client.create(DEPLOYMENTS, owner.namespace, wanted);
        log.info(`${file}:${lines.created}`, 'deployment is created', [['deploymentName', created.metadata.name]]);
      } else if (hashOf(old) !== hashOf(wanted)) {
        await client.update(DEPLOYMENTS, merged(old, wanted));
        log.info(`${file}:${lines.updated}`, 'deployment is updated', [['deploymentName', old.metadata.name]]);
      }
    } catch (error) {
      const isNew = old === undefined;
      conditions.isFalse('Deployed', isNew ? 'CreateDeploymentFailed' : 'UpdateDeploymentFailed', isNew ? 'Failed to create a deployment' : 'Failed to update existing deployment');
      log.error(`${file}:${isNew ? lines.failed : lines.notUpdated}`, isNew ? 'error creating a deployment' : 'error updating existing deployment', [failed(error)]);
      throw error;
    }
  }

  async #service(owner: Owner, wanted: KubeObject | undefined, conditions: Conditions, log: ZapLogger): Promise<void> {
    const { client } = this.context;
    const labelSelector = Object.entries(flavourOf('EventSource', owner.name).labels).map(([key, value]) => `${key}=${value}`).join(',');
    const old = (await client.list(SERVICES, { namespace: owner.namespace, labelSelector })).items.find((one) => belongsTo(one, owner));
    const remove = async (service: KubeObject): Promise<void> => {
      await client.delete(SERVICES, owner.namespace, service.metadata.name).catch((error: unknown) => {
        if (!(error instanceof ApiStatus && error.code === 404)) throw error;
      });
    };
    try {
      if (wanted === undefined) {
        if (old === undefined) return;
        await remove(old);
        log.info('eventsource/resource.go:113', 'deleted existing service', [['serviceName', old.metadata.name]]);
      } else if (old === undefined) {
        await client.create(SERVICES, owner.namespace, wanted);
        log.info('eventsource/resource.go:123', 'service is created', [['serviceName', wanted.metadata.name]]);
      } else if (hashOf(old) !== hashOf(wanted)) {
        await remove(old);
        await client.create(SERVICES, owner.namespace, wanted);
        log.info('eventsource/resource.go:138', 'service is re-created', [['serviceName', old.metadata.name]]);
      }
    } catch (error) {
      conditions.isFalse('Deployed', 'CreateServiceFailed', 'Failed to create a service');
      log.error('eventsource/resource.go:120', 'error creating a service', [failed(error)]);
      throw error;
    }
  }
}
