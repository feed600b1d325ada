import type { NodeStatus, Workflow } from '../types/workflow.ts';
import { isExecutable } from './nodes.ts';
import type { Nodes } from './nodes.ts';

interface Progress {
  done: number;
  total: number;
}

/** `N/M` with 0 ≤ N ≤ M and M > 0. */
export function parseProgress(text: string | undefined): Progress | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(text ?? '');
  if (match === null) return undefined;
  const [done, total] = [Number(match[1]), Number(match[2])];
  return total > 0 && done <= total ? { done, total } : undefined;
}

const show = ({ done, total }: Progress): string => `${done}/${total}`;

/** Sets the progress of every node and of the workflow. After argo-workflows v3.7.6 workflow/progress/updater.go */
export function updateProgress(workflow: Workflow, nodes: Nodes): void {
  const sum: Progress = { done: 0, total: 0 };
  for (const node of nodes.all()) {
    if (!isExecutable(node)) continue;
    if ((node.progress ?? '') === '') node.progress = '0/1';
    const progress = parseProgress(node.progress);
    if (progress === undefined) continue;
    if (node.phase === 'Succeeded' || node.phase === 'Skipped' || node.phase === 'Omitted') {
      progress.done = progress.total;
      node.progress = show(progress);
    }
    sum.done += progress.done;
    sum.total += progress.total;
  }
  workflow.status.progress = show(sum);
  for (const node of nodes.all()) {
    if (isExecutable(node)) continue;
    const below = sumBelow(node, nodes);
    if (below.total > 0) node.progress = show(below);
  }
}

function sumBelow(node: NodeStatus, nodes: Nodes): Progress {
  const sum: Progress = { done: 0, total: 0 };
  for (const child of nodes.descendants(node)) {
    const progress = isExecutable(child) ? parseProgress(child.progress) : undefined;
    if (progress === undefined) continue;
    sum.done += progress.done;
    sum.total += progress.total;
  }
  return sum;
}

/** The workflow's resources are those of its pods; a node's those of the nodes below it. */
export function updateResources(workflow: Workflow, nodes: Nodes): void {
  const total: Record<string, number> = {};
  const add = (to: Record<string, number>, what: Record<string, number> | undefined) => {
    for (const [name, seconds] of Object.entries(what ?? {})) to[name] = (to[name] ?? 0) + seconds;
  };
  for (const node of nodes.all()) if (node.type === 'Pod') add(total, node.resourcesDuration);
  for (const node of nodes.all()) {
    if (isExecutable(node)) continue;
    if (node.finishedAt === null) continue;
    const below: Record<string, number> = {};
    for (const child of nodes.descendants(node)) if (child.type === 'Pod') add(below, child.resourcesDuration);
    if (Object.keys(below).length > 0) node.resourcesDuration = below;
  }
  if (Object.keys(total).length > 0) workflow.status.resourcesDuration = total;
}
