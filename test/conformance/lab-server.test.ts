import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionView } from '../../server/protocol/rest.ts';
import { writeCourse } from '../unit/http/lab.ts';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-server-'));
  await writeCourse(join(folder, 'scenarios'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  child: ChildProcess;
  output(): string;
  errors(): string;
  exit: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'server', 'main.ts'), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return { child, output: () => out, errors: () => err, exit: new Promise((done) => child.once('close', (code) => done(code))) };
}

async function until(condition: () => boolean | Promise<boolean>, timeout = 25_000): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((done) => setTimeout(done, 30));
  }
}

async function serve(...flags: string[]) {
  const server = run('serve', '--port', '0', '--cluster', 'none', '--data', join(folder, 'data'), '--scenarios', join(folder, 'scenarios'), ...flags);
  await until(() => server.output().includes('argo-lab is ready:'));
  const url = new URL(/argo-lab is ready: (\S+)/.exec(server.output())?.[1] ?? '');
  const api = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url.origin}/api${path}`, { method, headers: { authorization: `Bearer ${url.searchParams.get('token')}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return response.json();
  };
  const session = async () => {
    let view = SessionView.parse(await api('POST', '/sessions', { scenario: 'small/first' }));
    await until(async () => (view = SessionView.parse(await api('GET', `/sessions/${view.id}`))).state === 'ready');
    return view;
  };
  return { ...server, url, api, session };
}

/** Processes that hold the data folder open as their home, or were started beneath it. */
function processesOf(name: string): string[] {
  return execFileSync('ps', ['axo', 'pid,stat,args'], { maxBuffer: 10_000_000 }).toString().split('\n').filter((line) => line.includes(name) && !/^\s*\d+\s+Z/.test(line) && !line.includes('ps axo'));
}

async function leaveBehind(server: Awaited<ReturnType<typeof serve>>, name: string): Promise<void> {
  const session = await server.session();
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`${server.url.origin.replace('http', 'ws')}/api/sessions/${session.id}/terminals/1/socket`, { headers: { authorization: `Bearer ${server.url.searchParams.get('token')}` } });
  await new Promise((done) => socket.once('open', done));
  socket.send(JSON.stringify({ type: 'run', code: `(trap "" HUP TERM INT; setsid nohup bash -c 'trap "" HUP TERM; exec -a ${name} sleep 600' >/dev/null 2>&1 &)`, interrupt: false }));
  await until(() => processesOf(`${name} 600`).length > 0);
  socket.on('error', () => undefined);
}

describe('argo-lab serve', () => {
  it('prints where it is as its last line, and nothing else that matters', async () => {
    const server = await serve();
    expect(server.output().trimEnd().split('\n').at(-1)).toMatch(/^argo-lab is ready: http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
    server.child.kill('SIGINT');
    expect(await server.exit).toBe(0);
  });

  it('stops at SIGTERM within five seconds, with no process left', async () => {
    const server = await serve();
    await leaveBehind(server, `lab-left-${process.pid}`);
    const began = Date.now();
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(Date.now() - began).toBeLessThan(5000);
    expect(processesOf(`lab-left-${process.pid} 600`)).toEqual([]);
    expect(server.errors()).toBe('');
  });

  it('leaves no sandboxed process when it is killed, and starts again with the same sessions', async () => {
    const server = await serve();
    const sandboxed = (await (await fetch(`${server.url.origin}/healthz`)).json()) as { sandbox: string };
    const before = await server.session();
    if (sandboxed.sandbox === 'bubblewrap') await leaveBehind(server, `lab-killed-${process.pid}`);
    server.child.kill('SIGKILL');
    await server.exit;
    if (sandboxed.sandbox === 'bubblewrap') await until(() => processesOf(`lab-killed-${process.pid} 600`).length === 0, 3000);
    const again = await serve();
    expect((await again.session()).id).toBe(before.id);
    again.child.kill('SIGTERM');
    await again.exit;
  });

  it('says what is wrong with a port that is taken, and how to choose another', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const server = run('serve', '--port', String(port), '--cluster', 'none', '--data', join(folder, 'taken'), '--sandbox', 'none');
    expect(await server.exit).toBe(1);
    expect(server.errors()).toMatch(new RegExp(`^argo-lab: port ${port} on 127\\.0\\.0\\.1 is taken by \\S+ \\(process ${process.pid}\\)\\nChoose another: --port ${port + 1}, or --port 0 for any free one\\.\\n$`));
    other.close();
  });

  it('listens for others only when told so', async () => {
    const server = run('serve', '--port', '0', '--host', '0.0.0.0', '--data', join(folder, 'remote'));
    expect(await server.exit).toBe(1);
    expect(server.errors()).toBe('argo-lab: listening on 0.0.0.0 lets others on the network reach the lab\nSay --allow-remote if that is what you want, or leave --host out.\n');
    expect(existsSync(join(folder, 'remote'))).toBe(false);
  });

  it('keeps the token in a file of its own that only its user reads', async () => {
    const server = await serve('--sandbox', 'none');
    expect(readFileSync(join(folder, 'data', 'token'), 'utf8').trim()).toBe(server.url.searchParams.get('token'));
    expect(execFileSync('stat', ['-c', '%a', join(folder, 'data', 'token')]).toString().trim()).toBe('600');
    server.child.kill('SIGTERM');
    await server.exit;
  });
});
