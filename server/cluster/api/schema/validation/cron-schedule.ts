/** What is wrong with a schedule, in the words of the parser that Kubernetes uses. After robfig/cron v3 parser.go */

const FIELDS: readonly { min: number; max: number; names?: readonly string[] }[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** Undefined for a good schedule. */
export function scheduleProblem(schedule: string): string | undefined {
  const text = schedule.trim();
  if (text.startsWith('@')) {
    if (DESCRIPTORS.includes(text)) return undefined;
    if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
    return /^[-+]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text.slice(7)) ? undefined : `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(text.slice(7))}`;
  }
  const parts = text.split(/\s+/).filter((p) => p !== '');
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  for (const [i, part] of parts.entries()) {
    const bounds = FIELDS[i];
    if (bounds === undefined) continue;
    for (const range of part.split(',').filter((r) => r !== '')) {
      const problem = rangeProblem(range, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function rangeProblem(text: string, { min, max, names }: (typeof FIELDS)[number]): string | undefined {
  const [range = '', step, ...more] = text.split('/');
  const ends = range.split('-');
  if (ends.length > 2) return `too many hyphens: ${text}`;
  if (more.length > 0) return `too many slashes: ${text}`;
  const read = (word: string): number | string => {
    const named = names?.indexOf(word.toLowerCase()) ?? -1;
    if (named >= 0) return named + min;
    if (!/^[-+]?\d+$/.test(word)) return `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`;
    return Number(word) < 0 ? `negative number (${word}) not allowed: ${word}` : Number(word);
  };
  const star = ends[0] === '*' || ends[0] === '?';
  const start = star ? min : read(ends[0] ?? '');
  if (typeof start === 'string') return start;
  const single = star ? max : ends.length === 1 ? (step === undefined ? start : max) : read(ends[1] ?? '');
  if (typeof single === 'string') return single;
  if (step !== undefined) {
    const by = read(step);
    if (typeof by === 'string') return by;
    if (by === 0) return `step of range should be a positive number: ${text}`;
  }
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`;
  if (single > max) return `end of range (${single}) above maximum (${max}): ${text}`;
  if (start > single) return `beginning of range (${start}) beyond end of range (${single}): ${text}`;
  return undefined;
}
