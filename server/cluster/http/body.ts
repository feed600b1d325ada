import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { parseDocument } from 'yaml';
import { goSyntaxError } from './go-json-error.ts';
import { badRequest, unsupportedMediaType } from '../api/errors.ts';
import { ApiStatus } from '../api/status.ts';
import { scanKeys } from './key-scanner.ts';

/** After kubernetes 1.32 apiserver/pkg/server/config.go: MaxRequestBodyBytes */
const MAX_BODY = 3 * 1024 * 1024;

export type Request = IncomingMessage | Http2ServerRequest;

/** Throws ApiStatus 413. */
export async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= MAX_BODY) chunks.push(bytes);
    // The rest is read and dropped, so that a client that is still sending gets to the answer; within reason.
    else if (size > MAX_BODY * 20) break;
  }
  if (size > MAX_BODY) throw new ApiStatus(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
  return Buffer.concat(chunks);
}

export interface DecodedBody {
  value: unknown;
  /** `duplicate field "data.a"` */
  duplicates: string[];
  /** Puts problems that name a field into the order in which the fields stand in the text. */
  sort(problems: string[]): string[];
}

const keep = (problems: string[]): string[] => problems;

/**
 * A body as a value, by its content type. `what` is the kind that is expected, for the message.
 * Throws ApiStatus 400, 415.
 */
export function decodeBody(body: Buffer, contentType: string | undefined, what: string, decodeProtobuf: (bytes: Uint8Array) => unknown): DecodedBody {
  const type = mediaType(contentType);
  if (type === '' || type === 'application/json') return decodeJson(body, what);
  if (type === 'application/yaml') return { value: decodeYaml(body), duplicates: [], sort: keep };
  if (type === 'application/vnd.kubernetes.protobuf') return { value: decodeProtobuf(body), duplicates: [], sort: keep };
  throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

export function decodeJson(body: Buffer, what: string): DecodedBody {
  const text = body.toString('utf8');
  if (isTooDeep(text)) throw badRequest(`the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: exceeded max depth (${shown(body)})`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const problem = goSyntaxError(text);
    throw badRequest(`the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: ${problem} (${shown(body)})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    const target = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
    throw badRequest(`the object provided is unrecognized (must be of type ${what}): couldn't get version/kind; json parse error: json: cannot unmarshal ${kind} into Go value of type ${target} (${body.subarray(0, 1024).toString('hex')})`);
  }
  const keys = scanKeys(text);
  const duplicates = [...new Set(keys.duplicates)].map((path) => `duplicate field "${path}"`);
  const ranked = (problem: string) => ({ problem, rank: keys.order.get(/"(.*)"$/.exec(problem)?.[1] ?? '') ?? Number.MAX_SAFE_INTEGER });
  return { value, duplicates, sort: (problems) => problems.map(ranked).sort((a, b) => a.rank - b.rank).map(({ problem }) => problem) };
}

/** Brackets within brackets, at most: far more than any object has, far fewer than the stack holds. */
const MOST_DEPTH = 1000;

/** Whether brackets outside of strings are nested deeper than that, closed or not. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > MOST_DEPTH) return true;
  }
  return false;
}

/** What Kubernetes quotes of a body that it can't read: text where it looks like JSON, else hexadecimal digits. */
function shown(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const text = body.subarray(0, 1024).toString('utf8');
  return /^\s*\{/.test(text) ? text : body.subarray(0, 1024).toString('hex');
}

export function decodeYaml(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (isTooDeep(text) || /(?:[-?:] +){300}/.test(text)) throw badRequest('error converting YAML to JSON: yaml: exceeded max depth of 10000');
  const document = parseDocument(text, { merge: true, uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw badRequest(`error converting YAML to JSON: yaml: ${error.message.split('\n')[0] ?? ''}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // Aliases of aliases: what is written small, and would become too large.
    throw badRequest('error converting YAML to JSON: yaml: document contains excessive aliasing');
  }
}
