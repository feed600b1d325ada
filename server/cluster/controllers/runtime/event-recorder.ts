import { rfc3339, rfc3339Micro, type Clock } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import type { KubeClient } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { EVENTS } from './resources.ts';

export type EventType = 'Normal' | 'Warning';

export interface EventSource {
  component: string;
  host?: string;
}

/** The same event within this time only counts up. */
const AGGREGATION_MS = 10 * 60_000;
const MAX_KNOWN = 4096;

interface Known {
  name: string;
  namespace: string;
  count: number;
  at: number;
}

/** So many different messages of one reason are events of their own. */
const MAX_SIMILAR = 10;

interface Combined {
  /** Empty until it is written. */
  name: string;
  count: number;
  message: string;
  waiting: boolean;
}

/**
 * Writes core/v1 Events as client-go's recorder does: named `<object>.<hex of the time>`, the same event again only
 * raises `count` and `lastTimestamp`. Never fails and never makes its caller wait.
 */
export class EventRecorder {
  readonly #known = new Map<string, Known>();
  #tail: Promise<void> = Promise.resolve();
  #serial = 0;
  readonly #options: { client: KubeClient; clock: Clock; log: Log; source: EventSource };

  readonly #similar = new Map<string, { since: number; messages: Set<string>; combined: Combined | undefined }>();

  constructor(options: { client: KubeClient; clock: Clock; log: Log; source: EventSource }) {
    this.#options = options;
  }

  /** `fieldPath` points into the object: `spec.containers{main}`; `annotations` are the event's own. */
  record(object: KubeObject, type: EventType, reason: string, message: string, fieldPath?: string, annotations?: Record<string, string>): void {
    if (this.#isFlood(object, type, reason, message)) return;
    this.#enqueue(object, async () => {
      const { client, clock, source } = this.#options;
      const now = clock.now();
      const key = [object.metadata.uid, type, reason, message, fieldPath].join('\u0000');
      const known = this.#known.get(key);
      if (known !== undefined && now - known.at < AGGREGATION_MS) {
        known.count += 1;
        known.at = now;
        const body = { count: known.count, lastTimestamp: rfc3339(now) };
        try {
          await client.patch(EVENTS, known.namespace, known.name, { type: 'strategic', body });
          return;
        } catch {
          this.#known.delete(key); // deleted in the meantime: write it anew
        }
      }
      const event = this.#event(object, now, fieldPath);
      await client.create(EVENTS, event.metadata.namespace, {
        ...event,
        ...(annotations === undefined ? {} : { metadata: { ...event.metadata, annotations } }),
        reason,
        message,
        source: { ...source },
        firstTimestamp: rfc3339(now),
        lastTimestamp: rfc3339(now),
        count: 1,
        type,
        eventTime: null,
        reportingComponent: source.component,
        reportingInstance: source.host ?? '',
      });
      this.#remember(key, { name: event.metadata.name, namespace: event.metadata.namespace, count: 1, at: now });
    });
  }

  /**
   * Whether an object has had more than so many different messages of one reason lately: then one event stands for all
   * that follow, and is written only when the last one was. After client-go tools/record/events_cache.go
   */
  #isFlood(object: KubeObject, type: EventType, reason: string, message: string): boolean {
    const now = this.#options.clock.now();
    const key = [object.metadata.uid, type, reason].join('\u0000');
    let similar = this.#similar.get(key);
    if (similar === undefined || now - similar.since > AGGREGATION_MS) {
      if (this.#similar.size >= MAX_KNOWN) this.#similar.clear();
      this.#similar.set(key, (similar = { since: now, messages: new Set(), combined: undefined }));
    }
    if (similar.messages.size < MAX_SIMILAR) similar.messages.add(message);
    if (similar.messages.has(message)) return false;
    const text = `(combined from similar events): ${message}`;
    if (similar.combined !== undefined) {
      similar.combined.count++;
      similar.combined.message = text;
      if (!similar.combined.waiting) this.#combine(object, type, reason, similar.combined);
      return true;
    }
    similar.combined = { name: '', count: 1, message: text, waiting: false };
    this.#combine(object, type, reason, similar.combined);
    return true;
  }

  #combine(object: KubeObject, type: EventType, reason: string, combined: Combined): void {
    combined.waiting = true;
    this.#enqueue(object, async () => {
      combined.waiting = false;
      const { client, clock, source } = this.#options;
      const now = clock.now();
      const { count, message } = combined;
      const event = this.#event(object, now, undefined);
      if (combined.name !== '') {
        await client.patch(EVENTS, event.metadata.namespace, combined.name, { type: 'strategic', body: { count, message, lastTimestamp: rfc3339(now) } });
        return;
      }
      await client.create(EVENTS, event.metadata.namespace, { ...event, reason, message, source: { ...source }, firstTimestamp: rfc3339(now), lastTimestamp: rfc3339(now), count, type, eventTime: null, reportingComponent: source.component, reportingInstance: source.host ?? '' });
      combined.name = event.metadata.name;
    });
  }

  /** An event in the newer form, which has `eventTime` and `action` instead of counts (the scheduler writes these). */
  recordAction(object: KubeObject, type: EventType, reason: string, action: string, message: string, instance: string): void {
    this.#enqueue(object, async () => {
      const now = this.#options.clock.now();
      const event = this.#event(object, now, undefined);
      await this.#options.client.create(EVENTS, event.metadata.namespace, {
        ...event,
        reason,
        message,
        source: {},
        firstTimestamp: null,
        lastTimestamp: null,
        type,
        eventTime: rfc3339Micro(now),
        action,
        reportingComponent: this.#options.source.component,
        reportingInstance: instance,
      });
    });
  }

  /** Resolves when all that was recorded so far is written. */
  flushed(): Promise<void> {
    return this.#tail;
  }

  #event(object: KubeObject, now: number, fieldPath: string | undefined) {
    const { name, uid, resourceVersion } = object.metadata;
    const namespace = object.metadata.namespace ?? 'default';
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${this.#stamp(now)}`, namespace },
      involvedObject: {
        kind: object.kind,
        ...(object.metadata.namespace === undefined ? {} : { namespace }),
        name,
        ...(uid === undefined ? {} : { uid }),
        apiVersion: object.apiVersion,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
    };
  }

  // Nanoseconds since the epoch in hex, as client-go names events; a counter stands for what the clock can't tell apart.
  #stamp(now: number): string {
    this.#serial = (this.#serial + 1) % 1_000_000;
    return (BigInt(now) * 1_000_000n + BigInt(this.#serial)).toString(16);
  }

  #remember(key: string, known: Known): void {
    if (this.#known.size >= MAX_KNOWN) {
      const oldest = this.#known.keys().next().value;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(key, known);
  }

  #enqueue(object: KubeObject, write: () => Promise<void>): void {
    this.#tail = this.#tail.then(write).catch((error: unknown) => {
      this.#options.log.debug({ object: object.metadata.name, error: messageOf(error) }, 'event not written');
    });
  }
}
