/** What somebody wants to know of a SPDY connection's frames. Each is waited for before the next one. */
export interface SpdyFrames {
  control(type: number, flags: number, body: Buffer): Promise<void>;
  /** A piece of a data frame as it came in. */
  data(stream: number, piece: Buffer): Promise<void> | void;
  /** The last data of a stream was handed over. */
  end?(stream: number): void;
}

/** Control frames are small: headers of a few words. Larger ones are none of Kubernetes'. */
const CONTROL_LIMIT = 128 * 1024;
const HEAD = 8;
const CONTROL_BIT = 0x80000000;
const FIN = 1;

/** Takes the bytes of a SPDY/3 connection apart, whatever pieces they come in: control frames whole, data as it comes. Rejects with RangeError for a control frame of more than 128 KiB. */
export function spdyReader(frames: SpdyFrames): (chunk: Buffer) => Promise<void> {
  let pending: Buffer = Buffer.alloc(0);
  /** The data frame whose body is coming in. */
  let data: { stream: number; left: number; fin: boolean } | undefined;
  return async (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (data !== undefined) {
        const piece = pending.subarray(0, data.left);
        pending = pending.subarray(piece.length);
        data.left -= piece.length;
        if (piece.length > 0) await frames.data(data.stream, piece);
        if (data.left > 0) return;
        if (data.fin) frames.end?.(data.stream);
        data = undefined;
      }
      if (pending.length < HEAD) return;
      const first = pending.readUInt32BE(0);
      const flags = pending.readUInt8(4);
      const length = pending.readUIntBE(5, 3);
      if (first < CONTROL_BIT) {
        data = { stream: first, left: length, fin: (flags & FIN) !== 0 };
        pending = pending.subarray(HEAD);
        continue;
      }
      if (length > CONTROL_LIMIT) throw new RangeError('control frame too large');
      if (pending.length < HEAD + length) return;
      const body = pending.subarray(HEAD, HEAD + length);
      pending = pending.subarray(HEAD + length);
      await frames.control(first & 0xffff, flags, body);
    }
  };
}
