import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { Clock } from '../lib/clock.ts';
import { LabError, messageOf } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Health } from '../protocol/rest.ts';
import type { Content } from '../session/content.ts';
import type { SessionManager } from '../session/manager.ts';
import type { AuthorDesk } from '../session/watch-author.ts';
import { Access, isPort, LAB_COOKIE } from './access.ts';
import { type CourseProviders, coursesRouter } from './courses.ts';
import { errorHandler, sendError } from './errors.ts';
import { setSecurityHeaders } from './headers.ts';
import { tokenPage } from './pages.ts';
import { portOwner } from './port-owner.ts';
import { Preview } from './preview.ts';
import { authorRouter } from './author.ts';
import { filesRouter } from './files.ts';
import { sessionsRouter } from './sessions.ts';
import { TerminalSockets } from './terminal-socket.ts';

export interface SiteOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  token: string;
  /** Names besides localhost and the address itself by which the lab may be reached. */
  allowHosts: readonly string[];
  /** Previews are `<port>-<session>.` and this. */
  previewDomain: string;
  /** The built page. */
  web: string;
  content: Content;
  manager: SessionManager;
  /** Clusters that sessions may be given. */
  providers: CourseProviders;
  /** Known once the sandbox has been tried. */
  sandbox(): { isolation: 'bubblewrap' | 'none'; notice: string | undefined };
  /** With `serve --watch`. */
  author?: AuthorDesk;
  version: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

export interface Site {
  port: number;
  /** `http://127.0.0.1:1234` */
  origin: string;
  close(): Promise<void>;
}

/** Starts the lab's site: page, REST, sockets and port previews on one port. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { clock, log, manager } = options;
  const access = new Access(options.token, new Set(['localhost', '127.0.0.1', '[::1]', options.host.toLowerCase(), ...options.allowHosts.map((host) => host.toLowerCase())]));
  const preview = new Preview({ access, manager, clock, ids: options.ids, log, domain: options.previewDomain });
  const sockets = new TerminalSockets(manager, clock, log);
  const app = buildApp(options, access, preview);

  const server = createServer({ maxHeaderSize: 32 * 1024, headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 10_000, connectionsCheckingInterval: 2000 }, (request: IncomingMessage, response: ServerResponse) => {
    const target = preview.targetOf(request);
    if (target === undefined) app(request, response);
    else preview.handle(target, request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const target = preview.targetOf(request);
    if (target !== undefined) {
      preview.upgrade(target, request, socket, head);
      return;
    }
    const refusal = access.refusal(request, true);
    if (refusal !== undefined) socket.end(`HTTP/1.1 ${refusal.status} ${refusal.code}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(refusal.message)}\r\n\r\n${refusal.message}`);
    else if (!sockets.upgrade(request, socket, head)) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  // Upgraded connections are nobody's any more for node: they are ended by hand.
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const port = await listen(server, options.host, options.port);
  preview.labHost = `${urlHost(options.host)}:${port}`;
  return {
    port,
    origin: `http://${urlHost(options.host)}:${port}`,
    async close() {
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Event streams and previews never end by themselves.
      clock.after(300, () => {
        for (const socket of connections) socket.destroy();
      });
      await closed;
    },
  };
}

function buildApp(options: SiteOptions, access: Access, preview: Preview): express.Express {
  const { clock, log, manager, content } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);

  app.use((_request, response, next) => {
    setSecurityHeaders(response, `http://*.${options.previewDomain}:*`);
    next();
  });

  app.get('/healthz', (_request, response) => {
    const body: Health = { status: 'ok', version: options.version, sandbox: options.sandbox().isolation, sessions: manager.count };
    response.json(body);
  });

  // The link that was printed: its token becomes a cookie, and the address forgets it.
  app.use((request, response, next) => {
    const token = request.query['token'];
    if (request.method !== 'GET' || typeof token !== 'string' || !access.knowsHost(request.headers.host)) return next();
    if (!access.acceptsToken(token)) return tokenPage(response);
    const rest = new URLSearchParams(request.url.split('?')[1]);
    rest.delete('token');
    response.setHeader('Set-Cookie', `${LAB_COOKIE}=${access.cookie}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000`);
    response.setHeader('Cache-Control', 'no-store');
    // Never to another site, whatever the path looks like.
    response.redirect(303, `/${request.path.replace(/^[/\\]+/, '')}${rest.size === 0 ? '' : `?${rest.toString()}`}`);
  });

  app.use((request, response, next) => {
    const refusal = access.refusal(request, false);
    if (refusal === undefined) {
      preview.labHost = request.headers.host ?? preview.labHost;
      next();
      return;
    }
    const { status, ...error } = refusal;
    if (status === 401 && !request.path.startsWith('/api/') && request.accepts(['json', 'html']) === 'html') tokenPage(response);
    else sendError(response, status, error);
  });

  app.use('/api', (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use('/api', coursesRouter(content, manager, () => options.sandbox().notice, options.providers, options.author !== undefined));
  app.get('/api/sessions/:sid/ports/:port/open', async (request, response) => {
    const port = /^\d{1,7}$/.test(request.params.port) ? Number(request.params.port) : Number.NaN;
    if (!isPort(port)) throw new LabError('bad-request', 'a port is a number between 1 and 65535');
    await manager.get(request.params.sid);
    const path = request.query['path'];
    response.redirect(303, preview.ticketUrl({ port, session: request.params.sid }, typeof path === 'string' ? path : '/', request.headers.host ?? ''));
  });
  if (options.author !== undefined) app.use('/api', authorRouter(options.author, content, manager, clock));
  app.use('/api', filesRouter(manager));
  app.use('/api', sessionsRouter(manager, clock));
  app.use('/api', (_request, response) => sendError(response, 404, { code: 'not-found', message: 'there is no such address' }));

  app.use('/assets', express.static(join(options.web, 'assets'), { immutable: true, maxAge: '1y', fallthrough: false }));
  app.use(express.static(options.web, { index: false, maxAge: 0 }));
  app.get('/*path', (request, response, next) => showPage(options.web, request, response, next));
  app.get('/', (request, response, next) => showPage(options.web, request, response, next));
  app.use((_request, response) => sendError(response, 404, { code: 'not-found', message: 'there is no such address' }));
  app.use(errorHandler(log));
  return app;
}

/** Every address without a dot is the page's own business. */
function showPage(web: string, request: express.Request, response: express.Response, next: express.NextFunction): void {
  if (/\.[a-z0-9]+$/i.test(request.path)) return next();
  if (!existsSync(join(web, 'index.html'))) {
    response.status(503).type('text/plain').send('The page has not been built. Run: npm run build\n');
    return;
  }
  response.sendFile('index.html', { root: web, maxAge: 0, headers: { 'Cache-Control': 'no-cache' } });
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const error = await new Promise<unknown>((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => resolve(undefined));
  });
  if (error === undefined) return addressOf(server).port;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const owner = await portOwner(port);
    throw new LabError('port-taken', `port ${port} on ${host} is taken${owner === undefined ? '' : ` by ${owner}`}`, `Choose another: --port ${port === 65535 ? 65534 : port + 1}, or --port 0 for any free one.`);
  }
  if (code === 'EACCES') throw new LabError('port-taken', `port ${port} may not be used by this user`, 'Choose one above 1023, or --port 0 for any free one.');
  throw new LabError('internal', `listening on ${host}:${port} failed: ${messageOf(error)}`);
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return address;
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host;
}
