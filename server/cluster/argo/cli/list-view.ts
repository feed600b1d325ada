import type { JsonObject } from '../../../lib/json.ts';
import { list, object, text, timeOf } from './json-access.ts';
import { alignCells } from './tab-writer.ts';
import { shortDuration } from './time.ts';
import { statusWord } from './workflow-view.ts';

export interface ListColumns {
  now: number;
  wide: boolean;
  headers: boolean;
  namespace: boolean;
  uid: boolean;
}

/** The table of `argo list`. After argo-workflows v3.7.6 util/printer/workflow-printer.go */
export function workflowTable(workflows: readonly JsonObject[], options: ListColumns): string {
  if (workflows.length === 0) return 'No workflows found\n';
  const head = [...(options.namespace ? ['NAMESPACE'] : []), 'NAME', 'STATUS', 'AGE', 'DURATION', 'PRIORITY', 'MESSAGE', ...(options.wide ? ['P/R/C', 'PARAMETERS'] : []), ...(options.uid ? ['UID'] : [])];
  const rows = workflows.map((workflow) => {
    const metadata = object(workflow, 'metadata');
    const status = object(workflow, 'status');
    const started = timeOf(status, 'startedAt');
    const created = timeOf(metadata, 'creationTimestamp');
    return [
      ...(options.namespace ? [text(metadata, 'namespace')] : []),
      text(metadata, 'name'),
      statusWord(workflow),
      created === undefined ? '0s' : shortDuration(options.now - created),
      started === undefined ? '0s' : shortDuration((timeOf(status, 'finishedAt') ?? options.now) - started),
      text(object(workflow, 'spec'), 'priority') || '0',
      text(status, 'message'),
      ...(options.wide ? [counts(workflow), parameters(workflow)] : []),
      ...(options.uid ? [text(metadata, 'uid')] : []),
    ];
  });
  return alignCells(options.headers ? [head, ...rows] : rows, 3) + nudge(workflows);
}

/** Pods pending, running and completed. */
function counts(workflow: JsonObject): string {
  const count = { pending: 0, running: 0, completed: 0 };
  for (const node of Object.values(object(workflow, 'status', 'nodes'))) {
    const phase = typeof node === 'object' && node !== null && !Array.isArray(node) && text(node, 'type') === 'Pod' ? text(node, 'phase') : '';
    if (phase === 'Pending') count.pending++;
    else if (phase === 'Running') count.running++;
    else if (phase !== '') count.completed++;
  }
  return `${count.pending}/${count.running}/${count.completed}`;
}

function parameters(workflow: JsonObject): string {
  return list(object(workflow, 'spec', 'arguments'), 'parameters')
    .map((parameter) => `${text(parameter, 'name')}=${text(parameter, 'value').length > 50 ? `${text(parameter, 'value').slice(0, 46)}...` : text(parameter, 'value')}`)
    .join(',');
}

/** Unfinished ones first, then the ones that ended last. */
export function inListOrder(a: JsonObject, b: JsonObject): number {
  const [first, second] = [timeOf(object(a, 'status'), 'finishedAt'), timeOf(object(b, 'status'), 'finishedAt')];
  if (first === undefined && second === undefined) return (timeOf(object(b, 'status'), 'startedAt') ?? 0) - (timeOf(object(a, 'status'), 'startedAt') ?? 0);
  if (first === undefined) return -1;
  if (second === undefined) return 1;
  return second - first;
}

/** Said where there are so many that they cost. After argo-workflows v3.7.6 util/printer/workflow-printer.go */
function nudge(workflows: readonly JsonObject[]): string {
  const completed = workflows.filter((workflow) => ['Succeeded', 'Failed', 'Error'].includes(text(object(workflow, 'status'), 'phase'))).length;
  const counts = [[workflows.length - completed, 'incomplete'], [completed, 'completed']] as const;
  const many = counts.filter(([count]) => count > 100).map(([count, word]) => `${count} ${word} `);
  if (many.length === 0) return '';
  return `\nYou have at least ${many.join('and ')}workflows. Reducing the total number of workflows will reduce your costs.\nLearn more at https://argo-workflows.readthedocs.io/en/latest/cost-optimisation/\n`;
}
