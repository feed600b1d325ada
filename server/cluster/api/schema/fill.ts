import { isRecord, type JsonRecord } from '../patch/json-values.ts';

/** The object under `key`, put there when it is missing. */
export function within(o: JsonRecord, key: string): JsonRecord {
  const value = o[key];
  if (isRecord(value)) return value;
  const made: JsonRecord = {};
  o[key] = made;
  return made;
}

export function record(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

/** The objects of a list; none where there is no list. */
export function items(o: JsonRecord, key: string): JsonRecord[] {
  const value = o[key];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** For pointers: only what is absent or null is filled. */
export function fill(o: JsonRecord, key: string, value: unknown): void {
  if (o[key] === undefined || o[key] === null) o[key] = value;
}

/** For values: the empty string and 0 count as absent. */
export function fillIfEmpty(o: JsonRecord, key: string, value: unknown): void {
  const old = o[key];
  if (old === undefined || old === null || old === '' || old === 0) o[key] = value;
}
