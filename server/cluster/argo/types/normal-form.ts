import { goJson, isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { formatQuantity, parseQuantity } from '../../api/schema/quantity.ts';
import { fieldsOf, goType, parseType } from './go-types.ts';
import type { GoType } from './go-types.ts';

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

/** Where a value stands, for error messages: the text of it is made only when there is one. */
interface Place {
  struct: string;
  name: string;
  above?: Place;
  /** The message goes through protobuf on its way, which does not tell an empty list from none. */
  protobuf?: boolean;
}

const ROOT: Place = { struct: '', name: '' };
const PROTOBUF_ROOT: Place = { ...ROOT, protobuf: true };

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
  throw new WrongType({ kind, struct: place.struct, path, goName: type.goName }, unstructuredProblem(value, type));
}

/** What encoding/json knows of a value of a wrong type. */
interface Mismatch {
  kind: string;
  struct: string;
  path: string;
  goName: string;
}

class WrongType extends GoDecodeError {
  constructor(
    readonly mismatch: Mismatch,
    unstructured: string,
  ) {
    const { kind, struct, path, goName } = mismatch;
    super(`json: cannot unmarshal ${kind} into ${path === '' ? `Go value of type ${goName}` : `Go struct field ${struct}.${path} of type ${goName}`}`, unstructured);
  }
}

/** The words of a type that reads its JSON itself: they stand as they are, but a wrong type is told where it was met. */
function ownWords(place: Place, read: () => Json): Json {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    const { mismatch, message } = error;
    const path = [pathOf(place), mismatch.path].filter((part) => part !== '').join('.');
    throw new WrongType({ ...mismatch, path, struct: path === mismatch.path ? mismatch.struct : place.struct }, message);
  }
}

const refuse = (message: string): never => {
  throw new GoDecodeError(message, message);
};

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
    case 'steps':
      return null;
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
      return whole(type, value, place);
    case 'float':
      return typeof value === 'number' ? value : fail(value, type, place);
    case 'time':
      return ownWords(place, () => (typeof value === 'string' ? wholeSeconds(value) : fail(value, goType('string'), ROOT)));
    case 'quantity': {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const parsed = parseQuantity(text.trim());
      return 'error' in parsed ? refuse(parsed.error) : formatQuantity(parsed);
    }
    case 'intstr':
      return typeof value === 'string' ? value : ownWords(place, () => whole({ ...type, goName: 'int32' }, value, ROOT));
    case 'plugin': {
      if (!isJsonObject(value)) return ownWords(place, () => fail(value, goType('map[string]interface {}'), ROOT));
      const keys = Object.keys(value).length;
      return keys === 1 ? anyJson(value) : refuse(`expected exactly one key, got ${keys}`);
    }
    case 'anystring':
      // After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/anystring.go: lists and maps become the empty string.
      if (typeof value === 'string') return value;
      return typeof value === 'number' || typeof value === 'boolean' ? plainNumber(value) : '';
    case 'any':
      return anyJson(value);
  }
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = { int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1], uint64: [0, 2 ** 64] };

function whole(type: GoType, value: unknown, place: Place): number {
  if (typeof value !== 'number') return fail(value, type, place);
  const [least, most] = RANGES[type.goName] ?? [-(2 ** 63), 2 ** 63];
  return Number.isInteger(value) && value >= least && value <= most ? value : fail(value, type, place, `number ${value}`);
}

/** Go's 'f' format: no exponent. */
function plainNumber(value: number | boolean): string {
  const text = String(value);
  return typeof value === 'number' && text.includes('e') ? BigInt(Math.trunc(value)).toString() : text;
}

function wholeSeconds(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])-([01][1-9]|[12]0|2[1-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/.test(text)) return text;
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN;
  const problem = timeProblem(text, Number.isNaN(ms) ? undefined : new Date(Date.parse(`${text.slice(0, 19)}Z`)).getUTCDate());
  if (problem !== undefined) return refuse(`parsing time ${JSON.stringify(text)}${problem}`);
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What Go's time.Parse says of a text that is no RFC 3339 time. After Go's src/time/format.go */
function timeProblem(text: string, day: number | undefined): string | undefined {
  if (day === Number(text.slice(8, 10))) return undefined;
  const parts: readonly (readonly [pattern: RegExp, layout: string])[] = [[/^\d{4}/, '2006'], [/^-/, '-'], [/^\d\d/, '01'], [/^-/, '-'], [/^\d\d/, '02'], [/^T/, 'T'], [/^\d\d/, '15'], [/^:/, ':'], [/^\d\d/, '04'], [/^:/, ':'], [/^\d\d/, '05'], [/^([.,]\d+)?(Z|[+-]\d\d:\d\d)/, 'Z07:00']];
  const most: Readonly<Record<string, readonly [name: string, most: number, least: number]>> = { '01': ['month', 12, 1], '15': ['hour', 23, 0], '04': ['minute', 59, 0], '05': ['second', 59, 0] };
  let rest = text;
  for (const [pattern, layout] of parts) {
    const match = pattern.exec(rest);
    if (match === null) return ` as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(layout)}`;
    const range = most[layout];
    if (range !== undefined && (Number(match[0]) > range[1] || Number(match[0]) < range[2])) return `: ${range[0]} out of range`;
    rest = rest.slice(match[0].length);
  }
  return rest === '' ? ': day out of range' : `: extra text: ${JSON.stringify(rest)}`;
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
    case 'steps':
      return ownWords(place, () => parallelSteps(type.of, value, place.protobuf === true ? PROTOBUF_ROOT : ROOT));
    case 'list':
      if (!Array.isArray(value)) return fail(value, type, place);
      if (value.length === 0 && place.protobuf === true) return null;
      return value.map((item) => decode(type.of, item, place));
    case 'map': {
      if (!isJsonObject(value)) return fail(value, type, place);
      const out: JsonObject = {};
      for (const key of Object.keys(value).sort()) out[key] = decode(type.of, value[key], place);
      return out;
    }
    case 'struct':
      if (!isJsonObject(value)) return fail(value, type, place);
      return struct(type.struct, value, place);
    case 'scalar':
      return scalar(type, value, place);
  }
}

/** A group of steps, whose fields are read more strictly than others'. After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/workflow_types.go */
function parallelSteps(steps: GoType, value: unknown, root: Place): Json {
  const map = 'map[string]interface {}';
  if (!Array.isArray(value)) return fail(value, goType(`[]${map}`), ROOT);
  const wrong = value.find((step) => step !== null && !isJsonObject(step));
  if (wrong !== undefined) return fail(wrong, goType(map), ROOT);
  const known = new Set(fieldsOf('WorkflowStep').map(({ name }) => name));
  const unknown = value.flatMap((step) => (isJsonObject(step) ? Object.keys(step) : [])).find((name) => !known.has(name));
  return unknown === undefined ? decode(steps, value, root) : refuse(`json: unknown field "${unknown}"`);
}

function isEmpty(type: GoType, value: Json | undefined): boolean {
  if (value === undefined || value === null) return type.kind !== 'scalar' || type.scalar !== 'time';
  switch (type.kind) {
    case 'pointer':
    case 'struct':
    case 'steps':
      return false;
    case 'list':
      return Array.isArray(value) && value.length === 0;
    case 'map':
      return isJsonObject(value) && Object.keys(value).length === 0;
    case 'scalar':
      return (type.scalar !== 'time' && type.scalar !== 'any' && type.scalar !== 'plugin' && type.scalar !== 'quantity' && type.scalar !== 'intstr') && (value === '' || value === 0 || value === false);
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
    const decoded = present ? decode(field.type, given, { struct: short, name: field.name, above: place, ...(place.protobuf === true ? { protobuf: true } : {}) }) : zero(field.type);
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
  return fromRoot(structName, value, ROOT);
}

/** The same for a request to the Argo Server: empty lists are none once they have been through protobuf. */
export function normalizeRequest(structName: string, value: unknown): JsonObject {
  return fromRoot(structName, value, PROTOBUF_ROOT);
}

function fromRoot(structName: string, value: unknown, root: Place): JsonObject {
  const type = parseType(structName);
  if (!isJsonObject(value)) return value === null || value === undefined ? struct(structName, {}, root) : fail(value, type, root);
  return struct(structName, value, root);
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
