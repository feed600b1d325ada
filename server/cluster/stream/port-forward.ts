import { createHash } from 'node:crypto';
import type { Duplex, Writable } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { ApiStatus } from '../api/status.ts';
import type { ContainerAccess } from '../kubelet/access.ts';
import type { KubeObject } from '../store/object.ts';
import { SpdyConnection } from './spdy.ts';
import type { SpdyStream } from './spdy.ts';

/** How long the second stream of a pair may take. */
const PAIR_TIMEOUT = 30_000;

/** What the kubelet calls a pod's sandbox; derived from the pod, so that it stays the same. */
function sandboxOf(pod: KubeObject): { id: string; namespace: string } {
  const id = createHash('sha256').update(`sandbox ${pod.metadata.uid ?? ''}`).digest('hex');
  const part = (from: number, to: number) => id.slice(from, to);
  return { id, namespace: `/var/run/netns/cni-${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}` };
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Why a port could not be reached: what the kubelet said, or its and containerd's words for a network error. */
export function forwardError(pod: KubeObject, port: number, error: unknown): string {
  if (error instanceof ApiStatus) return error.message;
  const { id, namespace } = sandboxOf(pod);
  const start = `error forwarding port ${port} to pod ${id}, uid : failed to execute portforward in network namespace "${namespace}"`;
  const why = codeOf(error) === 'ECONNREFUSED' ? 'connect: connection refused' : messageOf(error);
  return `${start}: failed to connect to localhost:${port} inside namespace "${id}", IPv4: dial tcp4 127.0.0.1:${port}: ${why} IPv6 dial tcp6: address localhost: no suitable address found `;
}

/** Joins one forwarded connection with the pod's port; resolves when both directions are over. */
export async function forward(access: ContainerAccess, pod: KubeObject, port: number, data: Duplex, errors: Writable): Promise<void> {
  let target: Duplex;
  try {
    target = await access.portForward(pod, port);
  } catch (error) {
    errors.end(Buffer.from(forwardError(pod, port, error)));
    data.end();
    data.resume();
    return;
  }
  await new Promise<void>((resolve) => {
    const done = () => {
      if (!errors.destroyed && !errors.writableEnded) errors.end();
      resolve();
    };
    if (data.destroyed) {
      target.destroy();
      done();
      return;
    }
    target.on('error', () => undefined);
    data.pipe(target);
    target.pipe(data);
    // The client has left: nobody is there to read the rest.
    data.once('close', () => {
      target.destroy();
      done();
    });
    // Nothing more will come: the client waits for the end of the error stream before it lets go of the connection.
    target.once('end', () => {
      if (!errors.destroyed && !errors.writableEnded) errors.end();
    });
    target.once('close', () => {
      if (!data.destroyed && !data.writableEnded) data.end();
      data.unpipe(target);
      data.resume();
      done();
    });
  });
}

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  port: string;
  cancel: () => void;
}

/**
 * Serves port-forward over SPDY: for each connection the client opens an error and a data stream with the headers `port`
 * and `requestID`. After kubernetes 1.32 pkg/kubelet/cri/streaming/portforward/httpstream.go
 */
export function servePortForward(transport: Duplex, pod: KubeObject, access: ContainerAccess, clock: Clock): Promise<void> {
  const pairs = new Map<string, Pair>();
  const connection = new SpdyConnection(transport, {
    onStream(stream) {
      const type = stream.headers.get('streamtype') ?? '';
      const port = stream.headers.get('port') ?? '';
      if (type !== 'data' && type !== 'error') throw new Error(type === '' ? '"streamType" header is required' : `invalid stream type "${type}"`);
      if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw new Error(port === '' ? '"port" header is required' : `unable to parse "${port}" as a port`);
      // Clients before Kubernetes 1.2 send no id; they open the data stream right after its error stream.
      const id = stream.headers.get('requestid') ?? String(type === 'error' ? stream.id : stream.id - 2);
      const pair: Pair = pairs.get(id) ?? {
        port,
        cancel: clock.after(PAIR_TIMEOUT, () => {
          const late = pairs.get(id);
          pairs.delete(id);
          (late?.error ?? late?.data)?.destroy();
        }),
      };
      if (pair[type] !== undefined) throw new Error(`${type} stream already assigned`);
      pair[type] = stream;
      pairs.set(id, pair);
      if (type === 'error') stream.resume();
      const { data, error } = pair;
      if (data === undefined || error === undefined) return;
      pair.cancel();
      pairs.delete(id);
      void forward(access, pod, Number(pair.port), data, error);
    },
  });
  return connection.serve().finally(() => {
    for (const pair of pairs.values()) pair.cancel();
  });
}
