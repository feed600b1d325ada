import { controllerRef } from './owners.ts';
import type { Pod, PodTemplateSpec } from './kinds.ts';
import type { KubeObject } from '../../store/object.ts';

/** Neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

export function readyCondition(pod: Pod) {
  return pod.status?.conditions?.find((c) => c.type === 'Ready');
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** When a ready pod counts as available, in milliseconds since the epoch; undefined while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return undefined;
  return minReadySeconds === 0 || ready.lastTransitionTime === undefined ? 0 : Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000;
}

/** A pod made from a template, owned by its controller. The name is `metadata.generateName` or the given one. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, name: { generateName: string } | { name: string }): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      ...name,
      namespace: owner.metadata.namespace ?? 'default',
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(owner)],
    },
    spec: structuredClone(template.spec ?? { containers: [] }),
  };
}

/** Which pods to give up first: unscheduled, pending, unready, newest. After kubernetes 1.32 pkg/controller/controller_utils.go */
export function byDispensability(a: Pod, b: Pod): number {
  const scheduled = (pod: Pod) => ((pod.spec.nodeName ?? '') === '' ? 0 : 1);
  const phase = (pod: Pod) => (pod.status?.phase === 'Running' ? 2 : pod.status?.phase === 'Pending' ? 0 : 1);
  const ready = (pod: Pod) => (isReady(pod) ? 1 : 0);
  const created = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0;
  return scheduled(a) - scheduled(b) || phase(a) - phase(b) || ready(a) - ready(b) || created(b) - created(a) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
