import type { IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import { ApiStatus, type KubeClient, type KubeObject, PATCH_CONTENT, queryOf, type ResourceType, resourcePath, statusOf } from '../cluster/vocabulary.ts';
import { messageOf } from '../lib/errors.ts';
import { linesOf } from '../lib/lines.ts';
import type { KubeTransport } from './existing/transport.ts';
import { askedOtherwise } from './reviews.ts';

type Options<K extends keyof KubeClient, I extends number> = NonNullable<Parameters<KubeClient[K]>[I]>;

const Meta = z.object({ name: z.string(), namespace: z.string().optional() }).loose();
const AnyObject = z.object({ apiVersion: z.string(), kind: z.string(), metadata: Meta }).loose();
const List = z.object({ items: z.array(z.unknown()).nullable(), metadata: z.object({ resourceVersion: z.string().default(''), continue: z.string().optional(), remainingItemCount: z.number().optional() }), apiVersion: z.string().optional(), kind: z.string().optional() });
const Event = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']), object: z.looseObject({}) });

export interface RemoteClientOptions {
  /** A way to the same server that sends this token and nothing else: a client certificate would win over a token. */
  withToken(token: string): KubeTransport;
  /** What `argo-lab-check` is: requests of the lab's own are not the learner's. */
  userAgent?: string;
  fieldManager?: string;
}

/** KubeClient over the network, for clusters that are not our own. Throws ApiStatus, or LabError where nobody answers. */
export function createRemoteClient(transport: KubeTransport, options: RemoteClientOptions): KubeClient {
  return new RemoteClient(transport, options, {});
}

class RemoteClient implements KubeClient {
  constructor(
    private readonly transport: KubeTransport,
    private readonly options: RemoteClientOptions,
    private readonly headers: Record<string, string | string[]>,
  ) {}

  get<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T> {
    return this.#object<T>('GET', resourcePath(type, namespace, name));
  }

  async find<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T | undefined> {
    try {
      return await this.get<T>(type, namespace, name);
    } catch (error) {
      if (error instanceof ApiStatus && error.code === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(type: ResourceType, options: Options<'list', 1> = {}): Promise<{ items: T[]; metadata: z.infer<typeof List>['metadata'] }> {
    const { namespace, ...query } = options;
    const list = List.parse(await this.#json('GET', resourcePath(type, namespace) + queryOf(query)));
    // Items of a list don't say what they are; a single object does.
    const about = list.kind?.endsWith('List') === true ? { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length) } : {};
    return { items: (list.items ?? []).map((item) => objectOf<T>({ ...about, ...(typeof item === 'object' ? item : {}) })), metadata: list.metadata };
  }

  watch<T extends KubeObject>(type: ResourceType, options: Options<'watch', 1>, onEvent: (event: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }) => void): void {
    void this.#watch(type, options, (event) => onEvent({ type: event.type, object: objectOf<T>(event.object) })).then(
      () => undefined,
      (error: unknown) => {
        if (!options.signal.aborted) options.onEnd?.(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }

  async create<T extends KubeObject>(type: ResourceType, namespace: string | undefined, object: KubeObject, options: Options<'create', 3> = {}): Promise<T> {
    try {
      return await this.#object<T>('POST', resourcePath(type, namespace, undefined, options.subresource) + this.#writing(options), { json: object });
    } catch (error) {
      const otherwise = error instanceof ApiStatus && error.code === 403 ? askedOtherwise(this, type, object) : undefined;
      if (otherwise === undefined) throw error;
      // Who may not ask that way either is told about the first, which an administrator knows how to allow.
      return objectOf<T>(await otherwise().catch((): never => { throw error; }));
    }
  }

  update<T extends KubeObject>(type: ResourceType, object: KubeObject, options: Options<'update', 2> = {}): Promise<T> {
    return this.#object<T>('PUT', resourcePath(type, object.metadata.namespace, object.metadata.name, options.subresource) + this.#writing(options), { json: object });
  }

  patch<T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string, patch: Options<'patch', 3>, options: Options<'patch', 4> = {}): Promise<T> {
    const query = queryOf({ fieldManager: options.fieldManager ?? this.options.fieldManager ?? 'argo-lab', ...(options.dryRun === true ? { dryRun: 'All' } : {}), force: patch.type === 'apply' ? options.force : undefined, fieldValidation: options.fieldValidation });
    return this.#object<T>('PATCH', resourcePath(type, namespace, name, options.subresource) + query, { json: patch.body, contentType: PATCH_CONTENT[patch.type] });
  }

  async delete(type: ResourceType, namespace: string | undefined, name: string, options: Options<'delete', 3> = {}): Promise<void> {
    await this.#json('DELETE', resourcePath(type, namespace, name), { json: deletion(options) });
  }

  async deleteCollection(type: ResourceType, options: Options<'deleteCollection', 1>, deleteOptions: Options<'deleteCollection', 2> = {}): Promise<void> {
    const { namespace, ...query } = options;
    await this.#json('DELETE', resourcePath(type, namespace) + queryOf(query), { json: deletion(deleteOptions) });
  }

  createSubresource<T = KubeObject>(type: ResourceType, namespace: string | undefined, name: string, subresource: string, body: unknown): Promise<T> {
    // The caller names the shape of an answer that only the server decides.
    return this.#json('POST', resourcePath(type, namespace, name, subresource), { json: body }) as Promise<T>;
  }

  async *logs(namespace: string, pod: string, options: Options<'logs', 2>, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const response = await this.#send('GET', resourcePath({ group: '', version: 'v1', resource: 'pods' }, namespace, pod, 'log') + queryOf({ ...options }), undefined, signal);
    try {
      for await (const chunk of response) yield bytesOf(chunk);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  as(identity: Parameters<KubeClient['as']>[0], fieldManager?: string): KubeClient {
    const options = fieldManager === undefined ? this.options : { ...this.options, fieldManager };
    if ('bearer' in identity) return new RemoteClient(this.options.withToken(identity.bearer), options, {});
    const extra = Object.entries(identity.extra ?? {}).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, values]);
    return new RemoteClient(this.transport, options, { 'Impersonate-User': identity.user, ...(identity.groups.length === 0 ? {} : { 'Impersonate-Group': identity.groups }), ...(identity.uid === undefined ? {} : { 'Impersonate-Uid': identity.uid }), ...Object.fromEntries(extra) });
  }

  /** Goes on where it was when the server ends a watch, as it does every few minutes; rejects when it can't. */
  async #watch(type: ResourceType, options: Options<'watch', 1>, onEvent: (event: { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: unknown }) => void): Promise<void> {
    const { namespace, labelSelector, fieldSelector, signal } = options;
    let { resourceVersion } = options;
    if (resourceVersion === undefined) {
      const list = await this.list(type, { ...(namespace === undefined ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }) });
      if (signal.aborted) return;
      for (const object of list.items) onEvent({ type: 'ADDED', object });
      resourceVersion = list.metadata.resourceVersion;
    }
    while (!signal.aborted) {
      const response = await this.#send('GET', resourcePath(type, namespace) + queryOf({ watch: 'true', allowWatchBookmarks: 'true', labelSelector, fieldSelector, resourceVersion }), undefined, signal);
      for await (const line of linesOf(response)) {
        if (line.trim() === '') continue;
        const event = Event.parse(JSON.parse(line));
        if (event.type === 'ERROR') throw statusOf(JSON.stringify(event.object), 500);
        resourceVersion = z.object({ metadata: z.object({ resourceVersion: z.string() }) }).parse(event.object).metadata.resourceVersion;
        if (event.type !== 'BOOKMARK' && !signal.aborted) onEvent({ type: event.type, object: event.object });
      }
    }
  }

  #writing(options: { fieldManager?: string; dryRun?: boolean; fieldValidation?: string }): string {
    return queryOf({ fieldManager: options.fieldManager ?? this.options.fieldManager ?? 'argo-lab', ...(options.dryRun === true ? { dryRun: 'All' } : {}), fieldValidation: options.fieldValidation });
  }

  async #object<T extends KubeObject>(method: string, path: string, body?: Body): Promise<T> {
    return objectOf<T>(await this.#json(method, path, body));
  }

  async #json(method: string, path: string, body?: Body): Promise<unknown> {
    const text = await textOf(await this.#send(method, path, body));
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ApiStatus(500, 'InternalError', `the answer to ${method} ${path} is no JSON: ${messageOf(error)}`);
    }
  }

  async #send(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<IncomingMessage> {
    const { status, body: answer } = await this.transport.request({
      method,
      path,
      headers: { accept: 'application/json', 'user-agent': this.options.userAgent ?? 'argo-lab-check', ...this.headers, ...(body === undefined ? {} : { 'content-type': body.contentType ?? 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body.json) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (status >= 300) throw statusOf(await textOf(answer), status);
    return answer;
  }
}

interface Body {
  json: unknown;
  contentType?: string;
}

/** The caller says which type it asked for; that it is an object at all is checked. */
function objectOf<T extends KubeObject>(value: unknown): T {
  const parsed = AnyObject.safeParse(value);
  // Reviews have no name.
  return (parsed.success ? parsed.data : z.looseObject({}).parse(value)) as unknown as T;
}

function deletion(options: Options<'delete', 3>): object {
  const { dryRun, ...rest } = options;
  return { kind: 'DeleteOptions', apiVersion: 'v1', ...rest, ...(dryRun === true ? { dryRun: ['All'] } : {}) };
}

function bytesOf(chunk: unknown): Uint8Array {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}
