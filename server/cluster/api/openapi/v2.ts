/**
 * `/openapi/v2`, made of the documents of `/openapi/v3`: what older clients read, and what kubectl checks the items of
 * a `kind: List` with. After kube-openapi pkg/schemaconv and kubernetes 1.32 apiextensions-apiserver pkg/controller/openapi/v2
 */
import { isRecord, type JsonRecord } from '../patch/json-values.ts';

const V3_REF = '#/components/schemas/';
const V2_REF = '#/definitions/';
/** Types whose JSON may be one of several: OpenAPI v2 can only say what they look like in the end. */
const ONE_OF: Record<string, JsonRecord> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string' },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: 'string', format: 'int-or-string' },
};
/** What OpenAPI v2 has no word for. */
const DROPPED = new Set(['oneOf', 'anyOf', 'allOf', 'not', 'nullable', '$ref', 'default', 'x-kubernetes-validations']);

/** The v2 document of several v3 ones. */
export function openApiV2(documents: readonly JsonRecord[], version: string): JsonRecord {
  const definitions: JsonRecord = {};
  const paths: JsonRecord = {};
  for (const document of documents) {
    const schemas = isRecord(document.components) && isRecord(document.components.schemas) ? document.components.schemas : {};
    for (const [name, schema] of Object.entries(schemas)) {
      if (!isRecord(schema)) continue;
      const known = definitions[name];
      const made = schemaV2({ ...schema, ...ONE_OF[name] });
      // A type that several documents have is a kind in one of them only.
      definitions[name] = isRecord(known) ? { ...made, ...known } : made;
    }
    if (isRecord(document.paths)) for (const [path, item] of Object.entries(document.paths)) if (isRecord(item)) paths[path] = pathV2(item);
  }
  const sorted = (record: JsonRecord): JsonRecord => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { swagger: '2.0', info: { title: 'Kubernetes', version }, paths: sorted(paths), definitions: sorted(definitions) };
}

function schemaV2(schema: JsonRecord): JsonRecord {
  const reference = referenceOf(schema);
  if (reference !== undefined) return { ...(typeof schema.description === 'string' ? { description: schema.description } : {}), ...extensionsOf(schema), $ref: reference };
  const result: JsonRecord = {};
  const { properties, items, additionalProperties } = schema;
  for (const [key, value] of Object.entries(schema)) if (!DROPPED.has(key) && !['properties', 'items', 'additionalProperties'].includes(key)) result[key] = value;
  // What may be null, or may hold anything, has no type that a v2 client could check.
  if (schema.nullable === true || schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-int-or-string'] === true) {
    delete result.type;
    return result;
  }
  if (isRecord(items)) result.items = schemaV2(items);
  if (isRecord(properties)) result.properties = Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, isRecord(value) ? schemaV2(value) : value]));
  if (additionalProperties !== undefined) result.additionalProperties = isRecord(additionalProperties) ? schemaV2(additionalProperties) : additionalProperties;
  return result;
}

function referenceOf(schema: JsonRecord): string | undefined {
  const inner: unknown = Array.isArray(schema.allOf) && schema.allOf.length === 1 ? schema.allOf[0] : schema;
  const ref = isRecord(inner) ? inner.$ref : undefined;
  return typeof ref === 'string' ? ref.replace(V3_REF, V2_REF) : undefined;
}

function extensionsOf(schema: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key.startsWith('x-')));
}

function pathV2(item: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(item).map(([method, operation]) => [method, isRecord(operation) ? operationV2(operation) : operation]));
}

function operationV2(operation: JsonRecord): JsonRecord {
  const { requestBody, responses, parameters, ...rest } = operation;
  const bodyParameter = requestBody === undefined ? [] : [{ in: 'body', name: 'body', required: true, schema: bodySchema(requestBody) }];
  const query = (Array.isArray(parameters) ? parameters : []).filter(isRecord).map(({ schema, ...own }) => ({ ...own, ...(isRecord(schema) ? schema : {}) }));
  const answers = Object.entries(isRecord(responses) ? responses : {}).map(([code, answer]): [string, JsonRecord] => {
    const schema = bodySchema(answer);
    return [code, { description: isRecord(answer) ? answer.description : '', ...(Object.keys(schema).length === 0 ? {} : { schema }) }];
  });
  return { ...rest, parameters: [...bodyParameter, ...query], responses: Object.fromEntries(answers) };
}

/** The schema of the first content type. */
function bodySchema(body: unknown): JsonRecord {
  const content = isRecord(body) && isRecord(body.content) ? Object.values(body.content)[0] : undefined;
  return isRecord(content) && isRecord(content.schema) ? schemaV2(content.schema) : {};
}
