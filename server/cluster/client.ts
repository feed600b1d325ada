import type { KubeObject } from './store/object.ts';

/**
 * The in-process client: the only way in which controllers, kubelet, scheduler and Argo read and write objects.
 * Every call is authenticated, authorised, admitted, defaulted and validated as one over HTTPS would be, as the
 * identity that the client was made for. Failures throw ApiStatus (`api/status.ts`).
 */

/** Who a client speaks as. */
export type Identity =
  /** A user whose name is known to be right: a system component. */
  | { user: string; groups: string[]; uid?: string; extra?: Record<string, string[]> }
  /** Whoever a bearer token belongs to; authenticated anew at each call, so that revocation is seen at once. */
  | { bearer: string };

/** Names a resource type: `{group: 'apps', version: 'v1', resource: 'deployments'}`; core is the empty group. */
export interface ResourceType {
  group: string;
  version: string;
  resource: string;
}

export interface ListOptions {
  /** Absent: all namespaces (or a cluster-scoped resource). */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  items: T[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

export type WatchEvent<T extends KubeObject = KubeObject> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** From where on; absent: the current objects arrive as ADDED first. */
  resourceVersion?: string;
  signal: AbortSignal;
  /** Called once when the watch ends by itself (the resource type went away, the version was compacted). */
  onEnd?: (reason: Error | undefined) => void;
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface WriteOptions {
  /** The name in managedFields; default: the client's own. */
  fieldManager?: string;
  dryRun?: boolean;
  force?: boolean;
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict';
  /** `status`, `scale`, … */
  subresource?: string;
}

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

/** Objects handed out are frozen copies' equals: never change one in place; copy, change, write. */
export interface KubeClient {
  get<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T>;
  /** Like `get`, but undefined instead of a 404. */
  find<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string | undefined, name: string): Promise<T | undefined>;
  list<T extends KubeObject = KubeObject>(type: ResourceType, options?: ListOptions): Promise<KubeList<T>>;
  /** Delivers events in order, synchronously after the write that caused them; ends with the signal. */
  watch<T extends KubeObject = KubeObject>(type: ResourceType, options: WatchOptions, onEvent: (event: WatchEvent<T>) => void): void;
  create<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string | undefined, object: KubeObject, options?: WriteOptions): Promise<T>;
  update<T extends KubeObject = KubeObject>(type: ResourceType, object: KubeObject, options?: WriteOptions): Promise<T>;
  patch<T extends KubeObject = KubeObject>(type: ResourceType, namespace: string | undefined, name: string, patch: { type: PatchType; body: unknown }, options?: WriteOptions): Promise<T>;
  delete(type: ResourceType, namespace: string | undefined, name: string, options?: DeleteOptions): Promise<void>;
  deleteCollection(type: ResourceType, options: ListOptions, deleteOptions?: DeleteOptions): Promise<void>;
  /** A POST to a named subresource: `token`, `binding`, `eviction`. */
  createSubresource<T = KubeObject>(type: ResourceType, namespace: string | undefined, name: string, subresource: string, body: unknown): Promise<T>;
  /** The log of a container as the API would stream it; ends by itself, or with the signal when following. */
  logs(namespace: string, pod: string, options: PodLogOptions, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** The same cluster, spoken to as somebody else. */
  as(identity: Identity, fieldManager?: string): KubeClient;
}

export interface PodLogOptions {
  container?: string;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  /** RFC 3339. */
  sinceTime?: string;
  limitBytes?: number;
}
