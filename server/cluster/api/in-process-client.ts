import { setMaxListeners } from 'node:events';
import type { DeleteOptions, Identity, KubeClient, KubeList, ListOptions, PodLogOptions, ResourceType, WatchEvent, WatchOptions, WriteOptions } from '../client.ts';
import type { KubeObject } from '../store/object.ts';
import { apiVersionOf } from '../store/object.ts';
import { authorize, type ApiCore } from './core.ts';
import { badRequest, isStatus, notFound } from './errors.ts';
import { userOf, type RequestContext } from './hooks.ts';
import * as operations from './operations.ts';
import { asking } from './outside.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import { ApiStatus } from './status.ts';
import { chooseContainer } from './pod-container.ts';

/**
 * A client that calls the verbs directly, without a network between. Writes happen before the call returns its
 * promise, unless the identity is a bearer token, whose check takes time.
 */
export function createKubeClient(core: ApiCore, identity: Identity, fieldManager = 'kube-controller-manager'): KubeClient {
  const infoOf = (type: ResourceType): ResourceInfo => {
    const info = core.scheme.find(type);
    if (info === undefined) throw new ApiStatus(404, 'NotFound', 'the server could not find the requested resource', { ...(type.group === '' ? {} : { group: type.group }), kind: type.resource });
    return info;
  };
  const contextFor = (user: RequestContext['user'], options: WriteOptions & DeleteOptions = {}): RequestContext => ({
    user,
    fieldManager: options.fieldManager ?? fieldManager,
    dryRun: options.dryRun === true,
    fieldValidation: options.fieldValidation ?? 'Ignore',
    warn: () => undefined,
  });
  const call = <R>(options: WriteOptions & DeleteOptions, action: (context: RequestContext, core: ApiCore) => R | Promise<R>): Promise<R> => {
    try {
      const user = userOf(core.hooks, identity);
      const perform = (known: RequestContext['user']): Promise<R> => asking(core, contextFor(known, options), (asked, context) => action(context, asked));
      return user instanceof Promise ? user.then(perform) : perform(user);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  const inNamespace = (namespace: string | undefined) => (namespace === undefined || namespace === '' ? {} : { namespace });
  const sub = (options?: WriteOptions) => (options?.subresource === undefined ? {} : { subresource: options.subresource });

  const client: KubeClient = {
    get: <T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string) =>
      call({}, (context) => operations.get(core, context, { info: infoOf(type), ...inNamespace(namespace), name }) as T),
    find: <T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string) =>
      client.get<T>(type, namespace, name).catch((error: unknown) => {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }),
    list: <T extends KubeObject>(type: ResourceType, options: ListOptions = {}) =>
      call({}, (context): KubeList<T> => {
        const { items, resourceVersion, continue: token, remainingItemCount } = operations.list(core, context, { info: infoOf(type), ...inNamespace(options.namespace) }, options);
        return {
          items: items as T[],
          metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }), ...(remainingItemCount === undefined ? {} : { remainingItemCount }) },
        };
      }),
    watch<T extends KubeObject>(type: ResourceType, options: WatchOptions, onEvent: (event: WatchEvent<T>) => void) {
      if (options.signal.aborted) return;
      // One signal may end as many watches as its owner likes.
      setMaxListeners(0, options.signal);
      const end = (reason: unknown): void => options.onEnd?.(reason instanceof Error ? reason : undefined);
      call({}, (context) => {
        if (options.signal.aborted) return;
        const { namespace, labelSelector, fieldSelector, resourceVersion } = options;
        const parameters = { ...(labelSelector === undefined ? {} : { labelSelector }), ...(fieldSelector === undefined ? {} : { fieldSelector }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
        const info = infoOf(type);
        let over = false;
        const stopEvents = operations.watch(core, context, { info, ...inNamespace(namespace) }, parameters, (event) => {
          if (!over && !options.signal.aborted) onEvent({ type: event.type, object: event.object as T });
        });
        const stopScheme = core.scheme.onChange(() => {
          if (core.scheme.find(type) !== undefined) return;
          stop();
          end(undefined);
        });
        const stop = (): void => {
          over = true;
          stopEvents();
          stopScheme();
          options.signal.removeEventListener('abort', stop);
        };
        options.signal.addEventListener('abort', stop, { once: true });
      }).catch(end);
    },
    create: <T extends KubeObject>(type: ResourceType, namespace: string | undefined, object: KubeObject, options: WriteOptions = {}) =>
      call(options, async (context, asked) => {
        const info = infoOf(type);
        return (await operations.create(asked, context, { info, ...inNamespace(namespace) }, { ...object, apiVersion: object.apiVersion ?? apiVersionOf(info), kind: object.kind ?? info.kind })) as T;
      }),
    update: <T extends KubeObject>(type: ResourceType, object: KubeObject, options: WriteOptions = {}) =>
      call(options, (context, asked) => {
        const { namespace, name } = object.metadata;
        return operations.update(asked, context, { info: infoOf(type), ...inNamespace(namespace), name, ...sub(options) }, object) as T;
      }),
    patch: <T extends KubeObject>(type: ResourceType, namespace: string | undefined, name: string, patch: { type: 'json' | 'merge' | 'strategic' | 'apply'; body: unknown }, options: WriteOptions = {}) =>
      call(options, (context, asked) => {
        const request = { type: patch.type, body: patch.body, ...(options.force === undefined ? {} : { force: options.force }) };
        return operations.patch(asked, context, { info: infoOf(type), ...inNamespace(namespace), name, ...sub(options) }, request).object as T;
      }),
    delete: (type, namespace, name, options = {}) =>
      call(options, (context, asked) => {
        operations.remove(asked, context, { info: infoOf(type), ...inNamespace(namespace), name }, options);
      }),
    deleteCollection: (type, options, deleteOptions = {}) =>
      call(deleteOptions, (context, asked) => {
        operations.removeCollection(asked, context, { info: infoOf(type), ...inNamespace(options.namespace) }, options, deleteOptions);
      }),
    createSubresource: <T>(type: ResourceType, namespace: string | undefined, name: string, subresource: string, body: unknown) =>
      call({}, async (context, asked) => (await operations.postSubresource(asked, context, { info: infoOf(type), ...inNamespace(namespace), name, subresource }, body)) as T),
    async *logs(namespace: string, name: string, options: PodLogOptions, signal: AbortSignal) {
      const info = infoOf({ group: '', version: 'v1', resource: 'pods' });
      const { pod, container } = await call({}, (context) => {
        authorize(core, context, 'get', { info, namespace, name, subresource: 'log' });
        const found = core.store.get(info, namespace, name);
        if (found === undefined) throw notFound(info, name);
        return { pod: found, container: chooseContainer(found, options.container, 'logs') };
      });
      if (core.hooks.containers === undefined) throw badRequest('no container runtime is attached');
      yield* core.hooks.containers.logs(pod, { ...options, container }, signal);
    },
    as: (other, manager) => createKubeClient(core, other, manager ?? fieldManager),
  };
  return client;
}
