import { rfc3339 } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import { ApiStatus } from '../../api/status.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { Pod, ReplicaSet } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { availableAt, byDispensability, isActive, isReady, podFromTemplate } from '../runtime/pods.ts';
import { PODS, REPLICA_SETS } from '../runtime/resources.ts';
import { matchesLabels, matchesSelector } from '../runtime/selectors.ts';
import { compact, deleteIfThere, writeStatus } from '../runtime/writes.ts';

/** Keeps as many pods as each ReplicaSet wants. After kubernetes 1.32 pkg/controller/replicaset/replica_set.go */
export function startReplicaSets(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('replicaset-controller');
  const sets = informers.of<ReplicaSet>(REPLICA_SETS);
  const pods = informers.of<Pod>(PODS);

  const queue = context.queue('replicaset', async (key) => {
    const set = sets.getByKey(key);
    if (set === undefined) return;
    const { namespace, name } = set.metadata;
    const owned = await claim(client, PODS, set, set.spec.selector, pods.list(namespace));
    const active = owned.filter(isActive);
    let failure: unknown;
    if (set.metadata.deletionTimestamp === undefined) {
      const wanted = set.spec.replicas ?? 1;
      try {
        for (let i = active.length; i < wanted && set.spec.template !== undefined; i++) {
          const pod = await client.create<Pod>(PODS, namespace, podFromTemplate(set, set.spec.template, { generateName: `${name}-` }));
          events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
          active.push(pod);
        }
      } catch (error) {
        if (error instanceof ApiStatus && error.reason === 'Forbidden' && error.message.includes('being terminated')) return;
        failure = error;
        events.record(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      }
      if (active.length > wanted) {
        for (const pod of active.sort(byDispensability).splice(0, active.length - wanted)) {
          await deleteIfThere(client, PODS, pod);
          events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
        }
      }
    }
    await report(key, failure);
    if (failure !== undefined) throw failure;
  });

  const report = async (key: string, failure: unknown): Promise<void> => {
    const set = sets.getByKey(key);
    if (set === undefined) return;
    const now = clock.now();
    const active = pods.list(set.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && isActive(pod) && matchesSelector(set.spec.selector, pod.metadata.labels));
    const times = active.map((pod) => availableAt(pod, set.spec.minReadySeconds ?? 0));
    const soon = times.filter((at): at is number => at !== undefined && at > now);
    if (soon.length > 0) queue.addAfter(key, Math.min(...soon) - now);
    const known = (set.status?.conditions ?? []).find((c) => c.type === 'ReplicaFailure');
    const conditions = (set.status?.conditions ?? []).filter((c) => c.type !== 'ReplicaFailure' || failure !== undefined);
    // The first failure is the one that is told, until there is none.
    if (failure !== undefined && known === undefined) {
      conditions.push({ type: 'ReplicaFailure', status: 'True', lastTransitionTime: rfc3339(now), reason: 'FailedCreate', message: messageOf(failure) });
    }
    await writeStatus(client, REPLICA_SETS, set, compact(
      {
        availableReplicas: times.filter((at) => at !== undefined && at <= now).length,
        conditions,
        fullyLabeledReplicas: active.filter((pod) => matchesLabels(set.spec.template?.metadata?.labels, pod.metadata.labels)).length,
        observedGeneration: set.metadata.generation,
        readyReplicas: active.filter(isReady).length,
        replicas: active.length,
      },
      ['replicas'],
    ));
  };

  sets.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange(({ previous, current }) => {
    for (const pod of [previous, current]) {
      if (pod === undefined) continue;
      const owner = controllerOf(pod);
      if (owner?.kind === 'ReplicaSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
      else if (owner === undefined) {
        for (const set of sets.list(pod.metadata.namespace)) if (matchesSelector(set.spec.selector, pod.metadata.labels)) queue.add(keyOf(set));
      }
    }
  });
}
