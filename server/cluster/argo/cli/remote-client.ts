import { Agent, request as httpsRequest } from 'node:https';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { ApiStatus } from '../../api/status.ts';
import type { DeleteOptions, Identity, KubeClient, KubeList, ListOptions, PatchType, PodLogOptions, ResourceType, WatchEvent, WatchOptions, WriteOptions } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import type { Connection } from './kubeconfig.ts';

const CONTENT: Record<PatchType, string> = { json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml' };
const Status = z.object({ kind: z.literal('Status'), code: z.number().optional(), reason: z.string().optional(), message: z.string().optional() });

/** KubeClient over HTTPS: what lets the command `argo` run the Argo Server's services in its own process. */
export class RemoteClient implements KubeClient {
  readonly #agent: Agent;

  constructor(private readonly connection: Connection, private readonly userAgent = 'argo/v0.0.0 (linux/amd64) kubernetes/$Format/argo-workflows/v3.7.6 argo-api-client') {
    this.#agent = new Agent({ keepAlive: true, rejectUnauthorized: connection.verify, ...(connection.ca === undefined ? {} : { ca: connection.ca }), ...(connection.certificate === undefined ? {} : { cert: connection.certificate }), ...(connection.key === undefined ? {} : { key: connection.key }) });
  }

  close(): void {
    this.#agent.destroy();
  }

  get<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T> {
    return this.#json('GET', path(type, namespace, name));
  }

  async find<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T | undefined> {
    try {
      return await this.get<T>(type, namespace, name);
    } catch (error) {
      if (error instanceof ApiStatus && error.code === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    const list = await this.#json<{ items: T[] | null; metadata: KubeList['metadata'] }>('GET', path(type, options.namespace) + query({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, limit: options.limit, continue: options.continue, resourceVersion: options.resourceVersion }));
    return { items: list.items ?? [], metadata: list.metadata };
  }

  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions, onEvent: (event: WatchEvent<T>) => void): void {
    const url = path(type, options.namespace) + query({ watch: 'true', labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, resourceVersion: options.resourceVersion });
    void (async () => {
      try {
        const response = await this.#send('GET', url, undefined, undefined, options.signal);
        for await (const line of lines(response)) {
          const event: { type: string; object: unknown } = JSON.parse(line);
          if (event.type === 'ERROR') throw statusOf(JSON.stringify(event.object), 500);
          if (event.type !== 'BOOKMARK') onEvent(event as WatchEvent<T>);
        }
        options.onEnd?.(undefined);
      } catch (error) {
        if (!options.signal.aborted) options.onEnd?.(error instanceof Error ? error : new Error(String(error)));
      }
    })();
  }

  create<T extends KubeObject>(type: ResourceType, namespace: string | undefined, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    return this.#json('POST', path(type, namespace) + query({ dryRun: options.dryRun === true ? 'All' : undefined }), JSON.stringify(object));
  }

  update<T extends KubeObject>(type: ResourceType, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    return this.#json('PUT', path(type, object.metadata.namespace, object.metadata.name, options.subresource) + query({ dryRun: options.dryRun === true ? 'All' : undefined }), JSON.stringify(object));
  }

  patch<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string, patch: { type: PatchType; body: unknown }, options: WriteOptions = {}): Promise<T> {
    return this.#json('PATCH', path(type, namespace, name, options.subresource), JSON.stringify(patch.body), CONTENT[patch.type]);
  }

  async delete(type: ResourceType, namespace: string | undefined, name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#json('DELETE', path(type, namespace, name), JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...options, dryRun: options.dryRun === true ? ['All'] : undefined }));
  }

  async deleteCollection(type: ResourceType, options: ListOptions, deleteOptions: DeleteOptions = {}): Promise<void> {
    await this.#json('DELETE', path(type, options.namespace) + query({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector }), JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: deleteOptions.propagationPolicy }));
  }

  createSubresource<T>(type: ResourceType, namespace: string | undefined, name: string, subresource: string, body: unknown): Promise<T> {
    return this.#json('POST', path(type, namespace, name, subresource), JSON.stringify(body));
  }

  async *logs(namespace: string, pod: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const response = await this.#send('GET', path({ group: '', version: 'v1', resource: 'pods' }, namespace, pod, 'log') + query({ ...options }), undefined, undefined, signal);
    for await (const chunk of response) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
  }

  /** Speaks as the same user: whoever the kubeconfig names is who asks, whatever the service wants to be. */
  as(_identity: Identity): KubeClient {
    return this;
  }

  async #json<T>(method: string, url: string, body?: string, contentType?: string): Promise<T> {
    const response = await this.#send(method, url, body, contentType);
    return JSON.parse(await textOf(response)) as T;
  }

  async #send(method: string, url: string, body?: string, contentType = 'application/json', signal?: AbortSignal): Promise<IncomingMessage> {
    const { connection } = this;
    const target = new URL(connection.server.replace(/\/$/, '') + url);
    const headers: Record<string, string | number> = { accept: 'application/json', 'user-agent': this.userAgent };
    if (body !== undefined) Object.assign(headers, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    if (connection.certificate === undefined && connection.token !== undefined) headers['authorization'] = `Bearer ${connection.token}`;
    else if (connection.basic !== undefined) headers['authorization'] = `Basic ${connection.basic}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { method, headers, ...(signal === undefined ? {} : { signal }) };
      const request = target.protocol === 'https:' ? httpsRequest(target, { ...options, agent: this.#agent }, resolve) : httpRequest(target, options, resolve);
      request.on('error', reject);
      request.end(body);
    });
    const status = response.statusCode ?? 500;
    if (status >= 300) throw statusOf(await textOf(response), status);
    return response;
  }
}

function path(type: ResourceType, namespace: string | undefined, name?: string, subresource?: string): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return [base, ...(namespace === undefined || namespace === '' ? [] : ['namespaces', encodeURIComponent(namespace)]), type.resource, ...(name === undefined ? [] : [encodeURIComponent(name)]), ...(subresource === undefined ? [] : [subresource])].join('/');
}

function query(values: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
  }
}

function statusOf(text: string, code: number): ApiStatus {
  try {
    const status = Status.parse(JSON.parse(text));
    return new ApiStatus(status.code ?? code, status.reason ?? '', status.message ?? text);
  } catch {
    return new ApiStatus(code, '', text.trim());
  }
}
