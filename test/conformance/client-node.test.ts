import { CoreV1Api, KubeConfig, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

let running: TestCluster;
let config: KubeConfig;

beforeAll(async () => {
  running = await startTestCluster();
  config = new KubeConfig();
  config.loadFromString(running.cluster.kubeconfig);
});

afterAll(() => running.stop());

describe('the JavaScript client against the embedded cluster', { timeout: 30_000 }, () => {
  it('reads in pages', async () => {
    const core = config.makeApiClient(CoreV1Api);
    for (const name of ['a', 'b', 'c']) await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name, labels: { page: 'yes' } } } });
    const first = await core.listNamespacedConfigMap({ namespace: 'default', limit: 2, labelSelector: 'page=yes' });
    expect(first.items.map((item) => item.metadata?.name)).toEqual(['a', 'b']);
    const rest = await core.listNamespacedConfigMap({ namespace: 'default', limit: 2, labelSelector: 'page=yes', _continue: first.metadata?._continue ?? '' });
    expect(rest.items.map((item) => item.metadata?.name)).toEqual(['c']);
  });

  it('watches what happens', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const { metadata } = await core.listNamespacedSecret({ namespace: 'default' });
    const seen: string[] = [];
    const watch = await new Watch(config).watch('/api/v1/namespaces/default/secrets', { resourceVersion: metadata?.resourceVersion ?? '' }, (type, object: { metadata: { name: string } }) => seen.push(`${type} ${object.metadata.name}`), () => undefined);
    await core.createNamespacedSecret({ namespace: 'default', body: { metadata: { name: 's' }, stringData: { a: 'b' } } });
    await core.deleteNamespacedSecret({ namespace: 'default', name: 's' });
    await expect.poll(() => seen).toEqual(['ADDED s', 'DELETED s']);
    watch.abort();
  });

  it('starts again from a snapshot with the same objects and keys', async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'kept' }, data: { a: '1' } } });
    const snapshot = JSON.parse(JSON.stringify(running.cluster.snapshot()));
    const again = await startTestCluster({ restore: snapshot });
    const restored = new KubeConfig();
    restored.loadFromString(again.cluster.kubeconfig);
    const object = await restored.makeApiClient(CoreV1Api).readNamespacedConfigMap({ namespace: 'default', name: 'kept' });
    expect(object.data).toEqual({ a: '1' });
    expect(restored.getCurrentUser()?.token).toBe(config.getCurrentUser()?.token);
    await again.stop();
  });
});
