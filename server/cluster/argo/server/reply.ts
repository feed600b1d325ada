import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

export type AnyRequest = IncomingMessage | Http2ServerRequest;
export type AnyResponse = ServerResponse | Http2ServerResponse;

export function isHttp2(response: AnyResponse): response is Http2ServerResponse {
  return response.req.httpVersionMajor === 2;
}

/** Go's server sends a body of at most this size with its length, a longer one in chunks. After Go net/http server.go */
const BUFFER_SIZE = 2048;

/**
 * Writes answers as Go's net/http does: the handler's headers sorted by name, then Date, Content-Length, what the
 * server itself adds, and no Connection header.
 */
export class Reply {
  readonly #headers: [string, string][] = [];
  #size = 0;
  #started = false;
  /** What the handler set explicitly; 0 when it only wrote a body. Argo's access log shows it. */
  loggedStatus = 0;
  status = 200;

  constructor(
    private readonly response: AnyResponse,
    private readonly head: boolean,
    private readonly now: () => number,
  ) {}

  get size(): number {
    return this.#size;
  }

  get started(): boolean {
    return this.#started;
  }

  set(name: string, value: string): this {
    this.#headers.push([name, value]);
    return this;
  }

  /** Ends with a whole body. `sniffed` is a Content-Type that the server found out itself, which comes last. */
  end(status: number, body: string | Uint8Array, options: { sniffed?: string; explicit?: boolean } = {}): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const tail: [string, string][] = [['Date', new Date(this.now()).toUTCString()]];
    const known = this.#headers.some(([name]) => name === 'Content-Length');
    if (!known && (bytes.length <= BUFFER_SIZE || this.head)) tail.push(['Content-Length', String(bytes.length)]);
    if (options.sniffed !== undefined) tail.push(['Content-Type', options.sniffed]);
    if (!known && bytes.length > BUFFER_SIZE && !this.head) tail.push(['Transfer-Encoding', 'chunked']);
    if (options.explicit !== false) this.loggedStatus = status;
    this.#begin(status, tail);
    if (!this.head) this.write(bytes);
    this.response.end();
  }

  /** Starts a stream of chunks. */
  start(status: number): void {
    this.#begin(status, [
      ['Date', new Date(this.now()).toUTCString()],
      ['Transfer-Encoding', 'chunked'],
    ]);
  }

  write(chunk: string | Uint8Array): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.#size += bytes.length;
    // The two kinds of response don't share one call signature.
    if (isHttp2(this.response)) this.response.write(bytes);
    else this.response.write(bytes);
  }

  finish(): void {
    this.response.end();
  }

  #begin(status: number, tail: [string, string][]): void {
    this.#started = true;
    this.status = status;
    const sorted = this.#headers.map((pair, i) => ({ pair, i })).sort((a, b) => (a.pair[0] < b.pair[0] ? -1 : a.pair[0] > b.pair[0] ? 1 : a.i - b.i));
    const all = [...sorted.map(({ pair }) => pair), ...tail];
    if (isHttp2(this.response)) {
      const headers: Record<string, string | string[]> = {};
      // HTTP/2 has no chunks; Go puts the length before the date there.
      const lengthFirst = all.filter(([name]) => name !== 'Transfer-Encoding').sort((a, b) => Number(a[0] === 'Date') - Number(b[0] === 'Date'));
      for (const [name, value] of lengthFirst) {
        const key = name.toLowerCase();
        const before = headers[key];
        headers[key] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
      }
      this.response.sendDate = false;
      this.response.writeHead(status, headers);
    } else {
      this.response.sendDate = false;
      this.response.removeHeader('connection');
      this.response.writeHead(status, STATUS_CODES[status] ?? '', all.flat());
    }
  }
}
