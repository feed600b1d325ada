import { type IncomingMessage, request as httpRequest, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES, validateHeaderValue } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Ids } from '../../../lib/ids.ts';
import { pageOf } from './pages.ts';
import { type Backend, rewritten, routeOf, type Site, siteOf } from './routes.ts';

/** What concerns one connection only. */
const HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
/** ingress-nginx' `proxy-body-size`: bytes. */
const MAX_BODY = 1024 * 1024;
/** Its `proxy-read-timeout`: milliseconds. */
const ANSWER_MS = 60_000;
/** A Service's pods are tried one after another, so many at most. */
const TRIES = 3;

/** An address behind a Service, in the order in which they are to be tried. */
export interface Endpoint {
  host: string;
  port: number;
}

export interface ProxyOptions {
  ids: Ids;
  sites(): readonly Site[];
  /** Empty where none is ready, or where there is no such Service. */
  endpoints(backend: Backend): Endpoint[];
  dial(endpoint: Endpoint): Promise<Duplex>;
}

export interface Proxy {
  handle(request: IncomingMessage, response: ServerResponse, secure: boolean): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, secure: boolean): void;
}

type Decision = { page: number } | { redirect: { code: number; location: string } } | { backend: Backend; url: string };

/** Answers for every Ingress: finds the route, asks a pod behind its Service, and hands the answer on. */
export function createProxy({ ids, sites, endpoints, dial }: ProxyOptions): Proxy {
  const connect = async (targets: readonly Endpoint[]): Promise<Duplex> => {
    let problem: unknown;
    for (const target of targets.slice(0, TRIES)) {
      try {
        return await dial(target);
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  };

  return {
    handle(request, response, secure) {
      response.on('error', () => undefined);
      const decision = decideSafely(sites(), request, secure);
      if ('page' in decision) return answer(request, response, decision.page);
      if ('redirect' in decision) return answer(request, response, decision.redirect.code, decision.redirect.location);
      if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return answer(request, response, 413);
      const targets = endpoints(decision.backend);
      if (targets.length === 0) return answer(request, response, 503);
      connect(targets).then(
        (socket) => {
          socket.on('error', () => socket.destroy());
          forward(request, response, socket, decision.url, headersFor(request, secure, ids));
        },
      ).catch(() => answer(request, response, 502));
    },
    upgrade(request, socket, head, secure) {
      socket.on('error', () => socket.destroy());
      const refuse = (code: number) => socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      const decision = decideSafely(sites(), request, secure);
      if (!('backend' in decision)) return void refuse('page' in decision ? decision.page : decision.redirect.code);
      const targets = endpoints(decision.backend);
      if (targets.length === 0) return void refuse(503);
      connect(targets).then(
        (upstream) => {
          const headers = { ...headersFor(request, secure, ids), connection: 'upgrade', upgrade: request.headers.upgrade ?? 'websocket' };
          const lines = Object.entries(headers).flatMap(([name, value]) => (Array.isArray(value) ? value.map((one) => `${name}: ${one}`) : [`${name}: ${String(value)}`]));
          upstream.write(`${request.method ?? 'GET'} ${decision.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
          upstream.write(head);
          const end = (): void => {
            upstream.destroy();
            socket.destroy();
          };
          for (const side of [upstream, socket]) side.on('error', end).on('close', end);
          upstream.pipe(socket).pipe(upstream);
        },
      ).catch(() => refuse(502));
    },
  };
}

/** What becomes of a request. After ingress-nginx: its nginx has a server for each host, and one for all others. */
export function decide(sites: readonly Site[], request: Pick<IncomingMessage, 'url' | 'headers'>, secure: boolean): Decision {
  const host = request.headers.host ?? '';
  const url = request.url ?? '/';
  const path = pathOf(url);
  const site = siteOf(sites, host);
  if (site === undefined || path === undefined) return { page: path === undefined ? 400 : 404 };
  const route = routeOf(site, path);
  const wantsHttps = route !== undefined && (route.toHttps === 'always' || (route.toHttps === 'with-certificate' && site.tls !== undefined));
  if (!secure && wantsHttps) return { redirect: { code: 308, location: `https://${host.replace(/:\d+$/, '')}${url}` } };
  if (path === '/' && site.appRoot !== '') return { redirect: { code: 302, location: `${secure ? 'https' : 'http'}://${host}${site.appRoot}` } };
  if (route === undefined) return site.fallback === undefined ? { page: 404 } : { backend: site.fallback, url };
  if (route.redirect !== undefined) return { redirect: route.redirect };
  if (route.backend === undefined) return { page: 503 };
  const changed = rewritten(route, path);
  const query = url.indexOf('?');
  return { backend: route.backend, url: changed === path ? url : `${encodeURI(changed)}${query < 0 ? '' : url.slice(query)}` };
}

/** An annotation may hold what can be no address or expression: that is an error of the Ingress, not of this process. */
function decideSafely(sites: readonly Site[], request: IncomingMessage, secure: boolean): Decision {
  try {
    const decision = decide(sites, request, secure);
    if ('redirect' in decision) validateHeaderValue('location', decision.redirect.location);
    return 'backend' in decision && /[^\x21-\xff]/.test(decision.url) ? { page: 400 } : decision;
  } catch {
    return { page: 500 };
  }
}

/** As nginx compares it: decoded, without dots and empty parts; undefined when it is none. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url.replace(/^\/+/, '/'), 'http://ingress').pathname).replace(/\/{2,}/g, '/');
  } catch {
    return undefined;
  }
}

function headersFor(request: IncomingMessage, secure: boolean, ids: Ids): OutgoingHttpHeaders {
  const address = (request.socket.remoteAddress ?? '127.0.0.1').replace(/^::ffff:/, '');
  const host = request.headers.host ?? '';
  const scheme = secure ? 'https' : 'http';
  // What the client says of itself is not believed, as ingress-nginx' `use-forwarded-headers: false` has it.
  const said: Record<string, string> = {
    'X-Request-ID': String(request.headers['x-request-id'] ?? ids.uuid().replaceAll('-', '')),
    'X-Real-IP': address,
    'X-Forwarded-For': address,
    'X-Forwarded-Host': host,
    'X-Forwarded-Port': secure ? '443' : '80',
    'X-Forwarded-Proto': scheme,
    'X-Forwarded-Scheme': scheme,
    'X-Scheme': scheme,
  };
  const replaced = new Set(Object.keys(said).map((name) => name.toLowerCase()));
  const own: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    if (HOP.has(name.toLowerCase()) || replaced.has(name.toLowerCase())) continue;
    const before = own[name];
    own[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return { ...own, ...said };
}

function answer(request: IncomingMessage, response: ServerResponse, code: number, location?: string): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  request.resume();
  const page = pageOf(code);
  response.writeHead(code, { 'content-type': 'text/html', 'content-length': Buffer.byteLength(page), ...(location === undefined ? {} : { location }) });
  response.end(request.method === 'HEAD' ? undefined : page);
}

function forward(request: IncomingMessage, response: ServerResponse, socket: Duplex, path: string, headers: OutgoingHttpHeaders): void {
  if (response.destroyed) return void socket.destroy();
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  const upstream = httpRequest({ method: request.method, path, headers: { ...headers, connection: 'close' }, createConnection: () => socket, timeout: ANSWER_MS });
  let late = false;
  upstream.on('timeout', () => {
    late = true;
    upstream.destroy();
  });
  upstream.on('error', () => answer(request, response, late ? 504 : 502));
  upstream.on('response', (reply) => {
    const kept = Object.fromEntries(Object.entries(reply.headers).filter(([name]) => !HOP.has(name) && name !== 'server'));
    response.writeHead(reply.statusCode ?? 502, reply.statusMessage ?? '', kept);
    reply.on('error', () => response.destroy());
    reply.pipe(response);
  });
  response.on('close', () => upstream.destroy());
  if (hasBody) request.pipe(upstream);
  else upstream.end();
}
