import type { PersistentVolumeClaim, StorageClass } from '../runtime/kinds.ts';
import { referenceTo, SELECTED_NODE } from '../runtime/volumes.ts';
import type { KubeObject } from '../../store/object.ts';

/** A StorageClass with this provisioner gets its volumes as folders of this cluster. */
export const FOLDER_PROVISIONER = 'rancher.io/local-path';
const NODE = 'controlplane';

/** Why the provisioner makes no volume for a claim; undefined when it does. After local-path-provisioner v0.0.31 provisioner.go */
export function refusalOf(claim: PersistentVolumeClaim): string | undefined {
  if (claim.spec.selector !== undefined) return 'claim.Spec.Selector is not supported';
  const single = (claim.spec.accessModes ?? []).every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
  return single ? undefined : 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
}

/** The volume as kind's provisioner makes it. */
export function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass): KubeObject {
  const { name: claimName, namespace, uid, annotations } = claim.metadata;
  const name = `pvc-${uid}`;
  const node = annotations?.[SELECTED_NODE] ?? NODE;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'local.path.provisioner/selected-node': node, 'pv.kubernetes.io/provisioned-by': storageClass.provisioner } },
    spec: {
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
      claimRef: referenceTo(claim),
      hostPath: { path: `/var/local-path-provisioner/${name}_${namespace}_${claimName}`, type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
    },
  };
}
