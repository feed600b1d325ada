/**
 * Values as the API server holds them: its own types of pods and claims, which are not those of the wire. After kubernetes
 * 1.32 pkg/apis/core/types.go, whose outline is in data/internal-types.json (`>` before a name: embedded).
 */
import internal from '../data/internal-types.json' with { type: 'json' };
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import { record } from '../fill.ts';
import { goFieldName } from '../go-names.ts';
import { readQuantity } from '../go-dump.ts';
import { structType } from '../types.ts';

export type GoType =
  | { kind: 'string' | 'bool' | 'number'; text: string; named: boolean }
  | { kind: 'slice' | 'ptr'; text: string; named: boolean; of: GoType }
  | { kind: 'map'; text: string; named: boolean; key: string; of: GoType }
  | { kind: 'struct'; text: string; named: boolean };

export interface GoField {
  name: string;
  type: GoType;
  /** The field's value from that of its struct, both as JSON. */
  from(owner: JsonRecord): unknown;
}

/** A value of a type; JSON with what is absent as undefined. */
export interface GoValue {
  type: GoType;
  json: unknown;
}

const outline: Readonly<Record<string, string>> = internal;
const SHORT: Readonly<Record<string, GoType>> = {
  s: { kind: 'string', text: 'string', named: false },
  b: { kind: 'bool', text: 'bool', named: false },
  i: { kind: 'number', text: 'int32', named: false },
  l: { kind: 'number', text: 'int64', named: false },
};

export function goType(code: string): GoType {
  const short = SHORT[code];
  if (short !== undefined) return short;
  if (code.startsWith('*')) {
    const of = goType(code.slice(1));
    return { kind: 'ptr', text: `*${of.text}`, named: false, of };
  }
  if (code.startsWith('@')) return { kind: 'struct', text: code.slice(1), named: true };
  const space = code.indexOf(' ');
  const name = space < 0 ? undefined : code.slice(space + 1);
  const plain = space < 0 ? code : code.slice(0, space);
  if (plain.startsWith('[]')) {
    const of = goType(plain.slice(2));
    return { kind: 'slice', text: name ?? `[]${of.text}`, named: name !== undefined, of };
  }
  if (plain.startsWith('{')) {
    const end = plain.indexOf('}');
    const key = plain.slice(1, end);
    const of = goType(plain.slice(end + 1));
    return { kind: 'map', text: name ?? `map[${key}]${of.text}`, named: name !== undefined, key, of };
  }
  const [kind, text = ''] = plain.split(':');
  return { kind: kind === 'string' ? 'string' : kind === 'bool' ? 'bool' : 'number', text, named: true };
}

const fields = new Map<string, readonly GoField[]>();

export function fieldsOf(struct: string): readonly GoField[] {
  const known = fields.get(struct);
  if (known !== undefined) return known;
  const names = jsonNames(struct);
  const made = (outline[struct] ?? '').split(';').filter((text) => text !== '').map((text): GoField => {
    const embedded = text.startsWith('>');
    const [name = '', ...code] = text.slice(embedded ? 1 : 0).split(' ');
    const key = names.get(name);
    const json = key ?? `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    return { name, type: goType(code.join(' ')), from: (owner) => (embedded && (key === undefined || key === '') ? owner : owner[json]) };
  });
  fields.set(struct, made);
  return made;
}

/** Where the fields of an internal struct are on the wire: in the struct of the same name, by their names in Go. */
function jsonNames(struct: string): ReadonlyMap<string, string> {
  const name = struct.slice(struct.indexOf('.') + 1);
  const pkg = struct.startsWith('v1.') ? 'meta/v1' : struct.startsWith('core.') ? 'core/v1' : undefined;
  try {
    const type = pkg === undefined ? undefined : structType(`${pkg}.${name}`);
    return new Map(type?.fields.map((field) => [goFieldName(type, field), field.name]));
  } catch {
    return new Map();
  }
}

/** What a value is made of where it is no plain JSON object: numbers with suffixes, and what is a number or a text. */
export function asStruct({ type, json }: GoValue): JsonRecord {
  if (type.text === 'resource.Quantity') {
    if (json === undefined) return {};
    const { value, scale, kept, format } = readQuantity(String(json));
    return { i: { value: Number(value), scale }, s: kept, format };
  }
  if (type.text === 'intstr.IntOrString') return typeof json === 'string' ? { type: 1, strVal: json } : { intVal: json };
  return record(json);
}

export function isNil({ json }: GoValue): boolean {
  return json === undefined || json === null;
}

export function isZero(value: GoValue): boolean {
  const { type, json } = value;
  switch (type.kind) {
    case 'string':
      return json === undefined || json === null || json === '';
    case 'bool':
      return json !== true;
    case 'number':
      return json === undefined || json === null || json === 0;
    case 'struct': {
      const own = asStruct(value);
      return fieldsOf(type.text).every((field) => isZero({ type: field.type, json: field.from(own) }));
    }
    default:
      return isNil(value);
  }
}

/** The elements of a slice. */
export function elements({ type, json }: GoValue): GoValue[] {
  return type.kind === 'slice' && Array.isArray(json) ? json.map((item: unknown) => ({ type: type.of, json: item })) : [];
}

/** The entries of a map, by key. */
export function entries({ type, json }: GoValue): Map<string, GoValue> {
  return new Map(type.kind === 'map' && isRecord(json) ? Object.keys(json).sort().map((key) => [key, { type: type.of, json: json[key] }]) : []);
}

/** A pod's spec as the API server holds it: what of it is about the host lies in the security context. Empty lists and maps are nil. */
export function internalPodSpec(spec: JsonRecord): GoValue {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, ...rest } = spec;
  const security = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, ...record(spec.securityContext) };
  return { type: goType('@core.PodSpec'), json: withoutEmpty({ ...rest, securityContext: security }) };
}

export function internalValue(struct: string, json: unknown): GoValue {
  return { type: goType(`@${struct}`), json: withoutEmpty(json) };
}

/** What was read from storage has no empty lists. */
function withoutEmpty(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutEmpty);
  if (!isRecord(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => !(Array.isArray(value) && value.length === 0)).map(([key, value]) => [key, withoutEmpty(value)]));
}
