import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { startCluster } from '../../server/cluster/index.ts';
import type { Cluster } from '../../server/cluster/index.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { isJsonObject } from '../../server/lib/json.ts';
import { createLog } from '../../server/lib/log.ts';
import { createRuntime } from '../../server/providers/embedded/runtime.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

export type Json = Record<string, unknown>;
export const record = (value: unknown): Json => (isJsonObject(value) ? value : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** How a recording was made: commands for bash, with `$NS`, `$F` and `argo` on the PATH. */
export interface Recipe {
  setup: string[];
  submit: string;
  drive: string[];
}

export interface Rig {
  cluster: Cluster;
  /** Runs a command as the recording did. */
  bash(command: string, options: { namespace: string; file: string; cwd: string }): Promise<{ code: number; stdout: string; stderr: string }>;
  /** A namespace of its own with everything that the recipe sets up. */
  setUp(recipe: Recipe, options: { namespace: string; file: string; setup: string; support: string }): Promise<void>;
  stop(): Promise<void>;
}

/** An embedded cluster with a kubeconfig and the built `argo` command. */
export async function startRig(): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'examples-'));
  const sandbox = await createSandbox({ folder: join(home, 'sandbox'), tools: home });
  const cluster = await startCluster({ clock: systemClock, ids: systemIds, log: createLog(process.env['LOG_LEVEL'] ?? 'error'), runtime: await createRuntime(sandbox, join(home, 'runtime'), systemClock), folder: join(home, 'data') });
  const kubeconfig = join(home, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig);
  const alive = setInterval(() => undefined, 60_000);
  const bin = process.env['ARGO_BIN'] ?? join(root, 'dist', 'bin');
  const bash: Rig['bash'] = async (command, { namespace, file, cwd }) => {
    const env = { ...process.env, KUBECONFIG: kubeconfig, NS: namespace, F: file, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    try {
      const { stdout, stderr } = await run('bash', ['-c', command], { env, cwd, maxBuffer: 1 << 26 });
      return { code: 0, stdout, stderr };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || !('stderr' in error) || !('stdout' in error)) throw error;
      return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) };
    }
  };
  return {
    cluster,
    bash,
    async setUp(recipe, { namespace, file, setup, support }) {
      await cluster.client.create({ group: '', version: 'v1', resource: 'namespaces' }, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      const path = join(home, `${namespace}.yaml`);
      await writeFile(path, (await readFile(setup, 'utf8')).replaceAll('$NS', namespace));
      const commands = [`kubectl apply -n $NS -f ${path}`, ...recipe.setup.slice(2)];
      for (const command of commands) {
        const { code, stderr } = await bash(command, { namespace, file, cwd: support });
        if (code !== 0) throw new Error(`${command}: ${stderr}`);
      }
    },
    async stop() {
      clearInterval(alive);
      await cluster.stop();
      await sandbox.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]{5}';

/** What differs from run to run: the workflow is called `ex` here and `W` in recordings, the namespace NS. */
export function masked(value: unknown, namespace: string): unknown {
  const text = JSON.stringify(value ?? null)
    .replaceAll(namespace, 'NS')
    .replace(/\bex(?=[-.[("'\s/\\]|$)/g, 'W')
    .replace(/time=\\"[^"\\]*\\"/g, 'time=\\"<TIME>\\"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g, '<TIME>')
    .replace(/[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}/g, '<TIME>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<UID>')
    .replace(/GoVersion:go[\d.]+/g, 'GoVersion:<GO>')
    .replace(new RegExp(`-${GENERATED}\\b`, 'g'), '-<RAND>')
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<IP>')
    .replace(/(resourceVersion\\*"?: ?\\*")\d+/g, '$1<RV>');
  return JSON.parse(text);
}

export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (isJsonObject(value)) return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
  return value;
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/**
 * Replays the recordings of a folder one after the other, or those that are named, says what differs, and ends the
 * process: 0 when nothing does. Arguments: `FOLDER EXAMPLES [--support FOLDER] [--verbose] [NAME…]`.
 */
export async function replayFolder(suffix: string, one: (rig: Rig, name: string, folders: { recordings: string; examples: string; support: string }, number: number) => Promise<string[]>): Promise<never> {
  const [recordings = '', examples = '', ...rest] = process.argv.slice(2);
  const at = rest.indexOf('--support');
  const support = at < 0 ? examples : (rest.splice(at, 2)[1] ?? examples);
  const folders = { recordings: resolve(recordings), examples: resolve(examples), support: resolve(support) };
  const names = rest.filter((word) => !word.startsWith('--'));
  const all = (await readdir(folders.recordings)).filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length));
  const chosen = names.length === 0 ? all : all.filter((name) => names.includes(name));
  const rig = await startRig();
  let passed = 0;
  for (const [i, name] of chosen.entries()) {
    const problems = await one(rig, name, folders, i + 1).catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
    if (problems.length === 0) passed++;
    console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
    for (const problem of problems.slice(0, rest.includes('--verbose') ? 500 : 12)) console.log(`       ${problem}`);
  }
  console.log(`${passed} of ${chosen.length} as recorded`);
  await rig.stop();
  process.exit(passed === chosen.length && passed > 0 ? 0 : 1);
}
