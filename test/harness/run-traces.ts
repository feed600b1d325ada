/**
 * Runs recorded workflows on an embedded cluster and compares the order of watch events with the recording: what each
 * pod, its node and the workflow come to, in which order. How often a state is written, and how long it takes, is chance.
 *
 *   npx tsx test/harness/run-traces.ts TRACES EXAMPLES [--support FOLDER] [--verbose] [NAME…]
 *
 * TRACES holds `name.jsonl`, EXAMPLES the `name.yaml`, `name.json` and `setup.yaml` that belong to them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep, systemClock } from '../../server/lib/clock.ts';
import { fnv1a32 } from '../../server/cluster/argo/controller/names.ts';
import { list, masked, record, replayFolder } from './argo-recordings.ts';
import type { Json, Recipe, Rig } from './argo-recordings.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
const LIMIT_MS = 120_000;

interface Seen {
  event: string;
  kind: string;
  name: string;
  phase: string;
  completed?: string;
  /** By name: `Pod | Succeeded | 1/1`. */
  nodes?: Record<string, string>;
}

/** What happened, each thing once, with the number of the event that told it first. */
function atomsOf(events: readonly Seen[]): Map<string, number> {
  const atoms = new Map<string, number>();
  events.forEach(({ event, kind, name, phase, completed, nodes }, at) => {
    const add = (atom: string) => {
      if (!atoms.has(atom)) atoms.set(atom, at);
    };
    if (event === 'ADDED') add(`${kind} ${name} added`);
    add(`${kind} ${name} ${phase}`);
    if (kind === 'Pod' && completed === 'true') add(`Pod ${name} completed`);
    for (const [node, text] of Object.entries(nodes ?? {})) add(`Node ${node} ${text.split(' | ')[1] ?? ''}`);
  });
  return atoms;
}

/** States that may be passed through too fast to be written. */
const FLEETING = / (Running|Pending|)$/;

/** Whether two things hang together: a pod with itself and its node, a node with itself, the workflow with itself. */
function related(a: string, b: string): boolean {
  const [, one = '', other = ''] = [a, a.split(' ')[1], b.split(' ')[1]];
  if (one === other) return true;
  const hash = (atom: string) => (atom.startsWith('Node ') ? String(fnv1a32((atom.split(' ')[1] ?? '').replace(/^W/, 'ex'))) : /-(\d+) /.exec(atom)?.[1]);
  return !a.startsWith('Workflow') && !b.startsWith('Workflow') && hash(a) === hash(b);
}

function compare(recorded: ReadonlyMap<string, number>, got: ReadonlyMap<string, number>): string[] {
  const problems: string[] = [];
  for (const atom of recorded.keys()) if (!got.has(atom) && !FLEETING.test(atom)) problems.push(`missing: ${atom}`);
  for (const atom of got.keys()) if (!recorded.has(atom) && !FLEETING.test(atom)) problems.push(`extra: ${atom}`);
  const common = [...recorded].filter(([atom]) => got.has(atom));
  for (const [first, at] of common) {
    for (const [then, later] of common) {
      if (at < later && related(first, then) && (got.get(first) ?? 0) > (got.get(then) ?? 0)) problems.push(`order: ${then} came before ${first}`);
    }
  }
  return problems;
}

async function watch(rig: Rig, namespace: string): Promise<{ events: Seen[]; stop: () => void }> {
  const events: Seen[] = [];
  const control = new AbortController();
  const mask = (text: unknown): string => String(masked(text, namespace));
  rig.cluster.client.watch(WORKFLOWS, { namespace, signal: control.signal }, ({ type, object }) => {
    const status = record(object['status']);
    const nodes: Record<string, string> = {};
    for (const node of Object.values(record(status['nodes'])).map(record)) nodes[mask(node['name'])] = `${String(node['type'])} | ${String(node['phase'])}`;
    events.push({ event: type, kind: 'Workflow', name: mask(object.metadata.name), phase: String(status['phase'] ?? ''), nodes });
  });
  rig.cluster.client.watch(PODS, { namespace, signal: control.signal }, ({ type, object }) => {
    events.push({ event: type, kind: 'Pod', name: mask(object.metadata.name), phase: String(record(object['status'])['phase'] ?? ''), completed: object.metadata.labels?.['workflows.argoproj.io/completed'] ?? '' });
  });
  await sleep(systemClock, 10);
  return { events, stop: () => control.abort() };
}

async function runOne(rig: Rig, name: string, folders: { recordings: string; examples: string }, number: number): Promise<string[]> {
  const recorded = (await readFile(join(folders.recordings, `${name}.jsonl`), 'utf8')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Seen);
  const how: Recipe = await readFile(join(folders.examples, `${name}.json`), 'utf8').then(
    (text) => (JSON.parse(text) as { how: Recipe }).how,
    () => ({ setup: [], submit: 'argo submit -n $NS --name ex $F', drive: [] }),
  );
  const namespace = `t-${number}-ns`;
  const place = { namespace, file: join(folders.examples, `${name}.yaml`), cwd: folders.examples };
  await rig.setUp(how, { ...place, setup: join(folders.examples, 'setup.yaml'), support: folders.examples });
  const { events, stop } = await watch(rig, namespace);
  for (const command of [how.submit, ...how.drive]) {
    const { code, stderr } = await rig.bash(command, place);
    if (code !== 0) return [stderr];
  }
  const began = performance.now();
  while (performance.now() - began < LIMIT_MS) {
    const workflow: Json = record(await rig.cluster.client.get(WORKFLOWS, namespace, 'ex'));
    if (list(record(workflow['status'])['conditions']).map(record).some(({ type }) => type === 'Completed')) break;
    await sleep(systemClock, 100);
  }
  await sleep(systemClock, 500);
  stop();
  return compare(atomsOf(recorded), atomsOf(events));
}

await replayFolder('.jsonl', runOne);
