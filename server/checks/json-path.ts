import { isJsonObject, type Json } from '../lib/json.ts';

/**
 * Reads `spec.rules[0].verbs`, `items[*].metadata.name` or `metadata.annotations['a.b/c']`. `*` fans out; the result
 * lists every value found, none when the way ends early.
 */
export function readPath(value: unknown, path: string): unknown[] {
  const keys = [...path.matchAll(/\['([^']*)'\]|\[(\d+|\*)\]|([^.[\]]+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  let found: unknown[] = [value];
  for (const key of keys) {
    found = found.flatMap((one) => {
      if (Array.isArray(one)) return key === '*' ? one : /^\d+$/.test(key) && Number(key) < one.length ? [one[Number(key)]] : [];
      if (!isJsonObject(one)) return [];
      if (key === '*') return Object.values(one);
      return Object.hasOwn(one, key) ? [one[key]] : [];
    });
  }
  return found;
}

/** Equality of JSON values; the order of an object's keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
}

/** A value as a learner should read it: short, and strings without quotes. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value as Json) ?? 'nothing');
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
