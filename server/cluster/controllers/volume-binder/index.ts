import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../runtime/kinds.ts';
import { PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, PODS, STORAGE_CLASSES } from '../runtime/resources.ts';
import { bestFit, isMeantFor, mismatch, referenceTo, SELECTED_NODE, waitsForConsumer } from '../runtime/volumes.ts';
import { deleteIfThere, writeStatus } from '../runtime/writes.ts';
import { FOLDER_PROVISIONER, refusalOf, volumeFor } from './folders.ts';

const BOUND = 'pv.kubernetes.io/bind-completed';
const BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
/** How often the controller looks at a claim again that waits for something: milliseconds. */
const RESYNC_MS = 15_000;
const PROTECTION = 'kubernetes.io/pvc-protection';
const PROVISIONERS = ['volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/storage-provisioner'];

/** Binds claims to volumes, and makes volumes for the classes of this cluster. After kubernetes 1.32 pkg/controller/volume/persistentvolume */
export function startVolumeBinder(context: ControllerContext): void {
  const { client, ids, informers } = context;
  const events = context.recorder('persistentvolume-controller');
  // Named as the provisioner names itself, after its pod.
  const provisioner = context.recorder(`${FOLDER_PROVISIONER}_local-path-provisioner-${ids.alphanumeric(9)}-${ids.suffix()}_${ids.uuid()}`);
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
      if (claim.status?.phase !== 'Bound') await bindAsked(claim, volume);
      return;
    }
    const className = claim.spec.storageClassName ?? '';
    const storageClass = classes.get(undefined, className);
    const node = claim.metadata.annotations?.[SELECTED_NODE];
    const delayed = waitsForConsumer(storageClass);
    const fitting = bestFit(claim, delayed ? volumes.list().filter((volume) => isMeantFor(claim, volume)) : volumes.list());
    if (fitting !== undefined) {
      await bind(claim, fitting);
      return;
    }
    if (claim.status?.phase === undefined) await writeStatus(client, PERSISTENT_VOLUME_CLAIMS, claim, { phase: 'Pending' });
    claimQueue.addAfter(key, RESYNC_MS);
    if (delayed && node === undefined) {
      const waiting = usedBy(claim).filter((pod) => (pod.spec.nodeName ?? '') === '').map((pod) => pod.metadata.name);
      if (waiting.length === 0) events.record(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
      else events.record(claim, 'Normal', 'WaitForPodScheduled', `waiting for pod${waiting.length > 1 ? 's' : ''} ${waiting.join(',')} to be scheduled`);
      return;
    }
    if (className === '') {
      events.record(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
      return;
    }
    if (storageClass === undefined) {
      events.record(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
      return;
    }
    await provision(claim, storageClass);
  });

  /** What the controller leaves to a provisioner, and what that one does then. */
  const provision = async (claim: PersistentVolumeClaim, storageClass: StorageClass): Promise<void> => {
    const { name, namespace, annotations } = claim.metadata;
    if (PROVISIONERS.some((key) => annotations?.[key] !== storageClass.provisioner)) {
      events.record(claim, 'Normal', 'ExternalProvisioning', `Waiting for a volume to be created either by the external provisioner '${storageClass.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`);
      await client.patch(PERSISTENT_VOLUME_CLAIMS, namespace, name, { type: 'merge', body: { metadata: { annotations: Object.fromEntries(PROVISIONERS.map((key) => [key, storageClass.provisioner])) } } });
      return;
    }
    if (storageClass.provisioner !== FOLDER_PROVISIONER) return;
    provisioner.record(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${namespace}/${name}"`);
    const refusal = refusalOf(claim);
    if (refusal !== undefined) {
      provisioner.record(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${storageClass.metadata.name}": ${refusal}`);
      return;
    }
    const volume = await client.create<PersistentVolume>(PERSISTENT_VOLUMES, undefined, volumeFor(claim, storageClass));
    provisioner.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`);
    await bind(claims.get(namespace, name) ?? claim, volume);
  };

  /** A claim that asks for one volume by its name. */
  const bindAsked = async (claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<void> => {
    if (claim.status?.phase === undefined) await writeStatus(client, PERSISTENT_VOLUME_CLAIMS, claim, { phase: 'Pending' });
    const problem = mismatch(claim, volume);
    if (volume.spec.claimRef !== undefined && !isMeantFor(claim, volume)) events.record(claim, 'Warning', 'FailedBinding', `volume "${volume.metadata.name}" already bound to a different claim.`);
    else if (volume.spec.claimRef === undefined && problem !== undefined) events.record(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${volume.metadata.name}": ${problem}`);
    else await bind(claims.get(claim.metadata.namespace, claim.metadata.name) ?? claim, volume);
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
    const reference = volume.spec.claimRef;
    const claim = reference?.uid === undefined ? undefined : claims.get(reference.namespace, reference.name ?? '');
    const inUse = claim !== undefined && claim.metadata.uid === reference?.uid;
    const leaving = volume.metadata.deletionTimestamp !== undefined;
    if (inUse) return;
    const phase = reference?.uid === undefined ? 'Available' : 'Released';
    if (volume.status?.phase !== phase && !(leaving && phase === 'Available')) await writeStatus(client, PERSISTENT_VOLUMES, volume, { ...volume.status, phase });
    if (leaving) {
      const left = volume.metadata.finalizers?.filter((finalizer) => finalizer !== 'kubernetes.io/pv-protection') ?? [];
      if (left.length !== volume.metadata.finalizers?.length) await client.patch(PERSISTENT_VOLUMES, undefined, name, { type: 'merge', body: { metadata: { finalizers: left.length === 0 ? null : left } } });
    } else if (phase === 'Released' && volume.spec.persistentVolumeReclaimPolicy === 'Delete') await deleteIfThere(client, PERSISTENT_VOLUMES, volume);
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
  // A claim that is to go waits for the pods that use it; others learn of pods from the scheduler.
  pods.onChange(({ previous, current }) => {
    const pod = current ?? previous;
    for (const { persistentVolumeClaim } of pod?.spec.volumes ?? []) {
      const claim = persistentVolumeClaim === undefined ? undefined : claims.get(pod?.metadata.namespace, persistentVolumeClaim.claimName);
      if (claim?.metadata.deletionTimestamp !== undefined) claimQueue.add(keyOf(claim));
    }
  });
}
