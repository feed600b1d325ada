import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../../server/sandbox/run.ts';

const shell = (script: string) => ({ file: '/bin/sh', args: ['-c', script], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' }, cwd: '/' });

/** Works without a pause for so long, and again and again until it is ended, as a busy lab does. */
function busy(ms: number): () => void {
  const timer = setInterval(() => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  }, 1);
  return () => clearInterval(timer);
}

describe('a command that is run to its end', () => {
  it('has all its output, however busy the process is that reads it', async () => {
    const rest = busy(150);
    try {
      const { code, bytes } = await runToEnd(shell('head -c 3000000 /dev/zero; printf END'), { timeoutMs: 30_000, maxBytes: 4_000_000, raw: true });
      expect({ code, length: bytes?.length, end: bytes?.subarray(-3).toString() }).toEqual({ code: 0, length: 3_000_003, end: 'END' });
    } finally {
      rest();
    }
  }, 40_000);

  it('does not wait for what a child in the background still prints', async () => {
    const began = performance.now();
    const { stdout } = await runToEnd(shell('(while :; do echo more; sleep 0.05; done) & echo done; sleep 0.2; echo $!'), { timeoutMs: 30_000 });
    process.kill(Number(stdout.trim().split('\n').findLast((line) => /^\d+$/.test(line))));
    expect({ first: stdout.includes('done'), soon: performance.now() - began < 3000 }).toEqual({ first: true, soon: true });
  }, 40_000);
});
