import { z } from 'zod';
import { currentToken } from './token.ts';

/** An answer of the Argo Server that says no; the message is the server's own. */
export class ArgoError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ArgoError';
    this.status = status;
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

/** `api/v1/…` relative to the page's base. */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url.href;
}

export async function get<T>(shape: z.ZodType<T>, path: string, query?: Query): Promise<T> {
  return parse(shape, await send('GET', path, undefined, query));
}

export async function call<T>(shape: z.ZodType<T>, method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> {
  return parse(shape, await send(method, path, body));
}

export async function remove(path: string, query?: Query): Promise<void> {
  await send('DELETE', path, undefined, query);
}

/**
 * Reads one of the server's streams: `{"result": …}` a line, until it ends or the signal aborts.
 * Errors inside the stream (`{"error": …}`) are thrown.
 */
export async function stream<T>(shape: z.ZodType<T>, path: string, query: Query, signal: AbortSignal, onItem: (item: T) => void): Promise<void> {
  const response = await fetch(apiUrl(path, query), { headers: headers('text/event-stream'), credentials: 'same-origin', signal });
  if (!response.ok) throw await failure(response);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const item = streamItem(line);
      if (item === undefined) continue;
      const parsed = shape.safeParse(item);
      if (parsed.success) onItem(parsed.data);
    }
  }
}

const StreamLine = z.union([z.object({ result: z.unknown() }), z.object({ error: z.looseObject({ message: z.string(), http_code: z.number().optional() }) })]);

/** One line of a stream, as plain JSON or as a server-sent event; undefined for keep-alive lines. */
export function streamItem(line: string): unknown {
  const text = line.replace(/^data:\s?/, '').trim();
  if (text === '' || text.startsWith(':') || text.startsWith('event:')) return undefined;
  const parsed = StreamLine.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  if ('error' in parsed.data) throw new ArgoError(parsed.data.error.http_code ?? 500, parsed.data.error.message);
  return parsed.data.result;
}

function headers(accept: string): Record<string, string> {
  const token = currentToken();
  return token === undefined ? { accept } : { accept, authorization: token };
}

async function send(method: string, path: string, body?: unknown, query?: Query): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers('application/json'), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, credentials: 'same-origin' };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(apiUrl(path, query), init);
  if (!response.ok) throw await failure(response);
  return response;
}

async function parse<T>(shape: z.ZodType<T>, response: Response): Promise<T> {
  const parsed = shape.safeParse(await response.json());
  if (parsed.success) return parsed.data;
  throw new ArgoError(response.status, `The server's answer could not be read: ${z.prettifyError(parsed.error)}`);
}

const Failure = z.union([z.object({ message: z.string() }), z.object({ error: z.looseObject({ message: z.string() }) })]);

async function failure(response: Response): Promise<ArgoError> {
  const text = (await response.text()).replace(/^data:\s?/, '').trim();
  try {
    const parsed = Failure.parse(JSON.parse(text));
    return new ArgoError(response.status, 'error' in parsed ? parsed.error.message : parsed.message);
  } catch {
    return new ArgoError(response.status, text === '' ? response.statusText : text);
  }
}
