import { ApiStatus } from '../../api/status.ts';
import type { DeleteOptions, KubeClient, ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';

/** Deletes an object that may be gone already; only the very one that was seen. */
export async function deleteIfThere(client: KubeClient, type: ResourceType, object: KubeObject, options: DeleteOptions = {}): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  try {
    await client.delete(type, namespace, name, { ...options, ...(uid === undefined ? {} : { preconditions: { uid } }) });
  } catch (error) {
    if (!(error instanceof ApiStatus && (error.code === 404 || error.code === 409))) throw error;
  }
}

/** Writes a status when it differs from what is stored. */
export async function writeStatus<T extends KubeObject>(client: KubeClient, type: ResourceType, object: T, status: object): Promise<T> {
  if (same(object.status, status)) return object;
  return client.update<T>(type, { ...object, status }, { subresource: 'status' });
}

/** A status without the fields that Go leaves out: zero, empty and absent ones, except those named. */
export function compact(status: Record<string, unknown>, keep: readonly string[] = []): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(status).filter(([key, value]) => keep.includes(key) || !(value === undefined || value === 0 || value === '' || (Array.isArray(value) && value.length === 0))),
  );
}

/** Whether two JSON values are equal, whatever the order of their fields; absent equals undefined. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && same(value, right.get(key)));
}
