import { expect, test } from 'vitest';
import { spdyReader } from '../../../server/lib/spdy-frames.ts';

const control = (type: number, flags: number, body: string) => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(flags * 0x1000000 + body.length, 4);
  return Buffer.concat([head, Buffer.from(body)]);
};
const data = (stream: number, body: string, fin = false) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream, 0);
  head.writeUInt32BE((fin ? 0x1000000 : 0) + body.length, 4);
  return Buffer.concat([head, Buffer.from(body)]);
};

function recorder() {
  const seen: string[] = [];
  const read = spdyReader({
    control: async (type, flags, body) => void seen.push(`control ${type} ${flags} ${body.toString()}`),
    data: (stream, piece) => void seen.push(`data ${stream} ${piece.toString()}`),
    end: (stream) => void seen.push(`end ${stream}`),
  });
  return { seen, read };
}

test('frames are told one by one, and a stream’s end after its last data', async () => {
  const { seen, read } = recorder();
  await read(Buffer.concat([control(1, 0, 'headers'), data(3, 'hello'), data(3, 'bye', true), control(6, 1, 'ping'), data(5, '', true)]));
  expect(seen).toEqual(['control 1 0 headers', 'data 3 hello', 'data 3 bye', 'end 3', 'control 6 1 ping', 'end 5']);
});

test('control frames are told whole however they come, data as it comes', async () => {
  const { seen, read } = recorder();
  for (const byte of Buffer.concat([control(1, 0, 'ab'), data(3, 'xyz', true)])) await read(Buffer.from([byte]));
  expect(seen).toEqual(['control 1 0 ab', 'data 3 x', 'data 3 y', 'data 3 z', 'end 3']);
});

test('a control frame that is too large is refused', async () => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(128 * 1024 + 1, 4);
  await expect(recorder().read(head)).rejects.toThrow(new RangeError('control frame too large'));
});
