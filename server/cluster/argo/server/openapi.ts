import type { JsonObject } from '../../../lib/json.ts';
import { fieldsOf, hasStruct, type GoType } from '../types/go-types.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes/index.ts';

let document: string | undefined;

/** The OpenAPI 2 document of this server, made from its route table and the table of Go structs: what `/apidocs` shows. */
export function openapiDocument(): string {
  document ??= JSON.stringify(build(), undefined, 2);
  return document;
}

const DESCRIPTION =
  'Argo Workflows is an open source container-native workflow engine for orchestrating parallel jobs on Kubernetes. For more information, please see https://argo-workflows.readthedocs.io/en/latest/';

function build(): JsonObject {
  const definitions: Record<string, JsonObject> = {};
  const add = (struct: string): string => {
    const name = definitionName(struct);
    if (definitions[name] === undefined) {
      const properties: JsonObject = {};
      const definition: JsonObject = { type: 'object', properties };
      definitions[name] = definition;
      const required: string[] = [];
      for (const field of fieldsOf(struct)) {
        properties[field.name] = schemaOf(field.type, add);
        if (!field.omitEmpty) required.push(field.name);
      }
      if (required.length > 0) definition['required'] = required;
    }
    return `#/definitions/${name}`;
  };
  const kind = (name: string): JsonObject => (hasStruct(name) ? { $ref: add(name) } : { type: 'object' });
  const paths: Record<string, JsonObject> = {};
  for (const route of [...ROUTES].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route, kind);
  }
  definitions['grpc.gateway.runtime.Error'] = { type: 'object', properties: { code: { type: 'integer' }, error: { type: 'string' }, message: { type: 'string' } } };
  definitions['grpc.gateway.runtime.StreamError'] = {
    type: 'object',
    properties: { grpc_code: { type: 'integer' }, http_code: { type: 'integer' }, http_status: { type: 'string' }, message: { type: 'string' } },
  };
  return {
    consumes: ['application/json'],
    produces: ['application/json'],
    schemes: ['http', 'https'],
    swagger: '2.0',
    info: { description: DESCRIPTION, title: 'Argo Workflows API', version: 'VERSION' },
    host: 'localhost:2746',
    paths,
    definitions: Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1))),
    securityDefinitions: { BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  };
}

function operation(route: Route, kind: (name: string) => JsonObject): JsonObject {
  const service = route.service.split('.').at(-1) ?? route.service;
  const parameters: JsonObject[] = [...route.path.matchAll(/\{([^}]+)\}/g)].map((match) => ({ type: 'string', name: match[1] ?? '', in: 'path', required: true }));
  if (route.body !== undefined) {
    parameters.push({ name: 'body', in: 'body', required: true, schema: route.body === '*' && route.message !== undefined ? kind(route.message) : { type: 'object' } });
  }
  for (const name of route.query ?? []) parameters.push({ type: 'string', name, in: 'query' });
  const answer = route.answer === undefined ? { type: 'object' } : kind(route.answer);
  const schema = route.stream === undefined ? answer : { type: 'object', title: `Stream result of ${route.answer ?? 'object'}`, properties: { error: { $ref: '#/definitions/grpc.gateway.runtime.StreamError' }, result: answer } };
  return {
    tags: [service],
    operationId: `${service}_${route.rpc}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    responses: {
      '200': { description: route.stream === undefined ? 'A successful response.' : 'A successful response.(streaming responses)', schema },
      default: { description: 'An unexpected error response.', schema: { $ref: '#/definitions/grpc.gateway.runtime.Error' } },
    },
  };
}

function schemaOf(type: GoType, add: (struct: string) => string): JsonObject {
  switch (type.kind) {
    case 'pointer':
      return schemaOf(type.of, add);
    case 'list':
      return { type: 'array', items: schemaOf(type.of, add) };
    case 'steps':
      return schemaOf(type.of, add);
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(type.of, add) };
    case 'struct':
      return { $ref: add(type.struct) };
    case 'scalar':
      return SCALARS[type.scalar] ?? { type: 'object' };
  }
}

const SCALARS: Record<string, JsonObject> = {
  string: { type: 'string' },
  anystring: { type: 'string' },
  bool: { type: 'boolean' },
  int: { type: 'integer' },
  float: { type: 'number' },
  time: { type: 'string', format: 'date-time' },
  quantity: { type: 'string' },
  intstr: { type: 'string', format: 'int-or-string' },
};

/** The name of a struct in the document. */
function definitionName(struct: string): string {
  const dot = struct.indexOf('.');
  const [owner, name] = dot < 0 ? ['', struct] : [struct.slice(0, dot), struct.slice(dot + 1)];
  if (owner === 'core') return `io.k8s.api.core.v1.${name}`;
  if (owner === 'meta') return `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`;
  if (owner === 'policy') return `io.k8s.api.policy.v1.${name}`;
  return `io.argoproj.workflow.v1alpha1.${name}`;
}
