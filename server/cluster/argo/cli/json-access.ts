import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';

/** Reads of JSON that may lack anything: an empty object, an empty list, the empty string where nothing is. */
export function object(value: Json | undefined, ...path: string[]): JsonObject {
  let at: Json | undefined = value;
  for (const name of path) at = isJsonObject(at) ? at[name] : undefined;
  return isJsonObject(at) ? at : {};
}

export function list(value: Json | undefined, ...path: string[]): JsonObject[] {
  let at: Json | undefined = value;
  for (const name of path) at = isJsonObject(at) ? at[name] : undefined;
  return Array.isArray(at) ? at.filter(isJsonObject) : [];
}

export function text(value: JsonObject, name: string): string {
  const found = value[name];
  return typeof found === 'string' ? found : typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

export function timeOf(value: JsonObject, name: string): number | undefined {
  const parsed = Date.parse(text(value, name));
  return Number.isNaN(parsed) ? undefined : parsed;
}
