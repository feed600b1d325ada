/**
 * A stand-in for the lab server: the REST and WebSocket shapes of server/protocol with canned content and a real bash.
 * `npx tsx test/harness/fake-lab.ts [port]` serves dist/web; used to drive the page without a cluster.
 */
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from 'node-pty';
import type { IPty } from 'node-pty';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { CheckReport, SessionEvent, SessionView } from '../../server/protocol/rest.ts';
import { ClientMessage, encodeOutput } from '../../server/protocol/ws.ts';
import type { ServerMessage } from '../../server/protocol/ws.ts';
import { author, courses, escapeHtml, EVERYTHING, providers, recording, scenarios } from './fake-content.ts';
import { filesAnswer } from './fake-files.ts';

export interface FakeLabOptions {
  port: number;
  /** Folder with the built page. */
  web: string;
  /** `fail`: the first preparation fails. */
  preparation?: 'ok' | 'fail' | 'slow';
  /** Whether kind is offered. */
  kind?: keyof typeof providers;
  /** Courses of 25 scenarios each beside the others. */
  many?: number;
  author?: boolean;
}

export interface FakeLab {
  url: string;
  /** Breaks every socket and event stream, and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  /** Sends an event to the pages that show the session. */
  emit(event: SessionEvent): void;
  /** Changes the session as the page sees it. */
  change(part: Partial<SessionView>): void;
  /** The home folder of the session's shells, and root of the editor. */
  home: string;
  /** What the page asked for, `POST /api/sessions {…}`. */
  requests: string[];
  stop(): Promise<void>;
}

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src http://*.localhost:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface FakeTerminal {
  id: string;
  name: string;
  pty: IPty;
  output: Buffer;
  sockets: Set<WebSocket>;
  exit?: { code: number };
}

export async function startFakeLab(options: FakeLabOptions): Promise<FakeLab> {
  let session: SessionView | undefined;
  let number = 0;
  let broken = false;
  let failNext = options.preparation === 'fail';
  const done: string[] = [];
  const home = mkdtempSync(join(tmpdir(), 'fake-lab-'));
  writeFileSync(join(home, 'notes.md'), '# Notes\n');
  const requests: string[] = [];
  let edited = 0;
  let clock = Date.UTC(2026, 0, 2, 3, 4, 5);
  const terminals = new Map<string, FakeTerminal>();
  const streams = new Set<ServerResponse>();
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, fn: () => void) => {
    const timer = setTimeout(() => (timers.delete(timer), fn()), ms);
    timers.add(timer);
  };
  const emit = (event: SessionEvent) => streams.forEach((stream) => stream.write(`data: ${JSON.stringify(event)}\n\n`));
  const change = (part: Partial<SessionView>) => {
    if (session === undefined) return;
    session = { ...session, ...part, terminals: [...terminals.values()].map((t) => ({ id: t.id, name: t.name, running: t.exit === undefined })) };
    emit({ type: 'session', session });
  };

  const addTerminal = (name?: string, id?: string): FakeTerminal => {
    number += 1;
    const terminal: FakeTerminal = {
      id: id ?? String(number),
      name: name ?? `Terminal ${terminals.size + 1}`,
      pty: spawn('bash', ['--norc', '-i'], { cols: 80, rows: 24, encoding: null, cwd: home, env: { ...process.env, PS1: 'learner@lab:\\w$ ', TERM: 'xterm-256color' } }),
      output: Buffer.alloc(0),
      sockets: new Set(),
    };
    terminals.set(terminal.id, terminal);
    terminal.pty.onData((data: string | Buffer) => {
      const bytes = Buffer.from(data);
      const offset = terminal.output.byteLength;
      terminal.output = Buffer.concat([terminal.output, bytes]);
      for (const socket of terminal.sockets) socket.send(encodeOutput(offset, bytes));
    });
    terminal.pty.onExit(({ exitCode }) => {
      terminal.exit = { code: exitCode };
      for (const socket of terminal.sockets) say(socket, { type: 'exit', code: exitCode });
      change({});
    });
    return terminal;
  };

  const prepare = () => {
    const stage = (id: string, title: string, state: 'running' | 'done' | 'failed', took?: number, output?: string) => {
      const view = { id, title, state, ...(took === undefined ? {} : { took }), ...(output === undefined ? {} : { output }) };
      if (session !== undefined) session = { ...session, stages: [...session.stages.filter((s) => s.id !== id), view] };
      emit({ type: 'stage', stage: view });
    };
    const step = options.preparation === 'slow' ? 60_000 : 60;
    stage('cluster', 'Cluster', 'running');
    later(step, () => {
      stage('cluster', 'Cluster', 'done', 61);
      stage('argo', 'Argo Workflows', 'running');
      later(step, () => {
        if (failNext) {
          failNext = false;
          stage('argo', 'Argo Workflows', 'failed', 60, 'error: deployment "argo-server" exceeded its progress deadline\n');
          change({ state: 'failed', bundle: true, error: { code: 'stage', message: 'Argo Workflows did not start.', next: 'Try again; see the output above.' } });
          return;
        }
        stage('argo', 'Argo Workflows', 'done', 60);
        addTerminal();
        change({ state: 'ready' });
      });
    });
  };

  const start = (scenario: string, provider: string): SessionView => {
    number = 0;
    const fresh: SessionView = { id: 's1', scenario, home, state: 'preparing', stages: [], page: 'intro', done, terminals: [], provider, portUrl: `http://{port}-s1.localhost:${address()}` };
    session = fresh;
    prepare();
    return session;
  };

  const drop = () => {
    for (const terminal of terminals.values()) terminal.pty.kill('SIGKILL');
    terminals.clear();
  };

  let tries = 0;
  const check = (id: string): CheckReport => {
    tries += 1;
    const passed = tries > 1;
    if (passed && !done.includes(id)) done.push(id);
    return {
      page: id,
      passed,
      at: Date.now(),
      results: [
        { id: 'forward', title: 'Something answers on `localhost:2746`', passed, expected: 'a listener on `localhost:2746` that speaks HTTP', observed: 'connection refused', why: 'Nothing listens on `localhost:2746`.', next: 'Start the port-forward from the first block, and leave it running.', hints: ['It ends with `&`.'] },
        { id: 'info', title: 'You asked `/api/v1/info`', passed: true, expected: '', observed: '', why: '', next: '', hints: [] },
      ],
    };
  };

  const api = async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const empty = () => {
      response.writeHead(204);
      response.end();
    };
    const missing = (message: string) => json(404, { error: { code: 'not-found', message } });
    if (request.method !== 'GET' && request.headers['x-argo-lab'] !== '1') return json(403, { error: { code: 'csrf', message: 'The header X-Argo-Lab is missing.' } });
    const parts = path.split('/').slice(2).map(decodeURIComponent);
    const body = await read(request);
    if (request.method !== 'GET') requests.push(`${request.method} ${path} ${JSON.stringify(body)}`);
    if (path === '/api/courses') return json(200, courses({ session, done, ...(options.kind === undefined ? {} : { providers: providers[options.kind] }), ...(options.many === undefined ? {} : { many: options.many }), ...(options.author === undefined ? {} : { author: options.author }) }));
    if (path === '/api/author/scenarios/' + encodeURIComponent(EVERYTHING)) return json(200, author);
    if (parts[0] === 'scenarios') {
      const found = scenarios[parts[1] ?? ''];
      if (found === undefined) return missing(`There is no scenario “${parts[1]}”.`);
      if (parts[2] === 'recording') {
        response.writeHead(200, { 'content-type': 'application/x-asciicast' });
        response.end(recording);
        return;
      }
      const german = new URL(request.url ?? '/', 'http://lab').searchParams.get('language') === 'de';
      const { author: _, ...shown } = found;
      const pages = found.pages.map((page) => ({ ...page, html: edited > 0 ? page.html.replace('Write a workflow', `Write workflow number ${edited}`) : page.html, checks: page.checks.map((check) => ({ ...check, title: german ? `${check.title} (deutsch)` : check.title })) }));
      return json(200, { ...shown, pages, ...(options.author === true && found.author === true ? { author: true } : {}) });
    }
    if (path === '/api/sessions') {
      const wanted = String(body['scenario'] ?? '');
      if (session !== undefined && session.scenario !== wanted) {
        drop();
        session = undefined;
      }
      return json(201, session ?? start(wanted, String(body['provider'] ?? 'embedded')));
    }
    if (parts[0] !== 'sessions' || session === undefined || parts[1] !== session.id) return missing('This session has ended.');
    const [, , what, which, act] = parts;
    if (what === undefined) {
      if (request.method !== 'DELETE') return json(200, session);
      drop();
      session = undefined;
      return empty();
    }
    if (what === 'reset') {
      drop();
      return json(200, start(session.scenario, String(body['provider'] ?? session.provider)));
    }
    if (what === 'continue') {
      const { lost: _, ...kept } = session;
      session = { ...kept, provider: String(body['provider']) };
      change({});
      return json(200, session);
    }
    if (what === 'clock') {
      clock += Number(body['advance'] ?? 0) * 1000;
      return json(200, { now: new Date(clock).toISOString().replace('.000Z', 'Z') });
    }
    if (what === 'bundle') {
      response.writeHead(200, { 'content-type': 'application/zip', 'content-disposition': 'attachment; filename="logs.zip"' });
      response.end('PK');
      return;
    }
    if (what === 'files') {
      const answer = await filesAnswer(home, request.method ?? 'GET', which, new URL(request.url ?? '/', 'http://lab').searchParams.get('path') ?? '', body);
      return answer.status === 204 ? empty() : json(answer.status, answer.body);
    }
    if (what === 'author') {
      const page = String(body['page']);
      if (which === 'near-miss') {
        const miss = author.pages.find((one) => one.id === page)?.nearMisses[Number(body['index'])];
        const asExpected = body['index'] === 0;
        return json(200, { page, title: miss?.title ?? '', expect: miss?.expect ?? '', asExpected, report: { page, passed: false, at: Date.now(), results: [{ id: 'file', title: 'There is a `workflow.yaml`', passed: false, expected: 'a file', observed: 'none', why: asExpected ? 'There is no workflow.yaml' : 'Nothing was found.', next: '', hints: [] }] } });
      }
      const task = which === 'jump' ? 'jump' : 'solution';
      emit({ type: 'author', progress: { task, page, state: 'running', message: 'step 1 of 2: its solution is being typed' } });
      later(150, () => emit({ type: 'author', progress: { task, page, state: 'done', message: task === 'jump' ? 'Ready at the start of this step.' : 'The solution was typed.' } }));
      return json(202, session);
    }
    if (what === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': hello\n\n');
      streams.add(response);
      response.write(`data: ${JSON.stringify({ type: 'ports', ports: [8080] })}\n\n`);
      response.on('close', () => streams.delete(response));
      return;
    }
    if (what === 'steps' && which !== undefined) {
      if (act === 'check') {
        const report = check(which);
        if (!report.passed) later(3000, () => emit({ type: 'checks', live: true, report: { ...report, at: Date.now(), results: report.results.slice(0, 1).map((r) => ({ ...r, passed: true })) } }));
        return json(200, report);
      }
      if (act === 'quiz') {
        const right: Record<string, string[]> = { q1: ['a'], q2: ['a', 'b'], q3: ['argo list'] };
        const quiz = String(body['quiz']);
        const correct = JSON.stringify(body['answers']) === JSON.stringify(right[quiz]);
        return json(200, { quiz, correct, ...(correct ? {} : { message: 'Read `the docs` once more.' }) });
      }
      change({ page: which });
      return json(200, session);
    }
    if (what === 'terminals') {
      const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
      const open = which === undefined ? terminals.get(text(body['id']) ?? '') : undefined;
      const terminal = which === undefined ? (open ?? addTerminal(text(body['name']), text(body['id']))) : terminals.get(which);
      if (terminal === undefined) return missing('There is no such terminal.');
      if (request.method === 'PATCH') terminal.name = text(body['name']) ?? terminal.name;
      if (request.method === 'DELETE') {
        terminals.delete(terminal.id);
        terminal.pty.kill('SIGKILL');
        change({});
        return empty();
      }
      change({});
      return json(which === undefined ? 201 : 200, { id: terminal.id, name: terminal.name, running: true });
    }
    return missing('No such route.');
  };

  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://lab').pathname;
    if (/^\d+-s1\.localhost/.test(request.headers.host ?? '')) {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<!doctype html><title>preview</title><h1>Preview of ${escapeHtml(request.headers.host ?? '')}</h1><p>${escapeHtml(path)}</p>`);
      return;
    }
    if (broken && path.startsWith('/api/')) {
      request.socket.destroy();
      return;
    }
    if (path.startsWith('/api/')) {
      // A request that the page's tests overtake (a file moved while the folder is read) fails alone, as it would in the lab.
      api(request, response, path).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { code: 'internal', message: String(error) } }));
      });
      return;
    }
    const file = join(options.web, normalize(path));
    const found = existsSync(file) && statSync(file).isFile() ? file : join(options.web, 'index.html');
    response.writeHead(200, { 'content-type': TYPES[extname(found)] ?? 'application/octet-stream', 'content-security-policy': CSP });
    createReadStream(found).pipe(response);
  });

  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://lab');
    const terminal = terminals.get(url.pathname.split('/')[5] ?? '');
    if (broken || terminal === undefined) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => attach(ws, terminal, Number(url.searchParams.get('offset') ?? '0')));
  });

  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const address = (): number => {
    const at = server.address();
    return typeof at === 'object' && at !== null ? at.port : 0;
  };
  return {
    url: `http://127.0.0.1:${address()}`,
    home,
    requests,
    emit: (event) => {
      if (event.type === 'content') edited += 1;
      emit(event);
    },
    change,
    cut: () => {
      broken = true;
      streams.forEach((stream) => stream.destroy());
      sockets.clients.forEach((client) => client.terminate());
    },
    mend: () => {
      broken = false;
    },
    stop: () => {
      timers.forEach(clearTimeout);
      drop();
      rmSync(home, { recursive: true, force: true });
      streams.forEach((stream) => stream.destroy());
      sockets.clients.forEach((client) => client.terminate());
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function attach(ws: WebSocket, terminal: FakeTerminal, offset: number): void {
  say(ws, { type: 'attached', offset, columns: terminal.pty.cols, rows: terminal.pty.rows });
  if (terminal.output.byteLength > offset) ws.send(encodeOutput(offset, terminal.output.subarray(offset)));
  if (terminal.exit !== undefined) say(ws, { type: 'exit', code: terminal.exit.code });
  terminal.sockets.add(ws);
  ws.on('close', () => terminal.sockets.delete(ws));
  ws.on('message', (data, binary) => {
    if (binary) {
      terminal.pty.write(data.toString());
      return;
    }
    const message = ClientMessage.parse(JSON.parse(data.toString()));
    if (message.type === 'resize' && terminal.exit === undefined) {
      const size = { columns: Math.min(1000, Math.max(1, message.columns)), rows: Math.min(1000, Math.max(1, message.rows)) };
      terminal.pty.resize(size.columns, size.rows);
      for (const socket of terminal.sockets) say(socket, { type: 'size', ...size });
    }
    if (message.type === 'run') terminal.pty.write(`${message.interrupt ? '\x03' : ''}\x1b[200~${message.code}\x1b[201~${message.newline === false ? '' : '\r'}`);
  });
}

function say(ws: WebSocket, message: ServerMessage): void {
  ws.send(JSON.stringify(message));
}

async function read(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lab = await startFakeLab({ port: Number(process.argv[2] ?? '0'), web: process.env['WEB'] ?? join(import.meta.dirname, '../../dist/web'), author: true, kind: 'available' });
  console.log(lab.url);
}
