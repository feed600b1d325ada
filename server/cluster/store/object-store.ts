import { deepFreeze } from './freeze.ts';
import type { GroupResource, KubeObject } from './object.ts';
import { orderMetadata } from './metadata-order.ts';
import type { ObjectReader } from './reader.ts';
import { storedSize } from './size.ts';
import { WatchHub, type StoreEvent } from './watch-hub.ts';

/** A write that lost against another one; the API room turns it into a Status. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
  constructor(
    readonly reason: 'exists' | 'missing' | 'changed',
    message: string,
  ) {
    super(message);
  }
}

/** A write for which there is no room; the API room turns it into a Status. */
export class StoreFull extends Error {
  override readonly name = 'StoreFull';
  constructor() {
    super('etcdserver: mvcc: database space exceeded');
  }
}

/** Bytes, as storedSize counts them; etcd's own default are two gigabytes. */
const QUOTA = 256 * 1024 * 1024;

/** Everything a store holds, as JSON. */
export interface StoreSnapshot {
  revision: number;
  /** `group/resource` → objects. */
  objects: Record<string, KubeObject[]>;
}

/** Group and resource as one string: `apps/deployments`, `/pods`. */
export function resourceKey(resource: GroupResource): string {
  return `${resource.group}/${resource.resource}`;
}

const objectKey = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/**
 * The cluster's objects in memory: one counter of revisions, optimistic concurrency, and watches that can resume.
 * Objects are frozen when they are stored: whoever wants to change one copies it. All calls are synchronous, so that
 * nothing comes between a read and the write that depends on it.
 */
export class ObjectStore implements ObjectReader {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #hub = new WatchHub();
  readonly #sizes = new WeakMap<KubeObject, number>();
  readonly #quota: number;
  #held = 0;
  #revision: number;

  /** Takes the objects of a snapshot over: from now on nobody can change them. `quota`: bytes that all objects together may have; default 256 MiB. */
  constructor(snapshot?: StoreSnapshot, quota = QUOTA) {
    this.#quota = quota;
    this.#revision = snapshot?.revision ?? 1;
    for (const [key, objects] of Object.entries(snapshot?.objects ?? {})) {
      const table = new Map<string, KubeObject>();
      for (const object of objects) {
        table.set(objectKey(object.metadata.namespace, object.metadata.name), deepFreeze(object));
        this.#held += this.#sizeOf(object);
      }
      this.#objects.set(key, table);
      this.#hub.compact(key, this.#revision);
    }
  }

  /** The revision of the newest write. */
  get revision(): number {
    return this.#revision;
  }

  get(resource: GroupResource, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(resourceKey(resource))?.get(objectKey(namespace, name));
  }

  /**
   * Sorted by namespace and name, as etcd's keys are; of all namespaces without one. With `revision`, as it was then:
   * undefined when the history does not go back that far.
   */
  list(resource: GroupResource, namespace?: string): KubeObject[];
  list(resource: GroupResource, namespace: string | undefined, revision: number | undefined): KubeObject[] | undefined;
  list(resource: GroupResource, namespace?: string, revision?: number): KubeObject[] | undefined {
    let table = this.#objects.get(resourceKey(resource)) ?? new Map<string, KubeObject>();
    if (revision !== undefined && revision < this.#revision) {
      if (!this.#hub.reaches(resourceKey(resource), revision)) return undefined;
      table = new Map(table);
      for (const event of this.#hub.since(resourceKey(resource), revision).reverse()) {
        const key = objectKey(event.object.metadata.namespace, event.object.metadata.name);
        if (event.previous === undefined) table.delete(key);
        else table.set(key, event.previous);
      }
    }
    const entries = [...table].filter(([key]) => namespace === undefined || key.startsWith(`${namespace}/`));
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Stores a new object and returns it with its resourceVersion. Throws StoreConflict `exists`, or StoreFull. */
  create(resource: GroupResource, object: KubeObject): KubeObject {
    const table = this.#table(resource);
    const key = objectKey(object.metadata.namespace, object.metadata.name);
    if (table.has(key)) throw new StoreConflict('exists', `${resourceKey(resource)} ${key} exists`);
    this.#makeRoom(object);
    const stored = this.#stamp(object);
    table.set(key, stored);
    this.#publish(resource, { type: 'ADDED', object: stored, revision: this.#revision });
    return stored;
  }

  /**
   * Replaces an object. With `expected`, only when that is still its resourceVersion.
   * Throws StoreConflict `missing` or `changed`, or StoreFull where it grows and there is no room.
   */
  update(resource: GroupResource, object: KubeObject, expected?: string): KubeObject {
    const table = this.#table(resource);
    const key = objectKey(object.metadata.namespace, object.metadata.name);
    const previous = this.#expect(table, key, expected);
    this.#makeRoom(object, previous);
    const stored = this.#stamp(object);
    table.set(key, stored);
    this.#publish(resource, { type: 'MODIFIED', object: stored, previous, revision: this.#revision });
    return stored;
  }

  /** Removes an object and returns its last state, with the revision of the removal. Throws as `update` does. */
  delete(resource: GroupResource, namespace: string | undefined, name: string, expected?: string): KubeObject {
    const table = this.#table(resource);
    const key = objectKey(namespace, name);
    const previous = this.#expect(table, key, expected);
    const last = this.#stamp(previous);
    this.#held -= this.#sizeOf(previous);
    table.delete(key);
    this.#publish(resource, { type: 'DELETED', object: last, previous, revision: this.#revision });
    return last;
  }

  /** Whether a watch may start after `revision`; false means 410 Gone. */
  canWatchFrom(resource: GroupResource, revision: number): boolean {
    return this.#hub.reaches(resourceKey(resource), revision);
  }

  /** The oldest revision that a watch may start from. */
  compactedAt(resource: GroupResource): number {
    return this.#hub.compactedAt(resourceKey(resource));
  }

  /** Every event after `since`, in order; those that happened already are delivered before the call returns. */
  watch(resource: GroupResource, since: number, callback: (event: StoreEvent) => void): () => void {
    return this.#hub.subscribe(resourceKey(resource), since, callback);
  }

  /** How many objects there are of each resource: `deployments.apps`. */
  counts(): [string, number][] {
    return [...this.#objects].filter(([, table]) => table.size > 0).map(([key, table]): [string, number] => {
      const [group = '', resource = ''] = key.split('/');
      return [group === '' ? resource : `${resource}.${group}`, table.size];
    });
  }

  snapshot(): StoreSnapshot {
    const objects: Record<string, KubeObject[]> = {};
    for (const [key, table] of this.#objects) if (table.size > 0) objects[key] = [...table.values()];
    return { revision: this.#revision, objects };
  }

  #table(resource: GroupResource): Map<string, KubeObject> {
    const key = resourceKey(resource);
    let table = this.#objects.get(key);
    if (table === undefined) {
      table = new Map();
      this.#objects.set(key, table);
    }
    return table;
  }

  #expect(table: Map<string, KubeObject>, key: string, expected: string | undefined): KubeObject {
    const previous = table.get(key);
    if (previous === undefined) throw new StoreConflict('missing', `${key} does not exist`);
    if (expected !== undefined && previous.metadata.resourceVersion !== expected) {
      throw new StoreConflict('changed', `${key} is at ${previous.metadata.resourceVersion ?? '0'}, not at ${expected}`);
    }
    return previous;
  }

  /** Counts what comes instead of what was. */
  #makeRoom(object: KubeObject, previous?: KubeObject): void {
    const grows = this.#sizeOf(object) - (previous === undefined ? 0 : this.#sizeOf(previous));
    if (grows > 0 && this.#held + grows > this.#quota) throw new StoreFull();
    this.#held += grows;
  }

  #sizeOf(object: KubeObject): number {
    let size = this.#sizes.get(object);
    if (size === undefined) this.#sizes.set(object, (size = storedSize(object)));
    return size;
  }

  #stamp(object: KubeObject): KubeObject {
    this.#revision++;
    const stored = deepFreeze({ ...object, metadata: orderMetadata({ ...object.metadata, resourceVersion: String(this.#revision) }) });
    this.#sizes.set(stored, this.#sizeOf(object));
    return stored;
  }

  #publish(resource: GroupResource, event: StoreEvent): void {
    this.#hub.publish(resourceKey(resource), event, this.#sizeOf(event.object));
  }
}
