import type { JsonObject } from '../../../../lib/json.ts';
import type { KubeObject } from '../../../store/object.ts';
import { API_VERSION } from '../version.ts';

export const HASH_ANNOTATION = 'resource-spec-hash';

/** Whom a child belongs to. */
export interface Owner {
  kind: 'EventBus' | 'EventSource' | 'Sensor';
  name: string;
  namespace: string;
  uid: string;
  labels: Readonly<Record<string, string>>;
}

export function ownerOf(kind: Owner['kind'], { metadata }: KubeObject): Owner {
  return { kind, name: metadata.name, namespace: metadata.namespace ?? '', uid: metadata.uid ?? '', labels: metadata.labels ?? {} };
}

/** A child with its owner and the hash of what it is to be: a later round compares that alone. */
export function child(owner: Owner, object: { apiVersion: string; kind: string; metadata: { name?: string; generateName?: string; labels: Record<string, string>; annotations?: Record<string, string> } } & JsonObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { name, annotations = {}, ...meta } = metadata;
  const ownerReferences = [{ apiVersion: API_VERSION, kind: owner.kind, name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true }];
  const hash = fnv32(JSON.stringify({ kind, metadata: { ...metadata, ownerReferences }, rest }));
  return { apiVersion, kind, metadata: { name: name ?? '', ...meta, namespace: owner.namespace, annotations: { ...annotations, [HASH_ANNOTATION]: hash }, ownerReferences }, ...rest };
}

export function belongsTo(object: KubeObject, owner: Owner): boolean {
  return object.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === owner.uid) === true;
}

export function hashOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[HASH_ANNOTATION];
}

/** FNV-1a of 32 bits, in decimal. */
function fnv32(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return String(hash >>> 0);
}

/** Leaves out what is not set, as Go's `omitempty` does. */
export function compactObject(object: Readonly<Record<string, unknown>>): JsonObject {
  const isEmpty = (value: unknown) => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value))))) as JsonObject;
}
