import { parseGoDuration } from '../../../../lib/go-duration.ts';
import { unmarshal } from '../../types/go-json.ts';
import { binaryOperation, goRegExp, toInt } from './operators.ts';
import { anyMap, deepEqual, goJsonOf, goTypeName, goValue, GoDuration, GoTime, GoZone, isMap } from './values.ts';
import type { ExprFunction } from './values.ts';

type Predicate = (scope: { item: unknown; index: number; acc?: unknown }) => unknown;
type PredicateBuiltin = (items: unknown[], test: Predicate | undefined, extra: (() => unknown) | undefined) => unknown;

const text = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new Error(`interface conversion: interface {} is ${value === null ? 'nil' : goTypeName(value)}, not string`);
};
const number = (value: unknown): number => {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new Error(`invalid operation: float(${goTypeName(value)})`);
};
const list = (name: string, value: unknown): unknown[] => {
  if (Array.isArray(value)) return value;
  throw new Error(`cannot ${name} ${goTypeName(value)}`);
};
const flat = (args: unknown[]): unknown[] => args.flatMap((arg) => (Array.isArray(arg) ? flat(arg) : [arg]));

const isNumeric = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint';

function order(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  if (!isNumeric(a) || !isNumeric(b)) throw new Error(`invalid operation: ${goTypeName(b)} < ${goTypeName(a)}`);
  return number(a) - number(b);
}

function numberFor(name: string, value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new Error(`invalid argument for ${name} (type ${goTypeName(value)})`);
}

function pick(name: string, args: unknown[], better: (a: number, b: number) => boolean): unknown {
  let best: unknown = null;
  for (const arg of flat(args)) if (better(numberFor(name, arg), best === null ? Number.NaN : Number(best)) || best === null) best = arg;
  return best;
}

export function intOf(value: unknown): bigint {
  if (typeof value !== 'string') return toInt(value);
  if (/^[+-]?\d+$/.test(value)) return BigInt(value);
  throw new Error(`invalid operation: int(${value})`);
}

export function floatOf(value: unknown): number {
  if (typeof value !== 'string') return number(value);
  const parsed = Number(value);
  if (value.trim() !== value || value === '' || Number.isNaN(parsed)) throw new Error(`invalid operation: float(${value})`);
  return parsed;
}

/** What `first` and `last` look at: of a text, its bytes. */
const elementsOf = (value: unknown): unknown[] => (typeof value === 'string' ? [...Buffer.from(value)].map(BigInt) : Array.isArray(value) ? value : []);

function zoneOf(name: string): GoZone {
  try {
    if (name !== '' && name !== 'Local') new Intl.DateTimeFormat('en', { timeZone: name });
    return new GoZone(name);
  } catch (error) {
    throw new Error(`unknown time zone ${name}`, { cause: error });
  }
}

function decodeBase64(value: string): string {
  const clean = value.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(clean.replace(/={1,2}$/, ''));
  if (bad !== null) throw new Error(`illegal base64 data at input byte ${bad.index}`);
  if (clean.length % 4 !== 0) throw new Error(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`);
  return Buffer.from(clean, 'base64').toString('utf8');
}

function durationOf(value: unknown): GoDuration {
  const ms = parseGoDuration(text(value));
  if (ms === undefined) throw new Error(`time: invalid duration ${JSON.stringify(value)}`);
  return new GoDuration(ms);
}

function splitParts(value: unknown, separator: unknown, limit: unknown, keep: boolean): string[] {
  const parts = text(value).split(text(separator));
  const count = limit === undefined ? -1 : Number(toInt(limit));
  const all = keep ? parts.map((part, i) => (i < parts.length - 1 ? part + text(separator) : part)) : parts;
  if (count < 0 || all.length <= count) return all;
  return [...all.slice(0, count - 1), all.slice(count - 1).join(keep ? '' : text(separator))];
}

function replaceParts(value: unknown, from: unknown, to: unknown, limit: unknown): string {
  const parts = text(value).split(text(from));
  const count = limit === undefined ? -1 : Number(toInt(limit));
  if (count < 0 || parts.length - 1 <= count) return parts.join(text(to));
  return [parts.slice(0, count + 1).join(text(to)), ...parts.slice(count + 1)].join(text(from));
}

const cutset = (chars: unknown): string => (chars === undefined ? '\\s' : text(chars).replace(/[\\\]^-]/g, '\\$&'));

const fixed: Record<string, ExprFunction> = {
  len: (value) => {
    if (typeof value === 'string') return BigInt([...value].length);
    if (Array.isArray(value)) return BigInt(value.length);
    if (isMap(value)) return BigInt(Object.keys(value).length);
    throw new Error(`invalid argument for len (type ${goTypeName(value)})`);
  },
  type: (value) => {
    const name = goTypeName(value);
    if (name === '<nil>') return 'nil';
    if (name === 'float64') return 'float';
    if (name.startsWith('[]')) return 'array';
    return name.startsWith('map[') ? 'map' : name.startsWith('func') ? 'func' : name;
  },
  abs: (value) => (typeof value === 'bigint' ? (value < 0n ? -value : value) : Math.abs(number(value))),
  ceil: (value) => Math.ceil(number(value)),
  floor: (value) => Math.floor(number(value)),
  round: (value) => Math.sign(number(value)) * Math.round(Math.abs(number(value))),
  int: (value) => intOf(value),
  float: (value) => floatOf(value),
  string: (value) => goValue(value),
  trim: (value, chars) => text(value).replace(new RegExp(`^[${cutset(chars)}]+|[${cutset(chars)}]+$`, 'gu'), ''),
  trimPrefix: (value, prefix = ' ') => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : value),
  trimSuffix: (value, suffix = ' ') => (text(value).endsWith(text(suffix)) && suffix !== '' ? text(value).slice(0, -text(suffix).length) : value),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  split: (value, separator, limit) => splitParts(value, separator, limit, false),
  splitAfter: (value, separator, limit) => splitParts(value, separator, limit, true),
  replace: (value, from, to, limit) => replaceParts(value, from, to, limit),
  repeat: (value, times) => {
    const count = Number(toInt(times));
    if (count < 0) throw new Error(`invalid argument for repeat (expected positive integer, got ${count})`);
    if (count > 1_000_000) throw new Error('memory budget exceeded');
    return text(value).repeat(count);
  },
  join: (value, glue = '') => list('join', value).map(text).join(text(glue)),
  indexOf: (value, part) => BigInt(text(value).indexOf(text(part))),
  lastIndexOf: (value, part) => BigInt(text(value).lastIndexOf(text(part))),
  hasPrefix: (value, part) => text(value).startsWith(text(part)),
  hasSuffix: (value, part) => text(value).endsWith(text(part)),
  max: (...args) => pick('max', args, (a, b) => a > b),
  min: (...args) => pick('min', args, (a, b) => a < b),
  mean: (...args) => {
    const all = flat(args).map((arg) => numberFor('mean', arg));
    return all.length === 0 ? 0 : all.reduce((a, b) => a + b, 0) / all.length;
  },
  median: (...args) => {
    const all = flat(args).map((arg) => numberFor('median', arg)).sort((a, b) => a - b);
    const middle = Math.floor(all.length / 2);
    return all.length === 0 ? 0 : all.length % 2 === 1 ? all[middle] : ((all[middle - 1] ?? 0) + (all[middle] ?? 0)) / 2;
  },
  toJSON: (value) => goJsonOf(value, '  '),
  fromJSON: (value) => unmarshal(text(value)) as unknown,
  toBase64: (value) => Buffer.from(text(value)).toString('base64'),
  fromBase64: (value) => decodeBase64(text(value)),
  duration: (value) => durationOf(value),
  date: (value) => {
    const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text(value)) ? `${text(value)}T00:00:00Z` : text(value));
    if (Number.isNaN(ms)) throw new Error(`invalid date ${text(value)}`);
    return new GoTime(ms);
  },
  first: (value) => elementsOf(value)[0] ?? null,
  last: (value) => elementsOf(value).at(-1) ?? null,
  get: (value, key) => (isMap(value) ? (value[String(key)] ?? null) : Array.isArray(value) ? (value.at(Number(toInt(key))) ?? null) : null),
  take: (value, count) => list('take from', value).slice(0, Number(toInt(count))),
  keys: (value) => (isMap(value) ? Object.keys(value).sort() : list('get keys from', value)),
  values: (value) => (isMap(value) ? Object.keys(value).sort().map((key) => value[key]) : list('get values from', value)),
  toPairs: (value) => (isMap(value) ? Object.keys(value).sort().map((key) => [key, value[key]]) : list('transform', value)),
  fromPairs: (value) =>
    anyMap('map[interface {}]interface {}', Object.fromEntries(list('transform', value).map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw new Error(`invalid pair ${goValue(pair)}`);
      return [goValue(pair[0]), pair[1] as unknown];
    }))),
  reverse: (value) => [...list('reverse', value)].reverse(),
  uniq: (value) => list('uniq', value).filter((item, i, all) => all.findIndex((other) => deepEqual(item, other)) === i),
  concat: (...args) => args.flatMap((arg) => list('concat', arg)),
  flatten: (value) => flat(list('flatten', value)),
  sort: (value, direction) => {
    const sorted = [...list('sort', value)].sort(order);
    return direction === 'desc' ? sorted.reverse() : sorted;
  },
  bitand: (a, b) => toInt(a) & toInt(b),
  bitor: (a, b) => toInt(a) | toInt(b),
  bitxor: (a, b) => toInt(a) ^ toInt(b),
  bitnand: (a, b) => toInt(a) & ~toInt(b),
  bitnot: (a) => ~toInt(a),
  bitshl: (a, b) => BigInt.asIntN(64, toInt(a) << toInt(b)),
  bitshr: (a, b) => toInt(a) >> toInt(b),
  bitushr: (a, b) => BigInt.asIntN(64, BigInt.asUintN(64, toInt(a)) >> toInt(b)),
  timezone: (name) => zoneOf(text(name)),
};

/** Every builtin function that takes plain values. */
export function builtins(now: () => number): Record<string, ExprFunction> {
  return { ...fixed, now: () => new GoTime(now()) };
}

const ask = (test: Predicate | undefined, item: unknown, index: number): unknown => (test === undefined ? item : test({ item, index }));
const holds = (test: Predicate | undefined, item: unknown, index: number): boolean => {
  const answer = ask(test, item, index);
  if (typeof answer === 'boolean') return answer;
  throw new Error(`interface conversion: interface {} is ${answer === null ? 'nil' : goTypeName(answer)}, not bool`);
};

/** The builtins that take a predicate: their collection, the predicate and a last argument. */
export const predicateBuiltins: Record<string, PredicateBuiltin> = {
  all: (items, test) => items.every((item, i) => holds(test, item, i)),
  none: (items, test) => !items.some((item, i) => holds(test, item, i)),
  any: (items, test) => items.some((item, i) => holds(test, item, i)),
  one: (items, test) => items.filter((item, i) => holds(test, item, i)).length === 1,
  filter: (items, test) => items.filter((item, i) => holds(test, item, i)),
  map: (items, test) => items.map((item, i) => ask(test, item, i)),
  count: (items, test) => BigInt(items.filter((item, i) => holds(test, item, i)).length),
  sum: (items, test) => {
    const all = items.map((item, i) => ask(test, item, i));
    return all.reduce((sum: unknown, item) => binaryOperation('+', item, sum), 0n);
  },
  find: (items, test) => items.find((item, i) => holds(test, item, i)) ?? null,
  findIndex: (items, test) => BigInt(items.findIndex((item, i) => holds(test, item, i))),
  findLast: (items, test) => items.findLast((item, i) => holds(test, item, i)) ?? null,
  findLastIndex: (items, test) => BigInt(items.findLastIndex((item, i) => holds(test, item, i))),
  groupBy: (items, test) => {
    const groups: Record<string, unknown[]> = {};
    items.forEach((item, i) => (groups[goValue(ask(test, item, i))] ??= []).push(item));
    return anyMap('map[interface {}][]interface {}', groups);
  },
  sortBy: (items, test, extra) => {
    const keyed = items.map((item, i) => ({ item, key: ask(test, item, i) })).sort((a, b) => order(a.key, b.key));
    const sorted = keyed.map(({ item }) => item);
    return extra?.() === 'desc' ? sorted.reverse() : sorted;
  },
  reduce: (items, test, extra) => {
    if (extra === undefined && items.length === 0) throw new Error('reflect: slice index out of range');
    let acc: unknown = extra === undefined ? items[0] : extra();
    items.slice(extra === undefined ? 1 : 0).forEach((item, i) => {
      acc = test === undefined ? acc : test({ item, index: i, acc });
    });
    return acc ?? null;
  },
};

const names = new Set([...Object.keys(fixed), 'now', ...Object.keys(predicateBuiltins)]);
export const isBuiltin = (name: string): boolean => names.has(name);
export const takesPredicate = (name: string): boolean => Object.hasOwn(predicateBuiltins, name);
export { goRegExp };
