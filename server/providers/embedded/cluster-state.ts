import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ClusterSnapshot } from '../../cluster/index.ts';
import type { KubeObject, RequestRecord } from '../../cluster/vocabulary.ts';
import { isJsonObject } from '../../lib/json.ts';

/** Pure: what a cluster holds at a moment, and what has happened to it since. */

const isObject = (value: unknown): boolean => isJsonObject(value) && isJsonObject(value['metadata']);
const Saved = z.object({ store: z.object({ objects: z.record(z.string(), z.array(z.custom<KubeObject>(isObject))) }), archive: z.array(z.unknown()) });

export interface ClusterState {
  /** `group/resource namespace/name` → the object. */
  objects: ReadonlyMap<string, { resource: string; object: KubeObject }>;
  /** How many workflows the archive holds. */
  archived: number;
}

export function stateOf(snapshot: ClusterSnapshot): ClusterState {
  const { store, archive } = Saved.parse(snapshot.data);
  const objects = new Map<string, { resource: string; object: KubeObject }>();
  for (const [resource, list] of Object.entries(store.objects)) for (const object of list) objects.set(`${resource} ${object.metadata.namespace ?? ''}/${object.metadata.name}`, { resource, object });
  return { objects, archived: archive.length };
}

/** A cluster at rest goes on writing these: when somebody last held a lease, how a node fares, how often an event came. */
const RESTLESS = /(^\/nodes|\/leases|\/events)$/;

export interface Differences {
  made: { resource: string; object: KubeObject }[];
  changed: KubeObject[];
  gone: KubeObject[];
}

export function differences(then: ClusterState, now: ClusterState): Differences {
  const found: Differences = { made: [], changed: [], gone: [] };
  for (const [key, entry] of now.objects) {
    const before = then.objects.get(key);
    if (before === undefined) found.made.push(entry);
    else if (before.object.metadata.uid !== entry.object.metadata.uid) found.changed.push(entry.object);
    else if (!RESTLESS.test(entry.resource) && !sameContent(before.object, entry.object)) found.changed.push(entry.object);
  }
  for (const [key, { resource, object }] of then.objects) if (!now.objects.has(key) && !RESTLESS.test(resource)) found.gone.push(object);
  return found;
}

/** All but how often and by whom it was written. */
function sameContent(a: KubeObject, b: KubeObject): boolean {
  if (a === b || a.metadata.resourceVersion === b.metadata.resourceVersion) return true;
  const content = ({ metadata: { resourceVersion, managedFields, ...metadata }, ...rest }: KubeObject) => ({ ...rest, metadata });
  return isDeepStrictEqual(content(a), content(b));
}

/** Whether a pod may hold something that is nowhere else: it has begun and not ended. */
export function isAtWork(resource: string, object: KubeObject): boolean {
  if (resource !== '/pods') return false;
  const phase = isJsonObject(object['status']) ? object['status']['phase'] : undefined;
  return phase !== 'Succeeded' && phase !== 'Failed';
}

/** Whether what this object brought about outlives it: data in a volume, an artifact in a store. */
export function leavesData(resource: string, object: KubeObject): boolean {
  if (/\/(persistentvolumes|persistentvolumeclaims|customresourcedefinitions|namespaces)$/.test(resource)) return true;
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  if (resource === '/pods') return Array.isArray(spec['volumes']) && spec['volumes'].some((volume) => isJsonObject(volume) && ('persistentVolumeClaim' in volume || 'hostPath' in volume));
  if (resource !== 'argoproj.io/workflows') return false;
  const nodes = isJsonObject(object['status']) && isJsonObject(object['status']['nodes']) ? Object.values(object['status']['nodes']) : [];
  return nodes.some((node) => isJsonObject(node) && isJsonObject(node['outputs']) && Array.isArray(node['outputs']['artifacts']) && node['outputs']['artifacts'].some((artifact) => isJsonObject(artifact) && artifact['name'] !== 'main-logs'));
}

/** Whether somebody went into a container, where nobody sees what is done. */
export function wentInside(request: RequestRecord): boolean {
  return /\/pods\/[^/]+\/(exec|attach)(\?|$)/.test(request.url);
}
