import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { KubeList } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { normalize } from '../types/normal-form.ts';

export type ArgoKind = 'Workflow' | 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow' | 'WorkflowEventBinding';

/** An object as the typed Go client hands it out: the struct's fields, without kind and apiVersion. */
export function fromKube(kind: ArgoKind, object: KubeObject): JsonObject {
  const value = normalize(kind, object);
  delete value['kind'];
  delete value['apiVersion'];
  return value;
}

/** An object as the typed Go client sends it. */
export function toKube(kind: ArgoKind, value: JsonObject): KubeObject {
  const normal = normalize(kind, value);
  const metadata = isJsonObject(normal['metadata']) ? normal['metadata'] : {};
  return { ...normal, kind, apiVersion: 'argoproj.io/v1alpha1', metadata: { name: '', ...metadata } };
}

/** A list of the typed client: `items` is null when there is none. */
export function listOf(kind: ArgoKind, list: KubeList, items?: JsonObject[]): JsonObject {
  const all = items ?? list.items.map((item) => fromKube(kind, item));
  const metadata: JsonObject = { resourceVersion: list.metadata.resourceVersion };
  if (list.metadata.continue !== undefined && list.metadata.continue !== '') metadata['continue'] = list.metadata.continue;
  if (list.metadata.remainingItemCount !== undefined) metadata['remainingItemCount'] = list.metadata.remainingItemCount;
  return { metadata, items: all.length === 0 ? null : all };
}

/** The `metadata` of an object, made when missing: callers fill it. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (isJsonObject(metadata)) return metadata;
  const made: JsonObject = {};
  object['metadata'] = made;
  return made;
}

export function nameOf(object: JsonObject): string {
  const name = metadataOf(object)['name'];
  return typeof name === 'string' ? name : '';
}

/** The string map `metadata.labels` or `.annotations`, made when missing. */
export function mapOf(object: JsonObject, name: 'labels' | 'annotations'): JsonObject {
  const metadata = metadataOf(object);
  const map = metadata[name];
  if (isJsonObject(map)) return map;
  const made: JsonObject = {};
  metadata[name] = made;
  return made;
}

/** The object at a path of fields, made when missing. */
export function dig(object: JsonObject, ...path: string[]): JsonObject {
  let at = object;
  for (const name of path) {
    const next = at[name];
    if (isJsonObject(next)) at = next;
    else {
      const made: JsonObject = {};
      at[name] = made;
      at = made;
    }
  }
  return at;
}

/** A deep copy that may be changed. */
export function copy<T extends Json>(value: T): T {
  return structuredClone(value);
}
