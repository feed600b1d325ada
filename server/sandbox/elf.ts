/** What an ELF file calls the processor, and how large its pages may be. */
export interface ElfMachine {
  elf: number;
  page: bigint;
}

export const X64: ElfMachine = { elf: 62, page: 0x1000n };
export const ARM64: ElfMachine = { elf: 183, page: 0x10000n };

/** Where a little program is loaded: its own addresses are fixed. */
export const BASE = 0x400000;
export const HEADERS = 64 + 56;

/** A file of `size` bytes with the headers and, after them, the instructions, which the program begins with. One segment, readable and executable. */
export function elfFile(machine: ElfMachine, code: Buffer, size = HEADERS + code.length): Buffer {
  const out = Buffer.alloc(size);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(out);
  out.writeUInt16LE(2, 16);
  out.writeUInt16LE(machine.elf, 18);
  out.writeUInt32LE(1, 20);
  out.writeBigUInt64LE(BigInt(BASE + HEADERS), 24);
  out.writeBigUInt64LE(64n, 32);
  out.writeUInt16LE(64, 52);
  out.writeUInt16LE(56, 54);
  out.writeUInt16LE(1, 56);
  out.writeUInt32LE(1, 64);
  out.writeUInt32LE(5, 68);
  out.writeBigUInt64LE(BigInt(BASE), 80);
  out.writeBigUInt64LE(BigInt(BASE), 88);
  out.writeBigUInt64LE(BigInt(size), 96);
  out.writeBigUInt64LE(BigInt(size), 104);
  out.writeBigUInt64LE(machine.page, 112);
  code.copy(out, HEADERS);
  return out;
}
