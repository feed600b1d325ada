import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { confineProgram, seccompFilter } from '../../../server/sandbox/seccomp.ts';

describe('the program that puts the filter on itself', () => {
  it.each(['x64', 'arm64'])('is an ELF file for %s with the whole filter at its end, where the program says it is', (architecture) => {
    const [program, filter] = [confineProgram(architecture), seccompFilter(architecture)];
    if (program === undefined || filter === undefined) throw new Error('there is none');
    const base = Number(program.readBigUInt64LE(64 + 16));
    const at = program.length - filter.length;
    expect({
      magic: program.subarray(0, 7).toString('latin1'),
      machine: program.readUInt16LE(18),
      entry: Number(program.readBigUInt64LE(24)) - base,
      size: Number(program.readBigUInt64LE(64 + 32)),
      filter: program.subarray(at).equals(filter),
      instructions: program.readUInt16LE(at - 16),
      address: Number(program.readBigUInt64LE(at - 8)) - base,
    }).toEqual({ magic: '\x7fELF\x02\x01\x01', machine: architecture === 'x64' ? 62 : 183, entry: 120, size: program.length, filter: true, instructions: filter.length / 8, address: at });
  });

  it('makes three calls on arm64: prctl, prctl, execve with its own arguments and environment', () => {
    const program = confineProgram('arm64') ?? Buffer.alloc(0);
    const words = Array.from({ length: 23 }, (_, index) => program.readUInt32LE(120 + 4 * index));
    const set = (register: number, value: number) => 0xd2800000 + value * 32 + register;
    const svc = 0xd4000001;
    // Looked at with a disassembler, and run in an emulator, once; here it is kept from changing unseen.
    expect(words).toEqual([set(8, 167), set(0, 38), set(1, 1), set(2, 0), set(3, 0), set(4, 0), svc, set(8, 167), set(0, 22), set(1, 2), set(2, 0xe0), 0xf2a00802, svc, 0xf94003e3, 0xf9400be0, 0x910043e1, 0x8b236fe2, 0x91004042, set(8, 221), svc, set(0, 127), set(8, 93), svc]);
  });

  it.skipIf(process.platform !== 'linux' || confineProgram() === undefined)('becomes the command that it is given, with its environment, filtered', () => {
    const folder = mkdtempSync(join(tmpdir(), 'confine-'));
    try {
      const file = join(folder, 'confine');
      writeFileSync(file, confineProgram() ?? '');
      chmodSync(file, 0o755);
      expect(execFileSync(file, ['/bin/sh', '-c', 'grep Seccomp: /proc/self/status; echo "$A $1"', 'sh', 'b c'], { env: { A: '1', PATH: '/usr/bin:/bin' } }).toString()).toBe('Seccomp:\t2\n1 b c\n');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is not there for a processor that the list is not written for', () => {
    expect([seccompFilter('riscv64'), confineProgram('riscv64')]).toEqual([undefined, undefined]);
  });
});
