import { isDeepStrictEqual } from 'node:util';
import { orderMetadata } from '../store/metadata-order.ts';
import type { KubeObject } from '../store/object.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import { hasSubresource } from './scheme/resource-info.ts';

/** `apiVersion`, `kind`, `metadata`, then the rest as it came. */
export function orderObject(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata: orderMetadata(metadata), ...rest };
}

/** Whether a change of the object counts in `metadata.generation`. */
export function specChanged(info: ResourceInfo, before: KubeObject, after: KubeObject): boolean {
  if (info.custom !== undefined) {
    return !isDeepStrictEqual(content(info, before), content(info, after));
  }
  // A Deployment's annotations are part of its revision history.
  // After kubernetes 1.32 pkg/registry/apps/deployment/strategy.go
  if (info.group === 'apps' && info.resource === 'deployments' && !isDeepStrictEqual(before.metadata.annotations ?? {}, after.metadata.annotations ?? {})) return true;
  return !isDeepStrictEqual(content(info, before), content(info, after));
}

/** What an object says apart from its metadata and, where that is another subresource, its status. */
function content(info: ResourceInfo, object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status, apiVersion: _apiVersion, ...rest } = object;
  return info.custom !== undefined && !hasSubresource(info, 'status') ? { ...rest, status } : rest;
}

/** Whether nothing changed but the times in managedFields: such a write is not one. */
export function sameObject(a: KubeObject, b: KubeObject): boolean {
  const strip = (object: KubeObject): unknown => {
    const { managedFields, resourceVersion: _resourceVersion, ...metadata } = orderMetadata(object.metadata);
    return { ...object, metadata: { ...metadata, managedFields: (managedFields ?? []).map(({ time: _time, ...entry }) => entry) } };
  };
  return isDeepStrictEqual(strip(a), strip(b));
}
