import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { WebSocket } from 'ws';
import { SessionView } from '../../server/protocol/rest.ts';
import { decodeOutput } from '../../server/protocol/ws.ts';

export const root = resolve(import.meta.dirname, '../..');

/** A lab server as a person starts it, in a process of its own. */
export interface BenchServer {
  process: ChildProcess;
  origin: string;
  token: string;
  data: string;
  /** Milliseconds from the start of the command to the line with the address. */
  readyAfter: number;
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startServer(data?: string, ...flags: string[]): Promise<BenchServer> {
  const folder = data ?? (await mkdtemp(join(tmpdir(), 'lab-bench-')));
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'scripts', 'argo-lab.mjs'), 'serve', '--port', '0', '--data', folder, ...flags], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await lineOf(child, /argo-lab is ready: (\S+)/);
  const readyAfter = performance.now() - began;
  const { origin, searchParams } = new URL(url);
  const token = searchParams.get('token') ?? '';
  return {
    process: child,
    origin,
    token,
    data: folder,
    readyAfter,
    async api(method, path, body) {
      const response = await fetch(`${origin}/api${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    async stop() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await ended;
      if (data === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export function lineOf(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((done, failed) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = pattern.exec(text);
      if (match !== null) done(match[1] ?? '');
    });
    child.once('exit', (code) => failed(new Error(`it ended with ${code}: ${text}`)));
  });
}

export async function openSession(server: BenchServer, scenario = 'argo-workflows/using-the-api'): Promise<SessionView> {
  let view = SessionView.parse(await server.api('POST', '/sessions', { scenario }));
  while (view.state === 'preparing') {
    await sleep(5);
    view = SessionView.parse(await server.api('GET', `/sessions/${view.id}`));
  }
  if (view.state !== 'ready') throw new Error(`the session is ${view.state}: ${JSON.stringify(view.error)}`);
  return view;
}

/** A page's end of a terminal. */
export class BenchTerminal {
  bytes = 0;
  #tail = '';
  #waiting: { pattern: string; done: () => void }[] = [];
  private constructor(private readonly socket: WebSocket) {}

  static async connect(server: BenchServer, session: string, acknowledge = true): Promise<BenchTerminal> {
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/api/sessions/${session}/terminals/1/socket`, { headers: { authorization: `Bearer ${server.token}` }, perMessageDeflate: false });
    const terminal = new BenchTerminal(socket);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return;
      const { offset, bytes } = decodeOutput(data);
      terminal.bytes += bytes.length;
      terminal.#tail = (terminal.#tail + Buffer.from(bytes.subarray(Math.max(0, bytes.length - 20_000))).toString('latin1')).slice(-40_000);
      if (acknowledge) socket.send(JSON.stringify({ type: 'ack', offset: offset + bytes.length }));
      terminal.#check();
    });
    await new Promise<void>((done, failed) => socket.once('open', () => done()).once('error', failed));
    return terminal;
  }

  send(keys: string): void {
    this.socket.send(Buffer.from(keys));
  }

  run(code: string): void {
    this.socket.send(JSON.stringify({ type: 'run', code, interrupt: false }));
  }

  /** Resolves when `pattern` has come since the last `clear`. */
  until(pattern: string): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ pattern, done });
      this.#check();
    });
  }

  clear(): void {
    this.#tail = '';
  }

  close(): void {
    this.socket.terminate();
  }

  #check(): void {
    for (const entry of [...this.#waiting]) {
      if (!this.#tail.includes(entry.pattern)) continue;
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      entry.done();
    }
  }
}

export const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

export interface Row {
  what: string;
  value: string;
  must?: string;
  met?: boolean;
}

export function print(title: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map((row) => row.what.length));
  process.stdout.write(`\n${title} (load average ${loadavg()[0]?.toFixed(1)})\n`);
  for (const row of rows) process.stdout.write(`  ${row.what.padEnd(width)}  ${row.value.padStart(16)}${row.must === undefined ? '' : `   must ${row.must}${row.met === undefined ? '' : row.met ? '  ok' : '  MISSED'}`}\n`);
}

export function atMost(what: string, value: number, limit: number, unit = 'ms', digits = 0): Row {
  return { what, value: `${value.toFixed(digits)} ${unit}`, must: `≤ ${limit} ${unit}`, met: value <= limit };
}
