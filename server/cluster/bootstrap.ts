import { isStatus } from './api/errors.ts';
import { bootstrapRbac } from './auth/index.ts';
import type { KubeClient, ResourceType } from './client.ts';
import type { KubeObject } from './store/object.ts';

/** What a cluster holds before anybody has asked for anything. */

const core = (resource: string): ResourceType => ({ group: '', version: 'v1', resource });
const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

const PRIORITY_CLASSES = [
  ['system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'],
  ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
] as const;

/** Makes what is missing; what a restored cluster has already stays as it is. */
export async function bootstrapObjects(client: KubeClient): Promise<void> {
  const make = async (type: ResourceType, namespace: string | undefined, object: KubeObject): Promise<void> => {
    try {
      await client.create(type, namespace, object);
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  };
  for (const name of NAMESPACES) await make(core('namespaces'), undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const { type, object } of bootstrapRbac()) await make(type, object.metadata.namespace, object);
  for (const [name, value, description] of PRIORITY_CLASSES) {
    const object = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description };
    await make({ group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' }, undefined, object);
  }
  await make(core('services'), 'default', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }], type: 'ClusterIP' },
  });
}
