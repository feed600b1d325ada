import { isJsonObject } from '../../../lib/json.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import type { KubeObject } from '../../store/object.ts';
import { forStorage, storageOf, type ApiCore } from '../core.ts';
import { badRequest, conflict, invalid } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { orderObject } from '../metadata.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { ApiStatus, type StatusBody } from '../status.ts';
import { deleteObject } from './delete.ts';
import { getObject } from './read.ts';

/** The answer to an action that has nothing to show. */
export const SUCCESS: StatusBody = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** Binds a pod to a node. After kubernetes 1.32 pkg/registry/core/pod/storage/storage.go. Throws ApiStatus 409, 422. */
export function bindPod(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string, name: string, binding: KubeObject): StatusBody {
  const target = isJsonObject(binding.target) ? binding.target : {};
  if (typeof target.name !== 'string' || target.name === '') {
    // The registry hands on what it finds as it is.
    throw new ApiStatus(500, '', 'target.name: Required value');
  }
  const pod = getObject(core, info, namespace, name);
  const spec = isJsonObject(pod.spec) ? pod.spec : {};
  const status = isJsonObject(pod.status) ? pod.status : {};
  if (pod.metadata.deletionTimestamp !== undefined) throw conflict({ group: '', resource: 'pods/binding' }, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (typeof spec.nodeName === 'string' && spec.nodeName !== '') throw conflict({ group: '', resource: 'pods/binding' }, name, `pod ${name} is already assigned to node "${spec.nodeName}"`);
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter((c) => !(isJsonObject(c) && c.type === 'PodScheduled')) : [];
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: rfc3339(core.clock.now()) };
  const annotations = binding.metadata.annotations;
  const metadata = annotations === undefined ? pod.metadata : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } };
  const bound = orderObject({ ...pod, metadata, spec: { ...spec, nodeName: target.name }, status: { ...status, conditions: [...conditions, scheduled] } });
  if (!context.dryRun) core.store.update(storageOf(info), forStorage(core, info, bound), pod.metadata.resourceVersion);
  return SUCCESS;
}

const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' };

/** Deletes a pod unless a PodDisruptionBudget forbids it. After kubernetes 1.32 pkg/registry/core/pod/storage/eviction.go */
export function evictPod(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string, name: string, eviction: KubeObject, matches: (selector: unknown, labels: Record<string, string> | undefined) => boolean): StatusBody {
  if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
  const pod = getObject(core, info, namespace, name);
  const given = isJsonObject(eviction.deleteOptions) ? eviction.deleteOptions : {};
  const dryRun = context.dryRun || (Array.isArray(given.dryRun) && given.dryRun.includes('All'));
  const status = isJsonObject(pod.status) ? pod.status : {};
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed' || status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
  if (!ended) askBudget(core, core.store.list(BUDGETS, namespace).filter((budget) => isJsonObject(budget.spec) && matches(budget.spec.selector, pod.metadata.labels)), pod, dryRun);
  if (!dryRun && pod.metadata.deletionTimestamp === undefined) markTarget(core, info, pod);
  deleteObject(core, { ...context, dryRun }, info, namespace, name, typeof given.gracePeriodSeconds === 'number' ? { gracePeriodSeconds: given.gracePeriodSeconds } : {}, true);
  return SUCCESS;
}

/** Throws ApiStatus 429 where the budget has nothing left; else takes one from it. */
function askBudget(core: ApiCore, budgets: readonly KubeObject[], pod: KubeObject, dryRun: boolean): void {
  if (budgets.length > 1) throw new ApiStatus(500, '', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const [budget] = budgets;
  if (budget === undefined) return;
  const spec = isJsonObject(budget.spec) ? budget.spec : {};
  const status = isJsonObject(budget.status) ? budget.status : {};
  const count = (field: string): number => (typeof status[field] === 'number' ? status[field] : 0);
  // A pod that is not ready counts for nothing: it may go while the others are enough.
  const enough = count('currentHealthy') >= count('desiredHealthy') && count('desiredHealthy') > 0;
  if (!isReady(pod) && (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || enough)) return;
  const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";
  if (count('observedGeneration') < (budget.metadata.generation ?? 0)) {
    throw new ApiStatus(429, 'TooManyRequests', refusal, { causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${budget.metadata.name} is still being processed by the server.` }], retryAfterSeconds: 10 });
  }
  if (count('disruptionsAllowed') === 0) {
    const message = `The disruption budget ${budget.metadata.name} needs ${count('desiredHealthy')} healthy pods and has ${count('currentHealthy')} currently`;
    throw new ApiStatus(429, 'TooManyRequests', refusal, { causes: [{ reason: 'DisruptionBudget', message }] });
  }
  if (dryRun) return;
  const disrupted = isJsonObject(status.disruptedPods) ? status.disruptedPods : {};
  const next = { ...status, disruptionsAllowed: count('disruptionsAllowed') - 1, disruptedPods: { ...disrupted, [pod.metadata.name]: rfc3339(core.clock.now()) } };
  core.store.update(BUDGETS, orderObject({ ...budget, status: next }), budget.metadata.resourceVersion);
}

function isReady(pod: KubeObject): boolean {
  const conditions = isJsonObject(pod.status) && Array.isArray(pod.status.conditions) ? pod.status.conditions : [];
  return conditions.some((c) => isJsonObject(c) && c.type === 'Ready' && c.status === 'True');
}

/** Why the pod goes, for whoever looks at it afterwards. */
function markTarget(core: ApiCore, info: ResourceInfo, pod: KubeObject): void {
  const status = isJsonObject(pod.status) ? pod.status : {};
  const others = (Array.isArray(status.conditions) ? status.conditions : []).filter((c) => !(isJsonObject(c) && c.type === 'DisruptionTarget'));
  const condition = { type: 'DisruptionTarget', status: 'True', lastProbeTime: null, lastTransitionTime: rfc3339(core.clock.now()), reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  core.store.update(storageOf(info), forStorage(core, info, orderObject({ ...pod, status: { ...status, conditions: [...others, condition] } })), pod.metadata.resourceVersion);
}
