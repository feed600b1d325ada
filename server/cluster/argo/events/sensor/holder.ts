import type { ArgoEvent } from '../bus/broker.ts';
import { meetsCondition, namesIn, type Condition } from './dependencies.ts';

/** What is done with an event that has come for a dependency. */
export type Taken =
  /** The trigger fires with these. */
  | { kind: 'fire'; events: Map<string, ArgoEvent> }
  /** The event is kept until the others are there. */
  | { kind: 'hold'; names: string[]; ids: string[] }
  /** It came before. */
  | { kind: 'duplicate' };

const FORGET_MS = 5 * 60_000;
const MAX_REMEMBERED = 10_000;

/**
 * The events that one trigger has got so far: of each dependency the latest. It fires once its condition is met, with all
 * that it holds, and begins anew.
 * After argo-events v1.9.9 pkg/eventbus/stan/sensor/trigger_conn.go and pkg/eventbus/jetstream/sensor/trigger_conn.go
 */
export class EventHolder {
  readonly #held = new Map<string, ArgoEvent>();
  /** Ids of events that are done with, and when. */
  readonly #done = new Map<string, number>();

  constructor(
    private readonly condition: Condition,
    /** JetStream fires a trigger without `&&` by each event alone. */
    private readonly alone: boolean,
  ) {}

  take(name: string, event: ArgoEvent, now: number): Taken {
    const key = `${name} ${event.context.id}`;
    this.#forget(now);
    if (this.#done.has(key)) return { kind: 'duplicate' };
    this.#done.set(key, now);
    if (this.alone) return { kind: 'fire', events: new Map([[name, event]]) };
    this.#held.set(name, event);
    if (meetsCondition(this.condition, (one) => this.#held.has(one))) {
      const events = new Map(this.#held);
      this.#held.clear();
      return { kind: 'fire', events };
    }
    return { kind: 'hold', names: [...this.#held.keys()], ids: [...this.#held.values()].map(({ context }) => context.id) };
  }

  /** Which dependencies have got their event, as the log shows it: `map[a:true b:false]`. */
  show(): string {
    return `map[${namesIn(this.condition).sort().map((name) => `${name}:${String(this.#held.has(name))}`).join(' ')}]`;
  }

  reset(): void {
    this.#held.clear();
  }

  #forget(now: number): void {
    for (const [key, at] of this.#done) {
      if (now - at < FORGET_MS && this.#done.size < MAX_REMEMBERED) break;
      this.#done.delete(key);
    }
  }
}
