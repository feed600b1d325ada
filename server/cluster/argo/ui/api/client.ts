import { z } from 'zod';
import { learnTime } from '../state/time.ts';
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

export function headers(accept: string): Record<string, string> {
  const token = currentToken();
  return token === undefined ? { accept } : { accept, authorization: token };
}

async function send(method: string, path: string, body?: unknown, query?: Query): Promise<Response> {
  const init: RequestInit = { method, headers: { ...headers('application/json'), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, credentials: 'same-origin' };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await reach(apiUrl(path, query), init);
  learnTime(response.headers.get('date'));
  if (!response.ok) throw await failure(response);
  return response;
}

/** `fetch`, with words for a server that does not answer at all. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Error('The Argo Server cannot be reached.', { cause: error });
  }
}

async function parse<T>(shape: z.ZodType<T>, response: Response): Promise<T> {
  const parsed = shape.safeParse(await response.json());
  if (parsed.success) return parsed.data;
  throw new ArgoError(response.status, `The server's answer could not be read: ${z.prettifyError(parsed.error)}`);
}

const Failure = z.union([z.object({ message: z.string() }), z.object({ error: z.looseObject({ message: z.string() }) })]);

export async function failure(response: Response): Promise<ArgoError> {
  const text = (await response.text()).replace(/^data:\s?/, '').trim();
  try {
    const parsed = Failure.parse(JSON.parse(text));
    return new ArgoError(response.status, 'error' in parsed ? parsed.error.message : parsed.message);
  } catch {
    return new ArgoError(response.status, text === '' ? response.statusText : text);
  }
}
