import { goDuration } from '../../../../lib/go-duration.ts';
import { formatGoLayout } from '../go-time-format.ts';
import { GoDuration, GoTime } from './values.ts';
import type { ExprFunction } from './values.ts';

const date = (time: GoTime): Date => new Date(time.ms);
const ms = (value: unknown): number => (value instanceof GoTime || value instanceof GoDuration ? value.ms : Number(value) / 1_000_000);
const roundTo = (value: number, unit: number, how: (x: number) => number): number => (unit <= 0 ? value : how(value / unit) * unit);

/** Methods of time.Time that expressions call on what `now()` and `date(…)` give. Times are UTC, to the millisecond. */
const timeMethods: Record<string, (time: GoTime, ...args: unknown[]) => unknown> = {
  Year: (time) => BigInt(date(time).getUTCFullYear()),
  Month: (time) => BigInt(date(time).getUTCMonth() + 1),
  Day: (time) => BigInt(date(time).getUTCDate()),
  Hour: (time) => BigInt(date(time).getUTCHours()),
  Minute: (time) => BigInt(date(time).getUTCMinutes()),
  Second: (time) => BigInt(date(time).getUTCSeconds()),
  Nanosecond: (time) => BigInt(date(time).getUTCMilliseconds() * 1_000_000),
  Weekday: (time) => BigInt(date(time).getUTCDay()),
  YearDay: (time) => BigInt(Math.floor((time.ms - Date.UTC(date(time).getUTCFullYear(), 0, 1)) / 86_400_000) + 1),
  Unix: (time) => BigInt(Math.floor(time.ms / 1000)),
  UnixMilli: (time) => BigInt(time.ms),
  UnixNano: (time) => BigInt(time.ms) * 1_000_000n,
  Format: (time, layout) => formatGoLayout(time.ms, String(layout)),
  String: (time) => formatGoLayout(time.ms, '2006-01-02 15:04:05 +0000 UTC'),
  Add: (time, duration) => new GoTime(time.ms + ms(duration)),
  Sub: (time, other) => new GoDuration(time.ms - ms(other)),
  AddDate: (time, years, months, days) => {
    const out = date(time);
    out.setUTCFullYear(out.getUTCFullYear() + Number(years), out.getUTCMonth() + Number(months), out.getUTCDate() + Number(days));
    return new GoTime(out.getTime());
  },
  Before: (time, other) => time.ms < ms(other),
  After: (time, other) => time.ms > ms(other),
  Equal: (time, other) => time.ms === ms(other),
  Compare: (time, other) => BigInt(Math.sign(time.ms - ms(other))),
  IsZero: (time) => time.ms === Date.UTC(1, 0, 1),
  Truncate: (time, unit) => new GoTime(roundTo(time.ms, ms(unit), Math.floor)),
  Round: (time, unit) => new GoTime(roundTo(time.ms, ms(unit), Math.round)),
  UTC: (time) => time,
  Local: (time) => time,
};

/** Methods of time.Duration. */
const durationMethods: Record<string, (duration: GoDuration, ...args: unknown[]) => unknown> = {
  Hours: (duration) => duration.ms / 3_600_000,
  Minutes: (duration) => duration.ms / 60_000,
  Seconds: (duration) => duration.ms / 1000,
  Milliseconds: (duration) => BigInt(Math.trunc(duration.ms)),
  Microseconds: (duration) => BigInt(Math.trunc(duration.ms * 1000)),
  Nanoseconds: (duration) => BigInt(Math.trunc(duration.ms * 1_000_000)),
  String: (duration) => goDuration(duration.ms),
  Abs: (duration) => new GoDuration(Math.abs(duration.ms)),
  Truncate: (duration, unit) => new GoDuration(roundTo(duration.ms, ms(unit), Math.trunc)),
  Round: (duration, unit) => new GoDuration(roundTo(duration.ms, ms(unit), Math.round)),
};

export const isTimeMethod = (nature: 'time' | 'duration', name: string): boolean => Object.hasOwn(nature === 'time' ? timeMethods : durationMethods, name);

/** A method bound to its time or duration; undefined when there is none of that name. */
export function timeMethod(value: unknown, name: unknown): ExprFunction | undefined {
  const key = String(name);
  if (value instanceof GoTime && Object.hasOwn(timeMethods, key)) return (...args) => timeMethods[key]?.(value, ...args);
  if (value instanceof GoDuration && Object.hasOwn(durationMethods, key)) return (...args) => durationMethods[key]?.(value, ...args);
  return undefined;
}
