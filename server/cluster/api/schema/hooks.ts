/** The knowledge of kinds as the API's verbs ask for it, built-in and custom alike. */
import { apiVersionOf, type KubeObject, type ObjectMeta } from '../../store/object.ts';
import { badRequest } from '../errors.ts';
import type { SchemaHooks } from '../hooks.ts';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { mergeTypeOfCustomResource, mergeTypeOfStruct, serverSideApply, strategicMergePatch, updateManagedFields, goMap, type MergeType } from '../patch/index.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { ApiStatus } from '../status.ts';
import { reorderStruct, structOutput } from './canonical.ts';
import { invalid } from './causes.ts';
import { DecodeError, decodeStruct } from './decode.ts';
import { defaultObject } from './defaults.ts';
import { compileStructuralSchema, type StructuralSchema } from './structural.ts';
import { kindType, structType, type StructType } from './types.ts';
import { warningsOf } from './warnings.ts';
import { validateObject } from './validation/index.ts';

function builtIn(info: ResourceInfo): StructType | undefined {
  return info.custom === undefined ? kindType(apiVersionOf(info), info.kind) : undefined;
}

interface Custom {
  schema: StructuralSchema;
  merge: MergeType;
}

/** By schema object: a definition that changes brings another one. */
const compiled = new WeakMap<object, Custom>();
const ANYTHING = {};

function custom(info: ResourceInfo): Custom {
  const schema = isRecord(info.custom?.schema) ? info.custom.schema : ANYTHING;
  let made = compiled.get(schema);
  if (made === undefined) {
    const given = schema === ANYTHING ? undefined : schema;
    made = { schema: compileStructuralSchema(given), merge: mergeTypeOfCustomResource(given) };
    compiled.set(schema, made);
  }
  return made;
}

export function createSchemaHooks(): SchemaHooks {
  return {
    defaults(info, object) {
      const type = builtIn(info);
      if (type !== undefined) return asObject(reorderStruct(type, { ...defaultObject(object) }), object);
      return info.custom === undefined ? object : asObject(custom(info).schema.defaults(object), object);
    },
    validate: (info, object, old, subresource) => [...validateObject(info, object, old, subresource), ...(info.custom === undefined ? [] : custom(info).schema.validate(object, old))],
    warnings: (info, object, old) => (info.custom === undefined ? warningsOf(object, old) : []),
    prune(info, object) {
      const type = builtIn(info);
      return type === undefined ? pruneCustom(info, object) : pruneBuiltIn(info, type, object);
    },
    strategicMerge(info, object, patch) {
      const type = builtIn(info);
      if (type === undefined) return object;
      // What kind of object it is can't be patched.
      const merged = { ...strategicMergePatch(type, object, patch), apiVersion: object.apiVersion, kind: object.kind };
      try {
        decodeStruct(type, merged, { mode: 'unstructured', filled: false });
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw patchProblem(patch, error.message.startsWith('illegal base64') ? `error decoding from json: ${error.message}` : error.message);
      }
      return merged;
    },
    trackUpdate: (info, old, next, by) => updateManagedFields(old, next, { ...track(info), manager: by.manager, time: by.time, ...(by.subresource === undefined ? {} : { subresource: by.subresource }) }),
    apply: (info, old, applied, by) =>
      serverSideApply(old, applied, { ...track(info), manager: by.manager, time: by.time, force: by.force, ignored: ignoredFields(info, by.subresource), ...(by.subresource === undefined ? {} : { subresource: by.subresource }) }),
  };
}

/** The 422 of a strategic merge patch that makes no object of the kind. */
export function patchProblem(patch: unknown, detail: string): ApiStatus {
  const cause = invalid('patch', JSON.stringify(goMap(patch)), detail);
  return new ApiStatus(422, 'Invalid', ` "" is invalid: ${cause.field ?? ''}: ${cause.message ?? ''}`, { causes: [cause] });
}

function track(info: ResourceInfo): { type: MergeType; blank: unknown; version: ResourceInfo } {
  const type = builtIn(info);
  const head = { apiVersion: apiVersionOf(info), kind: info.kind };
  return type === undefined ? { type: custom(info).merge, blank: { ...head, metadata: {} }, version: info } : { type: mergeTypeOfStruct(type.ref), blank: { ...structOutput(type, {}), ...head }, version: info };
}

/** What a request may not write: the status of a kind that has it as a subresource, or everything else there. */
function ignoredFields(info: ResourceInfo, subresource: string | undefined): (readonly string[])[] {
  if (info.subresources?.some((s) => s.name === 'status') !== true) return [];
  return subresource === 'status' ? [['f:spec']] : [['f:status']];
}

type Pruned = ReturnType<SchemaHooks['prune']>;

function pruneBuiltIn(info: ResourceInfo, type: StructType, object: KubeObject): Pruned {
  const { value, unknown } = decodeOr400(info, () => decodeStruct(type, object, { filled: false }));
  return { object: asObject(value, object), unknown: unknown.map((path) => `unknown field "${path}"`) };
}

function pruneCustom(info: ResourceInfo, object: KubeObject): Pruned {
  const meta = decodeOr400(info, () => decodeStruct(structType('meta/v1.ObjectMeta'), object.metadata, { filled: false }));
  const { object: pruned, unknown } = custom(info).schema.prune(object);
  const names = [...meta.unknown.map((path) => `metadata.${path}`), ...unknown];
  return { object: asObject({ ...pruned, metadata: meta.value }, object), unknown: names.map((path) => `unknown field "${path}"`) };
}

function decodeOr400<T>(info: ResourceInfo, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`);
  }
}

function asObject(value: JsonRecord, from: KubeObject): KubeObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = value;
  const { name, creationTimestamp, ...meta } = isRecord(metadata) ? metadata : {};
  const known: ObjectMeta = { name: typeof name === 'string' ? name : from.metadata.name, ...meta };
  if (typeof creationTimestamp === 'string') known.creationTimestamp = creationTimestamp;
  return { apiVersion: from.apiVersion, kind: from.kind, metadata: known, ...rest };
}
