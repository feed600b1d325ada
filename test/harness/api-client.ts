import { readFile } from 'node:fs/promises';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { z } from 'zod';

const kubeconfigShape = z.object({
  clusters: z.array(z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string().optional() }) })),
  users: z.array(z.object({ user: z.object({ 'client-certificate-data': z.string().optional(), 'client-key-data': z.string().optional(), token: z.string().optional() }) })),
});

export interface ApiAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else the text. */
  body: unknown;
}

export interface ApiRequest {
  body?: unknown;
  accept?: string;
  contentType?: string;
  headers?: Record<string, string>;
  /** Instead of the kubeconfig's own user. The empty string: nobody. */
  token?: string;
}

export interface ApiClient {
  server: string;
  (method: string, path: string, options?: ApiRequest): Promise<ApiAnswer>;
  /** The answer as it comes: watches. Destroy it to end it. */
  stream(path: string, options?: ApiRequest): Promise<IncomingMessage>;
}

/** Speaks plain HTTPS to the API server of a kubeconfig, as its first user: what clients like kubectl hide can be seen. */
export async function apiClient(kubeconfig: string): Promise<ApiClient> {
  const { clusters, users } = kubeconfigShape.parse(parse(await readFile(kubeconfig, 'utf8')));
  const cluster = clusters[0]?.cluster;
  const user = users[0]?.user;
  const decoded = (value: string | undefined) => (value === undefined ? undefined : Buffer.from(value, 'base64').toString());
  const server = cluster?.server ?? '';
  const ca = decoded(cluster?.['certificate-authority-data']);

  // One handshake for many calls; a watch has a connection of its own.
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const open = (method: string, path: string, options: ApiRequest, alone = false): Promise<IncomingMessage> => {
    const own = options.token === undefined;
    const cert = own ? decoded(user?.['client-certificate-data']) : undefined;
    const key = own ? decoded(user?.['client-key-data']) : undefined;
    const token = own ? (cert === undefined ? user?.token : undefined) : options.token;
    const body = options.body === undefined ? undefined : typeof options.body === 'string' || Buffer.isBuffer(options.body) ? options.body : JSON.stringify(options.body);
    const headers = {
      accept: options.accept ?? 'application/json',
      ...(body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    };
    const tls: RequestOptions = { method, headers, agent: alone ? new Agent() : agent, ...(ca === undefined ? { rejectUnauthorized: false } : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
    return new Promise((resolve, reject) => {
      const sent = request(`${server}${path}`, tls, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  };
  const call = async (method: string, path: string, options: ApiRequest = {}): Promise<ApiAnswer> => {
    const response = await open(method, path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk));
    const text = Buffer.concat(chunks).toString();
    const isJson = response.headers['content-type']?.includes('json') === true;
    return { status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return Object.assign(call, { server, stream: (path: string, options: ApiRequest = {}) => open('GET', path, options, true) });
}
