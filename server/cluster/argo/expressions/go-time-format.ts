const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const two = (value: number, pad = '0'): string => String(value).padStart(2, pad);

/** A time in UTC by Go's reference layout (`2006-01-02T15:04:05Z07:00`). */
export function formatGoLayout(ms: number, layout: string, zone = 'UTC'): string {
  const { offset, name } = zoneAt(ms, zone);
  const d = new Date(ms + offset * 60_000);
  const shown = (colon: string) => `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${colon}${two(Math.abs(offset) % 60)}`;
  const hour12 = d.getUTCHours() % 12 === 0 ? 12 : d.getUTCHours() % 12;
  const pieces: [string, () => string][] = [
    ['January', () => MONTHS[d.getUTCMonth()] ?? ''],
    ['Monday', () => DAYS[d.getUTCDay()] ?? ''],
    ['2006', () => String(d.getUTCFullYear())],
    ['-07:00', () => shown(':')],
    ['Z07:00', () => (offset === 0 ? 'Z' : shown(':'))],
    ['-0700', () => shown('')],
    ['Z0700', () => (offset === 0 ? 'Z' : shown(''))],
    ['.000000', () => `.${String(d.getUTCMilliseconds()).padStart(3, '0')}000`],
    ['.000', () => `.${String(d.getUTCMilliseconds()).padStart(3, '0')}`],
    ['Jan', () => (MONTHS[d.getUTCMonth()] ?? '').slice(0, 3)],
    ['Mon', () => (DAYS[d.getUTCDay()] ?? '').slice(0, 3)],
    ['MST', () => name],
    ['01', () => two(d.getUTCMonth() + 1)],
    ['02', () => two(d.getUTCDate())],
    ['03', () => two(hour12)],
    ['04', () => two(d.getUTCMinutes())],
    ['05', () => two(d.getUTCSeconds())],
    ['06', () => two(d.getUTCFullYear() % 100)],
    ['15', () => two(d.getUTCHours())],
    ['PM', () => (d.getUTCHours() < 12 ? 'AM' : 'PM')],
    ['pm', () => (d.getUTCHours() < 12 ? 'am' : 'pm')],
    ['_2', () => two(d.getUTCDate(), ' ')],
    ['1', () => String(d.getUTCMonth() + 1)],
    ['2', () => String(d.getUTCDate())],
    ['3', () => String(hour12)],
    ['4', () => String(d.getUTCMinutes())],
    ['5', () => String(d.getUTCSeconds())],
  ];
  let out = '';
  for (let i = 0; i < layout.length; ) {
    const piece = pieces.find(([token]) => layout.startsWith(token, i));
    if (piece === undefined) {
      out += layout.charAt(i);
      i++;
    } else {
      out += piece[1]();
      i += piece[0].length;
    }
  }
  return out;
}

/**
 * The letters that `{{workflow.creationTimestamp.X}}` knows, and their Go layouts.
 * After argo-workflows v3.7.6 util/strftime/strftime.go
 */
export const STRFTIME: Readonly<Record<string, string>> = {
  B: 'January', b: 'Jan', m: '01', A: 'Monday', a: 'Mon', d: '02', H: '15', I: '03', M: '04', S: '05', Y: '2006', y: '06', p: 'PM', Z: 'MST', z: '-0700', L: '.000',
};

/** A time zone's distance from UTC in minutes, and its abbreviation where there is one in English. A zone that nobody knows is UTC. */
function zoneAt(ms: number, zone: string): { offset: number; name: string } {
  if (zone === 'UTC' || zone === '' || zone === 'Local') return { offset: 0, name: 'UTC' };
  try {
    const part = (style: 'longOffset' | 'short') => new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: style }).formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(part('longOffset')) ?? [];
    return { offset: (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)), name: part('short') };
  } catch {
    return { offset: 0, name: 'UTC' };
  }
}
