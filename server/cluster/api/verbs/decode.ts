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
  custom?: boolean;
  /** Whether a kind is served at all. */
  known?(apiVersion: string, kind: string): boolean;
}

/**
 * Reads a JSON body as an object of the resource: the kind must fit, unknown fields are refused, warned of or dropped
 * as asked for, defaults are filled in. Throws ApiStatus 400.
 */
export function decodeObject(core: ApiCore, context: RequestContext, info: ResourceInfo, body: unknown, duplicates: readonly string[] = [], sort: (problems: string[]) => string[] = (problems) => problems): KubeObject {
  const object = asObject(body, expectedOf(core, info));
  const { object: pruned, unknown } = core.hooks.schema.prune(info, object);
  reportUnknown(context, info, sort([...unknown, ...duplicates]));
  return core.hooks.schema.defaults(info, pruned);
}

export function expectedOf(core: ApiCore, info: ResourceInfo): Expected {
  return { apiVersion: apiVersionOf(info), kind: info.kind, custom: info.custom !== undefined, known: (apiVersion, kind) => core.scheme.findKind(apiVersion, kind) !== undefined };
}

/** Strict refuses, Warn warns once a field. */
export function reportUnknown(context: RequestContext, info: ResourceInfo, problems: readonly string[]): void {
  if (problems.length === 0 || context.fieldValidation === 'Ignore') return;
  if (context.fieldValidation === 'Warn') {
    for (const problem of problems) context.warn(problem);
    return;
  }
  const strict = `strict decoding error: ${problems.join(', ')}`;
  throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${strict}`);
}

/** A body as an object with metadata, of the expected kind. Throws ApiStatus 400. */
export function asObject(body: unknown, expected: Expected): KubeObject {
  if (!isJsonObject(body)) throw badRequest(`couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(body)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  const { metadata = {} } = body;
  const apiVersion = body.apiVersion ?? expected.apiVersion;
  const kind = body.kind ?? expected.kind;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') throw badRequest(`Object 'Kind' is missing in '${JSON.stringify(body)}'`);
  if (kind !== expected.kind || apiVersion !== expected.apiVersion) throw badRequest(mismatch(apiVersion, kind, expected));
  return { ...body, apiVersion, kind, metadata: asMetadata(metadata, kind) };
}

/** After kubernetes 1.32 apimachinery/pkg/runtime/error.go */
function mismatch(apiVersion: string, kind: string, expected: Expected): string {
  const { group, version } = split(apiVersion);
  if (expected.custom === true) {
    return kind === expected.kind ? `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})` : `the kind in the data (${kind}) does not match the expected kind (${expected.kind})`;
  }
  const internal = split(expected.apiVersion).group.split('.')[0] || 'core';
  const head = `${kind} in version "${version}" cannot be handled as a ${expected.kind}:`;
  if (expected.known?.(apiVersion, kind) === false) return `${head} no kind "${kind}" is registered for version "${group === '' ? version : apiVersion}" in scheme "pkg/runtime/scheme.go:100"`;
  return `${head} converting (${version}.${kind}) to (${internal}.${expected.kind}): unknown conversion`;
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
  if (name !== null && typeof name !== 'string') throw badRequest(`${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${isJsonObject(name) ? 'object' : goTypeOf(name)} into Go struct field ObjectMeta.metadata.name of type string`);
  // The rest is checked by the schema; what is written by the server is overwritten before it is stored.
  const metadata = { name: typeof name === 'string' ? name : '', ...rest } as unknown as ObjectMeta;
  if (typeof creationTimestamp === 'string') metadata.creationTimestamp = creationTimestamp;
  return metadata;
}
