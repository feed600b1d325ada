import { chown, type FileHandle, lchown, mkdir, rm, stat } from 'node:fs/promises';
import { basename, join, posix, relative } from 'node:path';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { ContainerProcess, ProcessRuntime, ProcessSpec } from '../../cluster/vocabulary.ts';
import { type Clock, sleep, systemClock } from '../../lib/clock.ts';
import { openInside, pathOfHandle } from '../../lib/inside-file.ts';
import { Pipes } from '../../lib/pipes.ts';
import { Spawner } from '../../lib/spawner.ts';
import { type Bind, containerArgs } from '../../sandbox/bubblewrap-args.ts';
import { CAPABILITIES_FD, CAPABILITIES_NAME, capabilitiesFile, grantedCapabilities } from '../../sandbox/capabilities.ts';
import { joinContainer, launch, type Launcher } from '../../sandbox/launch.ts';
import { NetworkBridge } from '../../sandbox/netns.ts';
import { Router } from '../../sandbox/router.ts';
import { childrenOf, isAlive, kill, membersOf, pidNamespaceOf, processLimitOf, programOf } from '../../sandbox/proc.ts';
import type { PlaceCommand } from '../../sandbox/sandbox.ts';
import { spawnPty } from '../../terminal/pty.ts';
import type { InnerPty } from '../../terminal/inner-pty.ts';
import { firstOnTerminal, joiningOnTerminal, type Started, startSilent, terminalIn, terminalName } from './container-terminal.ts';
import { inNetwork, PodNetworks } from './pod-networks.ts';
import { buildHostCommands, HOST_COMMANDS, type HostCommands } from './host-commands.ts';
import { type Busybox, buildBusybox, closeLayer, findCommand, inHostBase, prepareLayer } from './container-root.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What is built once by where it lies: the clusters of one lab share it, and none may build it while another uses it. */
function once<T>(build: (folder: string) => Promise<T>): (folder: string) => Promise<T> {
  const built = new Map<string, Promise<T>>();
  return (folder) => {
    const known = built.get(folder);
    if (known !== undefined) return known;
    const building = build(folder);
    built.set(folder, building);
    building.catch(() => built.delete(folder));
    return building;
  };
}

const sharedBusybox = once(buildBusybox);
/** The commands of the host's that any image of the catalogue has beyond busybox, or can add. */
const sharedCommands = once((folder) => buildHostCommands(folder, ['curl', 'jq']));

/** One for all clusters of this process; it ends by itself when nothing that it started runs any more. */
const spawner = new Spawner(systemClock);

export interface BubblewrapRuntime extends ProcessRuntime {
  /** Joins the network of a process to that of the pods, where there is one. */
  attach(address: string, pid: number): Promise<void>;
  close(): Promise<void>;
}

/** Each container in a sandbox of its own: own processes, mounts and users; a network a pod, joined by a router once somebody asked for that. */
export function createBubblewrapRuntime(launcher: Launcher, etc: readonly Bind[], clock: Clock): BubblewrapRuntime {
  const busyboxes = sharedBusybox(join(launcher.runFolder, 'busybox', 'bin'));
  const networks = new PodNetworks(launcher);
  const pipes = new Pipes(join(launcher.runFolder, 'pipes'), spawner);
  let router: Promise<Router | undefined> | undefined;
  const network = () => (router ??= Router.start(launcher, clock));
  return {
    isolation: 'bubblewrap',
    network,
    async attach(address, pid) {
      await (await network())?.attach(address, pid);
    },
    async close() {
      (await router)?.close();
    },
    async start(spec) {
      const busybox = spec.root.base === 'busybox' ? await busyboxes : undefined;
      const commands = busybox === undefined || spec.root.hostCommands === undefined ? undefined : await sharedCommands(join(launcher.runFolder, 'busybox', 'host'));
      return startContainer(spec, { launcher, etc, clock, busybox, commands, networks, pipes, router: await router });
    },
  };
}

interface Host {
  launcher: Launcher;
  etc: readonly Bind[];
  clock: Clock;
  busybox: Busybox | undefined;
  commands: HostCommands | undefined;
  networks: PodNetworks;
  pipes: Pipes;
  router: Router | undefined;
}

/** What starts the commands that an image has from the beginning. */
function scriptsOf(commands: HostCommands | undefined, names: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(commands?.scripts ?? {}).filter(([path]) => names?.includes(basename(path)) ?? false));
}

async function startContainer(spec: ProcessSpec, host: Host): Promise<ContainerProcess> {
  const { launcher, busybox, commands, clock, pipes } = host;
  mayBeMounted(spec.mounts);
  const named = spec.user === undefined ? {} : { user: spec.user };
  const env = { PATH: DEFAULT_PATH, HOME: '/root', HOSTNAME: spec.hostname, ...(spec.tty ? { TERM: 'xterm' } : {}), ...spec.env };
  const cwd = spec.cwd === '' ? '/' : spec.cwd;
  // A mount inside another one has to come after it.
  // A source that the pod's processes could redirect is opened once: what was looked at is what is mounted.
  const { mounts: opened, release } = await openSources(spec.mounts);
  const mounts: Bind[] = opened.sort((a, b) => a.target.length - b.target.length);
  const covered = (path: string) => (busybox === undefined && inHostBase(path)) || mounts.some(({ target }) => path === target || path.startsWith(`${target}/`));
  await mkdir(spec.layer, { recursive: true });
  prepareLayer(spec.layer, { hostname: spec.hostname, cwd, files: { ...spec.root.files, ...scriptsOf(commands, spec.root.hostCommands) }, busybox: busybox !== undefined, uid: launcher.uid, skip: covered });
  for (const mount of mounts) if (!mount.readOnly) await giveTo(launcher.uid, mount.source);
  const lookup = { layer: spec.layer, busybox, mounts, path: env.PATH, cwd };
  const mustExist = async (command: string) => {
    const path = await findCommand(command, lookup);
    if (path === undefined) throw Object.assign(new Error(`exec: "${command}": executable file not found in $PATH`), { code: 'ENOENT' });
    return path;
  };
  const found = await mustExist(spec.argv[0] ?? '').catch(async (error: unknown) => {
    await release();
    throw error;
  });

  const layer: Bind = { source: spec.layer, target: '/', readOnly: false };
  const base: Bind[] = busybox === undefined ? host.etc.filter((bind) => bind.target !== '/etc') : [{ source: busybox.folder, target: '/bin', readOnly: true }, ...(commands === undefined ? [] : [{ source: commands.folder, target: HOST_COMMANDS, readOnly: true }])];
  const all = [layer, ...base, ...mounts];
  // What is in an image is root's. Without root rights the folders could not be removed afterwards.
  if ((spec.user?.uid ?? 0) !== 0 && launcher.uid !== undefined) await closeLayer(spec.layer, [...base, ...mounts], busybox === undefined);
  const shared = host.networks.use(spec.pod);
  const routed = spec.address === undefined ? undefined : host.router;
  const capabilities = grantedCapabilities(spec.capabilities ?? [], routed !== undefined);
  const kept = await capabilitiesFile(launcher.runFolder, capabilities);
  const args = (place: (source: string) => string) => {
    const put = (bind: Bind) => ({ ...bind, source: place(bind.source) });
    return containerArgs({ hostname: spec.hostname, nested: launcher.uid === undefined, ownNetwork: shared === undefined && routed === undefined, layer: place(spec.layer), base: base.map(put), hostBase: busybox === undefined, binds: mounts.map(put), env, cwd, ...named, ...(spec.readOnlyRoot === true ? { readOnlyRoot: true } : {}), session: ownTerminal, ...(kept === undefined ? {} : { capabilities }) });
  };
  const ownTerminal = spec.tty && launcher.unlock !== undefined;
  const name = `c-${spec.id.slice(0, 40)}-${clock.now()}`;
  const argv = ownTerminal ? firstOnTerminal(spec.argv) : spec.argv;
  const program = ownTerminal ? '/bin/sh' : found;
  const launched = await launch(launcher, name, all, args, kept === undefined ? argv : [`/proc/self/fd/${CAPABILITIES_FD}`, program, ...argv], kept);
  const command = shared !== undefined ? inNetwork(shared, launched) : routed === undefined || spec.address === undefined ? launched : routed.join(spec.address, launched);
  const running = ownTerminal ? beginOnTerminal(command, spec.stdin, host) : run(command, spec, pipes, clock);
  const outer = await running.catch(async (error: unknown) => {
    await Promise.all([release(), host.networks.giveBack(shared)]);
    throw error;
  });
  const first = await firstInside(outer.pid, clock);
  void rm(join(launcher.runFolder, `${name}.args`), { force: true });
  const network = shared ?? (first === undefined ? undefined : await host.networks.keep(spec.pod, first));
  const bridge = first === undefined ? undefined : new NetworkBridge(launcher, first, clock);
  const end = async () => {
    // The outer process is gone as soon as the command has ended: what it left behind goes with it.
    if (first !== undefined) await endAll(first, clock);
    bridge?.close();
    await Promise.all([release(), host.networks.giveBack(network)]);
  };
  const exited = outer.exited.then(async (exit) => {
    await end();
    return exit;
  });
  return {
    pid: outer.pid,
    stdin: outer.stdin,
    stdout: outer.stdout,
    stderr: outer.stderr,
    resize: outer.resize,
    exited,
    signal(signal) {
      if (first === undefined) kill(outer.pid, signal);
      else if (signal === 'SIGKILL') kill(first, 'SIGKILL');
      // Like in every container, what the first process has no handler for does not reach it.
      else void begun(first, clock).then(() => kill(first, signal));
    },
    async exec(inside) {
      await mustExist(inside.argv[0] ?? '');
      if (first === undefined || !(await isAlive(first))) throw Object.assign(new Error('the container is not running'), { code: 'ESRCH' });
      await begun(first, clock);
      const terminal = inside.tty && launcher.unlock !== undefined ? await terminalIn(first, launcher, clock) : undefined;
      const argv = terminal === undefined ? inside.argv : joiningOnTerminal(terminal.index, inside.argv);
      const joined = joinContainer(launcher, first, argv, { cwd, env: { ...env, ...(inside.tty ? { TERM: 'xterm' } : {}) }, processes: await processLimitOf(first), ...named, helpers: busybox === undefined, ...(kept === undefined ? {} : { capabilities: kept }) });
      const running = await (terminal === undefined ? run(joined, inside, pipes, clock) : joinOnTerminal(joined, terminal, inside.stdin));
      const refuse = () => Promise.reject(new Error('a process of exec has no processes of its own'));
      return { ...running, signal: (signal) => void childrenOf(running.pid).then((pids) => pids.forEach((pid) => kill(pid, signal))), exec: refuse, dial: (port) => bridge?.dial(port) ?? refuse() };
    },
    listen: async (port) => {
      if (bridge === undefined) throw new Error('the container is not running');
      return (await bridge.listen(port, '0.0.0.0')).server;
    },
    dial: (port) => bridge?.dial(port) ?? Promise.reject(Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' })),
  };
}

/** The first process inside is the command itself, which takes bwrap's place once everything is mounted. */
async function begun(first: number, clock: Clock): Promise<void> {
  for (let waited = 0; waited < 3000; waited += 2) {
    const program = await programOf(first);
    if (program === undefined || (basename(program) !== 'bwrap' && !basename(program).startsWith(CAPABILITIES_NAME))) return;
    await sleep(clock, 2);
  }
}

interface Running {
  pid: number;
  stdin: Writable | undefined;
  stdout: Readable;
  stderr: Readable | undefined;
  resize(columns: number, rows: number): void;
  exited: Promise<{ code: number; signal?: string }>;
}

async function run(command: PlaceCommand, io: { tty: boolean; stdin: boolean }, pipes: Pipes, clock: Clock): Promise<Running> {
  if (io.tty) return runOnTerminal(command, io.stdin, clock);
  const { pid, exited: ended, stdin, stdout, stderr } = await pipes.spawn(command.file, command.args, { env: command.env, cwd: command.cwd, stdin: io.stdin });
  const exited = ended.then(({ code, signal }) => (signal === null ? { code: code ?? 0 } : { code: 128 + (signal === 'SIGKILL' ? 9 : 15), signal }));
  return { pid, stdin, stdout, stderr, resize() {}, exited };
}

/** The first process of a container, on the first terminal of its own: it waits until there is one. */
async function beginOnTerminal(command: PlaceCommand, hasInput: boolean, { launcher, clock }: Host): Promise<Running> {
  const started = await startSilent(command);
  const first = await firstInside(started.pid, clock);
  const output = new PassThrough();
  // It ended before it could wait for anything.
  const terminal = first === undefined ? undefined : await begun(first, clock).then(() => terminalIn(first, launcher, clock)).catch((error: unknown) => {
    kill(first, 'SIGKILL');
    throw error;
  });
  if (terminal === undefined) output.end();
  else started.tell(terminalName(terminal.index));
  return onTerminal(started, terminal, output, hasInput);
}

async function joinOnTerminal(command: PlaceCommand, terminal: InnerPty, hasInput: boolean): Promise<Running> {
  const started = await startSilent(command).catch(async (error: unknown) => {
    await terminal.finish();
    throw error;
  });
  return onTerminal(started, terminal, terminal.output, hasInput);
}

function onTerminal({ pid, exited }: Pick<Started, 'pid' | 'exited'>, terminal: InnerPty | undefined, nothing: Readable, hasInput: boolean): Running {
  const ended = exited.then(async (exit) => {
    await terminal?.finish();
    return exit;
  });
  return { pid, stdin: hasInput ? terminal?.input : undefined, stdout: terminal?.output ?? nothing, stderr: undefined, resize: (columns, rows) => terminal?.resize(Math.max(1, columns), Math.max(1, rows)), exited: ended };
}

/** Where the processor is one that no program unlocks terminals for: a terminal of the host's. */
async function runOnTerminal(command: PlaceCommand, hasInput: boolean, clock: Clock): Promise<Running> {
  const stdout = new PassThrough();
  let finish: (exit: { code: number; signal?: string }) => void = () => {};
  const exited = new Promise<{ code: number; signal?: string }>((resolve) => {
    finish = resolve;
  });
  const pty = await spawnPty(
    { ...command, env: { ...command.env, TERM: command.env['TERM'] ?? 'xterm' } },
    { columns: 80, rows: 24 },
    {
      onData(bytes) {
        if (!stdout.write(bytes)) pty.pause();
      },
      onExit(exit) {
        stdout.end();
        finish(exit);
      },
    },
    clock,
  );
  stdout.on('drain', () => pty.resume());
  const stdin = new PassThrough();
  stdin.on('data', (bytes: Buffer) => pty.write(bytes));
  return { pid: pty.pid, stdin: hasInput ? stdin : undefined, stdout, stderr: undefined, resize: (columns, rows) => pty.resize(Math.max(1, columns), Math.max(1, rows)), exited };
}

/** The host's pid of the sandbox's first process; undefined when it ended before anybody could look. */
async function firstInside(outer: number, clock: Clock): Promise<number | undefined> {
  const own = await pidNamespaceOf(process.pid);
  for (let waited = 0; waited < 3000; waited += 2) {
    for (const child of await childrenOf(outer)) {
      const space = await pidNamespaceOf(child);
      if (space !== undefined && space !== own) return child;
    }
    if (!(await isAlive(outer))) return undefined;
    await sleep(clock, 2);
  }
  return undefined;
}

async function endAll(first: number, clock: Clock): Promise<void> {
  const space = await pidNamespaceOf(first);
  if (space === undefined) return;
  kill(first, 'SIGKILL');
  for (let waited = 0; waited < 2000; waited += 5) {
    const others = (await membersOf(space)).filter((pid) => pid !== first);
    if (others.length === 0) return;
    for (const pid of others) kill(pid, 'SIGKILL');
    await sleep(clock, 5);
  }
}

/** Mounts whose sources can't be redirected any more; `release` when the container has ended. */
async function openSources(mounts: ProcessSpec['mounts']): Promise<{ mounts: Bind[]; release: () => Promise<void> }> {
  const handles: FileHandle[] = [];
  const release = async () => {
    for (const handle of handles.splice(0)) await handle.close().catch(() => undefined);
  };
  try {
    const out: Bind[] = [];
    for (const { source, target, readOnly, root } of mounts) {
      if (root === undefined) {
        out.push({ source, target, readOnly });
        continue;
      }
      const handle = await openInside(root, relative(root, source));
      handles.push(handle);
      out.push({ source: pathOfHandle(handle), target, readOnly });
    }
    return { mounts: out, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Nothing of a pod's lies over the whole root or over what the kernel says of processes. After runc 1.2 libcontainer/rootfs_linux.go */
function mayBeMounted(mounts: ProcessSpec['mounts']): void {
  for (const { target } of mounts) {
    const path = posix.resolve('/', target);
    const why = path === '/' ? 'mounting over the root folder is not allowed' : path === '/proc' ? '"/proc" cannot be mounted because it is not of type proc' : path.startsWith('/proc/') ? `"${path}" cannot be mounted because it is inside /proc` : undefined;
    if (why !== undefined) throw new Error(`error during container init: error mounting to rootfs at "${target}": ${why}`);
  }
}

/** A volume belongs to who writes to it. */
async function giveTo(uid: number | undefined, path: string): Promise<void> {
  if (uid === undefined) return;
  const info = await stat(path).catch(() => undefined);
  if (info === undefined || info.uid === uid) return;
  // The path of something that is open already is a link of the kernel's own.
  await (path.startsWith('/proc/') ? chown : lchown)(path, uid, uid).catch(() => undefined);
}
