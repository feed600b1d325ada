export type FieldType = 'float' | 'integer' | 'string' | 'boolean';

export interface Field {
  type: FieldType;
  value: number | string | boolean;
}

export interface Point {
  measurement: string;
  tags: Map<string, string>;
  fields: Map<string, Field>;
  /** Nanoseconds since 1970. */
  time: bigint;
}

/** Nanoseconds of one unit of `precision=`; the server takes any other word for nanoseconds. */
const PRECISIONS: Readonly<Record<string, bigint>> = { n: 1n, ns: 1n, u: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };

class LineError extends Error {}

/** The points of a body, and what is wrong with the lines that are none. After influxdb 1.8 models/points.go */
export function parsePoints(body: string, now: bigint, precision: string): { points: Point[]; errors: string[] } {
  const unit = (Object.hasOwn(PRECISIONS, precision) ? PRECISIONS[precision] : undefined) ?? 1n;
  const points: Point[] = [];
  const errors: string[] = [];
  for (const line of linesOf(body)) {
    try {
      points.push(parseLine(line, now - (now % unit), unit));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      errors.push(`unable to parse '${line}': ${error.message}`);
    }
  }
  return { points, errors };
}

/** A line ends at a newline that is in no quoted value; empty ones and comments are left out. */
function linesOf(body: string): string[] {
  return cut(body, '\n', true).map((line) => line.replace(/\r$/, '').trimStart()).filter((line) => line !== '' && !line.startsWith('#'));
}

/** Parts of a text between one character, where it is not escaped, nor in a quoted value where there can be such. */
function cut(text: string, at: string, quotes: boolean): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (quotes && text[i] === '"') quoted = !quoted;
    else if (text[i] === at && !quoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, text.slice(from)];
}

function parseLine(line: string, now: bigint, unit: bigint): Point {
  const [key = '', ...rest] = cut(line, ' ', false);
  const [fields = '', time = '', ...more] = cut(rest.join(' ').trim(), ' ', true).filter((part) => part !== '');
  const [name = '', ...tags] = cut(key, ',', false);
  if (name === '') throw new LineError('missing measurement');
  const point: Point = { measurement: plain(name), tags: new Map(), fields: new Map(), time: now };
  for (const tag of tags) {
    const [tagKey = '', value, ...others] = cut(tag, '=', false);
    if (tagKey === '') throw new LineError('missing tag key');
    if (value === undefined || value === '') throw new LineError('missing tag value');
    if (others.length > 0) throw new LineError('invalid tag format');
    point.tags.set(plain(tagKey), plain(value));
  }
  if (fields === '') throw new LineError('missing fields');
  for (const field of cut(fields, ',', true)) {
    const [fieldKey = '', value, ...others] = cut(field, '=', true);
    if (fieldKey === '') throw new LineError('missing field key');
    if (value === undefined || value === '') throw new LineError('missing field value');
    if (others.length > 0) throw new LineError('invalid field format');
    point.fields.set(plain(fieldKey), parseValue(value));
  }
  if (time !== '') {
    if (!/^-?\d{1,19}$/.test(time) || more.length > 0) throw new LineError('bad timestamp');
    point.time = BigInt(time) * unit;
  }
  return point;
}

function plain(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}

function parseValue(text: string): Field {
  if (text.startsWith('"')) {
    if (text.length < 2 || !text.endsWith('"')) throw new LineError('unbalanced quotes');
    return { type: 'string', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  }
  if (/^[-+]?\d+i$/.test(text)) return { type: 'integer', value: Number(text.slice(0, -1)) };
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return { type: 'float', value: Number(text) };
  if (/^(t|T|true|True|TRUE)$/.test(text)) return { type: 'boolean', value: true };
  if (/^(f|F|false|False|FALSE)$/.test(text)) return { type: 'boolean', value: false };
  throw new LineError(/^[tTfF]/.test(text) ? 'invalid boolean' : 'invalid number');
}
