import type { JsonObject } from '../../../../lib/json.ts';
import { text } from '../route.ts';

/** A node among the others of its workflow: one parent at most, as Argo looks at it when it retries. */
export interface GraphNode {
  id: string;
  node: JsonObject;
  parent: GraphNode | undefined;
  children: GraphNode[];
}

const GROUPS = new Set(['DAG', 'TaskGroup', 'StepGroup', 'Steps']);
const EXECUTED = new Set(['Container', 'Pod', 'HTTP', 'Plugin']);

export function isGroup(node: JsonObject): boolean {
  return GROUPS.has(text(node, 'type'));
}

export function isExecuted(node: JsonObject): boolean {
  return EXECUTED.has(text(node, 'type'));
}

export function hasFailed(node: JsonObject): boolean {
  return node['phase'] === 'Failed' || node['phase'] === 'Error';
}

export function childIds(node: JsonObject, list: 'children' | 'outboundNodes' = 'children'): string[] {
  const children = node[list];
  return Array.isArray(children) ? children.filter((child) => typeof child === 'string') : [];
}

/** The nodes with their places. Throws where one has no parent, or a child is missing. */
export function graphOf(nodes: ReadonlyMap<string, JsonObject>, workflowName: string): Map<string, GraphNode> {
  const graph = new Map<string, GraphNode>();
  for (const [id, node] of nodes) graph.set(id, { id, node, parent: undefined, children: [] });
  for (const one of graph.values()) {
    for (const child of childIds(one.node)) {
      const found = graph.get(child);
      if (found === undefined) throw new Error(`coudln't obtain child ${child}`);
      one.children.push(found);
      found.parent = one;
    }
  }
  for (const { id, node, parent } of graph.values()) {
    const name = text(node, 'name');
    if (parent === undefined && name !== workflowName && !name.startsWith(`${workflowName}.onExit`)) throw new Error(`couldn't find parent node for ${id}`);
  }
  return graph;
}

/** From the root down, level by level; the exit handler is not among them. */
export function inOrder(graph: ReadonlyMap<string, GraphNode>, workflowName: string): GraphNode[] {
  const root = [...graph.values()].find(({ node }) => text(node, 'name') === workflowName);
  if (root === undefined) return [];
  const out: GraphNode[] = [];
  const seen = new Set<string>();
  for (let level = [root]; level.length > 0; level = level.flatMap(({ children }) => children)) {
    level = level.filter(({ id }) => !seen.has(id));
    for (const one of level) {
      seen.add(one.id);
      out.push(one);
    }
  }
  return out;
}

/** Everything below a node. */
export function below(node: GraphNode, found = new Set<string>()): Set<string> {
  for (const child of node.children) {
    if (found.has(child.id)) continue;
    found.add(child.id);
    below(child, found);
  }
  return found;
}

/** Whether something below succeeded that is not to go itself. */
export function succeededBelow(node: GraphNode, going: ReadonlySet<string>): boolean {
  return node.children.some((child) => (!going.has(child.id) && child.node['phase'] === 'Succeeded') || succeededBelow(child, going));
}

export interface Plan {
  reset: Set<string>;
  remove: Set<string>;
}

/**
 * What has to go when a node runs again (it and all below it), and which groups above it run again with it.
 * After argo-workflows v3.7.6 workflow/util/util.go
 */
export function planFor(start: GraphNode): Plan {
  const plan: Plan = { reset: new Set(), remove: new Set([start.id, ...below(start)]) };
  if (start.parent === undefined) return plan;
  for (let current: GraphNode | undefined = start; current !== undefined; ) {
    const type = text(current.node, 'type');
    if (isGroup(current.node)) {
      plan.reset.add(current.id);
      current = boundariesAbove(current, plan);
      continue;
    }
    if (type === 'Retry' && hasFailed(current.node)) plan.reset.add(current.id);
    if (type === 'Container') {
      current = podOf(current, plan);
      continue;
    }
    current = current.parent;
  }
  return plan;
}

/** Up from a group through the groups that hold it, to where nothing holds any more. */
function boundariesAbove(start: GraphNode, plan: Plan): GraphNode | undefined {
  for (let current = start; ; ) {
    if (current.parent !== undefined && current.parent.node['type'] === 'Retry') {
      plan.reset.add(current.parent.id);
      current = current.parent;
    }
    const type = current.parent === undefined ? '' : text(current.parent.node, 'type');
    if (current.parent !== undefined && (type === 'StepGroup' || type === 'TaskGroup')) plan.reset.add(current.parent.id);
    const boundary = text(current.node, 'boundaryID');
    if (boundary === '') return current.parent;
    current = upTo(current, (one) => one.id === boundary, plan);
  }
}

/** A container stands for its pod: that goes, with all its containers. */
function podOf(container: GraphNode, plan: Plan): GraphNode {
  const pod = upTo(container, (one) => one.node['type'] === 'Pod', plan);
  for (const id of [pod.id, ...below(pod)]) plan.remove.add(id);
  return pod;
}

function upTo(start: GraphNode, matches: (one: GraphNode) => boolean, plan: Plan): GraphNode {
  for (let current: GraphNode | undefined = start; current !== undefined; current = current.parent) {
    if (!matches(current)) continue;
    plan.reset.add(current.id);
    return current;
  }
  throw new Error('was seeking node but ran out of nodes to explore');
}
