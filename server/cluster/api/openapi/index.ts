import { createHash } from 'node:crypto';
import { apiVersionOf } from '../../store/object.ts';
import type { OpenApi } from '../hooks.ts';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { kindType, structType } from '../schema/types.ts';
import { VERSION } from '../version.ts';
import { SchemaCollection } from './schemas.ts';
import { openApiV2 } from './v2.ts';
import { encodeOpenApiV2 } from './v2-protobuf.ts';

const MERGE_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];
/** Shared by all clusters of the process: few ever differ in what they serve. */
const versionTwo = new Map<string, Uint8Array>();
const MAX_VERSION_TWO = 4;
const BODY_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/**
 * The documents behind `/openapi/v3`: one a group and version, made when asked for from the resources that are served.
 * Good for kubectl: whether fields are validated on the server, `explain`, merge keys for `apply`.
 */
export function createOpenApi(resources: () => readonly ResourceInfo[]): OpenApi {
  const documents = new Map<string, { hash: string; document: unknown }>();
  const groups = (): Map<string, ResourceInfo[]> => {
    const found = new Map<string, ResourceInfo[]>();
    for (const info of resources()) {
      const path = pathOf(info);
      found.set(path, [...(found.get(path) ?? []), info]);
    }
    return found;
  };
  const hashOf = (infos: readonly ResourceInfo[]): string => createHash('sha512').update(JSON.stringify([VERSION.gitVersion, infos])).digest('hex').toUpperCase();
  return {
    index() {
      const known = [...groups()].map(([path, infos]): [string, string] => [path, hashOf(infos)]);
      const above = overviews(known.map(([path]) => path)).map((path): [string, string] => [path, createHash('sha512').update(path).digest('hex').toUpperCase()]);
      return { paths: Object.fromEntries([...known, ...above].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }])) };
    },
    document(path) {
      const known = groups();
      const infos = known.get(path);
      if (infos === undefined) return overview(path, [...known.keys()]);
      const hash = hashOf(infos);
      let made = documents.get(path);
      if (made?.hash !== hash) {
        made = { hash, document: documentOf(infos) };
        documents.set(path, made);
      }
      return made.document;
    },
    v2(form) {
      const all = resources();
      const key = `${form} ${hashOf([...all])}`;
      let document = versionTwo.get(key);
      if (document === undefined) {
        const made = openApiV2([...groups().values()].map(documentOf), VERSION.gitVersion);
        document = form === 'protobuf' ? encodeOpenApiV2(made) : Buffer.from(JSON.stringify(made));
        if (versionTwo.size >= MAX_VERSION_TWO) versionTwo.clear();
        versionTwo.set(key, document);
      }
      return document;
    },
  };
}

/** The paths above the groups' versions, and those beside the resources. */
function overviews(paths: readonly string[]): string[] {
  const groups = paths.filter((path) => path.startsWith('apis/')).map((path) => path.slice(0, path.lastIndexOf('/')));
  return [...new Set(['.well-known/openid-configuration', 'api', 'apis', 'openid/v1/jwks', 'version', ...groups])];
}

/** The document of such a path: that it can be read. */
function overview(path: string, paths: readonly string[]): JsonRecord | undefined {
  if (!overviews(paths).includes(path)) return undefined;
  const url = path.startsWith('api') ? `/${path}/` : `/${path}`;
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: VERSION.gitVersion }, paths: { [url]: { get: { description: `get ${url}`, responses: { '200': { description: 'OK' } } } } }, components: { schemas: {} } };
}

function pathOf(info: ResourceInfo): string {
  return info.group === '' ? `api/${info.version}` : `apis/${info.group}/${info.version}`;
}

function documentOf(infos: readonly ResourceInfo[]): JsonRecord {
  const schemas = new SchemaCollection();
  const paths: JsonRecord = {};
  for (const info of infos) addPaths(paths, info, addKind(schemas, info));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: VERSION.gitVersion },
    paths,
    components: { schemas: schemas.schemas },
  };
}

function gvkOf({ group, version, kind }: ResourceInfo): JsonRecord {
  return { group, kind, version };
}

/** Puts the kind's schema into the collection; returns its name, undefined for a kind without a schema. */
function addKind(schemas: SchemaCollection, info: ResourceInfo): string | undefined {
  const type = info.custom === undefined ? kindType(apiVersionOf(info), info.kind) : undefined;
  if (type !== undefined) {
    const name = schemas.add(type);
    const schema = schemas.schemas[name];
    if (schema !== undefined) schema['x-kubernetes-group-version-kind'] = [gvkOf(info)];
    return name;
  }
  if (info.custom === undefined) return undefined;
  const meta = schemas.add(structType('meta/v1.ObjectMeta'));
  const name = [...info.group.split('.').reverse(), info.version, info.kind].join('.');
  const own = isRecord(info.custom.schema) ? info.custom.schema : { type: 'object' };
  const properties = isRecord(own.properties) ? own.properties : {};
  schemas.schemas[name] = {
    ...own,
    type: 'object',
    properties: {
      apiVersion: { description: 'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources', type: 'string' },
      kind: { description: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds', type: 'string' },
      metadata: { description: "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata", allOf: [{ $ref: `#/components/schemas/${meta}` }] },
      ...Object.fromEntries(Object.entries(properties).filter(([key]) => !['apiVersion', 'kind', 'metadata'].includes(key))),
    },
    'x-kubernetes-group-version-kind': [gvkOf(info)],
  };
  return name;
}

function addPaths(paths: JsonRecord, info: ResourceInfo, schema: string | undefined): void {
  const root = `/${pathOf(info)}`;
  const collection = info.namespaced ? `${root}/namespaces/{namespace}/${info.resource}` : `${root}/${info.resource}`;
  const has = (verb: string): boolean => info.verbs.includes(verb);
  const operation = (action: string, more: JsonRecord = {}): JsonRecord => ({
    description: `${action} ${info.kind}`,
    operationId: operationId(action, info),
    parameters: [],
    responses: { '200': { description: 'OK', ...(schema === undefined ? {} : { content: Object.fromEntries(BODY_TYPES.map((t) => [t, { schema: { $ref: `#/components/schemas/${schema}` } }])) }) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvkOf(info),
    ...more,
  });
  const query = (name: string): JsonRecord => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
  const writes = ['dryRun', 'fieldManager', 'fieldValidation'].map(query);
  const body = { requestBody: { content: { '*/*': { schema: schema === undefined ? {} : { $ref: `#/components/schemas/${schema}` } } }, required: true } };
  const list: JsonRecord = {};
  if (has('list')) list.get = operation('list', { parameters: ['continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'timeoutSeconds', 'watch'].map(query) });
  if (has('create')) list.post = operation('post', { parameters: writes, ...body });
  if (has('deletecollection')) list.delete = operation('deletecollection');
  if (Object.keys(list).length > 0) paths[collection] = list;
  if (info.namespaced && has('list')) paths[`${root}/${info.resource}`] = { get: operation('list') };

  const one: JsonRecord = {};
  if (has('get')) one.get = operation('get');
  if (has('update')) one.put = operation('put', { parameters: writes, ...body });
  if (has('delete')) one.delete = operation('delete', { parameters: ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'].map(query) });
  if (has('patch')) {
    const types = info.custom === undefined ? [...MERGE_TYPES, 'application/strategic-merge-patch+json'] : MERGE_TYPES;
    one.patch = operation('patch', { parameters: [...writes, query('force')], requestBody: { content: Object.fromEntries(types.map((t) => [t, { schema: { type: 'object' } }])), required: true } });
  }
  if (Object.keys(one).length > 0) paths[`${collection}/{name}`] = one;
  for (const sub of info.subresources ?? []) {
    const gvk = { group: sub.group ?? info.group, kind: sub.kind, version: sub.version ?? info.version };
    const of = (verb: string): JsonRecord => operation(verb, { 'x-kubernetes-group-version-kind': gvk, operationId: `${operationId(verb, info)}${sub.name.charAt(0).toUpperCase()}${sub.name.slice(1)}`, ...(verb === 'patch' ? { parameters: writes } : {}) });
    const methods = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' };
    paths[`${collection}/{name}/${sub.name}`] = Object.fromEntries(Object.entries(methods).filter(([verb]) => sub.verbs.includes(verb)).map(([, method]) => [method, of(method)]));
  }
}

/** `patchAppsV1NamespacedDeployment` */
function operationId(action: string, { group, version, kind, namespaced }: ResourceInfo): string {
  const verb = ({ get: 'read', post: 'create', put: 'replace', deletecollection: 'deleteCollection' } as Record<string, string>)[action] ?? action;
  const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return `${verb}${upper((group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split('.').map(upper).join(''))}${upper(version)}${namespaced ? 'Namespaced' : ''}${kind}`;
}
