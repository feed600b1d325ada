import type { WatchEvent, Workflow } from '../api/shapes.ts';

export const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'] as const;
export const NAME_FILTERS = ['Contains', 'Prefix', 'Exact'] as const;
export type NameFilter = (typeof NAME_FILTERS)[number];

/** What the list of workflows is asked for, as the page's address says it. */
export interface ListQuery {
  name: string;
  nameFilter: NameFilter;
  labels: string;
  template: string;
  cron: string;
  phases: string[];
  /** Days (`2026-01-31`) in the reader's time zone; empty for no bound. */
  createdAfter: string;
  finishedBefore: string;
  limit: number;
  offset: number;
}

/** The labels that there are, `name=value`, for a filter to choose from. */
export function labelSuggestions(items: readonly { metadata: { labels?: Readonly<Record<string, string>> | null | undefined } }[]): string[] {
  return [...new Set(items.flatMap(({ metadata }) => Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`)))].sort();
}

/** A day of the address: `2026-01-31`, or a time as Argo's own interface writes it, as the reader's day. */
function dayOf(text: string): string {
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : undefined;
  if (at === undefined || Number.isNaN(at.getTime())) return text;
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

export function readListQuery(query: URLSearchParams): ListQuery {
  const text = (name: string) => query.get(name) ?? '';
  const whole = (name: string, otherwise: number) => (/^\d{1,6}$/.test(text(name)) ? Number(text(name)) : otherwise);
  return {
    // Argo's own interface writes `?Prefix=hello`, and a label a time.
    name: text('name') || text(NAME_FILTERS.find((filter) => text(filter) !== '') ?? ''),
    nameFilter: NAME_FILTERS.find((filter) => filter === text('nameFilter') || text(filter) !== '') ?? 'Contains',
    labels: query.getAll('label').filter(Boolean).join(','),
    template: text('template'),
    cron: text('cronWorkflow'),
    phases: query.getAll('phase').flatMap((value) => value.split(',')).filter(Boolean),
    createdAfter: dayOf(text('createdAfter')),
    finishedBefore: dayOf(text('finishedBefore')),
    limit: whole('limit', 50) || 50,
    offset: whole('offset', 0),
  };
}

const LABEL = 'workflows.argoproj.io/';

/**
 * The labels that the server filters by. A workflow that nobody has looked at yet has no phase and no label for it;
 * it counts as pending, so that asking for pending ones is asking for none of the other phases.
 */
export function labelSelector(query: ListQuery): string {
  const others = PHASES.filter((phase) => !query.phases.includes(phase));
  const phases = query.phases.length === 0 || others.length === 0 ? '' : query.phases.includes('Pending') ? `${LABEL}phase notin (${others.join(',')})` : `${LABEL}phase in (${query.phases.join(',')})`;
  return [query.labels, query.template === '' ? '' : `${LABEL}workflow-template=${query.template}`, query.cron === '' ? '' : `${LABEL}cron-workflow=${query.cron}`, phases].filter(Boolean).join(',');
}

const ITEM = ['metadata.uid', 'metadata.name', 'metadata.namespace', 'metadata.creationTimestamp', 'metadata.labels', 'metadata.annotations', 'status.phase', 'status.message', 'status.startedAt', 'status.finishedAt', 'status.progress', 'spec.suspend'];

/** What is asked of each workflow of a list. */
export const ITEM_FIELDS = ['metadata', ...ITEM.map((field) => `items.${field}`)].join(',');

/** The same of the events of a watch: a workflow's nodes, megabytes of some, stay away from each of them. */
export const EVENT_FIELDS = ['result.type', ...ITEM.map((field) => `result.object.${field}`)].join(',');

/** The parameters of the list request. The nodes, most of a workflow, stay away. */
export function listRequest(query: ListQuery): Record<string, string | number> {
  return {
    'listOptions.labelSelector': labelSelector(query),
    'listOptions.limit': query.limit,
    ...(query.offset === 0 ? {} : { 'listOptions.continue': query.offset }),
    ...(query.name === '' ? {} : { 'listOptions.fieldSelector': `metadata.name=${query.name}`, nameFilter: query.nameFilter }),
    ...timeOf('createdAfter', query.createdAfter),
    ...timeOf('finishedBefore', query.finishedBefore),
    fields: ITEM_FIELDS,
  };
}

function timeOf(name: string, day: string): Record<string, string> {
  const at = Date.parse(`${day}T00:00:00`);
  return Number.isNaN(at) ? {} : { [name]: new Date(at).toISOString().replace('.000Z', 'Z') };
}

/** Whether a workflow of the watch, which filters by labels only, belongs on the list. */
export function belongs(workflow: Workflow, query: ListQuery): boolean {
  const name = workflow.metadata.name ?? '';
  const named = { Contains: name.includes(query.name), Prefix: name.startsWith(query.name), Exact: name === query.name }[query.nameFilter];
  const after = Date.parse(`${query.createdAfter}T00:00:00`);
  const before = Date.parse(`${query.finishedBefore}T00:00:00`);
  return (
    (query.name === '' || named) &&
    (query.phases.length === 0 || query.phases.includes(workflow.status.phase ?? 'Pending')) &&
    (Number.isNaN(after) || Date.parse(workflow.metadata.creationTimestamp ?? '') > after) &&
    (Number.isNaN(before) || Date.parse(workflow.status.finishedAt ?? '') < before)
  );
}

/** The page of the list after an event. New ones come on the first page only; later pages would shift under the reader. */
export function applyEvent(list: readonly Workflow[], event: WatchEvent, query: ListQuery): Workflow[] {
  const { uid } = event.object.metadata;
  const others = list.filter((workflow) => workflow.metadata.uid !== uid);
  if (event.type === 'DELETED' || !belongs(event.object, query)) return others;
  if (query.offset > 0 && others.length === list.length) return others;
  return [...others, event.object].toSorted(byNewest).slice(0, query.limit);
}

/** Unfinished ones first, the latest start first; then the finished ones, the latest end first. */
export function byNewest(a: Workflow, b: Workflow): number {
  const end = (workflow: Workflow) => workflow.status.finishedAt ?? '';
  const start = (workflow: Workflow) => workflow.status.startedAt ?? workflow.metadata.creationTimestamp ?? '';
  if ((end(a) === '') !== (end(b) === '')) return end(a) === '' ? -1 : 1;
  const [first, second] = end(a) === '' ? [start(a), start(b)] : [end(a), end(b)];
  return second.localeCompare(first) || (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '');
}
