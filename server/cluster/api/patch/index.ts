export { applyJsonPatch } from './json-patch.ts';
export { jsonMergePatch } from './merge-patch.ts';
export { goMap, strategicMergePatch } from './strategic-merge.ts';
export { updateManagedFields, type Update } from './managed-fields.ts';
export { serverSideApply, type Apply } from './server-side-apply.ts';
export { DEDUCED, mergeTypeOfCustomResource, mergeTypeOfStruct, type MergeType } from './merge-schema.ts';
