import { execFile, spawn, type SpawnOptions, type StdioOptions } from 'node:child_process';
import { close as closeCallback, constants, open as openCallback } from 'node:fs';
import { mkdir, unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { Spawner } from './spawner.ts';

const run = promisify(execFile);
// Plain numbers: a FileHandle closes its file as soon as nobody holds the handle any more, whatever else uses the file.
const open = promisify(openCallback);
const close = promisify(closeCallback);

/** So many are made at a time: one call of `mkfifo` costs as much as a small process. */
const BATCH = 32;
/** A process of more memory than this has others started by a helper: see Spawner. */
const LARGE = 256 * 1024 * 1024;
/** Counted over all of them: the clusters of one lab share a folder. */
let made = 0;

export interface PipedProcess {
  pid: number;
  /** As node's `exit` tells it: a code or a signal. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stdin: Writable | undefined;
  stdout: Readable;
  stderr: Readable;
}

/**
 * Real pipes for what processes print. What node gives a process are sockets, which nobody can open again:
 * `echo >/dev/stderr` and `echo >/proc/1/fd/1` fail with them. Named pipes wait in `folder`, each until it is used. Input stays
 * a socket: whoever opens a named pipe that its writer has left already waits forever.
 */
export class Pipes {
  readonly #folder: string;
  readonly #spawner: Spawner | undefined;
  readonly #large: number;
  #ready: string[] = [];
  #making: Promise<void> | undefined;

  /** `spawner`: starts processes without input once this process holds more than `large` bytes. */
  constructor(folder: string, spawner?: Spawner, large = LARGE) {
    this.#folder = folder;
    this.#spawner = spawner;
    this.#large = large;
  }

  /**
   * Starts a process whose output comes through pipes. Nothing of it is lost before somebody reads. Rejects with the system's
   * error where the process cannot be started.
   */
  async spawn(file: string, args: readonly string[], options: { env: NodeJS.ProcessEnv; cwd?: string; argv0?: string; detached?: boolean; stdin: boolean }): Promise<PipedProcess> {
    const { stdin, ...rest } = options;
    const [out, err] = await Promise.all([this.#open(), this.#open()]);
    const stdout = new Socket({ fd: out.read, readable: true, writable: false });
    const stderr = new Socket({ fd: err.read, readable: true, writable: false });
    try {
      const helper = stdin || process.memoryUsage.rss() < this.#large ? undefined : this.#spawner;
      const { pid, exited, input } = await (helper === undefined ? direct(file, args, rest, [stdin ? 'pipe' : 'ignore', out.write, err.write]) : helper.start({ file, args, options: rest, out: out.path, err: err.path }).then((started) => ({ ...started, input: undefined })));
      return { pid, exited, stdin: input, stdout, stderr };
    } catch (error) {
      stdout.destroy();
      stderr.destroy();
      throw error;
    } finally {
      // The process has these now; as long as we have them, too, nobody would see an end.
      await Promise.all([out, err].map(({ write, path }) => Promise.all([close(write), unlink(path)])));
    }
  }

  async #open(): Promise<{ read: number; write: number; path: string }> {
    while (this.#ready.length === 0) await (this.#making ??= this.#make().finally(() => (this.#making = undefined)));
    const path = this.#ready.pop();
    if (path === undefined) return this.#open();
    try {
      // Whoever opens one end alone waits for the other: the first one must not.
      const read = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { read, write: await open(path, constants.O_WRONLY), path };
    } catch (error) {
      await unlink(path);
      throw error;
    }
  }

  async #make(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const paths = Array.from({ length: BATCH }, () => join(this.#folder, `${process.pid}-${made++}`));
    // Whoever runs in a container may be another user than the lab.
    await run('mkfifo', ['-m', '666', ...paths]);
    this.#ready.push(...paths);
  }
}

async function direct(file: string, args: readonly string[], options: Omit<SpawnOptions, 'stdio'>, stdio: StdioOptions): Promise<{ pid: number; exited: PipedProcess['exited']; input: Writable | undefined }> {
  const child = spawn(file, args, { ...options, stdio });
  const exited: PipedProcess['exited'] = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  // Writing to a process that has ended is not an error of ours.
  child.stdin?.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  if (child.pid === undefined) throw new Error('the process has no pid');
  return { pid: child.pid, exited, input: child.stdin ?? undefined };
}
