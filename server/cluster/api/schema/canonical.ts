import { outputFields, structType, type Field, type StructType, type TypeExpr } from './types.ts';

type Values = Record<string, unknown>;

/**
 * The JSON that Go's encoding/json writes for a struct with these values: fields in their order, empty ones left out as
 * their tags say, absent structs as `{}`, absent times as null.
 */
export function structOutput(type: StructType, values: Values): Values {
  const result: Values = {};
  for (const field of outputFields(type)) {
    const value = values[field.name];
    if (value !== undefined && value !== null) {
      // What is stored as protobuf comes back without the difference between no list and an empty one.
      if (keep(field, value)) result[field.name] = Array.isArray(value) && value.length === 0 && !field.pointer ? null : value;
    } else if (field.type.k === 'struct' && !field.pointer) result[field.name] = structOutput(structType(field.type.ref), {});
    else if ((field.type.k === 'time' || field.type.k === 'microTime') && !field.pointer) result[field.name] = null;
    // A quantity is a struct to Go.
    else if (field.type.k === 'quantity' && !field.pointer) result[field.name] = '0';
    else if (!field.omitEmpty) result[field.name] = field.pointer ? null : zero(field.type);
  }
  return result;
}

/** An empty value goes when the tag says so and there is no pointer; encoding/json never leaves out a struct. */
function keep(field: Field, value: unknown): boolean {
  if (!field.omitEmpty || field.pointer) return true;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return field.type.k !== 'map' || Object.keys(value).length > 0;
  return value !== '' && value !== 0 && value !== false;
}

/** What a field holds that nobody set. */
export function zero(type: TypeExpr): unknown {
  switch (type.k) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'float':
    case 'byte':
    case 'intOrString':
      return 0;
    case 'quantity':
      return '0';
    case 'struct':
      return structOutput(structType(type.ref), {});
    default:
      return null;
  }
}

/** A value in the order of its type's fields, with what Go would leave out left out. Unknown fields go. */
export function reorder(type: TypeExpr, value: unknown): unknown {
  if (type.k === 'struct') return typeof value === 'object' && value !== null ? reorderStruct(structType(type.ref), value as Values) : value;
  if (type.k === 'list' && Array.isArray(value)) return needsReorder(type.of) ? value.map((item) => reorder(type.of, item)) : value;
  if (type.k === 'map' && typeof value === 'object' && value !== null && needsReorder(type.of)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reorder(type.of, item)]));
  }
  return value;
}

function needsReorder(type: TypeExpr): boolean {
  return type.k === 'struct' || ((type.k === 'list' || type.k === 'map') && needsReorder(type.of));
}

export function reorderStruct(type: StructType, value: Values): Values {
  const seen: Values = {};
  for (const [name, item] of Object.entries(value)) {
    const field = type.byName.get(name);
    if (field !== undefined && item !== undefined && item !== null) seen[name] = reorder(field.type, item);
  }
  return structOutput(type, seen);
}
