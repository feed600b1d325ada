import type { GroupResource, KubeObject } from './object.ts';

/** Synchronous reads of the stored objects, below authorisation: for authentication, RBAC, admission and the client. */
export interface ObjectReader {
  get(resource: GroupResource, namespace: string | undefined, name: string): KubeObject | undefined;
  /** All namespaces when `namespace` is undefined. In no particular order. */
  list(resource: GroupResource, namespace?: string): KubeObject[];
}
