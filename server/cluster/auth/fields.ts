/** Reading fields of objects whose shape is not known to the compiler: absent and wrong types read as empty. */

export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at the end of a path of field names. */
export function at(value: unknown, ...path: string[]): unknown {
  let current = value;
  for (const name of path) current = record(current)[name];
  return current;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : [];
}

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** A map of strings, as labels and annotations are. */
export function textMap(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(record(value)).filter((e): e is [string, string] => typeof e[1] === 'string'));
}

/** Go's `%q` of a string, as far as names, verbs and groups need it. */
export function quote(value: string): string {
  return JSON.stringify(value);
}

/** Go's `%q` of a slice of strings: `["a" "b"]`. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map(quote).join(' ')}]`;
}
