import { rfc3339 } from '../../../../lib/clock.ts';
import type { JsonObject } from '../../../../lib/json.ts';
import { message, text } from '../route.ts';
import { ArgoError } from '../status.ts';
import { copy, dig, mapOf, nameOf } from '../structs.ts';
import { LABEL, nodesOf, overrideParameters, phaseOf, podName } from './shared.ts';
import { matchesNode, parseFieldSelector } from './suspend-nodes.ts';

const EXECUTED = new Set(['Pod', 'Container', 'HTTP', 'Plugin']);
const GROUPS = new Set(['Steps', 'StepGroup', 'DAG', 'TaskGroup', 'Retry']);

function failed(node: JsonObject): boolean {
  return node['phase'] === 'Failed' || node['phase'] === 'Error';
}

function childrenOf(node: JsonObject): string[] {
  const children = node['children'];
  return Array.isArray(children) ? children.filter((child) => typeof child === 'string') : [];
}

/**
 * The workflow made ready to run its failed parts again, and the pods that must go first.
 * After argo-workflows v3.7.6 workflow/util/util.go
 */
export function formulateRetry(
  given: JsonObject,
  options: { restartSuccessful: boolean; nodeFieldSelector: string; parameters: readonly string[] },
  now: number,
): { workflow: JsonObject; podsToDelete: string[] } {
  const phase = phaseOf(given);
  if (phase === 'Succeeded') {
    if (!options.restartSuccessful || options.nodeFieldSelector === '') throw new ArgoError(400, 'To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector');
  } else if (phase !== 'Failed' && phase !== 'Error') throw new ArgoError(400, `Cannot retry a workflow in phase ${phase}`);

  const workflow = copy(given);
  const spec = dig(workflow, 'spec');
  const status = dig(workflow, 'status');
  const labels = mapOf(workflow, 'labels');
  delete labels[`${LABEL}completed`];
  delete labels[`${LABEL}workflow-archiving-status`];
  labels[`${LABEL}phase`] = 'Running';
  status['phase'] = 'Running';
  delete status['message'];
  status['startedAt'] = rfc3339(now);
  status['finishedAt'] = null;
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  status['conditions'] = [...conditions.filter((one) => text(one as JsonObject, 'type') !== 'Completed'), { type: 'Completed', status: 'False' }];
  if (spec['activeDeadlineSeconds'] === 0) delete spec['activeDeadlineSeconds'];
  delete spec['shutdown'];
  overrideParameters(workflow, options.parameters);

  const nodes = new Map(nodesOf(workflow));
  const gone = goingNodes(workflow, nodes, options);
  const podsToDelete = [...gone].flatMap((id) => {
    const node = nodes.get(id);
    return node !== undefined && node['type'] === 'Pod' ? [podName(workflow, node)] : [];
  });
  for (const id of gone) nodes.delete(id);
  for (const node of nodes.values()) {
    if (childrenOf(node).length > 0) node['children'] = childrenOf(node).filter((child) => !gone.has(child));
    const outbound = node['outboundNodes'];
    if (Array.isArray(outbound)) {
      const left = outbound.filter((child) => typeof child === 'string' && !gone.has(child));
      if (left.length === 0) delete node['outboundNodes'];
      else node['outboundNodes'] = left;
    }
    if (Array.isArray(node['children']) && node['children'].length === 0) delete node['children'];
  }
  for (const id of groupsToReopen(nodes, new Map(nodesOf(given)), gone)) {
    const node = nodes.get(id);
    if (node === undefined) continue;
    node['phase'] = 'Running';
    node['finishedAt'] = null;
    delete node['message'];
    delete node['outboundNodes'];
  }
  status['nodes'] = Object.fromEntries(nodes);
  return { workflow, podsToDelete };
}

/** What failed by itself, what the selector names, everything after it, and the exit handler. */
function goingNodes(workflow: JsonObject, nodes: ReadonlyMap<string, JsonObject>, options: { restartSuccessful: boolean; nodeFieldSelector: string }): Set<string> {
  const gone = new Set<string>();
  const remove = (id: string) => {
    const node = nodes.get(id);
    if (node === undefined || gone.has(id)) return;
    gone.add(id);
    for (const child of childrenOf(node)) remove(child);
  };
  const requirements = options.restartSuccessful && options.nodeFieldSelector !== '' ? parseFieldSelector(options.nodeFieldSelector) : undefined;
  const root = nameOf(workflow);
  for (const [id, node] of nodes) {
    const name = text(node, 'name');
    if (name === `${root}.onExit` || name.startsWith(`${root}.onExit.`) || name.startsWith(`${root}.onExit[`)) remove(id);
    else if (requirements !== undefined && matchesNode(requirements, node) && !GROUPS.has(text(node, 'type'))) remove(id);
    else if (failed(node) && EXECUTED.has(text(node, 'type'))) remove(id);
    else if (node['phase'] === 'Omitted') remove(id);
    else if (failed(node) && node['type'] === 'Retry') for (const child of childrenOf(node)) remove(child);
  }
  return gone;
}

/** Every group on the way up from something that goes. */
function groupsToReopen(nodes: ReadonlyMap<string, JsonObject>, before: ReadonlyMap<string, JsonObject>, gone: ReadonlySet<string>): Set<string> {
  const reopen = new Set<string>();
  const parents = new Map<string, string[]>();
  for (const [id, node] of before) for (const child of childrenOf(node)) parents.set(child, [...(parents.get(child) ?? []), id]);
  const up = (id: string) => {
    const node = before.get(id);
    const boundary = node === undefined ? undefined : node['boundaryID'];
    for (const parent of [...(parents.get(id) ?? []), ...(typeof boundary === 'string' ? [boundary] : [])]) {
      if (reopen.has(parent)) continue;
      const above = nodes.get(parent);
      if (above !== undefined && GROUPS.has(text(above, 'type')) && (failed(above) || parent === boundary || message(above, 'outputs') !== undefined || above['type'] === 'TaskGroup')) reopen.add(parent);
      up(parent);
    }
  };
  for (const id of gone) up(id);
  return reopen;
}
