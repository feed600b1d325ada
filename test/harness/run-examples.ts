/**
 * Runs recorded example workflows on an embedded cluster and compares how each ends with the recording: phase, message,
 * node tree, outputs, logs.
 *
 *   npx tsx test/harness/run-examples.ts FOLDER [--support FOLDER] [--jobs N] [--verbose] [NAME…]
 *
 * FOLDER holds `name.yaml` and `name.json` pairs and `setup.yaml`; `--support` is where the recorded set-up commands
 * find their files (default: FOLDER).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { startCluster } from '../../server/cluster/index.ts';
import type { Cluster } from '../../server/cluster/index.ts';
import { sleep, systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { isJsonObject } from '../../server/lib/json.ts';
import { createLog } from '../../server/lib/log.ts';
import { createRuntime } from '../../server/providers/embedded/runtime.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';

const run = promisify(execFile);
const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const LIMIT_MS = 90_000;

interface Recording {
  how: { setup: string[]; submit: string; drive: string[] };
  phase: string;
  message?: string;
  nodes: Record<string, unknown>[];
  logs: Record<string, string>;
  random: boolean;
}

type Json = Record<string, unknown>;
const record = (value: unknown): Json => (isJsonObject(value) ? value : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The workflow is called `ex`; recordings say `W`. */
function masked(value: unknown): unknown {
  const text = JSON.stringify(value ?? null)
    .replace(/\bex(?=[-.[("'\s/\\]|$)/g, 'W')
    .replace(/time=\\"[^"\\]*\\"/g, 'time=\\"<TIME>\\"');
  return JSON.parse(text);
}

function nodesOf(workflow: Json): Json[] {
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
    .map((node) => record(masked(node)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (isJsonObject(value)) return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  return value;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function compare(recording: Recording, workflow: Json): string[] {
  const problems: string[] = [];
  const status = record(workflow['status']);
  if (status['phase'] !== recording.phase) problems.push(`phase ${String(status['phase'])} (${String(status['message'])}), recorded ${recording.phase} (${recording.message ?? ''})`);
  if (recording.random) return problems;
  if (!same(masked(status['message']), recording.message ?? null)) problems.push(`message ${JSON.stringify(masked(status['message']))}, recorded ${JSON.stringify(recording.message)}`);
  const got = nodesOf(workflow);
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
      if (!same(a ?? null, b ?? null)) problems.push(`${String(wanted['name'])}.${key}: ${JSON.stringify(a)}, recorded ${JSON.stringify(b)}`);
    }
  }
  for (const node of got) if (!recording.nodes.some((wanted) => wanted['name'] === node['name'])) problems.push(`extra node ${String(node['name'])} ${String(node['phase'])} ${String(node['message'] ?? '')}`);
  return problems;
}

async function logsOf(cluster: Cluster, namespace: string, recording: Recording): Promise<string[]> {
  const problems: string[] = [];
  const pods = await cluster.client.list({ group: '', version: 'v1', resource: 'pods' }, { namespace });
  for (const pod of pods.items) {
    const node = pod.metadata.annotations?.['workflows.argoproj.io/node-name'];
    const name = node === undefined ? undefined : String(masked(node));
    const wanted = name === undefined ? undefined : recording.logs[name];
    if (name === undefined || wanted === undefined || wanted === '<RANDOM>') continue;
    let text = '';
    for await (const chunk of cluster.client.logs(namespace, pod.metadata.name, { container: 'main' }, new AbortController().signal)) text += Buffer.from(chunk).toString('utf8');
    const clean = (value: string) => String(masked(value)).split('\n').sort().join('\n').trim();
    if (clean(text) !== clean(wanted)) problems.push(`log of ${name}: ${JSON.stringify(masked(text))}, recorded ${JSON.stringify(wanted)}`);
  }
  return problems;
}

async function drive(cluster: Cluster, namespace: string, command: string): Promise<void> {
  const get = () => cluster.client.get(WORKFLOWS, namespace, 'ex');
  const waitFor = /displayName==\\?"([\w-]+)\\?"/.exec(command)?.[1];
  if (command.startsWith('until') && waitFor !== undefined) {
    for (let i = 0; i < 300; i++) {
      const nodes = Object.values(record(record((await get())['status'])['nodes'])).map(record);
      if (nodes.some((node) => node['displayName'] === waitFor && node['phase'] === 'Running')) return;
      await sleep(systemClock, 100);
    }
    throw new Error(`no node ${waitFor} came to run`);
  }
  const change = async (edit: (workflow: Json) => void) => {
    for (let i = 0; i < 20; i++) {
      const workflow = structuredClone(await get());
      edit(workflow);
      try {
        await cluster.client.update(WORKFLOWS, workflow);
        return;
      } catch (error) {
        if (i === 19) throw error;
      }
    }
  };
  if (command.includes('argo stop')) {
    await sleep(systemClock, 2000);
    await cluster.client.patch(WORKFLOWS, namespace, 'ex', { type: 'merge', body: { spec: { shutdown: 'Stop' } } });
  } else if (command.includes('argo node set')) {
    const [, name = '', value = ''] = /--output-parameter (\w+)='?([^']*?)'? --/.exec(command) ?? [];
    const selector = /displayName=([\w-]+)/.exec(command)?.[1];
    await change((workflow) => {
      for (const node of Object.values(record(record(workflow['status'])['nodes'])).map(record)) {
        if (node['displayName'] !== selector) continue;
        for (const parameter of list(record(node['outputs'])['parameters']).map(record)) {
          if (parameter['name'] !== name) continue;
          parameter['value'] = value;
          delete parameter['valueFrom'];
        }
      }
    });
  } else if (command.includes('argo resume')) {
    await change((workflow) => {
      for (const node of Object.values(record(record(workflow['status'])['nodes'])).map(record)) {
        if (node['type'] !== 'Suspend' || node['phase'] !== 'Running') continue;
        node['phase'] = 'Succeeded';
        node['finishedAt'] = new Date().toISOString().replace(/\.\d+/, '');
      }
    });
  }
}

async function runOne(cluster: Cluster, options: { folder: string; support: string; name: string; kubeconfig: string; number: number }): Promise<{ ms: number; problems: string[] }> {
  const { folder, support, name, kubeconfig, number } = options;
  const recording = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as Recording;
  const namespace = `ex-${number}`;
  const env = { ...process.env, KUBECONFIG: kubeconfig, NS: namespace, F: join(folder, `${name}.yaml`) };
  await cluster.client.create({ group: '', version: 'v1', resource: 'namespaces' }, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const setup = (await readFile(join(folder, 'setup.yaml'), 'utf8')).replaceAll('$NS', namespace);
  await writeFile(join(tmpdir(), `${namespace}.yaml`), setup);
  await run('kubectl', ['apply', '-n', namespace, '-f', join(tmpdir(), `${namespace}.yaml`)], { env });
  await rm(join(tmpdir(), `${namespace}.yaml`));
  for (const command of recording.how.setup.slice(2)) await run('bash', ['-c', command], { env, cwd: support });
  const documents = parseAllDocuments(await readFile(join(folder, `${name}.yaml`), 'utf8'), { strict: false });
  const workflow = documents.map((document): unknown => document.toJS()).find((value) => isJsonObject(value) && value['kind'] === 'Workflow');
  const metadata = record(record(workflow)['metadata']);
  const started = performance.now();
  await cluster.client.create(WORKFLOWS, namespace, { ...record(workflow), apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { ...metadata, name: 'ex', namespace } });
  for (const command of recording.how.drive) await drive(cluster, namespace, command);
  let final: Json = {};
  while (performance.now() - started < LIMIT_MS) {
    const found = await cluster.client.find(WORKFLOWS, namespace, 'ex');
    if (found === undefined) break;
    final = found;
    if (record(record(final['metadata'])['labels'])['workflows.argoproj.io/completed'] === 'true') break;
    await sleep(systemClock, 50);
  }
  const ms = performance.now() - started;
  const problems = compare(recording, final);
  if (!recording.random && problems.length === 0) problems.push(...(await logsOf(cluster, namespace, recording)));
  await cluster.client.delete({ group: '', version: 'v1', resource: 'namespaces' }, undefined, namespace).catch(() => undefined);
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
const home = await mkdtemp(join(tmpdir(), 'examples-'));
const sandbox = await createSandbox({ folder: join(home, 'sandbox'), tools: home });
const cluster = await startCluster({ clock: systemClock, ids: systemIds, log: createLog(process.env['LOG_LEVEL'] ?? 'error'), runtime: await createRuntime(sandbox, join(home, 'runtime'), systemClock), folder: join(home, 'data') });
const kubeconfig = join(home, 'kubeconfig');
await writeFile(kubeconfig, cluster.kubeconfig);
const alive = setInterval(() => undefined, 60_000);
let passed = 0;
let number = 0;
const queue = [...chosen];
const worker = async (): Promise<void> => {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    try {
      const { ms, problems } = await runOne(cluster, { folder, support, name, kubeconfig, number: ++number });
      if (problems.length === 0) passed++;
      console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${Math.round(ms)} ms)`);
      for (const problem of problems.slice(0, verbose ? 100 : 4)) console.log(`       ${problem.slice(0, verbose ? 4000 : 300)}`);
    } catch (error) {
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message.slice(0, 600) : String(error)}`);
    }
  }
};
await Promise.all(Array.from({ length: jobs }, worker));
console.log(`${passed} of ${chosen.length} as recorded`);
clearInterval(alive);
await cluster.stop();
await sandbox.close();
await rm(home, { recursive: true, force: true });
process.exit(passed === chosen.length ? 0 : 1);
