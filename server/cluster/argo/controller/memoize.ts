import type { Holder } from '../types/resolve.ts';
import { decodeOutputs } from '../types/workflow.ts';
import type { NodeStatus, Template } from '../types/workflow.ts';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { parseGoDuration } from '../../../lib/go-duration.ts';
import type { KubeObject } from '../../store/object.ts';
import { unmarshal } from '../types/go-json.ts';
import { goDurationProblem } from './durations.ts';
import { nodeTypeOf } from './operation.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';

const LABEL = 'workflows.argoproj.io/configmap-type';

/**
 * The node of a template whose outputs are remembered from an earlier run; undefined when it has to be executed.
 * After argo-workflows v3.7.6 workflow/controller/cache
 */
export function memoized(op: Operation, nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
  const memo = template.memoize;
  if (memo === undefined) return undefined;
  const cacheName = memo.cache?.configMap?.name ?? '';
  if (!/^[a-zA-Z0-9][-a-zA-Z0-9]*$/.test(memo.key)) throw new Error(`invalid cache key: ${memo.key}`);
  const refused = op.observed.cacheErrors.get(op.nodes.id(nodeName));
  if (refused !== undefined) throw new Error(refused);
  // Caches are kept where the controller lives, whatever the workflow's namespace is.
  const cache = op.observed.configMap(cacheName, op.observed.controllerNamespace);
  const problem = cache === undefined ? undefined : cacheProblem(cache);
  if (problem !== undefined) throw new Error(problem);
  const maxAge = memo.maxAge === '' ? undefined : parseGoDuration(memo.maxAge);
  const data = isJsonObject(cache?.['data']) ? cache['data'] : {};
  const text = data[memo.key];
  const entry = typeof text === 'string' && text !== '' ? read(text) : undefined;
  if (memo.maxAge !== '' && maxAge === undefined) throw new Error(`invalid maxAge: ${goDurationProblem(memo.maxAge)}`);
  if (entry === undefined) return undefined;
  op.changes.saveCaches.push({ configMap: cacheName, key: memo.key, nodeId: op.nodes.id(nodeName), hit: entry });
  if (maxAge !== undefined && op.now - Date.parse(String(entry['creationTimestamp'])) > maxAge) return undefined;
  const type = op.retryStrategyOf(template) === undefined ? nodeTypeOf(template) : 'Retry';
  // One that waited for a lock is there already.
  const node = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, type, scope, template, holder, 'Succeeded', options);
  node.phase = 'Succeeded';
  delete node.taskResultSynced;
  node.memoizationStatus = { hit: true, key: memo.key, cacheName };
  if (isJsonObject(entry['outputs'])) node.outputs = decodeOutputs(entry['outputs']);
  node.finishedAt = op.nowText;
  return node;
}

function read(text: string): JsonObject {
  let entry: unknown;
  try {
    entry = unmarshal(text);
  } catch (error) {
    throw new Error(`malformed cache entry: could not unmarshal JSON; unable to parse: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return isJsonObject(entry) ? entry : {};
}

/** What keeps a ConfigMap from being a cache. */
export function cacheProblem(cache: KubeObject): string | undefined {
  const label = cache.metadata.labels?.[LABEL];
  if (label === 'Cache') return undefined;
  return `memoization configmap doesn't have ${label === undefined ? `${LABEL} label` : `label ${LABEL} = Cache`}, refusing to use it`;
}

/** Remembers the outputs of a node that has succeeded. One of a pod or a request that cannot be remembered is in error. */
export function saveMemo(op: Operation, node: NodeStatus): void {
  const memo = node.memoizationStatus;
  if (memo === undefined || memo.hit) return;
  const refused = op.observed.cacheErrors.get(node.id);
  if (refused !== undefined) {
    if (node.type !== 'Pod' && node.type !== 'HTTP') return;
    node.phase = 'Error';
    node.message = refused;
    return;
  }
  op.changes.saveCaches.push({ configMap: memo.cacheName, key: memo.key, nodeId: node.id, outputs: node.outputs });
}
