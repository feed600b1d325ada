import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readAtMost } from '../../../server/lib/read-at-most.ts';

test('a stream that is as long as allowed is read whole', async () => {
  expect((await readAtMost(Readable.from([Buffer.from('ab'), 'ü', new Uint8Array([99])]), 5))?.toString()).toBe('abüc');
  expect(await readAtMost(Readable.from([]), 0)).toEqual(Buffer.alloc(0));
});

test('a stream that is longer is nothing, and is not read on', async () => {
  const given: string[] = [];
  const stream = Readable.from((function* () {
    for (const text of ['abc', 'def', 'ghi', 'jkl']) {
      given.push(text);
      yield Buffer.from(text);
    }
  })(), { highWaterMark: 1 });
  expect(await readAtMost(stream, 5)).toBe(undefined);
  expect(stream.destroyed).toBe(true);
  expect(given).not.toContain('jkl');
});

test('a stream that breaks rejects with its reason', async () => {
  const stream = Readable.from((async function* () {
    yield Buffer.from('abc');
    throw new Error('cut');
  })());
  await expect(readAtMost(stream, 5)).rejects.toThrow('cut');
});
