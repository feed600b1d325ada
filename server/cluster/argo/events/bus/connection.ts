import type { Duplex } from 'node:stream';
import type { ProgramContext } from '../../../program.ts';
import { dialInCluster } from '../../executor/cluster-http.ts';
import type { BusConfig } from '../types.ts';
import { failed, type ZapLogger } from '../zap.ts';
import type { Broker, BusMessage } from './broker.ts';

export type BusKind = 'stan' | 'jetstream';

/** What a bus' configuration comes to. Throws an Error where it names none that this cluster has. */
export function busAddress(config: BusConfig, namespace: string): { kind: BusKind; host: string; port: number; key: string; auth: 'Token' | 'Basic' | 'None' } {
  const kind = config.nats !== undefined ? 'stan' : config.jetstream !== undefined ? 'jetstream' : undefined;
  if (kind === undefined) throw new Error(config.kafka !== undefined ? 'kafka is not emulated by this cluster: use an EventBus with nats or jetstream' : 'invalid event bus');
  const url = (kind === 'stan' ? config.nats?.url : config.jetstream?.url) ?? '';
  const [, host = '', port = '4222'] = /^(?:\w+:\/\/)?(?:[^@/]*@)?([^:/]+)(?::(\d+))?/.exec(url.split(',')[0] ?? '') ?? [];
  const [service = '', space = namespace] = host.split('.');
  const auth = kind === 'stan' ? (config.nats?.auth === 'token' ? 'Token' : 'None') : config.jetstream?.accessSecret === undefined ? 'None' : 'Basic';
  return { kind, host, port: Number(port), key: `${service}.${space}`, auth };
}

/**
 * A client's connection with the bus: as alive as the server that it was dialled to. What is published and subscribed
 * goes through the broker that all servers of the bus share.
 */
export class BusConnection {
  readonly #socket: Duplex;
  readonly #broker: Broker;
  readonly #key: string;
  #open = true;

  private constructor(socket: Duplex, broker: Broker, key: string, log: ZapLogger) {
    this.#socket = socket;
    this.#broker = broker;
    this.#key = key;
    socket.resume();
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#open) log.error('base/stan.go:40', 'NATS connection lost', [['error', 'EOF']]);
      this.#open = false;
    });
    socket.once('end', () => socket.destroy());
  }

  /** Throws an Error where no server answers. */
  static async open(context: ProgramContext, broker: Broker, config: BusConfig, log: ZapLogger): Promise<BusConnection> {
    const namespace = context.pod.metadata.namespace ?? '';
    const { kind, host, port, key, auth } = busAddress(config, namespace);
    const lines = kind === 'stan' ? { auth: auth === 'Token' ? 'base/stan.go:49' : 'base/stan.go:52', connected: 'base/stan.go:61', failed: 'base/stan.go:58' } : { auth: auth === 'Basic' ? 'base/jetstream.go:90' : 'base/jetstream.go:93', connected: 'base/jetstream.go:112', failed: 'base/jetstream.go:99' };
    log.info(lines.auth, `NATS auth strategy: ${auth}`);
    try {
      const socket = await dialInCluster(context.network, host, port, namespace);
      log.info(lines.connected, kind === 'stan' ? 'Connected to NATS server.' : 'Connected to NATS Jetstream server.');
      if (kind === 'stan') log.info('base/stan.go:74', 'Connected to NATS streaming server.');
      return new BusConnection(socket, broker, key, log);
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
    this.#broker.publish(this.#key, message);
  }

  subscribe(durable: string, wants: (message: BusMessage) => boolean, handler: (message: BusMessage) => void): () => void {
    return this.#broker.subscribe(this.#key, durable, wants, handler);
  }

  close(): void {
    this.#open = false;
    this.#socket.destroy();
  }
}
