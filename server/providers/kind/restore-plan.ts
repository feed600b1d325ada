import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ResourceType } from '../../cluster/vocabulary.ts';

export interface Found {
  type: ResourceType;
  object: KubeObject;
}

/** What a new cluster held, by where it was. */
export type Baseline = ReadonlyMap<string, Found>;

export interface Deed extends Found {
  /** `release`: what waits for a finalizer that nobody serves any more. */
  do: 'delete' | 'release' | 'create' | 'update';
}

/** Namespaces in which the cluster itself lives: nothing of a session's is looked for there. */
const SYSTEM = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

export function baselineOf(found: readonly Found[]): Baseline {
  return new Map(found.filter(isOurs).map((one) => [keyOf(one), one]));
}

/** What is to be done so that what is found becomes the baseline again; empty when it is. Pure: asked again after each round. */
export function deedsFor(baseline: Baseline, found: readonly Found[]): Deed[] {
  const now = new Map(found.filter(isOurs).map((one) => [keyOf(one), one]));
  const leaving = new Set([...now.values()].filter(({ type, object }) => type.resource === 'namespaces' && !baseline.has(keyOf({ type, object }))).map(({ object }) => object.metadata.name));
  const deeds: Deed[] = [];
  for (const [key, one] of now) {
    if (baseline.has(key)) continue;
    const { metadata } = one.object;
    if (metadata.deletionTimestamp !== undefined) {
      if (one.type.resource !== 'namespaces' && (metadata.finalizers?.length ?? 0) > 0) deeds.push({ do: 'release', ...one });
      else if (!leaving.has(metadata.namespace ?? '')) deeds.push({ do: 'delete', ...one });
    } else if (!leaving.has(metadata.namespace ?? '') && !isMadeByOthers(one)) deeds.push({ do: 'delete', ...one });
  }
  for (const [key, one] of baseline) {
    if (isMadeByOthers(one)) continue;
    const is = now.get(key);
    if (is === undefined) deeds.push({ do: 'create', type: one.type, object: asNew(one.object) });
    else if (is.object.metadata.deletionTimestamp === undefined && !isDeepStrictEqual(meaning(is.object), meaning(one.object))) {
      const { resourceVersion } = is.object.metadata;
      deeds.push({ do: 'update', type: one.type, object: { ...asNew(one.object), metadata: { ...asNew(one.object).metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } } });
    }
  }
  return deeds;
}

function keyOf({ type, object }: Found): string {
  return [type.group, type.resource, object.metadata.namespace ?? '', object.metadata.name].join('/');
}

function isOurs({ type, object }: Found): boolean {
  const { name, namespace } = object.metadata;
  return type.resource === 'namespaces' ? !SYSTEM.has(name) : !SYSTEM.has(namespace ?? '') && !name.startsWith('system:');
}

/** Controllers make these anew by themselves, with other names or contents. */
function isMadeByOthers({ type, object }: Found): boolean {
  const { metadata } = object;
  if ((metadata.ownerReferences?.length ?? 0) > 0) return true;
  if (type.resource === 'configmaps' && metadata.name === 'kube-root-ca.crt') return true;
  if (type.resource === 'serviceaccounts' && metadata.name === 'default') return true;
  if (type.resource === 'clusterroles' && object['aggregationRule'] !== undefined) return true;
  return type.resource === 'secrets' && object['type'] === 'kubernetes.io/service-account-token';
}

/** What somebody wrote, without what servers and controllers add. */
function meaning(object: KubeObject): unknown {
  const { metadata, status: _status, ...rest } = object;
  const annotations = Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== 'deployment.kubernetes.io/revision'));
  return { ...rest, labels: metadata.labels ?? {}, annotations };
}

function asNew(object: KubeObject): KubeObject {
  const { status: _status, metadata, ...rest } = object;
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, generation: _generation, managedFields: _fields, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
