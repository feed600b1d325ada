import { createHash } from 'node:crypto';
import { systemClock } from '../../../lib/clock.ts';
import { goDuration, parseGoDuration } from '../../../lib/go-duration.ts';
import { floatOf } from './expr/builtins.ts';
import { deepEqual, goTypeName, goValue, GoTime, isMap, toPlainJson } from './expr/values.ts';
import type { ExprFunction } from './expr/values.ts';
import { goRegExp } from './expr/operators.ts';
import { formatGoLayout } from './go-time-format.ts';
import { sprigMore, withMust } from './sprig-more.ts';

const str = (value: unknown): string => goValue(value);
const items = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  throw new Error(`Cannot find nth on type ${goTypeName(value)}`);
};
const dict = (value: unknown): Record<string, unknown> => (isMap(value) ? value : {});

/** Like spf13/cast: what is no number counts as zero. */
const int = (value: unknown): bigint => {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  return typeof value === 'string' && /^[+-]?\d+$/.test(value) ? BigInt(value) : 0n;
};
const float = (value: unknown): number => {
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

const words = (value: unknown): string[] => str(value).replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[\s_-]+/).filter((word) => word !== '');
const title = (value: string): string => value.replace(/(^|\s)(\S)/g, (_, gap: string, letter: string) => gap + letter.toUpperCase());
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
const roundTo = (value: number, places: number): number => Math.round(value * 10 ** places) / 10 ** places;
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

const plain: Readonly<Record<string, ExprFunction>> = {
  // Text
  trim: (s) => str(s).trim(),
  trimAll: (chars, s) => trimChars(str(chars), str(s), 'both'),
  trimPrefix: (prefix, s) => (str(s).startsWith(str(prefix)) ? str(s).slice(str(prefix).length) : str(s)),
  trimSuffix: (suffix, s) => (str(s).endsWith(str(suffix)) && suffix !== '' ? str(s).slice(0, -str(suffix).length) : str(s)),
  upper: (s) => str(s).toUpperCase(),
  lower: (s) => str(s).toLowerCase(),
  title: (s) => title(str(s)),
  untitle: (s) => str(s).replace(/(^|\s)(\S)/g, (_, gap: string, letter: string) => gap + letter.toLowerCase()),
  repeat: (count, s) => str(s).repeat(Math.min(Number(int(count)), 100_000)),
  substr: (from, to, s) => {
    const start = Number(int(from));
    const end = Number(int(to));
    return start < 0 ? str(s).slice(0, end) : end < 0 || end > str(s).length ? str(s).slice(start) : str(s).slice(start, end);
  },
  trunc: (length, s) => (Number(int(length)) >= 0 ? str(s).slice(0, Number(int(length))) : str(s).slice(Number(int(length)))),
  abbrev: (width, s) => (str(s).length > Number(int(width)) ? `${str(s).slice(0, Number(int(width)) - 3)}...` : str(s)),
  initials: (s) => words(s).map((word) => word.charAt(0)).join(''),
  nospace: (s) => str(s).replace(/\s/g, ''),
  contains: (part, s) => str(s).includes(str(part)),
  hasPrefix: (part, s) => str(s).startsWith(str(part)),
  hasSuffix: (part, s) => str(s).endsWith(str(part)),
  quote: (...args) => args.filter((arg) => arg !== null).map((arg) => JSON.stringify(str(arg))).join(' '),
  squote: (...args) => args.filter((arg) => arg !== null).map((arg) => `'${str(arg)}'`).join(' '),
  cat: (...args) => args.filter((arg) => arg !== null).map(str).join(' '),
  indent: (count, s) => str(s).replace(/^/gm, ' '.repeat(Number(int(count)))),
  nindent: (count, s) => `\n${str(s).replace(/^/gm, ' '.repeat(Number(int(count))))}`,
  replace: (from, to, s) => str(s).replaceAll(str(from), str(to)),
  plural: (one, many, count) => (int(count) === 1n ? one : many),
  snakecase: (s) => words(s).join('_').toLowerCase(),
  kebabcase: (s) => words(s).join('-').toLowerCase(),
  camelcase: (s) => words(s).map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(''),
  toString: (value: unknown) => str(value),
  toStrings: (value) => items(value).map(str),
  join: (glue, value) => (Array.isArray(value) ? value.map(str).join(str(glue)) : str(value)),
  split: (separator, s) => Object.fromEntries(str(s).split(str(separator)).map((part, i) => [`_${i}`, part])),
  splitList: (separator, s) => str(s).split(str(separator)),
  splitn: (separator, count, s) => {
    const parts = str(s).split(str(separator));
    const n = Number(int(count));
    const kept = parts.length <= n ? parts : [...parts.slice(0, n - 1), parts.slice(n - 1).join(str(separator))];
    return Object.fromEntries(kept.map((part, i) => [`_${i}`, part]));
  },
  sortAlpha: (value: unknown) => items(value).map(str).sort(),
  wrap: (width, s) => str(s).replace(new RegExp(`(.{1,${Number(int(width))}})(\\s|$)`, 'g'), '$1\n').trimEnd(),
  // Regular expressions
  regexMatch: (pattern, s) => goRegExp(str(pattern)).test(str(s)),
  regexFind: (pattern, s) => goRegExp(str(pattern)).exec(str(s))?.[0] ?? '',
  regexFindAll: (pattern, s, count) => [...str(s).matchAll(goRegExp(str(pattern), 'g'))].map((match) => match[0]).slice(0, Number(int(count)) < 0 ? undefined : Number(int(count))),
  regexReplaceAll: (pattern, s, to) => str(s).replace(goRegExp(str(pattern), 'g'), str(to).replace(/\$\{(\w+)\}/g, '$$$1')),
  regexReplaceAllLiteral: (pattern, s, to) => str(s).replace(goRegExp(str(pattern), 'g'), () => str(to)),
  regexSplit: (pattern, s, count) => splitBy(goRegExp(str(pattern), 'g'), str(s), Number(int(count))),
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
  addf: (...args) => args.reduce((total: number, arg) => total + float(arg), 0),
  subf: (first, ...args) => args.reduce((total: number, arg) => total - float(arg), float(first)),
  mulf: (first, ...args) => args.reduce((total: number, arg) => total * float(arg), float(first)),
  divf: (first, ...args) => args.reduce((total: number, arg) => total / float(arg), float(first)),
  maxf: (...args) => Math.max(...args.map(float)),
  minf: (...args) => Math.min(...args.map(float)),
  ceil: (value) => Math.ceil(float(value)),
  floor: (value) => Math.floor(float(value)),
  round: (value, places) => roundTo(float(value), Number(int(places))),
  until: (count) => Array.from({ length: bounded(Number(int(count))) }, (_, i) => BigInt(i)),
  untilStep: (from, to, step) => {
    const out: bigint[] = [];
    for (let i = int(from); out.length < 10_000 && int(step) !== 0n && (int(step) > 0n ? i < int(to) : i > int(to)); i += int(step)) out.push(i);
    return out;
  },
  seq: (...args) => {
    const [from, step, to] = args.length === 1 ? [1n, 1n, int(args[0])] : args.length === 2 ? [int(args[0]), 1n, int(args[1])] : [int(args[0]), int(args[1]), int(args[2])];
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
  first: (value) => items(value)[0] ?? null,
  last: (value) => items(value).at(-1) ?? null,
  rest: (value) => items(value).slice(1),
  initial: (value) => items(value).slice(0, -1),
  append: (value, item) => [...items(value), item],
  push: (value, item) => [...items(value), item],
  prepend: (value, item) => [item, ...items(value)],
  concat: (...args) => args.flatMap(items),
  reverse: (value) => [...items(value)].reverse(),
  uniq: (value) => items(value).filter((item, i, all) => all.findIndex((other) => deepEqual(other, item)) === i),
  without: (value, ...gone) => items(value).filter((item) => !gone.some((other) => deepEqual(other, item))),
  has: (item, value) => Array.isArray(value) && value.some((other) => deepEqual(other, item)),
  compact: (value) => items(value).filter((item) => !empty(item)),
  slice: (value, from, to) => items(value).slice(Number(int(from ?? 0n)), to === undefined ? undefined : Number(int(to))),
  chunk: (size, value) => {
    const all = items(value);
    const n = Math.max(1, Number(int(size)));
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
  merge: (...args) => Object.assign({}, ...[...args].reverse().map(dict)) as unknown,
  mergeOverwrite: (...args) => Object.assign({}, ...args.map(dict)) as unknown,
  pluck: (key, ...args) => args.map((arg) => dict(arg)[str(key)]).filter((value) => value !== undefined),
  dig: (...args) => {
    const last = args.at(-1);
    const path = args.slice(0, -2);
    let value: unknown = last;
    for (const key of path) value = isMap(value) ? value[str(key)] : undefined;
    return value ?? args.at(-2) ?? null;
  },
  // Encoding and hashes
  b64enc: (s) => Buffer.from(str(s)).toString('base64'),
  b64dec: (s) => Buffer.from(str(s), 'base64').toString('utf8'),
  sha1sum: hash('sha1'),
  sha256sum: hash('sha256'),
  sha512sum: hash('sha512'),
  toJson: (value) => JSON.stringify(toPlainJson(value)),
  toPrettyJson: (value) => JSON.stringify(toPlainJson(value), undefined, 2),
  toRawJson: (value) => JSON.stringify(toPlainJson(value)),
  fromJson: (s) => JSON.parse(str(s)) as unknown,
  // Time
  now: () => new GoTime(systemClock.now()),
  date: (layout, value) => formatGoLayout(time(value), str(layout)),
  dateInZone: (layout, value) => formatGoLayout(time(value), str(layout)),
  date_in_zone: (layout, value) => formatGoLayout(time(value), str(layout)),
  htmlDate: (value) => formatGoLayout(time(value), '2006-01-02'),
  unixEpoch: (value) => String(Math.floor(time(value) / 1000)),
  ago: (value) => goDuration(Math.round((systemClock.now() - time(value)) / 1000) * 1000),
  duration: (seconds) => goDuration(Number(int(seconds)) * 1000),
  dateModify: (change, value) => new GoTime(time(value) + (parseGoDuration(str(change)) ?? 0)),
  date_modify: (change, value) => new GoTime(time(value) + (parseGoDuration(str(change)) ?? 0)),
  toDate: (layout, value) => new GoTime(Date.parse(str(value)) || 0),
  // Types and paths
  kindOf: (value) => (Array.isArray(value) ? 'slice' : isMap(value) ? 'map' : goTypeName(value)),
  typeOf: (value) => goTypeName(value),
  deepEqual: (a, b) => deepEqual(a, b),
  base: (path) => str(path).replace(/\/+$/, '').split('/').at(-1) ?? '.',
  dir: (path) => str(path).split('/').slice(0, -1).join('/') || '.',
  ext: (path) => /\.[^./]*$/.exec(str(path))?.[0] ?? '',
  isAbs: (path) => str(path).startsWith('/'),
};

/** The functions of Masterminds/sprig v3 but those that make certificates or hash passwords; `env` and `expandenv` are off in Argo. */
export const sprig: Readonly<Record<string, ExprFunction>> = withMust({ ...plain, ...sprigMore });
