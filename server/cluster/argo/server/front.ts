import { STATUS_CODES } from 'node:http';
import type { Clock } from '../../../lib/clock.ts';
import { decoded } from '../../../lib/decoded.ts';
import { goJson, isJsonObject, type Json } from '../../../lib/json.ts';
import { readAtMost } from '../../../lib/read-at-most.ts';
import { goDuration } from '../../../lib/go-duration.ts';
import type { RequestRecord } from '../../auth/request-log.ts';
import { WEBHOOK_BODY_LIMIT, isWebhook, webhookToken } from '../events/webhook.ts';
import { logLine } from './access-log.ts';
import { isArtifactPath, refuse, serveArtifact, type ArtifactAccess } from './artifacts.ts';
import { type Caller, type Gatekeeper, claimsOfAuthorization } from './auth.ts';
import { FieldFilter } from './fields.ts';
import { requestOf } from './gateway.ts';
import { isGrpc, serveGrpc } from './grpc/handler.ts';
import { metricsPage } from './metrics.ts';
import { RateLimit } from './rate-limit.ts';
import { Reply, type AnyRequest, type AnyResponse } from './reply.ts';
import type { Call, Route, ServiceContext } from './route.ts';
import { matchRoute, type RouteMatch } from './routes/index.ts';
import { serveStatic, type StaticOptions } from './static-files.ts';
import { Code, GrpcStatus, codeName, httpOf, toStatus } from './status.ts';
import { VERSION } from './version.ts';

/** What the gateway reads of a body at most: Argo's GRPC_MESSAGE_SIZE. */
const BODY_LIMIT = 100 * 1024 * 1024;
const KEEP_ALIVE_MS = 15_000;

export interface FrontOptions {
  context: ServiceContext;
  gatekeeper: Gatekeeper;
  files: StaticOptions;
  artifacts: ArtifactAccess;
  clock: Clock;
  /** Raw lines for the container's log. */
  write(line: string): void;
  record?: (record: RequestRecord) => void;
  signal: AbortSignal;
}

/** One request on its way: what the access log and the request record need to know of it. */
interface Exchange {
  request: AnyRequest;
  response: AnyResponse;
  reply: Reply;
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string | undefined;
  body: string;
}

/** The Argo Server's HTTP face: limits, webhooks, the gateway to the services, the user interface, the log. */
export class Front {
  readonly #limit = new RateLimit();
  readonly #started: number;

  constructor(private readonly options: FrontOptions) {
    this.#started = options.clock.now();
  }

  async handle(request: AnyRequest, response: AnyResponse): Promise<void> {
    const { clock } = this.options;
    const begun = process.hrtime.bigint();
    if (isGrpc(request)) {
      const { context, gatekeeper, signal } = this.options;
      await serveGrpc(request, response, { context, gatekeeper, limit: this.#limit, clock, signal, log: (route, failure, started) => this.#logCall(route, failure, started) });
      return;
    }
    const limit = this.#limit.take(clock.now());
    const url = request.url ?? '/';
    const method = request.method ?? 'GET';
    const reply = new Reply(response, method === 'HEAD', () => clock.now());
    for (const [name, value] of limit.headers) reply.set(name, value);
    const exchange: Exchange = { request, response, reply, method, path: decoded(url.split('?')[0] ?? '/'), query: new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''), authorization: header(request, 'authorization'), body: '' };
    try {
      if (!limit.allowed) reply.set('Retry-After', limit.retryAfter).set('Content-Type', 'text/plain; charset=utf-8').set('X-Content-Type-Options', 'nosniff').end(429, 'Too Many Requests\n');
      else if (exchange.path.startsWith('/api/')) await this.#api(exchange);
      else await this.#other(exchange);
    } catch (error) {
      this.options.context.log('error', error instanceof Error ? error.message : String(error));
      if (reply.started) response.destroy();
      else failed(reply, new GrpcStatus(Code.Internal, 'internal error'));
    }
    const took = process.hrtime.bigint() - begun;
    this.options.write(logLine(clock.now(), 'info', undefined, { duration: goDuration(Number(took) / 1e6), method, path: exchange.path, size: String(reply.size), status: String(reply.loggedStatus) }));
    if (exchange.path.startsWith('/api/')) this.#record(exchange, url);
  }

  #record({ request, reply, method, authorization, body }: Exchange, url: string): void {
    const json = jsonBody(body);
    this.options.record?.({
      time: this.options.clock.now(),
      server: 'argo',
      method,
      url,
      user: claimsOfAuthorization(authorization ?? '')?.subject ?? 'system:anonymous',
      userAgent: header(request, 'user-agent') ?? '',
      status: reply.status,
      ...(json === undefined ? {} : { body: json }),
    });
  }

  async #api(exchange: Exchange): Promise<void> {
    const { method, path, request, reply } = exchange;
    // An empty Authorization header is one, too.
    const webhook = isWebhook(method, path, exchange.authorization !== undefined);
    const bytes = await readAtMost(request, webhook ? WEBHOOK_BODY_LIMIT : BODY_LIMIT);
    if (bytes === undefined) {
      failed(reply, new GrpcStatus(Code.InvalidArgument, 'http: request body too large'));
      return;
    }
    exchange.body = bytes.toString('utf8');
    if (webhook && !(await this.#signedWebhook(exchange, bytes))) return;
    const match = this.#match(exchange);
    if (match === undefined) {
      failed(reply, new GrpcStatus(Code.Unimplemented, 'Not Implemented'));
      return;
    }
    let message: Call['request'];
    try {
      message = requestOf(match.route, match.params, exchange.query, exchange.body);
    } catch (error) {
      // The gateway itself answers here: the call never reached a service, so the call's metadata is missing.
      failed(reply, toStatus(error, Code.InvalidArgument));
      return;
    }
    await this.#call(exchange, match.route, message);
  }

  /** A POST of a form to a path that only answers GET is taken as that. After grpc-gateway v1.16 runtime/mux.go */
  #match({ method, path, request }: Exchange): RouteMatch | undefined {
    const match = matchRoute(method, path);
    if (match !== undefined || method !== 'POST') return match;
    return (header(request, 'content-type') ?? '').startsWith('application/x-www-form-urlencoded') ? matchRoute('GET', path) : undefined;
  }

  /** Lets a signed webhook speak as its account; false when the request was refused. */
  async #signedWebhook(exchange: Exchange, body: Buffer): Promise<boolean> {
    const { method, path, request, reply } = exchange;
    try {
      const token = await webhookToken(this.options.context.own, { method, path, header: (name) => header(request, name), body });
      if (token !== undefined) exchange.authorization = `Bearer ${token}`;
      return true;
    } catch (error) {
      this.options.context.log('error', 'Failed to process webhook request', { error: error instanceof Error ? error.message : String(error) });
      // The reason stays in the log: it would help somebody who tries to get in.
      reply.end(403, '{"message": "failed to process webhook request"}', { sniffed: 'text/plain; charset=utf-8' });
      return false;
    }
  }

  async #call(exchange: Exchange, route: Route, message: Call['request']): Promise<void> {
    const { request, response, reply } = exchange;
    const { clock, context, gatekeeper, signal } = this.options;
    const begun = { ms: clock.now(), ns: process.hrtime.bigint() };
    const sse = (header(request, 'accept') ?? '').includes('text/event-stream');
    const controller = new AbortController();
    const stop = () => controller.abort();
    response.once('close', stop);
    signal.addEventListener('abort', stop, { once: true });
    let failure: GrpcStatus | undefined;
    try {
      const caller = gatekeeper.admit(exchange.authorization, header(request, 'cookie'));
      const call: Call = { ...caller, context, request: message, headers: metadataHeaders(request), signal: controller.signal };
      if (route.unary !== undefined) {
        const answer = await route.unary(call);
        reply.set('Content-Type', 'application/json').set('Grpc-Metadata-Argo-Version', VERSION.version);
        withMetadata(reply).end(200, goJson(answer), { explicit: false });
      } else if (route.stream !== undefined) await this.#stream(route.stream(call), exchange, sse, typeof message['fields'] === 'string' ? message['fields'] : '');
    } catch (error) {
      failure = toStatus(error);
      if (route.stream === undefined) failed(withMetadata(reply), failure);
      else streamFailed(reply, failure, sse, new FieldFilter(typeof message['fields'] === 'string' ? message['fields'] : ''));
    } finally {
      signal.removeEventListener('abort', stop);
      response.removeListener('close', stop);
      controller.abort();
      this.#logCall(route, failure, begun);
    }
  }

  #logCall(route: Pick<Route, 'service' | 'rpc' | 'stream'>, failure: GrpcStatus | undefined, begun: { ms: number; ns: bigint }): void {
    const code = failure?.code ?? Code.OK;
    this.options.write(
      logLine(this.options.clock.now(), levelOf(code), `finished ${route.stream === undefined ? 'unary' : 'streaming'} call with code ${codeName(code)}`, {
        ...(failure === undefined ? {} : { error: `rpc error: code = ${codeName(code)} desc = ${failure.message}` }),
        'grpc.code': codeName(code),
        'grpc.method': route.rpc,
        'grpc.service': route.service,
        'grpc.start_time': `${new Date(begun.ms).toISOString().slice(0, 19)}Z`,
        'grpc.time_ms': String(Number((Number(process.hrtime.bigint() - begun.ns) / 1e6).toFixed(3))),
        'span.kind': 'server',
        system: 'grpc',
      }),
    );
  }

  /** The head goes out with the first message: what fails before is answered with its own status. */
  async #stream(messages: AsyncIterable<Json>, { reply }: Exchange, sse: boolean, fields: string): Promise<void> {
    const filter = new FieldFilter(fields);
    const begin = () => {
      if (!reply.started) streamHeaders(reply, sse).start(200);
    };
    const stopKeepAlive = sse
      ? this.options.clock.every(KEEP_ALIVE_MS, () => {
          begin();
          reply.write(':\n');
        })
      : () => undefined;
    try {
      for await (const message of messages) {
        begin();
        const text = goJson(filter.open ? { result: message } : filter.apply({ result: message }));
        reply.write(sse ? `data: ${text} \n\n\n` : `${text}\n`);
      }
    } finally {
      stopKeepAlive();
    }
    begin();
    reply.finish();
  }

  async #other(exchange: Exchange): Promise<void> {
    const { path, request, reply, authorization } = exchange;
    request.resume();
    if (path === '/api') reply.set('Content-Type', 'text/html; charset=utf-8').set('Location', '/api/').end(307, '<a href="/api/">Temporary Redirect</a>.\n\n');
    else if (path === '/oauth2/redirect' || path === '/oauth2/callback') reply.end(501, '');
    else if (path === '/metrics') {
      if (authorization === undefined || authorization === '') reply.end(403, '');
      else reply.set('Content-Type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores').end(200, metricsPage(this.#started));
    } else if (isArtifactPath(path)) await this.#artifact(exchange);
    else await serveStatic(reply, path, this.options.files, this.options.clock.now());
  }

  async #artifact({ path, reply, authorization, request }: Exchange): Promise<void> {
    let caller: Caller;
    try {
      caller = this.options.gatekeeper.admit(authorization, header(request, 'cookie'));
    } catch {
      refuse(reply, 401);
      return;
    }
    await serveArtifact(reply, path, caller, this.options.artifacts);
  }
}

function withMetadata(reply: Reply): Reply {
  reply.set('Grpc-Metadata-Content-Type', 'application/grpc');
  for (const trailer of ['Grpc-Status', 'Grpc-Message', 'Grpc-Status-Details-Bin']) reply.set('Grpc-Metadata-Trailer', trailer);
  return reply;
}

function streamHeaders(reply: Reply, sse: boolean): Reply {
  if (sse) reply.set('X-Content-Type-Options', 'nosniff');
  return withMetadata(reply.set('Content-Type', sse ? 'text/event-stream' : 'application/json'));
}

function failed(reply: Reply, status: GrpcStatus): void {
  const [http] = httpOf(status.code);
  reply.set('Content-Type', 'application/json').end(http, goJson({ code: status.code, message: status.message }));
}

function streamFailed(reply: Reply, status: GrpcStatus, sse: boolean, filter: FieldFilter): void {
  const [http] = httpOf(status.code);
  const error = { error: { grpc_code: status.code, http_code: http, message: status.message, http_status: STATUS_CODES[http] ?? '' } };
  const text = goJson(filter.open ? error : filter.apply(error));
  if (!reply.started) {
    streamHeaders(reply, sse).start(http);
    reply.loggedStatus = http;
  }
  reply.write(sse ? `data: ${text} \n\n` : text);
  reply.finish();
}

/** After go-grpc-middleware v1 logging/logrus/options.go */
function levelOf(code: number): 'info' | 'warning' | 'error' {
  const quiet: number[] = [Code.OK, Code.Canceled, Code.InvalidArgument, Code.NotFound, Code.AlreadyExists, Code.Unauthenticated];
  const loud: number[] = [Code.Unknown, Code.Unimplemented, Code.Internal, Code.DataLoss];
  return quiet.includes(code) ? 'info' : loud.includes(code) ? 'error' : 'warning';
}

function header(request: AnyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The headers that reach the services, with what the gateway adds. */
function metadataHeaders(request: AnyRequest): Call['headers'] {
  const headers: Call['headers'] = {};
  for (const [name, value] of Object.entries(request.headers)) if (!name.startsWith(':')) headers[name] = value;
  headers['x-forwarded-for'] ??= '127.0.0.1';
  const host = header(request, 'host') ?? header(request, ':authority');
  if (host !== undefined) headers['x-forwarded-host'] ??= host;
  return headers;
}

/** What the request record may keep of a body. */
function jsonBody(text: string): unknown {
  if (text === '' || text.length > 64 * 1024) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) || Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
