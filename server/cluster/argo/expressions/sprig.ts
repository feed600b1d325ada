import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { systemClock } from '../../../lib/clock.ts';
import { goDuration, parseGoDuration } from '../../../lib/go-duration.ts';
import { floatOf } from './expr/builtins.ts';
import { unmarshal } from '../types/go-json.ts';
import { deepEqual, goJsonOf, goTypeName, goValue, GoTime, isMap } from './expr/values.ts';
import type { ExprFunction } from './expr/values.ts';
import { goRegExp } from './expr/operators.ts';
import { formatGoLayout } from './go-time-format.ts';
import { sprigMore, withMust } from './sprig-more.ts';
import { withSignatures } from './sprig-signatures.ts';

const str = (value: unknown): string => goValue(value);
/** What is no list is refused by what was to be done with it. */
const items = (doing: string, value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) throw new Error('runtime error: invalid memory address or nil pointer dereference');
  throw new Error(`Cannot ${doing} on type ${goTypeName(value)}`);
};
/** The texts of a list without its nils; anything else is a list of one. */
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined).map(str) : value === null || value === undefined ? [] : [str(value)]);
/** Go's slices of bytes: a letter may be cut. */
const bytes = (value: string, from: number, to?: number): string => Buffer.from(value).subarray(from, to).toString('utf8');
const dict = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});

/** As spf13/cast reads whole numbers: with Go's prefixes of bases, and without what follows a point. */
function wholeOf(value: string): bigint {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*|0)(?:\.\d*)?$/.exec(value);
  if (match === null) return 0n;
  const digits = (match[2] ?? '0').replace(/^0(?=[0-7])/, '0o');
  return match[1] === '-' ? -BigInt(digits) : BigInt(digits);
}

/** Like spf13/cast: what is no number counts as zero. */
const int = (value: unknown): bigint => {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  return typeof value === 'string' ? wholeOf(value) : 0n;
};
const float = (value: unknown): number => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  try {
    return floatOf(value);
  } catch {
    return 0;
  }
};

function empty(value: unknown): boolean {
  if (value === null || value === undefined || value === '' || value === false) return true;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) === 0;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

const words = (value: unknown): string[] => str(value).replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2').split(/[\s_-]+/).filter((word) => word !== '');
const title = (value: string): string => value.replace(/(^|[^\p{L}\p{Nd}_])(\p{L})/gu, (_, gap: string, letter: string) => gap + letter.toUpperCase());
const trimChars = (chars: string, value: string, where: 'both' | 'left' | 'right'): string => {
  const has = (c: string | undefined) => c !== undefined && chars.includes(c);
  let from = 0;
  let to = value.length;
  if (where !== 'right') while (from < to && has(value[from])) from++;
  if (where !== 'left') while (to > from && has(value[to - 1])) to--;
  return value.slice(from, to);
};
const time = (value: unknown): number => (value instanceof GoTime ? value.ms : typeof value === 'bigint' || typeof value === 'number' ? Number(value) * 1000 : systemClock.now());
const hash = (algorithm: string): ExprFunction => (value) => createHash(algorithm).update(str(value)).digest('hex');
const roundTo = (value: number, places: number, on: number): number => {
  const power = 10 ** places;
  const digits = power * value;
  const whole = Math.trunc(digits);
  const rest = digits - whole;
  return (rest >= on ? Math.ceil(digits) : value < 0 && rest <= -on ? Math.floor(digits) : value < 0 ? Math.ceil(digits) : Math.floor(digits)) / power;
};
/** Floats of sprig's are decimal: 0.1 and 0.2 make 0.3. */
const decimal = (value: number): number => Number(value.toPrecision(15));
const sumOf = (args: unknown[]): bigint => args.reduce((total: bigint, arg) => total + int(arg), 0n);
const divide = (a: unknown, b: unknown, how: (x: bigint, y: bigint) => bigint): bigint => {
  if (int(b) === 0n) throw new Error('runtime error: integer divide by zero');
  return how(int(a), int(b));
};

/** Lists are made this long at most. */
const bounded = (length: number): number => {
  if (length > 1_000_000) throw new Error('memory budget exceeded');
  return Math.max(0, length);
};

/** regexp.Split: what groups catch is no part, and a limit leaves the rest whole. */
function splitBy(pattern: RegExp, text: string, limit: number): string[] {
  if (limit === 0) return [];
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (limit > 0 && parts.length === limit - 1) break;
    if (match[0] === '' && match.index === 0) continue;
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
  }
  if (from <= text.length) parts.push(text.slice(from));
  return parts;
}

function indented(text: string, count: number): string {
  bounded(count * text.split('\n').length);
  return text.replace(/^/gm, ' '.repeat(count));
}

/** reflect.DeepEqual, for which an int is no float. */
const same = (a: unknown, b: unknown): boolean => (typeof a === 'bigint') === (typeof b === 'bigint') && deepEqual(a, b);

/** What is left of an empty list is nil. */
const orNil = (all: unknown[], rest: (all: unknown[]) => unknown[]): unknown[] | null => (all.length === 0 ? null : rest(all));

function merged(into: Record<string, unknown>, from: Record<string, unknown>, over: boolean): Record<string, unknown> {
  const out = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const known = out[key];
    if (isMap(known) && isMap(value)) out[key] = merged(known, value, over);
    else if (empty(known) || (over && !empty(value))) out[key] = value;
  }
  return out;
}

/** `$1` and `${name}` of Go's patterns as JavaScript has them: the name is as long as it can be. */
const expansion = (to: string) => (...match: unknown[]): string => {
  const named = match.at(-1);
  const group = (name: string) => (/^\d+$/.test(name) ? match[Number(name)] : isMap(named) ? named[name] : undefined);
  return to.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$';
    const found = group(braced ?? bare ?? '');
    return typeof found === 'string' ? found : '';
  });
};

/** After Masterminds/goutils AbbreviateFull */
function abbreviated(text: string, offset: number, width: number): string {
  if (text.length <= width) return text;
  let from = Math.min(offset, text.length);
  if (text.length - from < width - 3) from = text.length - (width - 3);
  if (from <= 4) return `${text.slice(0, width - 3)}...`;
  return from + (width - 3) < text.length ? `...${abbreviated(text.slice(from), 0, width - 3)}` : `...${text.slice(text.length - (width - 3))}`;
}

/** Breaks a text between words; longer words stay whole. After Masterminds/goutils WrapCustom */
function wrapped(text: string, width: number, glue: string): string {
  const lines: string[] = [];
  let left = text;
  const wide = Math.max(1, width);
  while (left.length > wide) {
    if (left.startsWith(' ')) {
      left = left.slice(1);
      continue;
    }
    let at = left.lastIndexOf(' ', wide);
    if (at < 0) at = left.indexOf(' ', wide);
    if (at < 0) break;
    lines.push(left.slice(0, at));
    left = left.slice(at + 1);
  }
  return [...lines, left].join(glue);
}

const plain: Readonly<Record<string, ExprFunction>> = {
  // Text
  trim: (s) => str(s).trim(),
  trimAll: (chars, s) => trimChars(str(chars), str(s), 'both'),
  trimall: (chars, s) => trimChars(str(chars), str(s), 'both'),
  trimPrefix: (prefix, s) => (str(s).startsWith(str(prefix)) ? str(s).slice(str(prefix).length) : str(s)),
  trimSuffix: (suffix, s) => (str(s).endsWith(str(suffix)) && suffix !== '' ? str(s).slice(0, -str(suffix).length) : str(s)),
  upper: (s) => [...str(s)].map((char) => (char.toUpperCase().length === char.length ? char.toUpperCase() : char)).join(''),
  lower: (s) => str(s).toLowerCase(),
  title: (s) => title(str(s)),
  untitle: (s) => str(s).replace(/(^|\s)(\S)/g, (_, gap: string, letter: string) => gap + letter.toLowerCase()),
  repeat: (count, s) => str(s).repeat(Math.min(Number(int(count)), 100_000)),
  substr: (from, to, s) => {
    const start = Number(int(from));
    const end = Number(int(to));
    return start < 0 ? bytes(str(s), 0, end) : end < 0 || end > Buffer.byteLength(str(s)) ? bytes(str(s), start) : bytes(str(s), start, end);
  },
  trunc: (length, s) => (Number(int(length)) >= 0 ? bytes(str(s), 0, Number(int(length))) : bytes(str(s), Number(int(length)))),
  abbrev: (width, s) => (Number(int(width)) < 4 ? str(s) : abbreviated(str(s), 0, Number(int(width)))),
  abbrevboth: (left, right, s) => (Number(int(right)) < 4 || (Number(int(left)) > 0 && Number(int(right)) < 7) ? str(s) : abbreviated(str(s), Number(int(left)), Number(int(right)))),
  initials: (s) => str(s).split(/\s+/).map((word) => [...word][0] ?? '').join(''),
  // Byte by byte, each as a letter.
  nospace: (s) => [...Buffer.from(str(s).replace(/\s/g, ''))].map((byte) => String.fromCodePoint(byte)).join(''),
  contains: (part, s) => str(s).includes(str(part)),
  hasPrefix: (part, s) => str(s).startsWith(str(part)),
  hasSuffix: (part, s) => str(s).endsWith(str(part)),
  quote: (...args) => args.filter((arg) => arg !== null).map((arg) => JSON.stringify(str(arg))).join(' '),
  squote: (...args) => args.filter((arg) => arg !== null).map((arg) => `'${str(arg)}'`).join(' '),
  cat: (...args) => args.filter((arg) => arg !== null).map(str).join(' '),
  indent: (count, s) => indented(str(s), Number(int(count))),
  nindent: (count, s) => `\n${indented(str(s), Number(int(count)))}`,
  replace: (from, to, s) => str(s).replaceAll(str(from), str(to)),
  plural: (one, many, count) => (int(count) === 1n ? one : many),
  snakecase: (s) => words(s).join('_').toLowerCase(),
  kebabcase: (s) => words(s).join('-').toLowerCase(),
  camelcase: (s) => (/^_*/.exec(str(s))?.[0] ?? '') + words(s).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''),
  toString: (value: unknown) => str(value),
  toStrings: (value) => texts(value),
  join: (glue, value) => texts(value).join(str(glue)),
  split: (separator, s) => Object.fromEntries(str(s).split(str(separator)).map((part, i) => [`_${i}`, part])),
  splitList: (separator, s) => str(s).split(str(separator)),
  splitn: (separator, count, s) => {
    const parts = str(s).split(str(separator));
    const n = Number(int(count));
    const kept = parts.length <= n ? parts : [...parts.slice(0, n - 1), parts.slice(n - 1).join(str(separator))];
    return Object.fromEntries(kept.map((part, i) => [`_${i}`, part]));
  },
  sortAlpha: (value: unknown) => texts(value).sort(),
  wrap: (width, s) => wrapped(str(s), Number(int(width)), '\n'),
  wrapWith: (width, glue, s) => wrapped(str(s), Number(int(width)), str(glue)),
  // Regular expressions
  regexMatch: (pattern, s) => goRegExp(str(pattern)).test(str(s)),
  regexFind: (pattern, s) => goRegExp(str(pattern)).exec(str(s))?.[0] ?? '',
  regexFindAll: (pattern, s, count) => {
    const found = [...str(s).matchAll(goRegExp(str(pattern), 'g'))].map((match) => match[0]).slice(0, Number(int(count)) < 0 ? undefined : Number(int(count)));
    return found.length === 0 ? null : found;
  },
  regexReplaceAll: (pattern, s, to) => str(s).replace(goRegExp(str(pattern), 'g'), expansion(str(to))),
  regexReplaceAllLiteral: (pattern, s, to) => str(s).replace(goRegExp(str(pattern), 'g'), () => str(to)),
  regexSplit: (pattern, s, count) => (int(count) === 0n ? null : splitBy(goRegExp(str(pattern), 'g'), str(s), Number(int(count)))),
  regexQuoteMeta: (s) => str(s).replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'),
  // Numbers
  int: (value) => int(value),
  int64: (value) => int(value),
  float64: (value) => float(value),
  atoi: (value) => int(value),
  add: (...args) => sumOf(args),
  add1: (value) => int(value) + 1n,
  sub: (a, b) => int(a) - int(b),
  div: (a, b) => divide(a, b, (x, y) => x / y),
  mod: (a, b) => divide(a, b, (x, y) => x % y),
  mul: (...args) => args.reduce((product: bigint, arg) => product * int(arg), 1n),
  max: (...args) => args.map(int).reduce((a, b) => (a > b ? a : b)),
  min: (...args) => args.map(int).reduce((a, b) => (a < b ? a : b)),
  biggest: (...args) => args.map(int).reduce((a, b) => (a > b ? a : b)),
  add1f: (value) => decimal(float(value) + 1),
  addf: (...args) => decimal(args.reduce((total: number, arg) => total + float(arg), 0)),
  subf: (first, ...args) => decimal(args.reduce((total: number, arg) => total - float(arg), float(first))),
  mulf: (first, ...args) => decimal(args.reduce((total: number, arg) => total * float(arg), float(first))),
  divf: (first, ...args) => {
    if (args.some((arg) => float(arg) === 0)) throw new Error('decimal division by 0');
    return args.reduce((total: number, arg) => Number((total / float(arg)).toFixed(16)), float(first));
  },
  maxf: (...args) => Math.max(...args.map(float)),
  minf: (...args) => Math.min(...args.map(float)),
  ceil: (value) => Math.ceil(float(value)),
  floor: (value) => Math.floor(float(value)),
  round: (value, places, on) => roundTo(float(value), Number(int(places)), typeof on === 'number' ? on : 0.5),
  until: (count) => Array.from({ length: bounded(Math.abs(Number(int(count)))) }, (_, i) => (int(count) < 0n ? -BigInt(i) : BigInt(i))),
  untilStep: (from, to, step) => {
    const out: bigint[] = [];
    for (let i = int(from); out.length < 10_000 && int(step) !== 0n && (int(step) > 0n ? i < int(to) : i > int(to)); i += int(step)) out.push(i);
    return out;
  },
  seq: (...args) => {
    if (args.length === 0 || args.length > 3) return '';
    const [from, to] = args.length === 1 ? [1n, int(args[0])] : [int(args[0]), int(args.at(-1))];
    const step = args.length === 3 ? int(args[1]) : to < from ? -1n : 1n;
    if (step === 0n || (step < 0n && to > from) || (step > 0n && to < from)) return '';
    const out: bigint[] = [];
    for (let i = from; out.length < 10_000 && (step > 0n ? i <= to : i >= to); i += step) out.push(i);
    return out.join(' ');
  },
  // Choices
  default: (fallback, value) => (empty(value) ? fallback : value),
  empty: (value) => empty(value),
  coalesce: (...args) => args.find((arg) => !empty(arg)) ?? null,
  all: (...args) => args.every((arg) => !empty(arg)),
  any: (...args) => args.some((arg) => !empty(arg)),
  ternary: (yes, no, condition) => (condition === true ? yes : no),
  fail: (message) => {
    throw new Error(str(message));
  },
  // Lists
  list: (...args) => args,
  tuple: (...args) => args,
  first: (value) => items('find first', value)[0] ?? null,
  last: (value) => items('find last', value).at(-1) ?? null,
  rest: (value) => orNil(items('find rest', value), (all) => all.slice(1)),
  initial: (value) => orNil(items('find initial', value), (all) => all.slice(0, -1)),
  append: (value, item) => [...items('push', value), item],
  push: (value, item) => [...items('push', value), item],
  prepend: (value, item) => [item, ...items('prepend', value)],
  concat: (...args) => {
    const bad = args.find((arg) => !Array.isArray(arg));
    if (bad !== undefined) throw new Error(`Cannot concat type ${goTypeName(bad)} as list`);
    return args.length === 0 ? null : args.flat(1);
  },
  reverse: (value) => [...items('find reverse', value)].reverse(),
  uniq: (value) => items('find uniq', value).filter((item, i, all) => all.findIndex((other) => same(other, item)) === i),
  without: (value, ...gone) => items('find without', value).filter((item) => !gone.some((other) => same(other, item))),
  has: (item, value) => value !== null && items('find has', value).some((other) => same(other, item)),
  compact: (value) => items('compact', value).filter((item) => !empty(item)),
  slice: (value, from, to) =>
    orNil(items('find slice', value), (all) => {
      const [start, end] = [Number(int(from ?? 0n)), to === undefined ? all.length : Number(int(to))];
      if (start < 0 || start > end || end > all.length) throw new Error('reflect.Value.Slice: slice index out of bounds');
      return all.slice(start, end);
    }),
  chunk: (size, value) => {
    const all = items('chunk', value);
    const n = Number(int(size));
    if (n <= 0) throw new Error('runtime error: makeslice: len out of range');
    return Array.from({ length: Math.ceil(all.length / n) }, (_, i) => all.slice(i * n, (i + 1) * n));
  },
  // Maps
  dict: (...args) => Object.fromEntries(Array.from({ length: Math.ceil(args.length / 2) }, (_, i) => [str(args[i * 2]), args[i * 2 + 1] ?? ''])),
  get: (value, key) => dict(value)[str(key)] ?? '',
  set: (value, key, item) => ({ ...dict(value), [str(key)]: item }),
  unset: (value, key) => Object.fromEntries(Object.entries(dict(value)).filter(([name]) => name !== str(key))),
  hasKey: (value, key) => Object.hasOwn(dict(value), str(key)),
  keys: (...args: unknown[]) => args.flatMap((arg) => Object.keys(dict(arg))),
  values: (value) => Object.values(dict(value)),
  pick: (value, ...keys) => Object.fromEntries(Object.entries(dict(value)).filter(([name]) => keys.includes(name))),
  omit: (value, ...keys) => Object.fromEntries(Object.entries(dict(value)).filter(([name]) => !keys.includes(name))),
  merge: (...args) => args.map(dict).reduce((into, from) => merged(into, from, false)),
  mergeOverwrite: (...args) => args.map(dict).reduce((into, from) => merged(into, from, true)),
  pluck: (key, ...args) => args.map((arg) => dict(arg)[str(key)]).filter((value) => value !== undefined),
  dig: (...args) => {
    if (args.length < 3) throw new Error('dig needs at least three arguments');
    const path = args.slice(0, -2);
    let value: unknown = args.at(-1);
    for (const key of path) {
      if (!isMap(value)) throw new Error(`interface conversion: interface {} is ${value === null ? 'nil' : goTypeName(value)}, not map[string]interface {}`);
      if (!Object.hasOwn(value, str(key))) return args.at(-2) ?? null;
      value = value[str(key)];
    }
    return value ?? null;
  },
  // Encoding and hashes
  b64enc: (s) => Buffer.from(str(s)).toString('base64'),
  b64dec: (s) => {
    const bad = /[^A-Za-z0-9+/=\r\n]/.exec(str(s));
    return bad === null ? Buffer.from(str(s), 'base64').toString('utf8') : `illegal base64 data at input byte ${bad.index}`;
  },
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  toJson: (value) => goJsonOf(value),
  toPrettyJson: (value) => goJsonOf(value, '  '),
  toRawJson: (value) => goJsonOf(value).replace(/\\u(003c|003e|0026)/g, (escape) => String.fromCodePoint(Number.parseInt(escape.slice(2), 16))),
  fromJson: (s) => unmarshal(str(s)),
  // Time
  now: () => new GoTime(systemClock.now()),
  date: (layout, value) => formatGoLayout(time(value), str(layout)),
  dateInZone: (layout, value, zone) => formatGoLayout(time(value), str(layout), str(zone)),
  date_in_zone: (layout, value, zone) => formatGoLayout(time(value), str(layout), str(zone)),
  htmlDateInZone: (value, zone) => formatGoLayout(time(value), '2006-01-02', str(zone)),
  htmlDate: (value) => formatGoLayout(time(value), '2006-01-02'),
  unixEpoch: (value) => String(Math.floor(time(value) / 1000)),
  ago: (value) => goDuration(Math.round((systemClock.now() - time(value)) / 1000) * 1000),
  // Go's int is no int64, which is what it looks for: only texts and results of sprig's own count.
  duration: (seconds) => goDuration(typeof seconds === 'string' ? Number(wholeOf(seconds)) * 1000 : 0),
  dateModify: (change, value) => new GoTime(time(value) + (parseGoDuration(str(change)) ?? 0)),
  date_modify: (change, value) => new GoTime(time(value) + (parseGoDuration(str(change)) ?? 0)),
  toDate: (layout, value) => {
    const ms = Date.parse(str(value));
    if (Number.isNaN(ms)) throw new Error(`parsing time ${JSON.stringify(str(value))} as ${JSON.stringify(str(layout))}: cannot parse ${JSON.stringify(str(value))} as ${JSON.stringify(str(layout).split(/[^0-9A-Za-z]/)[0] ?? '')}`);
    return new GoTime(ms);
  },
  // Types and paths
  kindOf: (value) => (value === null ? 'invalid' : Array.isArray(value) ? 'slice' : value instanceof GoTime ? 'struct' : isMap(value) ? 'map' : goTypeName(value)),
  typeOf: (value) => goTypeName(value),
  deepEqual: (a, b) => same(a, b),
  base: (path) => (str(path) === '' ? '.' : posix.basename(str(path)) || '/'),
  dir: (path) => posix.normalize(`${/^.*\//.exec(str(path))?.[0] ?? ''}.`).replace(/(?<=.)\/$/, ''),
  ext: (path) => /\.[^./]*$/.exec(str(path))?.[0] ?? '',
  isAbs: (path) => str(path).startsWith('/'),
};

/** The functions of Masterminds/sprig v3 but those that make certificates or hash passwords; `env` and `expandenv` are off in Argo. */
export const sprig: Readonly<Record<string, ExprFunction>> = withSignatures(withMust({ ...plain, ...sprigMore }));
