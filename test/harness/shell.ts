import { spawn } from 'node:child_process';
import type { PlaceCommand } from '../../server/sandbox/sandbox.ts';

/** One bash that keeps its variables and background jobs from command to command; stdout and stderr come together. */
export interface Shell {
  run(command: string): Promise<{ output: string; exitCode: number }>;
  close(): void;
}

/** Opens a shell; `start` is what a place (or the test) says bash is to be started with. */
export function openShell(start: PlaceCommand): Shell {
  const child = spawn(start.file, start.args, { env: start.env, cwd: start.cwd, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  let buffer = '';
  let count = 0;
  let wake = () => {};
  child.stdout.on('data', (chunk: Buffer) => {
    buffer += chunk.toString('utf8');
    wake();
  });
  child.on('exit', () => wake());
  child.stdin.write('exec 2>&1\n');
  return {
    async run(command) {
      const mark = `\u0001end-${++count}`;
      child.stdin.write(`${command}\nprintf '\\001end-%s %s\\001' ${count} $?\n`);
      for (;;) {
        const at = buffer.indexOf(mark);
        const end = at < 0 ? -1 : buffer.indexOf('\u0001', at + mark.length);
        if (end >= 0) {
          const output = buffer.slice(0, at);
          const exitCode = Number(buffer.slice(at + mark.length + 1, end));
          buffer = buffer.slice(end + 1);
          return { output, exitCode };
        }
        if (child.exitCode !== null) throw new Error(`the shell ended: ${buffer}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close() {
      child.stdin.end();
      if (child.pid !== undefined) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      }
    },
  };
}
