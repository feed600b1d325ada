/** Whether the schema of a CustomResourceDefinition is structural. After kubernetes 1.32 apiextensions-apiserver/pkg/apiserver/schema/validation.go */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, pointerText, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { expressionType, ruleProblem } from '../cel-compile.ts';
import { schemaCauses } from '../schema-validation.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

export function schemaProblems(schema: JsonRecord, at: string): StatusCause[] {
  if ((schema.type ?? '') === '') return [required(`${at}.type`, 'must not be empty at the root')];
  if (schema.type !== 'object') return [invalid(`${at}.type`, goString(schema.type), 'must be object at the root')];
  const words = forbiddenWords(schema, at);
  // What stands in for another schema has no structure to look at.
  if (words.some(({ field = '' }) => field.endsWith('.$ref'))) return words;
  const nullable = schema.nullable === true ? [forbidden(`${at}.nullable`, 'nullable cannot be true at the root')] : [];
  return [...nullable, ...words, ...structural(schema, at, 'root'), ...valueProblems(schema, at), ...rules(schema, at)];
}

/** Words of JSON Schema that definitions may not use. */
function forbiddenWords(schema: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (schema.uniqueItems === true) causes.push(forbidden(`${at}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
  if (schema.additionalProperties !== undefined && Object.keys(record(schema.properties)).length > 0) causes.push(forbidden(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
  for (const key of ['definitions', 'dependencies', 'patternProperties']) if (Object.keys(record(schema[key])).length > 0) causes.push(forbidden(`${at}.${key}`, `${key} is not supported`));
  if (typeof schema.pattern === 'string') causes.push(...patternCauses(schema.pattern, `${at}.pattern`));
  if (typeof schema.$ref === 'string') causes.push(forbidden(`${at}.$ref`, '$ref is not supported'));
  return [...causes, ...children(schema, at).flatMap(([child, path]) => forbiddenWords(child, path))];
}

/** As Go says what is wrong with a pattern, where that can be told. */
function patternCauses(pattern: string, field: string): StatusCause[] {
  try {
    new RegExp(pattern, 'u');
    return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    const why = /Lone quantifier|Unterminated character class|missing \/ in|Unterminated group|Unmatched '\)'|Nothing to repeat/.exec(text)?.[0];
    // Go takes more than JavaScript does: only what neither can read is refused.
    const open = pattern.lastIndexOf('[');
    const said = why === 'Unterminated character class' ? `missing closing ]: \`${pattern.slice(open < 0 ? 0 : open)}\`` : why === 'Unterminated group' ? `missing closing ): \`${pattern}\`` : why === "Unmatched ')'" ? `unexpected ): \`${pattern}\`` : why === 'Nothing to repeat' ? `missing argument to repetition operator: \`${/[*+?]/.exec(pattern)?.[0] ?? ''}\`` : undefined;
    return said === undefined ? [] : [invalid(field, goString(pattern), `must be a valid regular expression, but isn't: error parsing regexp: ${said}`)];
  }
}

/** Within alternatives a schema says what values may be, and nothing of their structure. */
function alternatives(schema: JsonRecord, at: string): StatusCause[] {
  const nested = ['allOf', 'anyOf', 'oneOf'].flatMap((word): [JsonRecord, string][] => items(schema, word).map((one, i) => [one, `${at}.${word}[${i}]`]));
  if (isRecord(schema.not)) nested.push([schema.not, `${at}.not`]);
  const either = schema['x-kubernetes-int-or-string'] === true;
  return nested.flatMap(([one, path]) => inner(one, path, either));
}

function inner(schema: JsonRecord, at: string, either: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  if ((schema.type ?? '') !== '' && !(either && ['integer', 'string'].includes(String(schema.type)))) causes.push(forbidden(`${at}.type`, 'must be empty to be structural'));
  for (const word of ['title', 'description']) if ((schema[word] ?? '') !== '') causes.push(forbidden(`${at}.${word}`, 'must be empty to be structural'));
  for (const word of ['additionalProperties', 'default']) if (schema[word] !== undefined) causes.push(forbidden(`${at}.${word}`, 'must be undefined to be structural'));
  if (schema.nullable === true) causes.push(forbidden(`${at}.nullable`, 'must be false to be structural'));
  for (const word of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string']) if (schema[word] === true) causes.push(forbidden(`${at}.${word}`, 'must be false to be structural'));
  return [...causes, ...children(schema, at).flatMap(([child, path]) => inner(child, path, either)), ...alternatives(schema, at)];
}

function children(schema: JsonRecord, at: string): [JsonRecord, string][] {
  const found: [JsonRecord, string][] = Object.entries(record(schema.properties)).flatMap(([name, child]): [JsonRecord, string][] => (isRecord(child) ? [[child, `${at}.properties[${name}]`]] : []));
  if (isRecord(schema.items)) found.push([schema.items, `${at}.items`]);
  if (isRecord(schema.additionalProperties)) found.push([schema.additionalProperties, `${at}.additionalProperties`]);
  return found;
}

function structural(schema: JsonRecord, at: string, level: 'root' | 'field' | 'item'): StatusCause[] {
  const causes: StatusCause[] = [];
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const either = schema['x-kubernetes-int-or-string'] === true;
  const type = String(schema.type ?? '');
  causes.push(...alternatives(schema, at));
  if (type === '' && !preserves && !either) causes.push(required(`${at}.type`, level === 'item' ? 'must not be empty for specified array items' : 'must not be empty for specified object fields'));
  if (type !== '' && !TYPES.includes(type)) causes.push(unsupported(`${at}.type`, type, TYPES));
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) causes.push(invalid(`${at}.x-kubernetes-preserve-unknown-fields`, 'false', 'must be true or undefined'));
  if (type === 'array' && !isRecord(schema.items)) causes.push(required(`${at}.items`, 'must be specified'));
  if (schema['x-kubernetes-embedded-resource'] === true) {
    if (type !== 'object') causes.push(invalid(`${at}.type`, goString(type), 'must be object if x-kubernetes-embedded-resource is true'));
    if (Object.keys(record(schema.properties)).length === 0 && !preserves) causes.push(required(`${at}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'));
  }
  causes.push(...listProblems(schema, at));
  if (level === 'root') {
    const metadata = record(record(schema.properties).metadata);
    if (Object.keys(metadata).length > 0 && metadata.type !== 'object') causes.push(invalid(`${at}.properties[metadata].type`, goString(metadata.type ?? ''), 'must be object'));
    const odd = Object.keys(record(metadata.properties)).some((key) => key !== 'name' && key !== 'generateName');
    if (odd) causes.push(forbidden(`${at}.properties[metadata]`, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
  }
  for (const [child, path] of children(schema, at)) causes.push(...structural(child, path, path.endsWith('.items') ? 'item' : 'field'));
  return causes;
}

function listProblems(schema: JsonRecord, at: string): StatusCause[] {
  const kind = schema['x-kubernetes-list-type'];
  const keys: unknown[] = Array.isArray(schema['x-kubernetes-list-map-keys']) ? schema['x-kubernetes-list-map-keys'] : [];
  const causes: StatusCause[] = [];
  if (kind === undefined) return keys.length > 0 ? [required(`${at}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty')] : [];
  if (!['atomic', 'map', 'set'].includes(String(kind))) return [unsupported(`${at}.x-kubernetes-list-type`, kind, ['atomic', 'map', 'set'])];
  if (schema.type !== 'array') causes.push(invalid(`${at}.type`, goString(schema.type ?? ''), 'must be array if x-kubernetes-list-type is specified'));
  const element = record(schema.items);
  if (kind === 'set' && element.type === 'object' && element['x-kubernetes-map-type'] !== 'atomic') causes.push(invalid(`${at}.items.x-kubernetes-map-type`, '"null"', 'must be atomic as item of a list with x-kubernetes-list-type=set'));
  if (kind !== 'map') {
    if (keys.length > 0) causes.push(invalid(`${at}.x-kubernetes-list-type`, goString(kind), 'must be map if x-kubernetes-list-map-keys is non-empty'));
    return causes;
  }
  if (keys.length === 0) causes.push(required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  const item = record(schema.items);
  if (item.type !== 'object') causes.push(invalid(`${at}.items.type`, goString(item.type ?? ''), 'must be object if parent array\'s x-kubernetes-list-type is map'));
  for (const [i, key] of keys.entries()) {
    const property = record(item.properties)[String(key)];
    if (!isRecord(property)) causes.push(invalid(`${at}.x-kubernetes-list-map-keys[${i}]`, goString(key), 'entries must all be names of item properties'));
    else if (property.default === undefined && !(Array.isArray(item.required) && item.required.includes(key))) causes.push(required(`${at}.items.properties[${String(key)}].default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'));
  }
  return causes;
}

/** Whether a value has fields that would be pruned. */
function hasStrangers(schema: JsonRecord, value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => hasStrangers(record(schema.items), item));
  if (!isRecord(value) || schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-embedded-resource'] === true) return false;
  const properties = record(schema.properties);
  return Object.entries(value).some(([key, item]) => {
    const known = properties[key] ?? schema.additionalProperties;
    return known === undefined || known === false ? true : isRecord(known) && hasStrangers(known, item);
  });
}

/** Defaults have to be valid themselves. */
function valueProblems(schema: JsonRecord, at: string): StatusCause[] {
  const own = schema.default === undefined ? [] : schemaCauses(schema, schema.default, '').map((cause) => ({ ...cause, field: `${at}.default${(cause.field ?? '') === '' ? '' : `.${cause.field ?? ''}`}` }));
  const strange = schema.default !== undefined && hasStrangers(schema, schema.default) ? [invalid(`${at}.default`, goString(schema.default), 'must not have unknown fields')] : [];
  return [...own, ...strange, ...children(schema, at).flatMap(([child, path]) => valueProblems(child, path))];
}

function rules(schema: JsonRecord, at: string): StatusCause[] {
  const own = items(schema, 'x-kubernetes-validations').flatMap((rule, i): StatusCause[] => {
    const field = `${at}.x-kubernetes-validations[${i}]`;
    const text = String(rule.rule ?? '');
    const causes: StatusCause[] = [];
    if (text.trim() === '') return [required(`${field}.rule`, 'rule is not specified')];
    const message = String(rule.message ?? '');
    if (message !== '' && message.trim() === '') causes.push(invalid(`${field}.message`, goString(message), 'message must be non-empty if specified'));
    if (message.trim().includes('\n')) causes.push(invalid(`${field}.message`, goString(message), 'message must not contain line breaks'));
    const reason = rule.reason;
    if (reason !== undefined && !REASONS.includes(String(reason))) causes.push(unsupported(`${field}.reason`, reason, REASONS));
    const path = String(rule.fieldPath ?? '');
    if (path !== '' && !hasPath(schema, path)) causes.push(invalid(`${field}.fieldPath`, goString(path), 'fieldPath must be a valid path'));
    const words = { self: schema, oldSelf: schema };
    const problem = ruleProblem(schema, text);
    if (problem !== undefined) causes.push(invalid(`${field}.rule`, ruleText(rule), `compilation failed: ${problem}`));
    else if ((expressionType(text, words) ?? 'bool') !== 'bool') causes.push(invalid(`${field}.rule`, ruleText(rule), 'cel expression must evaluate to a bool'));
    const built = String(rule.messageExpression ?? '').trim();
    if (built !== '') {
      const wrong = ruleProblem(schema, built);
      if (wrong !== undefined) causes.push(invalid(`${field}.messageExpression`, ruleText(rule), `messageExpression compilation failed: ${wrong}`));
      else if ((expressionType(built, words) ?? 'string') !== 'string') causes.push(invalid(`${field}.messageExpression`, ruleText(rule), 'messageExpression must evaluate to a string'));
    }
    return causes;
  });
  return [...own, ...children(schema, at).flatMap(([child, path]) => rules(child, path))];
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Whether a path leads to something that the schema speaks of: `.a.b`, `.a['b']`. */
function hasPath(schema: JsonRecord, path: string): boolean {
  if (!/^(\.[A-Za-z_]\w*|\['[^']+'\])+$/.test(path)) return false;
  let node: unknown = schema;
  for (const [, name, quoted] of path.matchAll(/\.([A-Za-z_]\w*)|\['([^']+)'\]/g)) {
    if (!isRecord(node)) return false;
    node = record(node.properties)[name ?? quoted ?? ''] ?? (isRecord(node.additionalProperties) && quoted !== undefined ? node.additionalProperties : undefined);
  }
  return isRecord(node);
}

function ruleText(rule: JsonRecord): string {
  const text = (key: string): string => goString(rule[key] ?? '');
  return `apiextensions.ValidationRule{Rule:${text('rule')}, Message:${text('message')}, MessageExpression:${text('messageExpression')}, Reason:${pointerText('apiextensions.FieldValueErrorReason', rule.reason)}, FieldPath:${text('fieldPath')}, OptionalOldSelf:${pointerText('bool', rule.optionalOldSelf)}}`;
}
