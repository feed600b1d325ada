import type { Holder } from '../types/resolve.ts';
import { decodeOutputs } from '../types/workflow.ts';
import type { NodeStatus, Template } from '../types/workflow.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { parseGoDuration } from '../../../lib/go-duration.ts';
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
  const cache = op.observed.configMap(cacheName);
  if (cache !== undefined && cache.metadata.labels?.[LABEL] !== 'Cache') throw new Error(`Config map name: ${cacheName}, with label: 'Cache' is not found.`);
  const data = isJsonObject(cache?.['data']) ? cache['data'] : {};
  const text = data[memo.key];
  if (typeof text !== 'string') return undefined;
  const entry: unknown = JSON.parse(text);
  if (!isJsonObject(entry)) return undefined;
  if (memo.maxAge !== '') {
    const age = parseGoDuration(memo.maxAge);
    if (age === undefined) throw new Error(`invalid maxAge: time: invalid duration ${JSON.stringify(memo.maxAge)}`);
    if (op.now - Date.parse(String(entry['creationTimestamp'])) > age) return undefined;
  }
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

/** Remembers the outputs of a node that has succeeded. */
export function saveMemo(op: Operation, node: NodeStatus): void {
  const memo = node.memoizationStatus;
  if (memo === undefined || memo.hit) return;
  op.changes.saveCaches.push({ configMap: memo.cacheName, key: memo.key, nodeId: node.id, outputs: node.outputs });
}
