import { gzip } from 'node:zlib';
import { stringify } from 'yaml';
import type { Ids } from '../../lib/ids.ts';
import type { Request } from './body.ts';

/** What HTTP/1.1 and HTTP/2 responses have in common. */
export interface Response {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  writeHead(code: number, headers: Record<string, string | string[]>): unknown;
  write(chunk: Uint8Array | string): boolean;
  end(chunk?: Uint8Array | string): unknown;
  destroy(error?: Error): unknown;
  on(event: 'close' | 'drain', listener: () => void): unknown;
}

/** From here on an answer is worth compressing. After kubernetes 1.32 apiserver responsewriters/writers.go */
const GZIP_FROM = 128 * 1024;

/** What every answer of one request needs to know. */
export interface Answering {
  request: Request;
  response: Response;
  query: URLSearchParams;
  warnings: string[];
  ids: Ids;
  /** The uids of the flow schema and the priority level that it falls under, once it is known who asks. */
  flow?: { schema: string; level: string };
}

const ESCAPED = /[<>&\u2028\u2029]/g;

/** JSON as the API writes it: indented for people's tools, else on one line that ends. */
export function encodeJson(value: unknown, pretty: boolean): string {
  const text = JSON.stringify(value, null, pretty ? 2 : undefined).replace(ESCAPED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return pretty ? text : `${text}\n`;
}

export function wantsPretty(request: Request, query: URLSearchParams): boolean {
  const asked = query.get('pretty');
  if (asked !== null) return asked !== '0' && asked !== 'false';
  return /^(curl|Wget|Mozilla\/5\.0)/.test(request.headers['user-agent'] ?? '');
}

/** Headers that every answer carries. */
export function commonHeaders({ ids, warnings, flow }: Answering): Record<string, string | string[]> {
  return {
    'Audit-Id': ids.uuid(),
    'Cache-Control': 'no-cache, private',
    ...(flow === undefined ? {} : { 'X-Kubernetes-Pf-Flowschema-Uid': flow.schema, 'X-Kubernetes-Pf-Prioritylevel-Uid': flow.level }),
    ...(warnings.length === 0 ? {} : { Warning: warnings.map((text) => `299 - ${quote(text)}`) }),
  };
}

/** A quoted-string of a Warning header; line breaks can't be in one. */
function quote(text: string): string {
  return `"${text.replace(/[\r\n]+/g, ' ').replace(/[\\"]/g, '\\$&')}"`;
}

export function sendText(answering: Answering, code: number, text: string, contentType = 'text/plain; charset=utf-8'): void {
  const body = Buffer.from(text);
  answering.response.writeHead(code, { ...commonHeaders(answering), 'Content-Type': contentType, 'Content-Length': String(body.length) });
  if (answering.request.method === 'HEAD') answering.response.end();
  else answering.response.end(body);
}

export interface SendOptions {
  contentType?: string;
  headers?: Record<string, string>;
  yaml?: boolean;
}

export function sendValue(answering: Answering, code: number, value: unknown, options: SendOptions = {}): void {
  const { request, query } = answering;
  const text = options.yaml === true ? stringify(value, { sortMapEntries: true, indentSeq: false, version: '1.1' }) : encodeJson(value, wantsPretty(request, query));
  const headers = { ...commonHeaders(answering), 'Content-Type': options.contentType ?? (options.yaml === true ? 'application/yaml' : 'application/json'), ...options.headers };
  sendEncoded(answering, code, headers, Buffer.from(text));
}

export function sendBytes(answering: Answering, code: number, bytes: Uint8Array, contentType: string): void {
  sendEncoded(answering, code, { ...commonHeaders(answering), 'Content-Type': contentType }, Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
}

function sendEncoded(answering: Answering, code: number, headers: Record<string, string | string[]>, body: Buffer): void {
  const { request, response } = answering;
  if (body.length > GZIP_FROM && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))) {
    gzip(body, { level: 1 }, (error, packed) => {
      if (error !== null) response.destroy(error);
      else finish(answering, code, { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }, packed);
    });
    return;
  }
  finish(answering, code, headers, body);
}

function finish({ request, response }: Answering, code: number, headers: Record<string, string | string[]>, body: Buffer): void {
  if (response.writableEnded || response.headersSent) return;
  response.writeHead(code, { ...headers, 'Content-Length': String(body.length) });
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}
