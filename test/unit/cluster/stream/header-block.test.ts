import { createDeflate } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HeaderDeflater, HeaderInflater, decodeHeaders, encodeHeaders } from '../../../../server/cluster/stream/header-block.ts';
import { SPDY_DICTIONARY } from '../../../../server/cluster/stream/spdy-dictionary.ts';

describe('header blocks', () => {
  it('use the dictionary that the protocol fixes', () => {
    // The zlib stream names its dictionary by this checksum.
    let a = 1;
    let b = 0;
    for (const byte of SPDY_DICTIONARY) {
      a = (a + byte) % 65_521;
      b = (b + a) % 65_521;
    }
    expect((b * 65_536 + a).toString(16)).toBe('e3c6a7c2');
    expect(SPDY_DICTIONARY.length).toBe(1423);
    expect(createDeflate).toBeTypeOf('function');
  });

  it('come back as they went, one after another in one stream', async () => {
    const pack = new HeaderDeflater();
    const unpack = new HeaderInflater();
    for (const entries of [[['streamtype', 'data'], ['port', '8080']], [], [['requestid', '1'], ['streamtype', 'error']]] as [string, string][][]) {
      expect([...(await unpack.unpack(await pack.pack(new Map(entries))))]).toEqual(entries);
    }
    pack.close();
    unpack.close();
  });

  it('are refused when cut short, garbled or too large', async () => {
    expect(() => decodeHeaders(encodeHeaders(new Map([['a', 'b']])).subarray(0, 10))).toThrow(RangeError);
    await expect(new HeaderInflater().unpack(Buffer.from('no zlib'))).rejects.toThrow();
    await expect(new HeaderInflater().unpack(await new HeaderDeflater().pack(new Map([['a', 'b'.repeat(1_000_000)]])))).rejects.toThrow('too large');
  });
});
