import { createHash } from 'node:crypto';
import { apiVersionOf, parseApiVersion } from '../store/object.ts';
import type { OpenApi } from './hooks.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import type { Scheme } from './scheme/scheme.ts';

/**
 * OpenAPI v3 documents that name paths and parameters only: what kubectl needs in order to leave validation to the
 * server. `schemasOf` adds component schemas where somebody has them.
 */
export function pathDocuments(scheme: Scheme, schemasOf: (apiVersion: string, resources: readonly ResourceInfo[]) => Record<string, unknown> = () => ({})): OpenApi {
  const keyOf = (apiVersion: string): string => (apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`);
  const versions = (): string[] => [...new Set(scheme.all().map(apiVersionOf))];
  const document = (path: string): unknown => {
    const apiVersion = path.startsWith('apis/') ? path.slice(5) : path.startsWith('api/') ? path.slice(4) : '';
    const { group, version } = parseApiVersion(apiVersion);
    const resources = scheme.all().filter((info) => info.group === group && info.version === version);
    if (apiVersion === '' || resources.length === 0) return undefined;
    const paths = Object.assign({}, ...resources.map((info) => pathsOf(`/${path}`, info)));
    return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.32.2' }, paths, components: { schemas: schemasOf(apiVersion, resources) } };
  };
  return {
    index() {
      const hash = (apiVersion: string): string => createHash('sha512').update(apiVersion + JSON.stringify(scheme.all().filter((info) => apiVersionOf(info) === apiVersion))).digest('hex').toUpperCase();
      return { paths: Object.fromEntries(versions().map((v) => [keyOf(v), { serverRelativeURL: `/openapi/v3/${keyOf(v)}?hash=${hash(v)}` }])) };
    },
    document,
  };
}

function pathsOf(prefix: string, info: ResourceInfo): Record<string, unknown> {
  const gvk = { group: info.group, version: info.version, kind: info.kind };
  const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
  const write = { parameters: ['dryRun', 'fieldManager', 'fieldValidation'].map(parameter), 'x-kubernetes-group-version-kind': gvk, responses: { 200: { description: 'OK' } } };
  const item = { patch: { ...write, 'x-kubernetes-action': 'patch' }, put: { ...write, 'x-kubernetes-action': 'put' } };
  const collection = { post: { ...write, 'x-kubernetes-action': 'post' } };
  const base = info.namespaced ? `${prefix}/namespaces/{namespace}/${info.resource}` : `${prefix}/${info.resource}`;
  return { [base]: collection, [`${base}/{name}`]: item };
}
