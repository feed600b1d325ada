import { execa } from 'execa';
import { type Clock, sleep } from '../../lib/clock.ts';
import { explain } from './failures.ts';

export interface CommandOptions {
  clock: Clock;
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
  /** Milliseconds; none by default. */
  timeoutMs?: number;
  cwd?: string;
  onStdout?(text: string): void;
  onStderr?(text: string): void;
}

export interface CommandResult {
  /** Undefined where the program is missing. */
  code: number | undefined;
  stdout: string;
  stderr: string;
  /** There is no such program. */
  missing: boolean;
  /** It was ended by the signal or by the time-out. */
  ended: 'aborted' | 'timed out' | undefined;
}

/** A person's Ctrl-C would reach all of its processes; so does ours. Those that ignore it have this long. */
const PATIENCE_MS = 3000;
const MOST_OUTPUT = 2_000_000;

/** Runs a program in a process group of its own to its end, whatever it is; the result says how. */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { clock, env, signal, timeoutMs } = options;
  if (signal?.aborted === true) return { code: undefined, stdout: '', stderr: '', missing: false, ended: 'aborted' };
  const child = execa(file, args, { env: definedOf(env), extendEnv: false, detached: true, reject: false, stdin: 'ignore', buffer: false, encoding: 'utf8', stripFinalNewline: false, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) });
  const [stdout, stderr] = [collect(child.stdout, options.onStdout), collect(child.stderr, options.onStderr)];
  let ended: CommandResult['ended'];
  const gone = new AbortController();
  const end = async (why: CommandResult['ended']) => {
    if (ended !== undefined || gone.signal.aborted) return;
    ended = why;
    killGroup(child.pid, 'SIGTERM');
    await sleep(clock, PATIENCE_MS, gone.signal).then(() => killGroup(child.pid, 'SIGKILL'), () => undefined);
  };
  const onAbort = () => void end('aborted');
  signal?.addEventListener('abort', onAbort, { once: true });
  const cancel = timeoutMs === undefined ? () => {} : clock.after(timeoutMs, () => void end('timed out'));
  // What the program started may outlive it, and hold its pipes.
  child.once('exit', () => {
    if (ended !== undefined) killGroup(child.pid, 'SIGKILL');
  });
  const result = await child;
  gone.abort();
  cancel();
  signal?.removeEventListener('abort', onAbort);
  const missing = result.code === 'ENOENT';
  return { code: missing ? undefined : (result.exitCode ?? 128), stdout: stdout(), stderr: missing ? (result.shortMessage ?? '') : stderr(), missing, ended };
}

/** Runs it and throws what a failure means, in words for a person. */
export async function mustRun(file: string, args: readonly string[], options: CommandOptions & { name: string }): Promise<CommandResult> {
  const result = await runCommand(file, args, options);
  if (result.ended === 'aborted') throw options.signal?.reason ?? new Error('it was ended');
  if (result.code === 0 && result.ended === undefined) return result;
  throw explain({ command: options.name, code: result.code, output: `${result.stderr}${result.stdout}`, missing: result.missing });
}

function collect(stream: NodeJS.ReadableStream | null, listener: ((text: string) => void) | undefined): () => string {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    if (text.length < MOST_OUTPUT) text += chunk;
    listener?.(chunk);
  });
  stream?.on('error', () => undefined);
  return () => text;
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

function definedOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
