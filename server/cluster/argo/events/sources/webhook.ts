import { createServer as createSecureServer } from 'node:https';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { whenAborted } from '../../../../lib/abort.ts';
import { readAtMost } from '../../../../lib/read-at-most.ts';
import { goJson } from '../../../../lib/json.ts';
import type { ProgramContext } from '../../../program.ts';
import { serveOn } from '../../../program-io.ts';
import { compact, parseJsonText } from '../paths/json-text.ts';
import type { WebhookSource } from '../types.ts';
import { mountedValue } from '../world.ts';
import { failed, type ZapLogger } from '../zap.ts';
import type { Listening } from './listener.ts';

const MAX_PAYLOAD = 1 << 20;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * The ports that one event source's webhooks listen on: several may share one, each with an endpoint of its own.
 * After argo-events v1.9.9 pkg/eventsources/common/webhook/webhook.go
 */
export class WebhookPorts {
  readonly #routes = new Map<string, Map<string, Handler>>();

  /** The first webhook of a port says whether it speaks TLS. */
  async add(context: ProgramContext, source: WebhookSource, log: ZapLogger, handler: Handler): Promise<void> {
    const known = this.#routes.get(source.port);
    if (known !== undefined) {
      if (!known.has(source.endpoint)) known.set(source.endpoint, handler);
      return;
    }
    const routes = new Map([[source.endpoint, handler]]);
    this.#routes.set(source.port, routes);
    const route: Handler = (request, response) => {
      const path = (request.url ?? '/').split('?')[0] ?? '/';
      const found = routes.get(path);
      if (found !== undefined) found(request, response);
      else if (path === '/health') answer(response, 200, 'OK');
      else {
        response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-length': 19 });
        response.end('404 page not found\n');
      }
    };
    try {
      const server = source.serverCertSecret !== undefined && source.serverKeySecret !== undefined ? createSecureServer({ cert: await mountedValue(context, 'secret', source.serverCertSecret), key: await mountedValue(context, 'secret', source.serverKeySecret) }, route) : createServer(route);
      context.signal.addEventListener('abort', serveOn(context, server, Number(source.port)), { once: true });
    } catch (error) {
      log.with(['port', source.port]).error('webhook/webhook.go:126', 'failed to listen and serve', [failed(error)]);
    }
  }
}

export function answer(response: ServerResponse, code: number, text: string): void {
  response.removeHeader('Connection');
  response.writeHead(code, { 'Content-Length': Buffer.byteLength(text), 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(text);
}

/** After argo-events v1.9.9 pkg/eventsources/sources/webhook/start.go */
export async function listenToWebhook(source: WebhookSource, ports: WebhookPorts, listening: Listening): Promise<void> {
  listening.log.info('webhook/start.go:153', 'started processing the webhook event source...');
  await manageRoute(source, ports, listening, (request, response) => void receive(source, listening, request, response));
}

/** Answers on a route until the event source ends. After argo-events v1.9.9 pkg/eventsources/common/webhook/webhook.go, ManageRoute */
export async function manageRoute(source: WebhookSource, ports: WebhookPorts, { context, log }: Listening, handler: Handler): Promise<void> {
  const info = (line: number, message: string) => log.info(`webhook/webhook.go:${line}`, message);
  info(229, 'validating the route...');
  info(235, 'listening to payloads for the route...');
  info(242, 'activating the route...');
  await ports.add(context, source, log, handler);
  log.with(['port', source.port], ['endpoint', source.endpoint]).info('webhook/webhook.go:194', 'route is activated');
  info(245, 'running operations post route activation...');
  await whenAborted(context.signal);
  info(252, 'connection is closed by client');
  info(254, 'marking route as inactive');
  info(257, 'running operations post route inactivation...');
  info(210, 'event source is stopped');
}

async function receive(source: WebhookSource, { context, log, dispatch }: Listening, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    if (!(await mayCall(source, context, log, request, response))) return;
    const own = log.with(['endpoint', source.endpoint], ['port', source.port], ['http-method', source.method]);
    own.info('webhook/start.go:96', 'a request received, processing it...');
    if (request.method !== source.method) {
      own.info('webhook/start.go:105', 'http method does not match');
      answer(response, 400, 'http method does not match');
      return;
    }
    let body: string;
    try {
      body = await bodyOf(source, request);
    } catch (error) {
      own.error('webhook/start.go:116', 'failed to get body', [failed(error)]);
      answer(response, 400, error instanceof Error ? error.message : String(error));
      return;
    }
    let data: string;
    try {
      data = payload(source, request, body);
    } catch (error) {
      const message = `json: error calling MarshalJSON for type *json.RawMessage: ${jsonProblem(body, error)}`;
      own.error('webhook/start.go:130', 'failed to construct the event payload', [['error', message]]);
      answer(response, 400, message);
      return;
    }
    await dispatchEvent({ log, dispatch }, own, data, response);
  } catch (error) {
    log.error('webhook/start.go:116', 'failed to get body', [failed(error)]);
    response.destroy();
  }
}

/** Puts an event on the bus and tells the caller. After argo-events v1.9.9 pkg/eventsources/common/webhook/webhook.go, DispatchEvent */
export async function dispatchEvent({ log, dispatch }: Pick<Listening, 'log' | 'dispatch'>, own: ZapLogger, data: string, response: ServerResponse): Promise<void> {
  own.info('webhook/webhook.go:61', "dispatching event on route's dispatch channel...");
  log.info('webhook/webhook.go:200', 'new event received, dispatching it...');
  try {
    await dispatch(data);
  } catch (error) {
    log.error('webhook/webhook.go:202', 'failed to send event', [failed(error)]);
    own.error('webhook/webhook.go:68', 'failed to dispatch the request to the event bus');
    answer(response, 500, 'failed to record event');
    return;
  }
  own.info('webhook/webhook.go:65', 'successfully dispatched the request to the event bus');
  answer(response, 200, 'success');
}

export async function mayCall(source: WebhookSource, context: ProgramContext, log: ZapLogger, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (source.authSecret === undefined) return true;
  let token: string;
  try {
    token = await mountedValue(context, 'secret', source.authSecret);
  } catch (error) {
    log.error('webhook/webhook.go:141', 'failed to get auth secret from volume', [failed(error)]);
    answer(response, 500, 'Error loading auth token');
    return false;
  }
  const given = request.headers.authorization ?? '';
  if (!given.startsWith('Bearer ')) {
    log.error('webhook/webhook.go:147', 'invalid auth header');
    answer(response, 401, 'Invalid Authorization Header');
    return false;
  }
  if (given.slice('Bearer '.length) !== token) {
    log.error('webhook/webhook.go:152', 'invalid auth token');
    answer(response, 401, 'Invalid Auth token');
    return false;
  }
  return true;
}

/** The body as JSON text: a query's or form's values as lists, anything else as it came. */
async function bodyOf(source: WebhookSource, request: IncomingMessage): Promise<string> {
  if (request.method === 'GET') return goJson(values(new URLSearchParams((request.url ?? '').split('?')[1] ?? '')));
  if (request.method !== 'POST') throw new Error(`unsupoorted method: ${request.method ?? ''}`);
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
  const limit = isForm ? 10 << 20 : source.maxPayloadSize ?? MAX_PAYLOAD;
  const body = await readAtMost(request, limit);
  if (body === undefined) throw new Error('failed to parse request body, http: request body too large');
  const text = body.toString('utf8');
  return isForm ? goJson(values(new URLSearchParams(text))) : text;
}

/** Go's url.Values: each name with all its values, in the order of the names. */
function values(parameters: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(parameters.keys())].sort().map((name) => [name, parameters.getAll(name)]));
}

/** The event's payload. Throws for a body that is no JSON. */
function payload(source: WebhookSource, request: IncomingMessage, body: string): string {
  const sorted = headersOf(request, (name, value) => (name === 'Authorization' ? '*** Masked Auth Secret ***' : value));
  const metadata = source.metadata === undefined ? '' : `,"metadata":${goJson(Object.fromEntries(Object.entries(source.metadata).sort()))}`;
  return `{"header":${goJson(sorted)},"body":${compact(parseJsonText(body))}${metadata}}`;
}

/** Go's http.Header: canonical names in order, each with all its values; the host is none of them. */
export function headersOf(request: Pick<IncomingMessage, 'rawHeaders'>, shown: (name: string, value: string) => string = (_name, value) => value): Record<string, string[]> {
  const header: Record<string, string[]> = {};
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
    if (name === 'Host') continue;
    (header[name] ??= []).push(shown(name, request.rawHeaders[i + 1] ?? ''));
  }
  return Object.fromEntries(Object.keys(header).sort().map((name) => [name, header[name] ?? []]));
}

/** What Go says of text that is no JSON. */
export function jsonProblem(body: string, error: unknown): string {
  if (body.trim() === '') return 'unexpected end of JSON input';
  const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  const text = body.trimStart();
  const wrong = at === undefined ? text.charAt(0) : body.charAt(Number(at));
  if (wrong === '') return 'unexpected end of JSON input';
  const where = at === undefined || Number(at) === body.length - text.length ? 'looking for beginning of value' : 'in the text';
  return `invalid character '${wrong}' ${where}`;
}
