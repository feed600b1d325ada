/** Time as an argument, as on the server: tests of this page move it by hand. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `fn` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
}

/** The only place of the page that touches the browser's timers. */
export const browserTimers: Timers = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};

/** Milliseconds to wait before the n-th try (0-based) to connect again: 250, 500, 1000, 2000, 4000, 4000 … */
export function backoff(attempt: number): number {
  return Math.min(4000, 250 * 2 ** Math.min(attempt, 10));
}

/** Milliseconds between two looks at the clock, and how late one has to be: browsers wake hidden pages once a minute. */
const LOOK_MS = 5000;
const SLEPT_MS = 150_000;

/** Calls `fn` when this page has slept: the computer did, or the browser froze it. Returns how to stop. */
export function onWake(timers: Timers, fn: () => void): () => void {
  let cancel = () => {};
  const look = () => {
    const before = timers.now();
    cancel = timers.after(LOOK_MS, () => {
      if (timers.now() - before > SLEPT_MS) fn();
      look();
    });
  };
  look();
  return () => cancel();
}
