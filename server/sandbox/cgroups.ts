import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../lib/clock.ts';
import { isAlive } from './proc.ts';

/** What the processes of one place may use together. */
export interface GroupLimits {
  processes: number;
  memoryMiB: number;
}

const ROOT = '/sys/fs/cgroup';
const MIB = 1024 * 1024;
/** Relative to others that want the processor: 100 is what everything begins with. */
const WEIGHT = 50;

/** Control groups where the lab may make some: version 2, else version 1. */
export type Hierarchy = { version: 2; root: string } | { version: 1; roots: { pids: string; memory: string; cpu: string | undefined } };

/** What this machine lets the lab do; undefined where it may make no groups, or none that limit anything. */
export async function findHierarchy(root = ROOT): Promise<Hierarchy | undefined> {
  const controllers = (await readFile(join(root, 'cgroup.controllers'), 'utf8').catch(() => '')).split(/\s+/);
  if (controllers.includes('pids') && controllers.includes('memory')) {
    const own = await ownGroup(root);
    const base = join(own, `argo-lab-${process.pid}`);
    if (!(await made(base))) return undefined;
    // A group that holds processes can't hand controllers on: only where the lab's own group does already, or at the top.
    await writeFile(join(own, 'cgroup.subtree_control'), '+pids +memory +cpu').catch(() => undefined);
    await writeFile(join(base, 'cgroup.subtree_control'), '+pids +memory +cpu').catch(() => undefined);
    const given = (await readFile(join(base, 'cgroup.subtree_control'), 'utf8').catch(() => '')).split(/\s+/);
    if (given.includes('pids') && given.includes('memory')) return { version: 2, root: base };
    await rmdir(base).catch(() => undefined);
    return undefined;
  }
  const roots = { pids: join(root, 'pids', `argo-lab-${process.pid}`), memory: join(root, 'memory', `argo-lab-${process.pid}`), cpu: join(root, 'cpu', `argo-lab-${process.pid}`) };
  if (!(await made(roots.pids))) return undefined;
  if (!(await made(roots.memory))) {
    await rmdir(roots.pids).catch(() => undefined);
    return undefined;
  }
  return { version: 1, roots: { ...roots, cpu: (await made(roots.cpu)) ? roots.cpu : undefined } };
}

/** The folder of the group that this process is in, under version 2; the top where that can't be told. */
async function ownGroup(root: string): Promise<string> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const path = /^0::(\/.*)$/m.exec(text)?.[1];
  return path === undefined || path.includes('..') ? root : join(root, path);
}

/** Of all sandboxes of this process: their groups lie side by side. */
let groups = 0;

/** The groups of one server, one a place. */
export class Cgroups {
  readonly #made = new Set<string>();

  private constructor(
    private readonly hierarchy: Hierarchy,
    private readonly clock: Clock,
  ) {}

  /** Undefined where this machine lets the lab make none. Removes what servers left that were killed. */
  static async find(clock: Clock, root = ROOT): Promise<Cgroups | undefined> {
    await sweep(root);
    const hierarchy = await findHierarchy(root);
    return hierarchy === undefined ? undefined : new Cgroups(hierarchy, clock);
  }

  /** A fresh group; a process joins it by writing its pid into `cgroup.procs` of each of these folders. None where it could not be made. */
  async make(limits: GroupLimits): Promise<string[]> {
    const name = `place-${++groups}`;
    const bytes = String(limits.memoryMiB * MIB);
    if (this.hierarchy.version === 2) {
      const folder = join(this.hierarchy.root, name);
      if (!(await made(folder))) return [];
      await set(folder, { 'pids.max': String(limits.processes), 'memory.max': bytes, 'memory.swap.max': '0', 'cpu.weight': String(WEIGHT) });
      this.#made.add(folder);
      return [folder];
    }
    const { pids, memory, cpu } = this.hierarchy.roots;
    const folders: string[] = [];
    for (const [root, values] of [
      [pids, { 'pids.max': String(limits.processes) }],
      [memory, { 'memory.limit_in_bytes': bytes, 'memory.memsw.limit_in_bytes': bytes }],
      [cpu, { 'cpu.shares': String(Math.round((1024 * WEIGHT) / 100)) }],
    ] as const) {
      if (root === undefined) continue;
      const folder = join(root, name);
      if (!(await made(folder))) continue;
      await set(folder, values);
      this.#made.add(folder);
      folders.push(folder);
    }
    return folders;
  }

  /** Removes a group whose processes have ended; the kernel may need a moment to notice. */
  async remove(folders: readonly string[]): Promise<void> {
    for (const folder of folders) {
      this.#made.delete(folder);
      for (let waited = 0; waited < 3000; waited += 50) {
        const gone = await rmdir(folder).then(() => true, (error: unknown) => typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT');
        if (gone) break;
        await sleep(this.clock, 50);
      }
    }
  }

  async close(): Promise<void> {
    const roots = this.hierarchy.version === 2 ? [this.hierarchy.root] : Object.values(this.hierarchy.roots).filter((root) => root !== undefined);
    await this.remove([...this.#made]);
    // Another sandbox of this process may still use it.
    for (const root of roots) await rmdir(root).catch(() => undefined);
  }
}

async function made(folder: string): Promise<boolean> {
  return mkdir(folder, { recursive: false }).then(() => true, (error: unknown) => typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST');
}

async function set(folder: string, values: Readonly<Record<string, string>>): Promise<void> {
  // Some kernels lack some of them, such as the accounting of swap.
  for (const [file, value] of Object.entries(values)) await writeFile(join(folder, file), value).catch(() => undefined);
}

async function sweep(root: string): Promise<void> {
  for (const parent of [root, join(root, 'pids'), join(root, 'memory'), join(root, 'cpu')]) {
    for (const name of await readdir(parent).catch((): string[] => [])) {
      const pid = Number(/^argo-lab-(\d+)$/.exec(name)?.[1]);
      if (!(pid > 0) || (await isAlive(pid))) continue;
      for (const child of await readdir(join(parent, name), { withFileTypes: true }).catch(() => [])) if (child.isDirectory()) await rmdir(join(parent, name, child.name)).catch(() => undefined);
      await rmdir(join(parent, name)).catch(() => undefined);
    }
  }
}
