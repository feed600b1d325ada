import { rfc3339 } from '../../lib/clock.ts';
import type { KubeObject } from '../store/object.ts';
import { forStorage, storageOf, type ApiCore } from './core.ts';
import type { RequestContext } from './hooks.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import { createObject } from './verbs/create.ts';
import { decodeObject } from './verbs/decode.ts';

/**
 * What objects that every cluster begins with look like once they are decoded, defaulted and checked. Shared by all
 * clusters of this process: it saves most of a start's time, and the memory of all copies but one.
 */
const prepared = new Map<string, KubeObject>();

/**
 * Creates an object that neither admission nor the registry makes different from cluster to cluster (roles, bindings,
 * definitions). Does nothing when it is there already.
 */
export function createPrepared(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, object: KubeObject): void {
  const storage = storageOf(info);
  if (core.store.get(storage, info.namespaced ? namespace : undefined, object.metadata.name) !== undefined) return;
  const key = JSON.stringify([context.fieldManager, namespace, object]);
  const known = prepared.get(key);
  if (known === undefined) {
    prepared.set(key, forStorage(core, info, createObject(core, context, info, namespace, decodeObject(core, context, info, object))));
    return;
  }
  const time = rfc3339(core.clock.now());
  const { managedFields, resourceVersion: _version, ...metadata } = known.metadata;
  const fields = managedFields?.map((entry) => ({ ...entry, time }));
  core.store.create(storage, { ...known, metadata: { ...metadata, uid: core.ids.uuid(), creationTimestamp: time, ...(fields === undefined ? {} : { managedFields: fields }) } });
}
