import { rfc3339 } from '../../../../lib/clock.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { message, text } from '../route.ts';
import { ArgoError } from '../status.ts';
import { copy, dig, mapOf, nameOf } from '../structs.ts';
import { childIds, graphOf, hasFailed, inOrder, isExecuted, planFor, succeededBelow, type GraphNode } from './retry-graph.ts';
import { LABEL, nodesOf, overrideParameters, phaseOf, podName } from './shared.ts';
import { matchesNode, parseFieldSelector } from './suspend-nodes.ts';

export interface RetryOptions {
  restartSuccessful: boolean;
  nodeFieldSelector: string;
  parameters: readonly string[];
}

/**
 * The workflow made ready to run its failed parts again, and the pods that must go first.
 * After argo-workflows v3.7.6 workflow/util/util.go
 */
export function formulateRetry(given: JsonObject, options: RetryOptions, now: number): { workflow: JsonObject; podsToDelete: string[] } {
  const phase = phaseOf(given);
  if (phase === 'Succeeded') {
    if (!options.restartSuccessful || options.nodeFieldSelector === '') throw new ArgoError(400, 'To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector');
  } else if (phase !== 'Failed' && phase !== 'Error') throw new ArgoError(400, `Cannot retry a workflow in phase ${phase}`);

  const workflow = reopened(given, options.parameters, now);
  const old = new Map(nodesOf(given));
  const graph = graphOf(old, nameOf(given));
  const going = startingPoints(old, graph, options);
  const reset = new Set<string>();
  const removed = new Set<string>();
  // What goes with a node above it is not looked at again.
  for (const one of inOrder(graph, nameOf(given))) {
    if (!going.has(one.id) || removed.has(one.id)) continue;
    const plan = planFor(one);
    for (const id of plan.reset) reset.add(id);
    for (const id of plan.remove) removed.add(id);
  }
  const exit = `${nameOf(given)}.onExit`;
  const pods = new Set<string>();
  for (const [id, node] of old) if ((removed.has(id) && node['type'] === 'Pod') || text(node, 'name').startsWith(exit)) pods.add(podName(given, node));
  const nodes: JsonObject = {};
  for (const [id, node] of old) {
    if (removed.has(id) || (text(node, 'name').startsWith(exit) && !reset.has(id))) continue;
    nodes[id] = keepLinks(reset.has(id) ? resetNode(copy(node), now) : copy(node), removed);
  }
  dig(workflow, 'status')['nodes'] = nodes;
  return { workflow, podsToDelete: [...pods] };
}

/** The workflow as if it were still running, without what says how it ended. */
function reopened(given: JsonObject, parameters: readonly string[], now: number): JsonObject {
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
  delete status['persistentVolumeClaims'];
  const conditions = (Array.isArray(status['conditions']) ? status['conditions'] : []).filter(isJsonObject);
  status['conditions'] = conditions.some((one) => one['type'] === 'Completed') ? conditions.map((one) => (one['type'] === 'Completed' ? { type: 'Completed', status: 'False' } : one)) : [...conditions, { type: 'Completed', status: 'False' }];
  if (spec['activeDeadlineSeconds'] === 0) delete spec['activeDeadlineSeconds'];
  delete spec['shutdown'];
  const stored = message(status, 'storedWorkflowTemplateSpec');
  if (stored !== undefined) delete stored['shutdown'];
  overrideParameters(workflow, parameters);
  return workflow;
}

/** What the selector names, and what failed by itself with nothing that succeeded after it. */
function startingPoints(nodes: ReadonlyMap<string, JsonObject>, graph: ReadonlyMap<string, GraphNode>, options: RetryOptions): Set<string> {
  const going = new Set<string>();
  if (options.restartSuccessful && options.nodeFieldSelector !== '') {
    const requirements = parseFieldSelector(options.nodeFieldSelector);
    for (const [id, node] of nodes) if (matchesNode(requirements, node)) going.add(id);
  }
  const failed = [...graph.values()].filter(({ node }) => hasFailed(node) && isExecuted(node));
  const named = new Set(going);
  for (const one of failed) {
    // An attempt of a retry counts as what the retry is.
    const retried = message(one.node, 'nodeFlag')?.['retried'] === true;
    if (!succeededBelow(retried && one.parent !== undefined ? one.parent : one, named)) going.add(one.id);
  }
  return going;
}

function resetNode(node: JsonObject, now: number): JsonObject {
  const outputs = message(node, 'outputs');
  if (node['type'] === 'Suspend' && outputs !== undefined && Array.isArray(outputs['parameters'])) {
    // What was supplied has to be supplied again.
    outputs['parameters'] = outputs['parameters'].filter(isJsonObject).map((parameter) => ({ name: text(parameter, 'name'), valueFrom: { supplied: {} } }));
  }
  if (node['phase'] !== 'Skipped') node['phase'] = 'Running';
  delete node['message'];
  node['startedAt'] = rfc3339(now);
  node['finishedAt'] = null;
  return node;
}

function keepLinks(node: JsonObject, removed: ReadonlySet<string>): JsonObject {
  for (const list of ['children', 'outboundNodes'] as const) {
    const left = childIds(node, list).filter((id) => !removed.has(id));
    if (left.length === 0) delete node[list];
    else node[list] = left;
  }
  return node;
}
