import { afterEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { LogBudget, LogStore } from '../../../../server/cluster/kubelet/log-store.ts';
import { binaryQuantity, evictionsOf, type PodUsage } from '../../../../server/cluster/kubelet/storage/evictions.ts';
import { GrowthGauge } from '../../../../server/lib/disk-usage.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { smallCluster, type SmallCluster } from './small-cluster.ts';

const MIB = 1024 ** 2;
const LIMITS = { bytes: 100 * MIB, files: 1000 };

function usage(name: string, spec: object, held: { containers?: Record<string, number>; emptyDirs?: Record<string, number>; claims?: number; files?: number; other?: number } = {}): PodUsage {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name }, spec: { containers: [{ name: 'main' }], ...spec } } as Pod;
  return { pod, containers: new Map(Object.entries(held.containers ?? {})), emptyDirs: new Map(Object.entries(held.emptyDirs ?? {})), other: held.other ?? 0, claims: held.claims ?? 0, files: held.files ?? 10 };
}
const limited = (limit: string) => ({ containers: [{ name: 'main', resources: { limits: { 'ephemeral-storage': limit } } }] });

describe('which pods have to go for what they hold on the disk', () => {
  it.each([
    ['an emptyDir beyond its size', usage('p', { volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '10Mi' } }] }, { emptyDirs: { scratch: 11 * MIB } }), 'Usage of EmptyDir volume "scratch" exceeds the limit "10Mi". '],
    ['a pod beyond the sum of its containers', usage('p', limited('20Mi'), { containers: { main: 15 * MIB }, emptyDirs: { scratch: 6 * MIB } }), 'Pod ephemeral local storage usage exceeds the total limit of containers 20Mi. '],
    ['a container beyond its own limit, where others have room left', usage('p', { containers: [{ name: 'main', resources: { limits: { 'ephemeral-storage': '10Mi' } } }, { name: 'side', resources: { limits: { 'ephemeral-storage': '30Mi' } } }] }, { containers: { main: 12 * MIB } }), 'Container main exceeded its local ephemeral storage limit "10Mi". '],
  ])('%s', (_what, pod, message) => {
    expect(evictionsOf([pod], { bytes: 30 * MIB, files: 10 }, LIMITS)).toEqual({ evictions: [{ uid: 'p', message, pressure: false, atOnce: false }], low: undefined });
  });

  it('none that keeps within what it may, and none for what its claims hold', () => {
    const pods = [usage('a', limited('20Mi'), { containers: { main: 20 * MIB }, claims: 50 * MIB }), usage('b', { volumes: [{ name: 'scratch', emptyDir: {} }] }, { emptyDirs: { scratch: 20 * MIB } })];
    expect(evictionsOf(pods, { bytes: 90 * MIB, files: 20 }, LIMITS)).toEqual({ evictions: [], low: undefined });
  });

  it('the one that holds most beyond what it asked for, when the node has no room left', () => {
    const asked = { containers: [{ name: 'main', resources: { requests: { 'ephemeral-storage': '80Mi' } } }] };
    const pods = [usage('asked', asked, { containers: { main: 70 * MIB } }), usage('little', {}, { containers: { main: MIB } }), usage('much', {}, { containers: { main: 30 * MIB } })];
    const message = 'The node was low on resource: ephemeral-storage. Threshold quantity: 10737418400, available: 10239Mi. Container main was using 30Mi, request is 0, has larger consumption of ephemeral-storage. ';
    expect(evictionsOf(pods, { bytes: 101 * MIB, files: 30 }, LIMITS)).toEqual({ evictions: [{ uid: 'much', message, pressure: true, atOnce: true }], low: 'ephemeral-storage' });
  });

  it('who fills a claim, where nobody else holds anything, but nothing of the system', () => {
    const pods = [usage('system', { priority: 2_000_000_000 }, { containers: { main: 90 * MIB } }), usage('idle', {}, { containers: { main: 200 * 1024 } }), usage('claim', {}, { claims: 110 * MIB })];
    expect(evictionsOf(pods, { bytes: 200 * MIB, files: 30 }, LIMITS).evictions.map(({ uid }) => uid)).toEqual(['claim']);
  });

  it('who has most files, when it is files that are too many', () => {
    const pods = [usage('few', {}, { containers: { main: 50 * MIB }, files: 100 }), usage('many', {}, { files: 950 })];
    expect(evictionsOf(pods, { bytes: 60 * MIB, files: 1050 }, LIMITS)).toEqual({ evictions: [{ uid: 'many', message: 'The node was low on resource: inodes. Threshold quantity: 327680, available: 327630. ', pressure: true, atOnce: true }], low: 'inodes' });
  });

  it('says bytes in the largest unit that leaves no rest', () => {
    expect([0, 1023, 2048, 20 * MIB, 3 * 1024 * MIB].map(binaryQuantity)).toEqual(['0', '1023', '2Ki', '20Mi', '3Gi']);
  });
});

describe('when the disk is measured', () => {
  const gauge = () => new GrowthGauge({ bytes: 100 * MIB, files: 1000 });
  it('at first, at once after much growth, soon after some, and now and then', () => {
    const one = gauge();
    const looks = [[0, 0], [99, 1000], [100, 2000], [102, 3000], [102, 12_000], [102, 13_000], [102, 72_001]] as const;
    expect(looks.map(([mib, at]) => one.due({ bytes: mib * MIB, files: 0 }, at))).toEqual([true, false, true, false, true, false, true]);
  });
  it('after many new files, too', () => {
    const one = gauge();
    expect([one.due({ bytes: 0, files: 0 }, 0), one.due({ bytes: 0, files: 1001 }, 1)]).toEqual([true, true]);
  });
});

describe('logs that flood', () => {
  it('keep their newest 10 MiB, and empty lines are not free', () => {
    const log = new LogStore(systemClock);
    for (let i = 0; i < 40; i++) log.write('stdout', Buffer.from('\n'.repeat(10_000)));
    expect(log.size).toBeLessThanOrEqual(10.5 * MIB);
    expect(log.everything().length).toBeLessThan(240_000);
    expect(log.everything().length).toBeGreaterThan(200_000);
  });
  it('are cut where all of a cluster hold too much, the longest first', () => {
    const budget = new LogBudget(MIB);
    const [small, large, gone] = [new LogStore(systemClock, budget), new LogStore(systemClock, budget), new LogStore(systemClock, budget)];
    gone.write('stdout', Buffer.from('x'.repeat(500_000)));
    gone.discard();
    small.write('stdout', Buffer.from('small\n'));
    for (let i = 0; i < 300; i++) large.write('stdout', Buffer.from(`${'y'.repeat(10_000)}\n`));
    expect(small.everything().toString()).toBe('small\n');
    expect(large.size).toBeLessThanOrEqual(MIB);
    expect(large.size).toBeGreaterThan(MIB / 3);
  });
});

describe('a kubelet whose disk fills up', () => {
  let cluster: SmallCluster | undefined;
  afterEach(() => cluster?.stop());

  it('ends the pod whose emptyDir is too large, says why, and takes its files away', async () => {
    cluster = await smallCluster();
    await cluster.pod('big', { volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Mi' } }], containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'dd if=/dev/zero of=$SCRATCH/data bs=1024 count=3000 2>/dev/null; sleep 600'], env: [{ name: 'SCRATCH', value: '/scratch' }], volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }] });
    const { status } = await cluster.until('big', (pod) => pod.status?.phase === 'Failed');
    expect({ phase: status?.phase, reason: status?.reason, message: status?.message }).toEqual({ phase: 'Failed', reason: 'Evicted', message: 'Usage of EmptyDir volume "scratch" exceeds the limit "1Mi". ' });
  }, 20_000);
});
