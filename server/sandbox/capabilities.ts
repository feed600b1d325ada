import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LINUX_CAPABILITIES } from '../lib/linux-capabilities.ts';
import { ARM64, BASE, elfFile, type ElfMachine, HEADERS, X64 } from './elf.ts';

/**
 * What nobody gets in a sandbox, whatever a pod asks for: in a user namespace these open the parts of the kernel where it
 * has been broken out of before. NET_ADMIN and NET_RAW are without power where the network is the router's, and left out elsewhere.
 */
const NEVER = ['SYS_ADMIN', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_BOOT', 'DAC_READ_SEARCH', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE', 'MAC_OVERRIDE', 'MAC_ADMIN', 'AUDIT_READ'];
const OF_NETWORK = ['NET_ADMIN', 'NET_RAW', 'NET_BROADCAST'];

/** Of what is asked for, what may be had: names without `CAP_`. `network`: whether the network is somebody else's. */
export function grantedCapabilities(asked: readonly string[], network: boolean): string[] {
  return LINUX_CAPABILITIES.filter((name) => asked.includes(name) && !NEVER.includes(name) && (network || !OF_NETWORK.includes(name)));
}

/** As /proc/PID/status writes them. */
export function capabilityMask(names: readonly string[]): bigint {
  return LINUX_CAPABILITIES.reduce<bigint>((mask, name, bit) => (names.includes(name) ? mask | (1n << BigInt(bit)) : mask), 0n);
}

/** The descriptor under which a process finds the program; the program closes it. */
export const CAPABILITIES_FD = 6;
/** Beginning of the file's name, by which a process that has not become its command yet is known. */
export const CAPABILITIES_NAME = 'capabilities-';

/** Data after the instructions: the mask, capset's header and its two triples, and the shell. */
const SHELL_AT = 40;
const DATA = SHELL_AT + 8;

interface Machine extends ElfMachine {
  /** For data at this address. */
  code(data: number): Buffer;
}

const little = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    ...X64,
    code: (data) =>
      Buffer.from([
        // rbx = the mask; for r12 from 0 to 63: prctl(PR_CAPBSET_DROP, r12) unless it has that bit
        ...[0x48, 0x8b, 0x1c, 0x25, ...little(data), 0x45, 0x31, 0xe4, 0x4c, 0x0f, 0xa3, 0xe3, 0x72, 0x17],
        ...[0xb8, 0x9d, 0, 0, 0, 0xbf, 24, 0, 0, 0, 0x44, 0x89, 0xe6, 0x31, 0xd2, 0x45, 0x31, 0xd2, 0x45, 0x31, 0xc0, 0x0f, 0x05],
        ...[0x41, 0xff, 0xc4, 0x41, 0x83, 0xfc, 64, 0x72, 0xda],
        // prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        ...[0xb8, 0x9d, 0, 0, 0, 0xbf, 47, 0, 0, 0, 0xbe, 4, 0, 0, 0, 0x31, 0xd2, 0x45, 0x31, 0xd2, 0x45, 0x31, 0xc0, 0x0f, 0x05],
        // capset(header, sets)
        ...[0xbf, ...little(data + 8), 0x67, 0x8d, 0x77, 0x08, 0xb8, 126, 0, 0, 0, 0x0f, 0x05],
        // close(CAPABILITIES_FD)
        ...[0xb8, 3, 0, 0, 0, 0xbf, CAPABILITIES_FD, 0, 0, 0, 0x0f, 0x05],
        // execve(argv[1], &argv[2], envp)
        ...[0x48, 0x8b, 0x7c, 0x24, 16, 0x48, 0x8d, 0x74, 0x24, 24, 0x48, 0x8b, 0x04, 0x24, 0x48, 0x8d, 0x54, 0xc4, 16, 0xb8, 59, 0, 0, 0, 0x0f, 0x05],
        // What is a script without a first line goes to the shell: argv[2] = argv[1], argv[1] = the shell; execve(argv[1], &argv[1], envp)
        ...[0x48, 0x8b, 0x7c, 0x24, 16, 0x48, 0x89, 0x7c, 0x24, 24, 0xbf, ...little(data + SHELL_AT), 0x48, 0x89, 0x7c, 0x24, 16, 0x48, 0x8d, 0x74, 0x24, 16, 0xb8, 59, 0, 0, 0, 0x0f, 0x05],
        // exit(127)
        ...[0xbf, 127, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
      ]),
  },
  arm64: {
    ...ARM64,
    code: (data) => {
      const words = [
        // x19 = data: movz, movk; x20 = the mask; for x21 from 0 to 63: prctl(PR_CAPBSET_DROP, x21) unless it has that bit
        ...[0xd2800013 + (data & 0xffff) * 32, 0xf2a00013 + (data >>> 16) * 32, 0xf9400274, 0xd2800015, 0x9ad52683, 0x37000103],
        ...[0xd28014e8, 0xd2800300, 0xaa1503e1, 0xd2800002, 0xd2800003, 0xd2800004, 0xd4000001, 0x910006b5, 0xf10102bf, 0x54fffea3],
        // prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL); capset(header, sets); close(CAPABILITIES_FD)
        ...[0xd28014e8, 0xd28005e0, 0xd2800081, 0xd2800002, 0xd2800003, 0xd2800004, 0xd4000001],
        ...[0x91002260, 0x91004261, 0xd2800b68, 0xd4000001, 0xd2800000 + CAPABILITIES_FD * 32, 0xd2800728, 0xd4000001],
        // execve as above, twice; exit(127)
        ...[0xf94003e3, 0xf9400be0, 0x910063e1, 0x8b236fe2, 0x91004042, 0xd2801ba8, 0xd4000001],
        ...[0xf9400be0, 0xf9000fe0, 0x9100a260, 0xf9000be0, 0x910043e1, 0xd4000001, 0xd2800fe0, 0xd2800ba8, 0xd4000001],
      ];
      const bytes = Buffer.alloc(words.length * 4);
      for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
      return bytes;
    },
  },
};

/**
 * A program that keeps these capabilities, for good, and becomes a command: `program PATH ARGV0 ARGUMENT…`. Images may
 * bring no program that could do so, and bubblewrap leaves sets behind that a container's processes have not. Root has
 * them all then, another user none until it gains them, which it can't. Undefined for a processor that it is not written for.
 */
export function capabilitiesProgram(mask: bigint, architecture: string = process.arch): Buffer | undefined {
  const machine = MACHINES[architecture];
  if (machine === undefined) return undefined;
  const at = Math.ceil((HEADERS + machine.code(0).length) / 16) * 16;
  const out = elfFile(machine, machine.code(BASE + at), at + DATA);
  out.writeBigUInt64LE(mask, at);
  // _LINUX_CAPABILITY_VERSION_3, this process
  out.writeUInt32LE(0x20080522, at + 8);
  // effective, permitted, inheritable; the upper halves after the lower ones
  for (const [word, value] of [mask & 0xffffffffn, mask & 0xffffffffn, 0n, mask >> 32n, mask >> 32n, 0n].entries()) out.writeUInt32LE(Number(value), at + 16 + 4 * word);
  out.write('/bin/sh\0', at + SHELL_AT, 'latin1');
  return out;
}

/** The same as a file in a folder that every user can walk to; made when it is not there. */
export async function capabilitiesFile(folder: string, names: readonly string[]): Promise<string | undefined> {
  const mask = capabilityMask(names);
  const program = capabilitiesProgram(mask);
  if (program === undefined) return undefined;
  const file = join(folder, `${CAPABILITIES_NAME}${mask.toString(16)}`);
  await writeFile(file, program, { mode: 0o755, flag: 'wx' }).then(() => chmod(file, 0o755), (error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  });
  return file;
}
