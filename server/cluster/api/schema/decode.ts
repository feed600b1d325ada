/**
 * JSON read as a built-in kind: Go's errors for values of the wrong type, the names of unknown fields, and the object
 * as Go would write it again. After sigs.k8s.io/json and kubernetes 1.32 apimachinery/pkg/runtime/converter.go
 */
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { structOutput } from './canonical.ts';
import { parseQuantity, formatQuantity } from './quantity.ts';
import { structType, type StructType, type TypeExpr } from './types.ts';

/** A value that does not fit its field; the message is the one of Go's decoder. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

export interface Decoded {
  value: JsonRecord;
  /** Paths of fields that the type does not have, in the order of the document: `spec.containers[0].img`. */
  unknown: string[];
}

/** Whose words errors use: the JSON decoder's, or those of the conversion that a strategic merge patch goes through. */
export type DecodeMode = 'json' | 'unstructured';

interface Context {
  mode: DecodeMode;
  unknown: string[];
  /** The struct around. */
  struct: string;
  /** The way down to here, a name of a field, an index or a key each: texts are only made where one is needed. */
  readonly steps: Step[];
  /** Whether absent fields are filled in as Go writes them; else only what is there is kept. */
  filled: boolean;
  /** The first value of the wrong type: decoding goes on behind it, and ends with it. */
  first: { error?: DecodeError };
}

type Step = { field: string } | { index: number } | { key: string };

/** With indexes: `spec.containers[0].command`. */
function pathOf(steps: readonly Step[]): string {
  return steps.map((step, i) => ('index' in step ? `[${step.index}]` : `${i === 0 ? '' : '.'}${'field' in step ? step.field : step.key}`)).join('');
}

/** Fields alone: `spec.containers.command`. */
function namesOf(steps: readonly Step[]): string {
  return steps.flatMap((step) => ('field' in step ? [step.field] : [])).join('.');
}

/** Decodes what is one step further down. */
function below(step: Step, type: TypeExpr, value: unknown, context: Context): unknown {
  context.steps.push(step);
  const decoded = decode(type, value, context);
  context.steps.pop();
  return decoded;
}

/** Throws DecodeError. */
export function decodeStruct(type: StructType, value: unknown, { mode = 'json', filled = true }: { mode?: DecodeMode; filled?: boolean } = {}): Decoded {
  const context: Context = { mode, filled, unknown: [], struct: type.name, steps: [], first: {} };
  const decoded = struct(type, value, { k: 'struct', ref: type.ref, go: type.name }, context);
  if (context.first.error !== undefined) throw context.first.error;
  return { value: isRecord(decoded) ? decoded : {}, unknown: context.unknown };
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

/** Go's type of a value in an unstructured object. */
function goValueType(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (isRecord(value)) return 'map';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

const GO_KINDS: Partial<Record<TypeExpr['k'], string>> = { string: 'string', bool: 'bool', int32: 'int32', int64: 'int64', float: 'float64', byte: 'uint8' };

function mismatch(type: TypeExpr, value: unknown, context: Context): undefined {
  if (context.mode === 'unstructured') {
    const from = goValueType(value);
    if (type.k === 'struct') throw new DecodeError(`cannot restore struct from: ${from}`);
    if (type.k === 'map') throw new DecodeError(`cannot restore map from ${from}`);
    if (type.k === 'list' || type.k === 'bytes') throw new DecodeError(`cannot restore slice from ${from}`);
    const to = GO_KINDS[type.k] ?? type.go;
    throw new DecodeError(typeof value === 'number' && type.k !== 'bool' ? `cannot convert ${from} to ${type.go}` : `unrecognized type: ${to}`);
  }
  const number = typeof value === 'number' && ['int32', 'int64', 'byte'].includes(type.k) ? `number ${value}` : goKind(value);
  const names = namesOf(context.steps);
  const field = names === '' ? 'value' : `struct field ${context.struct}.${names}`;
  context.first.error ??= new DecodeError(`json: cannot unmarshal ${number} into Go ${field} of type ${type.go}`);
  return undefined;
}

function decode(type: TypeExpr, value: unknown, context: Context): unknown {
  if (value === null || value === undefined) return undefined;
  switch (type.k) {
    case 'string':
      return typeof value === 'string' ? value : mismatch(type, value, context);
    case 'bool':
      return typeof value === 'boolean' ? value : mismatch(type, value, context);
    case 'int32':
      return Number.isInteger(value) && typeof value === 'number' && Math.abs(value) <= 2 ** 31 ? value : mismatch(type, value, context);
    case 'int64':
    case 'byte':
      return typeof value === 'number' && Number.isInteger(value) ? value : mismatch(type, value, context);
    case 'float':
      return typeof value === 'number' ? value : mismatch(type, value, context);
    case 'bytes':
      return typeof value === 'string' ? base64(value) : mismatch(type, value, context);
    case 'struct':
      return struct(structType(type.ref), value, type, context);
    case 'list':
      if (!Array.isArray(value)) return mismatch(type, value, context);
      return value.map((item, i) => below({ index: i }, type.of, item, context) ?? empty(type.of));
    case 'map': {
      if (!isRecord(value)) return mismatch(type, value, context);
      const result: JsonRecord = {};
      for (const key of Object.keys(value).sort()) result[key] = below({ key }, type.of, value[key], context) ?? empty(type.of);
      return result;
    }
    case 'quantity':
      return quantity(value);
    case 'intOrString':
      if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value;
      throw new DecodeError(typeof value === 'number' ? `json: cannot unmarshal number ${value} into Go value of type int32` : `json: cannot unmarshal ${goKind(value)} into Go value of type int32`);
    case 'time':
    case 'microTime':
      return time(type.k, value);
    case 'duration':
    case 'raw':
    case 'json':
      return value;
  }
}

/** null in a list or a map is the zero value of its elements. */
function empty(type: TypeExpr): unknown {
  if (type.k === 'string' || type.k === 'bytes') return '';
  if (type.k === 'struct') return structOutput(structType(type.ref), {});
  if (type.k === 'quantity') return '0';
  if (type.k === 'bool') return false;
  return ['int32', 'int64', 'float', 'intOrString'].includes(type.k) ? 0 : null;
}

function struct(type: StructType, value: unknown, expr: TypeExpr, context: Context): unknown {
  if (!isRecord(value)) return value === null || value === undefined ? undefined : mismatch(expr, value, context);
  const seen: JsonRecord = {};
  const around = context.struct;
  context.struct = type.name;
  for (const name of Object.keys(value)) {
    const field = type.byName.get(name);
    const step = { field: name };
    if (field === undefined) context.unknown.push(pathOf([...context.steps, step]));
    else {
      const decoded = below(step, field.type, value[name], context);
      if (decoded !== undefined) seen[name] = decoded;
    }
  }
  context.struct = around;
  return context.filled ? structOutput(type, seen) : seen;
}

function quantity(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : undefined;
  const parsed = parseQuantity((text ?? JSON.stringify(value)).trim());
  if ('error' in parsed) throw new DecodeError(parsed.error);
  return formatQuantity(parsed);
}

function base64(text: string): string {
  const clean = text.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/]/.exec(clean.replace(/={1,2}$/, ''));
  if (bad !== null) throw new DecodeError(`illegal base64 data at input byte ${bad.index}`);
  if (clean.length % 4 !== 0) throw new DecodeError(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`);
  return clean;
}

function time(kind: 'time' | 'microTime', value: unknown): string {
  if (typeof value !== 'string') throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type string`);
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value);
  const ms = parts === null ? Number.NaN : Date.parse(value);
  if (Number.isNaN(ms)) {
    const [layout, first] = kind === 'time' ? ['2006-01-02T15:04:05Z07:00', '2006'] : ['2006-01-02T15:04:05.000000Z07:00', '2006'];
    throw new DecodeError(`parsing time ${JSON.stringify(value)} as "${layout}": cannot parse ${JSON.stringify(value)} as "${first}"`);
  }
  const seconds = `${new Date(ms).toISOString().slice(0, 19)}`;
  return kind === 'time' ? `${seconds}Z` : `${seconds}.${(parts?.[2] ?? '.').slice(1, 7).padEnd(6, '0')}Z`;
}
