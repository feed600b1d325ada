import { GO_STRUCTS } from './go-structs.ts';

export interface Field {
  name: string;
  omitEmpty: boolean;
  type: GoType;
}

export type GoType =
  | { kind: 'pointer' | 'list' | 'map'; of: GoType; goName: string }
  | { kind: 'struct'; struct: string; goName: string }
  | { kind: 'scalar'; scalar: Scalar; goName: string }
  | { kind: 'steps'; of: GoType; goName: string };

type Scalar = 'string' | 'bool' | 'int' | 'float' | 'time' | 'quantity' | 'intstr' | 'anystring' | 'plugin' | 'any';

const structs = new Map<string, readonly Field[]>();
const types = new Map<string, GoType>();

/** The package that Go would print before a struct's name. */
function goStructName(key: string): string {
  const dot = key.indexOf('.');
  if (dot < 0) return `v1alpha1.${key}`;
  const owner = key.slice(0, dot);
  return owner === 'core' || owner === 'meta' || owner === 'policy' ? `v1.${key.slice(dot + 1)}` : key;
}

/** Reads a type of the table. */
export function parseType(text: string): GoType {
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
  } else if (bare === 'ParallelSteps') {
    type = { kind: 'steps', of: parseType('[]WorkflowStep'), goName: 'v1alpha1.ParallelSteps' };
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
    case 'plugin':
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

/** A type that is only named, in error messages. */
export const goType = (goName: string): GoType => ({ kind: 'scalar', scalar: 'any', goName });
