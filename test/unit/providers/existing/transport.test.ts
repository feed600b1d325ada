import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CertificateAuthority } from '../../../../server/cluster/auth/certificates.ts';
import { ManualClock, systemClock } from '../../../../server/lib/clock.ts';
import { LabError } from '../../../../server/lib/errors.ts';
import { createCredentials } from '../../../../server/providers/existing/credentials.ts';
import type { Bearer, KubeAccess } from '../../../../server/providers/existing/kubeconfig.ts';
import { type KubeTransport, openTransport } from '../../../../server/providers/existing/transport.ts';

const folder = mkdtempSync(join(tmpdir(), 'transport-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const opened: (() => void)[] = [];
afterEach(() => opened.splice(0).forEach((close) => close()));

function access(server: string, more: Partial<KubeAccess> = {}): KubeAccess {
  return { file: '/kc', context: 'ctx', cluster: 'c', user: 'u', server: new URL(server), namespace: 'default', insecure: false, bearer: { kind: 'none' }, ...more };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  opened.push(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return port;
}

/** An API server that answers with the token it was asked with; 401 for a token that is `stale`. */
async function echo(): Promise<{ port: number; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    response.statusCode = request.headers.authorization === 'Bearer stale' ? 401 : 200;
    request.resume().on('end', () => response.end(request.headers.authorization ?? 'nobody'));
  });
  return { port: await listening(server), seen };
}

function open(given: KubeAccess): KubeTransport {
  const transport = openTransport(given, systemClock);
  opened.push(() => transport.close());
  return transport;
}

async function ask(transport: KubeTransport, method = 'GET', body?: string): Promise<string> {
  const { status, body: answer } = await transport.request({ method, path: '/version', ...(body === undefined ? {} : { body }) });
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return `${status} ${text}`;
}

/** A plugin that prints what stands in a file beside it, and counts how often it was asked. */
function plugin(name: string, script: string): Bearer {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return { kind: 'exec', plugin: { apiVersion: 'client.authentication.k8s.io/v1', command: file, args: ['get-token'], env: { PROFILE: 'lab' }, provideClusterInfo: true, installHint: 'Install it from example.com' } };
}

const token = (value: string, end?: string) => `echo '${JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status: { token: value, ...(end === undefined ? {} : { expirationTimestamp: end }) } })}'`;

async function failure(work: Promise<unknown>): Promise<{ message: string; next: string | undefined }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LabError)) throw error instanceof Error ? error : new Error('it did not fail');
  return { message: error.message.replaceAll(folder, '…'), next: error.next };
}

describe('requests go out as the kubeconfig says', () => {
  it.each([
    [{ kind: 'token', token: 't' }, 'Bearer t'],
    [{ kind: 'basic', username: 'me', password: 'pw' }, `Basic ${Buffer.from('me:pw').toString('base64')}`],
    [{ kind: 'none' }, 'nobody'],
  ] as const)('%j', async (bearer, expected) => {
    const { port } = await echo();
    expect(await ask(open(access(`http://127.0.0.1:${port}`, { bearer })))).toBe(`200 ${expected}`);
  });

  it('with a prefix of the path, for somebody else, and with the length of what a DELETE carries', async () => {
    const { port, seen } = await echo();
    const transport = open(access(`http://127.0.0.1:${port}/clusters/a/`, { impersonate: { user: 'jane', groups: ['dev', 'ops'] } }));
    expect(await ask(transport, 'DELETE', '{}')).toBe('200 nobody');
    expect(seen.map(({ method, url, headers }) => [method, url, headers['content-length'], headers['impersonate-user'], headers['impersonate-group']])).toEqual([['DELETE', '/clusters/a/version', '2', 'jane', 'dev, ops']]);
  });

  it('through a proxy, with its name and password', async () => {
    const { port } = await echo();
    const connects: unknown[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      connects.push([request.url, request.headers['proxy-authorization']]);
      const target = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
    });
    const proxyPort = await listening(proxy);
    const transport = open(access('http://kube.internal:8001', { proxy: new URL(`http://me:pw@127.0.0.1:${proxyPort}`) }));
    expect(await ask(transport)).toBe('200 nobody');
    expect(connects).toEqual([['kube.internal:8001', `Basic ${Buffer.from('me:pw').toString('base64')}`]]);
  });

  it('over TLS, checked for the name that the kubeconfig gives, with the client’s certificate', async () => {
    const authority = CertificateAuthority.create('test', Date.now());
    const [server, client] = (['server', 'client'] as const).map((usage) => authority.issue({ subject: { commonName: usage }, altNames: ['kubernetes'], usage, notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }));
    if (server === undefined || client === undefined) throw new Error('no certificates');
    const site = createSecureServer({ key: server.key, cert: server.certificate, ca: authority.certificate, requestCert: true, rejectUnauthorized: true }, (request, response) => {
      const socket: unknown = request.socket;
      response.end(JSON.stringify(typeof socket === 'object' && socket !== null && 'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function' ? Reflect.apply(socket.getPeerCertificate, socket, []).subject : {}));
    });
    const port = await listening(site);
    const secure = { ca: Buffer.from(authority.certificate), client: { certificate: Buffer.from(client.certificate), key: Buffer.from(client.key) } };
    expect(await ask(open(access(`https://127.0.0.1:${port}`, { ...secure, serverName: 'kubernetes' })))).toBe('200 {"CN":"client"}');
    expect((await failure(ask(open(access(`https://127.0.0.1:${port}`, secure))))).message).toMatch(/^the certificate of 127\.0\.0\.1:\d+ is for another name: /);
    expect(await ask(open(access(`https://127.0.0.1:${port}`, { client: secure.client, insecure: true })))).toBe('200 {"CN":"client"}');
  });
});

describe('credentials that change', () => {
  it('are asked for again when the server refuses them', async () => {
    const { port } = await echo();
    const file = join(folder, 'token');
    writeFileSync(file, 'stale\n');
    const transport = open(access(`http://127.0.0.1:${port}`, { bearer: { kind: 'file', path: file } }));
    expect(await ask(transport)).toBe('401 Bearer stale');
    writeFileSync(file, 'fresh\n');
    expect(await ask(transport)).toBe('200 Bearer fresh');
  });

  it('come from a plugin, which is told about the cluster and asked again only before they end', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const log = join(folder, 'plugin.log');
    const bearer = plugin('plugin', `echo "$1 $PROFILE $KUBERNETES_EXEC_INFO" >>'${log}'\n${token('from-plugin', '2026-01-01T01:00:00Z')}`);
    const credentials = createCredentials(access('https://kube:6443', { bearer, insecure: true }), clock);
    expect(await Promise.all([credentials.get(), credentials.get()])).toEqual([{ headers: { authorization: 'Bearer from-plugin' } }, { headers: { authorization: 'Bearer from-plugin' } }]);
    clock.advance(59 * 60_000);
    await credentials.get();
    clock.advance(45_000);
    await credentials.get();
    const { readFileSync } = await import('node:fs');
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe('get-token lab {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"https://kube:6443","insecure-skip-tls-verify":true}}}');
  });
});

describe('what fails is told with the next step', () => {
  it.each([
    ['a plugin that is not there', { kind: 'exec', plugin: { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'missing'), args: [], env: {}, provideClusterInfo: false, installHint: 'Install it' } } satisfies Bearer, 'kubeconfig /kc: exec of user u: the command …/missing is not there', 'Install it'],
    ['a plugin that fails', plugin('failing', 'echo "token expired" >&2; exit 3'), 'kubeconfig /kc: exec of user u: …/failing ended with 3: token expired', 'Run it once by hand; you may have to log in again.'],
    ['a plugin that prints something else', plugin('odd', 'echo hello'), 'kubeconfig /kc: exec of user u: …/odd printed no ExecCredential', 'Look at what it prints; it may be of another version than the kubeconfig.'],
    ['a token file that is gone', { kind: 'file', path: join(folder, 'gone') } satisfies Bearer, "kubeconfig /kc: tokenFile of user u: ENOENT: no such file or directory, open '…/gone'", 'Put a token there, or use another user.'],
  ])('%s', async (_what, bearer, message, next) => {
    expect(await failure(ask(open(access('http://127.0.0.1:1', { bearer }))))).toEqual({ message, next });
  });

  it('a proxy that refuses', async () => {
    const proxy = createServer();
    proxy.on('connect', (_request, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const port = await listening(proxy);
    expect(await failure(ask(open(access('https://kube:6443', { proxy: new URL(`http://127.0.0.1:${port}`) }))))).toEqual({ message: `kube:6443 can't be reached: the proxy 127.0.0.1:${port} answered 407`, next: 'Look at proxy-url of cluster c in /kc.' });
  });

  it('a name that nobody knows', async () => {
    expect((await failure(ask(open(access('https://no-such-host.invalid:6443'))))).message).toMatch(/^the name no-such-host\.invalid is not known here$/);
  });
});
