import type { Duplex } from 'node:stream';
import type { ProgramContext } from '../../../program.ts';
import { dialInCluster } from '../../executor/cluster-http.ts';
import type { BusConfig } from '../types.ts';
import { failed, type ZapLogger } from '../zap.ts';
import type { Broker, BusMessage } from './broker.ts';

export type BusKind = 'stan' | 'jetstream' | 'kafka';

export interface BusAddress {
  kind: BusKind;
  /** Where its servers are: the first that answers will do. */
  servers: { host: string; port: number }[];
  /** By which the broker knows the bus. */
  key: string;
  auth: 'Token' | 'Basic' | 'None';
  /** Of Kafka. */
  topic: string;
}

/** What a bus' configuration comes to. Throws an Error where it names none. */
export function busAddress(config: BusConfig, namespace: string): BusAddress {
  const kind = config.nats !== undefined ? 'stan' : config.jetstream !== undefined ? 'jetstream' : config.kafka !== undefined ? 'kafka' : undefined;
  if (kind === undefined) throw new Error('invalid event bus');
  const url = config.nats?.url ?? config.jetstream?.url ?? config.kafka?.url ?? '';
  const servers = url.split(',').map((one) => {
    const [, host = '', port = kind === 'kafka' ? '9092' : '4222'] = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)(?::(\d+))?/.exec(one.trim()) ?? [];
    return { host, port: Number(port) };
  });
  const [service = '', space = namespace] = servers[0]?.host.split('.') ?? [];
  const auth = kind === 'stan' ? (config.nats?.auth === 'token' ? 'Token' : 'None') : config.jetstream?.accessSecret === undefined ? 'None' : 'Basic';
  const topic = config.kafka?.topic ?? '';
  return { kind, servers: kind === 'kafka' ? servers : servers.slice(0, 1), key: kind === 'kafka' ? `${service}.${space}/${topic}` : `${service}.${space}`, auth, topic };
}

/**
 * A client's connection with the bus: as alive as the server that it was dialled to. What is published and subscribed
 * goes through the broker that all servers of the bus share.
 */
export class BusConnection {
  readonly #socket: Duplex;
  readonly #broker: Broker;
  readonly #address: BusAddress;
  readonly #log: ZapLogger;
  #open = true;

  private constructor(socket: Duplex, broker: Broker, address: BusAddress, log: ZapLogger) {
    this.#socket = socket;
    this.#broker = broker;
    this.#address = address;
    this.#log = log;
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#open && address.kind !== 'kafka') log.error('base/stan.go:40', 'NATS connection lost', [['error', 'EOF']]);
      this.#open = false;
    });
    socket.once('end', () => socket.destroy());
  }

  /** Throws an Error where no server answers. */
  static async open(context: ProgramContext, broker: Broker, config: BusConfig, log: ZapLogger): Promise<BusConnection> {
    const namespace = context.pod.metadata.namespace ?? '';
    const address = busAddress(config, namespace);
    const { kind, servers, auth } = address;
    if (kind === 'kafka') return new BusConnection(await dialKafka(context, servers, namespace), broker, address, log);
    const { host = '', port = 0 } = servers[0] ?? {};
    const lines = kind === 'stan' ? { auth: auth === 'Token' ? 'base/stan.go:49' : 'base/stan.go:52', connected: 'base/stan.go:61', failed: 'base/stan.go:58' } : { auth: auth === 'Basic' ? 'base/jetstream.go:90' : 'base/jetstream.go:93', connected: 'base/jetstream.go:112', failed: 'base/jetstream.go:99' };
    log.info(lines.auth, `NATS auth strategy: ${auth}`);
    try {
      const socket = await dialInCluster(context.network, host, port, namespace);
      log.info(lines.connected, kind === 'stan' ? 'Connected to NATS server.' : 'Connected to NATS Jetstream server.');
      if (kind === 'stan') log.info('base/stan.go:74', 'Connected to NATS streaming server.');
      return new BusConnection(socket, broker, address, log);
    } catch (error) {
      log.error(lines.failed, 'Failed to connect to NATS server', [failed(error)]);
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Throws an Error on a connection that is closed. */
  publish(message: BusMessage): void {
    if (!this.#open) throw new Error('failed to publish event, eventbus connection closed');
    this.#broker.publish(this.#address.key, message);
    if (this.#address.kind === 'kafka') this.#log.info('eventsource/source_conn.go:40', 'Published message to kafka', [['topic', this.#address.topic], ['key', `${message.source}.${message.event}`], ['partition', 0], ['offset', this.#broker.count(this.#address.key)]]);
  }

  subscribe(durable: string, wants: (message: BusMessage) => boolean, handler: (message: BusMessage) => void): () => void {
    return this.#broker.subscribe(this.#address.key, durable, wants, handler);
  }

  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }
}

/** The first broker that answers. Rejects with what the Kafka client says of the last. */
async function dialKafka(context: ProgramContext, servers: BusAddress['servers'], namespace: string): Promise<Duplex> {
  let last = '';
  for (const { host, port } of servers) {
    try {
      return await dialInCluster(context.network, host, port, namespace);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
  }
  throw new Error(`kafka: client has run out of available brokers to talk to: ${last}`);
}
