/**
 * Where this page stands in a terminal's output. Offsets count bytes since the terminal started.
 * `received` ≥ `parsed` ≥ `acked`: got from the socket, worked in by xterm, told to the server.
 */
export interface OutputStream {
  received: number;
  parsed: number;
  acked: number;
}

export const ACK_STEP = 32 * 1024;

/**
 * Takes one output frame. `write` is what has not been seen yet (a frame that overlaps is cut, one that is older is
 * dropped). `gap`: bytes are missing before this frame, so attach anew from `parsed`.
 */
export function receive(stream: OutputStream, offset: number, bytes: Uint8Array): { stream: OutputStream; write: Uint8Array | undefined; gap: boolean } {
  if (offset > stream.received) return { stream, write: undefined, gap: true };
  const seen = stream.received - offset;
  if (seen >= bytes.byteLength) return { stream, write: undefined, gap: false };
  return { stream: { ...stream, received: offset + bytes.byteLength }, write: bytes.subarray(seen), gap: false };
}

/** xterm has parsed everything up to `offset`. `ack` is to be sent: at each 32 KiB, and when it has caught up. */
export function parsed(stream: OutputStream, offset: number): { stream: OutputStream; ack: number | undefined } {
  const at = Math.max(stream.parsed, offset);
  const due = at > stream.acked && (at - stream.acked >= ACK_STEP || at >= stream.received);
  return { stream: { ...stream, parsed: at, acked: due ? at : stream.acked }, ack: due ? at : undefined };
}

/** A serialized screen replaces all that came before `offset`. */
export function restart(offset: number): OutputStream {
  return { received: offset, parsed: offset, acked: 0 };
}
