import type { PatchType } from '../../client.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { apiVersionOf, type KubeObject } from '../../store/object.ts';
import { storageOf, present, type ApiCore } from '../core.ts';
import { badRequest, invalid, notFound, unsupportedMediaType } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { applyJsonPatch, jsonMergePatch } from '../patch/index.ts';
import { patchProblem } from '../schema/hooks.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { ApiStatus } from '../status.ts';
import { createObject } from './create.ts';
import { asObject, decodeObject, expectedOf } from './decode.ts';
import { updateObject } from './update.ts';

export interface PatchRequest {
  type: PatchType;
  body: unknown;
  /** Server-side apply: take over fields that others own. */
  force?: boolean;
  subresource?: string;
  /** `line 3: key "name" already set in map`: what a YAML or JSON reader saw twice. */
  duplicates?: readonly string[];
}

export interface PatchResult {
  object: KubeObject;
  created: boolean;
}

/** Throws ApiStatus 400, 404, 409, 415, 422. */
export function patchObject(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, name: string, patch: PatchRequest): PatchResult {
  const { subresource } = patch;
  const stored = core.store.get(storageOf(info), info.namespaced ? namespace : undefined, name);
  const old = stored === undefined ? undefined : present(info, stored);
  if (patch.type === 'apply') return apply(core, context, info, namespace, name, old, patch);
  if (old === undefined) throw notFound(info, name);
  const patched = patchValue(core, info, old, patch);
  if (patch.type === 'strategic' && context.fieldValidation === 'Strict') {
    const { unknown } = core.hooks.schema.prune(info, asObject(patched, expectedOf(core, info)));
    if (unknown.length > 0) throw patchProblem(patch.body, `strict decoding error: ${unknown.join(', ')}`);
  }
  const decoded = decodeObject(core, context, info, patched, patch.duplicates);
  const { uid } = decoded.metadata;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    throw invalid(info, name, [{ reason: 'FieldValueInvalid', message: `Invalid value: "${uid}": field is immutable`, field: 'metadata.uid' }]);
  }
  return { object: updateObject(core, context, info, namespace, name, decoded, subresource === undefined ? {} : { subresource }), created: false };
}

/** The object as a patch makes it, not yet decoded. */
export function patchValue(core: ApiCore, info: ResourceInfo, old: KubeObject, patch: Pick<PatchRequest, 'type' | 'body'>): unknown {
  switch (patch.type) {
    case 'json':
      return applyJsonPatch(old, patch.body);
    case 'merge':
      if (!isJsonObject(patch.body)) throw badRequest(`error decoding patch: json: cannot unmarshal ${Array.isArray(patch.body) ? 'array' : typeof patch.body} into Go value of type map[string]interface {}`);
      return jsonMergePatch(old, patch.body);
    case 'strategic':
      if (info.custom !== undefined) throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']);
      return sameKind(old, core.hooks.schema.strategicMerge(info, old, patch.body));
    case 'apply':
      throw new Error('apply is dispatched before');
  }
}

/** A strategic merge patch can't make another kind of an object. */
function sameKind(old: KubeObject, patched: unknown): unknown {
  return isJsonObject(patched) ? { ...patched, apiVersion: old.apiVersion, kind: old.kind } : patched;
}

function apply(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, name: string, old: KubeObject | undefined, patch: PatchRequest): PatchResult {
  const applied = asObject(patch.body, expectedOf(core, info));
  if (applied.metadata.name === '') applied.metadata = { ...applied.metadata, name };
  if (applied.metadata.name !== name) throw badRequest(`the name of the object (${applied.metadata.name}) does not match the name on the URL (${name})`);
  if ((applied.metadata.managedFields ?? []).length > 0) throw badRequest('metadata.managedFields must be nil');
  const { object: pruned, unknown } = core.hooks.schema.prune(info, applied);
  if (unknown.length > 0 && info.custom === undefined) {
    throw new ApiStatus(500, '', `failed to create typed patch object (${namespace ?? ''}/${name}; ${apiVersionOf(info)}, Kind=${info.kind}): ${unknown.join(', ')}`);
  }
  const by = { manager: context.fieldManager, force: patch.force === true, time: rfc3339(core.clock.now()), ...(patch.subresource === undefined ? {} : { subresource: patch.subresource }) };
  if (old === undefined) {
    if (patch.subresource !== undefined) throw notFound(info, name);
    const object = core.hooks.schema.apply(info, undefined, pruned, by);
    return { object: createObject(core, context, info, namespace, decodeObject(core, context, info, object), true), created: true };
  }
  const merged = core.hooks.schema.apply(info, old, pruned, by);
  const decoded = decodeObject(core, context, info, merged);
  return { object: updateObject(core, context, info, namespace, name, decoded, { tracked: true, ...(patch.subresource === undefined ? {} : { subresource: patch.subresource }) }), created: false };
}

