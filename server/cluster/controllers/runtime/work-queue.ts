import type { Clock } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { Log } from '../../../lib/log.ts';
import { ApiStatus } from '../../api/status.ts';

export interface WorkQueueOptions {
  name: string;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Brings the object behind the key to where it should be. Called again after a failure, later each time. */
  reconcile: (key: string) => Promise<void>;
}

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 16_000;

/**
 * Keys to work on, each once, never the same key twice at a time. A key added while it is worked on runs again
 * afterwards. Failures are retried with a delay that doubles; a conflict is normal (somebody else wrote first).
 */
export class WorkQueue {
  readonly #dirty = new Set<string>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { at: number; cancel: () => void }>();
  readonly #options: WorkQueueOptions;
  #idle: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => {
      for (const timer of this.#timers.values()) timer.cancel();
      this.#timers.clear();
      this.#dirty.clear();
    });
  }

  add(key: string): void {
    if (this.#options.signal.aborted || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#running.has(key)) queueMicrotask(() => void this.#run(key));
  }

  /** Adds the key in `ms` milliseconds, unless it is due sooner already. */
  addAfter(key: string, ms: number): void {
    if (this.#options.signal.aborted) return;
    const { clock } = this.#options;
    const at = clock.now() + Math.max(0, ms);
    const waiting = this.#timers.get(key);
    if (waiting !== undefined) {
      if (waiting.at <= at) return;
      waiting.cancel();
    }
    const cancel = clock.after(Math.max(0, ms), () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { at, cancel });
  }

  /** Resolves when nothing is being worked on or waiting to be (timers don't count). */
  async settled(): Promise<void> {
    while (this.#running.size > 0 || this.#dirty.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(key: string): Promise<void> {
    if (this.#running.has(key) || !this.#dirty.delete(key)) return;
    this.#running.add(key);
    try {
      await this.#options.reconcile(key);
      this.#failures.delete(key);
    } catch (error) {
      if (!this.#options.signal.aborted) this.#retry(key, error);
    } finally {
      this.#running.delete(key);
      if (this.#dirty.has(key)) queueMicrotask(() => void this.#run(key));
      else if (this.#running.size === 0 && this.#dirty.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #retry(key: string, error: unknown): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const normal = error instanceof ApiStatus && (error.code === 409 || error.code === 404 || error.code === 403);
    const { log, name } = this.#options;
    log[normal ? 'debug' : 'warn']({ controller: name, key, failures, error: messageOf(error) }, 'reconcile failed');
    this.addAfter(key, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1)));
  }
}
