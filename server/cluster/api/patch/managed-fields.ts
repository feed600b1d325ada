/** Who wrote which field. After kubernetes 1.32 apimachinery/pkg/util/managedfields and structured-merge-diff v4 merge/update.go */
import { apiVersionOf, type GroupVersion, type KubeObject, type ManagedFieldsEntry } from '../../store/object.ts';
import { isRecord } from './json-values.ts';
import { compare, givenFields, type Comparison } from './field-walk.ts';
import { difference, emptySet, fromFieldsV1, intersection, isEmpty, sameSet, toFieldsV1, union, without, type FieldSet } from './field-set.ts';
import type { MergeType } from './merge-schema.ts';

export interface Writer {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
}

/** One manager's share. */
export interface Managed extends Writer {
  set: FieldSet;
  time?: string;
}

/** How many managers that update are told apart; the oldest beyond that become one. */
const MAX_UPDATE_MANAGERS = 10;
const ANCIENT = 'ancient-changes';

/** Fields that only the server writes: nobody manages them. */
const SERVER_FIELDS: readonly (readonly string[])[] = [
  ['f:apiVersion'],
  ['f:kind'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map((name) => ['f:metadata', `f:${name}`]),
];

export function managedBy(a: Writer, b: Writer): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.apiVersion === b.apiVersion && (a.subresource ?? '') === (b.subresource ?? '');
}

export function readManaged(entries: readonly ManagedFieldsEntry[] | undefined): Managed[] {
  const read = (entries ?? []).filter((e) => typeof e.manager === 'string').map(({ manager, operation, apiVersion, subresource, time, fieldsV1 }) => ({
    manager,
    operation,
    apiVersion,
    set: fromFieldsV1(fieldsV1),
    ...(subresource === undefined || subresource === '' ? {} : { subresource }),
    ...(time === undefined || time === null ? {} : { time }),
  }));
  // Of several entries of one manager the last one counts.
  return read.filter((entry, i) => !read.slice(i + 1).some((later) => managedBy(entry, later)));
}

/** Sorted as the API server writes them: applied before updated, older before newer. */
export function writeManaged(managed: readonly Managed[]): ManagedFieldsEntry[] {
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...managed]
    .filter((m) => !isEmpty(m.set) || m.operation === 'Apply')
    .sort((a, b) => order(a.operation, b.operation) || order(a.time ?? '', b.time ?? '') || order(a.manager, b.manager) || order(a.apiVersion, b.apiVersion) || order(a.subresource ?? '', b.subresource ?? ''))
    .map(({ manager, operation, apiVersion, time, set, subresource }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(set),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

/** A copy with managedFields, which go where the API server puts them: at the end of metadata. */
export function withManagedFields(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const { managedFields: _old, ...metadata } = object.metadata;
  return { ...object, metadata: { ...metadata, ...(entries.length === 0 ? {} : { managedFields: [...entries] }) } };
}

export function stripServerFields(set: FieldSet, ignored: readonly (readonly string[])[] = []): FieldSet {
  return without(set, [...SERVER_FIELDS, ...ignored]);
}

function withoutServerFields(fields: Record<string, unknown>): Record<string, unknown> {
  const result = { ...fields };
  for (const [first = '', second] of SERVER_FIELDS) {
    const inner = result[first];
    if (second === undefined) delete result[first];
    else if (isRecord(inner)) {
      const { [second]: _gone, ...rest } = inner;
      result[first] = rest;
    }
  }
  // A field below which nothing is left is not one that anybody gave.
  const metadata = result['f:metadata'];
  if (isRecord(metadata) && Object.keys(metadata).length === 0) delete result['f:metadata'];
  return result;
}

export function compareObjects(type: MergeType, old: unknown, next: unknown): Comparison {
  const { added, modified, removed } = compare(type, old, next);
  return { added: stripServerFields(added), modified: stripServerFields(modified), removed: stripServerFields(removed) };
}

/** What an update leaves the others: they lose what was changed or removed. */
export function othersAfter(managed: readonly Managed[], writer: Writer, { added, modified, removed }: Comparison): Managed[] {
  const taken = union(union(added, modified), removed);
  return managed.map((m) => (managedBy(m, writer) ? m : { ...m, set: difference(m.set, taken) })).filter((m) => managedBy(m, writer) || !isEmpty(m.set));
}

/** What the others own of what an apply changes. */
export function conflictsOf(managed: readonly Managed[], writer: Writer, { added, modified }: Comparison): { with: Managed; set: FieldSet }[] {
  const touched = union(added, modified);
  return managed.filter((m) => !managedBy(m, writer)).map((m) => ({ with: m, set: intersection(m.set, touched) })).filter((c) => !isEmpty(c.set));
}

export interface Update {
  type: MergeType;
  /** What a new object of the kind holds before anything is written into it: compared with at creation. */
  blank: unknown;
  version: GroupVersion;
  manager: string;
  subresource?: string;
  /** RFC 3339. */
  time: string;
}

/**
 * `next` with managedFields that say what the manager changed from `old` (undefined: it is created). Whoever sends
 * managedFields along changes them directly; `[{}]` clears them, and an object without any is not tracked until it is
 * applied.
 */
export function updateManagedFields(old: KubeObject | undefined, next: KubeObject, by: Update): KubeObject {
  const sent = next.metadata.managedFields;
  if (sent?.length === 1 && Object.keys(sent[0] ?? {}).length === 0) return withManagedFields(next, []);
  const given = by.subresource === undefined ? readManaged(sent) : [];
  const managed = given.length > 0 ? given : readManaged(old?.metadata.managedFields);
  if (old !== undefined && managed.length === 0) return withManagedFields(next, []);
  const writer: Writer = { manager: by.manager, operation: 'Update', apiVersion: apiVersionOf(by.version), ...(by.subresource === undefined ? {} : { subresource: by.subresource }) };
  if (old === undefined && managed.length === 0) {
    const fieldsV1 = withoutServerFields(givenFields(by.type, by.blank, next) ?? {});
    const { subresource, ...who } = writer;
    return withManagedFields(next, Object.keys(fieldsV1).length === 0 ? [] : [{ ...who, time: by.time, fieldsType: 'FieldsV1', fieldsV1, ...(subresource === undefined ? {} : { subresource }) }]);
  }
  return withManagedFields(next, writeManaged(capped(trackChange(managed, writer, compareObjects(by.type, old ?? by.blank, next), by.time))));
}

export function trackChange(managed: readonly Managed[], writer: Writer, change: Comparison, time: string): Managed[] {
  const before = managed.find((m) => managedBy(m, writer));
  const set = union(union(difference(before?.set ?? emptySet(), change.removed), change.modified), change.added);
  const others = othersAfter(managed, writer, change).filter((m) => !managedBy(m, writer));
  if (isEmpty(set)) return others;
  const kept = before !== undefined && sameSet(before.set, set);
  return [...others, { ...writer, set, ...(kept ? (before.time === undefined ? {} : { time: before.time }) : { time }) }];
}

function capped(managed: readonly Managed[]): Managed[] {
  const updaters = managed.filter((m) => m.operation === 'Update').sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  const surplus = updaters.slice(0, Math.max(0, updaters.length - MAX_UPDATE_MANAGERS));
  if (surplus.length === 0) return [...managed];
  const merged = new Map<string, Managed>();
  for (const m of surplus) {
    const one = merged.get(m.apiVersion);
    merged.set(m.apiVersion, { ...m, manager: ANCIENT, set: one === undefined ? m.set : union(one.set, m.set) });
  }
  return [...managed.filter((m) => !surplus.includes(m)), ...merged.values()];
}
