/** The built-in types as OpenAPI v3 schemas, with the descriptions of their declarations. */
import type { JsonRecord } from '../patch/json-values.ts';
import docsData from '../schema/data/docs.json' with { type: 'json' };
import { declaredDefault, enumValues, outputFields, structType, type Field, type StructType, type TypeExpr } from '../schema/types.ts';

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
    const pkg = type.ref.slice(0, dot);
    const docs = docsOf(pkg, type.name);
    if (docs !== undefined && docs[0] !== '') schema.description = docs[0];
    schema.type = 'object';
    const fields = outputFields(type);
    if (docs !== undefined && docs[2].length > 0) schema.required = docs[2].filter((f) => type.byName.has(f));
    schema.properties = Object.fromEntries(fields.map((f) => [f.name, this.#property(f, { pkg, struct: type.name }, docs?.[1][f.name])]));
    if (type.atomic) schema['x-kubernetes-map-type'] = 'atomic';
    return name;
  }

  #property(field: Field, { pkg, struct }: { pkg: string; struct: string }, text: string | undefined): JsonRecord {
    const values = field.type.k === 'string' ? enumValues(pkg, field.type.go) : undefined;
    const description = values === undefined ? text : `${text ?? ''}\n\nPossible enum values:\n${values.map((value) => ` - \`${JSON.stringify(value)}\``).join('\n')}`;
    const fallback = declaredDefault(pkg, struct, field.name);
    const schema = {
      ...(description === undefined ? {} : { description }),
      ...this.#typed(field.type, pkg, !field.pointer && (!field.omitEmpty || field.type.k === 'struct')),
      ...(fallback === undefined ? {} : { default: fallback }),
      ...mergeExtensions(field),
    };
    return bareReference(schema) ?? schema;
  }

  /** `pkg`: the package of the struct that names the type. */
  #typed(type: TypeExpr, pkg: string, withDefault: boolean): JsonRecord {
    switch (type.k) {
      case 'string': {
        const values = enumValues(pkg, type.go);
        return { type: 'string', ...(withDefault ? { default: '' } : {}), ...(values === undefined ? {} : { enum: [...values] }) };
      }
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
        return { type: 'array', items: this.#element(type.of, pkg) };
      case 'map':
        return { type: 'object', additionalProperties: this.#element(type.of, pkg) };
      case 'struct':
        return { allOf: [{ $ref: `#/components/schemas/${this.add(structType(type.ref))}` }], ...(withDefault ? { default: {} } : {}) };
      default:
        return { allOf: [{ $ref: `#/components/schemas/${this.#leaf(type.k)}` }] };
    }
  }

  #element(type: TypeExpr, pkg: string): JsonRecord {
    const schema = this.#typed(type, pkg, true);
    return bareReference(schema) ?? schema;
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

/** A reference with nothing beside it needs no `allOf` around it. */
function bareReference(schema: JsonRecord): JsonRecord | undefined {
  const { allOf, ...rest } = schema;
  if (Object.keys(rest).length > 0 || !Array.isArray(allOf) || allOf.length !== 1) return undefined;
  return allOf[0] as JsonRecord;
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
