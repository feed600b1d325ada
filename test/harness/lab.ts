import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { configFrom } from '../../server/config.ts';
import { CheckReport, SessionView } from '../../server/protocol/rest.ts';
import { decodeOutput } from '../../server/protocol/ws.ts';
import { startLab } from '../../server/wire.ts';

/** A lab as a browser meets it: cookie, REST, sockets. For tests that use it from outside. */
export interface TestLab {
  origin: string;
  /** Exchanges the token; put it into a browser once. */
  url: string;
  open(scenario: string): Promise<TestSession>;
  close(): Promise<void>;
}

export interface TestSession {
  id: string;
  page(id: string): Promise<void>;
  check(id: string): Promise<CheckReport>;
  reset(): Promise<void>;
  /** Types a script into the first terminal, command by command, and waits for each to end. Returns what was printed. */
  run(script: string): Promise<string>;
  end(): Promise<void>;
}

export async function openTestLab(scenarios?: string, sandbox: 'auto' | 'none' = 'auto', watch = false): Promise<TestLab> {
  const data = await mkdtemp(join(tmpdir(), 'lab-'));
  const lab = await startLab(configFrom({ port: '0', data, sandbox, watch, ...(scenarios === undefined ? {} : { scenarios: [scenarios] }) }, [], {}));
  const origin = new URL(lab.url).origin;
  const visit = await fetch(lab.url, { redirect: 'manual' });
  const cookie = (visit.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${origin}/api${path}`, { method, headers: { cookie, origin, 'x-argo-lab': '1', ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    origin,
    url: lab.url,
    async open(scenario) {
      const { id } = SessionView.parse(await api('POST', '/sessions', { scenario }));
      const session = new Client(id, origin, cookie, api);
      await session.ready();
      return session;
    },
    async close() {
      await lab.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

class Client implements TestSession {
  #socket: WebSocket | undefined;
  #output = '';
  #wake = () => {};
  #count = 0;

  constructor(
    readonly id: string,
    private readonly origin: string,
    private readonly cookie: string,
    private readonly api: (method: string, path: string, body?: unknown) => Promise<unknown>,
  ) {}

  /** Waits until the session is ready and a terminal is attached. */
  async ready(): Promise<void> {
    for (;;) {
      const view = SessionView.parse(await this.api('GET', `/sessions/${this.id}`));
      if (view.state === 'failed') throw new Error(`the session failed: ${JSON.stringify(view.error)} ${JSON.stringify(view.stages)}`);
      const terminal = view.terminals.find((one) => one.running);
      if (view.state === 'ready' && terminal !== undefined) {
        await this.#attach(terminal.id);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #attach(terminal: string): Promise<void> {
    this.#socket?.close();
    const socket = new WebSocket(`${this.origin.replace(/^http/, 'ws')}/api/sessions/${this.id}/terminals/${terminal}/socket`, { headers: { cookie: this.cookie, origin: this.origin } });
    this.#socket = socket;
    this.#output = '';
    socket.on('message', (data: Buffer, binary: boolean) => {
      if (!binary) return;
      const { offset, bytes } = decodeOutput(data);
      this.#output += Buffer.from(bytes).toString('utf8');
      socket.send(JSON.stringify({ type: 'ack', offset: offset + bytes.byteLength }));
      this.#wake();
    });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.send(JSON.stringify({ type: 'resize', columns: 200, rows: 50 }));
    await this.#type('true');
  }

  async page(id: string): Promise<void> {
    await this.api('POST', `/sessions/${this.id}/steps/${id}/open`);
  }

  async check(id: string): Promise<CheckReport> {
    return CheckReport.parse(await this.api('POST', `/sessions/${this.id}/steps/${id}/check`));
  }

  async reset(): Promise<void> {
    await this.api('POST', `/sessions/${this.id}/reset`);
    await this.ready();
  }

  async run(script: string): Promise<string> {
    let printed = '';
    for (const command of commandsOf(script)) printed += await this.#type(command);
    return printed;
  }

  async end(): Promise<void> {
    this.#socket?.close();
    await this.api('DELETE', `/sessions/${this.id}`);
  }

  /** Types one command and a second one that prints a mark; the mark's text is not in what is echoed. */
  async #type(command: string): Promise<string> {
    const number = ++this.#count;
    const mark = `lab-mark-${number}.`;
    const from = this.#output.length;
    this.#send(command);
    this.#send(`printf 'lab-mark-%s.\\n' ${number}`);
    const deadline = Date.now() + 90_000;
    while (!this.#output.includes(mark, from)) {
      if (Date.now() > deadline) throw new Error(`${command}\nhas not ended; the terminal shows:\n${this.#output.slice(from)}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1000);
      });
    }
    return this.#output.slice(from);
  }

  #send(code: string): void {
    this.#socket?.send(JSON.stringify({ type: 'run', code, interrupt: false }));
  }
}

/** Cuts a script into commands that bash takes for whole: heredocs and quotes stay together. */
export function commandsOf(script: string): string[] {
  const commands: string[] = [];
  let current: string[] = [];
  for (const line of script.replace(/\n+$/, '').split('\n')) {
    current.push(line);
    const text = current.join('\n');
    const syntax = spawnSync('bash', ['-n'], { input: `${text}\n`, encoding: 'utf8' });
    if (syntax.status === 0 && syntax.stderr === '' && !/\\$/.test(line)) {
      if (text.trim() !== '') commands.push(text);
      current = [];
    }
  }
  if (current.length > 0) commands.push(current.join('\n'));
  return commands;
}
