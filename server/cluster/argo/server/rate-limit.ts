const LIMIT = 1000;
const INTERVAL_MS = 1000;

/** A thousand requests a second, counted in windows from the first request on. After sethvargo/go-limiter memorystore */
export class RateLimit {
  #start: number | undefined;
  #tick = 0;
  #left = LIMIT;

  /** Takes one; the headers say how many are left and when the window ends. */
  take(now: number): { allowed: boolean; headers: [string, string][]; retryAfter: string } {
    this.#start ??= now;
    const tick = Math.floor((now - this.#start) / INTERVAL_MS);
    if (tick > this.#tick) {
      this.#tick = tick;
      this.#left = LIMIT;
    }
    const allowed = this.#left > 0;
    if (allowed) this.#left--;
    const reset = new Date(this.#start + (this.#tick + 1) * INTERVAL_MS).toUTCString().replace('GMT', 'UTC');
    return {
      allowed,
      retryAfter: reset,
      headers: [
        ['X-Ratelimit-Limit', String(LIMIT)],
        ['X-Ratelimit-Remaining', String(this.#left)],
        ['X-Ratelimit-Reset', reset],
      ],
    };
  }
}
