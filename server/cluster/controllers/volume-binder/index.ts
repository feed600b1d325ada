import { parseQuantity } from '../runtime/quantity.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../runtime/kinds.ts';
import { PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, PODS, STORAGE_CLASSES } from '../runtime/resources.ts';
import { matchesSelector } from '../runtime/selectors.ts';
import { deleteIfThere, writeStatus } from '../runtime/writes.ts';

/** A StorageClass with this provisioner gets its volumes as folders of this cluster. */
export const FOLDER_PROVISIONER = 'rancher.io/local-path';
const BOUND = 'pv.kubernetes.io/bind-completed';
const BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const PROTECTION = 'kubernetes.io/pvc-protection';

/** Binds claims to volumes, and makes volumes for the classes of this cluster. After kubernetes 1.32 pkg/controller/volume/persistentvolume */
export function startVolumeBinder(context: ControllerContext): void {
  const { client, informers } = context;
  const events = context.recorder('persistentvolume-controller');
  const claims = informers.of<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
  const volumes = informers.of<PersistentVolume>(PERSISTENT_VOLUMES);
  const classes = informers.of<StorageClass>(STORAGE_CLASSES);
  const pods = informers.of<Pod>(PODS);

  const usedBy = (claim: PersistentVolumeClaim): Pod[] =>
    pods.list(claim.metadata.namespace).filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && (pod.spec.volumes ?? []).some((v) => v.persistentVolumeClaim?.claimName === claim.metadata.name));

  const claimQueue = context.queue('persistentvolume-binder', async (key) => {
    const claim = claims.getByKey(key);
    if (claim === undefined) return;
    if (claim.metadata.deletionTimestamp !== undefined) {
      if (claim.metadata.finalizers?.includes(PROTECTION) === true && usedBy(claim).length === 0) {
        const left = claim.metadata.finalizers.filter((name) => name !== PROTECTION);
        await client.patch(PERSISTENT_VOLUME_CLAIMS, claim.metadata.namespace, claim.metadata.name, { type: 'merge', body: { metadata: { finalizers: left.length === 0 ? null : left } } });
      }
      return;
    }
    const { volumeName } = claim.spec;
    if (volumeName !== undefined && volumeName !== '') {
      const volume = volumes.get(undefined, volumeName);
      if (volume === undefined) {
        if (claim.status?.phase === 'Bound') await writeStatus(client, PERSISTENT_VOLUME_CLAIMS, claim, { ...claim.status, phase: 'Lost' });
        return;
      }
      if (claim.status?.phase !== 'Bound') await bind(claim, volume);
      return;
    }
    const fitting = volumes.list().filter((volume) => fits(claim, volume)).sort((a, b) => size(a.spec.capacity?.storage) - size(b.spec.capacity?.storage))[0];
    if (fitting !== undefined) {
      await bind(claim, fitting);
      return;
    }
    if (claim.status?.phase === undefined) await writeStatus(client, PERSISTENT_VOLUME_CLAIMS, claim, { phase: 'Pending' });
    const className = claim.spec.storageClassName;
    if (className === undefined || className === '') {
      events.record(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
      return;
    }
    const storageClass = classes.get(undefined, className);
    if (storageClass === undefined) {
      events.record(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
      return;
    }
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && usedBy(claim).length === 0) {
      events.record(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      return;
    }
    if (storageClass.provisioner !== FOLDER_PROVISIONER) {
      events.record(claim, 'Normal', 'ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${storageClass.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`);
      return;
    }
    await bind(claim, await provision(claim, storageClass));
  });

  const provision = (claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<PersistentVolume> => {
    const name = `pvc-${claim.metadata.uid}`;
    return client.create<PersistentVolume>(PERSISTENT_VOLUMES, undefined, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': storageClass.provisioner } },
      spec: {
        accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
        capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
        claimRef: referenceTo(claim),
        local: { path: `/opt/local-path-provisioner/${name}` },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['controlplane'] }] }] } },
        persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
        storageClassName: storageClass.metadata.name,
        volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      },
    });
  };

  const bind = async (claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> => {
    let bound = volume;
    if (volume.spec.claimRef?.uid !== claim.metadata.uid) {
      if (volume.spec.claimRef?.uid !== undefined) return;
      bound = await client.update<PersistentVolume>(PERSISTENT_VOLUMES, {
        ...volume,
        metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, [BY_CONTROLLER]: 'yes' } },
        spec: { ...volume.spec, claimRef: referenceTo(claim) },
      });
    }
    if (bound.status?.phase !== 'Bound') bound = await writeStatus(client, PERSISTENT_VOLUMES, bound, { ...bound.status, phase: 'Bound' });
    let latest = claims.get(claim.metadata.namespace, claim.metadata.name) ?? claim;
    if (latest.spec.volumeName !== bound.metadata.name) {
      latest = await client.update<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, {
        ...latest,
        metadata: { ...latest.metadata, annotations: { ...latest.metadata.annotations, [BOUND]: 'yes', [BY_CONTROLLER]: 'yes' } },
        spec: { ...latest.spec, volumeName: bound.metadata.name },
      });
    }
    await writeStatus(client, PERSISTENT_VOLUME_CLAIMS, latest, { ...latest.status, phase: 'Bound', accessModes: bound.spec.accessModes, capacity: bound.spec.capacity });
  };

  const volumeQueue = context.queue('persistentvolume', async (name) => {
    const volume = volumes.get(undefined, name);
    if (volume === undefined) return;
    if (volume.metadata.deletionTimestamp !== undefined) {
      if (volume.status?.phase === 'Bound' || volume.metadata.finalizers === undefined) return;
      const left = volume.metadata.finalizers.filter((finalizer) => finalizer !== 'kubernetes.io/pv-protection');
      if (left.length !== volume.metadata.finalizers.length) await client.patch(PERSISTENT_VOLUMES, undefined, name, { type: 'merge', body: { metadata: { finalizers: left.length === 0 ? null : left } } });
      return;
    }
    const reference = volume.spec.claimRef;
    if (reference?.uid === undefined) {
      if (volume.status?.phase !== 'Available') await writeStatus(client, PERSISTENT_VOLUMES, volume, { ...volume.status, phase: 'Available' });
      return;
    }
    const claim = claims.get(reference.namespace, reference.name ?? '');
    if (claim?.metadata.uid === reference.uid) return;
    if (volume.spec.persistentVolumeReclaimPolicy === 'Delete') await deleteIfThere(client, PERSISTENT_VOLUMES, volume);
    else if (volume.status?.phase !== 'Released') await writeStatus(client, PERSISTENT_VOLUMES, volume, { ...volume.status, phase: 'Released' });
    volumeQueue.add(name);
  });

  claims.onChange(({ previous, current }) => {
    const claim = current ?? previous;
    if (claim === undefined) return;
    claimQueue.add(keyOf(claim));
    if (claim.spec.volumeName !== undefined) volumeQueue.add(claim.spec.volumeName);
  });
  volumes.onChange(({ previous, current }) => {
    const volume = current ?? previous;
    if (volume === undefined) return;
    volumeQueue.add(volume.metadata.name);
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound') claimQueue.add(keyOf(claim));
  });
  classes.onChange(() => {
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound') claimQueue.add(keyOf(claim));
  });
  pods.onChange(({ previous, current }) => {
    const pod = current ?? previous;
    for (const volume of pod?.spec.volumes ?? []) if (volume.persistentVolumeClaim !== undefined) claimQueue.add(`${pod?.metadata.namespace}/${volume.persistentVolumeClaim.claimName}`);
  });
}

function referenceTo(claim: PersistentVolumeClaim) {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, resourceVersion, uid };
}

function size(quantity: string | undefined): number {
  return quantity === undefined ? 0 : parseQuantity(quantity);
}

/** Whether an unbound volume can serve a claim. */
export function fits(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const reference = volume.spec.claimRef;
  if (volume.metadata.deletionTimestamp !== undefined) return false;
  if (reference !== undefined && !(reference.namespace === claim.metadata.namespace && reference.name === claim.metadata.name && (reference.uid === undefined || reference.uid === claim.metadata.uid))) return false;
  if ((volume.spec.storageClassName ?? '') !== (claim.spec.storageClassName ?? '')) return false;
  if (size(volume.spec.capacity?.storage) < size(claim.spec.resources?.requests?.storage)) return false;
  if (!(claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode) === true)) return false;
  return claim.spec.selector === undefined || matchesSelector(claim.spec.selector, volume.metadata.labels);
}
