import { storageOf, type ApiCore } from '../api/core.ts';
import { isStatus } from '../api/errors.ts';
import type { RequestContext } from '../api/hooks.ts';
import { rfc3339 } from '../../lib/clock.ts';
import { createPrepared } from '../api/prepared.ts';
import { bootstrapFlowControl, bootstrapRbac } from '../auth/index.ts';
import type { KubeClient } from '../client.ts';
import { systemAccounts, systemConfigMaps } from '../controllers/service-account/system-objects.ts';
import type { KubeObject } from '../store/object.ts';

/** What a cluster holds before anybody has asked for anything. */

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

const PRIORITY_CLASSES = [
  ['system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'],
  ['system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'],
] as const;

/** The same in every cluster, and never changed: the store freezes what it keeps. */
let rbac: ReturnType<typeof bootstrapRbac> | undefined;

/** Who creates what belongs to the cluster itself. */
export function systemContext(fieldManager: string): RequestContext {
  return { user: { username: 'system:apiserver', groups: ['system:masters'] }, fieldManager, dryRun: false, fieldValidation: 'Ignore', warn: () => undefined };
}

/** Creates the objects that are missing, whatever their kind: what a restored cluster has stays as it is. */
export async function createMissing(api: ApiCore, client: KubeClient, fieldManager: string, objects: readonly KubeObject[]): Promise<void> {
  const context = systemContext(fieldManager);
  for (const object of objects) {
    const info = api.scheme.findKind(object.apiVersion, object.kind);
    if (info === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`);
    if (api.store.get(storageOf(info), info.namespaced ? object.metadata.namespace : undefined, object.metadata.name) !== undefined) continue;
    if (PREPARED.has(object.kind)) {
      createPrepared(api, context, info, object.metadata.namespace, object);
      continue;
    }
    await client.create(info, object.metadata.namespace, object, { fieldManager }).catch((error: unknown) => {
      // A controller was quicker: the ServiceAccount of a namespace.
      if (!isStatus(error, 409)) throw error;
    });
  }
}

/** Kinds whose objects admission leaves as they are. */
const PREPARED = new Set(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'ServiceAccount', 'FlowSchema', 'PriorityLevelConfiguration']);

export async function bootstrapObjects(api: ApiCore, client: KubeClient, rootCertificate: string): Promise<void> {
  await createMissing(api, client, 'api-priority-and-fairness-config-producer-v1', bootstrapFlowControl());
  rbac ??= bootstrapRbac();
  await createMissing(api, client, 'kube-apiserver', [
    ...NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...rbac.map(({ object }) => object),
    ...systemAccounts(),
    ...systemConfigMaps(rootCertificate, rfc3339(api.clock.now()).slice(0, 10)),
    ...PRIORITY_CLASSES.map(([name, value, description]) => ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description })),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }], type: 'ClusterIP' },
    },
  ]);
}
