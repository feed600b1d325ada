import { CommandError } from './app.ts';

/** time.RFC1123 */
export const RFC1123 = 'Mon, 02 Jan 2006 15:04:05 MST';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const LONG_MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Minutes east of UTC. */
  offset: number;
  afternoon: boolean | undefined;
}

interface Element {
  pattern: string;
  read(text: string, parts: Parts): void;
  write(date: Date): string;
}

const number = (field: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', pattern: string, write: Element['write'], add = 0): Element => ({ pattern, write, read: (text, parts) => (parts[field] = Number(text) + add) });
const two = (value: number): string => String(value).padStart(2, '0');
const name = (field: 'month' | undefined, names: readonly string[], of: (date: Date) => number): Element => ({
  pattern: names.join('|'),
  read: (text, parts) => {
    if (field !== undefined) parts[field] = names.indexOf(text) + 1;
  },
  write: (date) => names[of(date)] ?? '',
});
const zone = (pattern: string, colon: boolean, letter: boolean): Element => ({
  pattern,
  read: (text, parts) => {
    const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
    parts.offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  },
  write: () => (letter ? 'Z' : colon ? '+00:00' : '+0000'),
});

/** The elements of Go's reference time, the longest first where one begins another. After Go time/format.go */
const ELEMENTS: readonly [string, Element][] = [
  ['January', name('month', LONG_MONTHS, (date) => date.getUTCMonth())],
  ['Jan', name('month', MONTHS, (date) => date.getUTCMonth())],
  ['Monday', name(undefined, LONG_DAYS, (date) => date.getUTCDay())],
  ['Mon', name(undefined, DAYS, (date) => date.getUTCDay())],
  ['MST', { pattern: '[A-Z]{3,4}', read: () => undefined, write: () => 'UTC' }],
  ['2006', number('year', '\\d{4}', (date) => String(date.getUTCFullYear()))],
  ['Z07:00', zone('Z|[+-]\\d\\d:\\d\\d', true, true)],
  ['Z0700', zone('Z|[+-]\\d{4}', false, true)],
  ['-07:00', zone('[+-]\\d\\d:\\d\\d', true, false)],
  ['-0700', zone('[+-]\\d{4}', false, false)],
  ['PM', { pattern: 'AM|PM', read: (text, parts) => (parts.afternoon = text === 'PM'), write: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM') }],
  ['01', number('month', '\\d\\d', (date) => two(date.getUTCMonth() + 1))],
  ['02', number('day', '\\d\\d', (date) => two(date.getUTCDate()))],
  ['03', number('hour', '\\d\\d', (date) => two(date.getUTCHours() % 12 || 12))],
  ['04', number('minute', '\\d\\d', (date) => two(date.getUTCMinutes()))],
  ['05', number('second', '\\d\\d', (date) => two(date.getUTCSeconds()))],
  ['06', number('year', '\\d\\d', (date) => two(date.getUTCFullYear() % 100), 2000)],
  ['15', number('hour', '\\d\\d', (date) => two(date.getUTCHours()))],
  ['_2', number('day', ' ?\\d{1,2}', (date) => String(date.getUTCDate()).padStart(2, ' '))],
  ['1', number('month', '\\d{1,2}', (date) => String(date.getUTCMonth() + 1))],
  ['2', number('day', '\\d{1,2}', (date) => String(date.getUTCDate()))],
  ['3', number('hour', '\\d{1,2}', (date) => String(date.getUTCHours() % 12 || 12))],
  ['4', number('minute', '\\d{1,2}', (date) => String(date.getUTCMinutes()))],
  ['5', number('second', '\\d{1,2}', (date) => String(date.getUTCSeconds()))],
];

/** A layout cut into elements and the text between them. */
function cut(layout: string): (string | [string, Element])[] {
  const out: (string | [string, Element])[] = [];
  for (let rest = layout; rest !== ''; ) {
    const found = ELEMENTS.find(([text]) => rest.startsWith(text));
    out.push(found ?? rest.charAt(0));
    rest = rest.slice(found?.[0].length ?? 1);
  }
  return out;
}

/** A time in milliseconds. Throws CommandError with the words of Go's time.Parse. */
export function parseGoTime(layout: string, value: string): number {
  const parts: Parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, offset: 0, afternoon: undefined };
  let rest = value;
  const refuse = (at: string): never => {
    throw new CommandError(`parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(at)}`);
  };
  let literal = '';
  const skip = () => {
    if (!rest.startsWith(literal)) refuse(literal);
    rest = rest.slice(literal.length);
    literal = '';
  };
  for (const piece of cut(layout)) {
    if (typeof piece === 'string') {
      literal += piece;
      continue;
    }
    skip();
    const [shown, element] = piece;
    const text = new RegExp(`^(?:${element.pattern})`).exec(rest)?.[0];
    if (text === undefined) return refuse(shown);
    element.read(text.trim(), parts);
    rest = rest.slice(text.length);
  }
  skip();
  if (rest !== '') throw new CommandError(`parsing time ${JSON.stringify(value)}: extra text: ${JSON.stringify(rest)}`);
  const hour = parts.afternoon === undefined ? parts.hour : (parts.hour % 12) + (parts.afternoon ? 12 : 0);
  return Date.UTC(parts.year, parts.month - 1, parts.day, hour, parts.minute - parts.offset, parts.second);
}

export function formatGoTime(layout: string, ms: number): string {
  const date = new Date(ms);
  return cut(layout).map((piece) => (typeof piece === 'string' ? piece : piece[1].write(date))).join('');
}
