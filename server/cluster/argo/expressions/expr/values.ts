import { goDuration } from '../../../../lib/go-duration.ts';
/**
 * The values of expressions, as Go has them: `bigint` is int, `number` is float64 (JSON numbers are), `null` is nil,
 * arrays are []interface{}, plain objects map[string]interface{}, functions functions.
 */
export type ExprFunction = (...args: unknown[]) => unknown;

/** time.Time, in UTC. */
export class GoTime {
  constructor(readonly ms: number) {}
  toJSON(): string {
    return new Date(this.ms).toISOString().replace(/\.?0*Z$/, 'Z');
  }
}

/** time.Duration. */
export class GoDuration {
  constructor(readonly ms: number) {}
  toJSON(): number {
    return this.ms * 1_000_000;
  }
}

/** *time.Location. */
export class GoZone {
  constructor(readonly name: string) {}
  toJSON(): object {
    return {};
  }
}

const anyMaps = new WeakMap<object, string>();

/** A map whose keys are no strings in Go, which encoding/json does not write: its keys are kept as `%v` prints them. */
export function anyMap(goType: string, value: Record<string, unknown>): Record<string, unknown> {
  anyMaps.set(value, goType);
  return value;
}

export const isAnyMap = (value: object): boolean => anyMaps.has(value);

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoTime) && !(value instanceof GoDuration) && !(value instanceof GoZone);

export const isFunction = (value: unknown): value is ExprFunction => typeof value === 'function';

/** Go's `%T`. */
export function goTypeName(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (Array.isArray(value)) return '[]interface {}';
  if (value instanceof GoTime) return 'time.Time';
  if (value instanceof GoDuration) return 'time.Duration';
  return typeof value === 'function' ? 'func(...interface {}) (interface {}, error)' : 'map[string]interface {}';
}

/** Go's `%v` of a float64: the shortest form, with an exponent below 1e-4 and from 1e6 on. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const shortest = value.toExponential();
  const exponent = Number(shortest.slice(shortest.indexOf('e') + 1));
  if (exponent < -4 || exponent >= 6) return shortest.replace(/e([+-])(\d)$/, 'e$10$2');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Go's `%v`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goFloat(value);
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (value instanceof GoTime) return new Date(value.ms).toISOString().replace('T', ' ').replace(/\.?0*Z$/, ' +0000 UTC');
  if (value instanceof GoDuration) return goDuration(value.ms);
  if (isMap(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${goValue(value[key])}`).join(' ')}]`;
  }
  return String(value);
}

const ESCAPED: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };
const quoted = (text: string): string => JSON.stringify(text.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/[<>&\u2028\u2029]/g, (char) => ESCAPED[char] ?? char);

/** A value as encoding/json writes it, ints to the last digit. Throws with its words for what it does not write. */
export function goJsonOf(value: unknown, indent = '', before = '\n'): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${goFloat(value)}`);
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-6 || size >= 1e21) ? value.toExponential() : Object.is(value, -0) ? '-0' : String(value);
  }
  if (typeof value === 'function') throw new Error(`json: unsupported type: ${goTypeName(value)}`);
  if (value instanceof GoTime || value instanceof GoDuration || value instanceof GoZone) return JSON.stringify(value);
  const inner = indent === '' ? '' : `${before}${indent}`;
  const wrap = (open: string, parts: string[], close: string) => (parts.length === 0 ? open + close : `${open}${inner}${parts.join(`,${inner}`)}${indent === '' ? '' : before}${close}`);
  const below = (item: unknown) => goJsonOf(item, indent, inner);
  if (Array.isArray(value)) return wrap('[', value.map(below), ']');
  const unsupported = anyMaps.get(value);
  if (unsupported !== undefined) throw new Error(`json: unsupported type: ${unsupported}`);
  if (!isMap(value)) return quoted(JSON.stringify(value));
  return wrap('{', Object.keys(value).sort().map((key) => `${quoted(key)}:${indent === '' ? '' : ' '}${below(value[key])}`), '}');
}

/** What encoding/json makes of a value: ints become numbers, keys are sorted. */
export function toPlainJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(toPlainJson);
  if (value instanceof GoTime || value instanceof GoDuration) return value.toJSON();
  if (isMap(value)) return Object.fromEntries(Object.keys(value).sort().map((key) => [key, toPlainJson(value[key])]));
  return value ?? null;
}

export function deepEqual(a: unknown, b: unknown): boolean {
  if ((a === null || a === undefined) && (b === null || b === undefined)) return true;
  const numeric = (value: unknown) => typeof value === 'number' || typeof value === 'bigint';
  if (numeric(a) && numeric(b)) return Number(a) === Number(b);
  if (a instanceof GoTime && b instanceof GoTime) return a.ms === b.ms;
  if (a instanceof GoDuration && b instanceof GoDuration) return a.ms === b.ms;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && deepEqual(a[key], b[key]));
  }
  return a === b;
}
