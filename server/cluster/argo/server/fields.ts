import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';

/**
 * The `fields` parameter: `a.b,c` keeps only these, `-a.b,c` drops these. A minus counts only at the very beginning.
 * After argo-workflows v3.7.6 server/../util/fields/cleaner.go
 */
export class FieldFilter {
  readonly #exclude: boolean;
  readonly #fields: ReadonlySet<string>;

  constructor(text: string) {
    this.#exclude = text.startsWith('-');
    const list = this.#exclude ? text.slice(1) : text;
    this.#fields = new Set(list === '' ? [] : list.split(','));
  }

  /** True when everything passes. */
  get open(): boolean {
    return this.#fields.size === 0;
  }

  /** Whether a field gets through: itself, something in it, or something that it is in. */
  passes(path: string): boolean {
    if (this.open) return true;
    for (const field of this.#fields) {
      if (field === path) return !this.#exclude;
      if (this.#exclude) {
        if (path.startsWith(`${field}.`)) return false;
      } else if (field.startsWith(`${path}.`) || path.startsWith(`${field}.`)) return true;
    }
    return this.#exclude;
  }

  /** A copy with only what passes; keys sorted as Go sorts a map's. */
  apply(value: JsonObject, prefix = ''): JsonObject {
    if (this.open) return value;
    const out: JsonObject = {};
    for (const key of Object.keys(value).sort()) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      const item = value[key];
      if (item === undefined || !this.passes(path)) continue;
      out[key] = this.#clean(item, path);
    }
    return out;
  }

  #clean(value: Json, path: string): Json {
    if (isJsonObject(value)) return this.apply(value, path);
    if (Array.isArray(value)) return value.map((item) => this.#clean(item, path));
    return value;
  }
}
