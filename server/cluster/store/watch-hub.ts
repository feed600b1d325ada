import type { KubeObject } from './object.ts';

/** One write, as watchers see it. `previous` is what stood there before it. */
export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  previous?: KubeObject;
  revision: number;
}

/** How many events of one resource are kept for watches that resume. */
const HISTORY = 400;
/** And how many bytes of objects, where there are large ones. */
const HISTORY_BYTES = 32 * 1024 * 1024;

interface Channel {
  history: StoreEvent[];
  /** Bytes of each event of the history, and of all. */
  sizes: number[];
  held: number;
  /** The revision of the newest event that was dropped from the history. */
  compacted: number;
  watchers: Set<(event: StoreEvent) => void>;
}

/** Forgets the oldest events. */
function drop(channel: Channel, count: number): void {
  const dropped = channel.history.splice(0, count);
  for (const size of channel.sizes.splice(0, count)) channel.held -= size;
  channel.compacted = dropped[dropped.length - 1]?.revision ?? channel.compacted;
}

/**
 * Hands out events in the order of their revisions. A watcher that writes from within its callback does not overtake:
 * what it caused is delivered to everybody after the event at hand.
 */
export class WatchHub {
  readonly #channels = new Map<string, Channel>();
  readonly #queue: { channel: Channel; event: StoreEvent }[] = [];
  #draining = false;

  /** `size`: of the event's object, in bytes. */
  publish(resource: string, event: StoreEvent, size: number): void {
    const channel = this.#channel(resource);
    channel.history.push(event);
    channel.sizes.push(size);
    channel.held += size;
    // Dropped in blocks: shifting one by one would move the whole array at each write.
    if (channel.history.length > HISTORY * 1.5) drop(channel, channel.history.length - HISTORY);
    if (channel.held > HISTORY_BYTES && channel.history.length > 1) {
      let [count, left] = [0, channel.held];
      while (left > HISTORY_BYTES / 2 && count < channel.history.length - 1) left -= channel.sizes[count++] ?? 0;
      drop(channel, count);
    }
    this.#queue.push({ channel, event });
    this.#drain();
  }

  /** Whether events after `revision` are all still known. */
  reaches(resource: string, revision: number): boolean {
    return revision >= this.#channel(resource).compacted;
  }

  /** The known events after a revision, in order. */
  since(resource: string, revision: number): StoreEvent[] {
    return this.#channel(resource).history.filter((event) => event.revision > revision);
  }

  compactedAt(resource: string): number {
    return this.#channel(resource).compacted;
  }

  /** Forgets the history up to `revision`: what was before it is not known, as after a restore. */
  compact(resource: string, revision: number): void {
    const channel = this.#channel(resource);
    drop(channel, channel.history.filter((event) => event.revision <= revision).length);
    channel.compacted = Math.max(channel.compacted, revision);
  }

  /** Calls back with every event after `since`, at once for those that happened already. Returns how to stop. */
  subscribe(resource: string, since: number, callback: (event: StoreEvent) => void): () => void {
    const channel = this.#channel(resource);
    const undelivered = new Set(this.#queue.filter((entry) => entry.channel === channel).map((entry) => entry.event));
    for (const event of [...channel.history]) if (event.revision > since && !undelivered.has(event)) callback(event);
    const watcher = (event: StoreEvent) => {
      if (event.revision > since) callback(event);
    };
    channel.watchers.add(watcher);
    return () => channel.watchers.delete(watcher);
  }

  #channel(resource: string): Channel {
    let channel = this.#channels.get(resource);
    if (channel === undefined) {
      channel = { history: [], sizes: [], held: 0, compacted: 0, watchers: new Set() };
      this.#channels.set(resource, channel);
    }
    return channel;
  }

  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let entry = this.#queue.shift(); entry !== undefined; entry = this.#queue.shift()) {
        for (const watcher of [...entry.channel.watchers]) if (entry.channel.watchers.has(watcher)) watcher(entry.event);
      }
    } finally {
      this.#draining = false;
    }
  }
}
