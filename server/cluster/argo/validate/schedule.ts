import { parseGoDuration } from '../../../lib/go-duration.ts';
const DESCRIPTORS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Bounds {
  min: number;
  max: number;
  names?: Record<string, number>;
}

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: Object.fromEntries(MONTHS.map((name, i) => [name, i + 1])) },
  { min: 0, max: 6, names: Object.fromEntries(DAYS.map((name, i) => [name, i])) },
];

/** What is wrong with a schedule of five fields, in the words of robfig/cron v3; undefined when nothing is. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  let text = schedule;
  const zone = /^(?:CRON_)?TZ=(\S*)\s*/.exec(text);
  if (zone !== null) {
    if (!isZone(zone[1] ?? '')) return `provided bad location ${zone[1] ?? ''}: unknown time zone ${zone[1] ?? ''}`;
    text = text.slice(zone[0].length);
  }
  if (text.startsWith('@')) {
    if (DESCRIPTORS.has(text)) return undefined;
    const every = /^@every (.*)$/.exec(text);
    if (every === null) return `unrecognized descriptor: ${text}`;
    return parseGoDuration(every[1] ?? '') !== undefined ? undefined : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(every[1] ?? '')}`;
  }
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [i, bounds] of FIELDS.entries()) {
    for (const part of (fields[i] ?? '').split(',')) {
      const problem = rangeProblem(part, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name === 'Local' || name === '' ? 'UTC' : name });
    return true;
  } catch {
    return false;
  }
}

function rangeProblem(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const [low = '', high, ...others] = range.split('-');
  let from = bounds.min;
  let to = bounds.max;
  if (low !== '*' && low !== '?') {
    const start = numberOf(low, bounds);
    if (typeof start === 'string') return start;
    from = start;
    if (others.length > 0) return `too many hyphens: ${text}`;
    const end = high === undefined ? start : numberOf(high, bounds);
    if (typeof end === 'string') return end;
    to = high === undefined && step !== undefined ? bounds.max : end;
  }
  if (more.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined) {
    const by = numberOf(step, {});
    if (typeof by === 'string') return by;
    if (by === 0) return `step of range should be a positive number: ${text}`;
  }
  if (from < bounds.min) return `beginning of range (${from}) below minimum (${bounds.min}): ${text}`;
  if (to > bounds.max) return `end of range (${to}) above maximum (${bounds.max}): ${text}`;
  if (from > to) return `beginning of range (${from}) beyond end of range (${to}): ${text}`;
  return undefined;
}

function numberOf(text: string, bounds: Partial<Bounds>): number | string {
  const named = bounds.names?.[text.toLowerCase()];
  if (named !== undefined) return named;
  if (!/^[+-]?\d+$/.test(text)) return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  return text.startsWith('-') ? `negative number (${Number(text)}) not allowed: ${text}` : Number(text);
}
