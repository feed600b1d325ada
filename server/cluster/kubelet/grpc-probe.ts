import { connect, constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Probe } from '../controllers/runtime/kinds.ts';
import type { ProbeResult, ProbeTarget, StopAsking } from './probes.ts';

type Grpc = NonNullable<Probe['grpc']>;

const UNIMPLEMENTED = 12;
/** By their numbers in grpc.health.v1.HealthCheckResponse. */
const SERVING_STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
/** By their numbers, as Go prints them. */
const CODES = ['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'];

/**
 * Asks grpc.health.v1.Health/Check in clear text. Where nobody listens it does not come back: the probe's time limit ends it.
 * `timeout` in milliseconds. After kubernetes 1.32 pkg/probe/grpc/grpc.go
 */
export async function askGrpc({ port, service }: Grpc, target: ProbeTarget, timeout: number, onTimeout: (stop: StopAsking) => void): Promise<ProbeResult> {
  let socket: Duplex;
  try {
    socket = await target.dial(port);
  } catch {
    return new Promise(() => {});
  }
  return new Promise((resolve) => {
    const session = connect(`http://${target.podIP}:${port}`, { createConnection: () => socket });
    const end = (result: ProbeResult) => {
      resolve(result);
      session.destroy();
      socket.destroy();
    };
    const failed = (code: number, message: string) => end({ ok: false, output: `error: health rpc probe failed: rpc error: code = ${CODES[code] ?? `Code(${code})`} desc = ${message}` });
    let connected = false;
    session.once('remoteSettings', () => (connected = true));
    onTimeout(() => {
      session.destroy();
      return connected ? `timeout: health rpc did not complete within ${timeout / 1000}s` : undefined;
    });
    socket.on('error', () => {});
    session.on('error', (error) => failed(14, `connection error: desc = "${error.message}"`));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      'user-agent': 'kube-probe/1.32',
      te: 'trailers',
    });
    const parts: Buffer[] = [];
    let code: number | undefined;
    let message = '';
    const read = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] === undefined) return;
      code = Number(headers['grpc-status']);
      message = decodeURIComponent(String(headers['grpc-message'] ?? ''));
    };
    stream.on('response', read);
    stream.on('trailers', read);
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.on('error', (error) => failed(14, error.message));
    stream.on('end', () => {
      if (code === UNIMPLEMENTED) end({ ok: false, output: `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}` });
      else if (code !== 0) failed(code ?? 2, message);
      else {
        const status = servingStatus(Buffer.concat(parts));
        end(status === 'SERVING' ? { ok: true } : { ok: false, output: `service unhealthy (responded with "${status}")` });
      }
    });
    stream.end(checkRequest(service ?? ''));
  });
}

/** A message of gRPC: not compressed, its length, and field 1 with the service's name. */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** Field 1 of the answer, an enumeration; what is not there is its first value. */
function servingStatus(message: Buffer): string {
  const number = message[5] === 0x08 ? (message[6] ?? 0) : 0;
  return SERVING_STATUSES[number] ?? String(number);
}
