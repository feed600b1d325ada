import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './kinds.ts';
import { parseQuantity } from './quantity.ts';
import { matchesSelector } from './selectors.ts';

/** Set by the scheduler once it knows where a claim's first pod goes: now a volume may be made there. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** A class with this provisioner has only the volumes that somebody made by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export function sizeOf(quantity: string | undefined): number {
  return quantity === undefined ? 0 : parseQuantity(quantity);
}

/** Whether a claim's volume is chosen only when a pod that wants it has a node. */
export function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

export function referenceTo(claim: PersistentVolumeClaim) {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, resourceVersion, uid };
}

/** Why a volume can't serve a claim, apart from whose it is; undefined when it can. After kubernetes 1.32 pkg/controller/volume/persistentvolume/pv_controller.go */
export function mismatch(claim: PersistentVolumeClaim, volume: PersistentVolume): string | undefined {
  if (sizeOf(volume.spec.capacity?.storage) < sizeOf(claim.spec.resources?.requests?.storage)) return 'requested PV is too small';
  if ((volume.spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? '')) return 'storageClassName does not match';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (claim.spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode) === true) ? undefined : 'incompatible accessMode';
}

/** Whether an unbound volume can serve a claim. */
export function fits(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  if (volume.metadata.deletionTimestamp !== undefined || (volume.spec.claimRef !== undefined && !isMeantFor(claim, volume))) return false;
  return mismatch(claim, volume) === undefined && (claim.spec.selector === undefined || matchesSelector(claim.spec.selector, volume.metadata.labels));
}

/** Whether the volume names the claim as the one that it is for. */
export function isMeantFor(claim: PersistentVolumeClaim, { spec: { claimRef } }: PersistentVolume): boolean {
  return claimRef !== undefined && claimRef.namespace === claim.metadata.namespace && claimRef.name === claim.metadata.name && (claimRef.uid === undefined || claimRef.uid === claim.metadata.uid);
}

/** The smallest of the volumes that fit. */
export function bestFit(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  return volumes.filter((volume) => fits(claim, volume)).sort((a, b) => sizeOf(a.spec.capacity?.storage) - sizeOf(b.spec.capacity?.storage))[0];
}
