import { ApiStatus } from '../../api/status.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { controllerOf, controllerRef } from './owners.ts';
import { matchesSelector } from './selectors.ts';
import type { LabelSelector } from './kinds.ts';

/**
 * The objects that an owner controls: its own that still match its selector, and matching ones without a controller,
 * which it adopts. Own ones that match no longer are released. After kubernetes 1.32 pkg/controller/controller_ref_manager.go
 */
export async function claim<T extends KubeObject>(client: KubeClient, type: ResourceType, owner: KubeObject, selector: LabelSelector, candidates: readonly T[]): Promise<T[]> {
  const claimed: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = matchesSelector(selector, object.metadata.labels);
    if (controller !== undefined) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (matches) claimed.push(object);
      else if (owner.metadata.deletionTimestamp === undefined) await release(client, type, object, owner);
      continue;
    }
    if (!matches || owner.metadata.deletionTimestamp !== undefined || object.metadata.deletionTimestamp !== undefined) continue;
    claimed.push(await adopt<T>(client, type, object, owner));
  }
  return claimed;
}

function adopt<T extends KubeObject>(client: KubeClient, type: ResourceType, object: T, owner: KubeObject): Promise<T> {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerRef(owner)];
  return client.patch<T>(type, object.metadata.namespace, object.metadata.name, { type: 'merge', body: { metadata: { uid: object.metadata.uid, ownerReferences } } });
}

async function release(client: KubeClient, type: ResourceType, object: KubeObject, owner: KubeObject): Promise<void> {
  const left = (object.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== owner.metadata.uid);
  const body = { metadata: { uid: object.metadata.uid, ownerReferences: left.length === 0 ? null : left } };
  try {
    await client.patch(type, object.metadata.namespace, object.metadata.name, { type: 'merge', body });
  } catch (error) {
    if (!(error instanceof ApiStatus && (error.code === 404 || error.code === 422))) throw error;
  }
}
