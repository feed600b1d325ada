/** Walks over objects with their merge type. After structured-merge-diff v4 typed/{tofieldset,compare,merge,remove}.go */
import { childOf, emptySet, type FieldSet } from './field-set.ts';
import { isRecord, sameJson, type JsonRecord } from './json-values.ts';
import type { MergeType } from './merge-schema.ts';

/** The name of a list's item in a field set: by its keys or by its value; undefined for an item without keys. */
export function elementName(type: MergeType & { kind: 'list' }, item: unknown): string {
  if (type.keys === undefined) return `v:${JSON.stringify(item)}`;
  const keys: JsonRecord = {};
  for (const { name, fallback } of [...type.keys].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const value = isRecord(item) ? (item[name] ?? fallback) : undefined;
    if (value !== undefined) keys[name] = value;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** What a value is made of, as (name, value, type); undefined when it is one value. */
export function partsOf(type: MergeType, value: unknown): Map<string, { value: unknown; type: MergeType; named: boolean }> | undefined {
  if (type.kind === 'leaf') return undefined;
  if (isRecord(value)) {
    if (type.kind === 'list') return undefined;
    const parts = new Map<string, { value: unknown; type: MergeType; named: boolean }>();
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const field = type.kind === 'map' ? type.field(key) : undefined;
      parts.set(`f:${key}`, { value: item, type: field ?? (type.kind === 'map' ? (type.entry ?? { kind: 'deduced' }) : type), named: field !== undefined });
    }
    return parts;
  }
  if (Array.isArray(value) && type.kind === 'list') {
    return new Map(value.map((item) => [elementName(type, item), { value: item, type: type.element, named: false }]));
  }
  return undefined;
}

/** Every field that the object gives a value. */
export function toFieldSet(type: MergeType, value: unknown): FieldSet {
  const set = emptySet();
  collect(type, value, set);
  return set;
}

function collect(type: MergeType, value: unknown, into: FieldSet): void {
  const parts = partsOf(type, value);
  if (parts === undefined) {
    // null in place of a map or a list names no field below it; the caller marks the field itself.
    into.member = true;
    return;
  }
  for (const [name, part] of parts) {
    const child = childOf(into, name);
    collect(part.type, part.value, child);
    if (part.value === null || (isRecord(part.value) && Object.keys(part.value).length === 0) || !part.named) child.member = true;
    if (!child.member && child.children.size === 0) into.children.delete(name);
  }
}

export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** How `right` differs from `left`. */
export function compare(type: MergeType, left: unknown, right: unknown): Comparison {
  const result = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  walk(type, left, right, result, []);
  return result;
}

function mark(set: FieldSet, path: readonly string[]): void {
  let at = set;
  for (const part of path) at = childOf(at, part);
  at.member = true;
}

function walk(type: MergeType, left: unknown, right: unknown, result: Comparison, path: readonly string[]): void {
  // Most of an object stays as it was: that is seen much sooner than walked through.
  if (sameJson(left, right)) return;
  const [before, after] = [partsOf(type, left), partsOf(type, right)];
  const empty = (value: unknown) => value === undefined || value === null;
  const looksInside = (before !== undefined || empty(left)) && (after !== undefined || empty(right)) && (before !== undefined || after !== undefined);
  if (!looksInside) {
    if (left === undefined) mark(result.added, path);
    else if (right === undefined) mark(result.removed, path);
    else if (!sameJson(left, right)) mark(result.modified, path);
    return;
  }
  for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
    const [a, b] = [before?.get(name), after?.get(name)];
    walk(b?.type ?? a?.type ?? { kind: 'deduced' }, a?.value, b?.value, result, [...path, name]);
  }
  if (left === undefined) mark(result.added, path);
  else if (right === undefined) mark(result.removed, path);
}

/** `over` laid onto `base`: fields merge, leaves are replaced, items of keyed lists are found by their keys. */
export function mergeTyped(type: MergeType, base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (type.kind === 'list' && Array.isArray(base) && Array.isArray(over)) return mergeLists(type, base, over);
  if (type.kind === 'leaf' || !isRecord(base) || !isRecord(over)) return over;
  const result: JsonRecord = { ...base };
  for (const [name, part] of partsOf(type, over) ?? []) result[name.slice(2)] = mergeTyped(part.type, base[name.slice(2)], part.value);
  return result;
}

/** The items of `over` in their order, those of `base` before the next one that both have. */
function mergeLists(type: MergeType & { kind: 'list' }, base: readonly unknown[], over: readonly unknown[]): unknown[] {
  const name = (item: unknown) => elementName(type, item);
  const known = new Map(base.map((item) => [name(item), item]));
  const wanted = new Set(over.map(name));
  const result: unknown[] = [];
  let at = 0;
  for (const item of over) {
    if (known.has(name(item))) {
      const shared = base.findIndex((b) => name(b) === name(item));
      for (; at < shared; at++) if (!wanted.has(name(base[at]))) result.push(base[at]);
      at = Math.max(at, shared + 1);
    }
    result.push(mergeTyped(type.element, known.get(name(item)), item));
  }
  for (; at < base.length; at++) if (!wanted.has(name(base[at]))) result.push(base[at]);
  return result;
}

/** The object without what `gone` holds. A part goes when it is a member and nothing below it stays. */
export function removeFields(type: MergeType, value: unknown, gone: FieldSet): unknown {
  if (Array.isArray(value) && type.kind === 'list') {
    const kept: unknown[] = [];
    for (const item of value) {
      const node = gone.children.get(elementName(type, item));
      if (node?.member === true) continue;
      kept.push(node === undefined ? item : removeFields(type.element, item, node));
    }
    return kept;
  }
  const parts = partsOf(type, value);
  if (parts === undefined || !isRecord(value)) return value;
  const result: JsonRecord = { ...value };
  for (const [name, part] of parts) {
    const node = gone.children.get(name);
    if (node === undefined) continue;
    if (node.member) delete result[name.slice(2)];
    else result[name.slice(2)] = removeFields(part.type, part.value, node);
  }
  return result;
}
