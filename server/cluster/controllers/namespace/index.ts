import { rfc3339 } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeObject } from '../../store/object.ts';
import type { AllObjects } from '../runtime/all-objects.ts';
import type { ControllerContext, ServedResource } from '../runtime/context.ts';
import type { Namespace } from '../runtime/kinds.ts';
import { NAMESPACES } from '../runtime/resources.ts';
import { deleteIfThere, same } from '../runtime/writes.ts';

type Left = { resource: ServedResource; objects: KubeObject[] }[];

/**
 * How long a namespace that is to go, or something in it that went, is left alone: kubectl, which deletes the things of
 * a file one after the other, finds the later ones still there. Kubernetes waits five seconds and more.
 */
const PATIENCE_MS = 1000;

/** Empties namespaces that are being deleted, and lets them go once nothing is left. After kubernetes 1.32 pkg/controller/namespace */
export function startNamespaces(context: ControllerContext, all: AllObjects): void {
  const { client, clock, informers } = context;
  const namespaces = informers.of<Namespace>(NAMESPACES);

  const queue = context.queue('namespace', async (name) => {
    const namespace = namespaces.get(undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    for (const { resource, objects } of all.inNamespace(name)) {
      for (const object of objects) {
        if (object.metadata.deletionTimestamp === undefined) await deleteIfThere(client, resource, object, { propagationPolicy: 'Background' });
      }
    }
    const left = all.inNamespace(name);
    if (left.length > 0) {
      await report(namespace, left);
      return;
    }
    const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    const latest = namespaces.get(undefined, name);
    if (latest === undefined) return;
    await client.update(NAMESPACES, { ...latest, spec: { ...latest.spec, finalizers } }, { subresource: 'finalize' });
  });

  const report = async (namespace: Namespace, left: Left): Promise<void> => {
    const before = namespace.status?.conditions ?? [];
    const now = rfc3339(clock.now());
    const conditions = conditionsOf(left).map((condition) => {
      const old = before.find((c) => c.type === condition.type);
      return { lastTransitionTime: old?.status === condition.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now, ...condition };
    });
    if (same(before, conditions)) return;
    const latest = namespaces.get(undefined, namespace.metadata.name);
    if (latest === undefined) return;
    try {
      await client.update(NAMESPACES, { ...latest, status: { ...latest.status, conditions } }, { subresource: 'status' });
    } catch (error) {
      if (!(error instanceof ApiStatus && error.code === 404)) throw error;
    }
  };

  namespaces.onChange(({ current }) => {
    if (current?.metadata.deletionTimestamp !== undefined) queue.addAfter(current.metadata.name, PATIENCE_MS);
  });
  all.onChange(({ previous, current }) => {
    const name = (current ?? previous)?.metadata.namespace;
    if (name !== undefined && namespaces.get(undefined, name)?.metadata.deletionTimestamp !== undefined) queue.addAfter(name, PATIENCE_MS);
  });
}

/** What the namespace says while something of it is left. */
export function conditionsOf(left: Left): { type: string; status: string; reason: string; message: string }[] {
  const resources = left.map(({ resource, objects }) => `${resource.resource}.${resource.group} has ${objects.length} resource instances`).sort();
  const counts = new Map<string, number>();
  for (const { objects } of left) for (const object of objects) for (const finalizer of object.metadata.finalizers ?? []) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  const finalizers = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  return [
    { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
    { type: 'NamespaceDeletionGroupVersionParsingFailure', status: 'False', reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
    { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
    { type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${resources.join(', ')}` },
    finalizers.length === 0
      ? { type: 'NamespaceFinalizersRemaining', status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' }
      : { type: 'NamespaceFinalizersRemaining', status: 'True', reason: 'SomeFinalizersRemain', message: `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}` },
  ];
}
