/**
 * A set of paths in an object, in the tree form of metadata.managedFields' fieldsV1: `f:name` a field, `k:{…}` an item by
 * its keys, `v:…` an item by its value. After structured-merge-diff v4 fieldpath
 */
import { isRecord } from './json-values.ts';

export interface FieldSet {
  /** The path itself belongs to the set. */
  member: boolean;
  children: Map<string, FieldSet>;
}

export function emptySet(): FieldSet {
  return { member: false, children: new Map() };
}

export function isEmpty(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmpty);
}

/** The node at `name`, made when missing. */
export function childOf(set: FieldSet, name: string): FieldSet {
  let child = set.children.get(name);
  if (child === undefined) {
    child = emptySet();
    set.children.set(name, child);
  }
  return child;
}

export function insert(set: FieldSet, path: readonly string[]): void {
  let at = set;
  for (const part of path) at = childOf(at, part);
  at.member = true;
}

/** What managedFields say in their two forms; sets that have either are not changed any more. */
const written = new WeakMap<FieldSet, Record<string, unknown>>();
const read = new WeakMap<object, FieldSet>();

function combine(a: FieldSet | undefined, b: FieldSet | undefined, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const result = emptySet();
  result.member = keep(a?.member === true, b?.member === true);
  for (const name of new Set([...(a?.children.keys() ?? []), ...(b?.children.keys() ?? [])])) {
    const child = combine(a?.children.get(name), b?.children.get(name), keep);
    if (!isEmpty(child)) result.children.set(name, child);
  }
  return result;
}

/** `a` itself where `b` adds nothing at all. */
export const union = (a: FieldSet, b: FieldSet): FieldSet => (!b.member && b.children.size === 0 ? a : combine(a, b, (x, y) => x || y));
/** `a` itself where they have nothing in common. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => (overlaps(a, b) ? combine(a, b, (x, y) => x && !y) : a);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (x, y) => x && y);
export const sameSet = (a: FieldSet, b: FieldSet): boolean => isEmpty(combine(a, b, (x, y) => x !== y));

function overlaps(a: FieldSet, b: FieldSet): boolean {
  if (a.member && b.member) return true;
  for (const [name, child] of b.children) {
    const other = a.children.get(name);
    if (other !== undefined && overlaps(other, child)) return true;
  }
  return false;
}

/** Every path that belongs to the set, in order. */
export function paths(set: FieldSet, prefix: readonly string[] = []): string[][] {
  const own = set.member ? [[...prefix]] : [];
  return [...own, ...sorted(set).flatMap(([name, child]) => paths(child, [...prefix, name]))];
}

/** Without the parts of the tree that `removed` names, with all that is below them. */
export function without(set: FieldSet, removed: readonly (readonly string[])[]): FieldSet {
  const result = combine(set, undefined, (x) => x);
  for (const path of removed) {
    let at: FieldSet | undefined = result;
    for (const part of path.slice(0, -1)) at = at?.children.get(part);
    at?.children.delete(path.at(-1) ?? '');
  }
  return result;
}

function sorted(set: FieldSet): [string, FieldSet][] {
  return [...set.children].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

export function toFieldsV1(set: FieldSet): Record<string, unknown> {
  let fields = written.get(set);
  if (fields === undefined) written.set(set, (fields = write(set)));
  return fields;
}

function write(set: FieldSet): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, child] of sorted(set)) {
    if (isEmpty(child)) continue;
    const below = write(child);
    result[name] = child.member && Object.keys(below).length > 0 ? { '.': {}, ...below } : below;
  }
  return result;
}

/** Of a stored object, whose fields are frozen, the set is made once. */
export function fromFieldsV1(fields: unknown): FieldSet {
  if (!isRecord(fields)) return emptySet();
  if (!Object.isFrozen(fields)) return parse(fields);
  let set = read.get(fields);
  if (set === undefined) {
    set = parse(fields);
    read.set(fields, set);
    written.set(set, fields);
  }
  return set;
}

function parse(fields: unknown): FieldSet {
  const set = emptySet();
  if (!isRecord(fields)) return set;
  for (const [name, value] of Object.entries(fields)) {
    if (name === '.') set.member = true;
    else {
      const child = parse(value);
      if (isRecord(value) && Object.keys(value).length === 0) child.member = true;
      set.children.set(name, child);
    }
  }
  return set;
}

/** `.spec.containers[name="a"].image` */
export function pathText(path: readonly string[]): string {
  return path
    .map((part) => {
      const rest = part.slice(2);
      if (part.startsWith('f:')) return `.${rest}`;
      if (part.startsWith('v:')) return `[=${rest}]`;
      if (part.startsWith('i:')) return `[${rest}]`;
      const keys: unknown = JSON.parse(rest);
      return isRecord(keys) ? `[${Object.entries(keys).map(([k, v]) => `${k}=${JSON.stringify(v)}`).join(',')}]` : part;
    })
    .join('');
}
