import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as tcpConnect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { createCredentials, type Credential } from './credentials.ts';
import type { KubeAccess } from './kubeconfig.ts';

export interface KubeCall {
  method: string;
  /** With its query; the server's own path, where it has one, is put before it. */
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Uint8Array | Readable;
  signal?: AbortSignal;
}

export interface KubeResponse {
  status: number;
  headers: IncomingHttpHeaders;
  /** Has to be read to its end or destroyed. */
  body: IncomingMessage;
}

/** Requests to one API server with the credentials of one user. */
export interface KubeTransport {
  readonly server: URL;
  /** Resolves at the response's headers. Throws LabError where nobody answers or the certificate is not trusted. */
  request(call: KubeCall): Promise<KubeResponse>;
  /** A connection of one's own to the server, as far as TLS: for upgrades. */
  connect(): Promise<Duplex>;
  close(): void;
}

/** How long a server may take to accept a connection, and to begin with its answer: milliseconds. */
const CONNECT_MS = 15_000;
const ANSWER_MS = 60_000;

export function openTransport(access: KubeAccess, clock: Clock): KubeTransport {
  const credentials = createCredentials(access, clock);
  const secure = access.server.protocol === 'https:';
  const base = access.server.pathname.replace(/\/$/, '');
  const address = { host: access.server.hostname.replace(/^\[|\]$/g, ''), port: Number(access.server.port || (secure ? 443 : 80)) };
  let agent: { for: Credential['client']; value: HttpAgent | HttpsAgent } | undefined;

  const tls = (client: Credential['client']): ConnectionOptions => {
    const servername = access.serverName ?? (isIP(address.host) === 0 ? address.host : undefined);
    return {
      rejectUnauthorized: !access.insecure,
      ALPNProtocols: ['http/1.1'],
      ...(servername === undefined ? {} : { servername }),
      ...(access.ca === undefined ? {} : { ca: access.ca }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    };
  };
  const connect = async (client: Credential['client']): Promise<Duplex> => {
    const socket = access.proxy === undefined ? await dial(clock, () => tcpConnect({ ...address, autoSelectFamily: true })) : await throughProxy(access.proxy, address, clock);
    if (!secure) return socket;
    return dial(clock, () => tlsConnect({ ...tls(client), ...address, socket }), 'secureConnect');
  };
  const agentFor = (client: Credential['client']): HttpAgent | HttpsAgent => {
    if (agent !== undefined && agent.for === client) return agent.value;
    agent?.value.destroy();
    agent = { for: client, value: secure ? new HttpsAgent({ keepAlive: true, ...tls(client) }) : new HttpAgent({ keepAlive: true }) };
    return agent.value;
  };

  const send = async (call: KubeCall): Promise<KubeResponse> => {
    const credential = await credentials.get();
    const headers = { ...credential.headers, ...framing(call), ...call.headers };
    const path = `${base}${call.path}`;
    const through = access.proxy === undefined ? undefined : await connect(credential.client);
    const options = { ...address, method: call.method, path, headers: { host: access.server.host, ...headers }, ...(call.signal === undefined ? {} : { signal: call.signal }) };
    const request = through === undefined ? (secure ? httpsRequest : httpRequest)({ ...options, agent: agentFor(credential.client) }) : httpRequest({ ...options, createConnection: () => through });
    return answerOf(request, call.body, clock);
  };

  return {
    server: access.server,
    async request(call) {
      try {
        const response = await send(call);
        // A token that was renewed meanwhile deserves a second try; a stream can't be sent twice.
        if (response.status !== 401 || call.body instanceof Readable || call.headers?.['authorization'] !== undefined || !credentials.refused()) return response;
        response.body.resume();
        return await send(call);
      } catch (error) {
        throw call.signal?.aborted === true ? call.signal.reason : explain(error, access);
      }
    },
    async connect() {
      try {
        return await connect((await credentials.get()).client);
      } catch (error) {
        throw explain(error, access);
      }
    },
    close: () => agent?.value.destroy(),
  };
}

/** Said in so many words: node sends a DELETE's body without its length. */
function framing({ body, headers }: KubeCall): OutgoingHttpHeaders {
  if (body === undefined || headers?.['content-length'] !== undefined) return {};
  return body instanceof Readable ? { 'transfer-encoding': 'chunked' } : { 'content-length': Buffer.byteLength(body) };
}

function answerOf(request: ClientRequest, body: KubeCall['body'], clock: Clock): Promise<KubeResponse> {
  return new Promise((resolve, reject) => {
    const late = clock.after(ANSWER_MS, () => request.destroy(Object.assign(new Error('no answer within a minute'), { code: 'ETIMEDOUT' })));
    request.once('socket', (socket) => {
      if (!socket.connecting) return;
      const slow = clock.after(CONNECT_MS, () => request.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })));
      socket.once('connect', slow);
      socket.once('close', slow);
    });
    request.once('response', (response) => {
      late();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response });
    });
    request.once('error', (error) => {
      late();
      reject(error);
    });
    if (body instanceof Readable) body.pipe(request);
    else request.end(body);
  });
}

function dial<T extends Duplex>(clock: Clock, open: () => T, event = 'connect'): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = open();
    const cancel = clock.after(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })));
    socket.once('error', (error) => {
      cancel();
      reject(error);
    });
    socket.once(event, () => {
      cancel();
      resolve(socket);
    });
  });
}

async function throughProxy(proxy: URL, target: { host: string; port: number }, clock: Clock): Promise<Duplex> {
  const secure = proxy.protocol === 'https:';
  const host = proxy.hostname.replace(/^\[|\]$/g, '');
  const port = Number(proxy.port || (secure ? 443 : 80));
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const auth = proxy.username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}` };
  return new Promise((resolve, reject) => {
    const request = (secure ? httpsRequest : httpRequest)({ host, port, method: 'CONNECT', path: authority, headers: { host: authority, ...auth } });
    const cancel = clock.after(CONNECT_MS, () => request.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })));
    request.once('error', (error) => {
      cancel();
      reject(Object.assign(new Error(`the proxy ${proxy.host}: ${messageOf(error)}`), { proxy: true }));
    });
    request.once('connect', (response, socket) => {
      cancel();
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(Object.assign(new Error(`the proxy ${proxy.host} answered ${response.statusCode ?? 0}`), { proxy: true }));
    });
    request.end();
  });
}

/** What a failed connection means, and what to do. */
function explain(error: unknown, access: KubeAccess): Error {
  if (error instanceof LabError) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const server = access.server.host;
  const fail = (message: string, next: string) => new LabError('cluster-failed', message, next, { cause: error });
  if (typeof error === 'object' && error !== null && 'proxy' in error) return fail(`${server} can't be reached: ${messageOf(error)}`, `Look at proxy-url of cluster ${access.cluster} in ${access.file}.`);
  const reach = `Is the cluster running, and can this machine reach it (VPN)? Try: kubectl --kubeconfig ${access.file} --context ${access.context} version`;
  if (code === 'ECONNREFUSED') return fail(`nothing listens at ${server}`, reach);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fail(`the name ${access.server.hostname} is not known here`, reach);
  if (['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code)) return fail(`${server} does not answer`, reach);
  if (['ECONNRESET', 'EPIPE'].includes(code) || messageOf(error).includes('socket hang up')) return fail(`${server} closed the connection`, reach);
  if (code === 'CERT_HAS_EXPIRED') return fail(`the certificate of ${server} has expired`, 'Renew it on the control plane (kubeadm certs renew), then get a new kubeconfig.');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return fail(`the certificate of ${server} is for another name: ${messageOf(error)}`, `Use a name that it is for, or set tls-server-name of cluster ${access.cluster} in ${access.file}.`);
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) return fail(`the certificate of ${server} is not trusted: ${messageOf(error)}`, `Look at certificate-authority of cluster ${access.cluster} in ${access.file}: it may be of another cluster.`);
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return fail(`TLS with ${server} failed: ${messageOf(error)}`, 'A client certificate that has expired or is of another cluster is refused like this. Get a new kubeconfig.');
  return fail(`${server} can't be reached: ${messageOf(error)}`, reach);
}
