import { expect, test } from 'vitest';
import { linesOf } from '../../../server/lib/lines.ts';

async function* given(...chunks: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* chunks;
}

async function all(stream: AsyncIterable<string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of stream) lines.push(line);
  return lines;
}

test('lines are put together from what comes, letters of several bytes as well', async () => {
  const [first, second] = [Buffer.from('one\n\ntwö').subarray(0, 8), Buffer.from('one\n\ntwö\nthree\n').subarray(8)];
  expect(await all(linesOf(given(first, second)))).toEqual(['one', '', 'twö', 'three']);
  expect(await all(linesOf(given('a', 'b\nc', '\n')))).toEqual(['ab', 'c']);
});

test('the last line needs no end', async () => {
  expect(await all(linesOf(given('a\nb')))).toEqual(['a', 'b']);
  expect(await all(linesOf(given()))).toEqual([]);
});

test('a line is there before the stream is over, and a stream that breaks rejects', async () => {
  const stream = linesOf((async function* () {
    yield 'a\nb';
    throw new Error('cut');
  })());
  expect(await stream.next()).toEqual({ value: 'a', done: false });
  await expect(stream.next()).rejects.toThrow('cut');
});
