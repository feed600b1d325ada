/** One request and its answer, as they went by. */
export interface Exchange {
  method: string;
  url: string;
  /** Lower-case names; the last of several wins. */
  headers: Record<string, string>;
  status: number;
  /** At most `BODY_LIMIT` bytes; empty when there were more. */
  body: Buffer;
}

type Headers = Record<string, string>;
type Message = { start: string; headers: Headers };

const HEAD_LIMIT = 64 * 1024;
const BODY_LIMIT = 64 * 1024;

/**
 * Reads HTTP/1.1 that passes by, without being part of it: what it can't read (TLS, HTTP/2, an upgrade) it stops looking
 * at. Source: RFC 9112.
 */
export class HttpTap {
  readonly #requests: { message: Message; body: Buffer }[] = [];
  readonly #fromClient: MessageReader;
  readonly #fromServer: MessageReader;

  constructor(private readonly onExchange: (exchange: Exchange) => void) {
    this.#fromClient = new MessageReader(
      (message) => bodyOfRequest(message),
      (message, body) => this.#requests.push({ message, body }),
    );
    this.#fromServer = new MessageReader(
      (message) => bodyOfAnswer(message, this.#requests[0]?.message.start.split(' ')[0] ?? ''),
      () => undefined,
      (message) => this.#answered(message),
    );
  }

  client(data: Buffer): void {
    this.#fromClient.push(data);
  }

  server(data: Buffer): void {
    this.#fromServer.push(data);
  }

  /** A stream of events is answered long before it ends: the answer's head is enough. */
  #answered({ start }: Message): void {
    const status = Number(start.split(' ')[1]);
    if (status >= 100 && status < 200 && status !== 101) return;
    const request = this.#requests.shift();
    if (request === undefined) return;
    const [method = '', url = ''] = request.message.start.split(' ');
    this.onExchange({ method, url, headers: request.message.headers, status, body: request.body });
    if (status === 101) {
      this.#fromClient.stop();
      this.#fromServer.stop();
    }
  }
}

/** How long a body is: a number, in chunks, or until the connection ends. */
type BodyLength = number | 'chunked' | 'rest';

function bodyOfRequest({ headers }: Message): BodyLength {
  if ((headers['transfer-encoding'] ?? '').toLowerCase().endsWith('chunked')) return 'chunked';
  return Number(headers['content-length'] ?? 0);
}

function bodyOfAnswer({ start, headers }: Message, method: string): BodyLength {
  const status = Number(start.split(' ')[1]);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
  if ((headers['transfer-encoding'] ?? '').toLowerCase().endsWith('chunked')) return 'chunked';
  return headers['content-length'] === undefined ? 'rest' : Number(headers['content-length']);
}

class MessageReader {
  #pending: Buffer = Buffer.alloc(0);
  #message: Message | undefined;
  #left: number | 'size' | 'trailer' | 'rest' = 0;
  #chunked = false;
  #body: Buffer[] = [];
  #size = 0;
  #stopped = false;

  constructor(
    private readonly lengthOf: (message: Message) => BodyLength,
    private readonly onMessage: (message: Message, body: Buffer) => void,
    private readonly onHead: (message: Message) => void = () => undefined,
  ) {}

  stop(): void {
    this.#stopped = true;
    this.#pending = Buffer.alloc(0);
  }

  push(data: Buffer): void {
    if (this.#stopped) return;
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    while (!this.#stopped && this.#step()) {
      // Each step takes one part off the front.
    }
  }

  #step(): boolean {
    if (this.#message === undefined) return this.#head();
    if (this.#left === 'rest') {
      this.#pending = Buffer.alloc(0);
      return false;
    }
    if (this.#left === 'size' || this.#left === 'trailer') return this.#line(this.#left);
    const piece = this.#pending.subarray(0, this.#left);
    this.#pending = this.#pending.subarray(piece.length);
    this.#left -= piece.length;
    this.#size += piece.length;
    if (this.#size <= BODY_LIMIT) this.#body.push(piece);
    if (this.#left > 0) return false;
    if (!this.#chunked) return this.#done();
    this.#left = 'size';
    return true;
  }

  #head(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#pending.length > HEAD_LIMIT || !looksLikeHttp(this.#pending)) this.stop();
      return false;
    }
    const [start = '', ...lines] = this.#pending.subarray(0, end).toString('latin1').split('\r\n');
    if (!/ HTTP\/1\.[01]$|^HTTP\/1\.[01] /.test(start)) {
      this.stop();
      return false;
    }
    this.#pending = this.#pending.subarray(end + 4);
    const headers: Headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    this.#message = { start, headers };
    const length = this.lengthOf(this.#message);
    this.onHead(this.#message);
    this.#chunked = length === 'chunked';
    this.#left = length === 'chunked' ? 'size' : length;
    if (length === 0) return this.#done();
    if (typeof length === 'number' && !(length > 0)) this.stop();
    return true;
  }

  /** A chunk's size stands in a line of its own; after the last one come trailers and an empty line. */
  #line(kind: 'size' | 'trailer'): boolean {
    const end = this.#pending.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#pending.subarray(0, end).toString('latin1');
    this.#pending = this.#pending.subarray(end + 2);
    if (kind === 'trailer') return line === '' ? this.#done() : true;
    if (line === '') return true;
    const size = Number.parseInt(line, 16);
    if (Number.isNaN(size)) {
      this.stop();
      return false;
    }
    this.#left = size === 0 ? 'trailer' : size;
    return true;
  }

  #done(): boolean {
    const message = this.#message;
    const body = this.#size > BODY_LIMIT ? Buffer.alloc(0) : Buffer.concat(this.#body);
    this.#message = undefined;
    this.#body = [];
    this.#size = 0;
    if (message !== undefined) this.onMessage(message, body);
    return this.#pending.length > 0;
  }
}

function looksLikeHttp(data: Buffer): boolean {
  return /^[A-Z]+( |$)|^HTTP\/|^H$|^HT$|^HTT$|^HTTP$/.test(data.subarray(0, 16).toString('latin1'));
}
