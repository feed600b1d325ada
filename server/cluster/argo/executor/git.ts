import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { ProgramContext } from '../../program.ts';
import { callInCluster, dialInCluster } from './cluster-http.ts';
import { mountedSecret } from './secrets.ts';

const run = promisify(execFile);
const LIMIT_MS = 120_000;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Clones a repository of a git artifact to a folder, with the machine's own git, which reaches only what a pod reaches:
 * it speaks through a proxy that dials inside the cluster. Throws with Argo's words.
 * After argo-workflows v3.7.6 workflow/artifacts/git/git.go
 */
export async function cloneRepository(context: ProgramContext, artifact: JsonObject, target: string): Promise<void> {
  const repo = text(artifact['repo']);
  const username = await mountedSecret(context, artifact['usernameSecret']);
  const password = await mountedSecret(context, artifact['passwordSecret']);
  const branch = text(artifact['branch']);
  const single = artifact['singleBranch'] === true;
  if (single && branch === '') throw new Error('single branch mode without a branch specified');
  const failed = (what: string) => new Error(`failed to clone ${JSON.stringify(repo)}: ${what}`);
  if (!/^https?:\/\//.test(repo)) {
    const host = /^(?:ssh:\/\/)?(?:[^@/]*@)?([^:/]+)[:/]/.exec(repo)?.[1];
    throw failed(host === undefined ? 'repository not found' : `dial tcp: lookup ${host} on 10.96.0.10:53: no such host`);
  }
  await probe(context, repo, { username, password, insecure: artifact['insecureSkipTLS'] === true }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  const proxy = await startProxy(context);
  const home = await mkdtemp(join(tmpdir(), 'git-'));
  const git = async (cwd: string, ...args: string[]): Promise<void> => {
    const options = ['-c', `http.proxy=${proxy.address}`, '-c', 'core.hooksPath=/dev/null', '-c', 'credential.helper=', ...(artifact['insecureSkipTLS'] === true ? ['-c', 'http.sslVerify=false'] : [])];
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: home, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'http:https' };
    try {
      await run('git', [...options, ...args], { cwd, env, timeout: LIMIT_MS, signal: context.signal, maxBuffer: 1 << 24 });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new Error('this machine has no git', { cause: error });
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
      throw new Error(/(?:fatal|error): (.*)/.exec(said)?.[1] ?? (error instanceof Error ? error.message : String(error)), { cause: error });
    }
  };
  try {
    const url = new URL(repo);
    if (username !== '' || password !== '') Object.assign(url, { username: encodeURIComponent(username), password: encodeURIComponent(password) });
    const depth = typeof artifact['depth'] === 'number' && artifact['depth'] > 0 ? ['--depth', String(artifact['depth']), '--no-single-branch'] : [];
    await mkdir(target, { recursive: true });
    await git(home, 'clone', '--quiet', ...depth, ...(single ? ['--single-branch', '--branch', branch] : []), '--', url.href, target).catch((error: unknown) => {
      throw failed(error instanceof Error ? error.message : String(error));
    });
    const fetches = Array.isArray(artifact['fetch']) ? artifact['fetch'].map(String) : [];
    if (fetches.length > 0) await git(target, 'fetch', '--quiet', 'origin', ...fetches.map((spec) => spec.replace(/^-+/, '')));
    const revision = text(artifact['revision']);
    if (revision !== '') {
      await git(target, 'checkout', '--quiet', '--detach', '--end-of-options', revision).catch(async () => {
        await git(target, 'checkout', '--quiet', '--detach', '--end-of-options', `origin/${revision}`).catch(() => {
          throw new Error('failed to get resolve revision: reference not found');
        });
      });
    }
    if (artifact['disableSubmodules'] !== true) await git(target, 'submodule', '--quiet', 'update', '--init', '--recursive');
    await git(target, 'remote', 'set-url', 'origin', repo);
  } finally {
    proxy.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** Asks the server once, so that what goes wrong is told in Go's words. */
async function probe(context: ProgramContext, repo: string, options: { username: string; password: string; insecure: boolean }): Promise<void> {
  const credentials = Buffer.from(`${options.username}:${options.password}`).toString('base64');
  const { status } = await callInCluster(context.network, {
    method: 'GET',
    url: `${repo.replace(/\/$/, '')}/info/refs?service=git-upload-pack`,
    namespace: context.pod.metadata.namespace ?? 'default',
    insecureSkipVerify: options.insecure,
    ...(options.username === '' && options.password === '' ? {} : { headers: { authorization: `Basic ${credentials}` } }),
  });
  if (status === 401) throw new Error('authentication required');
  if (status === 403) throw new Error('authorization failed');
  if (status === 404) throw new Error('repository not found');
}

/** A proxy on loopback, for whoever knows its password, that connects inside the cluster. */
async function startProxy(context: ProgramContext): Promise<{ address: string; stop: () => void }> {
  const key = context.ids.secret();
  const allowed = `Basic ${Buffer.from(`git:${key}`).toString('base64')}`;
  const namespace = context.pod.metadata.namespace ?? 'default';
  const sockets = new Set<Socket>();
  const may = (request: IncomingMessage) => request.headers['proxy-authorization'] === allowed;
  const server = createServer((request, response) => {
    const refuse = (status: number) => response.writeHead(status, status === 407 ? { 'proxy-authenticate': 'Basic realm="git"' } : {}).end();
    if (!may(request)) return void refuse(407);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'proxy-authorization': _key, 'proxy-connection': _connection, host: _host, 'content-length': _length, 'transfer-encoding': _encoding, ...rest } = request.headers;
      const headers = Object.fromEntries(Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
      callInCluster(context.network, { method: request.method ?? 'GET', url: request.url ?? '', headers, body: Buffer.concat(chunks), namespace }).then(
        (answer) => {
          const { 'transfer-encoding': _e, connection: _c, ...out } = answer.headers;
          response.writeHead(answer.status, { ...out, 'content-length': String(answer.body.byteLength) }).end(answer.body);
        },
        () => void refuse(502),
      );
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, socket) => {
    if (!may(request)) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="git"\r\n\r\n');
      return;
    }
    const [host = '', port = '443'] = (request.url ?? '').split(':');
    dialInCluster(context.network, host, Number(port), namespace).then(
      (far) => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        far.pipe(socket).pipe(far);
        far.once('error', () => socket.destroy());
        socket.once('error', () => far.destroy());
      },
      () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://git:${key}@127.0.0.1:${port}`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const isGit = (value: unknown): value is JsonObject => isJsonObject(value) && typeof value['repo'] === 'string' && value['repo'] !== '';
