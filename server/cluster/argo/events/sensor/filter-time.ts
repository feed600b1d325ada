/** Whether the platform knows a time zone of this name. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** How far a zone is ahead of UTC at a moment, in milliseconds. */
export function zoneOffset(at: number, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - Math.floor(at / 1000) * 1000;
}

/**
 * The moment at which a clock shows `HH:MM:SS` on the day of `base`, in milliseconds; the zone's name or the empty
 * string for UTC. Throws an Error with Go's words for what is no time.
 */
export function timeOfDay(text: string, base: number, timezone: string): number {
  const offset = timezone === '' ? 0 : zoneOffset(base, timezone);
  const date = new Date(base + offset).toISOString().slice(0, 10);
  const whole = `${date} ${text}`;
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?$/.exec(text);
  if (match === null) throw new Error(`parsing time ${JSON.stringify(whole)} as "2006-01-02 15:04:05": cannot parse ${JSON.stringify(text)} as "15"`);
  const [hour, minute, second] = match.slice(1).map(Number);
  for (const [name, value, limit] of [['hour', hour, 24], ['minute', minute, 60], ['second', second, 60]] as const) {
    if (value === undefined || value >= limit) throw new Error(`parsing time ${JSON.stringify(whole)}: ${name} out of range`);
  }
  return Date.parse(`${date}T${text}Z`) - offset;
}
