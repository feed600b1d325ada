import { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';

/**
 * The channel protocol of Kubernetes' WebSockets: each binary message starts with the number of its channel. Back-pressure
 * goes both ways: a writable waits until the socket took its data, and the socket is not read while a channel's reader is behind.
 */
export class Channels {
  readonly #readers = new Map<number, Readable>();
  readonly #full = new Set<number>();
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (message: Buffer | ArrayBuffer | Buffer[]) => {
      const data = Buffer.isBuffer(message) ? message : Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
      const channel = data[0];
      if (channel === undefined) return;
      if (channel === 255) {
        // v5: the client has nothing more to say on this channel.
        const closed = data[1];
        if (closed !== undefined) this.#end(closed);
        return;
      }
      const reader = this.#readers.get(channel);
      if (reader === undefined || data.length === 1 || reader.destroyed || reader.readableEnded) return;
      if (!reader.push(data.subarray(1))) {
        this.#full.add(channel);
        socket.pause();
      }
    });
    socket.on('close', () => {
      for (const channel of [...this.#readers.keys()]) this.#end(channel);
    });
  }

  /** What the client sends on a channel. */
  readable(channel: number): Readable {
    const known = this.#readers.get(channel);
    if (known !== undefined) return known;
    const release = () => {
      if (this.#full.delete(channel) && this.#full.size === 0 && this.#socket.isPaused) this.#socket.resume();
    };
    const reader = new Readable({
      highWaterMark: 64 * 1024,
      read: release,
      destroy: (error, callback) => {
        this.#readers.delete(channel);
        release();
        callback(error);
      },
    });
    reader.on('error', () => undefined);
    this.#readers.set(channel, reader);
    return reader;
  }

  /** Sends to the client on a channel; ending it sends nothing. */
  writable(channel: number): Writable {
    const prefix = Buffer.from([channel]);
    const writer = new Writable({
      highWaterMark: 256 * 1024,
      write: (chunk: Buffer, _encoding, callback) => {
        if (this.#socket.readyState !== this.#socket.OPEN) callback(new Error('connection closed'));
        else this.#socket.send(Buffer.concat([prefix, chunk]), { binary: true }, (error) => callback(error ?? null));
      },
    });
    writer.on('error', () => undefined);
    return writer;
  }

  /** An empty message: tells the client that the channel is open. */
  announce(channel: number): void {
    this.#socket.send(Buffer.from([channel]), { binary: true }, () => undefined);
  }

  #end(channel: number): void {
    const reader = this.#readers.get(channel);
    if (reader === undefined) return;
    this.#readers.delete(channel);
    if (!reader.destroyed && !reader.readableEnded) reader.push(null);
  }
}
