import { isJsonObject } from '../../../lib/json.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta } from '../../store/object.ts';
import type { ApiCore } from '../core.ts';
import { badRequest } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';

/** What a body may be called: kind, group and version. Subresources accept others than their resource. */
export interface Expected {
  apiVersion: string;
  kind: string;
}

/**
 * Reads a JSON body as an object of the resource: the kind must fit, unknown fields are refused, warned of or dropped
 * as asked for, defaults are filled in. Throws ApiStatus 400.
 */
export function decodeObject(core: ApiCore, context: RequestContext, info: ResourceInfo, body: unknown, duplicates: readonly string[] = [], sort: (problems: string[]) => string[] = (problems) => problems): KubeObject {
  const object = asObject(body, { apiVersion: apiVersionOf(info), kind: info.kind });
  const { object: pruned, unknown } = core.hooks.schema.prune(info, object);
  reportUnknown(context, info, sort([...unknown, ...duplicates]));
  return core.hooks.schema.defaults(info, pruned);
}

/** Strict refuses, Warn warns once a field. */
export function reportUnknown(context: RequestContext, info: ResourceInfo, problems: readonly string[]): void {
  if (problems.length === 0 || context.fieldValidation === 'Ignore') return;
  if (context.fieldValidation === 'Warn') {
    for (const problem of problems) context.warn(problem);
    return;
  }
  const strict = `strict decoding error: ${problems.join(', ')}`;
  throw badRequest(info.custom === undefined ? `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${strict}` : strict);
}

/** A body as an object with metadata, of the expected kind. Throws ApiStatus 400. */
export function asObject(body: unknown, expected: Expected): KubeObject {
  if (!isJsonObject(body)) throw badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(body)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  const { apiVersion = expected.apiVersion, kind = expected.kind, metadata = {} } = body;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  if (kind !== expected.kind || apiVersion !== expected.apiVersion) {
    const { group: wantGroup, version: wantVersion } = split(expected.apiVersion);
    const { group, version } = split(apiVersion);
    if (kind === expected.kind) throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`);
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${expected.kind}: converting (${group}.${kind}) to (${wantGroup}.${expected.kind}): unknown conversion (${wantVersion})`);
  }
  return { ...body, apiVersion, kind, metadata: asMetadata(metadata, kind) };
}

function split(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) };
}

function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'null' : typeof value;
}

function asMetadata(value: unknown, kind: string): ObjectMeta {
  if (value === null) return { name: '' };
  if (!isJsonObject(value)) throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${goTypeOf(value)} into Go struct field ${kind}.metadata of type v1.ObjectMeta`);
  const { name = '', creationTimestamp, ...rest } = value;
  // The rest is checked by the schema; what is written by the server is overwritten before it is stored.
  const metadata = { name: typeof name === 'string' ? name : '', ...rest } as unknown as ObjectMeta;
  if (typeof creationTimestamp === 'string') metadata.creationTimestamp = creationTimestamp;
  return metadata;
}
