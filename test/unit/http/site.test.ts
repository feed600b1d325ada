import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { CoursesView, ScenarioView, SessionView } from '../../../server/protocol/rest.ts';
import { decodeOutput } from '../../../server/protocol/ws.ts';
import { type SmallLab, startSmallLab } from './lab.ts';

let lab: SmallLab;
let session: SessionView;
let socketPath: string;
beforeAll(async () => {
  lab = await startSmallLab();
  session = await lab.session();
  socketPath = `/api/sessions/${session.id}/terminals/${session.terminals[0]?.id}/socket`;
});
afterAll(() => lab.close());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await condition()) return;
    await wait(20);
  }
  throw new Error('it did not happen in time');
}
function closed(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', (code) => resolve(code)));
}

describe('who may come in', () => {
  it('nobody without the token', async () => {
    const [page, api, wrong] = [await lab.raw({ path: '/', headers: { accept: 'text/html' } }), await lab.raw({ path: '/api/courses' }), await lab.raw({ path: '/?token=wrong', headers: { accept: 'text/html' } })];
    expect([page.status, api.status, wrong.status]).toEqual([401, 401, 401]);
    expect(JSON.parse(api.body)).toEqual({ error: { code: 'unauthorized', message: 'the lab needs its token', next: 'Open the link that argo-lab printed when it started.' } });
  });

  it('the token becomes a cookie that scripts and other sites never get, and leaves the address', async () => {
    const answer = await lab.raw({ path: `/learn/x?token=${lab.lab.token}&a=1` });
    expect({ status: answer.status, location: answer.headers.location }).toEqual({ status: 303, location: '/learn/x?a=1' });
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^argo_lab=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=31536000$/);
    expect(answer.headers['set-cookie']?.[0]).not.toContain(lab.lab.token);
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
  });

  it.each(['//evil.example', '/\\evil.example', '/%2f%2fevil.example'])('a token link with the path %s stays here', async (path) => {
    const { headers } = await lab.raw({ path: `${path}?token=${lab.lab.token}` });
    expect(new URL(headers.location ?? '/', lab.origin).origin).toBe(lab.origin);
  });

  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example'])('nobody under the name %s', async (name) => {
    const host = `${name}:${lab.lab.port}`;
    expect((await lab.raw({ path: '/api/courses', headers: { cookie: lab.cookie, host } })).status).toBe(403);
    expect((await lab.raw({ path: `/?token=${lab.lab.token}`, headers: { host } })).headers['set-cookie']).toBeUndefined();
    expect((await lab.socket(socketPath, { cookie: lab.cookie, host, origin: `http://${host}` })).status).toBe(403);
  });

  it.each(['http://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost:1', 'http://2746-abc.localhost'])('no socket and no change for pages of %s', async (origin) => {
    expect((await lab.socket(socketPath, { cookie: lab.cookie, origin })).status).toBe(403);
    expect((await lab.raw({ method: 'POST', path: '/api/sessions', headers: { cookie: lab.cookie, origin, 'x-argo-lab': '1', 'content-type': 'application/json' }, body: '{"scenario":"small/first"}' })).status).toBe(403);
  });

  it('no socket without an Origin, unless with the token', async () => {
    expect((await lab.socket(socketPath, { cookie: lab.cookie })).status).toBe(403);
    expect((await lab.socket(socketPath, {})).status).toBe(401);
    const { socket, status } = await lab.socket(socketPath, { authorization: `Bearer ${lab.lab.token}` });
    expect(status).toBe(101);
    socket?.close();
  });

  it('no change by a form, which can set no header', async () => {
    const answer = await lab.raw({ method: 'POST', path: `/api/sessions/${session.id}/reset`, headers: { cookie: lab.cookie, 'content-type': 'text/plain' }, body: '{}' });
    expect(answer.status).toBe(403);
  });

  it('a session that is not there looks like any other thing that is not there', async () => {
    expect(await lab.api('GET', '/sessions/abcdefgh')).toEqual({ status: 404, body: { error: { code: 'not-found', message: 'there is no such session' } } });
  });
});

describe('what the site answers', () => {
  it('carries headers that keep pages from being framed, sniffed or scripted', async () => {
    const { headers } = await lab.raw({ path: '/healthz' });
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect([headers['x-content-type-options'], headers['referrer-policy'], headers['x-powered-by']]).toEqual(['nosniff', 'no-referrer', undefined]);
  });

  it('says where a broken scenario is broken, to who has its address', async () => {
    expect(await lab.api('GET', '/scenarios/small%2Fbroken')).toMatchObject({ status: 422, body: { error: { code: 'scenario-broken', message: expect.stringMatching(/^the files of this scenario can't be read: small\/broken\/index\.json:1 /) } } });
    expect((await lab.api('GET', '/scenarios/small%2Fnone')).status).toBe(404);
  });

  it('lists courses with progress, the open session and what is broken', async () => {
    const { courses } = CoursesView.parse((await lab.api('GET', '/courses')).body);
    expect(courses.map(({ id, items }) => ({ id, items: items.map((item) => (item.type === 'broken' ? { type: item.type, file: item.problems[0]?.file, line: item.problems[0]?.line } : item.type === 'scenario' ? { type: item.type, id: item.id, session: item.session } : item.type)) }))).toEqual([
      { id: 'small', items: [{ type: 'scenario', id: 'small/first', session: session.id }, { type: 'broken', file: expect.stringContaining('index.json'), line: 1 }] },
    ]);
  });

  it('renders pages with everything that could run taken out', async () => {
    const view = ScenarioView.parse((await lab.api('GET', '/scenarios/small%2Ffirst')).body);
    expect(view.pages.map((page) => [page.id, page.checkable])).toEqual([['intro', false], ['step1', true], ['step2', false], ['finish', false]]);
    const html = view.pages[0]?.html ?? '';
    expect(html).toContain('data-action="exec"');
    expect(html).not.toMatch(/<script|onerror/);
  });

  it.each(['../../../../etc/passwd', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%5c..%5cetc', 'a%00b', '/etc/passwd', 'assets/leak', 'assets', 'missing.png', '%'])('has no asset %s', async (path) => {
    const { status } = await lab.raw({ path: `/api/scenarios/small%2Ffirst/assets/${path}`, headers: { cookie: lab.cookie } });
    expect([400, 404]).toContain(status);
  });

  it('shows an image that an author brought, but runs nothing in it', async () => {
    const { status, headers } = await lab.raw({ path: '/api/scenarios/small%2Ffirst/assets/picture.svg', headers: { cookie: lab.cookie } });
    expect({ status, type: headers['content-type'], policy: headers['content-security-policy'] }).toEqual({ status: 200, type: 'image/svg+xml', policy: "default-src 'none'; style-src 'unsafe-inline'; sandbox" });
  });

  it.each([
    ['not json', 400],
    ['{"scenario":1}', 400],
    ['{"scenario":"small/none"}', 404],
    [`{"scenario":"${'x'.repeat(100_000)}"}`, 413],
  ])('refuses the body %s', async (body, status) => {
    const answer = await lab.raw({ method: 'POST', path: '/api/sessions', headers: { cookie: lab.cookie, origin: lab.origin, 'x-argo-lab': '1', 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(status);
    expect(Object.keys(JSON.parse(answer.body).error)).toContain('message');
  });

  it('refuses a header of 100 kB and goes on', async () => {
    expect((await lab.raw({ path: '/healthz', headers: { 'x-long': 'x'.repeat(100_000) } })).status).toBe(431);
    expect((await lab.raw({ path: '/healthz' })).status).toBe(200);
  });

  it('answers others at once while 200 connections say nothing', async () => {
    const idle = Array.from({ length: 200 }, () => connect(lab.lab.port, '127.0.0.1').on('error', () => undefined));
    for (const socket of idle) socket.write('GET / HTTP/1.1\r\nHost: x');
    const began = Date.now();
    expect((await lab.raw({ path: '/healthz' })).status).toBe(200);
    expect(Date.now() - began).toBeLessThan(1000);
    for (const socket of idle) socket.destroy();
  });
});

describe('a terminal over a socket', () => {
  async function open() {
    const seen = { text: '', messages: [] as unknown[] };
    let acknowledge: (offset: number) => void = () => undefined;
    const { socket } = await lab.socket(socketPath, undefined, (data, isBinary) => {
      if (!isBinary) {
        seen.messages.push(JSON.parse(data.toString()));
        return;
      }
      const { offset, bytes } = decodeOutput(data);
      seen.text += Buffer.from(bytes).toString();
      acknowledge(offset + bytes.length);
    });
    if (socket === undefined) throw new Error('no socket');
    acknowledge = (offset) => socket.send(JSON.stringify({ type: 'ack', offset }));
    await until(() => seen.messages.length > 0);
    return { socket, seen };
  }

  it('runs what is typed and what a block says', async () => {
    const { socket, seen } = await open();
    socket.send(Buffer.from('echo ty""ped\r'));
    await until(() => seen.text.includes('typed'));
    socket.send(JSON.stringify({ type: 'run', code: 'echo from a "bl"ock', interrupt: false }));
    await until(() => seen.text.includes('from a block'));
    socket.close();
  });

  it('ends a socket that sends too much with 1009, and lives', async () => {
    const { socket } = await open();
    const code = closed(socket);
    socket.send(Buffer.alloc(64 * 1024 * 1024));
    expect(await code).toBe(1009);
    expect((await lab.raw({ path: '/healthz' })).status).toBe(200);
  });

  it('ends a socket that sends bad UTF-8 with 1007, and lives', async () => {
    const { socket } = await open();
    const code = closed(socket);
    socket.send(Buffer.from([0xff, 0xfe, 0xc3, 0x28]), { binary: false });
    expect(await code).toBe(1007);
    expect((await lab.raw({ path: '/healthz' })).status).toBe(200);
  });

  it('ignores messages that it does not know, and odd sizes and offsets', async () => {
    const { socket, seen } = await open();
    for (const message of ['null', '[]', '{', '{"type":"format-disk"}', '{"type":"resize","columns":"x","rows":1}', '{"type":"ack","offset":-1}', '{"type":"ack","offset":1e300}', '{"type":"run"}']) socket.send(message);
    for (const size of [0, -1, 1e9]) socket.send(JSON.stringify({ type: 'resize', columns: size, rows: size }));
    await until(() => JSON.stringify(seen.messages).includes('{"type":"size","columns":1000,"rows":1000}'));
    socket.send(Buffer.from('stty size\r'));
    await until(() => seen.text.includes('1000 1000'));
    socket.close();
  });

  it('of a terminal that is not there is closed with a word', async () => {
    const { socket } = await lab.socket(`/api/sessions/${session.id}/terminals/99/socket`);
    if (socket === undefined) throw new Error('no socket');
    expect(await closed(socket)).toBe(4404);
  });
});

describe('the port of a session', () => {
  const host = (port: string | number) => `${port}-${session.id}.localhost:${lab.lab.port}`;
  const terminal = async (code: string) => {
    const { socket } = await lab.socket(socketPath);
    socket?.send(JSON.stringify({ type: 'run', code, interrupt: true }));
    return socket;
  };
  async function enter(port: number) {
    const sent = await lab.raw({ path: `/api/sessions/${session.id}/ports/${port}/open?path=%2Fa%3Fb`, headers: { cookie: lab.cookie } });
    const ticket = new URL(sent.headers.location ?? '');
    const entered = await lab.raw({ path: ticket.pathname + ticket.search, headers: { host: ticket.host } });
    return { ticket, entered, cookie: (entered.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '' };
  }

  it.each(['0', '65536', '99999', 'evil', '80x'])('%s is refused', async (port) => {
    expect((await lab.raw({ path: '/', headers: { host: host(port) } })).status).toBe(400);
    expect((await lab.raw({ path: `/api/sessions/${session.id}/ports/${port}/open`, headers: { cookie: lab.cookie } })).status).toBe(400);
  });

  it('sends a browser to the lab for a ticket, which works once and only for that port', async () => {
    const asked = await lab.raw({ path: '/a?b', headers: { host: host(8123), accept: 'text/html' } });
    expect({ status: asked.status, path: new URL(asked.headers.location ?? '').pathname + new URL(asked.headers.location ?? '').search }).toEqual({ status: 303, path: `/api/sessions/${session.id}/ports/8123/open?path=%2Fa%3Fb` });
    const { ticket, entered } = await enter(8123);
    expect({ host: ticket.host, status: entered.status, location: entered.headers.location, cookie: entered.headers['set-cookie']?.[0] }).toEqual({ host: host(8123), status: 303, location: '/a?b', cookie: expect.stringMatching(/^argo_lab_port=\S+; Path=\/; HttpOnly; Secure; SameSite=None; Partitioned; Max-Age=43200$/) });
    expect((await lab.raw({ path: ticket.pathname + ticket.search, headers: { host: ticket.host } })).status).toBe(401);
  });

  it('is closed to whoever has no cookie for it, over HTTP and sockets', async () => {
    const { cookie } = await enter(8123);
    expect((await lab.raw({ path: '/', headers: { host: host(8123) } })).status).toBe(401);
    expect((await lab.raw({ path: '/', headers: { host: host(8123), cookie: lab.cookie } })).status).toBe(401);
    expect((await lab.raw({ path: '/', headers: { host: host(8124), cookie } })).status).toBe(401);
    expect((await lab.socket('/', { host: host(8123) })).status).toBe(401);
    expect((await lab.socket('/', { host: host(8123), cookie, origin: 'http://evil.example' })).status).toBe(403);
  });

  it('shows a page that waits while nothing listens', async () => {
    const { cookie } = await enter(8123);
    const answer = await lab.raw({ path: '/', headers: { host: host(8123), cookie } });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('Nothing listens on port 8123 yet');
  });

  it('shows what listens, without the lab’s cookies and without what would break out', async () => {
    const port = 8100 + (process.pid % 800);
    const server = `python3 - <<'EOF'\nfrom http.server import *\nclass H(BaseHTTPRequestHandler):\n  def do_GET(self):\n    self.send_response(200)\n    self.send_header('Set-Cookie', 'a=1; Domain=localhost; Path=/')\n    self.send_header('X-Frame-Options', 'DENY')\n    self.send_header('Clear-Site-Data', '"*"')\n    self.end_headers()\n    self.wfile.write(str([self.path, self.headers['Host'], self.headers['Cookie'], self.headers['Authorization']]).encode())\nHTTPServer(('127.0.0.1', ${port}), H).serve_forever()\nEOF`;
    const socket = await terminal(server);
    const { cookie } = await enter(port);
    const get = () => lab.raw({ path: '/x?y=1', headers: { host: host(port), cookie: `${cookie}; mine=2; argo_lab=stolen`, authorization: 'Bearer argo-token' } });
    await until(async () => (await get()).status === 200);
    const answer = await get();
    expect(answer.body).toBe(`['/x?y=1', 'localhost:${port}', 'mine=2', 'Bearer argo-token']`);
    expect({ cookies: answer.headers['set-cookie'], frame: answer.headers['x-frame-options'], clear: answer.headers['clear-site-data'] }).toEqual({ cookies: ['a=1; Path=/'], frame: undefined, clear: undefined });
    socket?.send(Buffer.from('\u0003'));
    socket?.close();
  });

  it('carries sockets', async () => {
    const port = 9000 + (process.pid % 800);
    const code = `node -e 'require("http").createServer().on("upgrade",(q,s)=>{const k=require("crypto").createHash("sha1").update(q.headers["sec-websocket-key"]+"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest("base64");s.write("HTTP/1.1 101 x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: "+k+"\\r\\n\\r\\n");s.write(Buffer.from([0x81,2,104,105]))}).listen(${port},"127.0.0.1")'`;
    const typed = await terminal(code);
    const { cookie } = await enter(port);
    let said = '';
    await until(async () => {
      const { socket, status } = await lab.socket('/', { host: host(port), cookie, origin: `http://${host(port)}` }, (data) => {
        said = data.toString();
      });
      if (status !== 101 || socket === undefined) return false;
      await until(() => said !== '');
      socket.terminate();
      return true;
    });
    expect(said).toBe('hi');
    typed?.send(Buffer.from('\u0003'));
    typed?.close();
  });
});
