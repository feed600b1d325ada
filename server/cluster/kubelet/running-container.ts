import type { Duplex, Writable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Program, ProgramContext } from '../program.ts';
import type { LogStore } from './log-store.ts';
import type { ProgramBody } from './program-body.ts';
import type { ContainerProcess, ProcessRuntime, ProcessSpec } from './runtime/process-runtime.ts';

/** One run of a container, whatever stands behind it. */
export interface RunningContainer {
  readonly exited: Promise<{ code: number; signal?: string }>;
  /** A program of ours is up at once: nobody has to wait for it to begin. */
  readonly instant: boolean;
  readonly stdin: Writable | undefined;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Rejects with code ENOENT when there is no such command. */
  exec(spec: { argv: string[]; tty: boolean; stdin: boolean }): Promise<ContainerProcess>;
  dial(port: number): Promise<Duplex>;
  resize(columns: number, rows: number): void;
}

/** Starts a real process; its output goes to the log. Resolves when it runs. `onStarted` is given a signal for its end. */
export async function runProcess(runtime: ProcessRuntime, spec: ProcessSpec, log: LogStore, onStarted: (process: ContainerProcess, ended: AbortSignal) => void = () => undefined): Promise<RunningContainer> {
  const process = await runtime.start(spec);
  const ended = new AbortController();
  onStarted(process, ended.signal);
  const drained: Promise<void>[] = [];
  for (const [stream, source] of [['stdout', process.stdout], ['stderr', process.stderr]] as const) {
    if (source === undefined) continue;
    drained.push(
      new Promise((resolve) => {
        source.on('data', (chunk: Buffer | string) => log.write(stream, Buffer.from(chunk)));
        source.once('error', () => resolve());
        source.once('close', () => resolve());
        source.once('end', () => resolve());
        // A quick process may be over before anybody could listen.
        if (source.readableEnded || source.destroyed) resolve();
      }),
    );
  }
  return {
    exited: process.exited.then(async (exit) => {
      ended.abort();
      await Promise.all(drained);
      return exit;
    }),
    instant: false,
    stdin: process.stdin,
    signal: (signal) => process.signal(signal),
    exec: (exec) => process.exec(exec),
    dial: (port) => process.dial(port),
    resize: (columns, rows) => process.resize(columns, rows),
  };
}

/** How long after SIGKILL a program of ours may take before it counts as gone; its promise is not waited for longer. */
const KILL_MS = 0;

/** Runs a program of ours in this process. */
export function runProgram(program: Program, context: Omit<ProgramContext, 'signal' | 'stdout' | 'stderr'>, log: LogStore, clock: Clock, body?: ProgramBody): RunningContainer {
  const controller = new AbortController();
  let forced: ((exit: { code: number; signal?: string }) => void) | undefined;
  const kill = new Promise<{ code: number; signal?: string }>((resolve) => {
    forced = resolve;
  });
  let over = false;
  const write = (stream: 'stdout' | 'stderr') => (text: string) => {
    if (!over) log.write(stream, Buffer.from(text));
  };
  const run = async (): Promise<{ code: number; signal?: string }> => {
    try {
      return { code: await program.run({ ...context, stdout: write('stdout'), stderr: write('stderr'), signal: controller.signal }) };
    } catch (error) {
      write('stderr')(`${messageOf(error)}\n`);
      return { code: 1 };
    }
  };
  body?.onKilled(() => controller.abort(new Error('SIGTERM')));
  const notFound = (argv: string[]) => Object.assign(new Error(`${argv[0] ?? ''}: not found`), { code: 'ENOENT' });
  return {
    exited: Promise.race([run(), kill]).finally(() => {
      over = true;
      body?.end();
      controller.abort(new Error('the container has ended'));
    }),
    instant: true,
    stdin: undefined,
    signal(signal) {
      controller.abort(new Error(signal));
      if (signal === 'SIGKILL') clock.after(KILL_MS, () => forced?.({ code: 137, signal }));
    },
    // Most images of such programs hold nothing but the program, like the real ones: no shell.
    exec: (spec) => body?.exec(spec) ?? Promise.reject(notFound(spec.argv)),
    dial: (port) => Promise.reject(Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' })),
    resize() {},
  };
}
