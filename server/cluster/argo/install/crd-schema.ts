import type { JsonObject } from '../../../lib/json.ts';
import { GO_STRUCTS } from '../types/go-structs.ts';

/** A structural OpenAPI v3 schema for a struct of the table, as controller-gen would derive it. */
export function structuralSchema(structName: string): JsonObject {
  return structSchema(structName);
}

function structSchema(name: string): JsonObject {
  const properties: JsonObject = {};
  const required: string[] = [];
  for (const part of (GO_STRUCTS[name] ?? '').split(' ').filter((text) => text !== '')) {
    const colon = part.indexOf(':');
    const fieldName = part.slice(0, colon);
    const optional = fieldName.endsWith('?');
    const key = optional ? fieldName.slice(0, -1) : fieldName;
    const type = part.slice(colon + 1);
    properties[key] = typeSchema(type);
    // SecretKeySelector and its like carry a name that may be left out although Go prints it.
    if (!optional && !type.startsWith('*') && !(name.startsWith('core.') && key === 'name')) required.push(key);
  }
  return required.length > 0 ? { properties, required, type: 'object' } : { properties, type: 'object' };
}

function typeSchema(text: string): JsonObject {
  const at = text.indexOf('@');
  const type = (at < 0 ? text : text.slice(0, at)).replace(/^\*/, '');
  if (type.startsWith('[]')) return { items: typeSchema(type.slice(2)), type: 'array' };
  if (type.startsWith('{}')) return { additionalProperties: typeSchema(type.slice(2)), type: 'object' };
  switch (type) {
    case 'string':
    case 'bytes':
      return { type: 'string' };
    case 'anystring':
      // Argo accepts any scalar here.
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'bool':
      return { type: 'boolean' };
    case 'int':
      return { type: 'integer' };
    case 'int32':
    case 'int64':
      return { format: type, type: 'integer' };
    case 'float32':
    case 'float64':
      return { type: 'number' };
    case 'time':
      return { format: 'date-time', type: 'string' };
    case 'intstr':
    case 'quantity':
      return { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true };
    default:
      return structSchema(type);
  }
}
