import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStub } from './stub-cluster.ts';
import type { StubCluster } from './stub-cluster.ts';

describe('an independent client', () => {
  let stub: StubCluster;
  let web: Server;

  beforeAll(async () => {
    web = createServer((_request, response) => response.end('hello'));
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const address = web.address();
    stub = await startStub({ ports: { 80: typeof address === 'object' && address !== null ? address.port : 0 } });
  });
  afterAll(async () => {
    await stub.stop();
    web.closeAllConnections();
    web.close();
  });

  /** Speaks the channel protocol by hand; resolves with what came on each channel when the server closes. */
  const channels = (path: string, protocol: string, send: (socket: WebSocket) => void, until?: (text: Map<number, string>) => boolean): Promise<{ code: number; text: Map<number, string> }> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://127.0.0.1:${stub.port}/api/v1/namespaces/default/pods/p/${path}`, protocol, { ca: stub.ca });
      const text = new Map<number, string>();
      socket.on('open', () => send(socket));
      socket.on('message', (message: Buffer) => {
        const channel = message[0] ?? -1;
        text.set(channel, (text.get(channel) ?? '') + message.subarray(1).toString('latin1'));
        if (until?.(text) === true) socket.close();
      });
      socket.on('close', (code) => resolve({ code, text }));
      socket.on('error', reject);
    });

  it.each([
    ['v5.channel.k8s.io', 'command terminated with exit code 2'],
    ['v4.channel.k8s.io', 'error executing command [sh -c read x; echo $x; exit 2], exit code 2'],
  ])('executes a command over %s', async (protocol, why) => {
    const { code, text } = await channels('exec?command=sh&command=-c&command=read%20x%3B%20echo%20%24x%3B%20exit%202&stdin=true&stdout=true', protocol, (socket) => socket.send(Buffer.from('\0typed\n')));
    expect(code).toBe(1000);
    expect([...text]).toEqual([
      [1, 'typed\n'],
      [3, `{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: ${why}","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"2"}]}}`],
    ]);
  });

  it('ends standard input alone, in version 5', async () => {
    const { text } = await channels('exec?command=wc&command=-c&stdin=true&stdout=true', 'v5.channel.k8s.io', (socket) => {
      socket.send(Buffer.from('\0abc'));
      socket.send(Buffer.from([255, 0]));
    });
    expect([...text]).toEqual([[1, '3\n'], [3, '{"metadata":{},"status":"Success"}']]);
  });

  it('forwards a port in channels', async () => {
    const { text } = await channels('portforward?ports=80', 'v4.channel.k8s.io', (socket) => socket.send(Buffer.from('\0GET / HTTP/1.0\r\n\r\n')), (t) => t.get(0)?.includes('hello') === true);
    expect(text.get(0)).toMatch(/^P\0HTTP\/1\.1 200 OK[^]*hello$/);
    expect(text.get(1)).toBe('P\0');
  });

  it('gets the end of a process that it leaves', async () => {
    const marker = `sleep 30.${stub.port}`;
    await channels(`exec?command=sh&command=-c&command=${encodeURIComponent(`echo on; exec ${marker}`)}&stdout=true`, 'v5.channel.k8s.io', () => undefined, (t) => t.get(1) === 'on\n');
    let left = 'x';
    for (let i = 0; i < 100 && left !== ''; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      left = execFileSync('sh', ['-c', `ps -eo args | grep '^${marker}' || true`]).toString();
    }
    expect(left).toBe('');
  });

  const raw = (lines: string[], then?: Buffer): Promise<string> =>
    new Promise((resolve) => {
      const socket = tlsConnect({ port: stub.port, host: '127.0.0.1', ca: stub.ca }, () => {
        socket.write(`${lines.join('\r\n')}\r\nHost: x\r\n\r\n`);
        if (then !== undefined) socket.write(then);
      });
      let text = '';
      socket.on('data', (d: Buffer) => (text += d.toString('latin1')));
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
  const SPDY = ['Connection: Upgrade', 'Upgrade: SPDY/3.1'];

  it('is refused in plain words when the two have no protocol in common', async () => {
    expect(await raw(['POST /api/v1/namespaces/default/pods/p/portforward HTTP/1.1', ...SPDY, 'X-Stream-Protocol-Version: nonsense'])).toMatch(
      /^HTTP\/1\.1 403 Forbidden[^]*unable to upgrade: unable to negotiate protocol: client supports \[nonsense\], server accepts \[portforward\.k8s\.io\]$/,
    );
    expect(await raw(['POST /api/v1/namespaces/default/pods/p/exec?command=ls HTTP/1.1', ...SPDY])).toContain('you must specify at least 1 of stdin, stdout, stderr');
    expect(await raw(['POST /api/v1/namespaces/default/pods/p/exec?command=ls&stdout=1&container=zz HTTP/1.1', ...SPDY])).toContain('container zz is not valid for pod p');
  });

  it('is cut off when it sends garbage, and the server goes on', async () => {
    const head = ['POST /api/v1/namespaces/default/pods/p/portforward HTTP/1.1', ...SPDY, 'X-Stream-Protocol-Version: portforward.k8s.io'];
    const syn = Buffer.concat([Buffer.from('800300010000000e', 'hex'), Buffer.from('00000001000000000000deadbeef', 'hex')]);
    const huge = Buffer.from('8003000100ffffff', 'hex');
    for (const bytes of [syn, huge]) expect(await raw(head, bytes)).toMatch(/^HTTP\/1\.1 101 /);
    expect((await stub.kubectl(['exec', 'p', '--', 'echo', 'alive'])).stdout).toBe('alive\n');
  });
});
