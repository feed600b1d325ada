import { z } from 'zod';

const Schema = z.looseObject({ $ref: z.string().optional(), type: z.string().optional(), format: z.string().optional(), description: z.string().optional(), properties: z.record(z.string(), z.unknown()).optional(), items: z.unknown().optional(), enum: z.array(z.unknown()).optional() });
type Schema = z.infer<typeof Schema>;

export const Spec = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  definitions: z.record(z.string(), z.unknown()).optional(),
});
export type Spec = z.infer<typeof Spec>;

const Operation = z.looseObject({ parameters: z.array(z.looseObject({ in: z.string().optional(), schema: z.unknown().optional() })).optional(), responses: z.record(z.string(), z.looseObject({ schema: z.unknown().optional() })).optional() });

/** Left out of examples: the server fills them in, and placeholder values in them are refused. */
const LEFT_OUT = new Set(['apiVersion', 'kind', 'createOptions', 'deleteOptions', 'updateOptions', 'status', 'instanceID']);
const DEPTH = 2;

/**
 * The same document, with each body and answer described two levels deep and no further. A Workflow nests some four
 * hundred definitions; Swagger's interface writes all of them out as an example, which keeps a browser busy for long
 * and gives a page that nobody can read. What is left is a skeleton to fill in.
 */
export function shallowSpec(spec: Spec): Spec {
  const definitions = spec.definitions ?? {};
  const shallow = (schema: unknown) => {
    const example = exampleOf(schema, definitions, DEPTH);
    const name = Schema.safeParse(schema).data?.$ref?.split('/').at(-1);
    return { type: Array.isArray(example) ? 'array' : 'object', ...(Array.isArray(example) ? { items: {} } : {}), ...(name === undefined ? {} : { description: name }), example };
  };
  const paths = Object.entries(spec.paths).map(([path, methods]) => {
    const operations = Object.entries(methods).map(([method, value]) => {
      const operation = Operation.safeParse(value);
      if (!operation.success) return [method, value];
      const { parameters, responses } = operation.data;
      return [
        method,
        {
          ...operation.data,
          ...(parameters === undefined ? {} : { parameters: parameters.map((parameter) => (parameter.in === 'body' ? { ...parameter, schema: shallow(parameter.schema) } : parameter)) }),
          ...(responses === undefined ? {} : { responses: Object.fromEntries(Object.entries(responses).map(([status, response]) => [status, response.schema === undefined ? response : { ...response, schema: shallow(response.schema) }])) }),
        },
      ];
    });
    return [path, Object.fromEntries(operations)];
  });
  return { ...spec, paths: Object.fromEntries(paths), definitions: {} };
}

/** A value of the schema's shape; objects below `depth` levels are empty. */
export function exampleOf(schema: unknown, definitions: Readonly<Record<string, unknown>>, depth: number): unknown {
  const parsed = Schema.safeParse(schema);
  if (!parsed.success) return {};
  const own = resolve(parsed.data, definitions);
  if (own.enum !== undefined) return own.enum[0];
  if (own.type === 'string') return 'string';
  if (own.type === 'boolean') return false;
  if (own.type === 'integer' || own.type === 'number') return 0;
  if (own.type === 'array') {
    const item = exampleOf(own.items, definitions, 0);
    return typeof item === 'object' ? [] : [item];
  }
  if (depth <= 0) return {};
  const entries = Object.entries(own.properties ?? {}).filter(([name]) => !LEFT_OUT.has(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, exampleOf(value, definitions, depth - 1)]));
}

function resolve(schema: Schema, definitions: Readonly<Record<string, unknown>>): Schema {
  const name = schema.$ref?.split('/').at(-1);
  if (name === undefined) return schema;
  const target = Schema.safeParse(definitions[name]);
  return target.success ? target.data : {};
}
