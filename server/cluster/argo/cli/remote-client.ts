import { Agent, request as httpsRequest } from 'node:https';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { linesOf } from '../../../lib/lines.ts';
import { ApiStatus } from '../../api/status.ts';
import type { DeleteOptions, Identity, KubeClient, KubeList, ListOptions, PatchType, PodLogOptions, ResourceType, WatchEvent, WatchOptions, WriteOptions } from '../../client.ts';
import { PATCH_CONTENT, queryOf, resourcePath, statusOf } from '../../client-wire.ts';
import type { KubeObject } from '../../store/object.ts';
import type { Connection } from './kubeconfig.ts';

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
    return this.#json('GET', resourcePath(type, namespace, name));
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
    const list = await this.#json<{ items: T[] | null; metadata: KubeList['metadata'] }>('GET', resourcePath(type, options.namespace) + queryOf({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, limit: options.limit, continue: options.continue, resourceVersion: options.resourceVersion }));
    return { items: list.items ?? [], metadata: list.metadata };
  }

  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions, onEvent: (event: WatchEvent<T>) => void): void {
    const url = resourcePath(type, options.namespace) + queryOf({ watch: 'true', labelSelector: options.labelSelector, fieldSelector: options.fieldSelector, resourceVersion: options.resourceVersion });
    void (async () => {
      try {
        const response = await this.#send('GET', url, undefined, undefined, options.signal);
        for await (const line of linesOf(response)) {
          if (line.trim() === '') continue;
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
    return this.#json('POST', resourcePath(type, namespace) + queryOf({ dryRun: options.dryRun === true ? 'All' : undefined }), JSON.stringify(object));
  }

  update<T extends KubeObject>(type: ResourceType, object: KubeObject, options: WriteOptions = {}): Promise<T> {
    return this.#json('PUT', resourcePath(type, object.metadata.namespace, object.metadata.name, options.subresource) + queryOf({ dryRun: options.dryRun === true ? 'All' : undefined }), JSON.stringify(object));
  }

  patch<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string, patch: { type: PatchType; body: unknown }, options: WriteOptions = {}): Promise<T> {
    return this.#json('PATCH', resourcePath(type, namespace, name, options.subresource), JSON.stringify(patch.body), PATCH_CONTENT[patch.type]);
  }

  async delete(type: ResourceType, namespace: string | undefined, name: string, options: DeleteOptions = {}): Promise<void> {
    await this.#json('DELETE', resourcePath(type, namespace, name), JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...options, dryRun: options.dryRun === true ? ['All'] : undefined }));
  }

  async deleteCollection(type: ResourceType, options: ListOptions, deleteOptions: DeleteOptions = {}): Promise<void> {
    await this.#json('DELETE', resourcePath(type, options.namespace) + queryOf({ labelSelector: options.labelSelector, fieldSelector: options.fieldSelector }), JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: deleteOptions.propagationPolicy }));
  }

  createSubresource<T>(type: ResourceType, namespace: string | undefined, name: string, subresource: string, body: unknown): Promise<T> {
    return this.#json('POST', resourcePath(type, namespace, name, subresource), JSON.stringify(body));
  }

  async *logs(namespace: string, pod: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const response = await this.#send('GET', resourcePath({ group: '', version: 'v1', resource: 'pods' }, namespace, pod, 'log') + queryOf({ ...options }), undefined, undefined, signal);
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
