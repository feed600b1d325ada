import { z } from 'zod';

/**
 * One WebSocket a terminal. Terminal bytes travel in binary frames, everything else as JSON text frames.
 *
 * Server → client, binary: 8 bytes big-endian offset of the first byte in the terminal's output since it started,
 * then the bytes. Client → server, binary: input bytes, as they are.
 *
 * Attaching: the client connects with `?offset=N` (what it has parsed so far; absent for a new page). The server
 * answers `attached`, then either the bytes from N on, or, where N is unknown or no longer buffered, a `screen` with
 * the serialized state up to `offset`, then goes on from there.
 *
 * Flow control: the client sends `ack` with the offset up to which it has *parsed*. The server pauses the pty when
 * more than 256 KiB are unacknowledged by the fastest client, and drops a client that is 4 MiB behind to a `screen`.
 */
export const HEADER_BYTES = 8;
export const HIGH_WATER = 256 * 1024;
export const LOW_WATER = 64 * 1024;
export const MAX_FRAME = 1024 * 1024;
export const MAX_COLUMNS = 1000;
export const MAX_ROWS = 1000;

export const ClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ack'), offset: z.number().int().nonnegative() }),
  /** Clamped to 1…1000 each. */
  z.object({ type: z.literal('resize'), columns: z.number(), rows: z.number() }),
  /** Types a block of code: as bracketed paste where the shell has switched it on, then Enter. `interrupt`: Ctrl-C first. `newline: false`: without the Enter. */
  z.object({ type: z.literal('run'), code: z.string().max(256 * 1024), interrupt: z.boolean(), newline: z.boolean().optional() }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

export const ServerMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('attached'), offset: z.number(), columns: z.number(), rows: z.number() }),
  z.object({ type: z.literal('screen'), offset: z.number(), columns: z.number(), rows: z.number(), data: z.string() }),
  z.object({ type: z.literal('size'), columns: z.number(), rows: z.number() }),
  z.object({ type: z.literal('exit'), code: z.number(), signal: z.string().optional() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

export function encodeOutput(offset: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + bytes.byteLength);
  new DataView(frame.buffer).setBigUint64(0, BigInt(offset));
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

export function decodeOutput(frame: Uint8Array): { offset: number; bytes: Uint8Array } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { offset: Number(view.getBigUint64(0)), bytes: frame.subarray(HEADER_BYTES) };
}
