import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, symlink, writeFile, stat } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { constants as osConstants } from 'node:os';
import { PassThrough, type Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { dialLocal } from '../../network/virtual-network.ts';
import type { ContainerProcess, ProcessRuntime, ProcessSpec } from './process-runtime.ts';

const run = promisify(execFile);
const HOST_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Containers as plain processes of the person who started the lab, each in a folder of its own: no isolation.
 * Where a volume or a file of the image belongs at an absolute path, that path is put in place of the container's
 * path wherever it stands in the arguments and the environment; nothing more can be done without a mount namespace.
 */
export function createPlainRuntime(options: { folder: string }): ProcessRuntime {
  let applets: Promise<string | undefined> | undefined;
  return {
    isolation: 'none',
    async start(spec) {
      await mkdir(spec.layer, { recursive: true });
      const paths = new Map<string, string>();
      for (const mount of spec.mounts) paths.set(mount.target, mount.source);
      for (const [path, content] of Object.entries(spec.root.files ?? {})) {
        const target = join(spec.layer, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, content);
        await chmod(target, 0o755);
        paths.set(path, target);
      }
      const translate = translator(paths, spec.layer);
      const links = spec.root.base === 'busybox' ? await (applets ??= linkApplets(join(options.folder, 'applets'))) : undefined;
      const env: Record<string, string> = {};
      for (const [name, value] of Object.entries(spec.env)) env[name] = translate(value);
      const own = [...new Set(Object.keys(spec.root.files ?? {}).map(dirname))].filter((folder) => folder.endsWith('bin')).map((folder) => join(spec.layer, folder));
      env.PATH = [...own, links, await toolPath(), HOST_PATH].filter((p) => p !== undefined).join(delimiter);
      const cwd = join(spec.layer, spec.cwd);
      await mkdir(cwd, { recursive: true });
      return start({ argv: spec.argv.map(translate), env, cwd, tty: spec.tty, stdin: spec.stdin, translate });
    },
  };
}

/** python3 may live where a version manager put it. */
let tools: Promise<string | undefined> | undefined;
function toolPath(): Promise<string | undefined> {
  tools ??= run('python3', ['-c', 'import sys; print(sys.executable)'], { timeout: 10_000 }).then(
    ({ stdout }) => dirname(stdout.trim()),
    () => undefined,
  );
  return tools;
}

async function linkApplets(folder: string): Promise<string | undefined> {
  const busybox = await find('busybox', process.env.PATH ?? HOST_PATH);
  if (busybox === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const names = (await run(busybox, ['--list'])).stdout.split('\n').filter((name) => name !== '');
  await Promise.all(names.map((name) => symlink(busybox, join(folder, name)).catch(() => undefined)));
  return folder;
}

async function find(command: string, path: string): Promise<string | undefined> {
  const candidates = command.includes('/') ? [command] : path.split(delimiter).map((folder) => join(folder, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      if ((await stat(candidate)).isFile()) return candidate;
    } catch {
      // not there
    }
  }
  return undefined;
}

/** Puts host paths in place of container paths where those stand as whole path prefixes. */
function translator(paths: Map<string, string>, layer: string): (text: string) => string {
  const targets = [...paths.keys()].sort((a, b) => b.length - a.length);
  if (targets.length === 0) return (text) => text;
  const escaped = targets.map((t) => t.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\w./-])(${escaped.join('|')})(?![\\w.-])`, 'g');
  return (text) => text.replace(pattern, (path) => paths.get(path) ?? join(layer, path));
}

interface Start {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  tty: boolean;
  stdin: boolean;
  translate: (text: string) => string;
}

async function start(options: Start): Promise<ContainerProcess> {
  const [command = '', ...args] = options.argv;
  const file = await find(isAbsolute(command) || !command.includes('/') ? command : join(options.cwd, command), options.env.PATH ?? HOST_PATH);
  if (file === undefined) throw Object.assign(new Error(`${command}: not found`), { code: 'ENOENT' });
  const exec: ContainerProcess['exec'] = (spec) => start({ ...options, argv: spec.argv.map(options.translate), tty: spec.tty, stdin: spec.stdin });
  return options.tty ? startWithTerminal(file, args, options, exec) : startPlain(file, args, options, exec);
}

async function startPlain(file: string, args: string[], options: Start, exec: ContainerProcess['exec']): Promise<ContainerProcess> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    argv0: options.argv[0] ?? file,
    detached: true,
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  await spawned(child);
  const pid = child.pid;
  if (pid === undefined || child.stdout === null || child.stderr === null) throw new Error('the process has no pid');
  // Writing to a process that has ended is not an error of ours.
  child.stdin?.on('error', () => {});
  const exited = new Promise<{ code: number; signal?: string }>((resolve) => {
    let result: { code: number; signal?: string } = { code: 0 };
    child.once('exit', (code, signal) => {
      result = signal === null ? { code: code ?? 0 } : { code: 128 + (osConstants.signals[signal] ?? 0), signal };
      killGroup(pid);
    });
    child.once('close', () => resolve(result));
  });
  return {
    pid,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout,
    stderr: child.stderr,
    signal(signal) {
      if (signal === 'SIGKILL') killGroup(pid);
      else child.kill(signal);
    },
    resize() {},
    exited,
    exec,
    dial: dialLocal,
  };
}

interface Terminal {
  pid: number;
  onData(listener: (data: string | Buffer) => void): unknown;
  onExit(listener: (exit: { exitCode: number; signal?: number }) => void): unknown;
  write(data: string | Buffer): void;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
}

interface Terminals {
  spawn(file: string, args: string[], options: { cwd: string; env: Record<string, string>; encoding: null }): Terminal;
}

function isTerminals(value: unknown): value is Terminals {
  return typeof value === 'object' && value !== null && 'spawn' in value && typeof value.spawn === 'function';
}

/** node-pty's own declarations name it differently from how it is installed, so it is checked here instead. */
async function loadTerminals(): Promise<Terminals> {
  const name = 'node-pty';
  const loaded: unknown = await import(name);
  if (isTerminals(loaded)) return loaded;
  if (typeof loaded === 'object' && loaded !== null && 'default' in loaded && isTerminals(loaded.default)) return loaded.default;
  throw new Error('node-pty cannot be loaded');
}

async function startWithTerminal(file: string, args: string[], options: Start, exec: ContainerProcess['exec']): Promise<ContainerProcess> {
  const terminal = (await loadTerminals()).spawn(file, args, { cwd: options.cwd, env: { TERM: 'xterm', ...options.env }, encoding: null });
  const stdout = new PassThrough();
  terminal.onData((data: string | Buffer) => stdout.write(data));
  const stdin = new PassThrough();
  stdin.on('data', (data: Buffer) => terminal.write(data));
  const exited = new Promise<{ code: number; signal?: string }>((resolve) => {
    terminal.onExit(({ exitCode, signal }) => {
      killGroup(terminal.pid);
      stdout.end();
      resolve(signal === undefined || signal === 0 ? { code: exitCode } : { code: 128 + signal });
    });
  });
  return {
    pid: terminal.pid,
    stdin: options.stdin ? stdin : undefined,
    stdout,
    stderr: undefined,
    signal: (signal) => (signal === 'SIGKILL' ? killGroup(terminal.pid) : terminal.kill(signal)),
    resize: (columns, rows) => terminal.resize(Math.max(1, columns), Math.max(1, rows)),
    exited,
    exec,
    dial: (port): Promise<Duplex> => dialLocal(port),
  };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // the group is gone
  }
}
