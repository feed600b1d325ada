import type { KubeObject } from './object.ts';

/** Maps whose keys are anybody's: what is stored names them. Other keys are fields, which take a byte or two. */
const MAPS = new Set(['labels', 'annotations', 'data', 'binaryData', 'matchLabels', 'nodeSelector', 'selector']);

/**
 * About how many bytes etcd keeps for an object: JSON of custom resources, protobuf of the others, in which fields have
 * numbers for names.
 */
export function storedSize(object: KubeObject): number {
  const group = object.apiVersion.includes('/') ? object.apiVersion.slice(0, object.apiVersion.indexOf('/')) : '';
  const custom = group.includes('.') && !group.endsWith('.k8s.io');
  return custom ? jsonSize(object) : bareSize(object, '');
}

function jsonSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 5;
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += jsonSize(item);
  else for (const [key, item] of Object.entries(value)) size += key.length + 3 + jsonSize(item);
  return size;
}

function bareSize(value: unknown, field: string): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 2;
  // Managed fields are JSON there, too.
  if (field === 'fieldsV1') return jsonSize(value);
  let size = 2;
  if (Array.isArray(value)) for (const item of value) size += bareSize(item, '');
  else if (MAPS.has(field)) for (const [key, item] of Object.entries(value)) size += key.length + 4 + bareSize(item, '');
  else for (const [key, item] of Object.entries(value)) size += bareSize(item, key);
  return size;
}
