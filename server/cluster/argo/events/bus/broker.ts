import { z } from 'zod';

/** An event on its way: a CloudEvent in JSON, and what it is sorted by. */
export interface BusMessage {
  source: string;
  event: string;
  id: string;
  /** When the bus got it, in milliseconds. */
  at: number;
  /** The CloudEvent's JSON. */
  body: string;
}

type Handler = (message: BusMessage) => void;

interface Durable {
  wants: (message: BusMessage) => boolean;
  handlers: Handler[];
  pending: BusMessage[];
}

interface Bus {
  servers: number;
  /** How many messages it has taken. */
  count: number;
  durables: Map<string, Durable>;
}

/** So many messages wait for a subscriber that is away; the oldest go first. */
const MAX_PENDING = 10_000;

/**
 * What the servers of all event buses of a cluster keep: who subscribed under which durable name, and what came while
 * nobody was there. A bus is known by its Service, `eventbus-default-stan-svc.argo-events`; when its last server ends,
 * what it kept is lost.
 */
export class Broker {
  readonly #buses = new Map<string, Bus>();
  readonly #elections = new Map<string, (() => void)[]>();

  /** A server of the bus is up; the returned function says that it is down. */
  serve(key: string): () => void {
    const bus = this.#of(key);
    bus.servers++;
    let up = true;
    return () => {
      if (!up) return;
      up = false;
      if (--bus.servers === 0) for (const durable of bus.durables.values()) durable.pending = [];
    };
  }

  publish(key: string, message: BusMessage): void {
    const bus = this.#of(key);
    bus.count++;
    for (const durable of bus.durables.values()) {
      if (!durable.wants(message)) continue;
      // Several under one name share the work: the newest has it.
      const handler = durable.handlers.at(-1);
      if (handler !== undefined) queueMicrotask(() => handler(message));
      else if (durable.pending.push(message) > MAX_PENDING) durable.pending.shift();
    }
  }

  /** The place in a bus of the message that it took last, from 0. */
  count(key: string): number {
    return Math.max(0, this.#of(key).count - 1);
  }

  /** Gets what is published from now on, and what came in vain since this name was last subscribed to. */
  subscribe(key: string, name: string, wants: (message: BusMessage) => boolean, handler: Handler): () => void {
    const { durables } = this.#of(key);
    const durable = durables.get(name) ?? { wants, handlers: [], pending: [] };
    durable.wants = wants;
    durable.handlers.push(handler);
    durables.set(name, durable);
    for (const message of durable.pending.splice(0)) queueMicrotask(() => handler(message));
    return () => {
      durable.handlers = durable.handlers.filter((one) => one !== handler);
    };
  }

  /** Resolves when the caller leads the group, at once where nobody does; until the signal aborts. False: it aborted before. */
  async lead(group: string, signal: AbortSignal): Promise<boolean> {
    const waiting = this.#elections.get(group) ?? [];
    this.#elections.set(group, waiting);
    if (signal.aborted) return false;
    return await new Promise<boolean>((resolve) => {
      const turn = () => resolve(true);
      waiting.push(turn);
      if (waiting.length === 1) turn();
      signal.addEventListener('abort', () => {
        const led = waiting[0] === turn;
        const at = waiting.indexOf(turn);
        if (at >= 0) waiting.splice(at, 1);
        resolve(false);
        if (led) waiting[0]?.();
      }, { once: true });
    });
  }

  /** Whether somebody leads the group already. */
  isLed(group: string): boolean {
    return (this.#elections.get(group)?.length ?? 0) > 0;
  }

  #of(key: string): Bus {
    let bus = this.#buses.get(key);
    if (bus === undefined) this.#buses.set(key, (bus = { servers: 0, count: 0, durables: new Map() }));
    return bus;
  }
}

/** An event as sensors get it. After argo-events v1.9.9 pkg/sensors/listener.go, convertEvent */
export interface ArgoEvent {
  context: { id: string; source: string; specversion: string; type: string; datacontenttype: string; subject: string; /** RFC 3339. */ time: string };
  /** The payload's JSON text. */
  data: string;
}

const CloudEvent = z.object({ id: z.string(), source: z.string(), type: z.string(), subject: z.string(), time: z.string(), specversion: z.string(), datacontenttype: z.string() });

/** The CloudEvent's JSON around a payload that is JSON itself. */
export function cloudEvent(context: ArgoEvent['context'], data: string): string {
  const { specversion, id, source, type, subject, datacontenttype, time } = context;
  return `${JSON.stringify({ specversion, id, source, type, subject, datacontenttype, time }).slice(0, -1)},"data":${data}}`;
}

/** Takes a CloudEvent apart. Throws an Error for what is none. */
export function readCloudEvent(body: string): ArgoEvent {
  const context = CloudEvent.parse(JSON.parse(body));
  const at = body.indexOf('"data":', body.indexOf('"time":'));
  if (at < 0) throw new Error('the event has no data');
  return { context, data: body.slice(at + '"data":'.length, -1) };
}
