import { systemClock } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';

/** When to ask again for what was refused: rights may be given later. */
const RETRY_MS = 1000;

/** What changed: `previous` is absent for a new object, `current` for one that is gone. */
export interface Change<T extends KubeObject> {
  previous?: T;
  current?: T;
}

export interface InformerOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** `namespace/name`, or the name alone for a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: undefined, name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * A live copy of the objects of one type. The watch delivers the present objects first; handlers added later get them
 * as new ones at once. When the watch ends by itself (compacted, type re-created), it starts anew and only real
 * differences are handed on.
 */
export class Informer<T extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #byNamespace = new Map<string, Map<string, T>>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #options: InformerOptions;
  readonly #onEnd: ((reason: Error | undefined) => void) | undefined;

  constructor(
    client: KubeClient,
    readonly type: ResourceType,
    signal: AbortSignal,
    options: InformerOptions = {},
    onEnd?: (reason: Error | undefined) => void,
  ) {
    this.#client = client;
    this.#signal = signal;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#watch();
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    if (namespace === undefined) return [...this.#objects.values()];
    return [...(this.#byNamespace.get(namespace)?.values() ?? [])];
  }

  /** The returned function takes the handler away. */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const current of [...this.#objects.values()]) handler({ current });
    return () => this.#handlers.delete(handler);
  }

  #watch(): void {
    if (this.#signal.aborted) return;
    const before = new Set(this.#objects.keys());
    this.#client.watch<T>(
      this.type,
      {
        ...this.#options,
        signal: this.#signal,
        onEnd: (reason) => {
          if (this.#onEnd !== undefined) this.#onEnd(reason);
          // Refused, not ended: asking again at once would keep the process from anything else.
          else if (reason instanceof ApiStatus && reason.code !== 410) this.#again();
          else queueMicrotask(() => this.#watch());
        },
      },
      ({ type, object }) => {
        const key = keyOf(object);
        before.delete(key);
        if (type === 'DELETED') this.#remove(key, object);
        else this.#set(key, object);
      },
    );
    // The present objects have been delivered by now; what was not among them went away while nobody watched.
    for (const key of before) {
      const object = this.#objects.get(key);
      if (object !== undefined) this.#remove(key, object);
    }
  }

  #again(): void {
    const cancel = systemClock.after(RETRY_MS, () => {
      this.#signal.removeEventListener('abort', cancel);
      this.#watch();
    });
    this.#signal.addEventListener('abort', cancel, { once: true });
  }

  #set(key: string, current: T): void {
    const previous = this.#objects.get(key);
    if (previous?.metadata.resourceVersion === current.metadata.resourceVersion && previous?.metadata.uid === current.metadata.uid) return;
    this.#objects.set(key, current);
    const namespace = current.metadata.namespace ?? '';
    let group = this.#byNamespace.get(namespace);
    if (group === undefined) this.#byNamespace.set(namespace, (group = new Map()));
    group.set(key, current);
    this.#tell(previous === undefined ? { current } : { previous, current });
  }

  #remove(key: string, last: T): void {
    if (!this.#objects.delete(key)) return;
    const namespace = last.metadata.namespace ?? '';
    const group = this.#byNamespace.get(namespace);
    group?.delete(key);
    if (group?.size === 0) this.#byNamespace.delete(namespace);
    this.#tell({ previous: last });
  }

  #tell(change: Change<T>): void {
    for (const handler of [...this.#handlers]) handler(change);
  }
}

/** One informer a resource type, shared by all who ask. */
export class Informers {
  readonly #informers = new Map<string, Informer<never>>();
  readonly #client: KubeClient;
  readonly #signal: AbortSignal;
  readonly #options: InformerOptions;

  constructor(client: KubeClient, signal: AbortSignal, options: InformerOptions = {}) {
    this.#client = client;
    this.#signal = signal;
    this.#options = options;
  }

  of<T extends KubeObject = KubeObject>(type: ResourceType): Informer<T> {
    const key = `${type.group}/${type.version}/${type.resource}`;
    const known = this.#informers.get(key);
    if (known !== undefined) return known as unknown as Informer<T>;
    const informer = new Informer<T>(this.#client, type, this.#signal, this.#options);
    this.#informers.set(key, informer as unknown as Informer<never>);
    return informer;
  }
}
