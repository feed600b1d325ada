import { once } from 'node:events';
import type { Clock } from '../../../../lib/clock.ts';
import type { Json } from '../../../../lib/json.ts';
import { readAtMost } from '../../../../lib/read-at-most.ts';
import type { Gatekeeper } from '../auth.ts';
import type { RateLimit } from '../rate-limit.ts';
import { isHttp2, type AnyRequest, type AnyResponse } from '../reply.ts';
import type { Call, Route, ServiceContext } from '../route.ts';
import { ROUTES } from '../routes/index.ts';
import { Code, GrpcStatus, toStatus } from '../status.ts';
import { VERSION } from '../version.ts';
import { decodeRequest, encodeAnswer, isSpoken, methodsOf, type Method } from './codec.ts';
import { encodeStatusMessage, frame, requestMessage, timeoutOf } from './frames.ts';

/** GRPC_MESSAGE_SIZE */
const MESSAGE_LIMIT = 100 * 1024 * 1024;

export interface GrpcOptions {
  context: ServiceContext;
  gatekeeper: Gatekeeper;
  limit: RateLimit;
  clock: Clock;
  signal: AbortSignal;
  /** The line about a call for the container's log. */
  log(route: Pick<Route, 'service' | 'rpc' | 'stream'>, failure: GrpcStatus | undefined, begun: { ms: number; ns: bigint }): void;
}

export function isGrpc(request: AnyRequest): boolean {
  return (request.headers['content-type'] ?? '').startsWith('application/grpc');
}

const BY_METHOD = new Map(ROUTES.map((route) => [`${route.service}/${route.rpc}`, route]));

interface Target {
  method: Method;
  route: Route;
}

/** The method of a path (`/workflow.WorkflowService/GetWorkflow`). Throws Unimplemented in grpc-go's words. */
function targetOf(path: string): Target {
  const [, service = '', rpc = ''] = /^\/(.+)\/([^/]*)$/.exec(path) ?? [];
  if (service === '') throw new GrpcStatus(Code.Unimplemented, `malformed method name: "${path}"`);
  const methods = methodsOf(service);
  if (methods === undefined) throw new GrpcStatus(Code.Unimplemented, `unknown service ${service}`);
  const method = methods.get(rpc);
  if (method === undefined) throw new GrpcStatus(Code.Unimplemented, `unknown method ${rpc} for service ${service}`);
  const route = BY_METHOD.get(`${service}/${rpc}`);
  if (route === undefined || !isSpoken(method)) throw new GrpcStatus(Code.Unimplemented, `this lab does not serve ${service}/${rpc} over gRPC; its REST route may do (ARGO_HTTP1=true)`);
  return { method, route };
}

/**
 * gRPC on the port of the Argo Server: the same services as behind the REST routes, in protobuf over HTTP/2.
 * After argo-workflows v3.7.6 server/apiserver/argoserver.go
 */
export async function serveGrpc(request: AnyRequest, response: AnyResponse, options: GrpcOptions): Promise<void> {
  if (!isHttp2(response)) {
    response.writeHead(505, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('gRPC requires HTTP/2\n');
    return;
  }
  const { clock } = options;
  const begun = { ms: clock.now(), ns: process.hrtime.bigint() };
  const answer = new Answer(response);
  const controller = new AbortController();
  const stop = () => controller.abort();
  response.once('close', stop);
  options.signal.addEventListener('abort', stop, { once: true });
  let expired = false;
  const timeout = timeoutOf(one(request.headers['grpc-timeout']));
  const cancel = timeout === undefined ? undefined : clock.after(timeout, () => {
    expired = true;
    stop();
  });
  let failure: GrpcStatus | undefined;
  let target: Target | undefined;
  try {
    target = targetOf(request.url ?? '');
    await serve(target, request, answer, controller.signal, options);
    if (expired) throw new GrpcStatus(Code.DeadlineExceeded, 'context deadline exceeded');
  } catch (error) {
    failure = expired ? new GrpcStatus(Code.DeadlineExceeded, 'context deadline exceeded') : toStatus(error);
  } finally {
    cancel?.();
    options.signal.removeEventListener('abort', stop);
    response.removeListener('close', stop);
    controller.abort();
  }
  answer.finish(failure);
  if (target !== undefined) options.log(target.route, failure, begun);
}

async function serve({ method, route }: Target, request: AnyRequest, answer: Answer, signal: AbortSignal, options: GrpcOptions): Promise<void> {
  const bytes = await readAtMost(request, MESSAGE_LIMIT + 5);
  if (bytes === undefined) throw new GrpcStatus(Code.ResourceExhausted, `grpc: received message larger than max (${MESSAGE_LIMIT + 1} vs. ${MESSAGE_LIMIT})`);
  const message = decodeRequest(method, requestMessage(bytes, one(request.headers['grpc-encoding']), MESSAGE_LIMIT));
  const caller = options.gatekeeper.admit(one(request.headers['authorization']), one(request.headers['cookie']));
  if (!options.limit.take(options.clock.now()).allowed) throw new GrpcStatus(Code.ResourceExhausted, `${request.url ?? ''} is rejected by grpc_ratelimit middleware, please retry later.`);
  const call: Call = { ...caller, context: options.context, request: message, headers: metadata(request), signal };
  if (route.unary !== undefined) {
    const value = await route.unary(call);
    answer.begin({ 'argo-version': VERSION.version });
    await answer.send(encodeAnswer(method, value));
  } else if (route.stream !== undefined) await stream(route.stream(call), method, answer, signal);
}

async function stream(messages: AsyncIterable<Json>, method: Method, answer: Answer, signal: AbortSignal): Promise<void> {
  for await (const message of messages) {
    if (signal.aborted) return;
    answer.begin({});
    await answer.send(encodeAnswer(method, message));
  }
  answer.begin({ 'argo-version': VERSION.version });
}

/** One answer: headers, messages, and trailers with the status; the trailers alone when nothing was sent. */
class Answer {
  #begun = false;

  constructor(private readonly response: Extract<AnyResponse, { stream: unknown }>) {}

  begin(headers: Record<string, string>): void {
    if (this.#begun || this.response.stream.destroyed) return;
    this.#begun = true;
    this.response.sendDate = false;
    this.response.writeHead(200, { 'content-type': 'application/grpc', ...headers });
  }

  /** Resolves when the client took enough of what was sent before. */
  async send(message: Buffer): Promise<void> {
    const { response } = this;
    if (response.stream.destroyed || response.write(frame(message))) return;
    await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }

  finish(failure: GrpcStatus | undefined): void {
    const { response } = this;
    if (response.stream.destroyed) return;
    const trailers = { 'grpc-status': String(failure?.code ?? Code.OK), ...(failure === undefined ? {} : { 'grpc-message': encodeStatusMessage(failure.message) }) };
    if (!this.#begun) {
      response.sendDate = false;
      // Not by writeHead: the headers must be the frame that ends the stream, or clients wait for trailers.
      for (const [name, value] of Object.entries({ 'content-type': 'application/grpc', ...trailers })) response.setHeader(name, value);
    } else response.addTrailers(trailers);
    response.end();
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function metadata(request: AnyRequest): Call['headers'] {
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')));
}
