import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStub } from './stub-cluster.ts';
import type { StubCluster } from './stub-cluster.ts';

const MEGABYTE = 1024 * 1024;

describe.each([
  ['over a WebSocket', true],
  ['over SPDY, when WebSockets fail', false],
])('kubectl %s', (_name, websockets) => {
  let stub: StubCluster;
  let web: Server;

  beforeAll(async () => {
    web = createServer((request, response) => {
      if (request.url !== '/') {
        const chunk = Buffer.alloc(MEGABYTE, 'x');
        let left = request.url === '/large' ? 40 : 4000;
        const more = () => {
          while (left-- > 0) if (!response.write(chunk)) { response.once('drain', more); return; }
          response.end();
        };
        more();
        return;
      }
      const parts: Buffer[] = [];
      request.on('data', (c: Buffer) => parts.push(c));
      request.on('end', () => response.end(`got ${Buffer.concat(parts).length}`));
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const address = web.address();
    stub = await startStub({ websockets, ports: { 8080: typeof address === 'object' && address !== null ? address.port : 0 } });
  });
  afterAll(async () => {
    await stub.stop();
    web.closeAllConnections();
    web.close();
  });

  it('runs a command and shows both its outputs', async () => {
    expect(await stub.kubectl(['exec', 'p', '--', 'sh', '-c', 'echo out; echo err >&2'])).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' });
  });

  it('hands on the exit code', async () => {
    expect(await stub.kubectl(['exec', 'p', '--', 'sh', '-c', 'exit 3'])).toEqual({ code: 3, stdout: '', stderr: 'command terminated with exit code 3\n' });
  });

  it('says when there is no such command', async () => {
    // Over WebSockets the API server says it once more.
    const words = `${websockets ? 'Internal error occurred: ' : ''}Internal error occurred: error executing command in container: spawn /no/such ENOENT`;
    expect(await stub.kubectl(['exec', 'p', '--', '/no/such'])).toEqual({ code: 1, stdout: '', stderr: `error: ${words}\n` });
  });

  it('says that a container does not run', async () => {
    const server = websockets ? 'Internal error occurred: ' : '';
    expect(await stub.kubectl(['exec', 'q', '--', 'true'])).toEqual({ code: 1, stdout: '', stderr: `error: ${server}unable to upgrade connection: container not found ("a")\n` });
  });

  it('sends standard input to its end', async () => {
    expect(await stub.kubectl(['exec', '-i', 'p', '--', 'wc', '-c'], Buffer.alloc(5 * MEGABYTE, 'y'))).toEqual({ code: 0, stdout: `${5 * MEGABYTE}\n`, stderr: '' });
  });

  it('loses nothing of a large output', async () => {
    const { code, stdout } = await stub.kubectl(['exec', 'p', '--', 'head', '-c', String(20 * MEGABYTE), '/dev/zero']);
    expect({ code, length: stdout.length }).toEqual({ code: 0, length: 20 * MEGABYTE });
  });

  it('copies files both ways', async () => {
    const folder = `/tmp/stub-cp-${stub.port}`;
    const { code } = await stub.kubectl(['exec', 'p', '--', 'sh', '-c', `mkdir -p ${folder}/in && echo there > ${folder}/in/f`]);
    expect(code).toBe(0);
    expect((await stub.kubectl(['cp', `p:${folder}/in/f`, `${folder}/back`])).code).toBe(0);
    expect((await stub.kubectl(['cp', `${folder}/back`, `p:${folder}/in/again`])).code).toBe(0);
    expect(await stub.kubectl(['exec', 'p', '--', 'cat', `${folder}/in/again`])).toMatchObject({ stdout: 'there\n' });
    await stub.kubectl(['exec', 'p', '--', 'rm', '-r', folder]);
  });

  it('attaches', async () => {
    const { code, stdout } = await stub.kubectl(['attach', '-i', 'p'], 'hello\n');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'attached\nhello\n' });
  });

  async function forwarding(port: string): Promise<{ local: number; text: () => string; ended: Promise<unknown[]>; stop(): void }> {
    const child = spawn('kubectl', ['--kubeconfig', stub.kubeconfig, 'port-forward', 'p', port, '--address', '127.0.0.1']);
    let text = '';
    const ended = once(child, 'exit');
    child.stdout.on('data', (d: Buffer) => (text += d.toString()));
    child.stderr.on('data', (d: Buffer) => (text += d.toString()));
    for (;;) {
      const match = /127\.0\.0\.1:(\d+)/.exec(text);
      if (match?.[1] !== undefined) return { local: Number(match[1]), text: () => text, ended, stop: () => child.kill() };
      if (child.exitCode !== null) throw new Error(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('forwards a port, many connections at once and large answers whole', async () => {
    const forward = await forwarding(':8080');
    const base = `http://127.0.0.1:${forward.local}`;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(base, { method: 'POST', body: 'z'.repeat(i * 1000) }).then((r) => r.text())));
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => `got ${i * 1000}`));
    const large = await (await fetch(`${base}/large`)).arrayBuffer();
    expect(large.byteLength).toBe(40 * MEGABYTE);
    forward.stop();
    await forward.ended;
  });

  it('fetches no more than the buffers on the way hold when the client stalls', async () => {
    const forward = await forwarding(':8080');
    let fetched = () => 0;
    web.once('connection', (socket) => (fetched = () => socket.bytesWritten));
    const stalled = await fetch(`http://127.0.0.1:${forward.local}/huge`);
    let [before, now] = [-1, 0];
    while (before !== now) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      [before, now] = [now, fetched()];
    }
    expect(now).toBeLessThan(48 * MEGABYTE);
    await stalled.body?.cancel();
    forward.stop();
    await forward.ended;
  });

  it('says that nobody listens, in the words of the real one, and ends', async () => {
    const forward = await forwarding(':9090');
    await expect(fetch(`http://127.0.0.1:${forward.local}`)).rejects.toThrow();
    await forward.ended;
    const text = forward.text().replace(/[0-9a-f]{64}/g, 'SANDBOX').replace(/cni-[0-9a-f-]+/g, 'cni-ID');
    expect(text).toContain(
      `an error occurred forwarding ${forward.local} -> 9090: error forwarding port 9090 to pod SANDBOX, uid : failed to execute portforward in network namespace \\"/var/run/netns/cni-ID\\": failed to connect to localhost:9090 inside namespace \\"SANDBOX\\", IPv4: dial tcp4 127.0.0.1:9090: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found "`,
    );
    expect(text).toContain('error: lost connection to pod');
  });
});
