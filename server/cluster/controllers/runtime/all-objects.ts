import type { KubeClient, ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ServedResource, ServedResources } from './context.ts';
import { Informer, type Change } from './informer.ts';

const keyOf = (type: ResourceType): string => `${type.group}/${type.resource}`;

/** What has no life of its own: not watched, not collected. Core events are the same objects as events.k8s.io's. */
const IGNORED = new Set(['events.k8s.io/events', 'metrics.k8s.io/pods', 'metrics.k8s.io/nodes']);

/**
 * Watches every object of the cluster, in one version of each type, following CustomResourceDefinitions as they come
 * and go: what the garbage collector and the end of namespaces need.
 */
export class AllObjects {
  readonly #informers = new Map<string, { informer: Informer; resource: ServedResource; controller: AbortController }>();
  readonly #handlers = new Set<(change: Change<KubeObject>, resource: ServedResource) => void>();
  readonly #client: KubeClient;
  readonly #resources: ServedResources;
  readonly #signal: AbortSignal;

  constructor(client: KubeClient, resources: ServedResources, signal: AbortSignal) {
    this.#client = client;
    this.#resources = resources;
    this.#signal = signal;
    const stop = resources.onChange(() => this.#refresh());
    signal.addEventListener('abort', () => {
      stop();
      for (const { controller } of this.#informers.values()) controller.abort(signal.reason);
    }, { once: true });
    this.#refresh();
  }

  onChange(handler: (change: Change<KubeObject>, resource: ServedResource) => void): void {
    this.#handlers.add(handler);
    for (const { informer, resource } of this.#informers.values()) for (const current of informer.list()) handler({ current }, resource);
  }

  /** The namespaced objects of a namespace, by resource. */
  inNamespace(namespace: string): { resource: ServedResource; objects: KubeObject[] }[] {
    return [...this.#informers.values()]
      .filter(({ resource }) => resource.namespaced)
      .map(({ resource, informer }) => ({ resource, objects: informer.list(namespace) }))
      .filter(({ objects }) => objects.length > 0);
  }

  /** The resource of a kind, in whatever version is watched. */
  ofKind(group: string, kind: string): ServedResource | undefined {
    for (const { resource } of this.#informers.values()) if (resource.group === group && resource.kind === kind) return resource;
    return undefined;
  }

  #refresh(): void {
    if (this.#signal.aborted) return;
    const served = new Map<string, ServedResource>();
    for (const resource of this.#resources.list()) {
      const key = keyOf(resource);
      const usable = ['list', 'watch', 'delete'].every((verb) => resource.verbs.includes(verb)) && !IGNORED.has(key);
      if (usable && !served.has(key)) served.set(key, resource);
    }
    for (const [key, { controller, resource }] of [...this.#informers]) {
      if (served.get(key)?.version === resource.version) continue;
      controller.abort(new Error('the resource is no longer served'));
      this.#informers.delete(key);
    }
    for (const [key, resource] of served) {
      if (this.#informers.has(key)) continue;
      const controller = new AbortController();
      const type = { group: resource.group, version: resource.version, resource: resource.resource };
      const informer = new Informer(this.#client, type, controller.signal, {}, () => {
        // The type went away or was replaced: start anew if it is still served.
        if (this.#informers.get(key)?.controller === controller) this.#informers.delete(key);
        queueMicrotask(() => this.#refresh());
      });
      this.#informers.set(key, { informer, resource, controller });
      informer.onChange((change) => {
        for (const handler of [...this.#handlers]) handler(change, resource);
      });
    }
  }
}
