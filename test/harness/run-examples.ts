/**
 * Runs recorded example workflows on an embedded cluster and compares how each ends with the recording: phase, message,
 * node tree, outputs, conditions, labels, pods, logs.
 *
 *   npx tsx test/harness/run-examples.ts FOLDER [--support FOLDER] [--jobs N] [--verbose] [NAME…]
 *
 * FOLDER holds `name.yaml` and `name.json` pairs and `setup.yaml`. `--support` is the `examples` folder of Argo
 * Workflows' own source, whose `configmaps/`, `workflow-template/`, … the recorded set-up commands apply (default: FOLDER).
 * The commands are the recorded ones; `argo` is the built one in dist/bin, or the one in $ARGO_BIN.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sleep, systemClock } from '../../server/lib/clock.ts';
import { list, masked, record, same, startRig } from './argo-recordings.ts';
import type { Json, Recipe, Rig } from './argo-recordings.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
const LIMIT_MS = Number(process.env['LIMIT_S'] ?? 300) * 1000;

interface Recording {
  how: Recipe;
  phase: string;
  message?: string;
  progress?: string;
  nodes: Json[];
  conditions: Json[];
  labels: Json;
  annotations: Json;
  artifactRepositoryRef: Json;
  pods: Json[];
  logs: Record<string, string>;
  random: boolean;
}

function nodesOf(workflow: Json, namespace: string): Json[] {
  const nodes = Object.values(record(record(workflow['status'])['nodes'])).map(record);
  const nameOf = (id: unknown) => nodes.find((node) => node['id'] === id)?.['name'] ?? id;
  return nodes
    .map((node): Json => {
      const out: Json = {};
      for (const key of ['id', 'name', 'displayName', 'type', 'phase', 'templateName', 'templateRef', 'templateScope', 'message', 'nodeFlag', 'progress', 'inputs', 'outputs']) if (node[key] !== undefined) out[key] = node[key];
      if (node['boundaryID'] !== undefined) out['boundaryName'] = nameOf(node['boundaryID']);
      out['children'] = list(node['children']).map(nameOf);
      if (node['outboundNodes'] !== undefined) out['outboundNodes'] = list(node['outboundNodes']).map(nameOf);
      return out;
    })
    .map((node) => record(masked(node, namespace)));
}

function compare(recording: Recording, workflow: Json, random: boolean, namespace: string): string[] {
  const problems: string[] = [];
  const status = record(workflow['status']);
  const metadata = record(workflow['metadata']);
  const differs = (what: string, got: unknown, wanted: unknown) => {
    const [a, b] = [masked(got ?? null, namespace), masked(wanted ?? null, namespace)];
    if (!same(a, b)) problems.push(`${what} ${JSON.stringify(a)}, recorded ${JSON.stringify(b)}`);
  };
  if (random) return ['Succeeded', 'Failed'].includes(String(status['phase'])) ? [] : [`phase ${String(status['phase'])}`];
  differs('phase', status['phase'], recording.phase);
  differs('message', status['message'], recording.message);
  differs('progress', status['progress'], recording.progress);
  differs('conditions', status['conditions'], recording.conditions);
  differs('labels', metadata['labels'], recording.labels);
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...annotations } = record(metadata['annotations']);
  differs('annotations', annotations, recording.annotations);
  differs('artifactRepositoryRef', status['artifactRepositoryRef'], recording.artifactRepositoryRef);
  const got = nodesOf(workflow, namespace);
  for (const wanted of recording.nodes) {
    const node = got.find((candidate) => candidate['name'] === wanted['name']);
    if (node === undefined) {
      problems.push(`no node ${String(wanted['name'])} (${String(wanted['type'])})`);
      continue;
    }
    for (const key of new Set([...Object.keys(node), ...Object.keys(wanted)])) {
      if (key === 'podName' || key === 'daemoned' || key === 'podIP' || key === 'memoizationStatus') continue;
      const setLike = key === 'children' || key === 'outboundNodes';
      const [a, b] = setLike ? [list(node[key]).map(String).sort(), list(wanted[key]).map(String).sort()] : [node[key], wanted[key]];
      differs(`${String(wanted['name'])}.${key}:`, a, b);
    }
  }
  for (const node of got) if (!recording.nodes.some((wanted) => wanted['name'] === node['name'])) problems.push(`extra node ${String(node['name'])} ${String(node['phase'])} ${String(node['message'] ?? '')}`);
  return problems;
}

/** A pod as recordings have it: how its containers ended. */
function podOf(pod: Json): Json {
  const status = record(pod['status']);
  const metadata = record(pod['metadata']);
  const containers = [...list(status['initContainerStatuses']), ...list(status['containerStatuses'])].map(record).map((container) => {
    const terminated = record(record(container['state'])['terminated']);
    return `${String(container['name'])}:${String(terminated['reason'])}/${String(terminated['exitCode'])}`;
  });
  return { name: metadata['name'], node: record(metadata['annotations'])['workflows.argoproj.io/node-name'], phase: status['phase'], completedLabel: record(metadata['labels'])['workflows.argoproj.io/completed'], containers };
}

async function podsOf(rig: Rig, namespace: string, recording: Recording): Promise<string[]> {
  const problems: string[] = [];
  for (let tries = 0; ; tries++) {
    const pods = (await rig.cluster.client.list(PODS, { namespace })).items.filter(({ metadata }) => metadata.labels?.['workflows.argoproj.io/workflow'] === 'ex');
    problems.length = 0;
    // Pods of the agent and of artifact collection come and go by themselves: when they were seen is chance.
    const got = pods.filter(({ metadata }) => metadata.annotations?.['workflows.argoproj.io/node-name'] !== undefined).map((pod) => record(masked(podOf(record(pod)), namespace)));
    const order = (a: Json, b: Json) => (String(a['name']) < String(b['name']) ? -1 : 1);
    const wanted = recording.pods.filter((pod) => String(pod['node'] ?? '').startsWith('W')).map((pod) => record(masked(pod, namespace)));
    if (!same([...got].sort(order), [...wanted].sort(order))) problems.push(`pods ${JSON.stringify(got)}, recorded ${JSON.stringify(wanted)}`);
    // Labels are set and pods are removed a moment after the end.
    if (problems.length === 0 || tries === 20) return problems;
    await sleep(systemClock, 300);
  }
}

async function logsOf(rig: Rig, namespace: string, recording: Recording): Promise<string[]> {
  const problems: string[] = [];
  const pods = await rig.cluster.client.list(PODS, { namespace });
  for (const pod of pods.items) {
    const node = pod.metadata.annotations?.['workflows.argoproj.io/node-name'];
    const name = node === undefined ? undefined : String(masked(node, namespace));
    const wanted = name === undefined ? undefined : recording.logs[name];
    if (name === undefined || wanted === undefined || wanted === '<RANDOM>') continue;
    let text = '';
    for await (const chunk of rig.cluster.client.logs(namespace, pod.metadata.name, { container: 'main' }, new AbortController().signal)) text += Buffer.from(chunk).toString('utf8');
    // How often something was looked at until it came is chance; so is where a long recording was cut.
    const clean = (value: string) => [...new Set(String(masked(value, namespace)).split('\n'))].sort();
    const cut = /…\(\d+ characters\)$/.test(wanted);
    const kept = clean(wanted).filter((line) => !/…\(\d+ characters\)$/.test(line));
    if (cut ? !kept.every((line) => clean(text).includes(line)) : JSON.stringify(clean(text)) !== JSON.stringify(kept)) problems.push(`log of ${name}: ${JSON.stringify(masked(text, namespace))}, recorded ${JSON.stringify(wanted)}`);
  }
  return problems;
}

async function runOne(rig: Rig, options: { folder: string; support: string; name: string; number: number }): Promise<{ ms: number; problems: string[] }> {
  const { folder, support, name, number } = options;
  const recording = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Recording;
  const namespace = `c-${number}-ns`;
  const place = { namespace, file: join(folder, `${name}.yaml`), cwd: support };
  // A coin that the workflow flips itself may fall differently.
  const random = recording.random || /random\.(choice|randint)/.test(await readFile(place.file, 'utf8'));
  await rig.setUp(recording.how, { ...place, setup: join(folder, 'setup.yaml'), support });
  const started = performance.now();
  const { code, stderr } = await rig.bash(recording.how.submit, place);
  const problems: string[] = [];
  if (code !== 0) problems.push(`submit: ${stderr}`);
  for (const command of recording.how.drive) {
    const driven = await rig.bash(command, place);
    if (driven.code !== 0) problems.push(`${command}: ${driven.stderr}`);
  }
  let final: Json = {};
  while (performance.now() - started < LIMIT_MS) {
    const found = await rig.cluster.client.find(WORKFLOWS, namespace, 'ex');
    if (found === undefined) break;
    final = record(found);
    if (record(record(final['metadata'])['labels'])['workflows.argoproj.io/completed'] === 'true') break;
    await sleep(systemClock, 50);
  }
  const ms = performance.now() - started;
  problems.push(...compare(recording, final, random, namespace));
  if (!random && problems.length === 0) problems.push(...(await podsOf(rig, namespace, recording)), ...(await logsOf(rig, namespace, recording)));
  await rig.cluster.client.delete({ group: '', version: 'v1', resource: 'namespaces' }, undefined, namespace).catch(() => undefined);
  return { ms, problems };
}

const args = process.argv.slice(2);
const option = (name: string, fallback: string): string => {
  const at = args.indexOf(name);
  return at < 0 ? fallback : (args.splice(at, 2)[1] ?? fallback);
};
const folderArgument = args.shift() ?? '.';
const folder = resolve(folderArgument);
const support = resolve(option('--support', folderArgument));
const jobs = Number(option('--jobs', '2'));
const verbose = args.includes('--verbose');
const names = args.filter((name) => !name.startsWith('--'));
const all = (await readdir(folder)).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5));
const chosen = names.length > 0 ? all.filter((name) => names.includes(name)) : all;
const rig = await startRig();
let passed = 0;
let number = 0;
const queue = [...chosen];
const worker = async (): Promise<void> => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    try {
      const { ms, problems } = await runOne(rig, { folder, support, name, number: ++number });
      if (problems.length === 0) passed++;
      console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${Math.round(ms)} ms)`);
      for (const problem of problems.slice(0, verbose ? 100 : 4)) console.log(`       ${problem.slice(0, verbose ? 6000 : 500)}`);
    } catch (error) {
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    }
  }
};
await Promise.all(Array.from({ length: jobs }, worker));
console.log(`${passed} of ${chosen.length} as recorded`);
await rig.stop();
process.exit(passed === chosen.length ? 0 : 1);
