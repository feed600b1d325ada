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

/** A field of a map: its type, and whether the type knows it by name. */
function fieldOf(type: MergeType, key: string): { type: MergeType; named: boolean } {
  const field = type.kind === 'map' ? type.field(key) : undefined;
  return { type: field ?? (type.kind === 'map' ? (type.entry ?? { kind: 'deduced' }) : type), named: field !== undefined };
}

/** What a value is made of, as (name, value, type); undefined when it is one value. */
export function partsOf(type: MergeType, value: unknown): Map<string, { value: unknown; type: MergeType; named: boolean }> | undefined {
  if (type.kind === 'leaf') return undefined;
  if (isRecord(value)) {
    if (type.kind === 'list') return undefined;
    const parts = new Map<string, { value: unknown; type: MergeType; named: boolean }>();
    for (const [key, item] of Object.entries(value)) if (item !== undefined) parts.set(`f:${key}`, { value: item, ...fieldOf(type, key) });
    return parts;
  }
  if (Array.isArray(value) && type.kind === 'list') {
    return new Map(value.map((item) => [elementName(type, item), { value: item, type: type.element, named: false }]));
  }
  return undefined;
}

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Whether two values are to be compared part by part, an absent one counting as one without parts. */
function looksInside(type: MergeType, left: unknown, right: unknown): boolean {
  const hasParts = (value: unknown): boolean => (type.kind === 'list' ? Array.isArray(value) : type.kind !== 'leaf' && isRecord(value));
  return (isAbsent(left) || hasParts(left)) && (isAbsent(right) || hasParts(right)) && (hasParts(left) || hasParts(right));
}

/** The parts of which one of two values has another one than the other: a part that is the same in both is not even named. */
function* differingParts(type: MergeType, left: unknown, right: unknown): Generator<{ name: string; type: MergeType; left: unknown; right: unknown }> {
  if (type.kind === 'list') {
    const [before, after] = [partsOf(type, left), partsOf(type, right)];
    for (const name of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) yield { name, type: type.element, left: before?.get(name)?.value, right: after?.get(name)?.value };
    return;
  }
  const [before, after] = [isRecord(left) ? left : {}, isRecord(right) ? right : {}];
  for (const key of Object.keys(before)) if (before[key] !== after[key]) yield { name: `f:${key}`, type: fieldOf(type, key).type, left: before[key], right: after[key] };
  for (const key of Object.keys(after)) if (!Object.hasOwn(before, key) && after[key] !== undefined) yield { name: `f:${key}`, type: fieldOf(type, key).type, left: undefined, right: after[key] };
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
  if (looksInside(type, left, right)) {
    for (const part of differingParts(type, left, right)) walk(part.type, part.left, part.right, result, [...path, part.name]);
    if (left === undefined) mark(result.added, path);
    else if (right === undefined) mark(result.removed, path);
  } else if (left === undefined) mark(result.added, path);
  else if (right === undefined) mark(result.removed, path);
  else mark(result.modified, path);
}

/**
 * What `compare` would call added or modified, at once in the form of fieldsV1: that of a new object compared with an
 * empty one. undefined where nothing is.
 */
export function givenFields(type: MergeType, blank: unknown, value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || sameJson(blank, value)) return undefined;
  if (!looksInside(type, blank, value)) return {};
  const below: [string, Record<string, unknown>][] = [];
  for (const part of differingParts(type, blank, value)) {
    const fields = givenFields(part.type, part.left, part.right);
    if (fields !== undefined) below.push([part.name, fields]);
  }
  if (below.length === 0) return blank === undefined ? {} : undefined;
  below.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return { ...(blank === undefined ? { '.': {} } : {}), ...Object.fromEntries(below) };
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
