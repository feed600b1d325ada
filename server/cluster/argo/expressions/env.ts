import { floatOf, intOf } from './expr/builtins.ts';
import { goJsonOf } from './expr/values.ts';
import { queryJsonPath } from './jsonpath.ts';
import { unmarshal } from '../types/go-json.ts';
import { goTypeName } from './expr/values.ts';
import { sprig } from './sprig.ts';

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`reflect: Call using ${goTypeName(value)} as type string`);
}

/** `{"a.b": 1}` becomes `{a: {b: 1}}`; a key that has children loses its own value. */
export function expandKeys(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const keys = Object.keys(values).sort();
  for (const [i, key] of keys.entries()) {
    if (keys[i + 1]?.startsWith(`${key}.`) === true) continue;
    const path = key.split('.');
    let target = out;
    for (const part of path.slice(0, -1)) {
      const next = target[part];
      if (typeof next === 'object' && next !== null && !Array.isArray(next)) target = next as Record<string, unknown>;
      else {
        const made: Record<string, unknown> = {};
        target[part] = made;
        target = made;
      }
    }
    target[path.at(-1) ?? ''] = values[key];
  }
  return out;
}

/**
 * The environment of Argo's expressions: the values by their dotted names, and asInt, asFloat, jsonpath, toJson, sprig.
 * After argo-workflows v3.7.6 util/expr/env/env.go
 */
export function argoExprEnv(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    ...expandKeys(values),
    asInt: (value: unknown) => intOf(value),
    asFloat: (value: unknown) => floatOf(value),
    toJson: (value: unknown) => goJsonOf(value),
    jsonpath: (json: unknown, path: unknown) => queryJsonPath(unmarshal(text(json)), text(path)),
    sprig,
  };
}

/** Whether a dotted name leads to a value (not to a group of values). */
export function flattenedHas(env: Readonly<Record<string, unknown>>, name: string): boolean {
  let value: unknown = env;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, part)) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value !== 'object' || value === null;
}
