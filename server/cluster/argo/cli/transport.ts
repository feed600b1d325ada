import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import { linesOf } from '../../../lib/lines.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { claimsOfCertificate, claimsOfToken, type Claims } from '../server/auth.ts';
import { requestOf } from '../server/gateway.ts';
import type { Call, ServiceContext } from '../server/route.ts';
import { matchRoute } from '../server/routes/index.ts';
import { Code, GrpcStatus, codeName, codeOfStatus, toStatus } from '../server/status.ts';
import type { Connection } from './kubeconfig.ts';
import { RemoteClient } from './remote-client.ts';

/** One question to the Argo Server's interface, wherever it runs. */
export interface Question {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: Json;
}

/** What the commands speak through: an Argo Server over HTTP, or its services run in this process. */
export interface Transport {
  unary(question: Question): Promise<JsonObject>;
  /** Messages of a stream, without the gateway's `result` around them. */
  stream(question: Question, signal: AbortSignal): AsyncIterable<JsonObject>;
  /** The bytes behind a path of the server that is no part of its interface: an artifact. */
  download(path: string): Promise<NodeJS.ReadableStream>;
  /** Whether an Argo Server is asked: some answers are worded differently then. */
  readonly remote: boolean;
  close(): void;
}

/** How the command line shows an error that came from a service. */
export function describeError(error: unknown): string {
  if (error instanceof GrpcStatus) return `rpc error: code = ${codeName(error.code)} desc = ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function search(question: Question): string {
  const params = new URLSearchParams(question.query ?? {});
  params.sort();
  return params.toString().replaceAll('*', '%2A');
}

/** Runs the services of the Argo Server here, against Kubernetes: what `argo` does without ARGO_SERVER. */
export class LocalTransport implements Transport {
  readonly remote = false;
  readonly #client: RemoteClient;
  readonly #claims: Claims | undefined;

  constructor(
    connection: Connection,
    private readonly context: Omit<ServiceContext, 'own'>,
  ) {
    this.#client = new RemoteClient(connection);
    this.#claims = connection.certificate === undefined ? claimsOfToken(connection.token ?? '') : claimsOfCertificate(connection.certificate.toString('utf8'));
  }

  get kube(): RemoteClient {
    return this.#client;
  }

  async unary(question: Question): Promise<JsonObject> {
    const { route, call } = this.#call(question, new AbortController().signal);
    try {
      const answer = await route.unary?.(call);
      return isJsonObject(answer) ? answer : {};
    } catch (error) {
      throw this.#failure(question, error);
    }
  }

  async *stream(question: Question, signal: AbortSignal): AsyncIterable<JsonObject> {
    const { route, call } = this.#call(question, signal);
    try {
      for await (const message of route.stream?.(call) ?? []) if (isJsonObject(message)) yield message;
    } catch (error) {
      throw this.#failure(question, error);
    }
  }

  async download(path: string): Promise<never> {
    throw new Error(`request failed with: Get ${JSON.stringify(`https://${path}`)}: http: no Host in request URL`);
  }

  /** A workflow that is looked for and not there is looked for in the archive, too, and that is noted. */
  #failure(question: Question, error: unknown): GrpcStatus {
    const status = toStatus(error);
    if (status.code === Code.NotFound && /^workflows\.argoproj\.io ".*" not found$/.test(status.message)) {
      this.context.log('error', `failed to get live workflow: ${status.message}; failed to get archived workflow: getting archived workflows not supported`);
    }
    return status;
  }

  close(): void {
    this.#client.close();
  }

  #call(question: Question, signal: AbortSignal) {
    const match = matchRoute(question.method, question.path);
    if (match === undefined) throw new GrpcStatus(Code.Unimplemented, 'Not Implemented');
    const request = requestOf(match.route, match.params, new URLSearchParams(question.query ?? {}), question.body === undefined ? '' : JSON.stringify(question.body));
    const call: Call = { kube: this.#client, claims: this.#claims, context: { ...this.context, own: this.#client }, request, headers: {}, signal };
    return { route: match.route, call };
  }
}

export interface ServerOptions {
  /** `host:port` */
  server: string;
  basePath: string;
  secure: boolean;
  verify: boolean;
  token: string;
  headers: string[];
  /** Told of each request, for `--verbose`. */
  trace?: (line: string) => void;
}

/** Asks an Argo Server. */
export class ServerTransport implements Transport {
  readonly remote = true;
  constructor(private readonly options: ServerOptions) {}

  async unary(question: Question): Promise<JsonObject> {
    const response = await this.#send(question);
    const text = await textOf(response);
    if ((response.statusCode ?? 500) >= 300) throw failureOf(text, response.statusCode ?? 500, response.statusMessage ?? '');
    const value: unknown = text === '' ? {} : JSON.parse(text);
    return isJsonObject(value) ? value : {};
  }

  async *stream(question: Question, signal: AbortSignal): AsyncIterable<JsonObject> {
    const response = await this.#send(question, signal);
    if ((response.statusCode ?? 500) >= 300) throw failureOf(await textOf(response), response.statusCode ?? 500, response.statusMessage ?? '');
    try {
      for await (const line of linesOf(response)) {
        if (!line.startsWith('data: ')) continue;
        const message: unknown = JSON.parse(line.slice('data: '.length));
        if (!isJsonObject(message)) continue;
        if (message['error'] !== undefined) throw failureOf(JSON.stringify(message), 500, '');
        if (isJsonObject(message['result'])) yield message['result'];
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async download(path: string): Promise<NodeJS.ReadableStream> {
    const response = await this.#send({ method: 'GET', path }).catch((error: unknown) => {
      throw new Error(`request failed with: ${error instanceof Error ? error.message : String(error)}`);
    });
    if (response.statusCode !== 200) throw new Error(`request failed ${response.statusCode} ${response.statusMessage}`);
    return response;
  }

  close(): void {}

  #send(question: Question, signal?: AbortSignal): Promise<IncomingMessage> {
    const { server, secure, verify, token, basePath, headers, trace } = this.options;
    const scheme = secure ? 'https' : 'http';
    const body = question.body === undefined ? undefined : JSON.stringify(question.body);
    const url = `${scheme}://${server}${basePath}${question.path}?${search(question)}`;
    trace?.(`curl -X ${question.method} -H 'Authorization: ******' -d '${body ?? ''}' '${url}'`);
    const sent: Record<string, string | number> = { 'user-agent': 'Go-http-client/1.1' };
    if (signal !== undefined) sent['accept'] = 'text/event-stream';
    if (token !== '') sent['authorization'] = token;
    if (body !== undefined) Object.assign(sent, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    for (const header of headers) {
      const colon = header.indexOf(':');
      if (colon > 0) sent[header.slice(0, colon).trim().toLowerCase()] = header.slice(colon + 1).trim();
    }
    const shown = `${question.method.charAt(0)}${question.method.slice(1).toLowerCase()} "${url}"`;
    return new Promise((resolve, reject) => {
      const options = { method: question.method, headers: sent, ...(signal === undefined ? {} : { signal }) };
      const request = secure ? httpsRequest(url, { ...options, rejectUnauthorized: verify }, resolve) : httpRequest(url, options, resolve);
      request.on('error', (error: NodeJS.ErrnoException) => reject(new Error(`${shown}: ${goNetworkError(error, server)}`)));
      request.end(body);
    });
  }
}

/** What Go's HTTP client says where node fails. */
function goNetworkError(error: NodeJS.ErrnoException, server: string): string {
  const [host = server, port = ''] = server.split(':');
  if (error.code === 'ECONNREFUSED') return `dial tcp ${host === 'localhost' ? '127.0.0.1' : host}:${port}: connect: connection refused`;
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${host}: no such host`;
  if (error.code === 'EPROTO' || error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || error.code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') return 'http: server gave HTTP response to HTTPS client';
  if (error.code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || error.code === 'SELF_SIGNED_CERT_IN_CHAIN' || error.code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (error.code === 'ECONNRESET') return 'EOF';
  return error.message;
}

function failureOf(text: string, status: number, reason: string): GrpcStatus | Error {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) {
      const inner = isJsonObject(value['error']) ? value['error'] : undefined;
      const code = inner?.['grpc_code'] ?? value['code'];
      const message = inner?.['message'] ?? value['message'];
      if (typeof message === 'string') return new GrpcStatus(typeof code === 'number' ? code : codeOfStatus(status), message);
    }
  } catch {
    // Not JSON: something that is no Argo Server answered.
  }
  return new Error(`${status} ${reason}`.trim());
}
