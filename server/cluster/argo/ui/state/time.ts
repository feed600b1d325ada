import { signal } from '@preact/signals';

/**
 * The server's time in milliseconds since 1970, moved on each second, for "5m44s ago". A cluster's clock can be moved
 * forward, and a reader's may be wrong. This file alone touches the browser's clock.
 */
export const now = signal(Date.now());

/** How far the server's clock is ahead of the browser's, in milliseconds. */
let ahead = 0;
/** The server tells whole seconds: less than these is no news. */
const COARSE_MS = 2000;

/** Takes the time from the `Date` of one of the server's answers. */
export function learnTime(date: string | null): void {
  const there = Date.parse(date ?? '');
  if (Number.isNaN(there)) return;
  const difference = there - Date.now();
  const next = Math.abs(difference) < COARSE_MS ? 0 : difference;
  if (Math.abs(next - ahead) < COARSE_MS) return;
  ahead = next;
  tick();
}

function tick(): void {
  now.value = Date.now() + ahead;
}

export function startClock(): void {
  setInterval(tick, 1000);
}

/** Milliseconds since the page began, for durations. */
export function elapsed(): number {
  return performance.now();
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
