/** Time as an argument: everything outside `lib/` asks a Clock, so a test can move an hour in a millisecond. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Calls `fn` every `ms` milliseconds until the returned function is called. */
  every(ms: number, fn: () => void): () => void;
}

/** The machine's clock. Timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, 2 ** 31 - 1));
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, fn) {
    const timer = setInterval(fn, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `2006-01-02T15:04:05Z`: the form of Kubernetes' metav1.Time (whole seconds). */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** `2006-01-02T15:04:05.000000Z`: the form of Kubernetes' metav1.MicroTime. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}

/** A clock that runs like another one and can be moved forward: what is due by then happens at once, in order. */
export class ShiftableClock implements Clock {
  readonly #base: Clock;
  readonly #timers = new Set<{ at: number; cancel: () => void; fire: () => void }>();
  #offset: number;

  /** `ahead`: by how many milliseconds it is before the other one already. */
  constructor(base: Clock, ahead = 0) {
    this.#base = base;
    this.#offset = ahead;
  }

  /** By how many milliseconds it was moved. */
  get ahead(): number {
    return this.#offset;
  }

  now(): number {
    return this.#base.now() + this.#offset;
  }

  after(ms: number, fn: () => void): () => void {
    const timer = {
      at: this.now() + ms,
      cancel: (): void => undefined,
      fire: (): void => {
        this.#timers.delete(timer);
        fn();
      },
    };
    this.#timers.add(timer);
    timer.cancel = this.#base.after(ms, timer.fire);
    return () => {
      this.#timers.delete(timer);
      timer.cancel();
    };
  }

  every(ms: number, fn: () => void): () => void {
    let stopped = false;
    let cancel = (): void => undefined;
    const arm = (): void => {
      cancel = this.after(ms, () => {
        fn();
        if (!stopped) arm();
      });
    };
    arm();
    return () => {
      stopped = true;
      cancel();
    };
  }

  /** Moves the clock forward by `ms` milliseconds; throws RangeError for less than nothing. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a clock only goes forward');
    this.#offset += ms;
    const now = this.now();
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (!this.#timers.has(timer)) continue;
      timer.cancel();
      if (timer.at <= now) timer.fire();
      else timer.cancel = this.#base.after(timer.at - now, timer.fire);
    }
  }
}

/** A clock that stands still until `advance` is called; timers fire in order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; every?: number; fn: () => void }[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void): () => void {
    return this.#add({ at: this.#now + ms, fn });
  }

  every(ms: number, fn: () => void): () => void {
    return this.#add({ at: this.#now + ms, every: ms, fn });
  }

  /** Moves the time on by `ms`, firing what falls due on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#now = Math.max(this.#now, due.at);
      if (due.every === undefined) this.#timers = this.#timers.filter((t) => t !== due);
      else due.at += due.every;
      due.fn();
    }
    this.#now = end;
  }

  #add(timer: { at: number; every?: number; fn: () => void }): () => void {
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }
}
