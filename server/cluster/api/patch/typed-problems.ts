/**
 * What keeps an applied configuration from being an object of its kind, in the words of server-side apply.
 * After structured-merge-diff v4 typed/validate.go
 */
import { outputFields, structType, type Field, type StructType, type TypeExpr } from '../schema/types.ts';
import { isRecord, type JsonRecord } from './json-values.ts';

export function typedProblems(type: StructType, object: JsonRecord): string[] {
  return structProblems(type, object, '');
}

function structProblems(type: StructType, value: unknown, at: string): string[] {
  if (value === null || value === undefined) return [];
  if (!isRecord(value)) return [`${prefix(at)}expected map, got ${shown(value)}`];
  const fields = new Map(outputFields(type).map((field) => [field.name, field]));
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields.get(name);
    const path = `${at}.${name}`;
    return field === undefined ? [`${path}: field not declared in schema`] : valueProblems(field.type, inner, path, field);
  });
}

function valueProblems(type: TypeExpr, value: unknown, at: string, field?: Field): string[] {
  if (value === null || value === undefined) return [];
  switch (type.k) {
    case 'string':
    case 'time':
    case 'microTime':
    case 'duration':
    case 'bytes':
      return typeof value === 'string' ? [] : [`${prefix(at)}expected string, got &value.valueUnstructured{Value:${goValue(value)}}`];
    case 'bool':
      return typeof value === 'boolean' ? [] : [`${prefix(at)}expected boolean, got ${shown(value)}`];
    case 'int32':
    case 'int64':
    case 'float':
    case 'byte':
      return typeof value === 'number' ? [] : [`${prefix(at)}expected numeric (int or float), got ${goType(value)}`];
    case 'struct':
      return structProblems(structType(type.ref), value, at);
    case 'map':
      if (!isRecord(value)) return [`${prefix(at)}expected map, got ${shown(value)}`];
      return Object.entries(value).flatMap(([key, inner]) => valueProblems(type.of, inner, `${at}.${key}`));
    case 'list':
      return listProblems(type.of, value, at, field);
    default:
      return [];
  }
}

function listProblems(of: TypeExpr, value: unknown, at: string, field: Field | undefined): string[] {
  if (!Array.isArray(value)) return [`${prefix(at)}expected list, got ${shown(value)}`];
  const rule = field?.merge;
  const problems: string[] = [];
  const seen = new Set<string>();
  value.forEach((item: unknown, i) => {
    let element = `[${i}]`;
    if (rule?.kind === 'keys') {
      const keys = rule.keys.map(({ name, fallback }) => ({
        name,
        // A key that is left out is the empty string: the schema says so of every string that is always written.
        value: (isRecord(item) ? item[name] : undefined) ?? fallback ?? '',
      }));
      element = `[${keys.map((key) => `${key.name}=${JSON.stringify(key.value)}`).join(',')}]`;
      if (seen.has(element)) problems.push(`${prefix(at)}duplicate entries for key ${element}`);
    } else if (rule?.kind === 'set') {
      element = `[=${JSON.stringify(item)}]`;
      if (seen.has(element)) problems.push(`${prefix(at)}duplicate entries for key ${element}`);
    }
    seen.add(element);
    problems.push(...valueProblems(of, item, `${at}${element}`));
  });
  return problems;
}

const prefix = (at: string): string => (at === '' ? '' : `${at}: `);
/** A value as Go prints the pointer to its wrapper with `%v`. */
const shown = (value: unknown): string => `&{${goPlain(value)}}`;

function goPlain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPlain).join(' ')}]`;
  if (isRecord(value)) return `map[${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => `${key}:${goPlain(inner)}`).join(' ')}]`;
  return String(value);
}

function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goValue).join(', ')}}`;
  if (isRecord(value)) return `map[string]interface {}{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => `${JSON.stringify(key)}:${goValue(inner)}`).join(', ')}}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return isRecord(value) ? 'map[string]interface {}' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int64';
}
