import { isJsonObject } from '../../../lib/json.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import type { KubeObject } from '../../store/object.ts';
import { forStorage, storageOf, type ApiCore } from '../core.ts';
import { conflict, invalid } from '../errors.ts';
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
    throw invalid({ group: '', kind: 'Binding' }, name, [{ reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' }]);
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

/** Deletes a pod unless a PodDisruptionBudget forbids it. After kubernetes 1.32 pkg/registry/core/pod/storage/eviction.go */
export function evictPod(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string, name: string, eviction: KubeObject, matches: (selector: unknown, labels: Record<string, string> | undefined) => boolean): StatusBody {
  const pod = getObject(core, info, namespace, name);
  const budgets = core.store.list({ group: 'policy', resource: 'poddisruptionbudgets' }, namespace).filter((budget) => isJsonObject(budget.spec) && matches(budget.spec.selector, pod.metadata.labels));
  if (budgets.length > 1) throw new ApiStatus(500, 'InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const [budget] = budgets;
  if (budget !== undefined) {
    const status = isJsonObject(budget.status) ? budget.status : {};
    if (status.disruptionsAllowed === undefined || status.disruptionsAllowed === 0) {
      const message = `The disruption budget ${budget.metadata.name} needs ${String(status.desiredHealthy ?? 0)} healthy pods and has ${String(status.currentHealthy ?? 0)} currently`;
      throw new ApiStatus(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { causes: [{ reason: 'DisruptionBudget', message }] });
    }
  }
  const options = isJsonObject(eviction.deleteOptions) ? eviction.deleteOptions : {};
  deleteObject(core, context, info, namespace, name, typeof options.gracePeriodSeconds === 'number' ? { gracePeriodSeconds: options.gracePeriodSeconds } : {});
  return SUCCESS;
}
