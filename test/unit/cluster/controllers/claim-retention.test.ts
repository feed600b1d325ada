import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../../server/cluster/vocabulary.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const SETS = { group: 'apps', version: 'v1', resource: 'statefulsets' };
const CLAIMS = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({ addons: true });
}, 30_000);
afterAll(() => test?.stop());

async function set(name: string, policy: object): Promise<void> {
  const labels = { app: name };
  const spec: KubeObject['spec'] = { replicas: 2, serviceName: name, selector: { matchLabels: labels }, podManagementPolicy: 'Parallel', persistentVolumeClaimRetentionPolicy: policy, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'registry.k8s.io/pause', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } }, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } }] };
  await test.cluster.client.create(SETS, 'default', { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name }, spec });
  await expect.poll(async () => (await test.cluster.client.get(SETS, 'default', name))['status'], { timeout: 10_000 }).toMatchObject({ readyReplicas: 2 });
}

/** Each claim of the set with the kinds of its owners. */
async function claimsOf(name: string): Promise<string[]> {
  const { items } = await test.cluster.client.list(CLAIMS, { namespace: 'default', labelSelector: `app=${name}` });
  return items.map(({ metadata }) => [metadata.name, ...(metadata.ownerReferences ?? []).map(({ kind, name: owner }) => `${kind}/${owner}`)].join(' ')).sort();
}
const scale = (name: string, replicas: number) => test.cluster.client.patch(SETS, 'default', name, { type: 'merge', body: { spec: { replicas } } });
const remove = (name: string) => test.cluster.client.delete(SETS, 'default', name, { propagationPolicy: 'Background' });
const soon = { timeout: 10_000, interval: 50 };

describe('the claims of a StatefulSet', () => {
  it('stay where nothing else is said', async () => {
    await set('keep', {});
    await scale('keep', 1);
    await expect.poll(async () => (await test.cluster.client.get(SETS, 'default', 'keep'))['status'], soon).toMatchObject({ replicas: 1 });
    await remove('keep');
    expect(await claimsOf('keep')).toEqual(['data-keep-0', 'data-keep-1']);
  });

  it('go with the set where it says so', async () => {
    await set('gone', { whenDeleted: 'Delete', whenScaled: 'Retain' });
    expect(await claimsOf('gone')).toEqual(['data-gone-0 StatefulSet/gone', 'data-gone-1 StatefulSet/gone']);
    await scale('gone', 1);
    await expect.poll(async () => (await test.cluster.client.get(SETS, 'default', 'gone'))['status'], soon).toMatchObject({ replicas: 1 });
    expect((await claimsOf('gone')).length).toBe(2);
    await remove('gone');
    await expect.poll(() => claimsOf('gone'), soon).toEqual([]);
  });

  it('go with a pod that is scaled away where it says so', async () => {
    await set('less', { whenDeleted: 'Retain', whenScaled: 'Delete' });
    expect(await claimsOf('less')).toEqual(['data-less-0', 'data-less-1']);
    await scale('less', 1);
    await expect.poll(() => claimsOf('less'), soon).toEqual(['data-less-0']);
  });
});
