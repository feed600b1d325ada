import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { SessionManager } from '../session/manager.ts';
import { serveApiDocs } from './api-docs.ts';
import { type Access, cookieOf, foreignCookies, isPort, parseHost, parsePreviewHost, PREVIEW_COOKIE, sameSecret } from './access.ts';
import { failurePage, waitingPage } from './pages.ts';

const ENTER = '/.argo-lab/enter';
const TICKET_MS = 30_000;
const COOKIE_MS = 12 * 60 * 60_000;
const ANSWER_MS = 120_000;
/** Headers that concern one connection only. */
const HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

export interface PreviewOptions {
  access: Access;
  manager: SessionManager;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** `localhost`: previews are `<port>-<session>.` and this. */
  domain: string;
}

interface Target {
  port: number;
  session: string;
}

/**
 * Shows what listens on a port of a session, on an origin of its own. The lab's cookie is host-only and never arrives
 * here: a browser is sent to the lab once, which vouches for it with a ticket that works once, and gets a cookie that
 * is good for this port of this session.
 */
export class Preview {
  #tickets = new Map<string, { target: Target; until: number }>();
  /** The lab's host name as the browser knows it: where to ask for a ticket. */
  labHost = '';

  constructor(private readonly options: PreviewOptions) {}

  /** Undefined when the request is not for a preview. */
  targetOf(request: IncomingMessage): Target | undefined {
    const host = parseHost(request.headers.host);
    return host === undefined ? undefined : parsePreviewHost(host.name, this.options.domain);
  }

  /** Where the lab sends a browser that may see the port. */
  ticketUrl(target: Target, path: string, labHost: string): string {
    const { ids, clock, domain } = this.options;
    for (const [key, ticket] of this.#tickets) if (ticket.until < clock.now()) this.#tickets.delete(key);
    const ticket = ids.secret();
    this.#tickets.set(ticket, { target, until: clock.now() + TICKET_MS });
    const port = parseHost(labHost)?.port ?? '';
    return `http://${target.port}-${target.session}.${domain}${port === '' ? '' : `:${port}`}${ENTER}?ticket=${ticket}&path=${encodeURIComponent(localPath(path))}`;
  }

  handle(target: Target, request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined);
    if (!isPort(target.port)) return failurePage(response, 400, 'A port is a number between 1 and 65535.');
    const url = new URL(request.url ?? '/', 'http://preview');
    if (url.pathname === ENTER) return this.#enter(target, url, response);
    if (!this.#allowed(target, request)) return this.#askLab(target, request, response);
    if (request.method === 'GET' && serveApiDocs(url.pathname, response)) return;
    void this.#forward(target, request, response).catch((error: unknown) => {
      this.options.log.debug({ error: messageOf(error) }, 'a preview failed');
      if (response.headersSent) response.destroy();
      else failurePage(response, 502, 'What listens on the port gave no proper answer.');
    });
  }

  upgrade(target: Target, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    if (!isPort(target.port)) return void refuse('400 Bad Request');
    // A cookie alone proves nothing about which page opens the socket.
    const origin = request.headers.origin;
    if (origin !== undefined && origin !== `http://${(request.headers.host ?? '').toLowerCase()}`) return void refuse('403 Forbidden');
    if (!this.#allowed(target, request)) return void refuse('401 Unauthorized');
    void this.#dial(target).then(
      (upstream) => {
        const headers = this.#requestHeaders(target, request);
        headers.push('Connection', 'Upgrade', 'Upgrade', request.headers.upgrade ?? 'websocket');
        let text = `${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n`;
        for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
        upstream.write(`${text}\r\n`);
        upstream.write(head);
        const end = () => {
          upstream.destroy();
          socket.destroy();
        };
        for (const side of [upstream, socket]) side.on('error', end).on('close', end);
        upstream.pipe(socket).pipe(upstream);
      },
      () => refuse('502 Bad Gateway'),
    );
  }

  #enter(target: Target, url: URL, response: ServerResponse): void {
    const key = url.searchParams.get('ticket') ?? '';
    const ticket = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (ticket === undefined || ticket.until < this.options.clock.now() || ticket.target.port !== target.port || ticket.target.session !== target.session) return failurePage(response, 401, 'This link has been used already. Open the port from the lab again.');
    const until = String(this.options.clock.now() + COOKIE_MS);
    const value = `${until}.${this.#signature(target, until)}`;
    // In a frame of the lab's page this origin is a third party: only a partitioned cookie is kept there.
    response.writeHead(303, { 'Set-Cookie': `${PREVIEW_COOKIE}=${value}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned; Max-Age=${COOKIE_MS / 1000}`, Location: localPath(url.searchParams.get('path') ?? '/'), 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    response.end();
  }

  #askLab(target: Target, request: IncomingMessage, response: ServerResponse): void {
    const navigates = request.method === 'GET' && (request.headers['sec-fetch-mode'] ?? 'navigate') === 'navigate' && (request.headers.accept ?? '').includes('text/html');
    if (!navigates || this.labHost === '') return failurePage(response, 401, 'Open this port from the lab.');
    response.writeHead(303, { Location: `http://${this.labHost}/api/sessions/${target.session}/ports/${target.port}/open?path=${encodeURIComponent(localPath(request.url ?? '/'))}`, 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    response.end();
  }

  #allowed(target: Target, request: IncomingMessage): boolean {
    if (this.options.access.bearer(request)) return true;
    const [until = '', signature = ''] = (cookieOf(request, PREVIEW_COOKIE) ?? '').split('.');
    return Number(until) > this.options.clock.now() && sameSecret(signature, this.#signature(target, until));
  }

  #signature(target: Target, until: string): string {
    return this.options.access.sign(`${target.session}:${target.port}:${until}`);
  }

  async #dial(target: Target): Promise<Duplex> {
    const place = (await this.options.manager.find(target.session))?.place;
    if (place === undefined) throw Object.assign(new Error('the session is not there'), { code: 'ENOENT' });
    return place.dial(target.port);
  }

  async #forward(target: Target, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.#dial(target);
    } catch (error) {
      request.resume();
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
      if (code === 'ENOENT') return failurePage(response, 404, 'This session is not running.');
      return waitingPage(response, target.port);
    }
    await new Promise<void>((resolve, reject) => {
      const upstream = httpRequest({ method: request.method, path: request.url, headers: this.#requestHeaders(target, request), createConnection: () => socket, timeout: ANSWER_MS });
      upstream.on('timeout', () => upstream.destroy(new Error('no answer in time')));
      upstream.on('error', reject);
      upstream.on('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, this.#responseHeaders(target, request, answer));
        answer.on('error', () => response.destroy());
        answer.pipe(response);
        response.on('close', () => {
          answer.destroy();
          resolve();
        });
      });
      response.on('close', () => upstream.destroy());
      request.on('error', () => upstream.destroy());
      request.pipe(upstream);
    });
  }

  /** Raw header pairs: the lab's own secrets are left out, and the app sees the name it is used to. */
  #requestHeaders(target: Target, request: IncomingMessage): string[] {
    const out: string[] = ['Host', `localhost:${target.port}`];
    const labs = this.options.access.bearer(request);
    for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
      const name = request.rawHeaders[i] ?? '';
      const lower = name.toLowerCase();
      let value: string | undefined = request.rawHeaders[i + 1] ?? '';
      if (lower === 'host' || HOP.has(lower) || (lower === 'authorization' && labs)) continue;
      if (lower === 'cookie') value = foreignCookies(value);
      if (lower === 'origin' || lower === 'referer') value = value?.replace(`http://${request.headers.host ?? ''}`, `http://localhost:${target.port}`);
      if (value !== undefined) out.push(name, value);
    }
    out.push('X-Forwarded-Host', request.headers.host ?? '', 'X-Forwarded-Proto', 'http');
    return out;
  }

  #responseHeaders(target: Target, request: IncomingMessage, answer: IncomingMessage): string[] {
    const out: string[] = [];
    for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
      const name = answer.rawHeaders[i] ?? '';
      const lower = name.toLowerCase();
      let value = answer.rawHeaders[i + 1] ?? '';
      // Where the app may be framed is ours to say: the lab shows it in a tab of its own page.
      if (HOP.has(lower) || lower === 'x-frame-options' || lower === 'clear-site-data') continue;
      if (lower === 'set-cookie') {
        if (value.split('=')[0]?.trim() === PREVIEW_COOKIE) continue;
        value = value.replace(/;\s*domain=[^;]*/gi, '');
      }
      if (lower === 'content-security-policy') value = value.replace(/(^|;)\s*frame-ancestors[^;]*/gi, '$1');
      if (lower === 'location') value = value.replace(new RegExp(`^https?://(localhost|127\\.0\\.0\\.1):${target.port}(?=/|$)`), `http://${request.headers.host ?? ''}`);
      out.push(name, value);
    }
    if (!answer.rawHeaders.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'referrer-policy')) out.push('Referrer-Policy', 'same-origin');
    return out;
  }
}

/** A path on this origin, whatever was asked for. */
function localPath(path: string): string {
  return /^\/(?![/\\])[^\r\n]*$/.test(path) ? path : '/';
}
