import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import { readAtMost } from '../../../lib/read-at-most.ts';
import type { PodNetwork } from '../../network/pod-network.ts';

export interface ClusterRequest {
  method: string;
  url: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** Certificates of servers inside the cluster are their own. Default false. */
  insecureSkipVerify?: boolean;
  /** Names without a dot are looked up here. */
  namespace: string;
  signal?: AbortSignal;
}

export interface ClusterResponse {
  status: number;
  statusText: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const MAX_REDIRECTS = 10;
/** An answer may have so many bytes. */
const MAX_BODY = 64 * 1024 * 1024;

const hasCode = (error: unknown): error is Error & { code: unknown; address?: unknown } => error instanceof Error && 'code' in error;

/** Connects as a pod's process would, with Go's words when that fails: names outside the cluster have no address. */
export async function dialInCluster(network: PodNetwork, host: string, port: number, namespace: string): Promise<Duplex> {
  const isAddress = /^[\d.]+$/.test(host);
  const name = isAddress || host.includes('.') ? host : `${host}.${namespace}.svc.cluster.local`;
  try {
    return await network.dialAddress(name, port);
  } catch (error) {
    if (!hasCode(error)) throw error;
    if (!isAddress && error.address === name) throw new Error(`dial tcp: lookup ${host} on 10.96.0.10:53: no such host`, { cause: error });
    throw new Error(`dial tcp ${typeof error.address === 'string' ? error.address : host}:${port}: connect: connection refused`, { cause: error });
  }
}

/** Speaks HTTP or HTTPS with a pod or Service; follows redirects. Throws with the words of Go's client. */
export async function callInCluster(network: PodNetwork, request: ClusterRequest): Promise<ClusterResponse> {
  let url: URL;
  try {
    url = new URL(request.url);
  } catch {
    throw new Error(`${goVerb(request.method)} ${JSON.stringify(request.url)}: unsupported protocol scheme ""`);
  }
  let method = request.method;
  let body = request.body;
  for (let hops = 0; ; hops++) {
    const answer = await once(network, { ...request, method, ...(body === undefined ? {} : { body }) }, url).catch((error: unknown) => {
      throw new Error(`${goVerb(method)} ${JSON.stringify(url.href)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    });
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    if (hops >= MAX_REDIRECTS) throw new Error(`${goVerb(method)} ${JSON.stringify(location)}: stopped after 10 redirects`);
    url = new URL(location, url);
    if (answer.status < 307 && method !== 'HEAD') {
      method = 'GET';
      body = undefined;
    }
  }
}

const goVerb = (method: string): string => `${method.charAt(0).toUpperCase()}${method.slice(1).toLowerCase()}`;

async function once(network: PodNetwork, request: ClusterRequest, url: URL): Promise<ClusterResponse> {
  const secure = url.protocol === 'https:';
  if (!secure && url.protocol !== 'http:') throw new Error(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port);
  const plain = await dialInCluster(network, url.hostname, port, request.namespace);
  const socket = secure ? connectTls({ socket: plain, servername: url.hostname, rejectUnauthorized: request.insecureSkipVerify !== true }) : plain;
  return await new Promise<ClusterResponse>((resolve, reject) => {
    const stop = () => {
      sent.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'));
    };
    const sent = httpRequest(
      { method: request.method, path: `${url.pathname}${url.search}`, host: url.hostname, createConnection: () => socket, headers: { host: url.host, 'user-agent': 'Go-http-client/1.1', ...request.headers, ...(request.body === undefined || request.body.byteLength === 0 ? {} : { 'content-length': String(request.body.byteLength) }), connection: 'close' } },
      (response) => {
        readAtMost(response, MAX_BODY).then((body) => {
          request.signal?.removeEventListener('abort', stop);
          if (body === undefined) reject(new Error('the answer is too large'));
          else resolve({ status: response.statusCode ?? 0, statusText: `${response.statusCode ?? 0} ${response.statusMessage ?? ''}`.trim(), headers: response.headers, body });
        }, reject);
      },
    );
    sent.once('error', (error) => {
      request.signal?.removeEventListener('abort', stop);
      socket.destroy();
      reject(error);
    });
    request.signal?.addEventListener('abort', stop, { once: true });
    if (request.signal?.aborted === true) stop();
    sent.end(request.body);
  });
}
