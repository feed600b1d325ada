/**
 * The embedded cluster's API: starts, single requests, big lists, many watchers, many pods. With CLUSTER_KUBECONFIG the
 * same requests are sent to that cluster, too, and stand beside. PARTS=start,requests,watch,pods,snapshot,kubectl chooses.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startCluster, type Cluster } from '../../server/cluster/index.ts';
import type { KubeObject } from '../../server/cluster/store/object.ts';
import { ObjectStore } from '../../server/cluster/store/object-store.ts';
import { readSnapshot } from '../../server/cluster/store/snapshot.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { createLog } from '../../server/lib/log.ts';
import { z } from 'zod';
import { testRuntime } from '../harness/runtime.ts';
import type { Figures } from './cluster-load.ts';
import { atMost, percentile, print, residentMiB, type Row } from './support.ts';

const figuresShape = z.record(z.string(), z.number());
if (process.env['LOAD'] !== undefined) await import('./cluster-load.ts');
const wanted = (process.env['PARTS'] ?? 'start,requests,watch,pods,snapshot,kubectl').split(',');
const home = await mkdtemp(join(tmpdir(), 'cluster-bench-'));
let number = 0;

const start = (): Promise<Cluster> => {
  const folder = join(home, `cluster-${++number}`);
  return startCluster({ clock: systemClock, ids: systemIds, log: createLog('error'), runtime: testRuntime(join(folder, 'runtime')), folder: join(folder, 'data'), argo: false });
};
const PODS = { group: '', version: 'v1', resource: 'pods' };
const sleeper = (name: string, labels: Record<string, string> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'busybox', command: ['sleep', '100000'] }] } }) as KubeObject;
/** A pod that no scheduler looks at: what an API server does without any kubelet. */
const parked = (name: string): KubeObject => ({ ...sleeper(name), spec: { schedulerName: 'nobody', containers: [{ name: 'c', image: 'busybox' }] } });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function times(count: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push(await timed(() => work(i)));
  return found;
}

const rows: Row[] = [];
const open: Cluster[] = [];

if (wanted.includes('start')) {
  const first = await timed(async () => open.push(await start()));
  rows.push({ what: 'start of the first cluster of a process', value: `${first.toFixed(0)} ms` });
}
async function startMany(): Promise<void> {
  const clusters: Cluster[] = [await start()];
  globalThis.gc?.();
  const before = residentMiB(process.pid);
  const found = await times(99, async () => clusters.push(await start()));
  globalThis.gc?.();
  rows.push(atMost('start of the 2nd to the 100th, p50', percentile(found, 0.5), 150), atMost('memory a cluster', (residentMiB(process.pid) - before) / 99, 12, 'MiB', 1));
  for (const cluster of clusters) await cluster.stop();
}

/** From another process: a client that shared this one would wait for itself. */
async function load(part: string, kubeconfig: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv.filter((flag) => !flag.startsWith('--cpu-prof')), process.argv[1] ?? ''], { env: { ...process.env, LOAD: part, LOAD_KUBECONFIG: kubeconfig }, maxBuffer: 2 ** 28 });
  return figuresShape.parse(JSON.parse(stdout));
}

async function requests(kubeconfig: string, where: string, judged: boolean): Promise<void> {
  const row = (what: string, value: number, limit: number): Row => (judged ? atMost(`${where}: ${what}`, value, limit, 'ms', 1) : { what: `${where}: ${what}`, value: `${value.toFixed(1)} ms` });
  const { got = NaN, created = NaN } = await load('requests', kubeconfig);
  rows.push(row('GET p99', got, 3), row('create p99', created, 5));
}

async function lists(cluster: Cluster, kubeconfig: string): Promise<void> {
  for (let i = 0; i < 5000; i++) await cluster.client.create(PODS, 'default', parked(`parked-${i}`));
  const { first = NaN, listed = NaN } = await load('list', kubeconfig);
  rows.push({ what: 'embedded: list of 5,000 pods, the first time', value: `${first.toFixed(0)} ms` }, atMost('embedded: list of 5,000 pods, p50', listed, 120));
  await cluster.client.deleteCollection(PODS, { namespace: 'default' });
}

async function watchers(kubeconfig: string): Promise<void> {
  const { delivered = NaN, missing = NaN, rate = NaN } = await load('watch', kubeconfig);
  if (missing !== 0) throw new Error(`${missing} events were not delivered`);
  rows.push(atMost(`embedded: watch delivery p99, 100 watchers, ${rate.toFixed(0)} writes/s`, delivered, 20, 'ms', 1));
}

async function pods(cluster: Cluster): Promise<void> {
  const running = new Map<string, () => void>();
  const stop = new AbortController();
  cluster.client.watch(PODS, { namespace: 'default', signal: stop.signal }, ({ object }) => {
    const status = object['status'];
    if (typeof status !== 'object' || status === null || !('phase' in status) || status.phase !== 'Running') return;
    running.get(object.metadata.name)?.();
    running.delete(object.metadata.name);
  });
  const run = (name: string): Promise<void> => {
    const over = new Promise<void>((done) => running.set(name, done));
    return cluster.client.create(PODS, 'default', sleeper(name)).then(() => over);
  };
  const single = await times(20, (i) => run(`single-${i}`));
  rows.push(atMost('embedded: pod created to Running, p50', percentile(single, 0.5), 60));
  // The node takes 110 pods, as real ones do: what runs goes before the next ones come.
  const began = performance.now();
  await cluster.client.deleteCollection(PODS, { namespace: 'default' }, { gracePeriodSeconds: 0 });
  for (let i = 0; i < 1000; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => run(`many-${i + n}`)));
    await cluster.client.deleteCollection(PODS, { namespace: 'default' }, { gracePeriodSeconds: 0 });
  }
  rows.push(atMost('embedded: 1,000 pods Running, a hundred at a time', (performance.now() - began) / 1000, 60, 's', 1));
  stop.abort();
}

/** What the API keeps, to a text as a file has it and back; the cluster itself starts anew around it. */
async function snapshots(): Promise<void> {
  const store = new ObjectStore();
  for (let i = 0; i < 1000; i++) {
    const pod = sleeper(`kept-${i}`);
    store.create(PODS, { ...pod, metadata: { ...pod.metadata, uid: systemIds.uuid(), creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '' } });
  }
  let restored = store;
  const found = await times(20, () => {
    restored = new ObjectStore(readSnapshot(JSON.parse(JSON.stringify(store.snapshot()))));
    return Promise.resolve();
  });
  if (JSON.stringify(restored.snapshot()) !== JSON.stringify(store.snapshot())) throw new Error('the restored store is another one');
  rows.push(atMost('embedded: snapshot and restore of 1,000 objects, p50', percentile(found, 0.5), 50, 'ms', 1));
}

/** The cluster answers from this very process: it must not wait for kubectl with its hands tied. */
async function kubectl(kubeconfig: string, where: string): Promise<void> {
  for (const args of [['get', 'pods'], ['create', 'configmap', 'bench-kubectl'], ['get', 'configmap', 'bench-kubectl', '-o', 'yaml'], ['delete', 'configmap', 'bench-kubectl']]) {
    const took = await timed(() => promisify(execFile)('kubectl', ['--kubeconfig', kubeconfig, ...args]));
    rows.push({ what: `${where}: kubectl ${args.join(' ')}`, value: `${took.toFixed(0)} ms` });
  }
}

if (wanted.includes('start')) await startMany();
const cluster = await start();
const kubeconfig = join(home, 'kubeconfig');
await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
const other = process.env['CLUSTER_KUBECONFIG'];
if (wanted.includes('requests')) {
  await requests(kubeconfig, 'embedded', true);
  if (other !== undefined) await requests(other, 'the other cluster', false);
  await lists(cluster, kubeconfig);
}
if (wanted.includes('watch')) await watchers(kubeconfig);
if (wanted.includes('pods')) await pods(cluster);
if (wanted.includes('snapshot')) await snapshots();
if (wanted.includes('kubectl')) {
  await kubectl(kubeconfig, 'embedded');
  if (other !== undefined) await kubectl(other, 'the other cluster');
}
print('The embedded cluster', rows);
await cluster.stop();
for (const one of open) await one.stop();
await rm(home, { recursive: true, force: true });
process.exit(rows.some((row) => row.met === false) ? 1 : 0);
