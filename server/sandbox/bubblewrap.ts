import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Server, Socket } from 'node:net';
import { type Clock, sleep, systemClock } from '../lib/clock.ts';
import { LabError, messageOf } from '../lib/errors.ts';
import { type Bind, ETC_TEMPLATE, PLACE_INIT, placeArgs } from './bubblewrap-args.ts';
import { Cgroups } from './cgroups.ts';
import { buildEtc, loaderBinds } from './etc-template.ts';
import { joinPlace, launch, type Launcher } from './launch.ts';
import { NetworkBridge } from './netns.ts';
import { childrenOf, isAlive, kill, killTree, listeningPorts, membersOf, pidNamespaceOf, processLimitOf, writesBelow } from './proc.ts';
import { runToEnd } from './run.ts';
import { confineProgram, seccompFilter } from './seccomp.ts';
import { seedFile } from './seed.ts';
import type { Place, PlaceCommand, PlaceOptions, Sandbox, SandboxOptions } from './sandbox.ts';
import { unlockProgram } from './unlock.ts';

export const HOME_INSIDE = '/root';
export const TOOLS_INSIDE = '/opt/argo-lab';
/** Stand-ins come first: what the machine has under these names can't work in a place. */
const PATH_INSIDE = `${TOOLS_INSIDE}/bin:${TOOLS_INSIDE}/stand-ins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Where host users of places begin: above people's own, below the ranges of nested containers. */
const FIRST_UID = 20_001;
const UIDS = 30_000;

interface RunFolder {
  folder: string;
  /** A read-only /etc, and what of the host's is shown in it. */
  etc: Bind[];
  /** What a writable /etc begins with, and what in it nobody may replace. */
  placeEtc: Bind[];
  /** The filter of system calls, and the program that puts it on; absent for processors that there is none for. */
  filter?: string;
  program?: string;
  /** The program that unlocks the terminals of containers. */
  unlock?: string;
}

async function writeFilter(folder: string): Promise<{ filter?: string; program?: string; unlock?: string }> {
  const filter = seccompFilter();
  const out: { filter?: string; program?: string; unlock?: string } = {};
  if (filter !== undefined) {
    out.filter = join(folder, 'filter');
    await writeFile(out.filter, filter, { mode: 0o644 });
  }
  for (const [key, name, content] of [['program', 'confine', confineProgram()], ['unlock', 'unlock', unlockProgram()]] as const) {
    if (content === undefined) continue;
    const file = join(folder, name);
    out[key] = file;
    await writeFile(file, content, { mode: 0o755 });
    await chmod(file, 0o755);
  }
  return out;
}

/** Of all sandboxes of this process: a user that two places share would share the bound on its processes. */
let nextUid = FIRST_UID + (process.pid % UIDS);

/** What one learner's programs may use together. */
const LIMITS = { processes: 1024, memoryMiB: 3072 };

/** Something may still be written into a folder while it is removed. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 };

/** Places made with bubblewrap, and what is shared by them: /etc, the folder in /tmp, the host users. */
export class BubblewrapSandbox implements Sandbox {
  readonly isolation = 'bubblewrap';
  readonly notice = undefined;
  readonly root = process.getuid?.() === 0;
  #run: Promise<RunFolder> | undefined;
  #cgroups: Promise<Cgroups | undefined> | undefined;
  #pool: Promise<BubblewrapPlace>[] = [];
  #places = new Set<BubblewrapPlace>();
  #count = 0;
  #closed = false;
  readonly #removing = new Set<Promise<void>>();

  constructor(
    private readonly options: SandboxOptions,
    private readonly clock: Clock = systemClock,
  ) {}

  /** A folder in the temporary folder that every user can walk to; holds the shared /etc and the arguments. */
  runFolder(): Promise<RunFolder> {
    this.#run ??= (async () => {
      void sweepRunFolders();
      const folder = await mkdtemp(join(tmpdir(), `argo-lab-${process.pid}-`));
      await chmod(folder, 0o711);
      await mkdir(join(folder, 'stage'), { mode: 0o755 });
      const shown = await buildEtc(join(folder, 'etc'));
      const template = { source: join(folder, 'etc'), readOnly: true };
      const filter = await writeFilter(folder);
      const loader = await loaderBinds(join(folder, 'loader'), shown);
      return { folder, ...filter, etc: [{ ...template, target: '/etc' }, ...shown, ...loader], placeEtc: [{ ...template, target: ETC_TEMPLATE }, ...shown, ...loader] };
    })();
    return this.#run;
  }

  /** A host user of its own where the lab is root: an own process limit, and no right to anybody else's files. */
  async launcher(): Promise<Launcher> {
    const { folder: runFolder, filter, program, unlock } = await this.runFolder();
    this.#cgroups ??= Cgroups.find(this.clock);
    const limits = this.options.limits ?? LIMITS;
    const groups = (await (await this.#cgroups)?.make(limits)) ?? [];
    const shared = { runFolder, groups, processes: limits.processes, ...(filter === undefined ? {} : { filter }), ...(program === undefined ? {} : { confine: program }), ...(unlock === undefined ? {} : { unlock }) };
    if (!this.root) return { uid: undefined, ...shared };
    const uid = nextUid;
    nextUid = FIRST_UID + ((uid + 1 - FIRST_UID) % UIDS);
    return { uid, ...shared };
  }

  /** Binds that every sandbox needs for programs of ours: the lab's tools, and node where it lies outside /usr. */
  toolBinds(): Bind[] {
    const node = process.execPath.startsWith('/usr/') ? [] : [{ source: process.execPath, target: '/opt/argo-lab-node/node', readOnly: true }];
    return [{ source: this.options.tools, target: TOOLS_INSIDE, readOnly: true }, ...node];
  }

  async open(options: PlaceOptions): Promise<Place> {
    const fresh = (await lstat(options.home).catch(() => undefined)) === undefined;
    const warm = fresh ? this.#pool.shift() : undefined;
    this.#refill();
    if (warm !== undefined) {
      const place = await warm.catch(() => undefined);
      if (place !== undefined) {
        await place.moveHome(options.home);
        return place;
      }
    }
    return this.#make(options.home);
  }

  /** Why bubblewrap can't be used here; undefined when it can. Tries it for real, with the first warm place. */
  async problem(): Promise<string | undefined> {
    if (process.platform !== 'linux') return 'bubblewrap needs Linux';
    try {
      this.#refill(1);
      const place = await (this.#pool[0] ?? this.#make(join(this.options.folder, `probe-${process.pid}`, 'home')));
      const result = await runToEnd(place.probe(), { timeoutMs: 10_000 });
      return result.code === 0 && result.stdout.trim() === '0' ? undefined : `joining a sandbox failed: ${result.stderr.trim()}`;
    } catch (error) {
      return reasonOf(error);
    }
  }

  async warmed(): Promise<void> {
    this.#refill();
    const made = await Promise.allSettled(this.#pool);
    for (const result of made) if (result.status === 'fulfilled') await result.value.prepared();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pool);
    await Promise.all([...this.#places].map((place) => place.stop()));
    await Promise.allSettled(this.#removing);
    await (await this.#cgroups)?.close();
    if (this.#run !== undefined) await rm((await this.#run).folder, REMOVE);
    await rm(this.options.folder, REMOVE);
  }

  #ended(place: BubblewrapPlace, launcher: Launcher): void {
    this.#places.delete(place);
    const removing = this.#removeGroups(launcher).finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }

  async #removeGroups(launcher: Launcher): Promise<void> {
    await (await this.#cgroups)?.remove(launcher.groups ?? []);
  }

  #refill(wanted = this.options.warm ?? 2): void {
    while (!this.#closed && this.#pool.length < Math.min(wanted, this.options.warm ?? 2)) {
      const made = this.#make(join(this.options.folder, `warm-${process.pid}-${++this.#count}`, 'home'), this.options.warmPorts);
      // A failure shows when somebody opens a place: then it is tried again.
      made.catch(() => undefined);
      this.#pool.push(made);
    }
  }

  async #make(home: string, ports: readonly number[] = []): Promise<BubblewrapPlace> {
    if (this.#closed) throw new LabError('internal', 'the lab is stopping');
    const launcher = await this.launcher();
    const used = (await lstat(home).catch(() => undefined)) !== undefined;
    await mkdir(home, { recursive: true, mode: 0o700 });
    if (launcher.uid !== undefined && (await lstat(home)).uid !== launcher.uid) {
      await runToEnd({ file: 'chown', args: ['-RhP', `${launcher.uid}:${launcher.uid}`, home], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' }, cwd: '/' }, { timeoutMs: 60_000 });
    }
    const binds: Bind[] = [{ source: home, target: HOME_INSIDE, readOnly: false }, ...(await this.runFolder()).placeEtc, ...this.toolBinds()];
    const local = (await lstat('/usr/local/bin').catch(() => undefined))?.isDirectory() === true;
    const args = (place: (source: string) => string) => placeArgs({ hostname: 'controlplane', nested: !this.root, local, binds: binds.map((bind) => ({ ...bind, source: place(bind.source) })) });
    const command = await launch(launcher, `place-${process.pid}-${++this.#count}`, binds, args, ['/bin/sh', '-c', PLACE_INIT]);
    const holder = spawn(command.file, command.args, { env: command.env, cwd: command.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const pid = await firstProcess(holder);
    const place = new BubblewrapPlace(home, launcher, holder, pid, await processLimitOf(pid), this.clock, () => this.#ended(place, launcher), used);
    this.#places.add(place);
    for (const port of ports) place.prepare(port);
    return place;
  }
}

/** Waits for the sandbox to be complete; resolves with the host's pid of its first process. */
async function firstProcess(holder: ChildProcess): Promise<number> {
  const { stdout, stderr, pid } = holder;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  let errors = '';
  stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(0, 4000);
  });
  const failed = new Promise<never>((_, reject) => {
    holder.once('error', (error) => reject(error));
    holder.once('close', (code) => reject(new LabError('internal', `the sandbox did not start (exit code ${code}): ${errors.trim()}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([once(stdout, 'data'), failed]);
  stdout.destroy();
  stderr.destroy();
  holder.unref();
  const [first] = await childrenOf(pid ?? 0);
  if (first === undefined) throw new LabError('internal', 'the sandbox ended at once');
  return first;
}

class BubblewrapPlace implements Place {
  readonly isolation = 'bubblewrap';
  readonly homeInside = HOME_INSIDE;
  readonly toolsInside = TOOLS_INSIDE;
  readonly #bridge: NetworkBridge;
  #prepared = new Map<number, Promise<{ server: Server; port: number }>>();
  #stopping: Promise<void> | undefined;
  #used: boolean;

  constructor(
    public home: string,
    private readonly launcher: Launcher,
    private readonly holder: ChildProcess,
    private readonly pid: number,
    /** Of its first process, and so of all. */
    private readonly processes: number | undefined,
    private readonly clock: Clock,
    private readonly onStopped: () => void,
    /** Whether the home was there before: what is in it may be somebody's trap. */
    used: boolean,
  ) {
    this.#used = used;
    this.#bridge = new NetworkBridge(launcher, pid, clock);
  }

  /** A command of our own that leaves no trace. */
  probe(): PlaceCommand {
    return joinPlace(this.launcher, this.pid, ['/bin/sh', '-c', 'id -u'], { cwd: '/', env: { PATH: PATH_INSIDE }, processes: this.processes });
  }

  command(argv: string[], options: { cwd?: string; env?: Record<string, string> } = {}): PlaceCommand {
    this.#used = true;
    const env = { PATH: PATH_INSIDE, HOME: HOME_INSIDE, USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash', LANG: 'C.UTF-8', TERM: 'xterm-256color', ...options.env };
    return joinPlace(this.launcher, this.pid, argv, { cwd: options.cwd ?? HOME_INSIDE, env, processes: this.processes });
  }

  /** Listens ahead of time, so that a session's cluster does not wait for the helper. */
  prepare(port: number): void {
    const listener = this.#bridge.listen(port);
    listener.catch(() => undefined);
    this.#prepared.set(port, listener);
  }

  async prepared(): Promise<void> {
    await Promise.allSettled(this.#prepared.values());
  }

  get networkPid(): number {
    return this.pid;
  }

  listen(port: number, host?: string): Promise<{ server: Server; port: number }> {
    const prepared = host === undefined ? this.#prepared.get(port) : undefined;
    if (prepared !== undefined) this.#prepared.delete(port);
    return prepared ?? this.#bridge.listen(port, host);
  }

  dial(port: number): Promise<Socket> {
    return this.#bridge.dial(port);
  }

  async listening(): Promise<number[]> {
    return (await listeningPorts(this.pid)) ?? [];
  }

  killTree(pid: number, signal: 'SIGHUP' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return killTree(pid, signal);
  }

  async seed(path: string, data: Uint8Array, mode: number): Promise<boolean> {
    if (this.#used) return false;
    await seedFile(this.home, path, data, mode, this.launcher.uid);
    return true;
  }

  /** A bind mount follows the folder, not its name. */
  async moveHome(path: string): Promise<boolean> {
    await mkdir(dirname(path), { recursive: true });
    await rename(this.home, path);
    this.home = path;
    return true;
  }

  async endWriters(): Promise<number> {
    const space = await pidNamespaceOf(this.pid);
    const writers = space === undefined ? [] : (await Promise.all((await membersOf(space)).map(async (pid) => ((await writesBelow(pid, HOME_INSIDE)) ? [pid] : [])))).flat();
    for (const pid of writers) kill(pid, 'SIGKILL');
    return writers.length;
  }

  async endAll(): Promise<number> {
    const space = await pidNamespaceOf(this.pid);
    const ended = new Set<number>();
    // What is about to start others may be faster than one look.
    for (let round = 0; space !== undefined && round < 50; round++) {
      const others = (await membersOf(space)).filter((pid) => pid !== this.pid);
      if (others.length === 0) break;
      for (const pid of others) {
        kill(pid, 'SIGKILL');
        ended.add(pid);
      }
    }
    return ended.size;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#bridge.close();
    for (const listener of this.#prepared.values()) void listener.then(({ server }) => server.close()).catch(() => undefined);
    // The kernel ends a PID namespace only after its network is torn down, which takes a second: so everything in it is
    // ended by hand, the first process too, after which nothing new can start.
    const space = await pidNamespaceOf(this.pid);
    kill(this.pid, 'SIGKILL');
    this.holder.kill('SIGKILL');
    for (let waited = 0; waited < 5000; waited += 5) {
      const others = space === undefined ? [] : (await membersOf(space)).filter((pid) => pid !== this.pid);
      if (others.length === 0) break;
      for (const pid of others) kill(pid, 'SIGKILL');
      await sleep(this.clock, 5);
    }
    this.onStopped();
  }
}

/** Removes what servers left that were killed. */
async function sweepRunFolders(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch((): string[] => [])) {
    const pid = Number(/^argo-lab-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !(await isAlive(pid))) await rm(join(tmpdir(), name), REMOVE).catch(() => undefined);
  }
}

/** Words for a person from what a failed attempt threw. */
function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return /ENOENT|not found/.test(text) ? 'bubblewrap (bwrap), nsenter or setpriv is not installed' : text;
}
