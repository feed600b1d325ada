/** JSON Schema as the API server checks it. After kube-openapi pkg/validation/validate */
import { BoundedRegExp } from '../../../lib/bounded-regexp.ts';
import { isRecord, sameJson, type JsonRecord } from '../patch/json-values.ts';
import type { StatusCause } from '../status.ts';
import { goString, invalid, required, tooLong, tooMany, typeInvalid, unsupported } from './causes.ts';
import { formatProblem } from './string-formats.ts';

export function schemaCauses(schema: JsonRecord, value: unknown, path: string): StatusCause[] {
  if (value === null && schema.nullable === true) return [];
  const wrong = typeCause(schema, value, path);
  if (wrong !== undefined) return [wrong];
  const causes = [...enumCauses(schema, value, path), ...combinations(schema, value, path)];
  if (typeof value === 'string') return [...causes, ...stringCauses(schema, value, path)];
  if (typeof value === 'number') return [...causes, ...numberCauses(schema, value, path)];
  if (Array.isArray(value)) return [...causes, ...arrayCauses(schema, value, path)];
  return isRecord(value) ? [...causes, ...objectCauses(schema, value, path)] : causes;
}

function jsonType(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCause(schema: JsonRecord, value: unknown, path: string): StatusCause | undefined {
  const actual = jsonType(value);
  const wanted = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : typeof schema.type === 'string' ? [schema.type] : [];
  if (wanted.length === 0 || wanted.includes(actual) || (actual === 'integer' && wanted.includes('number'))) return undefined;
  if (typeof schema.format === 'string' && (typeof value === 'boolean' || typeof value === 'number' || isRecord(value))) {
    const own = typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'double') : '';
    return typeInvalid(path, JSON.stringify(own), `${path} in body must be of type ${schema.format}: ${JSON.stringify(own)}`);
  }
  return typeInvalid(path, JSON.stringify(actual), `${path} in body must be of type ${wanted.join(',')}: ${JSON.stringify(actual)}`);
}

function enumCauses(schema: JsonRecord, value: unknown, path: string): StatusCause[] {
  const allowed = schema.enum;
  if (!Array.isArray(allowed) || allowed.some((item) => sameJson(item, value))) return [];
  return [unsupported(path, value, allowed.map(String))];
}

function stringCauses(schema: JsonRecord, value: string, path: string): StatusCause[] {
  const { maxLength, minLength, pattern, format } = schema;
  const length = [...value].length;
  if (typeof maxLength === 'number' && length > maxLength) return [tooLong(path, maxLength)];
  if (typeof minLength === 'number' && length < minLength) return [invalid(path, goString(value), `${path} in body should be at least ${minLength} chars long`)];
  if (typeof pattern === 'string' && !matches(pattern, value)) return [invalid(path, goString(value), `${path} in body should match '${pattern}'`)];
  if (typeof format === 'string' && formatProblem(format, value)) return [typeInvalid(path, goString(value), `${path} in body must be of type ${format}: ${JSON.stringify(value)}`)];
  return [];
}

/** Patterns are RE2; what JavaScript can't read is let through, what it does not come to an end with is refused. */
function matches(pattern: string, value: string): boolean {
  try {
    return new BoundedRegExp(pattern, 'u').test(value);
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

function numberCauses(schema: JsonRecord, value: number, path: string): StatusCause[] {
  const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = schema;
  const fail = (text: string): StatusCause => invalid(path, String(value), `${path} in body should be ${text}`);
  const causes: StatusCause[] = [];
  if (typeof multipleOf === 'number' && value % multipleOf !== 0) causes.push(fail(`a multiple of ${multipleOf}`));
  if (typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum)) causes.push(fail(`less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`));
  if (typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum)) causes.push(fail(`greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`));
  const range = schema.format === 'int32' ? 2 ** 31 : undefined;
  if (range !== undefined && (value >= range || value < -range)) causes.push(fail(`in the range of int32`));
  return causes;
}

function arrayCauses(schema: JsonRecord, value: readonly unknown[], path: string): StatusCause[] {
  const { maxItems, minItems, items } = schema;
  const causes: StatusCause[] = [];
  if (isRecord(items)) value.forEach((item, i) => causes.push(...schemaCauses(items, item, `${path}[${i}]`)));
  if (typeof maxItems === 'number' && value.length > maxItems) causes.push(tooMany(path, value.length, maxItems));
  if (typeof minItems === 'number' && value.length < minItems) causes.push(invalid(path, String(value.length), `${path} in body should have at least ${minItems} items`));
  return causes;
}

function objectCauses(schema: JsonRecord, value: JsonRecord, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (schema['x-kubernetes-embedded-resource'] === true) for (const key of ['apiVersion', 'kind']) if ((value[key] ?? '') === '') causes.push(required(at(key), 'must not be empty'));
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const { additionalProperties, maxProperties, minProperties } = schema;
  const count = Object.keys(value).length;
  if (typeof maxProperties === 'number' && count > maxProperties) causes.push(tooMany(path, count, maxProperties));
  if (typeof minProperties === 'number' && count < minProperties) causes.push(invalid(path, String(count), `${path} in body should have at least ${minProperties} properties`));
  for (const [key, item] of Object.entries(value)) {
    const property = properties[key] ?? additionalProperties;
    if (isRecord(property)) causes.push(...schemaCauses(property, item, at(key)));
  }
  for (const key of Array.isArray(schema.required) ? schema.required.map(String) : []) if (value[key] === undefined && !(path === '' && ['metadata', 'apiVersion', 'kind'].includes(key))) causes.push(required(at(key)));
  return causes;
}

function combinations(schema: JsonRecord, value: unknown, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const tried = (list: readonly unknown[]): StatusCause[][] => list.map((s) => (isRecord(s) ? schemaCauses(s, value, path) : []));
  // These know their place only in words.
  const fail = (text: string): StatusCause => invalid('<nil>', '""', `${JSON.stringify(path)} ${text}`);
  /** What is wrong with the alternative that comes nearest. */
  const nearest = (results: StatusCause[][]): StatusCause[] => results.reduce<StatusCause[] | undefined>((best, next) => (best === undefined || next.length < best.length ? next : best), undefined) ?? [];
  if (Array.isArray(schema.allOf)) {
    const results = tried(schema.allOf);
    causes.push(...results.flat());
    if (results.some((result) => result.length > 0)) causes.push(fail(`must validate all the schemas (allOf)${results.every((result) => result.length > 0) ? '. None validated' : ''}`));
  }
  if (Array.isArray(schema.anyOf)) {
    const results = tried(schema.anyOf);
    if (results.every((result) => result.length > 0)) causes.push(fail('must validate at least one schema (anyOf)'), ...nearest(results));
  }
  if (Array.isArray(schema.oneOf)) {
    const results = tried(schema.oneOf);
    const valid = results.filter((result) => result.length === 0).length;
    if (valid !== 1) causes.push(fail(`must validate one and only one schema (oneOf). Found ${valid === 0 ? 'none valid' : `${valid} valid alternatives`}`), ...(valid === 0 ? nearest(results) : []));
  }
  if (isRecord(schema.not) && schemaCauses(schema.not, value, path).length === 0) causes.push(fail('must not validate the schema (not)'));
  return causes;
}
