import { parseGoDuration } from '../../../lib/go-duration.ts';

/** Go durations, days, and plain numbers as seconds, in milliseconds; undefined for anything else, and below nothing. */
export function durationOf(text: string): number | undefined {
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseGoDuration(text, { days: true });
  return ms === undefined || ms < 0 ? undefined : ms;
}
