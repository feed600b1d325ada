import { isRecord, own, put } from './json-values.ts';

/** RFC 7386: null removes, objects merge, everything else replaces. */
export function jsonMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else put(result, key, jsonMergePatch(own(result, key), value));
  }
  return result;
}
