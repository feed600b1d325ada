/** Custom resources by the schema of their definition. After kubernetes 1.32 apiextensions-apiserver/pkg/apiserver/schema */
import { isRecord, sameJson, type JsonRecord } from '../patch/json-values.ts';
import type { StatusCause } from '../status.ts';
import { goString } from './causes.ts';
import { ruleCauses } from './cel-rules.ts';
import { schemaCauses } from './schema-validation.ts';

export interface StructuralSchema {
  /** A copy without what the schema does not know; `unknown` names what went, in order. */
  prune(object: JsonRecord): { object: JsonRecord; unknown: string[] };
  /** A copy with the schema's defaults. */
  defaults(object: JsonRecord): JsonRecord;
  /** Everything that is wrong with the object, or with the change from `old`. */
  validate(object: JsonRecord, old?: JsonRecord): StatusCause[];
}

/** At the root these belong to Kubernetes, whatever the schema says. */
const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata'];

/** `schema` is an openAPIV3Schema; without one everything is let through. */
export function compileStructuralSchema(schema: unknown): StructuralSchema {
  const root = isRecord(schema) ? schema : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const ruled = hasRules(root);
  return {
    prune(object) {
      const unknown: string[] = [];
      const kept = Object.fromEntries(ROOT_FIELDS.filter((key) => key in object).map((key) => [key, object[key]]));
      const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...own } = object;
      const pruned = prune(root, own, '', unknown);
      return { object: { ...kept, ...(isRecord(pruned) ? pruned : {}) }, unknown: unknown.sort() };
    },
    defaults(object) {
      const filled = withDefaults(root, object);
      return isRecord(filled) ? filled : object;
    },
    validate(object, old) {
      const { apiVersion: _a, kind: _k, metadata: _m, ...own } = object;
      const causes = [...schemaCauses(root, own, ''), ...listCauses(root, own, '')];
      if (causes.length === 0) return ruled ? ruleCauses(root, object, old) : [];
      return ruled && causes.some((cause) => BLOCKING.has(cause.reason ?? '')) ? [...causes, UNCHECKED] : causes;
    },
  };
}

/** Rules can't be asked about a value of another shape than they expect. */
const BLOCKING = new Set(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const UNCHECKED: StatusCause = { reason: 'FieldValueInvalid', message: 'Invalid value: "null": some validation rules were not checked because the object was invalid; correct the existing errors to complete validation', field: '<nil>' };

function hasRules(schema: JsonRecord): boolean {
  const inner = [...Object.values(isRecord(schema.properties) ? schema.properties : {}), schema.items, schema.additionalProperties];
  return Array.isArray(schema['x-kubernetes-validations']) || inner.some((child) => isRecord(child) && hasRules(child));
}

function preserves(schema: JsonRecord): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-embedded-resource'] === true;
}

function prune(schema: JsonRecord, value: unknown, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isRecord(items) ? value.map((item, i) => prune(items, item, `${path}[${i}]`, unknown)) : value;
  }
  if (!isRecord(value)) return value;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const { additionalProperties } = schema;
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`;
    const property = properties[key];
    if (isRecord(property)) result[key] = prune(property, item, at, unknown);
    else if (isRecord(additionalProperties)) result[key] = prune(additionalProperties, item, at, unknown);
    else if (additionalProperties === true || preserves(schema)) result[key] = item;
    else unknown.push(at);
  }
  return result;
}

function withDefaults(schema: JsonRecord, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isRecord(items) ? value.map((item) => withDefaults(items, item)) : value;
  }
  if (!isRecord(value)) return value;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const { additionalProperties } = schema;
  const result: JsonRecord = { ...value };
  for (const [key, property] of Object.entries(properties)) {
    if (!isRecord(property)) continue;
    // A null that may not be there counts as absent where there is a default.
    if (result[key] === null && property.nullable !== true && property.default !== undefined) delete result[key];
    if (result[key] === undefined && property.default !== undefined) result[key] = structuredClone(property.default);
    if (result[key] !== undefined) result[key] = withDefaults(property, result[key]);
  }
  if (isRecord(additionalProperties)) for (const key of Object.keys(result)) if (!(key in properties)) result[key] = withDefaults(additionalProperties, result[key]);
  return result;
}

/** Items that a set or a keyed list may not hold twice. */
function listCauses(schema: JsonRecord, value: unknown, path: string): StatusCause[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const causes = isRecord(items) ? value.flatMap((item, i) => listCauses(items, item, `${path}[${i}]`)) : [];
    const listType = schema['x-kubernetes-list-type'];
    const keys = schema['x-kubernetes-list-map-keys'];
    if (listType !== 'set' && listType !== 'map') return causes;
    const identity = (item: unknown): unknown => (listType === 'set' || !Array.isArray(keys) ? item : isRecord(item) ? Object.fromEntries(keys.map((k) => [String(k), item[String(k)]])) : item);
    value.forEach((item, i) => {
      if (value.slice(0, i).some((other) => sameJson(identity(other), identity(item)))) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(identity(item))}`, field: `${path}[${i}]` });
    });
    return causes;
  }
  if (!isRecord(value)) return [];
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const { additionalProperties } = schema;
  return Object.entries(value).flatMap(([key, item]) => {
    const property = properties[key] ?? additionalProperties;
    return isRecord(property) ? listCauses(property, item, path === '' ? key : `${path}.${key}`) : [];
  });
}
