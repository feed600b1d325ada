import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from './clock.ts';

/**
 * The helper's text is given to `node -e`, so that it is there in a bundle too. It opens the named pipes itself: what is
 * passed from process to process by node are sockets only.
 */
const HELPER = `
const { spawn } = require('node:child_process');
const fs = require('node:fs');
process.on('disconnect', () => process.exit(0));
process.on('message', ({ id, file, args, options, out, err }) => {
  const refuse = (e) => process.send({ id, error: e.code || 'EIO', text: e.message });
  const open = [];
  try {
    open.push(fs.openSync(out, 'w'), fs.openSync(err, 'w'));
    const child = spawn(file, args, { ...options, stdio: ['ignore', ...open] });
    child.once('spawn', () => process.send({ id, pid: child.pid }));
    child.once('error', refuse);
    child.once('exit', (code, signal) => process.send({ id, code, signal }));
  } catch (e) {
    refuse(e);
  } finally {
    for (const fd of open) fs.closeSync(fd);
  }
});
`;

/** A helper without processes ends after this long: it is a whole node, too dear to keep. */
const IDLE_MS = 20_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnRequest {
  file: string;
  args: readonly string[];
  options: { env: NodeJS.ProcessEnv; cwd?: string; argv0?: string; detached?: boolean };
  /** Named pipes, somebody reading each. */
  out: string;
  err: string;
}

interface Started {
  resolve(process: { pid: number; exited: Promise<Exit> }): void;
  reject(error: Error): void;
  exit?(exit: Exit): void;
}

/**
 * Starts processes from a small process beside this one. To start a process the system copies the tables of all memory
 * that the starter has: from a process of several hundred MB that takes tens of milliseconds in which nothing else
 * happens here. Processes have no input. When this process ends, the helper and what was started with it end, too.
 */
export class Spawner {
  readonly #clock: Clock;
  readonly #jobs = new Map<number, Started>();
  #helper: ChildProcess | undefined;
  #next = 1;
  #cancelIdle: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Rejects with the system's error (`code`: ENOENT, EACCES, …) where the process cannot be started. */
  start(request: SpawnRequest): Promise<{ pid: number; exited: Promise<Exit> }> {
    this.#cancelIdle();
    const helper = this.#running();
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#jobs.set(id, { resolve, reject });
      helper.send({ id, ...request }, (error) => {
        if (error !== null) this.#told({ id, error: 'EPIPE', text: error.message });
      });
    });
  }

  /** Ends the helper. */
  close(): void {
    this.#cancelIdle();
    this.#helper?.disconnect();
    this.#helper = undefined;
  }

  #running(): ChildProcess {
    if (this.#helper !== undefined) return this.#helper;
    const helper = spawn(process.execPath, ['-e', HELPER], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: {} });
    helper.unref();
    helper.channel?.unref();
    helper.on('message', (message) => this.#told(message));
    // What it started ends with it.
    const gone = () => {
      if (this.#helper === helper) this.#helper = undefined;
      for (const id of [...this.#jobs.keys()]) this.#told({ id, error: 'ECHILD', text: 'the helper that starts processes has ended', code: null, signal: 'SIGKILL' });
    };
    helper.once('exit', gone);
    helper.once('error', gone);
    this.#helper = helper;
    return helper;
  }

  #told(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('id' in message) || typeof message.id !== 'number') return;
    const job = this.#jobs.get(message.id);
    if (job === undefined) return;
    if ('pid' in message && typeof message.pid === 'number') {
      const { pid } = message;
      job.resolve({ pid, exited: new Promise((resolve) => (job.exit = resolve)) });
      return;
    }
    this.#jobs.delete(message.id);
    if (this.#jobs.size === 0) this.#cancelIdle = this.#clock.after(IDLE_MS, () => this.close());
    if (job.exit !== undefined) job.exit(exitOf(message));
    else job.reject(Object.assign(new Error('text' in message ? String(message.text) : 'the process could not be started'), { code: 'error' in message ? String(message.error) : 'EIO' }));
  }
}

function exitOf(message: object): Exit {
  const code = 'code' in message && typeof message.code === 'number' ? message.code : null;
  return { code, signal: 'signal' in message && typeof message.signal === 'string' ? (message.signal as NodeJS.Signals) : null };
}
