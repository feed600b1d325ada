import type { PersistentVolumeClaim, Pod, StatefulSet } from '../runtime/kinds.ts';

type Owner = NonNullable<PersistentVolumeClaim['metadata']['ownerReferences']>[number];

/**
 * Who a claim of a StatefulSet's pod belongs to, so that it goes with them. `scaledDown`: the set has no place for the pod
 * any more. After kubernetes 1.32 pkg/controller/statefulset/stateful_set_utils.go
 */
export function claimOwners(set: StatefulSet, pod: { name: string; uid: string | undefined } | undefined, scaledDown: boolean): Owner[] {
  const { whenDeleted, whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const ofPod = whenScaled === 'Delete' && scaledDown;
  const ofSet = whenDeleted === 'Delete' && !ofPod;
  const reference = (apiVersion: string, kind: string, name: string, uid: string | undefined): Owner => ({ apiVersion, kind, name, uid: uid ?? '', controller: true, blockOwnerDeletion: true });
  return [
    ...(ofSet ? [reference('apps/v1', 'StatefulSet', set.metadata.name, set.metadata.uid)] : []),
    ...(ofPod && pod !== undefined ? [reference('v1', 'Pod', pod.name, pod.uid)] : []),
  ];
}

/** The owners that a claim should have instead of its own; undefined when it is to stay as it is. */
export function correctedOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim, scaledDown: boolean): Owner[] | undefined {
  const present = claim.metadata.ownerReferences ?? [];
  const isOurs = ({ kind, name }: Owner): boolean => (kind === 'StatefulSet' && name === set.metadata.name) || (kind === 'Pod' && name === pod.metadata.name);
  const isStale = (owner: Owner): boolean => isOurs(owner) && owner.uid !== set.metadata.uid && owner.uid !== pod.metadata.uid;
  // What belongs to somebody else, or to one who had the name before, is left alone.
  if (present.some((owner) => isStale(owner) || (!isOurs(owner) && owner.controller === true))) return undefined;
  const wanted = claimOwners(set, { name: pod.metadata.name, uid: pod.metadata.uid }, scaledDown);
  const ours = present.filter(isOurs);
  const same = ours.length === wanted.length && wanted.every((owner) => ours.some((one) => one.uid === owner.uid && one.controller === true));
  return same ? undefined : [...present.filter((owner) => !isOurs(owner)), ...wanted];
}
