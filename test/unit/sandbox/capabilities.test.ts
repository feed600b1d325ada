import { describe, expect, it } from 'vitest';
import { capabilitiesProgram, capabilityMask, grantedCapabilities } from '../../../server/sandbox/capabilities.ts';

describe('what may be had of what is asked for', () => {
  it('nothing that opens the kernel, and nothing over a network of one’s own', () => {
    const asked = ['CHOWN', 'NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_TIME', 'BPF', 'NO_SUCH'];
    expect([grantedCapabilities(asked, true), grantedCapabilities(asked, false)]).toEqual([['CHOWN', 'NET_ADMIN', 'NET_RAW', 'SYS_TIME'], ['CHOWN', 'SYS_TIME']]);
  });
  it('is written as the kernel writes it', () => {
    expect([[], ['CHOWN'], ['CHOWN', 'SYS_ADMIN'], ['CHECKPOINT_RESTORE']].map((names) => capabilityMask(names).toString(16))).toEqual(['0', '1', '200001', '10000000000']);
  });
});

describe('the program that keeps some', () => {
  it('makes its calls on arm64, too', () => {
    const program = capabilitiesProgram(0x1_0000_0021n, 'arm64') ?? Buffer.alloc(0);
    const words = Array.from({ length: 46 }, (_, index) => program.readUInt32LE(120 + 4 * index).toString(16));
    // Looked at with a disassembler once; here it is kept from changing unseen.
    expect(words.join(' ')).toBe('d2802613 f2a00813 f9400274 d2800015 9ad52683 37000103 d28014e8 d2800300 aa1503e1 d2800002 d2800003 d2800004 d4000001 910006b5 f10102bf 54fffea3 d28014e8 d28005e0 d2800081 d2800002 d2800003 d2800004 d4000001 91002260 91004261 d2800b68 d4000001 d28000c0 d2800728 d4000001 f94003e3 f9400be0 910063e1 8b236fe2 91004042 d2801ba8 d4000001 f9400be0 f9000fe0 9100a260 f9000be0 910043e1 d4000001 d2800fe0 d2800ba8 d4000001');
    expect(program.subarray(0x130).toString('hex')).toBe('2100000001000000' + '2205082000000000' + '210000002100000000000000010000000100000000000000' + '2f62696e2f736800');
  });
  it('is not there for a processor that it is not written for', () => {
    expect(capabilitiesProgram(0n, 'riscv64')).toBeUndefined();
  });
});
