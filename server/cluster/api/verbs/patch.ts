import type { PatchType } from '../../client.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { apiVersionOf, type KubeObject } from '../../store/object.ts';
import { storageOf, present, type ApiCore } from '../core.ts';
import { badRequest, invalid, notFound, unsupportedMediaType } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { applyJsonPatch, jsonMergePatch } from '../patch/index.ts';
import { typedProblems } from '../patch/typed-problems.ts';
import { kindType } from '../schema/types.ts';
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
  const written = subresource === 'status' && info.custom === undefined ? withoutUntouched(patched, old) : patched;
  const decoded = info.custom === undefined && patch.type !== 'strategic' ? decodePatched(core, context, info, { patched, written }, patch) : decodeObject(core, context, info, written, patch.duplicates);
  const { uid } = decoded.metadata;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    throw invalid(info, name, [{ reason: 'FieldValueInvalid', message: `Invalid value: "${uid}": field is immutable`, field: 'metadata.uid' }]);
  }
  return { object: updateObject(core, context, info, namespace, name, decoded, subresource === undefined ? {} : { subresource }), created: false };
}

/** Of a status, what else the object holds is not written: where the patch left it alone it need not be read again. */
function withoutUntouched(patched: unknown, old: KubeObject): unknown {
  if (!isJsonObject(patched)) return patched;
  return Object.fromEntries(Object.entries(patched).filter(([name, value]) => name === 'apiVersion' || name === 'kind' || name === 'metadata' || name === 'status' || value !== old[name]));
}

/** What a patch made has to be an object of the kind: else all of it stands in the 422. `written`: the part of it that counts. */
function decodePatched(core: ApiCore, context: RequestContext, info: ResourceInfo, { patched, written }: { patched: unknown; written: unknown }, patch: PatchRequest): KubeObject {
  try {
    return decodeObject(core, context, info, written, patch.duplicates);
  } catch (error) {
    const detail = error instanceof ApiStatus ? /cannot be handled as a [A-Za-z]+: (json: .*)$/s.exec(error.message)?.[1] : undefined;
    if (detail === undefined) throw error;
    const text = JSON.stringify(sortTouched(patched, patch.type === 'json' ? touchedBy(patch.body) : patch.body));
    const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(text)}: ${detail}`, field: 'patch' };
    throw new ApiStatus(422, 'Invalid', ` "" is invalid: patch: ${cause.message}`, { causes: [cause] });
  }
}

/** The places that JSON patch operations go to, as a tree. */
function touchedBy(operations: unknown): unknown {
  const tree: Record<string, unknown> = {};
  for (const operation of Array.isArray(operations) ? operations : []) {
    let node = tree;
    const path = isJsonObject(operation) && typeof operation.path === 'string' ? operation.path.split('/').slice(1) : [];
    for (const part of path) {
      const next = node[part];
      const inner: Record<string, unknown> = isJsonObject(next) ? next : {};
      node[part] = inner;
      node = inner;
    }
  }
  return tree;
}

/** Objects that a patch went into come out with their fields sorted, the others as they were. */
function sortTouched(value: unknown, touched: unknown): unknown {
  if (!isJsonObject(value) || !isJsonObject(touched)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, key in touched ? sortTouched(inner, touched[key]) : inner]));
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
  const { apiVersion = '', kind = '' } = isJsonObject(patch.body) ? patch.body : {};
  if (isJsonObject(patch.body) && (apiVersion !== apiVersionOf(info) || kind !== info.kind)) throw badRequest(`invalid object type: ${String(apiVersion).includes('/') ? '' : '/'}${String(apiVersion)}, Kind=${String(kind)}`);
  const applied = asObject(patch.body, expectedOf(core, info));
  if (applied.metadata.name === '') applied.metadata = { ...applied.metadata, name };
  if (applied.metadata.name !== name) throw badRequest(`the name of the object (${applied.metadata.name}) does not match the name on the URL (${name})`);
  if ((applied.metadata.managedFields ?? []).length > 0) throw badRequest('metadata.managedFields must be nil');
  const type = info.custom === undefined ? kindType(apiVersionOf(info), info.kind) : undefined;
  const problems = type === undefined ? [] : typedProblems(type, { ...applied });
  if (problems.length > 0) {
    const list = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
    throw new ApiStatus(500, '', `failed to create typed patch object (${namespace ?? ''}/${name}; ${info.group}/${info.version}, Kind=${info.kind}): ${list}`);
  }
  const { object: pruned } = core.hooks.schema.prune(info, applied);
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

