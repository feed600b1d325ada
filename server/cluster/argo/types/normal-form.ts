import { goJson, isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { GO_STRUCTS } from './go-structs.ts';

/** JSON that does not fit the Go struct it is decoded into; the message is encoding/json's, `unstructured` what the converter of objects read without their types says. */
export class GoDecodeError extends Error {
  override readonly name = 'GoDecodeError';

  constructor(
    message: string,
    readonly unstructured: string,
  ) {
    super(message);
  }
}

export interface Field {
  name: string;
  omitEmpty: boolean;
  type: GoType;
}

export type GoType =
  | { kind: 'pointer' | 'list' | 'map'; of: GoType; goName: string }
  | { kind: 'struct'; struct: string; goName: string }
  | { kind: 'scalar'; scalar: Scalar; goName: string };

type Scalar = 'string' | 'bool' | 'int' | 'float' | 'time' | 'quantity' | 'intstr' | 'anystring' | 'any';

const structs = new Map<string, readonly Field[]>();
const types = new Map<string, GoType>();

/** The package that Go would print before a struct's name. */
function goStructName(key: string): string {
  const dot = key.indexOf('.');
  if (dot < 0) return `v1alpha1.${key}`;
  const owner = key.slice(0, dot);
  return owner === 'core' || owner === 'meta' || owner === 'policy' ? `v1.${key.slice(dot + 1)}` : key;
}

function parseType(text: string): GoType {
  const known = types.get(text);
  if (known !== undefined) return known;
  const at = text.indexOf('@');
  const bare = at < 0 ? text : text.slice(0, at);
  const named = at < 0 ? undefined : text.slice(at + 1);
  let type: GoType;
  if (text.startsWith('*')) {
    const of = parseType(text.slice(1));
    type = { kind: 'pointer', of, goName: of.goName };
  } else if (bare.startsWith('[]')) {
    const of = parseType(bare.slice(2));
    type = { kind: 'list', of, goName: named ?? `[]${of.goName}` };
  } else if (bare.startsWith('{}')) {
    const of = parseType(bare.slice(2));
    type = { kind: 'map', of, goName: named ?? `map[string]${of.goName}` };
  } else if (GO_STRUCTS[bare] !== undefined) {
    type = { kind: 'struct', struct: bare, goName: goStructName(bare) };
  } else {
    type = { kind: 'scalar', scalar: scalarOf(bare), goName: named ?? bare };
  }
  types.set(text, type);
  return type;
}

function scalarOf(name: string): Scalar {
  switch (name) {
    case 'string':
    case 'bytes':
      return 'string';
    case 'int':
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return 'int';
    case 'float32':
    case 'float64':
      return 'float';
    case 'bool':
    case 'time':
    case 'quantity':
    case 'intstr':
    case 'anystring':
      return name;
    default:
      return 'any';
  }
}

/** The fields of a struct of the table, in Go's order. Throws on an unknown name: a mistake of ours. */
export function fieldsOf(struct: string): readonly Field[] {
  const known = structs.get(struct);
  if (known !== undefined) return known;
  const text = GO_STRUCTS[struct];
  if (text === undefined) throw new Error(`no Go struct ${struct}`);
  const fields: Field[] = [];
  for (const part of text.split(' ')) {
    if (part === '') continue;
    const colon = part.indexOf(':');
    const name = part.slice(0, colon);
    const omitEmpty = name.endsWith('?');
    fields.push({ name: omitEmpty ? name.slice(0, -1) : name, omitEmpty, type: parseType(part.slice(colon + 1)) });
  }
  structs.set(struct, fields);
  return fields;
}

/** Whether the table knows a struct. */
export function hasStruct(name: string): boolean {
  return GO_STRUCTS[name] !== undefined;
}

/** Where a value stands, for error messages: the text of it is made only when there is one. */
interface Place {
  struct: string;
  name: string;
  above?: Place;
}

const ROOT: Place = { struct: '', name: '' };

function pathOf({ name, above }: Place): string {
  const before = above === undefined ? '' : pathOf(above);
  return before === '' ? name : `${before}.${name}`;
}

function kindName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'object' : typeof value;
}

function fail(value: unknown, type: GoType, place: Place, kind = kindName(value)): never {
  const path = pathOf(place);
  const target = path === '' ? `Go value of type ${type.goName}` : `Go struct field ${place.struct}.${path} of type ${type.goName}`;
  throw new GoDecodeError(`json: cannot unmarshal ${kind} into ${target}`, unstructuredProblem(value, type));
}

/** After k8s.io/apimachinery v0.33 pkg/runtime/converter.go */
function unstructuredProblem(value: unknown, type: GoType): string {
  const number = typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : undefined;
  const kind = number ?? (Array.isArray(value) ? 'slice' : typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'map' : typeof value);
  switch (type.kind) {
    case 'list':
      return `cannot restore slice from ${kind}`;
    case 'map':
      return `cannot restore map from ${kind}`;
    case 'struct':
      return `cannot restore struct from: ${kind}`;
    default:
      return `cannot convert ${kind === 'slice' ? '[]interface {}' : kind === 'map' ? 'map[string]interface {}' : kind} to ${type.goName}`;
  }
}

/** The value that Go holds after decoding nothing into a type, as it would be printed. */
function zero(type: GoType): Json {
  switch (type.kind) {
    case 'pointer':
    case 'list':
    case 'map':
      return null;
    case 'struct':
      return struct(type.struct, {}, ROOT);
    case 'scalar':
      switch (type.scalar) {
        case 'string':
        case 'anystring':
          return '';
        case 'bool':
          return false;
        case 'int':
        case 'float':
        case 'intstr':
          return 0;
        case 'quantity':
          return '0';
        default:
          return null;
      }
  }
}

function scalar(type: Extract<GoType, { kind: 'scalar' }>, value: unknown, place: Place): Json {
  switch (type.scalar) {
    case 'string':
      return typeof value === 'string' ? value : fail(value, type, place);
    case 'bool':
      return typeof value === 'boolean' ? value : fail(value, type, place);
    case 'int':
      if (typeof value !== 'number') return fail(value, type, place);
      return Number.isInteger(value) ? value : fail(value, type, place, `number ${value}`);
    case 'float':
      return typeof value === 'number' ? value : fail(value, type, place);
    case 'time':
      if (typeof value !== 'string') return fail(value, type, place);
      return wholeSeconds(value);
    case 'quantity':
      return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : fail(value, type, place);
    case 'intstr':
      return typeof value === 'number' || typeof value === 'string' ? value : fail(value, type, place);
    case 'anystring':
      // After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/anystring.go: lists and maps become the empty string.
      if (typeof value === 'string') return value;
      return typeof value === 'number' || typeof value === 'boolean' ? plainNumber(value) : '';
    case 'any':
      return anyJson(value);
  }
}

/** Go's 'f' format: no exponent. */
function plainNumber(value: number | boolean): string {
  const text = String(value);
  return typeof value === 'number' && text.includes('e') ? BigInt(Math.trunc(value)).toString() : text;
}

function wholeSeconds(text: string): string {
  if (text.length === 20 && text.endsWith('Z')) return text;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function anyJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(anyJson);
  if (isJsonObject(value)) {
    const out: JsonObject = {};
    for (const [key, item] of Object.entries(value)) if (item !== undefined) out[key] = anyJson(item);
    return out;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function decode(type: GoType, value: unknown, place: Place): Json {
  if (value === null || value === undefined) return zero(type);
  switch (type.kind) {
    case 'pointer':
      return decode(type.of, value, place);
    case 'list':
      if (!Array.isArray(value)) {
        // A single step where a group of parallel steps is expected is not Go's to mend either.
        return fail(value, type, place);
      }
      return value.map((item) => decode(type.of, item, place));
    case 'map': {
      if (!isJsonObject(value)) return fail(value, type, place);
      const out: JsonObject = {};
      for (const key of Object.keys(value).sort()) out[key] = decode(type.of, value[key], { struct: place.struct, name: key, above: place });
      return out;
    }
    case 'struct':
      if (!isJsonObject(value)) return fail(value, type, place);
      return struct(type.struct, value, place);
    case 'scalar':
      return scalar(type, value, place);
  }
}

function isEmpty(type: GoType, value: Json | undefined): boolean {
  if (value === undefined || value === null) return type.kind !== 'scalar' || type.scalar !== 'time';
  switch (type.kind) {
    case 'pointer':
    case 'struct':
      return false;
    case 'list':
      return Array.isArray(value) && value.length === 0;
    case 'map':
      return isJsonObject(value) && Object.keys(value).length === 0;
    case 'scalar':
      return (type.scalar !== 'time' && type.scalar !== 'any' && type.scalar !== 'quantity' && type.scalar !== 'intstr') && (value === '' || value === 0 || value === false);
  }
}

function struct(name: string, value: JsonObject, place: Place): JsonObject {
  const short = name.slice(name.indexOf('.') + 1);
  const out: JsonObject = {};
  for (const field of fieldsOf(name)) {
    const given = value[field.name];
    const present = given !== undefined && given !== null;
    if (!present && field.type.kind === 'pointer') {
      if (!field.omitEmpty) out[field.name] = null;
      continue;
    }
    const decoded = present ? decode(field.type, given, { struct: short, name: field.name, above: place }) : zero(field.type);
    if (field.omitEmpty && isEmpty(field.type, decoded)) continue;
    out[field.name] = decoded;
  }
  return out;
}

/**
 * What Go makes of JSON when it decodes it into a struct and prints it again: only the struct's fields, in its order,
 * with the zero values that have no omitempty. Throws GoDecodeError with encoding/json's message.
 *
 * `normalize('Workflow', object)`, `normalize('workflow.WorkflowCreateRequest', body)`.
 */
export function normalize(structName: string, value: unknown): JsonObject {
  const type = parseType(structName);
  if (!isJsonObject(value)) return value === null || value === undefined ? struct(structName, {}, ROOT) : fail(value, type, ROOT);
  return struct(structName, value, ROOT);
}

/** `normalize`, printed as Go prints it. */
export function goStructJson(structName: string, value: unknown): string {
  return goJson(normalize(structName, value));
}

export const normalizeWorkflow = (value: unknown): JsonObject => normalize('Workflow', value);
export const normalizeWorkflowTemplate = (value: unknown): JsonObject => normalize('WorkflowTemplate', value);
export const normalizeClusterWorkflowTemplate = (value: unknown): JsonObject => normalize('ClusterWorkflowTemplate', value);
export const normalizeCronWorkflow = (value: unknown): JsonObject => normalize('CronWorkflow', value);
export const normalizeWorkflowEventBinding = (value: unknown): JsonObject => normalize('WorkflowEventBinding', value);
