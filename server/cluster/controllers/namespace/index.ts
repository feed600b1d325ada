import { rfc3339 } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { AllObjects } from '../runtime/all-objects.ts';
import type { ControllerContext } from '../runtime/context.ts';
import type { Namespace } from '../runtime/kinds.ts';
import { NAMESPACES } from '../runtime/resources.ts';
import { deleteIfThere, same } from '../runtime/writes.ts';
import { conditionsOf, estimateOf, graceOf, type Left, unexpected } from './conditions.ts';

/**
 * How long a namespace that is to go is left alone, at first and whenever it has changed: as in Kubernetes, so that kubectl,
 * which deletes the things of a file one after the other, finds the later ones still there, and who waits for the end sees it.
 */
const PATIENCE_MS = 5000;

/**
 * Empties namespaces that are being deleted, and lets them go once nothing is left. Looks again when the namespace changes and
 * when what is left may be gone, not when it is. After kubernetes 1.32 pkg/controller/namespace
 */
export function startNamespaces(context: ControllerContext, all: AllObjects): void {
  const { client, clock, informers } = context;
  const namespaces = informers.of<Namespace>(NAMESPACES);

  const queue = context.queue('namespace', async (name) => {
    const namespace = namespaces.get(undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined || (namespace.spec.finalizers ?? []).length === 0) return;
    const before = all.inNamespace(name);
    const since = (clock.now() - Date.parse(namespace.metadata.deletionTimestamp)) / 1000;
    // How long pods may take is asked before they are told to go.
    const graces = new Map(before.map((one) => [one.resource, graceOf(one, since)]));
    for (const { resource, objects } of before) {
      for (const object of objects) {
        if (object.metadata.deletionTimestamp === undefined) await deleteIfThere(client, resource, object, { propagationPolicy: 'Background' });
      }
    }
    const left = all.inNamespace(name);
    const estimates = left.map((one) => estimateOf(one, graces.get(one.resource) ?? 0));
    const problems = left.filter((_, index) => estimates[index] === undefined).map((one) => unexpected(name, one));
    await report(name, left, problems);
    if (problems.length > 0) throw new Error(`deletion of namespace ${name} failed: ${problems.join(', ')}`);
    if (left.length > 0) {
      queue.addAfter(name, (Math.floor(Math.max(...estimates.map((seconds) => seconds ?? 0)) / 2) + 1) * 1000);
      return;
    }
    const latest = namespaces.get(undefined, name);
    if (latest === undefined) return;
    const finalizers = (latest.spec.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    await client.update(NAMESPACES, { ...latest, spec: { ...latest.spec, finalizers } }, { subresource: 'finalize' });
  });

  const report = async (name: string, left: Left, problems: readonly string[]): Promise<void> => {
    const latest = namespaces.get(undefined, name);
    if (latest === undefined) return;
    const before = latest.status?.conditions ?? [];
    const now = rfc3339(clock.now());
    const conditions = conditionsOf(left, problems).map((condition) => {
      const old = before.find((c) => c.type === condition.type);
      return { lastTransitionTime: old?.status === condition.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now, ...condition };
    });
    if (same(before, conditions)) return;
    try {
      await client.update(NAMESPACES, { ...latest, status: { ...latest.status, conditions } }, { subresource: 'status' });
    } catch (error) {
      if (!(error instanceof ApiStatus && error.code === 404)) throw error;
    }
  };

  namespaces.onChange(({ current }) => {
    if (current?.metadata.deletionTimestamp !== undefined) queue.addAfter(current.metadata.name, PATIENCE_MS);
  });
}
