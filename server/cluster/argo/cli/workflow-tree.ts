import { podNameOf as workflowPodName } from '../controller/names.ts';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { shortDuration } from './time.ts';
import { list, object, text, timeOf } from './json-access.ts';
import { resourcesText } from './resources-text.ts';
import type { ViewOptions } from './workflow-view.ts';

/** A node with what hangs below it. */
interface Branch {
  node: JsonObject;
  children: Branch[];
}

const BOUNDARIES = new Set(['Steps', 'DAG']);
const PARENTS = new Set(['StepGroup', 'Retry', 'TaskGroup']);

function nodesOf(workflow: JsonObject): Map<string, JsonObject> {
  return new Map(Object.entries(object(workflow, 'status', 'nodes')).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1])));
}

const isPodLike = (node: JsonObject): boolean => !BOUNDARIES.has(text(node, 'type')) && !PARENTS.has(text(node, 'type'));

function inOrder(a: JsonObject, b: JsonObject): number {
  return (timeOf(a, 'startedAt') ?? 0) - (timeOf(b, 'startedAt') ?? 0) || (text(a, 'name') < text(b, 'name') ? -1 : 1);
}

/**
 * Puts the nodes into trees: what belongs to a boundary hangs below it, attempts and the steps of a group below their
 * parent. After argo-workflows v3.7.6 cmd/argo/commands/common/get.go
 */
function treesOf(workflow: JsonObject): Branch[] {
  const nodes = nodesOf(workflow);
  const branches = new Map([...nodes].map(([id, node]): [string, Branch] => [id, { node, children: [] }]));
  const parentOf = new Map<string, string>();
  for (const [id, node] of nodes) {
    if (!PARENTS.has(text(node, 'type'))) continue;
    const own = Array.isArray(node['children']) ? node['children'].map(String) : [];
    const boundary = text(node, 'boundaryID');
    for (const child of own) {
      const other = nodes.get(child);
      // The next group of steps is a child of the group before, too, but not inside it.
      if (other !== undefined && text(other, 'type') !== 'StepGroup' && text(other, 'boundaryID') === boundary && (text(node, 'type') !== 'Retry' || text(other, 'name').startsWith(`${text(node, 'name')}(`))) parentOf.set(child, id);
    }
  }
  const roots: Branch[] = [];
  for (const [id, node] of [...nodes].sort((a, b) => inOrder(a[1], b[1]))) {
    const branch = branches.get(id);
    if (branch === undefined) continue;
    const parent = branches.get(parentOf.get(id) ?? text(node, 'boundaryID'));
    if (parent === undefined) roots.push(branch);
    else parent.children.push(branch);
  }
  return roots;
}

const ICONS: Record<string, [string, string, number]> = {
  Pending: ['◷', 'Pending', 33],
  Running: ['●', 'Running', 36],
  Succeeded: ['✔', 'Succeeded', 32],
  Skipped: ['○', 'Skipped', 39],
  Failed: ['✖', 'Failed', 31],
  Error: ['⚠', 'Error', 31],
  Omitted: ['○', 'Omitted', 39],
};

function icon(node: JsonObject, options: ViewOptions): string {
  const [picture, word, colour] = ICONS[text(node, 'phase')] ?? ['?', text(node, 'phase'), 39];
  if (text(node, 'type') === 'Suspend' && text(node, 'phase') === 'Running') return options.ascii ? 'Suspended' : options.paint(36, 'ǁ');
  return options.ascii ? word : options.paint(colour, picture);
}

/** Nodes that have no row of their own; the second value says whether what hangs below is indented all the same. */
function hidden(node: JsonObject, children: number, options: ViewOptions): [boolean, boolean] {
  const type = text(node, 'type');
  if (type === 'Retry' && children === 1) return [true, false];
  if (type === 'StepGroup' || type === 'TaskGroup') return [true, true];
  if (text(node, 'phase') === 'Omitted') return [true, false];
  if (options.status !== '' && isPodLike(node) && !options.status.split(',').includes(text(node, 'phase'))) return [true, false];
  return [false, true];
}

/** The rows of the tree, as cells. The exit handler is a tree of its own behind an empty row. */
export function nodeRows(workflow: JsonObject, options: ViewOptions): string[][] {
  const rows: string[][] = [];
  const name = text(object(workflow, 'metadata'), 'name');
  const roots = treesOf(workflow);
  const main = roots.find((root) => text(root.node, 'name') === name);
  const rest = roots.filter((root) => root !== main && text(root.node, 'name') === `${name}.onExit`);
  if (main !== undefined) render(main, '', '', workflow, options, rows);
  for (const root of rest) {
    rows.push([' ', '', '', '', '', '']);
    render(root, '', '', workflow, options, rows);
  }
  return rows;
}

function render(branch: Branch, nodePrefix: string, childPrefix: string, workflow: JsonObject, options: ViewOptions, rows: string[][]): void {
  const [filtered, indented] = hidden(branch.node, branch.children.length, options);
  if (!filtered) rows.push(row(branch.node, nodePrefix, workflow, options));
  const last = branch.children.length - 1;
  branch.children.forEach((child, index) => {
    let part = '';
    let below = '';
    if (filtered && indented) {
      if (last === 0) [part, below] = ['──', '  '];
      else if (index === 0) [part, below] = ['┬─', '│ '];
      else if (index === last) [part, below] = ['└─', '  '];
      else [part, below] = ['├─', '│ '];
    } else if (!filtered) [part, below] = index === last ? ['└─', '  '] : ['├─', '│ '];
    const front = filtered && index === 0 ? nodePrefix : childPrefix;
    render(child, front + part, childPrefix + below, workflow, options, rows);
  });
}

function row(node: JsonObject, prefix: string, workflow: JsonObject, options: ViewOptions): string[] {
  const ref = object(node, 'templateRef');
  const template = text(ref, 'template') === '' ? text(node, 'templateName') : `${text(ref, 'name')}/${text(ref, 'template')}`;
  const pod = text(node, 'type') === 'Pod';
  const started = timeOf(node, 'startedAt');
  const duration = pod ? shortDuration(started === undefined ? 0 : (timeOf(node, 'finishedAt') ?? options.now) - started) : '';
  const first = ` ${prefix}${icon(node, options)} ${text(node, 'displayName')}`;
  const podName = pod ? podNameOf(workflow, node) : '';
  const message = text(node, 'message');
  if (options.output === 'short') return [first, template, podName, duration, message, pod ? text(node, 'hostNodeName') : ''];
  if (options.output === 'wide') {
    const artifacts = list(object(node, 'outputs'), 'artifacts').map((one) => text(one, 'name')).join(',');
    return [first, template, podName, duration, artifacts, message, resourcesText(object(node, 'resourcesDuration')), pod ? text(node, 'hostNodeName') : ''];
  }
  return [first, template, podName, duration, message, ''];
}

/** The name of a node's pod: worked out from its name, as the controller does. */
function podNameOf(workflow: JsonObject, node: JsonObject): string {
  const name = text(object(workflow, 'metadata'), 'name');
  if (text(object(workflow, 'metadata', 'annotations'), 'workflows.argoproj.io/pod-name-format') === 'v1') return text(node, 'id');
  return workflowPodName(name, text(node, 'name'), text(object(node, 'templateRef'), 'template') || text(node, 'templateName'));
}
