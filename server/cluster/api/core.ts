import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Attributes } from '../auth/user.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { apiVersionOf, type GroupResource, type KubeObject } from '../store/object.ts';
import { convertObject } from './convert.ts';
import type { ApiHooks, RequestContext } from './hooks.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import type { Scheme } from './scheme/scheme.ts';

/** What every verb works with. */
export interface ApiCore {
  store: ObjectStore;
  scheme: Scheme;
  clock: Clock;
  ids: Ids;
  hooks: ApiHooks;
}

/** Where a resource's objects are kept: two groups may show the same objects. */
export function storageOf(info: GroupResource): GroupResource {
  return info.group === 'events.k8s.io' && info.resource === 'events' ? { group: '', resource: 'events' } : info;
}

/** The object as this version of its resource shows it. */
export function present(info: ResourceInfo, stored: KubeObject): KubeObject {
  return convert(info, stored, apiVersionOf(info));
}

/** Several at once, which saves a webhook many questions. */
export function presentAll(info: ResourceInfo, stored: readonly KubeObject[]): KubeObject[] {
  return info.custom?.converter?.convertAll(stored, apiVersionOf(info)) ?? stored.map((object) => present(info, object));
}

function convert(info: ResourceInfo, object: KubeObject, apiVersion: string): KubeObject {
  return info.custom?.converter?.convert(object, apiVersion) ?? convertObject(object, apiVersion);
}

/** The object as it is kept. */
export function forStorage(core: ApiCore, info: ResourceInfo, object: KubeObject): KubeObject {
  const storage = storageOf(info);
  const version = info.custom?.storageVersion ?? core.scheme.versionsOf(storage.group, storage.resource)[0]?.version ?? info.version;
  const kept = convert(info, object, apiVersionOf({ group: storage.group, version }));
  // What a webhook makes of it for the answer is asked before anything is written.
  if (info.custom?.converter !== undefined) present(info, kept);
  return kept;
}

export interface Target {
  info: ResourceInfo;
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** Throws ApiStatus 403 when the caller may not. */
export function authorize(core: ApiCore, context: RequestContext, verb: string, target: Target): void {
  const { info, name, subresource } = target;
  // A namespace by its name is looked at as something in it, so that a Role there may grant it.
  // After kubernetes v1.32 staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
  const namespace = info.group === '' && info.resource === 'namespaces' ? name : target.namespace;
  const resource: Attributes['resource'] = {
    group: info.group,
    version: info.version,
    resource: info.resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    ...(name === undefined || name === '' ? {} : { name }),
  };
  core.hooks.authorize({ user: context.user, verb, resource });
}
