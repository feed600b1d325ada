import { afterEach, beforeEach, expect, it } from 'vitest';
import type { KubeClient } from '../../../../server/cluster/client.ts';
import type { Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { NODES, PODS } from '../../../../server/cluster/controllers/runtime/resources.ts';
import { startScheduler } from '../../../../server/cluster/scheduler/index.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { testApi } from '../../../harness/cluster.ts';

let client: KubeClient;
let scheduler: { stop(): void };

beforeEach(async () => {
  client = testApi().client;
  await client.create({ group: '', version: 'v1', resource: 'namespaces' }, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } } as KubeObject);
  await client.create(NODES, undefined, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'controlplane' }, spec: {}, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '2' } } } as KubeObject);
  scheduler = startScheduler({ client, clock: systemClock, log: silentLog });
});
afterEach(() => scheduler.stop());

const pod = (name: string, spec: object = {}): Promise<Pod> => client.create<Pod>(PODS, 'ns', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns' }, spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec } } as KubeObject);
const ended = (name: string): Promise<unknown> => client.patch(PODS, 'ns', name, { type: 'merge', body: { status: { phase: 'Succeeded' } } }, { subresource: 'status' });

/** The pods that have a node and have not ended. */
async function placed(): Promise<string[]> {
  const { items } = await client.list<Pod>(PODS, { namespace: 'ns' });
  return items.filter((one) => (one.spec.nodeName ?? '') !== '' && one.status?.phase !== 'Succeeded').map(({ metadata }) => metadata.name);
}

async function message(name: string): Promise<string | undefined> {
  const { status } = await client.get<Pod>(PODS, 'ns', name);
  return status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message;
}

const CROWDED = '0/1 nodes are available: 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

it('lets as many pods in as the node takes, and one for each that ends', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await pod(name);
  await expect.poll(() => message('d')).toBe(CROWDED);
  expect(await placed()).toEqual(['a', 'b']);
  await ended('a');
  await expect.poll(placed).toEqual(['b', 'c']);
  await client.delete(PODS, 'ns', 'b', { gracePeriodSeconds: 0 });
  await expect.poll(placed).toEqual(['c', 'd']);
});

it('lets the more important one in first', async () => {
  for (const name of ['a', 'b', 'c']) await pod(name);
  await pod('first', { priority: 1000 });
  await expect.poll(() => message('first')).toBe(CROWDED);
  await ended('a');
  await expect.poll(placed).toEqual(['b', 'first']);
});

it('goes on with the next one where the one before does not fit for another reason', async () => {
  for (const name of ['a', 'b']) await pod(name);
  await pod('greedy', { containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '9' } } }] });
  await pod('modest');
  await expect.poll(() => message('modest')).toBe(CROWDED);
  await ended('a');
  await expect.poll(placed).toEqual(['b', 'modest']);
  expect(await message('greedy')).toBe('0/1 nodes are available: 1 Insufficient cpu, 1 Too many pods. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.');
});

it('gives the requests of a pod that ended to others', async () => {
  const half = { containers: [{ name: 'main', image: 'busybox', resources: { requests: { cpu: '2500m' } } }] };
  await pod('a', half);
  await pod('b', half);
  await expect.poll(() => message('b')).toBe('0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.');
  await ended('a');
  await expect.poll(placed).toEqual(['b']);
});
