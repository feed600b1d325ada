import { HeaderInflater } from '../../cluster/vocabulary.ts';
import { spdyReader } from '../../lib/spdy-frames.ts';
import { type Exchange, HttpTap } from './http-tap.ts';
import { Http2Tap, PREFACE } from './http2-tap.ts';

const SYN_STREAM = 1;
const FRAME_LIMIT = 16 * 1024 * 1024;

/** Reads bytes in order; resolves when they have been looked at, because headers unpack in their own time. */
type Look = (data: Buffer) => Promise<void>;

/**
 * Looks into a port-forward that passes by, and reports the HTTP requests in it, gRPC's too: SPDY/3.1 as it is, or inside a websocket
 * (`SPDY/3.1+portforward.k8s.io`). It never changes or delays a byte; what it can't read ends the looking, not the
 * connection. After kubernetes 1.32 staging/src/k8s.io/apimachinery/pkg/util/portforward/constants.go
 */
export class PortForwardTap {
  readonly #streams = new Map<number, StreamTap>();
  readonly #inflater = new HeaderInflater();
  readonly #client: (data: Buffer) => void;
  readonly #server: (data: Buffer) => void;

  constructor(
    framing: 'spdy' | 'websocket',
    private readonly onExchange: (exchange: Exchange, port: number) => void,
  ) {
    const client = spdyReader({ control: (type, _flags, body) => this.#control(type, body), data: (id, data) => this.#streams.get(id)?.client(data) });
    const server = spdyReader({ control: () => Promise.resolve(), data: (id, data) => this.#streams.get(id)?.server(data) });
    // One order for both directions: an answer must not be looked at before its stream is known.
    let queue = Promise.resolve();
    let broken = false;
    const inOrder = (look: Look) => (data: Buffer) => {
      if (broken) return;
      queue = queue.then(() => (broken ? undefined : look(data))).catch(() => {
        broken = true;
        this.close();
      });
    };
    this.#client = inOrder(framing === 'spdy' ? client : webSocketReader(client));
    this.#server = inOrder(framing === 'spdy' ? server : webSocketReader(server));
  }

  client(data: Buffer): void {
    this.#client(data);
  }

  server(data: Buffer): void {
    this.#server(data);
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#streams.clear();
    this.#inflater.close();
  }

  async #control(type: number, body: Buffer): Promise<void> {
    if (type !== SYN_STREAM) return;
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#inflater.unpack(body.subarray(10));
    const port = Number(headers.get('port'));
    if (headers.get('streamtype') === 'data') this.#streams.set(id, new StreamTap((exchange) => this.onExchange(exchange, port)));
  }
}

/** One forwarded connection: the first bytes of its client say which HTTP it speaks. */
class StreamTap {
  #first: Buffer = Buffer.alloc(0);
  #tap: HttpTap | Http2Tap | undefined;

  constructor(private readonly onExchange: (exchange: Exchange) => void) {}

  client(data: Buffer): void {
    if (this.#tap !== undefined) return this.#tap.client(data);
    this.#first = Buffer.concat([this.#first, data]);
    const begins = this.#first.subarray(0, PREFACE.length).toString('latin1');
    if (begins === PREFACE) this.#tap = new Http2Tap(this.onExchange);
    else if (!PREFACE.startsWith(begins)) this.#tap = new HttpTap(this.onExchange);
    this.#tap?.client(this.#first);
  }

  server(data: Buffer): void {
    this.#tap?.server(data);
  }

  close(): void {
    if (this.#tap instanceof Http2Tap) this.#tap.close();
  }
}

/** Hands on what binary frames carry. Source: RFC 6455, section 5.2. */
function webSocketReader(onPayload: Look): Look {
  let pending: Buffer = Buffer.alloc(0);
  let binary = false;
  return async (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending.length < 2) return;
      const opcode = pending.readUInt8(0) & 0x0f;
      const masked = (pending.readUInt8(1) & 0x80) !== 0;
      const short = pending.readUInt8(1) & 0x7f;
      const head = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (masked ? 4 : 0);
      if (pending.length < head) return;
      const length = short === 126 ? pending.readUInt16BE(2) : short === 127 ? Number(pending.readBigUInt64BE(2)) : short;
      if (length > FRAME_LIMIT) throw new RangeError('frame too large');
      if (pending.length < head + length) return;
      const payload = Buffer.from(pending.subarray(head, head + length));
      if (masked) for (let i = 0; i < length; i++) payload[i] = (payload[i] ?? 0) ^ (pending[head - 4 + (i & 3)] ?? 0);
      pending = pending.subarray(head + length);
      if (opcode === 2 || opcode === 1) binary = opcode === 2;
      if (opcode <= 2 && binary) await onPayload(payload);
    }
  };
}
