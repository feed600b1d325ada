const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;
const YEAR = 12 * MONTH;

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** `11 seconds ago`, `now`, `1 month from now`. After dustin/go-humanize times.go */
export function relativeTime(then: number, now: number): string {
  const distance = Math.abs(now - then);
  const side = then > now ? 'from now' : 'ago';
  if (distance < SECOND) return 'now';
  const steps: [number, number, string][] = [
    [MINUTE, SECOND, 'second'],
    [HOUR, MINUTE, 'minute'],
    [DAY, HOUR, 'hour'],
    [WEEK, DAY, 'day'],
    [MONTH, WEEK, 'week'],
    [YEAR, MONTH, 'month'],
  ];
  for (const [below, unit, name] of steps) if (distance < below) return `${plural(Math.floor(distance / unit), name)} ${side}`;
  if (distance < 18 * MONTH) return `1 year ${side}`;
  if (distance < 2 * YEAR) return `2 years ${side}`;
  return distance < 37 * YEAR ? `${Math.floor(distance / YEAR)} years ${side}` : `a long while ${side}`;
}

/** `10 seconds`, `1 minute 5 seconds`: the two largest units. After argoproj/pkg humanize */
export function longDuration(ms: number): string {
  const seconds = Math.floor(ms / SECOND);
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [seconds % 60, 'second'],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return '0 seconds';
  return units.slice(first, first + 2).map(([count, name]) => plural(count, name)).join(' ');
}

/** `10s`, `1m`, `3h`, `2d`: the largest unit. After argoproj/pkg humanize */
export function shortDuration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  return `${Math.floor(ms / DAY)}d`;
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** `Mon Nov 23 09:26:53 +0000 (11 seconds ago)`, in the machine's time zone. */
export function timestamp(then: number, now: number): string {
  const date = new Date(then);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  return `${DAYS[date.getDay()] ?? ''} ${MONTHS[date.getMonth()] ?? ''} ${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone} (${relativeTime(then, now)})`;
}

/** Go's default print of a UTC time: `2006-01-02 15:04:05 +0000 UTC`. */
export function goTime(then: number): string {
  return `${new Date(then).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
