import { at } from '../../auth/fields.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ServedResource } from '../runtime/context.ts';

export type Left = readonly { resource: ServedResource; objects: readonly KubeObject[] }[];

export interface NamespaceCondition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

/** What the namespace says of what is left in it. After kubernetes 1.32 pkg/controller/namespace/deletion/status_condition_utils.go */
export function conditionsOf(left: Left, problems: readonly string[] = []): NamespaceCondition[] {
  const resources = left.map(({ resource, objects }) => `${resource.resource}.${resource.group} has ${objects.length} resource instances`).sort();
  const counts = new Map<string, number>();
  for (const { objects } of left) for (const object of objects) for (const finalizer of object.metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  const finalizers = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  return [
    { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    { type: 'NamespaceDeletionGroupVersionParsingFailure', status: 'False', reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    problems.length === 0
      ? { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' }
      : { type: 'NamespaceDeletionContentFailure', status: 'True', reason: 'ContentDeletionFailed', message: `Failed to delete all resource types, ${problems.length} remaining: ${[...problems].sort().join(', ')}` },
    resources.length === 0
      ? { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' }
      : { type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${resources.join(', ')}` },
    finalizers.length === 0
      ? { type: 'NamespaceFinalizersRemaining', status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' }
      : { type: 'NamespaceFinalizersRemaining', status: 'True', reason: 'SomeFinalizersRemain', message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}` },
  ];
}

/** What anything with a finalizer is thought to need. */
const FINALIZER_SECONDS = 15;

/** Seconds that the pods of a resource may still take by their grace periods; `since`: seconds since the namespace was deleted. */
export function graceOf({ resource, objects }: Left[number], since: number): number {
  if (resource.group !== '' || resource.resource !== 'pods') return 0;
  const grace = Math.max(0, ...objects.map((pod) => (['Succeeded', 'Failed'].includes(String(at(pod.status, 'phase'))) ? 0 : Number(at(pod.spec, 'terminationGracePeriodSeconds') ?? 0))));
  return since >= grace ? 0 : grace;
}

/** Seconds until what is left of a resource may be gone; undefined where nothing says why it is still there. */
export function estimateOf({ objects }: Left[number], grace: number): number | undefined {
  if (grace > 0) return grace;
  return objects.some((object) => (object.metadata.finalizers ?? []).length > 0) ? FINALIZER_SECONDS : undefined;
}

/** After kubernetes 1.32 pkg/controller/namespace/deletion/namespaced_resources_deleter.go */
export function unexpected(namespace: string, { resource }: Left[number]): string {
  return `unexpected items still remain in namespace: ${namespace} for gvr: ${resource.group}/${resource.version}, Resource=${resource.resource}`;
}
