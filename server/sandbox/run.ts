import { spawn } from 'node:child_process';
import { type Clock, systemClock } from '../lib/clock.ts';
import { killMarked, killTree } from './proc.ts';
import type { PlaceCommand } from './sandbox.ts';

export interface RunResult {
  /** 128+n after a signal; 124 after a time-out. */
  code: number;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** What `stdout` holds before it is taken for text, where that was asked for. */
  bytes?: Buffer;
}

export interface RunOptions {
  stdin?: string | Uint8Array;
  timeoutMs: number;
  /** Bytes kept of each stream; what comes after is read and dropped. Default 64 KiB. */
  maxBytes?: number;
  signal?: AbortSignal;
  onOutput?: (chunk: Buffer) => void;
  /** Ends whatever it leaves behind, too, wherever that went. */
  alone?: boolean;
  /** Gives `bytes` in the result. */
  raw?: boolean;
  clock?: Clock;
}

const SIGNALS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

/** How long the pipes of an ended command stay open for its children's output, and how long at most while some comes. */
const GRACE_MS = 100;
const LINGER_MS = 1000;

let runs = 0;
/** In the environment of everything that a run starts. */
const MARK = 'ARGO_LAB_RUN';

/**
 * Runs a command until its first process ends, or ends the whole tree when it takes too long. Output of children that
 * it left in the background is not waited for.
 */
export function runToEnd(command: PlaceCommand, options: RunOptions): Promise<RunResult> {
  const limit = options.maxBytes ?? 64 * 1024;
  const clock = options.clock ?? systemClock;
  return new Promise((resolve, reject) => {
    const mark = `${process.pid}-${++runs}`;
    const child = spawn(command.file, command.args, { env: { ...command.env, [MARK]: mark }, cwd: command.cwd, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    let arrived = 0;
    const collect = (stream: NodeJS.ReadableStream) => {
      const chunks: Buffer[] = [];
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        arrived += chunk.length;
        options.onOutput?.(chunk);
        if (size >= limit) return;
        const part = chunk.subarray(0, limit - size);
        size += part.length;
        chunks.push(part);
      });
      stream.on('error', () => undefined);
      return () => Buffer.concat(chunks);
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    let timedOut = false;
    const end = () => {
      if (child.pid !== undefined) void killTree(child.pid, 'SIGKILL').then(() => killMarked(MARK, mark));
    };
    const cancel = clock.after(options.timeoutMs, () => {
      timedOut = true;
      end();
    });
    options.signal?.addEventListener('abort', end, { once: true });
    child.on('error', (error) => {
      cancel();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      cancel();
      options.signal?.removeEventListener('abort', end);
      const finish = () => {
        child.stdout.destroy();
        child.stderr.destroy();
        const [out, errors] = [stdout(), stderr()];
        const result = { code: timedOut ? 124 : (code ?? 128 + (SIGNALS[signal ?? ''] ?? 0)), stdout: out.toString('utf8'), stderr: errors.toString('utf8'), timedOut, ...(options.raw === true ? { bytes: out } : {}) };
        if (options.alone === true) void killMarked(MARK, mark).then(() => resolve(result));
        else resolve(result);
      };
      let closed = false;
      const close = () => {
        if (closed) return;
        closed = true;
        finish();
      };
      child.once('close', close);
      // A background child may keep the pipes open for ever. What the command itself has printed is in them by now: a busy
      // process has the time pass without having read it, so it ends with a look that finds nothing more.
      const ended = clock.now();
      const look = (before: number) => {
        if (closed) return;
        if (arrived === before || arrived > 2 * limit || clock.now() - ended > LINGER_MS) close();
        else setImmediate(() => setImmediate(look, arrived));
      };
      clock.after(GRACE_MS, () => setImmediate(() => setImmediate(look, arrived)));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
  });
}
