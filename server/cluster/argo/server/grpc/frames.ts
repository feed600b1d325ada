import { gunzipSync } from 'node:zlib';
import { Code, GrpcStatus } from '../status.ts';

/** A message of gRPC on the wire: one byte (1 when compressed), its length in four, its bytes. */
const HEAD = 5;

export function frame(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEAD + message.length);
  out[0] = 0;
  out.writeUInt32BE(message.length, 1);
  out.set(message, HEAD);
  return out;
}

/**
 * The one message of a request; every method takes exactly one. `encoding` is the header grpc-encoding.
 * Throws the status that a Go server answers with. After google.golang.org/grpc v1.72 rpc_util.go
 */
export function requestMessage(body: Buffer, encoding: string | undefined, limit: number): Uint8Array {
  if (body.length < HEAD) throw new GrpcStatus(Code.Internal, 'unexpected EOF');
  const size = body.readUInt32BE(1);
  if (size > limit) throw new GrpcStatus(Code.ResourceExhausted, `grpc: received message larger than max (${size} vs. ${limit})`);
  const message = body.subarray(HEAD, HEAD + size);
  if (message.length < size) throw new GrpcStatus(Code.Internal, 'unexpected EOF');
  if (body[0] === 0) return message;
  if (encoding === undefined || encoding === 'identity') throw new GrpcStatus(Code.Internal, 'grpc: compressed flag set with identity or empty encoding');
  if (encoding !== 'gzip') throw new GrpcStatus(Code.Unimplemented, `grpc: Decompressor is not installed for grpc-encoding "${encoding}"`);
  try {
    return gunzipSync(message, { maxOutputLength: limit });
  } catch (error) {
    throw new GrpcStatus(Code.Internal, `grpc: failed to decompress the received message: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What grpc-message may carry: printable ASCII but for the percent sign; other bytes as %XX. */
export function encodeStatusMessage(text: string): string {
  let out = '';
  for (const byte of Buffer.from(text)) out += byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The header grpc-timeout (`10S`) in milliseconds; undefined when there is none, or it is not one. */
export function timeoutOf(header: string | undefined): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header ?? '') ?? [];
  return digits === '' ? undefined : Number(digits) * (UNITS[unit] ?? 0);
}
