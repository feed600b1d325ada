const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const AMOUNT = '(\\d+\\.?\\d*|\\.\\d+)';
const GO = { whole: new RegExp(`^[+-]?(?:${AMOUNT}(?:ns|us|[µμ]s|ms|s|m|h))+$`), part: new RegExp(`${AMOUNT}(ns|us|[µμ]s|ms|s|m|h)`, 'g') };
const WITH_DAYS = { whole: new RegExp(`^[+-]?(?:${AMOUNT}(?:ns|us|[µμ]s|ms|s|m|h|d))+$`), part: new RegExp(`${AMOUNT}(ns|us|[µμ]s|ms|s|m|h|d)`, 'g') };

/**
 * Milliseconds of `1h30m`, `1.5s`, `-200ms` or `0`, as Go's time.ParseDuration reads it; undefined when it is none.
 * `days`: `1d` is one, too, which Go does not know but some of Argo's own readers do. Default false.
 */
export function parseGoDuration(text: string, { days = false }: { days?: boolean } = {}): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const { whole, part } = days ? WITH_DAYS : GO;
  if (!whole.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit = ''] of text.matchAll(part)) total += Number(amount) * (UNITS[unit] ?? 0);
  return text.startsWith('-') ? -total : total;
}

/** Milliseconds, or parts of one, as Go prints a duration: `1h0m3s`, `1m20s`, `1.5s`, `100ms`, `78.535µs`, `0s`. */
export function goDuration(ms: number): string {
  if (ms < 0) return `-${goDuration(-ms)}`;
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${Number((ms * 1000).toFixed(3))}µs`;
  if (nanoseconds < 1e9) return `${Number(ms.toFixed(6))}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = Number(((ms % 60_000) / 1000).toFixed(9));
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
