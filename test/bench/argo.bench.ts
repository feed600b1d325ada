/** The workflow controller on a cluster in this process: single workflows, many at once, wide and long ones, and after many have ended. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../../server/cluster/index.ts';
import type { KubeObject } from '../../server/cluster/store/object.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { createLog } from '../../server/lib/log.ts';
import { createRuntime } from '../../server/providers/embedded/runtime.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';
import { atMost, percentile, print, type Row } from './support.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const wanted = (process.env['PARTS'] ?? 'hello,sustained,fanout,dag,finished').split(',');
const home = await mkdtemp(join(tmpdir(), 'argo-bench-'));
const sandbox = await createSandbox({ folder: join(home, 'sandbox'), tools: home });
const cluster = await startCluster({ clock: systemClock, ids: systemIds, log: createLog('error'), runtime: await createRuntime(sandbox, join(home, 'runtime'), systemClock), folder: join(home, 'data') });
const alive = setInterval(() => undefined, 60_000);

/** Resolvers by `name`, called with the phase at the end. */
const waiting = new Map<string, (phase: string) => void>();
const stop = new AbortController();
cluster.client.watch(WORKFLOWS, { namespace: 'argo', signal: stop.signal }, ({ object }) => {
  if (object.metadata.labels?.['workflows.argoproj.io/completed'] !== 'true') return;
  const phase = object.metadata.labels['workflows.argoproj.io/phase'] ?? '';
  waiting.get(object.metadata.name)?.(phase);
  waiting.delete(object.metadata.name);
});

/** What has become of a workflow and its pods, for who asks why it does not end. */
async function state(name: string): Promise<string> {
  const workflow = await cluster.client.get(WORKFLOWS, 'argo', name);
  const pods = await cluster.client.list({ group: '', version: 'v1', resource: 'pods' }, { namespace: 'argo' });
  const { nodes, ...status } = (workflow['status'] ?? {}) as { nodes?: object };
  const short = pods.items.slice(0, 20).map(({ metadata, status: pod }) => ({ name: metadata.name, status: pod }));
  return JSON.stringify({ labels: workflow.metadata.labels, status, nodes: Object.values(nodes ?? {}).slice(0, 5), pods: short });
}

let number = 0;
async function run(spec: object, limitMs = 120_000): Promise<number> {
  const name = `bench-${++number}`;
  const began = performance.now();
  const over = new Promise<string>((resolve, reject) => {
    const cancel = systemClock.after(limitMs, () => void state(name).then((text) => reject(new Error(`${name} does not end: ${text}`))));
    waiting.set(name, (phase) => {
      cancel();
      resolve(phase);
    });
  });
  await cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name, namespace: 'argo' }, spec } as KubeObject);
  const phase = await over;
  if (phase !== 'Succeeded') throw new Error(`${name} is ${phase}`);
  return performance.now() - began;
}

const echo = { image: 'busybox', command: ['true'] };
const hello = { entrypoint: 'main', serviceAccountName: 'argo-workflow', podGC: { strategy: 'OnPodCompletion', deleteDelayDuration: '0s' }, templates: [{ name: 'main', container: { ...echo, command: ['echo', 'hello'] } }] };

async function helloTimes(rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await run(hello));
  return times;
}

const rows: Row[] = [];
/** How much computing a part took: unlike its time it hardly depends on what else the machine does. */
async function computing<T>(per: string, share: number, part: () => Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const result = await part();
  const { user, system } = process.cpuUsage(before);
  rows.push({ what: `  of which computing in this process${per}`, value: `${((user + system) / 1000 / share).toFixed(0)} ms` });
  return result;
}

await run(hello);
let before = 0;
if (wanted.includes('hello')) {
  const times = await computing(', each', 15, () => helloTimes(15));
  before = percentile(times, 0.5);
  rows.splice(-1, 0, atMost('hello-world, submitted to Succeeded, p50', before, 150));
}
if (wanted.includes('sustained')) {
  const rate = 20;
  const seconds = 5;
  const began = performance.now();
  const all: Promise<number>[] = [];
  await computing(', each', rate * seconds, async () => {
    for (let i = 0; i < rate * seconds; i++) {
      all.push(run(hello));
      const next = began + ((i + 1) * 1000) / rate;
      await new Promise<void>((resolve) => systemClock.after(Math.max(0, next - performance.now()), resolve));
    }
    await Promise.all(all);
  });
  const reached = (rate * seconds * 1000) / (performance.now() - began);
  rows.splice(-1, 0, { what: `workflows a second to Succeeded, ${rate * seconds} of them`, value: `${reached.toFixed(1)} a second`, must: `≥ ${rate * 0.95} a second`, met: reached >= rate * 0.95 });
}
if (wanted.includes('fanout')) {
  const items = Number(process.env['ITEMS'] ?? 1000);
  const spec = { ...hello, templates: [{ name: 'main', steps: [[{ name: 'each', template: 'one', withSequence: { count: String(items) } }]] }, { name: 'one', container: echo }] };
  const took = await computing('', 1, () => run(spec, 600_000));
  rows.splice(-1, 0, atMost(`fan-out over ${items} items`, took / 1000, 30, 's', 1));
}
if (wanted.includes('dag')) {
  const nodes = Number(process.env['NODES'] ?? 5000);
  const wait = { name: 'wait', suspend: { duration: '0' } };
  const measured = async (what: string, dag: object): Promise<void> => {
    const took = await computing('', 1, () => run({ entrypoint: 'main', serviceAccountName: 'argo-workflow', templates: [{ name: 'main', dag }, wait] }, 600_000));
    rows.splice(-1, 0, atMost(what, took / 1000, 5, 's', 1));
  };
  await measured(`a dag of ${nodes} suspended nodes side by side`, { tasks: [{ name: 'each', template: 'wait', withSequence: { count: String(nodes) } }] });
  const width = Math.ceil(nodes / 10);
  await measured(`a dag of ${nodes} suspended nodes in ten layers`, { tasks: Array.from({ length: nodes }, (_, i) => ({ name: `t${i}`, template: 'wait', ...(i < width ? {} : { dependencies: [`t${i - width}`] }) })) });
}
if (wanted.includes('finished')) {
  const count = Number(process.env['FINISHED'] ?? 10_000);
  const labels = { 'workflows.argoproj.io/completed': 'true', 'workflows.argoproj.io/phase': 'Succeeded' };
  for (let i = 0; i < count; i++) {
    await cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: `old-${i}`, namespace: 'argo', labels }, spec: hello, status: { phase: 'Succeeded', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z', nodes: { [`old-${i}`]: { id: `old-${i}`, name: `old-${i}`, displayName: `old-${i}`, type: 'Pod', phase: 'Succeeded', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' } } } } as unknown as KubeObject);
  }
  const after = percentile(await helloTimes(15), 0.5);
  rows.push(atMost(`hello-world beside ${count} that have ended, p50`, after, Math.max(150, before * 1.3)));
}
print('Argo', rows);
stop.abort();
clearInterval(alive);
await cluster.stop();
await sandbox.close();
await rm(home, { recursive: true, force: true });
process.exit(0);
