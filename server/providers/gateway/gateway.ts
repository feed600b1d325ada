import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server, Socket } from 'node:net';
import { PassThrough, type Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { z } from 'zod';
import { CertificateAuthority, RequestLog, recordOf, type RequestRecord } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Exchange } from './http-tap.ts';
import { PortForwardTap } from './port-forward-tap.ts';

/** What a gateway needs of the way to the real API server. */
export interface Upstream {
  readonly server: URL;
  request(call: { method: string; path: string; headers: OutgoingHttpHeaders; body?: PassThrough; signal: AbortSignal }): Promise<{ status: number; headers: IncomingHttpHeaders; body: IncomingMessage }>;
  /** A connection of its own, as far as TLS. */
  connect(): Promise<Duplex>;
}

export interface GatewayOptions {
  /** Must bring no credentials of its own: whoever comes through the gateway speaks for themselves. */
  upstream: Upstream;
  /** Listens already; taken over. */
  listener: Server;
  clock: Clock;
  /**
   * Client certificates end here: whoever shows one of the cluster's own authority is spoken for by `upstream`, the
   * administrator, as the user of that certificate. Without this, only tokens are good for anything.
   */
  certificates?: { authority: Buffer; upstream: Upstream; administrator: string };
  /** Whether a pod is an Argo Server, so that what a port-forward carries to it is kept. Default: by its name. */
  isArgoServer?(pod: string): boolean;
}

export interface Gateway {
  /** PEM: what a kubeconfig trusts that leads here. */
  certificate: string;
  /** What went through to the Kubernetes API, and through port-forwards to the Argo Server; the newest last. */
  requests(): readonly RequestRecord[];
  close(): Promise<void>;
}

/** Of this connection alone, not of the request. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host']);
const BODY_LIMIT = 64 * 1024;

/**
 * An API server's stand-in inside a place: hands everything on as it is and keeps what was asked. So `request` checks work
 * with clusters that show nobody their audit log, and see what goes to the Argo Server, which no audit log holds.
 */
export function startGateway({ upstream, listener, clock, certificates, isArgoServer = (pod) => pod.startsWith('argo-server') }: GatewayOptions): Gateway {
  const authority = CertificateAuthority.create('argo-lab', clock.now());
  const { certificate, key } = authority.issue({ subject: { commonName: 'kube-apiserver' }, altNames: ['127.0.0.1', 'localhost', 'kubernetes.default.svc'], usage: 'server', notBefore: clock.now() - 5 * 60_000, notAfter: clock.now() + 365 * 86_400_000 });
  const log = new RequestLog();
  const sockets = new Set<Duplex>();
  const track = (socket: Duplex) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const server = createServer({ key, cert: certificate, ...(certificates === undefined ? {} : { ca: certificates.authority, requestCert: true, rejectUnauthorized: false }), requestTimeout: 0, headersTimeout: 60_000, keepAliveTimeout: 120_000 });
  const accept = (socket: Socket) => {
    track(socket);
    server.emit('connection', socket);
  };
  server.on('secureConnection', track);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('request', (request, response) => void pass(request, response));
  server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head));
  listener.on('connection', accept);

  /** Who asks, by certificate or else by what the headers say. */
  const speakerOf = (request: IncomingMessage): { via: Upstream; user: string; added: Record<string, string | string[]> } => {
    const shown = certificates === undefined ? undefined : certified(request.socket);
    if (certificates === undefined || shown === undefined) return { via: upstream, user: userOf(request.headers), added: {} };
    const { user, groups } = shown;
    if (user === certificates.administrator) return { via: certificates.upstream, user: typeof request.headers['impersonate-user'] === 'string' ? request.headers['impersonate-user'] : user, added: {} };
    return { via: certificates.upstream, user, added: { 'impersonate-user': user, ...(groups.length === 0 ? {} : { 'impersonate-group': groups }) } };
  };
  const note = (request: IncomingMessage, status: number, body?: Buffer) =>
    log.add(recordOf({ time: clock.now(), server: 'kubernetes', method: request.method ?? 'GET', url: request.url ?? '/', user: status === 401 ? 'system:anonymous' : speakerOf(request).user, headers: request.headers, status, body }));

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.on('close', () => left.abort(new Error('the client has left')));
    const kept: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) kept.push(chunk);
    });
    const body = request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined ? undefined : request.pipe(new PassThrough());
    try {
      const { via, added } = speakerOf(request);
      const answer = await via.request({ method: request.method ?? 'GET', path: request.url ?? '/', headers: { ...endToEnd(request.headers), ...added }, ...(body === undefined ? {} : { body }), signal: left.signal });
      note(request, answer.status, size <= BODY_LIMIT ? Buffer.concat(kept) : undefined);
      response.writeHead(answer.status, endToEnd(answer.headers));
      // A watch may have nothing to say for long: its client waits for the headers.
      response.flushHeaders();
      answer.body.on('error', () => response.destroy());
      answer.body.pipe(response);
    } catch (error) {
      if (left.signal.aborted) return;
      note(request, 503);
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end(unavailable(error));
    }
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let remote: Duplex;
    const { via, added } = speakerOf(request);
    try {
      remote = await via.connect();
    } catch (error) {
      note(request, 503);
      const body = unavailable(error);
      socket.end(`HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return;
    }
    track(remote);
    socket.on('close', () => remote.destroy());
    remote.on('close', () => socket.destroy());
    if (socket.destroyed) return void remote.destroy();
    const tap = tapFor(request);
    let answered = Buffer.alloc(0);
    let status: number | undefined;
    remote.on('data', (chunk: Buffer) => {
      if (status !== undefined) return tap?.server(chunk);
      answered = Buffer.concat([answered, chunk]);
      const end = answered.indexOf('\r\n\r\n');
      if (end < 0) return;
      status = Number(answered.subarray(9, 12).toString('latin1'));
      note(request, status);
      if (status === 101) tap?.server(answered.subarray(end + 4));
      else tap?.close();
    });
    socket.on('data', (chunk: Buffer) => tap?.client(chunk));
    socket.on('close', () => tap?.close());
    remote.write(headOf(request, upstream.server, added));
    if (head.length > 0) {
      tap?.client(head);
      remote.write(head);
    }
    socket.pipe(remote);
    remote.pipe(socket);
  }

  function tapFor(request: IncomingMessage): PortForwardTap | undefined {
    const pod = /\/pods\/([^/?]+)\/portforward(?:\?|$)/.exec(request.url ?? '')?.[1];
    if (pod === undefined || !isArgoServer(pod)) return undefined;
    const protocols = String(request.headers['sec-websocket-protocol'] ?? '');
    const framing = /^spdy\/3\.1$/i.test(request.headers.upgrade ?? '') ? 'spdy' : protocols.includes('SPDY/3.1+portforward.k8s.io') ? 'websocket' : undefined;
    return framing === undefined ? undefined : new PortForwardTap(framing, (exchange) => log.add(argoRecord(exchange, clock.now())));
  }

  return {
    certificate: authority.certificate,
    requests: () => log.all(),
    async close() {
      listener.off('connection', accept);
      const closed = new Promise<void>((done) => (listener.listening ? listener.close(() => done()) : done()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function argoRecord({ method, url, headers, status, body }: Exchange, time: number): RequestRecord {
  return recordOf({ time, server: 'argo', method, url, user: userOf(headers), headers, status, body });
}

/** Who a request says it comes from: whether that is true, the server behind decided. */
function userOf(headers: IncomingHttpHeaders): string {
  const impersonated = headers['impersonate-user'];
  if (typeof impersonated === 'string') return impersonated;
  const claims = /^Bearer\s+[\w-]+\.([\w-]+)\.[\w-]+$/.exec(headers.authorization ?? '')?.[1];
  try {
    const parsed: unknown = JSON.parse(Buffer.from(claims ?? '', 'base64url').toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'sub' in parsed && typeof parsed.sub === 'string') return parsed.sub;
  } catch {
    // No token of Kubernetes'.
  }
  return 'system:anonymous';
}

/** User and groups of a client certificate that the authority has signed; undefined where none was shown. */
function certified(socket: Socket): { user: string; groups: string[] } | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const subject = z.object({ CN: z.string(), O: z.union([z.string(), z.array(z.string())]).optional() }).safeParse(socket.getPeerCertificate().subject);
  return subject.success ? { user: subject.data.CN, groups: [subject.data.O ?? []].flat() } : undefined;
}

function endToEnd(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

/** The head of an upgrade request, written anew for the real server. */
function headOf(request: IncomingMessage, server: URL, added: Record<string, string | string[]>): string {
  const base = server.pathname.replace(/\/$/, '');
  const lines = [`${request.method ?? 'GET'} ${base}${request.url ?? '/'} HTTP/1.1`, `Host: ${server.host}`];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) if (request.rawHeaders[i]?.toLowerCase() !== 'host' && added[request.rawHeaders[i]?.toLowerCase() ?? ''] === undefined) lines.push(`${request.rawHeaders[i] ?? ''}: ${request.rawHeaders[i + 1] ?? ''}`);
  for (const [name, values] of Object.entries(added)) for (const value of [values].flat()) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function unavailable(error: unknown): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: messageOf(error), reason: 'ServiceUnavailable', code: 503 });
}
