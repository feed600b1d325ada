/**
 * A stand-in for the lab server: the REST and WebSocket shapes of server/protocol with canned content and a real bash.
 * `npx tsx test/harness/fake-lab.ts [port]` serves dist/web; used to drive the page without a cluster.
 */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from 'node-pty';
import type { IPty } from 'node-pty';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { CheckReport, CoursesView, PageView, ScenarioView, SessionEvent, SessionView } from '../../server/protocol/rest.ts';
import { ClientMessage, encodeOutput } from '../../server/protocol/ws.ts';
import type { ServerMessage } from '../../server/protocol/ws.ts';

export interface FakeLabOptions {
  port: number;
  /** Folder with the built page. */
  web: string;
  /** `fail`: the first preparation fails. */
  preparation?: 'ok' | 'fail' | 'slow';
}

export interface FakeLab {
  url: string;
  /** Breaks every socket and event stream, and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src http://*.localhost:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SCENARIO = 'argo-workflows/using-the-api';

const block = (code: string, action = 'exec', terminal = 1) =>
  `<pre class="code" data-action="${action}" data-terminal="${terminal}" data-code="${escape(code)}" data-language="bash"><code>${escape(code).replace(/^(\w+)/gm, '<span class="t-token-function">$1</span>')}</code></pre>`;

const page = (id: string, title: string, html: string, more: Partial<PageView> = {}): PageView => ({ id, title, html, checks: [], checkable: false, hints: [], ...more });

const scenario: ScenarioView = {
  id: SCENARIO,
  title: 'Using the API',
  description: 'Everything the user interface does, it does through an API. Use it yourself.',
  course: { id: 'argo-workflows', title: 'Argo Workflows' },
  pages: [
    page('intro', 'Welcome', `<p>In this scenario you talk to the <strong>Argo Server</strong> with nothing but <code>curl</code>.</p><ul><li>ask it who it is</li><li>get a token</li><li>create a workflow</li></ul>`),
    page(
      'step1',
      'Info endpoint',
      `<p>Forward the port, then ask the <em>info</em> endpoint:</p>${block('kubectl -n argo port-forward --address 0.0.0.0 svc/argo-server 2746:2746 > /dev/null &')}<p>Several lines at once:</p>${block("cat <<'EOF'\nhello\nworld\nEOF\nfor i in 1 2 3; do echo \"line $i\"; done")}<p>Type <code class="inline" data-action="exec" data-code="echo inline">echo inline</code> or copy <code class="inline" data-action="copy" data-terminal="1" data-code="ARGO_TOKEN">ARGO_TOKEN</code>. Open the <a class="port" href="#" data-port="2746" data-path="/apidocs">API docs on port 2746</a>.</p>${block('top', 'exec', 2)}${block('echo again', 'exec-interrupt')}${block('{"links": null}', 'copy')}<h2 id="text-table">What it answers</h2><table><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody><tr><td><code>200</code></td><td>fine</td></tr><tr><td>401</td><td>token not valid</td></tr></tbody></table><blockquote><p>The port-forward stays in the background.</p></blockquote>`,
      {
        checkable: true,
        checks: [
          { id: 'forward', title: 'Something answers on `localhost:2746`', live: true },
          { id: 'info', title: 'You asked `/api/v1/info`', live: false },
        ],
        hints: ['The first block forwards the port.'],
        solutionHtml: block('curl http://localhost:2746/api/v1/info'),
      },
    ),
    page('step2', 'Access token', '<p>Make a role, a service account and a token.</p>', { checkable: true, checks: [{ id: 'token', title: 'The token in `ARGO_TOKEN` may list workflows', live: false }] }),
    page('step3', 'Webhooks', '<p>Let an event start a workflow.</p>'),
  ],
};

const courses = (session: SessionView | undefined, done: string[]): CoursesView => ({
  notice: 'bubblewrap is missing on this machine: sessions run without a sandbox.',
  courses: [
    {
      id: 'argo-workflows',
      title: 'Argo Workflows',
      description: 'The API of Argo Workflows, from the first request to tokens that can do exactly one thing.',
      items: [
        { type: 'scenario', id: SCENARIO, title: scenario.title, description: scenario.description, difficulty: 'beginner', time: '30 minutes', steps: 3, done, finished: false, ...(session === undefined ? {} : { session: session.id }) },
        { type: 'scenario', id: 'argo-workflows/access-tokens', title: 'Access tokens in depth', description: 'Least privilege, tokens from Secrets, and how to take them back.', difficulty: 'intermediate', time: '20 minutes', steps: 5, done: ['step1', 'step2', 'step3', 'step4', 'step5'], finished: true },
        { type: 'broken', id: 'argo-workflows/broken', title: 'broken', problems: [{ file: 'scenarios/argo-workflows/broken/index.json', line: 12, column: 7, field: 'details.steps[1].text', message: 'no such file: step2/text.md', severity: 'error' }] },
      ],
    },
  ],
});

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

  const addTerminal = (name?: string): FakeTerminal => {
    number += 1;
    const terminal: FakeTerminal = {
      id: `t${number}`,
      name: name ?? `Terminal ${terminals.size + 1}`,
      pty: spawn('bash', ['--norc', '-i'], { cols: 80, rows: 24, encoding: null, env: { ...process.env, PS1: 'learner@lab:\\w$ ', TERM: 'xterm-256color' } }),
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
          change({ state: 'failed', error: { code: 'stage', message: 'Argo Workflows did not start.', next: 'Try again; see the output above.' } });
          return;
        }
        stage('argo', 'Argo Workflows', 'done', 60);
        addTerminal();
        change({ state: 'ready' });
      });
    });
  };

  const start = (): SessionView => {
    const fresh: SessionView = { id: 's1', scenario: SCENARIO, state: 'preparing', stages: [], page: 'intro', done, terminals: [], provider: 'embedded', portUrl: `http://{port}-s1.localhost:${address()}` };
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
    if (path === '/api/courses') return json(200, courses(session, done));
    if (parts[0] === 'scenarios') return parts[1] === SCENARIO ? json(200, scenario) : missing(`There is no scenario “${parts[1]}”.`);
    if (path === '/api/sessions') return json(201, session ?? start());
    if (parts[0] !== 'sessions' || session === undefined || parts[1] !== session.id) return missing('This session has ended.');
    const body = await read(request);
    const [, , what, which, act] = parts;
    if (what === undefined) {
      if (request.method !== 'DELETE') return json(200, session);
      drop();
      session = undefined;
      return empty();
    }
    if (what === 'reset') {
      drop();
      return json(200, start());
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
      change({ page: which });
      return json(200, session);
    }
    if (what === 'terminals') {
      const terminal = which === undefined ? addTerminal(body['name']) : terminals.get(which);
      if (terminal === undefined) return missing('There is no such terminal.');
      if (request.method === 'PATCH') terminal.name = body['name'] ?? terminal.name;
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
      response.end(`<!doctype html><title>preview</title><h1>Preview of ${escape(request.headers.host ?? '')}</h1><p>${escape(path)}</p>`);
      return;
    }
    if (broken && path.startsWith('/api/')) {
      request.socket.destroy();
      return;
    }
    if (path.startsWith('/api/')) {
      void api(request, response, path);
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
    if (message.type === 'run') terminal.pty.write(`${message.interrupt ? '\x03' : ''}\x1b[200~${message.code}\x1b[201~\r`);
  });
}

function say(ws: WebSocket, message: ServerMessage): void {
  ws.send(JSON.stringify(message));
}

async function read(request: IncomingMessage): Promise<{ name?: string }> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const lab = await startFakeLab({ port: Number(process.argv[2] ?? '0'), web: join(import.meta.dirname, '../../dist/web') });
  console.log(lab.url);
}
