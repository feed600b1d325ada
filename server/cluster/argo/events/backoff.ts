import { sleep, type Clock } from '../../../lib/clock.ts';
import { parseGoDuration } from '../../../lib/go-duration.ts';
import type { Backoff } from './types.ts';

/** One second each time, five times. */
export const DEFAULT_BACKOFF: Backoff = { duration: '1s', factor: 1, jitter: undefined, steps: 5 };

/** A duration in milliseconds. Throws an Error with Go's words. */
export function durationMs(text: string): number {
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  return ms;
}

const MAX_STEPS = 1000;

/** How long to wait before each further try, in milliseconds; jitter is left out, so that a lab runs alike each time. */
export function delaysOf({ duration, factor, steps }: Backoff): number[] {
  const first = duration === undefined ? 1000 : typeof duration === 'number' ? duration / 1e6 : durationMs(duration);
  const by = factor === undefined ? 1 : Number(factor);
  if (Number.isNaN(by)) throw new Error(`invalid factor, strconv.ParseFloat: parsing ${JSON.stringify(String(factor))}: invalid syntax`);
  const tries = Math.min(MAX_STEPS, steps !== undefined && steps > 0 ? steps : 5);
  return Array.from({ length: Math.max(0, tries - 1) }, (_, i) => first * by ** i);
}

/**
 * Tries until it works; throws what the last try threw, as an Error that says so.
 * After argo-events v1.9.9 pkg/shared/util/backoff.go, DoWithRetry
 */
export async function withRetry<T>(clock: Clock, signal: AbortSignal, backoff: Backoff, work: () => Promise<T>): Promise<T> {
  let delays: number[];
  try {
    delays = delaysOf(backoff);
  } catch (error) {
    throw new Error(`invalid backoff configuration, ${error instanceof Error ? error.message : String(error)}`);
  }
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const delay = delays.shift();
      if (delay === undefined || signal.aborted) throw new Error(`failed after retries: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      await sleep(clock, delay, signal);
    }
  }
}
