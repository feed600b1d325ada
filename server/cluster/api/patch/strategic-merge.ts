/**
 * Strategic merge patch: like a JSON merge patch, but lists merge by key where the kind's type says so.
 * After kubernetes 1.32 apimachinery/pkg/util/strategicpatch/patch.go
 */
import { isRecord, sameJson, type JsonRecord } from './json-values.ts';
import { structType, type Field, type StructType, type TypeExpr } from '../schema/types.ts';
import { ApiStatus } from '../status.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ELEMENT_ORDER = '$setElementOrder/';

/** Merges `patch` into `original` (both stay as they are). Throws ApiStatus 400 for a patch that is none. */
export function strategicMergePatch(type: StructType, original: JsonRecord, patch: unknown): JsonRecord {
  if (!isRecord(patch)) throw bad(`cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`, 'json: ');
  return mergeMap({ k: 'struct', ref: type.ref, go: type.name }, original, patch);
}

function bad(message: string, prefix = ''): ApiStatus {
  return new ApiStatus(400, 'BadRequest', `${prefix}${message}`);
}

/** The field of a struct, or an entry of a map; undefined where the type does not know it. */
function fieldOf(type: TypeExpr | undefined, name: string): Partial<Field> & { type?: TypeExpr } {
  if (type?.k === 'struct') return structType(type.ref).byName.get(name) ?? {};
  return type?.k === 'map' ? { type: type.of } : {};
}

function mergeMap(type: TypeExpr | undefined, original: JsonRecord, patch: JsonRecord): JsonRecord {
  const { [DIRECTIVE]: directive, [RETAIN_KEYS]: retain, ...changes } = patch;
  if (directive === 'replace') return changes;
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw bad(`Unknown patch type found: ${String(directive)}`);
  let result: JsonRecord = { ...original };
  if (Array.isArray(retain)) result = Object.fromEntries(Object.entries(result).filter(([key]) => retain.includes(key)));

  for (const [key, order] of Object.entries(changes)) {
    if (!key.startsWith(ELEMENT_ORDER)) continue;
    const name = key.slice(ELEMENT_ORDER.length);
    if (!Array.isArray(order)) throw bad('invalid value in setElementOrder list');
    const field = fieldOf(type, name);
    const before = listOf(result[name]);
    const changed = changes[name];
    const merged = Array.isArray(changed) ? mergeList(field, before, changed) : before;
    if (name in result || Array.isArray(changed)) result[name] = ordered(merged, order, before, field.mergeKey);
  }

  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith(ELEMENT_ORDER) || `${ELEMENT_ORDER}${key}` in changes && Array.isArray(value)) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      const name = key.slice(DELETE_PRIMITIVES.length);
      const gone = listOf(value);
      if (Array.isArray(result[name])) result[name] = listOf(result[name]).filter((item) => !gone.some((g) => sameJson(g, item)));
      continue;
    }
    const field = fieldOf(type, key);
    const before = result[key];
    if (value === null) delete result[key];
    else if (isRecord(value) && isRecord(before)) result[key] = strategies(field).includes('replace') ? withoutDirectives(value) : mergeMap(field.type, before, value);
    else if (Array.isArray(value) && Array.isArray(before) && strategies(field).includes('merge')) result[key] = mergeList(field, before, value);
    else result[key] = withoutDirectives(value);
  }
  return result;
}

function strategies(field: Partial<Field>): string[] {
  return field.strategy?.split(',') ?? [];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function mergeList(field: Partial<Field>, original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (!strategies(field).includes('merge')) return patch.map(withoutDirectives);
  const elementType = field.type?.k === 'list' ? field.type.of : undefined;
  if (elementType?.k !== 'struct' || field.mergeKey === undefined) {
    const merged = [...original, ...patch].filter((item, i, all) => all.findIndex((other) => sameJson(other, item)) === i);
    return ordered(merged, patch, original, undefined);
  }
  const key = field.mergeKey;
  const plain: JsonRecord[] = [];
  let base: unknown[] = [...original];
  let replace = false;
  for (const item of patch) {
    if (!isRecord(item)) throw bad('Invalid JSON document');
    if (item[DIRECTIVE] === 'replace' && !(key in item)) replace = true;
    else if (item[DIRECTIVE] === 'delete') {
      requireKey(item, key);
      base = base.filter((old) => !isRecord(old) || !sameJson(old[key], item[key]));
    } else plain.push(item);
  }
  if (replace) return plain.map(withoutDirectives);
  for (const item of plain) {
    requireKey(item, key);
    const at = base.findIndex((old) => isRecord(old) && sameJson(old[key], item[key]));
    const old = base[at];
    if (isRecord(old)) base[at] = mergeMap(elementType, old, item);
    else base.push(withoutDirectives(item));
  }
  return ordered(base, plain, original, key);
}

function requireKey(item: JsonRecord, key: string): void {
  if (item[key] === undefined) throw new ApiStatus(500, '', `map: ${goMap(item)} does not contain declared merge key: ${key}`);
}

/** The patch's items in the patch's order; what only the server has keeps its place among them as far as possible. */
function ordered(merged: readonly unknown[], patchOrder: readonly unknown[], serverOrder: readonly unknown[], key: string | undefined): unknown[] {
  const same = (a: unknown, b: unknown) => (key === undefined ? sameJson(a, b) : isRecord(a) && isRecord(b) && sameJson(a[key], b[key]));
  const index = (list: readonly unknown[], item: unknown) => list.findIndex((other) => same(other, item));
  const right = merged.filter((item) => index(patchOrder, item) >= 0).sort((a, b) => index(patchOrder, a) - index(patchOrder, b));
  const left = merged.filter((item) => index(patchOrder, item) < 0).sort((a, b) => index(serverOrder, a) - index(serverOrder, b));
  const result: unknown[] = [];
  while (left.length > 0 && right.length > 0) {
    const [l, r] = [index(serverOrder, left[0]), index(serverOrder, right[0])];
    result.push(l >= 0 && r >= 0 && l < r ? left.shift() : right.shift());
  }
  return [...result, ...left, ...right];
}

/** What is taken over whole loses its instructions, and its nulls have nothing to remove. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key, v]) => v !== null && key !== DIRECTIVE && key !== RETAIN_KEYS && !key.startsWith(DELETE_PRIMITIVES) && !key.startsWith(ELEMENT_ORDER));
  return Object.fromEntries(kept.map(([key, v]) => [key, withoutDirectives(v)]));
}

/** A value as Go's `%v` prints it: `map[a:1 b:[x y]]`. */
export function goMap(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (isRecord(value)) return `map[${Object.keys(value).sort().map((k) => `${k}:${goMap(value[k])}`).join(' ')}]`;
  return String(value);
}
