import { ApiStatus } from '../../../api/status.ts';
import type { KubeClient, ResourceType } from '../../../client.ts';
import { CONFIG_MAPS, PERSISTENT_VOLUME_CLAIMS, SECRETS, SERVICES, STATEFUL_SETS } from '../../../controllers/runtime/resources.ts';
import type { KubeObject } from '../../../store/object.ts';
import type { BusConfig, EventBusSpec, JetStream, NativeStan } from '../types.ts';
import { EVENT_SOURCES, SENSORS } from '../version.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { jetStreamConfigMap, jetStreamNames, jetStreamSecrets, jetStreamService, jetStreamStatefulSet, streamConfig } from './bus-jetstream.ts';
import { busLabels, stanClientSecret, stanConfigMap, stanNames, stanServerSecret, stanService, stanStatefulSet, type AuthStrategy } from './bus-stan.ts';
import type { EventsConfig } from './config.ts';
import { hashOf, type Owner } from './objects.ts';

/** What stops an installation: the reason and message that the status shows, and the error behind them. */
export class InstallError extends Error {
  constructor(
    readonly reason: string,
    readonly shown: string,
    message: string,
  ) {
    super(message);
  }
}

export interface InstallContext {
  client: KubeClient;
  config: EventsConfig;
  log: ZapLogger;
  now(): number;
  random(length: number): string;
}

export interface Installed {
  reason: string;
  message: string;
  config: BusConfig;
}

/** What is wrong with a bus' spec. After argo-events v1.9.9 pkg/reconciler/eventbus/validate.go */
export function busProblem({ nats, jetstream, kafka, jetstreamExotic }: EventBusSpec): string | undefined {
  if (nats === undefined && jetstream === undefined && kafka === undefined && jetstreamExotic === undefined) return 'invalid spec: either "nats", "jetstream", "jetstreamExotic", or "kafka" needs to be specified';
  if (nats?.native !== undefined && nats.exotic !== undefined) return '"spec.nats.native" and "spec.nats.exotic" can not be defined together';
  if (nats !== undefined && nats.native === undefined && nats.exotic === undefined) return 'either "native" or "exotic" must be defined';
  if (nats?.exotic !== undefined) {
    if (nats.exotic.clusterID === undefined) return '"spec.nats.exotic.clusterID" is missing';
    if (nats.exotic.url === '') return '"spec.nats.exotic.url" is missing';
  }
  if (jetstream !== undefined) {
    if (jetstream.version === '') return 'invalid spec: a version for jetstream needs to be specified';
    if (jetstream.replicas !== undefined && (jetstream.replicas === 2 || jetstream.replicas <= 0)) return 'invalid spec: a jetstream eventbus requires 1 replica or >= 3 replicas';
  }
  if (kafka !== undefined && kafka.url === '') return '"spec.kafka.url" is missing';
  if (jetstreamExotic?.url === '') return '"spec.jetstreamExotic.url" is missing';
  return undefined;
}

/** Makes the bus' objects, or changes what differs. Throws InstallError. */
export async function installBus(owner: Owner, spec: EventBusSpec, context: InstallContext): Promise<Installed> {
  const { nats, jetstream, kafka, jetstreamExotic } = spec;
  if (nats?.native !== undefined) return await new StanInstaller(owner, nats.native, context).install();
  if (jetstream !== undefined) return await installJetStream(owner, jetstream, context);
  const exotic = (caller: string, name: string, config: BusConfig): Installed => {
    context.log.named(name).info(caller, 'use exotic config');
    return { reason: 'Skipped', message: 'Skip deployment because of using exotic config.', config };
  };
  if (nats?.exotic !== undefined) return exotic('installer/exotic_nats.go:33', 'exotic-nats', busConfig({ nats: nats.exotic }));
  if (kafka !== undefined) return exotic('installer/kafka.go:37', 'exotic-kafka', busConfig({ kafka: { ...kafka, topic: kafka.topic === '' ? `${owner.namespace}-${owner.name}` : kafka.topic } }));
  return exotic('installer/exotic_jetstream.go:33', 'exotic-jetstream', busConfig({ jetstream: jetstreamExotic }));
}

const busConfig = (config: Partial<BusConfig>): BusConfig => ({ nats: undefined, jetstream: undefined, kafka: undefined, ...config });

const missing = (error: unknown): boolean => error instanceof ApiStatus && error.code === 404;

class StanInstaller {
  readonly #log: ZapLogger;

  constructor(
    private readonly owner: Owner,
    private readonly native: NativeStan,
    private readonly context: InstallContext,
  ) {
    this.#log = context.log.named('nats');
  }

  async install(): Promise<Installed> {
    const { owner, native } = this;
    const names = stanNames(owner.name);
    await this.#ensure(SERVICES, stanService(owner), 'service', ['installer/nats.go:180', 'Service is created', 'serviceName'], ['installer/nats.go:170', 'Service is updated']);
    await this.#ensure(CONFIG_MAPS, stanConfigMap(owner, native), 'configmap', ['installer/nats.go:221', 'Created configmap', 'configmapName'], ['installer/nats.go:211', 'Updated configmap']);
    const strategy = native.auth ?? 'none';
    if (strategy !== 'none' && strategy !== 'token') throw new InstallError('UnsupportedAuthStrategy', 'Unsupported auth strategy', 'unsupported auth strategy');
    await this.#secrets(strategy);
    let statefulSet: KubeObject;
    try {
      statefulSet = stanStatefulSet(owner, native, this.context.config);
    } catch (error) {
      const message = `failed to get nats streaming version, err: ${error instanceof Error ? error.message : String(error)}`;
      this.#log.error('installer/nats.go:376', 'Error building statefulset spec', [['error', message]]);
      throw new InstallError('BuildStatefulSetFailed', 'Failed to build a statefulset spec', message);
    }
    await this.#ensure(STATEFUL_SETS, statefulSet, 'statefulset', ['installer/nats.go:399', 'Statefulset is created', 'statefulsetName'], ['installer/nats.go:391', 'Statefulset is updated']);
    const accessSecret = strategy === 'none' ? {} : { accessSecret: { name: names.clientSecret, key: 'client-auth' } };
    return { reason: 'Succeeded', message: 'NATS is deployed', config: busConfig({ nats: { url: `nats://${names.service}:4222`, clusterID: names.clusterId, auth: strategy, accessSecret: undefined, ...accessSecret } }) };
  }

  /** A token is made once and kept while the strategy stays. */
  async #secrets(strategy: AuthStrategy): Promise<void> {
    const { owner } = this;
    const { client, random } = this.context;
    const names = stanNames(owner.name);
    const server = await client.find(SECRETS, owner.namespace, names.serverSecret);
    const own = await client.find(SECRETS, owner.namespace, names.clientSecret);
    const kept = (secret: KubeObject | undefined) => secret?.metadata.annotations?.['strategy'] === strategy;
    if (strategy === 'none') {
      if (own !== undefined) {
        await client.delete(SECRETS, owner.namespace, names.clientSecret);
        this.#log.info('installer/nats.go:259', 'Deleted server auth secret');
      }
      if (!kept(server)) await this.#replace(server, stanServerSecret(owner, strategy, ''), 'server', ['installer/nats.go:291', 'installer/nats.go:282']);
      return;
    }
    if (kept(server) && kept(own)) return;
    const token = random(64);
    await this.#replace(server, stanServerSecret(owner, strategy, token), 'server', ['installer/nats.go:314', 'installer/nats.go:325']);
    await this.#replace(own, stanClientSecret(owner, strategy, token), 'client', ['installer/nats.go:343', 'installer/nats.go:354']);
  }

  async #replace(old: KubeObject | undefined, secret: KubeObject, which: 'server' | 'client', [created, updated]: [string, string]): Promise<void> {
    const { client } = this.context;
    const verb = old === undefined ? 'Create' : 'Update';
    await this.#careful(`${verb}${which === 'server' ? 'Server' : 'Client'}AuthSecretFailed`, `Failed to ${verb.toLowerCase()} ${old === undefined ? 'a' : 'the'} ${which} auth secret`, async () => {
      if (old === undefined) await client.create(SECRETS, this.owner.namespace, secret);
      else await client.update(SECRETS, { ...old, metadata: { ...old.metadata, labels: secret.metadata.labels ?? {}, annotations: secret.metadata.annotations ?? {} }, data: secret['data'] });
    });
    this.#log.info(old === undefined ? created : updated, `${verb}d ${which} auth secret`, [[`${which}AuthSecretName`, secret.metadata.name]]);
  }

  async #ensure(type: ResourceType, wanted: KubeObject, what: string, [createdAt, created, field]: [string, string, string], [updatedAt, updated]: [string, string]): Promise<void> {
    const { client } = this.context;
    const title = what === 'configmap' ? 'ConfigMap' : what === 'statefulset' ? 'StatefulSet' : 'Service';
    const old = await client.find(type, this.owner.namespace, wanted.metadata.name);
    if (old === undefined) {
      await this.#careful(`Create${title}Failed`, what === 'configmap' ? 'Failed to create configmap' : `Failed to create a ${what}`, () => client.create(type, this.owner.namespace, wanted));
      this.#log.info(createdAt, created, [[field, wanted.metadata.name]]);
    } else if (hashOf(old) !== hashOf(wanted)) {
      await this.#careful(`Update${title}Failed`, what === 'statefulset' ? 'Failed to update a statefulset' : `Failed to update existing ${what}`, () => client.update(type, merged(old, wanted)));
      this.#log.info(updatedAt, updated, [[field, wanted.metadata.name]]);
    }
  }

  async #careful(reason: string, shown: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.error('installer/nats.go:177', shown.replace('Failed to', 'Error').replace(/^Error (creat|updat)e/, 'Error $1ing'), [failed(error)]);
      throw new InstallError(reason, shown, error instanceof Error ? error.message : String(error));
    }
  }
}

/** The stored object with what it is to be. */
export function merged(old: KubeObject, wanted: KubeObject): KubeObject {
  const { metadata, apiVersion: _version, kind: _kind, ...rest } = wanted;
  const kept = old.kind === 'Service' && typeof old['spec'] === 'object' && typeof rest['spec'] === 'object' ? { spec: { ...old['spec'], ...rest['spec'] } } : {};
  return { ...old, ...rest, ...kept, metadata: { ...old.metadata, labels: metadata.labels ?? {}, annotations: { ...old.metadata.annotations, ...metadata.annotations } } };
}

async function installJetStream(owner: Owner, spec: JetStream, context: InstallContext): Promise<Installed> {
  const { client, config, now, random } = context;
  const log = context.log.with(['eventbus', owner.name]);
  const names = jetStreamNames(owner.name);
  const step = async (reason: string, caller: string, what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log.error(caller, `failed to create jetstream ${what}`, [['error', message]]);
      throw new InstallError(reason, message, message);
    }
  };
  const ensure = async (type: ResourceType, wanted: KubeObject, what: string, [createdAt, updatedAt]: [string, string]): Promise<void> => {
    const old = await client.find(type, owner.namespace, wanted.metadata.name);
    if (old === undefined) {
      await client.create(type, owner.namespace, wanted).catch((error: unknown) => {
        throw new Error(`failed to create jetstream ${what}, err: ${error instanceof Error ? error.message : String(error)}`);
      });
      log.info(createdAt, `created jetstream ${what} successfully`);
    } else if (hashOf(old) !== hashOf(wanted)) {
      await client.update(type, merged(old, wanted)).catch((error: unknown) => {
        throw new Error(`failed to update jetstream ${what}, err: ${error instanceof Error ? error.message : String(error)}`);
      });
      log.info(updatedAt, `updated jetstream ${what} successfully`);
    }
  };
  const stream = streamConfig(spec, config);
  await step('JetStreamAuthSecretsFailed', 'installer/jetstream.go:98', 'auth secrets', async () => {
    const [server, own] = [await client.find(SECRETS, owner.namespace, names.serverSecret), await client.find(SECRETS, owner.namespace, names.clientSecret)];
    if (server !== undefined && own !== undefined) return;
    const made = jetStreamSecrets(owner, now(), random);
    log.info('installer/jetstream.go:564', `cluster node hosts: [${made.clusterHosts.join(' ')}]`);
    for (const [old, which, caller] of [[server, 'server', 'installer/jetstream.go:611'], [own, 'client', 'installer/jetstream.go:618']] as const) {
      if (old === undefined) continue;
      await client.delete(SECRETS, owner.namespace, old.metadata.name);
      log.info(caller, `deleted malformed nats ${which} auth secret successfully`);
    }
    await client.create(SECRETS, owner.namespace, made.server);
    log.info('installer/jetstream.go:624', 'created nats server auth secret successfully');
    await client.create(SECRETS, owner.namespace, made.client);
    log.info('installer/jetstream.go:629', 'created nats client auth secret successfully');
  });
  await step('JetStreamConfigMapFailed', 'installer/jetstream.go:103', 'ConfigMap', () => ensure(CONFIG_MAPS, jetStreamConfigMap(owner, spec, config), 'configmap', ['installer/jetstream.go:701', 'installer/jetstream.go:713']));
  await step('JetStreamServiceFailed', 'installer/jetstream.go:108', 'Service', () => ensure(SERVICES, jetStreamService(owner), 'service', ['installer/jetstream.go:171', 'installer/jetstream.go:183']));
  await step('JetStreamStatefulSetFailed', 'installer/jetstream.go:113', 'StatefulSet', async () => {
    let wanted: KubeObject;
    try {
      wanted = jetStreamStatefulSet(owner, spec, config);
    } catch (error) {
      throw new Error(`failed to get jetstream version, err: ${error instanceof Error ? error.message : String(error)}`);
    }
    await ensure(STATEFUL_SETS, wanted, 'statefulset', ['installer/jetstream.go:215', 'installer/jetstream.go:227']);
  });
  return { reason: 'Succeeded', message: 'JetStream is deployed', config: busConfig({ jetstream: { url: `nats://${names.service}.${owner.namespace}.svc:4222`, accessSecret: { name: names.clientSecret, key: 'client-auth' }, streamConfig: stream, tls: undefined } }) };
}

/** Before a bus goes: nobody may be connected, and the claims that its StatefulSet leaves are removed. Throws an Error. */
export async function uninstallBus(owner: Owner, { client, log }: InstallContext): Promise<void> {
  for (const [type, what] of [[EVENT_SOURCES, 'EventSources'], [SENSORS, 'Sensors']] as const) {
    const { items } = await client.list(type, { namespace: owner.namespace });
    const linked = items.filter((object) => busNameOf(object) === owner.name).length;
    if (linked > 0) throw new Error(`can not delete an EventBus with ${linked} ${what} connected`);
  }
  const labelSelector = Object.entries(busLabels(owner.name)).map(([key, value]) => `${key}=${value}`).join(',');
  for (const { metadata } of (await client.list(PERSISTENT_VOLUME_CLAIMS, { namespace: owner.namespace, labelSelector })).items) {
    await client.delete(PERSISTENT_VOLUME_CLAIMS, owner.namespace, metadata.name).catch((error: unknown) => {
      if (!missing(error)) throw error;
    });
    log.info('installer/nats.go:137', 'Pvc deleted', [['pvcName', metadata.name]]);
  }
}

/** The bus that an event source or sensor uses. */
export function busNameOf(object: KubeObject): string {
  const spec = object['spec'];
  const name = typeof spec === 'object' && spec !== null && 'eventBusName' in spec && typeof spec.eventBusName === 'string' ? spec.eventBusName : '';
  return name === '' ? 'default' : name;
}
