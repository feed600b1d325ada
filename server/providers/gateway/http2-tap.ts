import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import type { Exchange } from './http-tap.ts';

/** What a client of HTTP/2 begins with. Source: RFC 9113, section 3.4. */
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_LIMIT = 1024 * 1024;
const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, NGHTTP2_NO_ERROR } = constants;
const [HEADERS, SETTINGS, CONTINUATION, ACK] = [1, 4, 9, 1];

/**
 * Reads the requests of HTTP/2 that passes by, gRPC as a rule: their heads are shown to a server that answers nobody, since
 * only who has read every one of them can unpack the next. Bodies are not kept, and the status is that of gRPC, whose
 * failures are told in trailers.
 */
export class Http2Tap {
  readonly #server = createServer();
  readonly #wire: Duplex;
  #pending: Buffer = Buffer.alloc(0);
  #begun = false;
  #session: ServerHttp2Session | undefined;

  constructor(private readonly onExchange: (exchange: Exchange) => void) {
    this.#wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    this.#wire.on('error', () => undefined);
    this.#server.on('session', (session) => {
      this.#session = session;
      session.on('error', () => this.close());
    });
    this.#server.on('sessionError', () => this.close());
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      this.#asked(headers);
      stream.close(NGHTTP2_NO_ERROR);
    });
    this.#server.emit('connection', this.#wire);
  }

  /** Hands on what heads are made of: flow control, data and pings are between the two that speak. */
  client(data: Buffer): void {
    if (this.#wire.destroyed) return;
    this.#pending = this.#pending.length === 0 ? data : Buffer.concat([this.#pending, data]);
    if (!this.#begun) {
      if (this.#pending.length < PREFACE.length) return;
      this.#begun = true;
      this.#take(PREFACE.length, true);
    }
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (length > FRAME_LIMIT) return this.close();
      if (this.#pending.length < 9 + length) return;
      const [type, flags] = [this.#pending.readUInt8(3), this.#pending.readUInt8(4)];
      this.#take(9 + length, type === HEADERS || type === CONTINUATION || (type === SETTINGS && (flags & ACK) === 0));
    }
  }

  server(_data: Buffer): void {
    // Answers are packed on their own, and say little: gRPC answers all calls with 200.
  }

  close(): void {
    this.#session?.destroy();
    this.#wire.destroy();
    this.#pending = Buffer.alloc(0);
  }

  #take(length: number, show: boolean): void {
    const part = this.#pending.subarray(0, length);
    this.#pending = this.#pending.subarray(length);
    if (show) this.#wire.push(Buffer.from(part));
  }

  #asked(headers: IncomingHttpHeaders): void {
    const kept: Record<string, string> = {};
    for (const [name, value] of Object.entries(headers)) if (!name.startsWith(':') && value !== undefined) kept[name] = String(value);
    this.onExchange({ method: String(headers[HTTP2_HEADER_METHOD] ?? ''), url: String(headers[HTTP2_HEADER_PATH] ?? ''), headers: kept, status: 200, body: Buffer.alloc(0) });
  }
}
