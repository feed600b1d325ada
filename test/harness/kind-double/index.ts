import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startTestCluster, type TestCluster } from '../test-cluster.ts';

/** What the doubles of `kind` and `docker` do. */
export interface Behaviour {
  docker: 'up' | 'down' | 'denied' | 'hung';
  /** Images that the local Docker has. */
  images: string[];
  /** Milliseconds after each line of `kind create cluster`. */
  stepMs?: number;
  /** Images that a node has from the start. */
  nodeImages?: string[];
  /** False: Docker keeps one platform of each image, and kind’s way of loading wants all. */
  wholeImages?: boolean;
  /** False: Docker is a snap, which can't write where kind reads. */
  saves?: boolean;
  /** The command `docker` is Podman's. */
  podman?: boolean;
  deleteMs?: number;
  loadMs?: number;
  /** The id of a recorded failure of `kind create cluster`. */
  fail?: string;
  /** The stage in which it stays for ever, by how its title begins. */
  hang?: string | undefined;
  ignoreTerm?: boolean;
  /** Bytes that `docker info` tells of. */
  memory?: number;
  root?: string;
  /** The file is not there when `kind create cluster` has ended. */
  noKubeconfig?: boolean;
}

/** A machine with `kind` and `docker` on its PATH that make nothing; the API behind each cluster is an embedded one. */
export interface KindDouble {
  /** For the processes of a lab. */
  environment: Record<string, string | undefined>;
  behave(change: Partial<Behaviour>): Promise<void>;
  /** Containers that there are now. */
  containers(): Promise<{ name: string; cluster: string; state: string; loaded?: string[] }[]>;
  /** Every command that was run, in order. */
  commands(): Promise<string[][]>;
  /** What the last run of it had in its environment that leads kind elsewhere. */
  environmentOf(program: 'kind' | 'docker'): Promise<Record<string, string>>;
  /** Runs one of the doubles, as a person would. */
  run(program: 'kind' | 'docker', ...args: string[]): Promise<void>;
  /** What was written into the node, by its path there. */
  written(path: string): Promise<string>;
  /** What an API server would have noted. */
  audit(entries: object[]): Promise<void>;
  /** The APIs behind clusters, in the order in which they are given out. */
  apis: TestCluster[];
  stop(): Promise<void>;
}

const BIN = join(import.meta.dirname, 'bin');

export async function startKindDouble(options: { apis?: number; behaviour?: Partial<Behaviour>; programs?: ('kind' | 'docker')[]; /** Path of a real `kind`, which then speaks with the double of Docker. */ kind?: string } = {}): Promise<KindDouble> {
  const state = await mkdtemp(join(tmpdir(), 'kind-double-'));
  await mkdir(join(state, 'containers'));
  await mkdir(join(state, 'apis'));
  await mkdir(join(state, 'bin'));
  for (const program of options.programs ?? ['kind', 'docker']) await symlink(program === 'kind' ? (options.kind ?? join(BIN, program)) : join(BIN, program), join(state, 'bin', program));
  // Programs of the machine, without a kind or a docker of its own.
  for (const program of ['sh', 'node', 'dirname', 'readlink']) await symlink(program === 'node' ? process.execPath : await programPath(program), join(state, 'bin', program));
  let behaviour: Behaviour = { docker: 'up', images: [], ...options.behaviour };
  const write = async () => {
    await writeFile(join(state, 'behaviour.json.new'), JSON.stringify(behaviour));
    await rename(join(state, 'behaviour.json.new'), join(state, 'behaviour.json'));
  };
  await write();
  const apis = await Promise.all(Array.from({ length: options.apis ?? 0 }, () => startTestCluster()));
  for (const [i, api] of apis.entries()) await writeFile(join(state, 'apis', `${i}.yaml`), await readFile(api.kubeconfig));
  return {
    environment: { PATH: join(state, 'bin'), KIND_DOUBLE: state, HOME: state },
    async behave(change) {
      behaviour = { ...behaviour, ...change };
      await write();
    },
    async containers() {
      const names = await readdir(join(state, 'containers'));
      return Promise.all(names.filter((name) => !name.endsWith('.new')).map(async (name) => JSON.parse(await readFile(join(state, 'containers', name), 'utf8')) as { name: string; cluster: string; state: string }));
    },
    async commands() {
      const text = await readFile(join(state, 'commands.log'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as string[]);
    },
    environmentOf: async (program) => JSON.parse(await readFile(join(state, `environment-${program}`), 'utf8')) as Record<string, string>,
    async run(program, ...args) {
      await promisify(execFile)(join(BIN, program), args, { env: { ...process.env, KIND_DOUBLE: state } });
    },
    written: (path) => readFile(join(state, path.replaceAll('/', '_')), 'utf8'),
    async audit(entries) {
      await writeFile(join(state, 'audit.log'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { flag: 'a' });
    },
    apis,
    async stop() {
      await Promise.all(apis.map((api) => api.stop()));
      await rm(state, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function programPath(name: string): Promise<string> {
  for (const folder of ['/usr/bin', '/bin']) if (existsSync(join(folder, name))) return join(folder, name);
  throw new Error(`${name} is not in ${dirname('/usr/bin/x')}`);
}
