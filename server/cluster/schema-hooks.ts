import type { SchemaHooks } from './api/hooks.ts';
import { badRequest } from './api/errors.ts';
import { DEDUCED, mergeTypeOfCustomResource, mergeTypeOfStruct, serverSideApply, strategicMergePatch, updateManagedFields, type MergeType } from './api/patch/index.ts';
import type { ResourceInfo } from './api/scheme/resource-info.ts';
import { structOutput } from './api/schema/canonical.ts';
import { defaultObject } from './api/schema/defaults.ts';
import { DecodeError, decodeStruct } from './api/schema/decode.ts';
import { kindType } from './api/schema/types.ts';
import { apiVersionOf, type KubeObject } from './store/object.ts';

/** The schema room's pure functions, as the API calls them. */

function builtin(info: ResourceInfo) {
  return info.custom === undefined ? kindType(apiVersionOf(info), info.kind) : undefined;
}

const mergeTypes = new WeakMap<object, MergeType>();

function mergeType(info: ResourceInfo): MergeType {
  const type = builtin(info);
  if (type !== undefined) return mergeTypeOfStruct(type.ref);
  const schema = info.custom?.schema;
  if (typeof schema !== 'object' || schema === null) return DEDUCED;
  let made = mergeTypes.get(schema);
  if (made === undefined) mergeTypes.set(schema, (made = mergeTypeOfCustomResource(schema)));
  return made;
}

/** An object of the kind before anything is written into it. */
function blank(info: ResourceInfo): unknown {
  const head = { apiVersion: apiVersionOf(info), kind: info.kind };
  const type = builtin(info);
  return type === undefined ? head : { ...structOutput(type, {}), ...head };
}

export function createSchemaHooks(): SchemaHooks {
  return {
    defaults: (info, object) => (info.custom === undefined ? defaultObject(object) : object),
    validate: () => [],
    prune(info, object) {
      const type = builtin(info);
      if (type === undefined) return { object, unknown: [] };
      try {
        const { value, unknown } = decodeStruct(type, object);
        const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = value;
        const decoded = { apiVersion: object.apiVersion, kind: object.kind, metadata: { ...(typeof metadata === 'object' && metadata !== null ? metadata : {}) }, ...rest };
        return { object: named(decoded), unknown: unknown.map((path) => `unknown field "${path}"`) };
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        throw badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${error.message}`);
      }
    },
    strategicMerge(info, object, patch) {
      const type = builtin(info);
      return type === undefined ? object : strategicMergePatch(type, object, patch);
    },
    trackUpdate: (info, old, next, by) =>
      updateManagedFields(old, next, { type: mergeType(info), blank: blank(info), version: info, manager: by.manager, time: by.time, ...(by.subresource === undefined ? {} : { subresource: by.subresource }) }),
    apply: (info, old, applied, by) =>
      serverSideApply(old, applied, { type: mergeType(info), blank: blank(info), version: info, manager: by.manager, time: by.time, force: by.force, ignored: ignoredFields(info, by.subresource), ...(by.subresource === undefined ? {} : { subresource: by.subresource }) }),
  };
}

/** What a request may not write: the status of a kind that has it as a subresource, or everything else there. */
function ignoredFields(info: ResourceInfo, subresource: string | undefined): (readonly string[])[] {
  if (info.subresources?.some((s) => s.name === 'status') !== true) return [];
  return subresource === 'status' ? [['f:spec']] : [['f:status']];
}

function named(object: { apiVersion: string; kind: string; metadata: Record<string, unknown> }): KubeObject {
  const { name, creationTimestamp, ...metadata } = object.metadata;
  const time = typeof creationTimestamp === 'string' ? { creationTimestamp } : {};
  return { ...object, metadata: { name: typeof name === 'string' ? name : '', ...metadata, ...time } };
}
