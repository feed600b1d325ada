import { describe, expect, it } from 'vitest';
import { HeaderDeflater } from '../../../../server/cluster/stream/header-block.ts';
import { type Exchange, HttpTap } from '../../../../server/providers/gateway/http-tap.ts';
import { PortForwardTap } from '../../../../server/providers/gateway/port-forward-tap.ts';

function tapped(client: string, server: string, piece = 7): { method: string; url: string; status: number; body: string }[] {
  const seen: Exchange[] = [];
  const tap = new HttpTap((exchange) => seen.push(exchange));
  for (const [text, send] of [[client, (data: Buffer) => tap.client(data)], [server, (data: Buffer) => tap.server(data)]] as const) {
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i += piece) send(bytes.subarray(i, i + piece));
  }
  return seen.map(({ method, url, status, body }) => ({ method, url, status, body: body.toString() }));
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

describe('HTTP that passes by', () => {
  it('is read request by request, however it was cut', () => {
    const client = 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /b?c=1 HTTP/1.1\r\nHost: x\r\n\r\n';
    const expected = [
      { method: 'POST', url: '/a', status: 201, body: 'hello' },
      { method: 'GET', url: '/b?c=1', status: 200, body: '' },
    ];
    for (const piece of [1, 7, 1000]) expect(tapped(client, `HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok${OK}`, piece)).toEqual(expected);
  });

  it('is read in chunks, with trailers', () => {
    const client = 'PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\nGET /d HTTP/1.1\r\n\r\n';
    expect(tapped(client, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n${OK}`)).toEqual([
      { method: 'PUT', url: '/c', status: 200, body: 'hello world' },
      { method: 'GET', url: '/d', status: 200, body: '' },
    ]);
  });

  it('knows answers without a body', () => {
    const client = 'HEAD /e HTTP/1.1\r\n\r\nGET /f HTTP/1.1\r\n\r\nGET /g HTTP/1.1\r\n\r\n';
    expect(tapped(client, `HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n${OK}`).map(({ url, status }) => [url, status])).toEqual([
      ['/e', 200],
      ['/f', 304],
      ['/g', 200],
    ]);
  });

  it('is told as soon as the answer begins, and takes a hundred for no answer', () => {
    expect(tapped('GET /watch HTTP/1.1\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nnever')).toEqual([{ method: 'GET', url: '/watch', status: 200, body: '' }]);
  });

  it('is left alone when it is none', () => {
    expect(tapped('\x16\x03\x01\x02\x00\x01\x00', OK)).toEqual([]);
    expect(tapped('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', OK)).toEqual([]);
  });

  it('keeps no body that is too large', () => {
    const body = 'x'.repeat(70_000);
    expect(tapped(`POST /big HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`, OK, 10_000)).toEqual([{ method: 'POST', url: '/big', status: 200, body: '' }]);
  });
});

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, i * 4));
  return bytes;
}

function dataFrame(stream: number, text: string): Buffer {
  return Buffer.concat([words(stream, text.length), Buffer.from(text)]);
}

async function synStream(deflater: HeaderDeflater, stream: number, headers: Record<string, string>): Promise<Buffer> {
  const block = await deflater.pack(new Map(Object.entries(headers)));
  const body = Buffer.concat([words(stream, 0), Buffer.alloc(2), block]);
  return Buffer.concat([words(0x80030001, body.length), body]);
}

function webSocketFrame(payload: Buffer, masked: boolean, opcode = 2): Buffer {
  const long = payload.length > 125;
  const head = Buffer.from([0x80 | opcode, (masked ? 0x80 : 0) | (long ? 126 : payload.length), ...(long ? [payload.length >> 8, payload.length & 255] : [])]);
  if (!masked) return Buffer.concat([head, payload]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, mask, Buffer.from(payload.map((byte, i) => byte ^ (mask[i & 3] ?? 0)))]);
}

describe('a port-forward that passes by', () => {
  it.each(['spdy', 'websocket'] as const)('shows the requests of each of its connections (%s)', async (framing) => {
    const seen: string[] = [];
    const tap = new PortForwardTap(framing, ({ method, url, status }, port) => seen.push(`${method} ${url} ${status} on ${port}`));
    const deflater = new HeaderDeflater();
    const opening = Buffer.concat([
      await synStream(deflater, 1, { streamtype: 'error', port: '2746', requestid: '0' }),
      await synStream(deflater, 3, { streamtype: 'data', port: '2746', requestid: '0' }),
      await synStream(deflater, 5, { streamtype: 'error', port: '2746', requestid: '1' }),
      await synStream(deflater, 7, { streamtype: 'data', port: '2746', requestid: '1' }),
      dataFrame(3, 'GET /one HTTP/1.1\r\n\r\n'),
      dataFrame(7, 'GET /two HT'),
      words(0x80030006, 4, 1),
      dataFrame(7, 'TP/1.1\r\n\r\n'),
    ]);
    const answers = Buffer.concat([dataFrame(7, 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'), dataFrame(3, OK)]);
    const send = (bytes: Buffer, masked: boolean, to: (data: Buffer) => void) => {
      for (let i = 0; i < bytes.length; i += 50) to(framing === 'spdy' ? bytes.subarray(i, i + 50) : webSocketFrame(bytes.subarray(i, i + 50), masked));
    };
    send(opening, true, (data) => tap.client(data));
    if (framing === 'websocket') tap.client(webSocketFrame(Buffer.from('ping'), true, 9));
    send(answers, false, (data) => tap.server(data));
    await expect.poll(() => seen).toEqual(['GET /two 404 on 2746', 'GET /one 200 on 2746']);
    tap.close();
    deflater.close();
  });

  it('stops looking at what it can’t read, and says nothing of it', async () => {
    const seen: string[] = [];
    const tap = new PortForwardTap('spdy', ({ url }) => seen.push(url));
    tap.client(Buffer.concat([words(0x80030001, 20), Buffer.alloc(20, 0xff)]));
    tap.client(dataFrame(3, 'GET /one HTTP/1.1\r\n\r\n'));
    tap.server(dataFrame(3, OK));
    await new Promise((done) => setImmediate(done));
    expect(seen).toEqual([]);
    tap.close();
  });
});
