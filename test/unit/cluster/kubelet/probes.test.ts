import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Probe } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { askProbe, type ProbeTarget } from '../../../../server/cluster/kubelet/probes.ts';
import type { RunningContainer } from '../../../../server/cluster/kubelet/running-container.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

let web: Server;
let grpc: Http2Server;
/** By the port that the probe names. */
const ports = new Map<number, number>();

beforeAll(async () => {
  web = createServer((request, response) => {
    const answers: Record<string, [number, Record<string, string>]> = {
      '/ok': [200, {}],
      '/bad': [503, {}],
      '/to-ok': [302, { location: '/ok' }],
      '/to-bad': [301, { location: '/bad' }],
      '/away': [302, { location: 'http://elsewhere.example/' }],
      '/round': [307, { location: '/round' }],
    };
    const [code, headers] = answers[request.url ?? ''] ?? [404, {}];
    if (request.headers.host !== '10.0.0.9:80') response.writeHead(400).end();
    else if (request.url !== '/never') response.writeHead(code, headers).end('said');
  });
  grpc = createHttp2();
  grpc.on('stream', (stream: ServerHttp2Stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.on('end', () => {
      const service = Buffer.concat(parts).subarray(7).toString();
      if (service === 'slow') return;
      if (headers[':path'] !== '/grpc.health.v1.Health/Check' || service === 'none') {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': service === 'none' ? '5' : '12', 'grpc-message': 'unknown%20service' }, { endStream: true });
        return;
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === 'ill' ? 2 : 1]));
    });
  });
  for (const [name, server] of [[80, web], [9000, grpc]] as const) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    ports.set(name, typeof address === 'object' && address !== null ? address.port : 0);
  }
});
afterAll(() => {
  web.closeAllConnections();
  web.close();
  grpc.close();
});

const target: ProbeTarget = {
  podIP: '10.0.0.9',
  container: { name: 'c', ports: [{ name: 'web', containerPort: 80 }] },
  running: {} as RunningContainer,
  async dial(port) {
    const socket = connect({ port: ports.get(port) ?? 1, host: '127.0.0.1' });
    await once(socket, 'connect');
    return socket;
  },
};
const ask = (probe: Probe) => askProbe(probe, target, systemClock);
const get = (path: string, port: number | string = 'web') => ask({ httpGet: { path, port } });

test('an HTTP probe passes up to 399, and follows redirects on the same host', async () => {
  expect(await get('/ok')).toEqual({ ok: true });
  expect(await get('/to-ok')).toEqual({ ok: true });
  expect(await get('/bad')).toEqual({ ok: false, output: 'HTTP probe failed with statuscode: 503' });
  expect(await get('/to-bad')).toEqual({ ok: false, output: 'HTTP probe failed with statuscode: 503' });
  expect(await get('/away')).toEqual({ ok: true, warning: 'Probe terminated redirects, Response body: said' });
  expect(await get('/round')).toEqual({ ok: false, output: 'Get "http://10.0.0.9:80/round": stopped after 10 redirects' });
});

test('an HTTP probe says whom it could not reach', async () => {
  expect(await get('/ok', 81)).toEqual({ ok: false, output: 'Get "http://10.0.0.9:81/ok": dial tcp 10.0.0.9:81: connect: connection refused' });
  expect(await get('/never')).toEqual({ ok: false, output: 'Get "http://10.0.0.9:80/never": context deadline exceeded (Client.Timeout exceeded while awaiting headers)' });
});

test('a gRPC probe asks the health service', async () => {
  expect(await ask({ grpc: { port: 9000 } })).toEqual({ ok: true });
  expect(await ask({ grpc: { port: 9000, service: 'shop' } })).toEqual({ ok: true });
  expect(await ask({ grpc: { port: 9000, service: 'ill' } })).toEqual({ ok: false, output: 'service unhealthy (responded with "NOT_SERVING")' });
  expect(await ask({ grpc: { port: 9000, service: 'none' } })).toEqual({ ok: false, output: 'error: health rpc probe failed: rpc error: code = NotFound desc = unknown service' });
});

test('a gRPC probe says what it waited for', async () => {
  expect(await ask({ grpc: { port: 9000, service: 'slow' } })).toEqual({ ok: false, output: 'timeout: health rpc did not complete within 1s' });
  expect(await ask({ grpc: { port: 81 } })).toEqual({ ok: false, output: 'timeout: failed to connect service "10.0.0.9:81" within 1s: context deadline exceeded' });
});

test('a TCP probe knocks', async () => {
  expect(await ask({ tcpSocket: { port: 80 } })).toEqual({ ok: true });
  expect(await ask({ tcpSocket: { port: 81 } })).toEqual({ ok: false, output: 'dial tcp 10.0.0.9:81: connect: connection refused' });
});
