import { ApiStatus } from '../../api/status.ts';
import { parseApiVersion, type KubeObject, type OwnerReference } from '../../store/object.ts';
import type { AllObjects } from '../runtime/all-objects.ts';
import type { ControllerContext, ServedResource } from '../runtime/context.ts';
import { deleteIfThere } from '../runtime/writes.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

interface Known {
  object: KubeObject;
  resource: ServedResource;
}

/**
 * Deletes what has lost its owners, in the background, in the foreground (dependents first), or lets it go as an
 * orphan. After kubernetes 1.32 pkg/controller/garbagecollector/garbagecollector.go
 */
export function startGarbageCollector(context: ControllerContext, all: AllObjects): void {
  const { client } = context;
  const objects = new Map<string, Known>();
  const dependents = new Map<string, Set<string>>();
  /** Owners that were looked up and do not exist: uid → nothing to ask again. */
  const absent = new Set<string>();

  const queue = context.queue('garbage-collector', async (uid) => {
    const known = objects.get(uid);
    if (known === undefined) return;
    const { object } = known;
    if (object.metadata.deletionTimestamp !== undefined) {
      if (object.metadata.finalizers?.includes(ORPHAN) === true) await orphan(known);
      else if (object.metadata.finalizers?.includes(FOREGROUND) === true) await foreground(known);
      return;
    }
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const reference of references) {
      const owner = await ownerOf(reference, object.metadata.namespace);
      if (owner === undefined) dangling.push(reference);
      else if (owner.metadata.deletionTimestamp !== undefined && owner.metadata.finalizers?.includes(FOREGROUND) === true) waiting.push(reference);
      else solid.push(reference);
    }
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await setOwners(known, solid);
      return;
    }
    if (dangling.length + waiting.length === 0) return;
    const inForeground = waiting.length > 0 && (dependents.get(uid)?.size ?? 0) > 0;
    await deleteIfThere(client, known.resource, object, { propagationPolicy: inForeground || object.metadata.finalizers?.includes(FOREGROUND) === true ? 'Foreground' : 'Background' });
  });

  const ownerOf = async (reference: OwnerReference, namespace: string | undefined): Promise<KubeObject | undefined> => {
    const seen = objects.get(reference.uid);
    if (seen !== undefined) return sameScope(seen.object, namespace) ? seen.object : undefined;
    if (absent.has(reference.uid)) return undefined;
    // Not seen: it may be of a type that is not watched, so that only the API can tell.
    const { group } = parseApiVersion(reference.apiVersion);
    const resource = all.ofKind(group, reference.kind);
    if (resource === undefined) throw new Error(`no resource serves ${reference.apiVersion} ${reference.kind}`);
    const found = await client.find(resource, resource.namespaced ? namespace : undefined, reference.name);
    if (found?.metadata.uid === reference.uid) return found;
    absent.add(reference.uid);
    return undefined;
  };

  const orphan = async (owner: Known): Promise<void> => {
    const uid = owner.object.metadata.uid ?? '';
    for (const dependent of dependents.get(uid) ?? []) {
      const known = objects.get(dependent);
      if (known !== undefined) await setOwners(known, (known.object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid));
    }
    await dropFinalizer(owner, ORPHAN);
  };

  const foreground = async (owner: Known): Promise<void> => {
    const uid = owner.object.metadata.uid ?? '';
    let blocked = false;
    for (const dependent of dependents.get(uid) ?? []) {
      const known = objects.get(dependent);
      if (known === undefined) continue;
      if (known.object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true) === true) blocked = true;
      if (known.object.metadata.deletionTimestamp === undefined) queue.add(dependent);
    }
    if (!blocked) await dropFinalizer(owner, FOREGROUND);
  };

  const setOwners = async ({ object, resource }: Known, references: OwnerReference[]): Promise<void> => {
    const body = { metadata: { uid: object.metadata.uid, resourceVersion: objects.get(object.metadata.uid ?? '')?.object.metadata.resourceVersion, ownerReferences: references.length === 0 ? null : references } };
    await ignoreGone(client.patch(resource, object.metadata.namespace, object.metadata.name, { type: 'merge', body }));
  };

  const dropFinalizer = async ({ object, resource }: Known, finalizer: string): Promise<void> => {
    const latest = objects.get(object.metadata.uid ?? '')?.object ?? object;
    const finalizers = (latest.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const body = { metadata: { uid: object.metadata.uid, resourceVersion: latest.metadata.resourceVersion, finalizers: finalizers.length === 0 ? null : finalizers } };
    await ignoreGone(client.patch(resource, object.metadata.namespace, object.metadata.name, { type: 'merge', body }));
  };

  all.onChange(({ previous, current }, resource) => {
    const uid = (current ?? previous)?.metadata.uid;
    if (uid === undefined || (resource.group === '' && resource.resource === 'events')) return;
    for (const reference of previous?.metadata.ownerReferences ?? []) {
      if (current?.metadata.ownerReferences?.some((r) => r.uid === reference.uid) === true) continue;
      const set = dependents.get(reference.uid);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(reference.uid);
      const owner = objects.get(reference.uid);
      if (owner?.object.metadata.deletionTimestamp !== undefined) queue.add(reference.uid);
    }
    if (current === undefined) {
      objects.delete(uid);
      for (const dependent of dependents.get(uid) ?? []) {
        absent.add(uid);
        queue.add(dependent);
      }
      return;
    }
    objects.set(uid, { object: current, resource });
    for (const reference of current.metadata.ownerReferences ?? []) {
      let set = dependents.get(reference.uid);
      if (set === undefined) dependents.set(reference.uid, (set = new Set()));
      set.add(uid);
      const owner = objects.get(reference.uid);
      const orphaned = owner === undefined || !sameScope(owner.object, current.metadata.namespace) || owner.object.metadata.deletionTimestamp !== undefined;
      if (orphaned) queue.add(uid);
    }
    const finalizers = current.metadata.finalizers ?? [];
    if (current.metadata.deletionTimestamp !== undefined && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN))) queue.add(uid);
  });
}

/** An owner is cluster-scoped or in the dependent's own namespace; any other reference points nowhere. */
function sameScope(owner: KubeObject, namespace: string | undefined): boolean {
  return owner.metadata.namespace === undefined || owner.metadata.namespace === namespace;
}

async function ignoreGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ApiStatus && error.code === 404)) throw error;
  }
}
