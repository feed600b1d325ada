import { constants, createDeflate, createInflate } from 'node:zlib';
import type { Deflate, Inflate } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary.ts';

/** Names in lower case; several values of one name are joined by NUL. */
export type Headers = ReadonlyMap<string, string>;

/** Unpacked headers may not be larger: a small block must not become a large one. */
const LIMIT = 64 * 1024;

export function encodeHeaders(headers: Headers): Buffer {
  const parts: Buffer[] = [];
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    parts.push(bytes);
  };
  number(headers.size);
  for (const entry of headers) {
    for (const text of entry) {
      const bytes = Buffer.from(text);
      number(bytes.length);
      parts.push(bytes);
    }
  }
  return Buffer.concat(parts);
}

/** Throws RangeError when the block is cut short. */
export function decodeHeaders(block: Buffer): Headers {
  let offset = 0;
  const text = () => {
    const length = block.readUInt32BE(offset);
    offset += 4;
    if (offset + length > block.length) throw new RangeError('truncated header block');
    offset += length;
    return block.toString('utf8', offset - length, offset);
  };
  const count = block.readUInt32BE(0);
  offset = 4;
  const headers = new Map<string, string>();
  for (let i = 0; i < count; i++) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

/** One direction of a connection compresses all its header blocks as one zlib stream. */
export class HeaderDeflater {
  readonly #deflate: Deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
  #chunks: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  /** Blocks have to be packed one after another, in the order in which they are sent. */
  pack(headers: Headers): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#deflate.once('error', reject);
      this.#deflate.write(encodeHeaders(headers));
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => {
        this.#deflate.off('error', reject);
        resolve(Buffer.concat(this.#chunks.splice(0)));
      });
    });
  }

  close(): void {
    this.#deflate.destroy();
  }
}

export class HeaderInflater {
  readonly #inflate: Inflate = createInflate({ dictionary: SPDY_DICTIONARY });
  #chunks: Buffer[] = [];
  #size = 0;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#size <= LIMIT) this.#chunks.push(chunk);
    });
  }

  /** Rejects when the block is no continuation of the zlib stream, or unpacks to more than 64 kB. */
  unpack(block: Buffer): Promise<Headers> {
    return new Promise((resolve, reject) => {
      this.#size = 0;
      this.#inflate.once('error', reject);
      this.#inflate.write(block, () => {
        this.#inflate.flush(constants.Z_SYNC_FLUSH, () => {
          this.#inflate.off('error', reject);
          const unpacked = Buffer.concat(this.#chunks.splice(0));
          if (this.#size > LIMIT) {
            reject(new RangeError('header block too large'));
            return;
          }
          try {
            resolve(decodeHeaders(unpacked));
          } catch (error) {
            reject(error);
          }
        });
      });
    });
  }

  close(): void {
    this.#inflate.destroy();
  }
}
