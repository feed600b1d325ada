/** The built-in types as OpenAPI v3 schemas, with the descriptions of their declarations. */
import type { JsonRecord } from '../patch/json-values.ts';
import docsData from '../schema/data/docs.json' with { type: 'json' };
import { outputFields, structType, type Field, type StructType, type TypeExpr } from '../schema/types.ts';

type TypeDocs = [description: string, fields: Record<string, string>, required: string[]];
type PackageDocs = Record<string, TypeDocs>;

/** The data is our generator's own: only its outline is checked. */
function isPackageDocs(value: unknown): value is PackageDocs {
  return typeof value === 'object' && value !== null && Object.values(value).every((type) => Array.isArray(type) && type.length === 3);
}

const texts: Record<string, string> = docsData;
const parsed = new Map<string, PackageDocs>();

/** `core/v1`, `PodSpec` → its description, its fields' descriptions, its required fields. */
function docsOf(pkg: string, name: string): TypeDocs | undefined {
  let found = parsed.get(pkg);
  if (found === undefined) {
    const read: unknown = JSON.parse(texts[pkg] ?? '{}');
    found = isPackageDocs(read) ? read : {};
    parsed.set(pkg, found);
  }
  return found[name];
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Types with a JSON form of their own: the schema's name, and what it is. */
const LEAVES: Partial<Record<TypeExpr['k'], { name: string; docs: [string, string]; schema: JsonRecord }>> = {
  quantity: { name: 'io.k8s.apimachinery.pkg.api.resource.Quantity', docs: ['api/resource', 'Quantity'], schema: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
  intOrString: { name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString', docs: ['util/intstr', 'IntOrString'], schema: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] } },
  time: { name: `${META}.Time`, docs: ['meta/v1', 'Time'], schema: { type: 'string', format: 'date-time' } },
  microTime: { name: `${META}.MicroTime`, docs: ['meta/v1', 'MicroTime'], schema: { type: 'string', format: 'date-time' } },
  duration: { name: `${META}.Duration`, docs: ['meta/v1', 'Duration'], schema: { type: 'string' } },
  raw: { name: `${META}.FieldsV1`, docs: ['meta/v1', 'FieldsV1'], schema: { type: 'object' } },
  json: { name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON', docs: ['apiextensions/v1', 'JSON'], schema: {} },
};

export class SchemaCollection {
  readonly schemas: Record<string, JsonRecord> = {};

  /** Adds a struct and everything that it is made of; returns its name. */
  add(type: StructType): string {
    const name = type.openApiName;
    if (this.schemas[name] !== undefined) return name;
    const schema: JsonRecord = {};
    this.schemas[name] = schema;
    const dot = type.ref.lastIndexOf('.');
    const docs = docsOf(type.ref.slice(0, dot), type.name);
    if (docs !== undefined && docs[0] !== '') schema.description = docs[0];
    schema.type = 'object';
    const fields = outputFields(type);
    if (docs !== undefined && docs[2].length > 0) schema.required = docs[2].filter((f) => type.byName.has(f));
    schema.properties = Object.fromEntries(fields.map((f) => [f.name, this.#property(f, docs?.[1][f.name])]));
    return name;
  }

  #property(field: Field, description: string | undefined): JsonRecord {
    return {
      ...(description === undefined ? {} : { description }),
      ...this.#typed(field.type, !field.pointer && !field.omitEmpty),
      ...mergeExtensions(field),
    };
  }

  #typed(type: TypeExpr, withDefault: boolean): JsonRecord {
    switch (type.k) {
      case 'string':
        return { type: 'string', ...(withDefault ? { default: '' } : {}) };
      case 'bool':
        return { type: 'boolean', ...(withDefault ? { default: false } : {}) };
      case 'int32':
      case 'int64':
        return { type: 'integer', format: type.k, ...(withDefault ? { default: 0 } : {}) };
      case 'float':
        return { type: 'number', format: 'double' };
      case 'byte':
        return { type: 'integer', format: 'byte' };
      case 'bytes':
        return { type: 'string', format: 'byte' };
      case 'list':
        return { type: 'array', items: this.#typed(type.of, type.of.k === 'string') };
      case 'map':
        return { type: 'object', additionalProperties: this.#typed(type.of, type.of.k === 'string') };
      case 'struct':
        return { allOf: [{ $ref: `#/components/schemas/${this.add(structType(type.ref))}` }], default: {} };
      default:
        return { allOf: [{ $ref: `#/components/schemas/${this.#leaf(type.k)}` }] };
    }
  }

  #leaf(kind: TypeExpr['k']): string {
    const leaf = LEAVES[kind];
    if (leaf === undefined) throw new Error(`openapi: ${kind} has no schema`);
    if (this.schemas[leaf.name] === undefined) {
      const description = docsOf(...leaf.docs)?.[0];
      this.schemas[leaf.name] = { ...(description === undefined || description === '' ? {} : { description }), ...leaf.schema };
    }
    return leaf.name;
  }
}

function mergeExtensions({ strategy, mergeKey, merge, type }: Field): JsonRecord {
  const result: JsonRecord = {};
  if (merge?.kind === 'keys') result['x-kubernetes-list-map-keys'] = merge.keys.map((k) => k.name);
  if (type.k === 'list') {
    const listType = merge?.kind === 'keys' ? 'map' : merge?.kind === 'set' ? 'set' : 'atomic';
    result['x-kubernetes-list-type'] = listType;
  } else if (merge?.kind === 'atomic') result['x-kubernetes-map-type'] = 'atomic';
  if (mergeKey !== undefined) result['x-kubernetes-patch-merge-key'] = mergeKey;
  if (strategy !== undefined) result['x-kubernetes-patch-strategy'] = strategy;
  return result;
}
