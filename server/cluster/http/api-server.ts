import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Log } from '../../lib/log.ts';
import { messageOf } from '../../lib/errors.ts';
import { internalError } from '../api/errors.ts';
import type { ApiCore } from '../api/core.ts';
import { wantsYaml } from '../api/negotiate.ts';
import { parseRequest } from '../api/request-info.ts';
import { ApiStatus } from '../api/status.ts';
import { flowOf } from '../auth/flow-control.ts';
import type { UserInfo } from '../auth/user.ts';
import { encodeJson, sendText, sendValue, type Answering, type Response } from './answer.ts';
import type { Request } from './body.ts';
import { handlePath, type PathCall } from './non-resource-handler.ts';
import { handleResource } from './resource-handler.ts';

export interface ApiServerOptions {
  core: ApiCore;
  log: Log;
  tls: { key: string; cert: string; ca: string };
  /** Whom a request comes from. Throws ApiStatus 401 or 403, or `PlainResponse`. */
  identify(credentials: { headers: IncomingHttpHeaders; certificate?: Buffer }, url: string): UserInfo;
  documents: PathCall['documents'];
  clock: PathCall['clock'];
  decodeProtobuf(bytes: Uint8Array): unknown;
  /** Streams: exec, attach, port-forward. Answers on the socket, errors included. */
  upgrade(call: UpgradeCall): Promise<void>;
  record(entry: { method: string; url: string; user: string; headers: IncomingHttpHeaders; status: number; body: Buffer | undefined }): void;
  listen: { host: string; port: number } | { listener: Server };
}

export interface UpgradeCall {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  user: UserInfo;
  info: ReturnType<typeof parseRequest>;
}

/** A response that is plain text instead of a Status. */
interface Plain {
  code: number;
  text: string;
}

function isPlain(error: unknown): error is Plain {
  return error instanceof Error && error.name === 'PlainResponse' && 'code' in error && 'text' in error;
}

export interface ApiServer {
  /** `https://127.0.0.1:34567`; undefined behind a listener that has no address of its own. */
  address: AddressInfo | undefined;
  /** Serves a connection that came another way than through the listener. */
  accept(socket: Duplex): void;
  close(): Promise<void>;
}

/** The HTTPS door of the API: HTTP/1.1 and HTTP/2, client certificates asked for but not required. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const sockets = new Set<Duplex>();
  const server: Http2SecureServer = createSecureServer({ ...options.tls, allowHTTP1: true, requestCert: true, rejectUnauthorized: false });
  let serverAddress = '127.0.0.1';

  server.on('request', (request: Request, response: Response) => {
    void handle(options, request, response, end.signal, serverAddress);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => void upgrade(options, request, socket, head));
  const track = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  server.on('secureConnection', track);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('sessionError', () => undefined);

  let address: AddressInfo | undefined;
  const { listen } = options;
  const accept = (socket: Duplex): void => {
    track(socket);
    server.emit('connection', socket);
  };
  if ('listener' in listen) {
    listen.listener.on('connection', accept);
  } else {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const bound = server.address();
    if (bound !== null && typeof bound === 'object') {
      address = bound;
      serverAddress = `${bound.address}:${bound.port}`;
    }
    server.on('connection', track);
  }

  return {
    address,
    accept,
    async close() {
      end.abort();
      const closed = new Promise<void>((resolve) => {
        if ('listener' in listen) {
          listen.listener.off('connection', accept);
          if (listen.listener.listening) listen.listener.close(() => resolve());
          else resolve();
        } else server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The certificate of a connection does not change: looked at once. */
const certificates = new WeakMap<object, Buffer | undefined>();

function certificateOf(request: Request): Buffer | undefined {
  // HTTP/2 hands out a proxy of its socket for each request; the session's own is the same for all of them.
  const socket: unknown = 'stream' in request ? request.stream.session?.socket : request.socket;
  if (typeof socket !== 'object' || socket === null) return undefined;
  // Asked for by name: HTTP/2's stand-in for the socket does not say what it has.
  const read: unknown = Reflect.get(socket, 'getPeerCertificate');
  if (typeof read !== 'function') return undefined;
  const key = 'stream' in request ? (request.stream.session ?? socket) : socket;
  if (!certificates.has(key)) {
    const peer: unknown = Reflect.apply(read, socket, []);
    certificates.set(key, typeof peer === 'object' && peer !== null && 'raw' in peer && Buffer.isBuffer(peer.raw) ? peer.raw : undefined);
  }
  return certificates.get(key);
}

function credentialsOf(request: Request): { headers: IncomingHttpHeaders; certificate?: Buffer } {
  const certificate = certificateOf(request);
  return { headers: request.headers, ...(certificate === undefined ? {} : { certificate }) };
}

async function handle(options: ApiServerOptions, request: Request, response: Response, end: AbortSignal, serverAddress: string): Promise<void> {
  const { core, log } = options;
  const url = request.url ?? '/';
  const info = parseRequest(url);
  const answering: Answering = { request, response, query: info.query, warnings: [], ids: core.ids };
  let user: UserInfo | undefined;
  let body: Buffer | undefined;
  response.on('close', () => {
    const status = 'statusCode' in response && typeof response.statusCode === 'number' ? response.statusCode : 0;
    options.record({ method: request.method ?? 'GET', url, user: user?.username ?? 'system:anonymous', headers: request.headers, status, body });
  });
  try {
    user = options.identify(credentialsOf(request), url);
    const flow = flowOf(core, { user, verb: flowVerb(request.method ?? 'GET', info), path: info.path, ...(info.resource === undefined ? {} : { resource: info.resource }) });
    if (flow !== undefined) answering.flow = flow;
    if (info.resource === undefined) await handlePath({ core, answering, user, path: info.path, serverAddress, documents: options.documents, clock: options.clock });
    else await handleResource({ core, answering, user, request: info.resource, decodeProtobuf: options.decodeProtobuf, end, onBody: (bytes) => (body = bytes) });
  } catch (error) {
    answerError(answering, error, log);
  }
}

/** What a request does, as authorisation calls it. */
function flowVerb(method: string, { resource, query }: ReturnType<typeof parseRequest>): string {
  if (resource === undefined) return method.toLowerCase();
  if (method !== 'GET' && method !== 'HEAD') return method === 'DELETE' && resource.name === undefined ? 'deletecollection' : (VERBS[method] ?? method.toLowerCase());
  if (resource.watchPrefix || ['true', '1'].includes(query.get('watch') ?? '')) return 'watch';
  return resource.name === undefined ? 'list' : 'get';
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function answerError(answering: Answering, error: unknown, log: Log): void {
  const { response, request } = answering;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (isPlain(error)) {
    sendText(answering, error.code, error.text);
    return;
  }
  if (!(error instanceof ApiStatus)) log.error({ url: request.url, err: error instanceof Error ? error.stack : String(error) }, 'a request failed in the API server');
  const status = error instanceof ApiStatus ? error : internalError(messageOf(error));
  const retry = status.details?.retryAfterSeconds;
  sendValue(answering, status.code, status.body(), { yaml: wantsYaml(request.headers.accept), ...(retry === undefined ? {} : { headers: { 'Retry-After': String(retry) } }) });
}

async function upgrade(options: ApiServerOptions, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const url = request.url ?? '/';
  const finish = (status: number, user: string): void => options.record({ method: request.method ?? 'GET', url, user, headers: request.headers, status, body: undefined });
  socket.on('error', () => socket.destroy());
  let name = 'system:anonymous';
  try {
    const user = options.identify(credentialsOf(request), url);
    name = user.username;
    await options.upgrade({ request, socket, head, user, info: parseRequest(url) });
    finish(101, name);
  } catch (error) {
    const status = error instanceof ApiStatus ? error : internalError(messageOf(error));
    finish(status.code, name);
    refuseUpgrade(socket, status);
  }
}

/** An HTTP/1.1 answer on a socket that wanted to be something else. */
export function refuseUpgrade(socket: Duplex, status: ApiStatus): void {
  const body = Buffer.from(encodeJson(status.body(), false));
  const reason = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 500: 'Internal Server Error' }[status.code] ?? 'Error';
  socket.end(`HTTP/1.1 ${status.code} ${reason}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body.toString('utf8')}`);
}

