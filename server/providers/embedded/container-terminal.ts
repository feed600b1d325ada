import { spawn } from 'node:child_process';
import { type Clock } from '../../lib/clock.ts';
import type { PlaceCommand } from '../../sandbox/sandbox.ts';
import { type InnerPty, openInnerPty } from '../../terminal/inner-pty.ts';

/**
 * Terminals of containers, which are in the container's own /dev/pts: `tty` finds their name, and only the container sees them.
 * Whoever begins a session and then opens a terminal has it for its own: what runs on one is begun by a shell that does no more
 * than that. `env`, because the shell of busybox would run another applet without becoming it.
 */
const TAKE = 'exec env -- "$@" <>"$t" >&0 2>&1';

/** As the first process of a container: the terminal's name comes with the first line of its input. */
export function firstOnTerminal(argv: readonly string[]): string[] {
  return ['/bin/sh', '-c', `read -r t && ${TAKE}`, 'sh', ...argv];
}

/** As a process that joins a container. */
export function joiningOnTerminal(index: number, argv: readonly string[]): string[] {
  return ['setsid', '/bin/sh', '-c', `t=$1; shift; ${TAKE}`, 'sh', terminalName(index), ...argv];
}

export function terminalName(index: number): string {
  return `/dev/pts/${index}`;
}

export interface Started {
  pid: number;
  exited: Promise<{ code: number; signal?: string }>;
  /** Hands the first line of its input to it. */
  tell(line: string): void;
}

/** Starts a command that prints nothing but on its terminal. */
export function startSilent(command: PlaceCommand): Promise<Started> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.file, command.args, { env: command.env, cwd: command.cwd, stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.on('error', () => undefined);
    const exited = new Promise<{ code: number; signal?: string }>((ended) => {
      child.once('exit', (code, signal) => ended(signal === null ? { code: code ?? 0 } : { code: 128 + (signal === 'SIGKILL' ? 9 : 15), signal }));
    });
    child.once('error', reject);
    child.once('spawn', () => resolve({ pid: child.pid ?? 0, exited, tell: (line) => child.stdin.end(`${line}\n`) }));
  });
}

/** A new terminal in the container whose first process is `first`. */
export function terminalIn(first: number, launcher: { unlock?: string; uid: number | undefined }, clock: Clock): Promise<InnerPty> {
  return launcher.unlock === undefined ? Promise.reject(new Error('there are no terminals')) : openInnerPty(`/proc/${first}/root/dev/pts`, launcher.unlock, launcher.uid, clock);
}
