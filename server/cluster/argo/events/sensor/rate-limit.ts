import { sleep, type Clock } from '../../../../lib/clock.ts';

const UNIT_MS: Record<string, number> = { '': 1000, Second: 1000, Minute: 60_000, Hour: 3_600_000 };
/** So many turns may be saved up while nothing happens. */
const SLACK = 10;

/** Lets so many through in a time, evenly. After go.uber.org/ratelimit limiter_mutexbased.go, as argo-events v1.9.9 uses it. */
export class RateLimit {
  readonly #each: number;
  #last: number | undefined;
  #owed = 0;

  constructor(limit: { unit: string; requestsPerUnit: number | undefined } | undefined) {
    const rate = limit?.requestsPerUnit ?? 0;
    this.#each = limit === undefined || rate <= 0 ? 0 : (UNIT_MS[limit.unit] ?? 1000) / rate;
  }

  async take(clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#each === 0) return;
    const now = clock.now();
    if (this.#last === undefined) {
      this.#last = now;
      return;
    }
    this.#owed = Math.max(-SLACK * this.#each, this.#owed + this.#each - (now - this.#last));
    const wait = Math.max(0, this.#owed);
    this.#last = now + wait;
    if (wait > 0) this.#owed = 0;
    if (wait > 0) await sleep(clock, wait, signal);
  }
}
