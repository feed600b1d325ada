/** After kubernetes 1.32 apimachinery/pkg/util/managedfields and structured-merge-diff v4 merge/update.go */
import { goJson } from '../../../lib/json.ts';
import { apiVersionOf, type KubeObject } from '../../store/object.ts';
import { ApiStatus } from '../status.ts';
import { difference, isEmpty, pathText, paths, union, type FieldSet } from './field-set.ts';
import { compare, mergeTyped, removeFields, toFieldSet } from './field-walk.ts';
import { isRecord, sameJson } from './json-values.ts';
import { compareObjects, conflictsOf, managedBy, othersAfter, readManaged, stripServerFields, trackChange, withManagedFields, writeManaged, type Managed, type Update, type Writer } from './managed-fields.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface Apply extends Update {
  force: boolean;
  /** Parts of the applied configuration that this request may not write, as field-set paths (`f:status`). */
  ignored: readonly (readonly string[])[];
}

/**
 * `live` (undefined: nothing there yet) with `applied` merged in: fields that this manager applied before and leaves
 * out now go, unless somebody else has them too. Throws ApiStatus 409 with every conflict, unless `force`; 400 when
 * managedFields are sent along.
 */
export function serverSideApply(live: KubeObject | undefined, applied: KubeObject, by: Apply): KubeObject {
  if ((applied.metadata.managedFields ?? []).length > 0) throw new ApiStatus(400, 'BadRequest', 'metadata.managedFields must be nil');
  const writer: Writer = { manager: by.manager, operation: 'Apply', apiVersion: apiVersionOf(by.version), ...(by.subresource === undefined ? {} : { subresource: by.subresource }) };
  const managed = managersOf(live, by);
  const outcome = merge(live, applied, by, writer, managed, by.force);
  if (!(outcome instanceof ApiStatus)) return outcome.object;
  // What kubectl's client-side apply wrote may be taken over by its server-side apply.
  if (by.manager !== 'kubectl' || live === undefined) throw outcome;
  const allowed = lastAppliedSet(live, by);
  const left = outcome.conflicts.map((c) => ({ with: c.with, set: difference(c.set, allowed) })).filter((c) => !isEmpty(c.set));
  if (left.length > 0) throw conflictStatus(left);
  const forced = merge(live, applied, by, writer, managed, true);
  if (forced instanceof ApiStatus) throw forced;
  return forced.object;
}

class ApplyConflict extends ApiStatus {
  constructor(readonly conflicts: Conflict[], status: ApiStatus) {
    super(status.code, status.reason, status.message, status.details);
  }
}

interface Conflict {
  with: Managed;
  set: FieldSet;
}

/** An object from before its first apply has everything managed by one manager of that name. */
function managersOf(live: KubeObject | undefined, by: Apply): Managed[] {
  const managed = readManaged(live?.metadata.managedFields);
  if (live === undefined || managed.length > 0) return managed;
  const first: Writer = { manager: 'before-first-apply', operation: 'Update', apiVersion: apiVersionOf(by.version) };
  return trackChange([], first, compareObjects(by.type, by.blank, live), by.time);
}

function merge(live: KubeObject | undefined, applied: KubeObject, by: Apply, writer: Writer, managed: readonly Managed[], force: boolean): { object: KubeObject } | ApplyConflict {
  const base = live ?? by.blank;
  const set = stripServerFields(toFieldSet(by.type, applied), by.ignored);
  const before = managed.find((m) => managedBy(m, writer));
  const others = managed.filter((m) => !managedBy(m, writer));
  const merged = mergeTyped(by.type, base, withoutIgnored(applied, by.ignored));
  const owned = others.reduce((all, m) => union(all, m.set), set);
  const pruned = before === undefined ? merged : removeFields(by.type, merged, orphans(before.set, owned));
  const change = compareObjects(by.type, base, pruned);
  const conflicts = conflictsOf(others, writer, change);
  if (conflicts.length > 0 && !force) return new ApplyConflict(conflicts, conflictStatus(conflicts));

  const object = withLastApplied(asObject(pruned, applied, live), applied, by);
  const after = othersAfter(others, writer, change);
  // Whoever changes nothing but who owns what leaves no time.
  const unchanged = live !== undefined && sameJson({ ...live, metadata: { ...live.metadata, managedFields: undefined } }, { ...object, metadata: { ...object.metadata, managedFields: undefined } });
  const time = unchanged ? before?.time : by.time;
  // Who applies nothing and had nothing is not remembered.
  if (live !== undefined && before === undefined && isEmpty(set)) return { object: withManagedFields(object, writeManaged(after)) };
  return { object: withManagedFields(object, writeManaged([...after, { ...writer, set, ...(time === undefined ? {} : { time }) }])) };
}

function asObject(merged: unknown, applied: KubeObject, live: KubeObject | undefined): KubeObject {
  const base = isRecord(merged) ? merged : {};
  const metadata = isRecord(base.metadata) ? base.metadata : {};
  return { ...base, apiVersion: applied.apiVersion, kind: applied.kind, metadata: { ...metadata, name: applied.metadata.name || (live?.metadata.name ?? '') } };
}

function withoutIgnored(applied: KubeObject, ignored: readonly (readonly string[])[]): KubeObject {
  const copy: KubeObject = { ...applied };
  for (const path of ignored) if (path.length === 1) delete copy[(path[0] ?? '').slice(2)];
  return copy;
}

/** What was applied before and has no owner any more; a map or an item stays while anything in it is owned. */
function orphans(before: FieldSet, owned: FieldSet | undefined): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [name, child] of before.children) {
    const below = owned?.children.get(name);
    const node = orphans(child, below);
    if (node.member || node.children.size > 0) children.set(name, node);
  }
  return { member: before.member && (owned === undefined || isEmpty(owned)), children };
}

function conflictStatus(conflicts: readonly Conflict[]): ApiStatus {
  const all = conflicts.flatMap((c) => paths(c.set).map((path) => ({ manager: managerText(c.with), path: pathText(path) })));
  const causes = all.map(({ manager, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field: path }));
  const [only] = all;
  if (all.length === 1 && only !== undefined) return new ApiStatus(409, 'Conflict', `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.path}`, { causes });
  const managers = [...new Set(all.map((c) => c.manager))].sort();
  const lines = managers.flatMap((manager) => [`conflicts with ${manager}:`, ...all.filter((c) => c.manager === manager).map((c) => `- ${c.path}`)]);
  return new ApiStatus(409, 'Conflict', `Apply failed with ${all.length} conflicts: ${lines.join('\n')}`, { causes });
}

function managerText({ manager, subresource, operation, apiVersion }: Writer): string {
  const name = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** The fields of the last-applied annotation that still have its value. */
function lastAppliedSet(live: KubeObject, by: Apply): FieldSet {
  const annotation = live.metadata.annotations?.[LAST_APPLIED];
  let last: unknown;
  try {
    last = JSON.parse(annotation ?? 'null');
  } catch {
    last = null;
  }
  if (!isRecord(last)) return { member: false, children: new Map() };
  const { added, modified, removed } = compare(by.type, last, live);
  return difference(toFieldSet(by.type, last), union(union(added, modified), removed));
}

/** kubectl keeps the annotation of an object that has one up to date, so that both kinds of apply may alternate. */
function withLastApplied(object: KubeObject, applied: KubeObject, by: Apply): KubeObject {
  if (by.manager !== 'kubectl' || object.metadata.annotations?.[LAST_APPLIED] === undefined) return object;
  const { annotations, managedFields: _managed, creationTimestamp, ...metadata } = applied.metadata;
  const { [LAST_APPLIED]: _last, ...kept } = annotations ?? {};
  const configuration = sortKeys({ ...applied, metadata: { ...metadata, ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}), ...(annotations === undefined ? {} : { annotations: kept }) } });
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: `${goJson(configuration)}\n` } } };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key])]));
}
