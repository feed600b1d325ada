/** x-kubernetes-validations. After kubernetes 1.32 apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go */
import { TimeLimitError, withinTime } from '../../../lib/time-limit.ts';
import { kubernetesCel } from './cel.ts';
import { isRecord, sameJson, type JsonRecord } from '../patch/json-values.ts';
import type { StatusCause } from '../status.ts';

const environment = kubernetesCel();
const REASONS = ['FieldValueInvalid', 'FieldValueForbidden', 'FieldValueRequired', 'FieldValueDuplicate'];
const WORDS: Record<string, string> = { FieldValueForbidden: 'Forbidden', FieldValueRequired: 'Required value', FieldValueDuplicate: 'Duplicate value' };

/** Stands for Kubernetes' cost budget of one object's rules, which counts steps: milliseconds. */
const BUDGET_MS = 1000;

/** What the rules of a schema, and of the schemas in it, say of an object that has the right shape. */
export function ruleCauses(schema: JsonRecord, value: unknown, old: unknown): StatusCause[] {
  try {
    return withinTime(BUDGET_MS, () => causesOf(schema, value, old, ''));
  } catch (error) {
    if (!(error instanceof TimeLimitError)) throw error;
    return [{ reason: 'FieldValueInvalid', message: 'Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run', field: '<nil>' }];
  }
}

function causesOf(schema: JsonRecord, value: unknown, old: unknown, path: string): StatusCause[] {
  if (value === undefined || value === null) return [];
  const rules = schema['x-kubernetes-validations'];
  const own = Array.isArray(rules) ? rules.filter(isRecord).flatMap((rule) => ruleCause(rule, schema, value, old, path)) : [];
  return [...own, ...below(schema, value, old, path)];
}

function below(schema: JsonRecord, value: unknown, old: unknown, path: string): StatusCause[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const keys = schema['x-kubernetes-list-map-keys'];
    if (!isRecord(items)) return [];
    // Only items that can be told apart have an old value.
    const before = (item: unknown): unknown => (Array.isArray(keys) && Array.isArray(old) ? old.find((o) => isRecord(o) && isRecord(item) && keys.every((k) => sameJson(o[String(k)], item[String(k)]))) : undefined);
    return value.flatMap((item, i) => causesOf(items, item, before(item), `${path}[${i}]`));
  }
  if (!isRecord(value)) return [];
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.entries(value).flatMap(([key, item]) => {
    const property = properties[key] ?? schema.additionalProperties;
    return isRecord(property) ? causesOf(property, item, isRecord(old) ? old[key] : undefined, path === '' ? key : `${path}.${key}`) : [];
  });
}

function ruleCause(rule: JsonRecord, schema: JsonRecord, value: unknown, old: unknown, path: string): StatusCause[] {
  const text = typeof rule.rule === 'string' ? rule.rule.trim() : '';
  const aboutChange = /\boldSelf\b/.test(text);
  if (text === '' || (aboutChange && old === undefined && rule.optionalOldSelf !== true)) return [];
  const variables = { self: celValue(schema, value), oldSelf: celValue(schema, old) };
  const message = typeof rule.message === 'string' && rule.message !== '' ? rule.message.trim() : undefined;
  const field = `${path}${typeof rule.fieldPath === 'string' ? rule.fieldPath : ''}`;
  const reason = typeof rule.reason === 'string' && REASONS.includes(rule.reason) ? rule.reason : 'FieldValueInvalid';
  const shown = JSON.stringify(Array.isArray(value) ? 'array' : isRecord(value) ? 'object' : typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value);
  const cause = (detail: string): StatusCause[] => [{ reason, message: WORDS[reason] === undefined ? `Invalid value: ${shown}: ${detail}` : reason === 'FieldValueDuplicate' ? `Duplicate value: ${shown}` : `${WORDS[reason]}: ${detail}`, field: field.replace(/^\./, '') }];
  try {
    if (environment.evaluate(text, variables) === true) return [];
  } catch (error) {
    const problem = (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/^No such key/i, 'no such key') ?? '';
    return cause(`${problem} evaluating rule: ${message ?? text}`);
  }
  return cause(messageOf(rule, variables) ?? message ?? `failed rule: ${text}`);
}

function messageOf(rule: JsonRecord, variables: JsonRecord): string | undefined {
  if (typeof rule.messageExpression !== 'string') return undefined;
  try {
    const text: unknown = environment.evaluate(rule.messageExpression, variables);
    return typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** CEL tells integers from other numbers; a schema's integers are CEL's. */
function celValue(schema: unknown, value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && (!isRecord(schema) || schema.type !== 'number') ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map((item) => celValue(isRecord(schema) ? schema.items : undefined, item));
  if (!isRecord(value)) return value ?? null;
  const properties = isRecord(schema) && isRecord(schema.properties) ? schema.properties : {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(properties[key], item)]));
}
