import type { ApiCore } from '../api/core.ts';
import type { KubeClient } from '../client.ts';
import { INGRESS_CLASS } from '../controllers/ingress/index.ts';
import { FOLDER_PROVISIONER } from '../controllers/volume-binder/folders.ts';
import type { KubeObject } from '../store/object.ts';
import { createMissing } from './bootstrap.ts';

/** After kind v0.29 pkg/build/nodeimage/const_storage.go, which is applied with kubectl. */
function storageClass(): KubeObject {
  const manifest = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' }, name: 'standard' },
    provisioner: FOLDER_PROVISIONER,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${JSON.stringify(manifest)}\n`, ...manifest.metadata.annotations };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** What a cluster for learners has beside Kubernetes itself: kind's default StorageClass, and the class of the built-in ingress controller. */
export async function installAddons(api: ApiCore, client: KubeClient): Promise<void> {
  await createMissing(api, client, 'kubectl-client-side-apply', [storageClass(), INGRESS_CLASS]);
}
