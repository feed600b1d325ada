import { ARM64, type ElfMachine, elfFile, X64 } from './elf.ts';

/** ioctl(0, TIOCSPTLCK, &zero), then exit with what came of it: 0, or the low bits of an error's number. */
const PROGRAMS: Readonly<Record<string, { machine: ElfMachine; code: Buffer }>> = {
  x64: {
    machine: X64,
    // push 0; mov rdx, rsp; xor edi, edi; mov esi, TIOCSPTLCK; mov eax, 16; syscall; mov edi, eax; mov eax, 60; syscall
    code: Buffer.from([0x6a, 0, 0x48, 0x89, 0xe2, 0x31, 0xff, 0xbe, 0x31, 0x54, 0x04, 0x40, 0xb8, 16, 0, 0, 0, 0x0f, 0x05, 0x89, 0xc7, 0xb8, 60, 0, 0, 0, 0x0f, 0x05]),
  },
  arm64: {
    machine: ARM64,
    // str xzr, [sp, #-16]!; mov x2, sp; movz x0, #0; movz x1, #0x5431; movk x1, #0x4004, lsl #16; movz x8, #29; svc; movz x8, #93; svc
    code: words([0xf81f0fff, 0x910003e2, 0xd2800000, 0xd2800000 + 0x5431 * 32 + 1, 0xf2a00000 + 0x4004 * 32 + 1, 0xd2800000 + 29 * 32 + 8, 0xd4000001, 0xd2800000 + 93 * 32 + 8, 0xd4000001]),
  },
};

function words(list: readonly number[]): Buffer {
  const bytes = Buffer.alloc(list.length * 4);
  for (const [index, word] of list.entries()) bytes.writeUInt32LE(word, index * 4);
  return bytes;
}

/**
 * A program that unlocks the pseudoterminal whose master is its standard input. A container has terminals of its own, whose
 * masters the server opens from outside; nothing that node can do unlocks them, and no machine brings a program for it
 * along. Undefined for a processor that it is not written for.
 */
export function unlockProgram(architecture: string = process.arch): Buffer | undefined {
  const known = PROGRAMS[architecture];
  return known === undefined ? undefined : elfFile(known.machine, known.code);
}
