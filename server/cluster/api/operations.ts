import type { DeleteOptions, ListOptions, PatchType } from '../client.ts';
import { apiVersionOf, type KubeObject } from '../store/object.ts';
import { matchesLabelSelector } from '../store/selectors.ts';
import { authorize, forStorage, present, storageOf, type ApiCore, type Target } from './core.ts';
import { internalError, methodNotAllowed, notFound } from './errors.ts';
import type { RequestContext } from './hooks.ts';
import { orderObject } from './metadata.ts';
import { outsideOf } from './outside.ts';
import { hasSubresource, type ResourceInfo } from './scheme/resource-info.ts';
import { createObject } from './verbs/create.ts';
import { asObject, decodeObject } from './verbs/decode.ts';
import { deleteMatching, deleteObject, type Deletion } from './verbs/delete.ts';
import { patchObject, patchValue, type PatchResult } from './verbs/patch.ts';
import { bindPod, evictPod } from './verbs/pod-actions.ts';
import { getObject, listObjects, watchObjects, type ApiWatchEvent, type ListResult, type WatchParameters } from './verbs/read.ts';
import { scaleOf, withScale } from './verbs/scale.ts';
import { namespaceFinalizers, updateObject } from './verbs/update.ts';

/**
 * The verbs as both doors offer them, HTTPS and the in-process client: authorised, then performed.
 * All throw ApiStatus only.
 */

export interface Named extends Target {
  name: string;
}

export function get(core: ApiCore, context: RequestContext, target: Named): KubeObject {
  authorize(core, context, 'get', target);
  need(target.info, 'get', target.subresource);
  const { info, namespace, name, subresource } = target;
  // After kubernetes 1.32 pkg/registry/apps/deployment/storage/storage.go: a missing Scale is named by its path.
  if (subresource === 'scale' && info.custom === undefined && core.store.get(storageOf(info), namespace, name) === undefined) throw notFound({ group: info.group, resource: `${info.resource}/scale` }, name);
  const object = getObject(core, info, namespace, name);
  return target.subresource === 'scale' ? scaleOf(target.info, object) : object;
}

/** Throws ApiStatus 404 when there is no such object. */
export function exists(core: ApiCore, info: ResourceInfo, namespace: string | undefined, name: string): void {
  getObject(core, info, namespace, name);
}

export function list(core: ApiCore, context: RequestContext, target: Target, options: ListOptions & { exact?: boolean }): ListResult {
  authorize(core, context, 'list', target);
  need(target.info, 'list');
  return listObjects(core, target.info, { ...options, ...(target.namespace === undefined ? {} : { namespace: target.namespace }) });
}

export function watch(core: ApiCore, context: RequestContext, target: Target, parameters: WatchParameters, onEvent: (event: ApiWatchEvent) => void, onInitialEnd?: (resourceVersion: string) => void): () => void {
  authorize(core, context, 'watch', target);
  need(target.info, 'watch');
  return watchObjects(core, target.info, { ...parameters, ...(target.namespace === undefined ? {} : { namespace: target.namespace }) }, onEvent, onInitialEnd);
}

const asIs = (problems: string[]): string[] => problems;

/** Creates an object, or asks a virtual resource (a review). `duplicates` are keys that the body's reader saw twice; `sort` puts problems in its order. */
export async function create(core: ApiCore, context: RequestContext, target: Target, body: unknown, duplicates: readonly string[] = [], sort = asIs): Promise<unknown> {
  const { info, namespace } = target;
  authorize(core, context, 'create', target);
  const virtual = core.hooks.virtual.get(`${info.group}/${info.resource}`);
  if (virtual !== undefined) {
    const decoded = decodeObject(core, context, info, body, duplicates, sort);
    return virtual({ context, ...(namespace === undefined ? {} : { namespace }), body: decoded });
  }
  if (info.group === '' && info.resource === 'bindings') {
    const binding = asObject(body, { apiVersion: 'v1', kind: 'Binding' });
    return postSubresource(core, context, { info: podsOf(core), name: binding.metadata.name, subresource: 'binding', ...(namespace === undefined ? {} : { namespace }) }, body);
  }
  need(info, 'create');
  return createObject(core, context, info, namespace, decodeObject(core, context, info, body, duplicates, sort));
}

export function update(core: ApiCore, context: RequestContext, target: Named, body: unknown, duplicates: readonly string[] = [], sort = asIs): KubeObject {
  const { info, namespace, name, subresource } = target;
  authorize(core, context, 'update', target);
  need(info, 'update', subresource);
  if (subresource === 'scale') {
    const scale = asObject(body, { apiVersion: 'autoscaling/v1', kind: 'Scale' });
    const next = withScale(info, getObject(core, info, namespace, name), scale);
    return scaleOf(info, updateObject(core, context, info, namespace, name, next, { subresource }));
  }
  if (subresource === 'finalize') return finalizeNamespace(core, context, info, name, body);
  const decoded = decodeObject(core, context, info, body, duplicates, sort);
  return updateObject(core, context, info, namespace, name, decoded, subresource === undefined ? {} : { subresource });
}

export interface PatchBody {
  type: PatchType;
  body: unknown;
  force?: boolean;
  duplicates?: readonly string[];
}

export function patch(core: ApiCore, context: RequestContext, target: Named, request: PatchBody): PatchResult {
  const { info, namespace, name, subresource } = target;
  authorize(core, context, 'patch', target);
  if (request.type === 'apply' && core.store.get(storageOf(info), info.namespaced ? namespace : undefined, name) === undefined) authorize(core, context, 'create', { info, ...(namespace === undefined ? {} : { namespace }) });
  need(info, 'patch', subresource);
  if (subresource === 'scale') return { object: patchScale(core, context, target, request), created: false };
  return patchObject(core, context, info, namespace, name, { ...request, ...(subresource === undefined ? {} : { subresource }) });
}

function patchScale(core: ApiCore, context: RequestContext, { info, namespace, name }: Named, request: PatchBody): KubeObject {
  const object = getObject(core, info, namespace, name);
  const scaleInfo: ResourceInfo = { group: 'autoscaling', version: 'v1', resource: 'scales', kind: 'Scale', singular: 'scale', namespaced: true, verbs: [] };
  const before = scaleOf(info, object);
  const patched = patchValue(core, scaleInfo, before, request);
  const next = withScale(info, object, asObject(patched, { apiVersion: 'autoscaling/v1', kind: 'Scale' }));
  return scaleOf(info, updateObject(core, context, info, namespace, name, next, { subresource: 'scale' }));
}

export function remove(core: ApiCore, context: RequestContext, target: Named, options: DeleteOptions): Deletion {
  authorize(core, context, 'delete', target);
  need(target.info, 'delete');
  return deleteObject(core, context, target.info, target.namespace, target.name, options);
}

export function removeCollection(core: ApiCore, context: RequestContext, target: Target, listOptions: ListOptions, options: DeleteOptions): KubeObject[] {
  authorize(core, context, 'deletecollection', target);
  need(target.info, 'deletecollection');
  return deleteMatching(core, context, target.info, { ...listOptions, ...(target.namespace === undefined ? {} : { namespace: target.namespace }) }, options);
}

/** POST to a subresource: `token`, `binding`, `eviction`. */
export async function postSubresource(core: ApiCore, context: RequestContext, target: Named & { subresource: string }, body: unknown): Promise<unknown> {
  const { info, namespace, name, subresource } = target;
  authorize(core, context, 'create', target);
  need(info, 'create', subresource);
  const sub = info.subresources?.find((s) => s.name === subresource);
  const expected = { apiVersion: apiVersionOf({ group: sub?.group ?? info.group, version: sub?.version ?? info.version }), kind: sub?.kind ?? info.kind };
  const object = asObject(body, expected);
  const virtual = core.hooks.virtual.get(`${info.group}/${info.resource}/${subresource}`);
  if (virtual !== undefined) return virtual({ context, ...(namespace === undefined ? {} : { namespace }), name, body: object });
  const admitted = { operation: 'CREATE', user: context.user, resource: info, subresource, ...(namespace === undefined ? {} : { namespace }), name, object, dryRun: context.dryRun, warn: context.warn, ...outsideOf(context) } as const;
  core.hooks.admission.validate(admitted);
  if (subresource === 'binding') return bindPod(core, context, info, namespace ?? '', name, object);
  if (subresource === 'eviction') return evictPod(core, context, info, namespace ?? '', name, object, (selector, labels) => matchesLabelSelector(selector as Parameters<typeof matchesLabelSelector>[0], labels));
  throw notFound(info, name);
}

/** The namespace's own finalizers, which hold it until its content is gone. */
function finalizeNamespace(core: ApiCore, context: RequestContext, info: ResourceInfo, name: string, body: unknown): KubeObject {
  const old = getObject(core, info, undefined, name);
  const next = asObject(body, { apiVersion: 'v1', kind: 'Namespace' });
  const object = orderObject({ ...old, spec: next.spec ?? {} });
  if (context.dryRun) return object;
  const done = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0 && namespaceFinalizers(object).length === 0;
  const { resourceVersion } = old.metadata;
  if (done) return present(info, core.store.delete(storageOf(info), undefined, name, resourceVersion));
  return present(info, core.store.update(storageOf(info), forStorage(core, info, object), resourceVersion));
}

function podsOf(core: ApiCore): ResourceInfo {
  const info = core.scheme.find({ group: '', version: 'v1', resource: 'pods' });
  if (info === undefined) throw internalError('pods are not served');
  return info;
}

function need(info: ResourceInfo, verb: string, subresource?: string): void {
  if (subresource === undefined) {
    if (!info.verbs.includes(verb)) throw methodNotAllowed();
    return;
  }
  if (!hasSubresource(info, subresource)) throw notFound(info, subresource);
  if (info.subresources?.find((s) => s.name === subresource)?.verbs.includes(verb) !== true) throw methodNotAllowed();
}
