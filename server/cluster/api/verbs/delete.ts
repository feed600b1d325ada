import { isJsonObject } from '../../../lib/json.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import type { DeleteOptions, ListOptions } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { forStorage, present, storageOf, type ApiCore } from '../core.ts';
import { conflict, isStatus } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { orderObject } from '../metadata.ts';
import { outsideOf } from '../outside.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { getObject, listObjects } from './read.ts';
import { namespaceFinalizers } from './update.ts';

export interface Deletion {
  object: KubeObject;
  /** False: the object stays until its finalizers are done or its grace period is over. */
  gone: boolean;
}

/** After kubernetes 1.32 staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go. `admitted`: admission was asked about what leads to it. Throws ApiStatus 404, 409. */
export function deleteObject(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, name: string, options: DeleteOptions, admitted = false): Deletion {
  const old = getObject(core, info, namespace, name);
  checkPreconditions(info, old, options);
  if (!admitted) core.hooks.admission.validate({ operation: 'DELETE', user: context.user, resource: info, ...(namespace === undefined ? {} : { namespace }), name, oldObject: old, dryRun: context.dryRun, warn: context.warn, ...outsideOf(context) });

  const finalizers = finalizersFor(old, options);
  const isNamespace = info.group === '' && info.resource === 'namespaces';
  const grace = graceOf(info, old, options);
  const waits = finalizers.length > 0 || grace > 0 || (isNamespace && namespaceFinalizers(old).length > 0);
  if (!waits) {
    if (context.dryRun) return { object: old, gone: true };
    return { object: present(info, core.store.delete(storageOf(info), old.metadata.namespace, name, old.metadata.resourceVersion)), gone: true };
  }

  const before = old.metadata;
  const sooner = before.deletionTimestamp !== undefined && grace < (before.deletionGracePeriodSeconds ?? 0);
  const begins = before.deletionTimestamp === undefined;
  const metadata = {
    ...before,
    finalizers,
    ...(begins || sooner ? { deletionTimestamp: rfc3339(core.clock.now() + grace * 1000), deletionGracePeriodSeconds: grace } : {}),
    ...(begins && before.generation !== undefined ? { generation: before.generation + 1 } : {}),
  };
  const object: KubeObject = orderObject({ ...old, metadata });
  if (isNamespace) object.status = { ...(isJsonObject(old.status) ? old.status : {}), phase: 'Terminating' };
  if (context.dryRun || (!begins && !sooner && sameFinalizers(before.finalizers, finalizers))) return { object: begins || sooner ? object : old, gone: false };
  return { object: present(info, core.store.update(storageOf(info), forStorage(core, info, object), before.resourceVersion)), gone: false };
}

/** Deletes every object that the list options select; returns what was there. */
export function deleteMatching(core: ApiCore, context: RequestContext, info: ResourceInfo, list: ListOptions, options: DeleteOptions): KubeObject[] {
  const { items } = listObjects(core, info, list);
  for (const item of items) {
    try {
      deleteObject(core, context, info, item.metadata.namespace, item.metadata.name, options);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
  }
  return items;
}

/** After kubernetes 1.32 staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, which names the kind for the resource. */
function checkPreconditions(info: ResourceInfo, old: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const named = { group: info.group, resource: info.kind };
  if (uid !== undefined && uid !== old.metadata.uid) {
    throw conflict(named, old.metadata.name, `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid ?? ''}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(named, old.metadata.name, `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion ?? ''}). The object might have been modified`);
  }
}

/** The propagation policy is written down as a finalizer, for the garbage collector. */
function finalizersFor(object: KubeObject, { propagationPolicy }: DeleteOptions): string[] {
  const present = object.metadata.finalizers ?? [];
  if (propagationPolicy === undefined) return present;
  const others = present.filter((finalizer) => finalizer !== 'orphan' && finalizer !== 'foregroundDeletion');
  if (propagationPolicy === 'Orphan') return [...others, 'orphan'];
  return propagationPolicy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

/** Only pods are given time: none before they are bound to a node, none after their end. */
function graceOf(info: ResourceInfo, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (info.group !== '' || info.resource !== 'pods') return 0;
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const status = isJsonObject(object.status) ? object.status : {};
  const own = typeof spec.terminationGracePeriodSeconds === 'number' ? spec.terminationGracePeriodSeconds : 30;
  const asked = gracePeriodSeconds === undefined || gracePeriodSeconds < 0 ? own : gracePeriodSeconds;
  if (typeof spec.nodeName !== 'string' || spec.nodeName === '') return 0;
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return 0;
  const running = object.metadata.deletionGracePeriodSeconds;
  // A second deletion may only shorten what the first one granted.
  return object.metadata.deletionTimestamp !== undefined && running !== undefined ? Math.min(asked, running) : asked;
}

function sameFinalizers(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return (a ?? []).join('\n') === b.join('\n');
}
