import type { JsonObject } from '../../../lib/json.ts';
import { ARCHIVING_STATUS } from '../archive/workflow-archive.ts';
import { archiveFilter } from './archive-access.ts';
import { FieldFilter } from './fields.ts';
import { type ListFilter, listFilter } from './list-filter.ts';
import { WORKFLOWS, message, text, type ServiceContext } from './route.ts';
import { Code, GrpcStatus } from './status.ts';
import { fromKube, nameOf, toKube } from './structs.ts';
import { normalize } from '../types/normal-form.ts';

/** Kubernetes' answer to "all that belong to this controller": none of them carries an instance id. */
export const OWN_SELECTOR = '!workflows.argoproj.io/controller-instanceid';

export function intOf(value: string, name: string): number {
  if (value === '') return 0;
  if (!/^[+-]?\d+$/.test(value)) throw new GrpcStatus(Code.InvalidArgument, `listOptions.${name} must be int`);
  const parsed = Number(value);
  if (name === 'continue' && parsed < 0) throw new GrpcStatus(Code.InvalidArgument, 'listOptions.continue must >= 0');
  return parsed;
}

function status(workflow: JsonObject): JsonObject {
  return message(workflow, 'status') ?? {};
}

function labelsOf(workflow: JsonObject): JsonObject | undefined {
  return message(message(workflow, 'metadata'), 'labels');
}

function started(workflow: JsonObject): string {
  return text(status(workflow), 'startedAt');
}

/** Unfinished ones first, newest start first; then finished ones, newest end first. */
export function compareWorkflows(a: JsonObject, b: JsonObject): number {
  const [endA, endB] = [text(status(a), 'finishedAt'), text(status(b), 'finishedAt')];
  if (endA === '' && endB === '') return started(b).localeCompare(started(a));
  if (endA === '') return -1;
  if (endB === '') return 1;
  return endB.localeCompare(endA);
}

/** Lists workflows with paging, filters and `fields`; the caller's right was checked before. */
export async function listWorkflows({ own: kube, archive }: Pick<ServiceContext, 'own' | 'archive'>, request: JsonObject): Promise<JsonObject> {
  const options = message(request, 'listOptions');
  const filter = listFilter(request);
  const limit = intOf(text(options, 'limit'), 'limit');
  const offset = intOf(text(options, 'continue'), 'continue');
  const selector = text(options, 'labelSelector');
  const list = await kube.list(WORKFLOWS, {
    ...(filter.namespace === '' ? {} : { namespace: filter.namespace }),
    labelSelector: selector === '' ? OWN_SELECTOR : `${selector},${OWN_SELECTOR}`,
  });
  const keep = matcher(request, filter);
  const live = list.items
    .map((item) => fromKube('Workflow', item))
    // What is archived is shown from there.
    .filter((workflow) => keep(workflow) && (archive === undefined || labelsOf(workflow)?.[ARCHIVING_STATUS] !== 'Archived'))
    .sort((a, b) => started(b).localeCompare(started(a)));
  const archived = archive?.list(archiveFilter(request, filter)).map((workflow) => fromKube('Workflow', toKube('Workflow', workflow))) ?? [];
  const all = [...live, ...archived];
  const page = limit > 0 ? all.slice(offset, offset + limit) : all.slice(offset);
  const metadata: JsonObject = { resourceVersion: list.metadata.resourceVersion };
  const remaining = all.length - offset - page.length;
  if (limit > 0 && remaining > 0) metadata['continue'] = String(offset + limit);
  if (filter.showRemaining) metadata['remainingItemCount'] = Math.max(0, remaining);
  const items = page.sort(compareWorkflows);
  const answer: JsonObject = { metadata, items: items.length === 0 ? null : items };
  const fields = new FieldFilter(text(request, 'fields'));
  if (fields.open) return answer;
  const cleaned = normalize('WorkflowList', fields.apply(answer));
  if (Array.isArray(cleaned['items']) && cleaned['items'].length === 0) cleaned['items'] = null;
  return cleaned;
}

function matcher(request: JsonObject, filter: ListFilter): (workflow: JsonObject) => boolean {
  const nameFilter = text(request, 'nameFilter');
  const createdAfter = Date.parse(text(request, 'createdAfter'));
  const finishedBefore = Date.parse(text(request, 'finishedBefore'));
  return (workflow) => {
    const name = nameOf(workflow);
    if (filter.name !== '') {
      if (nameFilter === 'Contains' ? !name.includes(filter.name) : nameFilter === 'Prefix' ? !name.startsWith(filter.name) : name !== filter.name) return false;
    }
    const start = Date.parse(started(workflow));
    if (filter.startedAfter !== undefined && !(start > filter.startedAfter)) return false;
    if (filter.startedBefore !== undefined && !(start < filter.startedBefore)) return false;
    if (!Number.isNaN(createdAfter) && !(Date.parse(text(message(workflow, 'metadata'), 'creationTimestamp')) > createdAfter)) return false;
    if (!Number.isNaN(finishedBefore)) {
      const end = Date.parse(text(status(workflow), 'finishedAt'));
      if (!(end < finishedBefore)) return false;
    }
    return true;
  };
}

/** A single object with `fields` applied, as the typed server hands it out. */
export function applyFields(kind: string, value: JsonObject, fields: string): JsonObject {
  const filter = new FieldFilter(fields);
  return filter.open ? value : normalize(kind, filter.apply(value));
}

export function isDryRun(request: JsonObject): boolean {
  const dryRun = message(request, 'createOptions')?.['dryRun'];
  return Array.isArray(dryRun) && dryRun.length > 0;
}

