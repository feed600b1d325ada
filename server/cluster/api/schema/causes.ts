/** What is wrong with a field, in the words of Kubernetes. After kubernetes 1.32 apimachinery/pkg/util/validation/field/errors.go */
import type { StatusCause } from '../status.ts';

/** A value as Go's `%#v` would show it in an error: strings quoted, maps and lists with their types. */
export function goString(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return value.every((v) => typeof v === 'string') ? `[]string{${value.map((v) => JSON.stringify(v)).join(', ')}}` : `[]interface {}{${value.map(goString).join(', ')}}`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[string]interface {}{${entries.map(([k, v]) => `${JSON.stringify(k)}:${goString(v)}`).join(', ')}}`;
  }
  return String(value);
}

/** `map[string]string{"a":"b"}`, and `map[string]string(nil)` for nothing. */
export function goStringMap(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'map[string]string(nil)';
  return `map[string]string{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(', ')}}`;
}

/** A pointer as Go's `%#v` shows one inside a struct: its address says nothing, so one stands for all. */
export function pointerText(type: string, value: unknown): string {
  return `(*${type})(${value === undefined || value === null ? 'nil' : '0xc000000000'})`;
}

export function required(field: string, detail = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: `Required value${detail === '' ? '' : `: ${detail}`}`, field };
}

/** `shown` is the value as it stands in the message: see goString. */
export function invalid(field: string, shown: string, detail: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${detail}`, field };
}

export function typeInvalid(field: string, shown: string, detail: string): StatusCause {
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value: ${shown}: ${detail}`, field };
}

export function unsupported(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.length === 0 ? '' : `: supported values: ${supported.map((s) => JSON.stringify(s)).join(', ')}`;
  return { reason: 'FieldValueNotSupported', message: `Unsupported value: ${goString(value ?? '')}${list}`, field };
}

export function duplicate(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(value)}`, field };
}

export function notFound(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueNotFound', message: `Not found: ${goString(value)}`, field };
}

export function forbidden(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${detail}`, field };
}

export function tooLong(field: string, max: number): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${max} bytes`, field };
}

export function tooMany(field: string, actual: number, max: number): StatusCause {
  return { reason: 'FieldValueTooMany', message: `Too many: ${actual}: must have at most ${max} items`, field };
}
