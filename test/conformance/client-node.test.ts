import { CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterUnderTest, openClusterUnderTest, target } from '../harness/cluster-under-test.ts';
import { startTestCluster } from '../harness/test-cluster.ts';

let under: ClusterUnderTest;
let config: KubeConfig;
let namespace: string;

beforeAll(async () => {
  under = await openClusterUnderTest();
  namespace = under.namespace;
  config = new KubeConfig();
  config.loadFromString(under.config);
}, 60_000);

afterAll(() => under?.stop());

describe.skipIf(target.missing)(`the JavaScript client against ${target.name}`, { timeout: 30_000 }, () => {
  it('reads in pages', async () => {
    const core = config.makeApiClient(CoreV1Api);
    for (const name of ['a', 'b', 'c']) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { page: 'yes' } } } });
    const first = await core.listNamespacedConfigMap({ namespace, limit: 2, labelSelector: 'page=yes' });
    expect(first.items.map((item) => item.metadata?.name)).toEqual(['a', 'b']);
    const rest = await core.listNamespacedConfigMap({ namespace, limit: 2, labelSelector: 'page=yes', _continue: first.metadata?._continue ?? '' });
    expect(rest.items.map((item) => item.metadata?.name)).toEqual(['c']);
  });

  it('watches what happens', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const { metadata } = await core.listNamespacedSecret({ namespace });
    const seen: string[] = [];
    const watch = await new Watch(config).watch(`/api/v1/namespaces/${namespace}/secrets`, { resourceVersion: metadata?.resourceVersion ?? '' }, (type, object: { metadata: { name: string } }) => seen.push(`${type} ${object.metadata.name}`), () => undefined);
    await core.createNamespacedSecret({ namespace, body: { metadata: { name: 's' }, stringData: { a: 'b' } } });
    await core.deleteNamespacedSecret({ namespace, name: 's' });
    await expect.poll(() => seen).toEqual(['ADDED s', 'DELETED s']);
    watch.abort();
  });

  it.skipIf(!target.embedded)('starts again from a snapshot with the same objects and keys (needs the embedded cluster from inside)', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'kept' }, data: { a: '1' } } });
    const snapshot = JSON.parse(JSON.stringify(under.embedded?.cluster.snapshot()));
    const again = await startTestCluster({ restore: snapshot });
    const restored = new KubeConfig();
    restored.loadFromString(again.cluster.kubeconfig);
    const object = await restored.makeApiClient(CoreV1Api).readNamespacedConfigMap({ namespace, name: 'kept' });
    expect(object.data).toEqual({ a: '1' });
    expect(restored.getCurrentUser()?.token).toBe(config.getCurrentUser()?.token);
    await again.stop();
  });
});
