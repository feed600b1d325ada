import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { ProgramContext, Toolbox, ToolResult } from '../../program.ts';
import { callInCluster, dialInCluster } from './cluster-http.ts';
import { mountedSecret } from './secrets.ts';

const run = promisify(execFile);
const LIMIT_MS = 120_000;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Clones a repository of a git artifact to a folder, with the machine's own git in a sandbox of the pod's, where there is one. It
 * reaches only what a pod reaches: it speaks through a proxy that dials inside the cluster. Throws with Argo's words.
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
  await mkdir(target, { recursive: true });
  const home = await mkdtemp(join(tmpdir(), 'git-'));
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'http:https' };
  // What a repository brings is read by nobody with the lab's own rights, where there is a choice.
  const box = await context.toolbox?.({ folder: target, env: { ...env, HOME: '/tmp' } });
  const proxy = await startProxy(context, box === undefined ? undefined : await box.listen());
  const folder = box === undefined ? target : '/work';
  const git = async (...args: string[]): Promise<string> => {
    const options = ['-c', `http.proxy=${proxy.address}`, '-c', 'core.hooksPath=/dev/null', '-c', 'credential.helper=', ...(artifact['insecureSkipTLS'] === true ? ['-c', 'http.sslVerify=false'] : [])];
    const argv = ['git', ...options, ...args];
    const { code, stdout, stderr } = await (box === undefined ? runHere(argv, { ...env, HOME: home }, context.signal) : withinTime(box.run(argv), context.clock, box));
    if (code !== 0) throw new Error(/(?:fatal|error): (.*)/.exec(stderr)?.[1] ?? `git ended with exit code ${code}`);
    return stdout;
  };
  const inside = (...args: string[]) => git('-C', folder, ...args);
  try {
    const url = new URL(repo);
    if (username !== '' || password !== '') Object.assign(url, { username: encodeURIComponent(username), password: encodeURIComponent(password) });
    const depth = typeof artifact['depth'] === 'number' && artifact['depth'] > 0 ? ['--depth', String(artifact['depth']), '--no-single-branch'] : [];
    await git('clone', '--quiet', ...depth, ...(single ? ['--single-branch', '--branch', branch] : []), '--', url.href, folder).catch((error: unknown) => {
      throw failed(error instanceof Error ? error.message : String(error));
    });
    const fetches = Array.isArray(artifact['fetch']) ? artifact['fetch'].map(String) : [];
    if (fetches.length > 0) await inside('fetch', '--quiet', 'origin', ...fetches.map((spec) => spec.replace(/^-+/, '')));
    const revision = text(artifact['revision']);
    if (revision !== '') {
      // Not every git takes what somebody else has named after `checkout`; its hash is never an option.
      const hashOf = (name: string) => inside('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
      const hash = await hashOf(revision).catch(() => hashOf(`origin/${revision}`)).catch(() => {
        throw new Error('failed to get resolve revision: reference not found');
      });
      await inside('checkout', '--quiet', '--detach', hash.trim());
    }
    if (artifact['disableSubmodules'] !== true) await inside('submodule', '--quiet', 'update', '--init', '--recursive');
    await inside('remote', 'set-url', 'origin', repo);
  } finally {
    proxy.stop();
    await Promise.all([box?.close(), rm(home, { recursive: true, force: true })]);
  }
}

/** Where there is no sandbox: with the machine's own git, as the person who started the lab. */
async function runHere([file = '', ...args]: readonly string[], env: Record<string, string>, signal: AbortSignal): Promise<ToolResult> {
  try {
    const { stdout, stderr } = await run(file, args, { cwd: env['HOME'] ?? '/', env: { ...env, PATH: process.env['PATH'] ?? '/usr/bin:/bin' }, timeout: LIMIT_MS, signal, maxBuffer: 1 << 24 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new Error('this machine has no git', { cause: error });
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return { code: 1, stdout: '', stderr: /(?:fatal|error): /.test(said) ? said : `error: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function withinTime(running: Promise<ToolResult>, clock: Clock, box: Toolbox): Promise<ToolResult> {
  const cancel = clock.after(LIMIT_MS, () => void box.close());
  try {
    return await running;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new Error('this machine has no git', { cause: error });
    throw error;
  } finally {
    cancel();
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

/** A proxy on loopback, or where somebody listens already, for whoever knows its password, that connects inside the cluster. */
async function startProxy(context: ProgramContext, listener: { server: Server; port: number } | undefined): Promise<{ address: string; stop: () => void }> {
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
  if (listener === undefined) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  else listener.server.on('connection', (socket) => server.emit('connection', socket));
  const port = listener?.port ?? (server.address() as AddressInfo).port;
  return {
    address: `http://git:${key}@127.0.0.1:${port}`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export const isGit = (value: unknown): value is JsonObject => isJsonObject(value) && typeof value['repo'] === 'string' && value['repo'] !== '';
