import type { KubeObject } from '../store/object.ts';
import { apiVersionOf } from '../store/object.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import type { ListResult } from './verbs/read.ts';

/**
 * Values in the order in which Kubernetes writes them: built-in kinds as Go structs (kind, apiVersion, metadata, …),
 * custom resources as maps, sorted.
 */

export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => [key, sortKeys(child)]));
}

export function writeObject(info: ResourceInfo, object: KubeObject): unknown {
  if (info.custom !== undefined) return sortKeys(object);
  const { apiVersion, kind, metadata, ...rest } = object;
  return { kind, apiVersion, metadata, ...rest };
}

export function listKindOf(info: ResourceInfo): string {
  return info.listKind ?? `${info.kind}List`;
}

export function listMeta(list: ListResult): Record<string, unknown> {
  return {
    resourceVersion: list.resourceVersion,
    ...(list.continue === undefined ? {} : { continue: list.continue }),
    ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }),
  };
}

export function writeList(info: ResourceInfo, list: ListResult): unknown {
  const head = { kind: listKindOf(info), apiVersion: apiVersionOf(info), metadata: listMeta(list) };
  if (info.custom !== undefined) {
    const { continue: token = '' } = list;
    const metadata = { continue: token, ...(list.remainingItemCount === undefined ? {} : { remainingItemCount: list.remainingItemCount }), resourceVersion: list.resourceVersion };
    return { apiVersion: head.apiVersion, items: list.items.map((item) => writeItem(info, item)), kind: head.kind, metadata };
  }
  return { ...head, items: list.items.map((item) => writeItem(info, item)) };
}

/** Items of a typed list don't repeat what they are. */
export function writeItem(info: ResourceInfo, item: KubeObject): unknown {
  if (info.custom !== undefined) return sortKeys(item);
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = item;
  return rest;
}

export function partialMetadata(object: KubeObject, version: string, withKind = true): unknown {
  const head = withKind ? { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}` } : {};
  return { ...head, metadata: object.metadata };
}

export function partialList(list: ListResult, version: string): unknown {
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata: listMeta(list), items: list.items.map((item) => partialMetadata(item, version, true)) };
}
