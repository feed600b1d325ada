import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ResourceType } from '../../../../server/cluster/client.ts';
import type { Deployment, Endpoints, EndpointSlice, ReplicaSet } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { CONFIG_MAPS, DEPLOYMENTS, ENDPOINTS, ENDPOINT_SLICES, NAMESPACES, PODS, REPLICA_SETS, SERVICE_ACCOUNTS, SERVICES } from '../../../../server/cluster/controllers/runtime/resources.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import type { Program } from '../../../../server/cluster/program.ts';
import { smallCluster, type SmallCluster } from '../kubelet/small-cluster.ts';

let cluster: SmallCluster;

const waits: Program = {
  run: (context) =>
    new Promise((resolve) => {
      context.network.listen(context.pod.metadata.uid ?? '', 8080, (socket) => socket.end(`from ${context.pod.metadata.name}`));
      context.signal.addEventListener('abort', () => resolve(0));
    }),
};

beforeAll(async () => {
  cluster = await smallCluster({ controllers: true, images: [{ repository: 'lab/web', entrypoint: ['web'], content: { kind: 'program', program: waits } }] });
});
afterAll(() => cluster.stop());

async function eventually<T extends KubeObject>(type: ResourceType, name: string, holds: (object: T) => boolean, namespace: string | undefined = 'ns'): Promise<T> {
  let last: T | undefined;
  await expect
    .poll(
      async () => {
        last = await cluster.client.find<T>(type, namespace, name);
        return last !== undefined && holds(last);
      },
      { timeout: 4000, interval: 10 },
    )
    .toBe(true);
  if (last === undefined) throw new Error('unreachable');
  return last;
}

function deployment(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'ns' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'c', image: 'lab/web', ports: [{ name: 'http', containerPort: 8080 }] }] } },
      ...spec,
    },
  };
}

const isAvailable = (d: Deployment) => d.status?.conditions?.some((c) => c.type === 'Available' && c.status === 'True') === true && d.status.availableReplicas === d.spec.replicas;

test('a deployment becomes available', async () => {
  await cluster.client.create(DEPLOYMENTS, 'ns', deployment('web'));
  const { status, metadata } = await eventually<Deployment>(DEPLOYMENTS, 'web', (d) => isAvailable(d) && d.status?.conditions?.some((c) => c.reason === 'NewReplicaSetAvailable') === true);
  expect(metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
  expect({ ...status, conditions: undefined }).toEqual({ availableReplicas: 1, readyReplicas: 1, replicas: 1, updatedReplicas: 1, observedGeneration: 1, conditions: undefined });
  expect(status?.conditions?.map((c) => [c.type, c.status, c.reason])).toEqual([
    ['Available', 'True', 'MinimumReplicasAvailable'],
    ['Progressing', 'True', 'NewReplicaSetAvailable'],
  ]);
});

test('a Service reaches its pods by name, and its Endpoints name them', async () => {
  await cluster.client.create(DEPLOYMENTS, 'ns', deployment('shop'));
  await cluster.client.create(SERVICES, 'ns', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { clusterIP: '10.96.7.7', selector: { app: 'shop' }, ports: [{ name: 'a', port: 80, targetPort: 'http' }, { name: 'b', port: 81, targetPort: 'nope' }] } });
  const endpoints = await eventually<Endpoints>(ENDPOINTS, 'shop', (e) => (e.subsets?.[0]?.addresses ?? []).length === 1);
  expect(endpoints.subsets?.[0]?.ports).toEqual([{ name: 'a', port: 8080, protocol: 'TCP' }]);
  const slices = await cluster.client.list<EndpointSlice>(ENDPOINT_SLICES, { namespace: 'ns', labelSelector: 'kubernetes.io/service-name=shop' });
  expect(slices.items.map((s) => s.ports)).toEqual([[{ name: 'a', port: 8080, protocol: 'TCP' }]]);
  for (const host of ['shop.ns.svc.cluster.local', 'shop.ns', '10.96.7.7']) {
    const socket = await cluster.network.dialAddress(host, 80);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^from shop-/);
  }
});

test('a new template rolls out, keeps the history, and going back takes the old set again', async () => {
  await cluster.client.create(DEPLOYMENTS, 'ns', deployment('roll'));
  await eventually<Deployment>(DEPLOYMENTS, 'roll', isAvailable);
  const setEnv = (value: string) => cluster.client.patch(DEPLOYMENTS, 'ns', 'roll', { type: 'json', body: [{ op: 'add', path: '/spec/template/spec/containers/0/env', value: [{ name: 'V', value }] }] });
  const revision = (n: string) => (d: Deployment) => d.metadata.annotations?.['deployment.kubernetes.io/revision'] === n && isAvailable(d) && d.status?.updatedReplicas === 1 && d.status.replicas === 1;
  await setEnv('1');
  await eventually<Deployment>(DEPLOYMENTS, 'roll', revision('2'));
  await setEnv('2');
  await eventually<Deployment>(DEPLOYMENTS, 'roll', revision('3'));
  await setEnv('1');
  await eventually<Deployment>(DEPLOYMENTS, 'roll', revision('4'));
  const sets = await cluster.client.list<ReplicaSet>(REPLICA_SETS, { namespace: 'ns', labelSelector: 'app=roll' });
  const history = sets.items.map((s) => [s.metadata.annotations?.['deployment.kubernetes.io/revision'], s.metadata.annotations?.['deployment.kubernetes.io/revision-history'], s.spec.replicas]);
  expect(history.sort()).toEqual([['1', undefined, 0], ['3', undefined, 0], ['4', '2', 1]]);
});

test('a deleted deployment takes its sets and pods along', async () => {
  await cluster.client.create(DEPLOYMENTS, 'ns', deployment('bye'));
  await eventually<Deployment>(DEPLOYMENTS, 'bye', isAvailable);
  await cluster.client.delete(DEPLOYMENTS, 'ns', 'bye', { propagationPolicy: 'Background' });
  const left = async () => [...(await cluster.client.list(REPLICA_SETS, { namespace: 'ns', labelSelector: 'app=bye' })).items, ...(await cluster.client.list(PODS, { namespace: 'ns', labelSelector: 'app=bye' })).items].length;
  await expect.poll(left, { timeout: 4000 }).toBe(0);
});

test('in the foreground the owner goes last; an orphan stays without its owner', async () => {
  const owner = await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } });
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '', blockOwnerDeletion: true };
  await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'child', ownerReferences: [reference], finalizers: ['a.b/c'] } });
  await cluster.client.delete(CONFIG_MAPS, 'ns', 'owner', { propagationPolicy: 'Foreground' });
  await eventually(CONFIG_MAPS, 'child', (c) => c.metadata.deletionTimestamp !== undefined);
  expect((await cluster.client.get(CONFIG_MAPS, 'ns', 'owner')).metadata.finalizers).toEqual(['foregroundDeletion']);
  await cluster.client.patch(CONFIG_MAPS, 'ns', 'child', { type: 'merge', body: { metadata: { finalizers: null } } });
  await expect.poll(() => cluster.client.find(CONFIG_MAPS, 'ns', 'owner')).toBeUndefined();

  const second = await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owner' } });
  await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'orphan', ownerReferences: [{ ...reference, uid: second.metadata.uid ?? '' }] } });
  await cluster.client.delete(CONFIG_MAPS, 'ns', 'owner', { propagationPolicy: 'Orphan' });
  await expect.poll(() => cluster.client.find(CONFIG_MAPS, 'ns', 'owner')).toBeUndefined();
  expect((await cluster.client.get(CONFIG_MAPS, 'ns', 'orphan')).metadata.ownerReferences).toBeUndefined();
});

test('what names an owner that never was is collected', async () => {
  await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ghost', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '11111111-2222-3333-4444-555555555555' }] } });
  await expect.poll(() => cluster.client.find(CONFIG_MAPS, 'ns', 'ghost')).toBeUndefined();
});

test('a namespace has its account and certificate', async () => {
  await cluster.client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short' }, spec: { finalizers: ['kubernetes'] } });
  await eventually(SERVICE_ACCOUNTS, 'default', () => true, 'short');
  expect((await eventually(CONFIG_MAPS, 'kube-root-ca.crt', () => true, 'short')).data).toEqual({ 'ca.crt': 'CERT' });
});
