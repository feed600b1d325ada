import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { configFrom } from '../../../server/config.ts';
import { SessionView } from '../../../server/protocol/rest.ts';
import { type Lab, startLab } from '../../../server/wire.ts';

/** A lab without a cluster, over a little course of its own. */
export interface SmallLab {
  lab: Lab;
  folder: string;
  data: string;
  cookie: string;
  origin: string;
  /** A raw request: paths and headers go out as they are. */
  raw(options: { method?: string; path: string; headers?: Record<string, string>; body?: string }): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>;
  /** As the lab's own page asks. */
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  session(): Promise<SessionView>;
  socket(path: string, headers?: Record<string, string>, onMessage?: (data: Buffer, isBinary: boolean) => void): Promise<{ socket: WebSocket | undefined; status: number }>;
  close(): Promise<void>;
}

export async function writeCourse(folder: string): Promise<void> {
  const scenario = join(folder, 'small', 'first');
  await mkdir(join(scenario, 'assets'), { recursive: true });
  await writeFile(join(folder, 'small', 'structure.json'), JSON.stringify({ items: [{ path: 'first' }, { path: 'broken' }] }));
  await writeFile(
    join(scenario, 'index.json'),
    JSON.stringify({
      title: 'First',
      description: 'A small one',
      details: {
        intro: { text: 'intro.md' },
        steps: [
          { title: 'One', text: 'one.md', verify: 'verify.sh', background: 'background.sh' },
          { title: 'Two', text: 'two.md', foreground: 'foreground.sh' },
        ],
        finish: { text: 'finish.md' },
        assets: { host01: [{ file: 'hello.txt', target: '~/', chmod: '600' }] },
      },
      backend: { imageid: 'ubuntu' },
    }),
  );
  await writeFile(join(scenario, 'intro.md'), '# Intro <script>alert(1)</script> <img src=x onerror=alert(1)>\n\n`echo hi`{{exec}}\n');
  for (const page of ['one', 'two', 'finish']) await writeFile(join(scenario, `${page}.md`), `# ${page}\n`);
  await writeFile(join(scenario, 'verify.sh'), '#!/bin/bash\n[ -e ~/done ] || { echo "no file done"; exit 1; }\n');
  await writeFile(join(scenario, 'background.sh'), '#!/bin/bash\necho background > ~/background\n');
  await writeFile(join(scenario, 'foreground.sh'), 'FOREGROUND=yes\necho in the foreground\n');
  await writeFile(join(scenario, 'assets', 'hello.txt'), 'hello\n');
  await writeFile(join(scenario, 'picture.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
  await symlink('/etc/passwd', join(scenario, 'assets', 'leak'));
  await mkdir(join(folder, 'small', 'broken'));
  await writeFile(join(folder, 'small', 'broken', 'index.json'), '{ "title": "Broken", ');
}

export async function startSmallLab(options: { sandbox?: string; data?: string; folder?: string; maxSessions?: string; watch?: boolean; cluster?: string } = {}): Promise<SmallLab> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'lab-http-')));
  if (options.folder === undefined) await writeCourse(join(folder, 'scenarios'));
  const data = options.data ?? join(folder, 'data');
  const lab = await startLab(configFrom({ port: '0', cluster: options.cluster ?? 'none', data, sandbox: options.sandbox ?? 'none', logLevel: 'silent', maxSessions: options.maxSessions ?? '20', watch: options.watch === true, scenarios: [join(folder, 'scenarios')] }, [], {}));
  const origin = `http://127.0.0.1:${lab.port}`;
  const host = `127.0.0.1:${lab.port}`;
  const raw: SmallLab['raw'] = ({ method = 'GET', path, headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: lab.port, method, path, headers: { host, ...headers } }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const visit = await raw({ path: `/?token=${lab.token}` });
  const cookie = (visit.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  const api: SmallLab['api'] = async (method, path, body) => {
    const answer = await raw({ method, path: `/api${path}`, headers: { cookie, origin, 'x-argo-lab': '1', 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: answer.body === '' ? undefined : JSON.parse(answer.body) };
  };
  return {
    lab,
    folder,
    data,
    cookie,
    origin,
    raw,
    api,
    async session() {
      let view = SessionView.parse((await api('POST', '/sessions', { scenario: 'small/first' })).body);
      for (let i = 0; i < 400 && view.state === 'preparing'; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        view = SessionView.parse((await api('GET', `/sessions/${view.id}`)).body);
      }
      return view;
    },
    socket(path, headers = { cookie, origin }, onMessage = () => undefined) {
      return new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${lab.port}${path}`, { headers, perMessageDeflate: false });
        socket.on('error', () => undefined);
        // At once: the first message may come together with the answer to the upgrade.
        socket.on('message', onMessage);
        socket.once('open', () => resolve({ socket, status: 101 }));
        socket.once('unexpected-response', (_request, response) => resolve({ socket: undefined, status: response.statusCode ?? 0 }));
      });
    },
    async close() {
      await lab.close();
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
