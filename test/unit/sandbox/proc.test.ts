import { describe, expect, it } from 'vitest';
import { parseListening } from '../../../server/sandbox/proc.ts';

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0ABA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:0ABA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
`;

describe('what listens in a network namespace', () => {
  it('is read from the kernel without connecting', () => {
    expect(parseListening(TCP)).toEqual([
      { port: 2746, address: '0100007F' },
      { port: 8000, address: '00000000' },
    ]);
  });
});
