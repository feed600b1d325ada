import { Duplex } from 'node:stream';
import { spdyReader } from '../../lib/spdy-frames.ts';
import { HeaderDeflater, HeaderInflater } from './header-block.ts';
import type { Headers } from './header-block.ts';

/**
 * The server's end of a SPDY/3.1 connection, as far as Kubernetes uses it: streams that the client opens, with headers,
 * data in both directions, half-close and reset. Clients of Kubernetes (moby/spdystream) keep no windows, so back-pressure
 * is that of the connection: nothing is read from it while a stream's reader is behind.
 */

const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FIN = 1;
const CANCEL = 5;
const REFUSED = 3;

/** Data is sent in pieces of this size, so that streams take turns. */
const PIECE = 32 * 1024;

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(flags * 0x1000000 + body.length, 4);
  return Buffer.concat([head, body]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, i * 4));
  return bytes;
}

/** One stream. Ending it sends FIN, destroying it RST_STREAM; its end means that the client has sent FIN. */
export class SpdyStream extends Duplex {
  #wanted: (() => void) | undefined;
  #finished = { sent: false, received: false };

  constructor(
    readonly id: number,
    readonly headers: Headers,
    private readonly connection: SpdyConnection,
  ) {
    super({ allowHalfOpen: true, readableHighWaterMark: 64 * 1024, writableHighWaterMark: 64 * 1024 });
  }

  /** Hands over what came in; resolves when the reader wants more. */
  async receive(data: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded || this.#finished.received) return;
    if (this.push(data)) return;
    await new Promise<void>((resolve) => {
      this.#wanted = resolve;
    });
  }

  receiveEnd(): void {
    if (this.#finished.received) return;
    this.#finished.received = true;
    this.push(null);
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.connection.sendData(this.id, chunk, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#finished.sent = true;
    this.connection.sendFin(this.id, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this._read();
    if (!(this.#finished.sent && this.#finished.received)) this.connection.sendReset(this.id, CANCEL);
    this.connection.forget(this.id);
    callback(error);
  }
}

export interface SpdyHandlers {
  /** A stream was opened; throw to refuse it. It is accepted (SYN_REPLY) when this returns. */
  onStream(stream: SpdyStream): void;
}

export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #handlers: SpdyHandlers;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #inflater = new HeaderInflater();
  readonly #deflater = new HeaderDeflater();
  #closed = false;
  #lastStream = 0;

  constructor(transport: Duplex, handlers: SpdyHandlers) {
    this.#transport = transport;
    this.#handlers = handlers;
  }

  /** Serves the connection until either side closes it; never rejects. */
  async serve(): Promise<void> {
    try {
      await this.#read();
    } catch {
      // A broken connection or protocol: either way it is over.
    } finally {
      this.#shutDown();
    }
  }

  /** Sends what is still to be sent and closes the connection. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#transport.destroyed) {
      this.#transport.write(controlFrame(GOAWAY, 0, words(this.#lastStream, 0)));
      this.#transport.end();
    }
  }

  #shutDown(): void {
    this.#closed = true;
    for (const stream of [...this.#streams.values()]) stream.destroy();
    this.#streams.clear();
    this.#inflater.close();
    this.#deflater.close();
    this.#transport.destroy();
  }

  async #read(): Promise<void> {
    const read = spdyReader({
      control: (type, flags, body) => this.#control(type, flags, body),
      data: (stream, piece) => this.#streams.get(stream)?.receive(piece),
      end: (stream) => this.#streams.get(stream)?.receiveEnd(),
    });
    for await (const part of this.#transport) await read(Buffer.isBuffer(part) ? part : Buffer.from(part));
  }

  async #control(type: number, flags: number, body: Buffer): Promise<void> {
    if (type === SYN_STREAM) {
      const id = body.readUInt32BE(0) & 0x7fffffff;
      const headers = await this.#inflater.unpack(body.subarray(10));
      await this.#open(id, headers, (flags & FIN) !== 0);
    } else if (type === RST_STREAM) {
      const stream = this.#streams.get(body.readUInt32BE(0) & 0x7fffffff);
      stream?.destroy();
    } else if (type === PING) {
      this.#write(controlFrame(PING, 0, body.subarray(0, 4)));
    } else if (type === SYN_REPLY || type === 8) {
      // Never expected, but the compressed headers are part of the one zlib stream.
      await this.#inflater.unpack(body.subarray(4));
    }
    // SETTINGS, GOAWAY, WINDOW_UPDATE: nothing hangs on them.
  }

  async #open(id: number, headers: Headers, fin: boolean): Promise<void> {
    if (this.#closed || id <= this.#lastStream || id % 2 === 0) {
      this.sendReset(id, REFUSED);
      return;
    }
    this.#lastStream = id;
    const stream = new SpdyStream(id, headers, this);
    // A reader that goes away shows in its own stream; nobody else has to hear of it.
    stream.on('error', () => undefined);
    this.#streams.set(id, stream);
    // The reply comes before whatever the handler sends.
    const reply = controlFrame(SYN_REPLY, 0, Buffer.concat([words(id), await this.#deflater.pack(new Map())]));
    this.#transport.cork();
    this.#write(reply);
    try {
      this.#handlers.onStream(stream);
      if (fin) stream.receiveEnd();
    } catch {
      stream.destroy();
    }
    this.#transport.uncork();
  }

  #write(frame: Buffer, callback?: (error?: Error | null) => void): void {
    if (this.#transport.destroyed || this.#transport.writableEnded) callback?.(new Error('connection closed'));
    else this.#transport.write(frame, callback);
  }

  sendData(id: number, data: Buffer, callback: (error?: Error | null) => void): void {
    if (!this.#streams.has(id)) {
      callback(new Error('stream closed'));
      return;
    }
    for (let offset = 0; offset < data.length; offset += PIECE) {
      const piece = data.subarray(offset, offset + PIECE);
      const last = offset + PIECE >= data.length;
      this.#write(Buffer.concat([words(id, piece.length), piece]), last ? callback : undefined);
    }
    if (data.length === 0) callback();
  }

  sendFin(id: number, callback: (error?: Error | null) => void): void {
    this.#write(words(id, FIN * 0x1000000), callback);
  }

  sendReset(id: number, status: number): void {
    if (!this.#closed) this.#write(controlFrame(RST_STREAM, 0, words(id, status)));
  }

  forget(id: number): void {
    this.#streams.delete(id);
  }
}
