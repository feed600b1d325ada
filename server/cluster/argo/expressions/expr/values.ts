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

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoTime) && !(value instanceof GoDuration);

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

/** Go's `%v` of a float64: the shortest form, with an exponent below 1e-4 and from 1e21 on. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
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
