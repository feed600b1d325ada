import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { createPodNetwork, parseClusterName, allocateServiceIP } from '../../../../server/cluster/network/index.ts';
import { isServiceIP } from '../../../../server/cluster/network/service-addresses.ts';

/** All that a stream brings; unlike an async iterator it leaves the writing side alone. */
async function collect(stream: Readable): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, 'end');
  return text;
}

test('a pod keeps its address until it is released, and the next pod gets another', () => {
  const network = createPodNetwork();
  expect([network.addressOf('a'), network.addressOf('a'), network.addressOf('b')]).toEqual(['10.244.0.2', '10.244.0.2', '10.244.0.3']);
  network.release('a');
  expect(network.addressOf('c')).toBe('10.244.0.4');
  expect([network.podAt('10.244.0.2'), network.podAt('10.244.0.4')]).toEqual([undefined, 'c']);
});

test('what one end writes the other reads, in both directions, with a half-close', async () => {
  const network = createPodNetwork();
  network.listen('a', 80, (socket) => {
    void collect(socket).then((text) => socket.end(`got ${text}`));
  });
  const socket = await network.dial('a', 80);
  socket.end('hello');
  expect(await collect(socket)).toBe('got hello');
});

test('nobody listening is ECONNREFUSED, a taken port EADDRINUSE, and a stopped listener is gone', async () => {
  const network = createPodNetwork();
  const stop = network.listen('a', 80, () => {});
  expect(() => network.listen('a', 80, () => {})).toThrow('listen EADDRINUSE: address already in use :::80');
  stop();
  await expect(network.dial('a', 80)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a slow reader holds the writer back', async () => {
  const network = createPodNetwork();
  let read: (() => void) | undefined;
  network.listen('a', 80, (socket) => {
    read = () => socket.resume();
  });
  const socket = await network.dial('a', 80);
  let accepted = 0;
  for (let i = 0; i < 100; i++) socket.write(Buffer.alloc(64 * 1024), () => (accepted += 1));
  await new Promise((resolve) => setImmediate(resolve));
  expect(accepted).toBeLessThan(5);
  read?.();
  socket.end();
  await once(socket, 'finish');
  expect(accepted).toBe(100);
});

test('an HTTP server of ours answers over a virtual port', async () => {
  const network = createPodNetwork();
  const server = createServer((req, res) => res.end(`you asked for ${req.url}`));
  network.listen('a', 80, (socket) => server.emit('connection', socket));
  const socket = await network.dial('a', 80);
  const body = await new Promise<string>((resolve, reject) => {
    request({ createConnection: () => socket, path: '/x' }, (res) => resolve(collect(res))).on('error', reject).end();
  });
  expect(body).toBe('you asked for /x');
});

test('a connection that breaks breaks at the other end too', async () => {
  const network = createPodNetwork();
  const broken = new Promise((resolve) => network.listen('a', 80, (socket) => socket.on('error', resolve)));
  const socket = await network.dial('a', 80);
  socket.on('error', () => {});
  socket.destroy(new Error('cable cut'));
  expect(await broken).toMatchObject({ code: 'ECONNRESET' });
});

test('ports of real processes are reached through the pod they belong to', async () => {
  const network = createPodNetwork();
  const other = createPodNetwork();
  other.listen('x', 8080, (socket) => socket.end('from a process'));
  const remove = network.addPodDialer('a', (port) => other.dial('x', port));
  expect(await collect(await network.dialAddress(network.addressOf('a'), 8080))).toBe('from a process');
  remove();
  await expect(network.dial('a', 8080)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('names of the cluster are taken apart', () => {
  expect(parseClusterName('web', 'ns')).toEqual({ kind: 'service', name: 'web', namespace: 'ns' });
  expect(parseClusterName('web.argo')).toEqual({ kind: 'service', name: 'web', namespace: 'argo' });
  expect(parseClusterName('web.argo.svc')).toEqual({ kind: 'service', name: 'web', namespace: 'argo' });
  expect(parseClusterName('WEB.argo.svc.cluster.local.')).toEqual({ kind: 'service', name: 'web', namespace: 'argo' });
  expect(parseClusterName('db-0.db.ns.svc.cluster.local')).toEqual({ kind: 'service-pod', hostname: 'db-0', name: 'db', namespace: 'ns' });
  expect(parseClusterName('10-244-0-7.ns.pod')).toEqual({ kind: 'pod', address: '10.244.0.7' });
  expect(parseClusterName('a.example.com')).toEqual({ kind: 'unknown' });
});

test('a Service address is in the range and not taken', () => {
  const first = allocateServiceIP(new Set(), () => 0);
  const second = allocateServiceIP(new Set([first]), () => 0);
  expect([first, second, isServiceIP(first), isServiceIP('10.244.0.1'), isServiceIP('10.96.0.0')]).toEqual(['10.96.1.0', '10.96.1.1', true, false, false]);
});
