import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const API_SERVICES = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' };
const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };

let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster();
}, 60_000);
afterAll(() => test?.stop());

describe('what is served', () => {
  it('is registered, built in or defined, for as long as it is there', async () => {
    const { client } = test.cluster;
    expect((await client.get(API_SERVICES, undefined, 'v2.autoscaling')).spec).toEqual({ group: 'autoscaling', groupPriorityMinimum: 17500, version: 'v2', versionPriority: 30 });
    expect((await client.get(API_SERVICES, undefined, 'v1.')).spec).toEqual({ groupPriorityMinimum: 18000, version: 'v1', versionPriority: 1 });
    const version = { name: 'v1beta1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } };
    await client.create(CRDS, undefined, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'zs.z.example.com' }, spec: { group: 'z.example.com', scope: 'Namespaced', names: { plural: 'zs', kind: 'Z' }, versions: [version] } });
    const made = await client.get(API_SERVICES, undefined, 'v1beta1.z.example.com');
    expect([made.metadata.labels, made.spec]).toEqual([{ 'kube-aggregator.kubernetes.io/automanaged': 'true' }, { group: 'z.example.com', groupPriorityMinimum: 1000, version: 'v1beta1', versionPriority: 100 }]);
    await client.delete(CRDS, undefined, 'zs.z.example.com');
    await expect.poll(() => client.find(API_SERVICES, undefined, 'v1beta1.z.example.com')).toBeUndefined();
  });
});

describe('a claim that has its volume', () => {
  it('grows only where its class allows it', async () => {
    const { client } = test.cluster;
    const storageClass = (name: string, allowVolumeExpansion: boolean) => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, provisioner: 'a.b/c', allowVolumeExpansion });
    for (const [name, grows] of [['fixed', false], ['growing', true]] as const) {
      await client.create({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' }, undefined, storageClass(name, grows));
      await client.create(CLAIMS, 'default', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: { storageClassName: name, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
      await client.patch(CLAIMS, 'default', name, { type: 'merge', body: { status: { phase: 'Bound' } } }, { subresource: 'status' });
    }
    const more = { type: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } } as const;
    await expect(client.patch(CLAIMS, 'default', 'fixed', more)).rejects.toMatchObject({ code: 403, message: 'persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize' });
    expect((await client.patch(CLAIMS, 'default', 'growing', more)).spec).toMatchObject({ resources: { requests: { storage: '2Gi' } } });
  });
});
