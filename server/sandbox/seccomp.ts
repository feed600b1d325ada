import { ARM64, BASE, type ElfMachine, elfFile, HEADERS, X64 } from './elf.ts';

/**
 * Which system calls a place's processes may not make: those that reach into the kernel's own business, for which no
 * exercise in a shell has a use, and most of which need rights that nobody has there anyway. Refused with EPERM.
 * After Flatpak's deny list (flatpak-run.c) and what container runtimes leave out by default.
 */

interface Architecture {
  audit: number;
  /** Numbers by name. */
  calls: Readonly<Record<string, number>>;
  clone: number;
  clone3: number;
  unshare: number;
  ioctl: number;
}

const NEW_CALLS = { io_uring_setup: 425, io_uring_enter: 426, io_uring_register: 427, open_tree: 428, move_mount: 429, fsopen: 430, fsconfig: 431, fsmount: 432, fspick: 433, mount_setattr: 442 };

const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    calls: { ...NEW_CALLS, bpf: 321, perf_event_open: 298, keyctl: 250, add_key: 248, request_key: 249, userfaultfd: 323, mount: 165, umount2: 166, pivot_root: 155, swapon: 167, swapoff: 168, reboot: 169, kexec_load: 246, kexec_file_load: 320, init_module: 175, finit_module: 313, delete_module: 176, acct: 163, quotactl: 179, open_by_handle_at: 304, iopl: 172, ioperm: 173, setns: 308, lookup_dcookie: 212, syslog: 103, uselib: 134, modify_ldt: 154, vhangup: 153, nfsservctl: 180, settimeofday: 164, clock_settime: 227, clock_adjtime: 305, adjtimex: 159 },
    clone: 56,
    clone3: 435,
    unshare: 272,
    ioctl: 16,
  },
  arm64: {
    audit: 0xc00000b7,
    calls: { ...NEW_CALLS, bpf: 280, perf_event_open: 241, keyctl: 219, add_key: 217, request_key: 218, userfaultfd: 282, mount: 40, umount2: 39, pivot_root: 41, swapon: 224, swapoff: 225, reboot: 142, kexec_load: 104, kexec_file_load: 294, init_module: 105, finit_module: 273, delete_module: 106, acct: 89, quotactl: 60, open_by_handle_at: 265, setns: 268, lookup_dcookie: 18, syslog: 116, vhangup: 58, nfsservctl: 42, settimeofday: 170, clock_settime: 112, clock_adjtime: 266, adjtimex: 171 },
    clone: 220,
    clone3: 435,
    unshare: 97,
    ioctl: 29,
  },
};

// linux/bpf_common.h, linux/seccomp.h
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_EQUAL = 0x35;
const JUMP_SET = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;
/** Offsets in struct seccomp_data: the number, the architecture, and the low halves of the arguments. */
const NUMBER = 0;
const ARCH = 4;
const argument = (index: number) => 16 + 8 * index;
const NEW_USER_NAMESPACE = 0x10000000;
/** Typing into another's terminal, and what a console may do: after CVE-2017-5226. */
const TERMINAL_REQUESTS = [0x5412, 0x541c];
/** Calls of the x32 convention, numbered from here, would slip past the list. */
const X32 = 0x40000000;

type Instruction = [code: number, jumpTrue: number, jumpFalse: number, value: number];

/** The filter as the kernel takes it; undefined for a processor that the list is not written for. */
export function seccompFilter(architecture: string = process.arch): Buffer | undefined {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return undefined;
  const out: Instruction[] = [
    [LOAD, 0, 0, ARCH],
    [JUMP_EQUAL, 1, 0, known.audit],
    // Another convention of calls, such as that of 32 bits: none of it is needed.
    [RETURN, 0, 0, EPERM],
    [LOAD, 0, 0, NUMBER],
  ];
  if (architecture === 'x64') out.push([JUMP_GREATER_EQUAL, 0, 1, X32], [RETURN, 0, 0, ENOSYS]);
  for (const number of Object.values(known.calls)) out.push([JUMP_EQUAL, 0, 1, number], [RETURN, 0, 0, EPERM]);
  // The flags of clone3 lie in memory, where a filter can't look: the C library then uses clone instead.
  out.push([JUMP_EQUAL, 0, 1, known.clone3], [RETURN, 0, 0, ENOSYS]);
  for (const number of [known.clone, known.unshare]) out.push([JUMP_EQUAL, 0, 4, number], [LOAD, 0, 0, argument(0)], [JUMP_SET, 0, 1, NEW_USER_NAMESPACE], [RETURN, 0, 0, EPERM], [LOAD, 0, 0, NUMBER]);
  out.push([JUMP_EQUAL, 0, 1 + 2 * TERMINAL_REQUESTS.length, known.ioctl], [LOAD, 0, 0, argument(1)]);
  for (const request of TERMINAL_REQUESTS) out.push([JUMP_EQUAL, 0, 1, request], [RETURN, 0, 0, EPERM]);
  out.push([RETURN, 0, 0, ALLOW]);
  const bytes = Buffer.alloc(out.length * 8);
  for (const [index, [code, jumpTrue, jumpFalse, value]] of out.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

/** What the processor is, and the instructions for a filter that lies at this address. */
interface Machine extends ElfMachine {
  code(program: number): Buffer;
}

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    ...X64,
    code: (program) =>
      Buffer.from([
        // prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        0xb8, 0x9d, 0, 0, 0, 0xbf, 38, 0, 0, 0, 0xbe, 1, 0, 0, 0, 0x31, 0xd2, 0x4d, 0x31, 0xd2, 0x4d, 0x31, 0xc0, 0x0f, 0x05,
        // prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)
        0xb8, 0x9d, 0, 0, 0, 0xbf, 22, 0, 0, 0, 0xbe, 2, 0, 0, 0, 0xba, program & 0xff, (program >> 8) & 0xff, (program >> 16) & 0xff, (program >> 24) & 0xff, 0x0f, 0x05,
        // rdi = argv[1]; rsi = &argv[1]; rdx = envp, which begins after argv's closing zero
        0x48, 0x8b, 0x7c, 0x24, 16, 0x48, 0x8d, 0x74, 0x24, 16, 0x48, 0x8b, 0x04, 0x24, 0x48, 0x8d, 0x54, 0xc4, 16,
        // execve; exit(127) where that fails
        0xb8, 0x3b, 0, 0, 0, 0x0f, 0x05, 0xbf, 127, 0, 0, 0, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05,
      ]),
  },
  arm64: {
    ...ARM64,
    code: (program) => {
      /** movz x<register>, #value */
      const set = (register: number, value: number) => 0xd2800000 + value * 32 + register;
      const call = 0xd4000001;
      const words = [
        // prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        ...[set(8, 167), set(0, 38), set(1, 1), set(2, 0), set(3, 0), set(4, 0), call],
        // prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program); the second instruction for x2 is movk x2, #…, lsl #16
        ...[set(8, 167), set(0, 22), set(1, 2), set(2, program & 0xffff), 0xf2a00000 + (program >>> 16) * 32 + 2, call],
        // ldr x3, [sp]; ldr x0, [sp, #16]; add x1, sp, #16; add x2, sp, x3, uxtx #3; add x2, x2, #16
        ...[0xf94003e3, 0xf9400be0, 0x910043e1, 0x8b236fe2, 0x91004042],
        // execve; exit(127) where that fails
        ...[set(8, 221), call, set(0, 127), set(8, 93), call],
      ];
      const bytes = Buffer.alloc(words.length * 4);
      for (const [index, word] of words.entries()) bytes.writeUInt32LE(word, index * 4);
      return bytes;
    },
  },
};

/**
 * A program that puts the filter on itself and becomes the command that its arguments name: `confine /bin/sh -c …`. No
 * machine brings such a program along, and whoever joins a place comes from outside of bubblewrap's own filter. It is an
 * ELF file of some hundred bytes; undefined for a processor that there is no filter for. Where the kernel knows no
 * filters, the command is run without.
 */
export function confineProgram(architecture: string = process.arch): Buffer | undefined {
  const filter = seccompFilter(architecture);
  const machine = MACHINES[architecture];
  if (filter === undefined || machine === undefined) return undefined;
  const { code } = machine;
  const programAt = align(HEADERS + code(0).length);
  const filterAt = programAt + 16;
  const size = filterAt + filter.length;
  const out = elfFile(machine, code(BASE + programAt), size);
  // struct sock_fprog
  out.writeUInt16LE(filter.length / 8, programAt);
  out.writeBigUInt64LE(BigInt(BASE + filterAt), programAt + 8);
  filter.copy(out, filterAt);
  return out;
}

function align(offset: number): number {
  return Math.ceil(offset / 16) * 16;
}
