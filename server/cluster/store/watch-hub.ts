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

interface Channel {
  history: StoreEvent[];
  /** The revision of the newest event that was dropped from the history. */
  compacted: number;
  watchers: Set<(event: StoreEvent) => void>;
}

/**
 * Hands out events in the order of their revisions. A watcher that writes from within its callback does not overtake:
 * what it caused is delivered to everybody after the event at hand.
 */
export class WatchHub {
  readonly #channels = new Map<string, Channel>();
  readonly #queue: { channel: Channel; event: StoreEvent }[] = [];
  #draining = false;

  publish(resource: string, event: StoreEvent): void {
    const channel = this.#channel(resource);
    channel.history.push(event);
    // Dropped in blocks: shifting one by one would move the whole array at each write.
    if (channel.history.length > HISTORY * 1.5) {
      const dropped = channel.history.splice(0, channel.history.length - HISTORY);
      channel.compacted = dropped[dropped.length - 1]?.revision ?? channel.compacted;
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
    channel.history = channel.history.filter((event) => event.revision > revision);
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
      channel = { history: [], compacted: 0, watchers: new Set() };
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
