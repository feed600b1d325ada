/**
 * What server-side apply needs to know of a type: what is one value, what has fields of its own, which lists have keys.
 * After structured-merge-diff v4 schema/elements.go
 */
import { isRecord } from './json-values.ts';
import { structType, type MergeRule, type TypeExpr } from '../schema/types.ts';

export type MergeType =
  /** Scalars, and everything that changes as a whole. */
  | { kind: 'leaf' }
  /** `field` knows named fields; everything else is an `entry`. */
  | { kind: 'map'; field(name: string): MergeType | undefined; entry: MergeType | undefined }
  | { kind: 'list'; element: MergeType; keys: readonly { name: string; fallback?: unknown }[] | undefined }
  /** Nothing is known: maps are looked into, lists are one value. */
  | { kind: 'deduced' };

const LEAF: MergeType = { kind: 'leaf' };
export const DEDUCED: MergeType = { kind: 'deduced' };
const known = new Map<string, MergeType>();

/** The merge type of a built-in struct. */
export function mergeTypeOfStruct(ref: string): MergeType {
  const made = known.get(ref);
  if (made !== undefined) return made;
  const type = structType(ref);
  const fields = new Map<string, MergeType>();
  const result: MergeType = type.atomic
    ? LEAF
    : {
        kind: 'map',
        entry: undefined,
        field(name) {
          const cached = fields.get(name);
          const field = type.byName.get(name);
          if (cached !== undefined || field === undefined) return cached;
          const of = mergeTypeOf(field.type, field.merge);
          fields.set(name, of);
          return of;
        },
      };
  known.set(ref, result);
  return result;
}

function mergeTypeOf(type: TypeExpr, rule: MergeRule | undefined): MergeType {
  if (rule?.kind === 'atomic') return LEAF;
  switch (type.k) {
    case 'struct':
      return mergeTypeOfStruct(type.ref);
    case 'map':
      return { kind: 'map', field: () => undefined, entry: mergeTypeOf(type.of, undefined) };
    case 'list':
      if (rule === undefined) return LEAF;
      return { kind: 'list', element: mergeTypeOf(type.of, undefined), keys: rule.kind === 'keys' ? rule.keys : undefined };
    case 'raw':
    case 'json':
      return DEDUCED;
    default:
      return LEAF;
  }
}

/** The merge type of a custom resource's openAPIV3Schema, with metadata as every object has it. */
export function mergeTypeOfCustomResource(schema: unknown): MergeType {
  const own = mergeTypeOfSchema(schema);
  const metadata = mergeTypeOfStruct('meta/v1.ObjectMeta');
  return {
    kind: 'map',
    field: (name) => (name === 'metadata' ? metadata : name === 'apiVersion' || name === 'kind' ? LEAF : own.kind === 'map' ? (own.field(name) ?? own.entry ?? DEDUCED) : DEDUCED),
    entry: DEDUCED,
  };
}

function mergeTypeOfSchema(schema: unknown): MergeType {
  if (!isRecord(schema)) return DEDUCED;
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF;
  if (schema['x-kubernetes-int-or-string'] === true) return LEAF;
  const { type, properties, additionalProperties, items } = schema;
  if (type === 'array') {
    const listType = schema['x-kubernetes-list-type'];
    if (listType !== 'set' && listType !== 'map') return LEAF;
    const names = schema['x-kubernetes-list-map-keys'];
    const itemProperties = isRecord(items) && isRecord(items.properties) ? items.properties : {};
    const keys = Array.isArray(names) ? names.filter((n) => typeof n === 'string').map((name) => {
      const property = itemProperties[name];
      return isRecord(property) && property.default !== undefined ? { name, fallback: property.default } : { name };
    }) : [];
    return { kind: 'list', element: mergeTypeOfSchema(items), keys: listType === 'map' ? keys : undefined };
  }
  if (type === 'object' || isRecord(properties)) {
    const fields = new Map<string, MergeType>();
    const known = isRecord(properties) ? properties : {};
    const entry = isRecord(additionalProperties) ? mergeTypeOfSchema(additionalProperties) : schema['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true ? DEDUCED : undefined;
    if (entry === undefined && Object.keys(known).length === 0) return DEDUCED;
    return {
      kind: 'map',
      entry,
      field(name) {
        if (!(name in known)) return undefined;
        const made = fields.get(name) ?? mergeTypeOfSchema(known[name]);
        fields.set(name, made);
        return made;
      },
    };
  }
  return type === undefined ? DEDUCED : LEAF;
}
