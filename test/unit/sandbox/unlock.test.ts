import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unlockProgram } from '../../../server/sandbox/unlock.ts';

describe('the program that unlocks terminals', () => {
  it.skipIf(process.platform !== 'linux' || unlockProgram() === undefined)('unlocks the terminal whose master is its input, and says what went wrong with anything else', () => {
    const folder = mkdtempSync(join(tmpdir(), 'unlock-'));
    const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    try {
      const file = join(folder, 'unlock');
      writeFileSync(file, unlockProgram() ?? '');
      chmodSync(file, 0o755);
      const ENOTTY = 256 - 25;
      const run = (stdin: number | 'ignore') => spawnSync(file, [], { stdio: [stdin, 'ignore', 'ignore'] }).status;
      expect([run(master), run('ignore')]).toEqual([0, ENOTTY]);
    } finally {
      closeSync(master);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('makes two calls on arm64: ioctl, exit', () => {
    const program = unlockProgram('arm64') ?? Buffer.alloc(0);
    const words = Array.from({ length: (program.length - 120) / 4 }, (_, index) => program.readUInt32LE(120 + 4 * index).toString(16));
    expect(words).toEqual(['f81f0fff', '910003e2', 'd2800000', 'd28a8621', 'f2a80081', 'd28003a8', 'd4000001', 'd2800ba8', 'd4000001']);
  });

  it('is not there for a processor that it is not written for', () => {
    expect(unlockProgram('riscv64')).toBeUndefined();
  });
});
