import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { isJsonObject } from '../../lib/json.ts';
import type { Clock } from '../../lib/clock.ts';
import { readAtMost } from '../../lib/read-at-most.ts';
import type { CallWebhook, WebhookAddress } from '../admission/index.ts';
import { HOST_IP } from '../kubelet/pod-status.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { ObjectReader } from '../store/reader.ts';

/** What is read of an answer at most: bytes. */
const MAX_ANSWER = 3 * 1024 * 1024;
const UNKNOWN_AUTHORITY = new Set(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT']);

export interface WebhookCallerOptions {
  network: PodNetwork;
  reader: ObjectReader;
  clock: Clock;
  /** Connects to a port of the node's own loopback; absent where nothing of the learner's listens there. */
  dialNode?: (port: number) => Promise<Duplex>;
}

interface Place {
  /** As the address stands in the URL. */
  host: string;
  port: number;
  path: string;
  dial(): Promise<Duplex>;
}

/** Calls webhooks as an API server on the node would: Services of the cluster, and addresses that the node reaches. Nothing leads out of the cluster. */
export function webhookCaller(options: WebhookCallerOptions): CallWebhook {
  return async (address, body, timeoutSeconds) => {
    const { host, port, path, dial } = placeOf(address, options);
    const url = `https://${host}${address.service === undefined && port === 443 ? '' : `:${port}`}${path}${path.includes('?') ? '&' : '?'}timeout=${timeoutSeconds}s`;
    const late = new AbortController();
    const cancel = options.clock.after(timeoutSeconds * 1000, () => late.abort());
    let socket: Duplex | undefined;
    try {
      const gone = new Promise<never>((_resolve, reject) => late.signal.addEventListener('abort', () => reject(new Error('context deadline exceeded')), { once: true }));
      const work = dial().then((stream) => {
        socket = stream.on('error', () => stream.destroy());
        if (late.signal.aborted) stream.destroy();
        return secured(stream, host, address.caBundle).then((secure) => post(secure, host, port, new URL(url), body));
      });
      work.catch(() => undefined);
      return await Promise.race([work, gone]);
    } catch (error) {
      throw new Error(`Post ${JSON.stringify(url)}: ${reasonOf(error, host)}`);
    } finally {
      cancel();
      socket?.destroy();
    }
  };
}

function placeOf({ url = '', service }: WebhookAddress, { network, reader, dialNode }: WebhookCallerOptions): Place {
  if (service !== undefined) {
    const { namespace, name, port } = service;
    const host = `${name}.${namespace}.svc`;
    return {
      host,
      port,
      path: service.path === '' ? '/' : service.path.startsWith('/') ? service.path : `/${service.path}`,
      dial() {
        const found = reader.get({ group: '', resource: 'services' }, namespace, name);
        const spec = isJsonObject(found?.spec) ? found.spec : {};
        if (found === undefined) return Promise.reject(new Error(`service ${JSON.stringify(name)} not found`));
        const has = spec['type'] === 'ExternalName' || (Array.isArray(spec['ports']) && spec['ports'].some((one) => isJsonObject(one) && one['port'] === port));
        if (!has) return Promise.reject(new Error(`no service port ${port} found for service ${JSON.stringify(name)}`));
        const clusterIp = typeof spec['clusterIP'] === 'string' && isIP(spec['clusterIP']) !== 0 ? spec['clusterIP'] : host;
        return network.dialAddress(host, port).catch(() => Promise.reject(refused(clusterIp, port)));
      },
    };
  }
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parsed.port === '' ? 443 : Number(parsed.port);
  const isNode = host === 'localhost' || host === '127.0.0.1' || host === '::1' || host === HOST_IP;
  return {
    host: parsed.hostname,
    port,
    path: parsed.pathname,
    dial() {
      // An API server does not ask the cluster's DNS.
      if (!isNode && isIP(host) === 0) return Promise.reject(new Error(`dial tcp: lookup ${host}: no such host`));
      const dialing = isNode ? (dialNode?.(port) ?? Promise.reject(refused(host, port))) : network.dialAddress(host, port);
      return dialing.catch(() => Promise.reject(refused(host === 'localhost' ? '127.0.0.1' : host, port)));
    },
  };
}

function refused(host: string, port: number): Error {
  return new Error(`dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}: connect: connection refused`);
}

function secured(socket: Duplex, host: string, caBundle: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const name = host.replace(/^\[(.*)\]$/, '$1');
    const secure = connect({ socket, host: name, ...(isIP(name) === 0 ? { servername: name } : {}), ...(caBundle.trim() === '' ? {} : { ca: caBundle }) }, () => resolve(secure));
    // It may fail again when nobody waits any more.
    secure.on('error', (error) => {
      reject(error);
      secure.destroy();
    });
    secure.once('close', () => reject(new Error('EOF')));
  });
}

function post(socket: TLSSocket, host: string, port: number, url: URL, body: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, */*', 'user-agent': 'kube-apiserver-admission', host: port === 443 ? host : `${host}:${port}`, 'content-length': Buffer.byteLength(body), connection: 'close' };
    const request = httpsRequest({ method: 'POST', path: `${url.pathname}${url.search}`, headers, createConnection: () => socket }, (response) => {
      readAtMost(response, MAX_ANSWER).then((bytes) => {
        if (bytes === undefined) reject(new Error('http: response body too large'));
        else resolve({ status: response.statusCode ?? 0, body: bytes.toString() });
      }, reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** A failure as Go's client words it. */
function reasonOf(error: unknown, host: string): string {
  const { code = '', message = String(error), cert } = typeof error === 'object' && error !== null ? (error as { code?: string; message?: string; cert?: { subjectaltname?: string; subject?: { CN?: string } } }) : {};
  if (UNKNOWN_AUTHORITY.has(code)) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = [...(cert?.subjectaltname ?? '').matchAll(/(?:DNS|IP Address):([^,]+)/g)].map(([, name]) => name);
    return `tls: failed to verify certificate: x509: ${names.length === 0 ? 'certificate relies on legacy Common Name field, use SANs instead' : `certificate is valid for ${names.join(', ')}, not ${host}`}`;
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
  if (code === 'EPROTO' || /wrong version number/.test(message)) return 'http: server gave HTTP response to HTTPS client';
  if (code === 'ECONNRESET' || message === 'socket hang up') return 'EOF';
  return message;
}
