import { rfc3339 } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ResourceType } from '../../client.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { LabelSelector, Pod, ReplicaSet } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { availableAt, byDispensability, isActive, isReady, podFromTemplate } from '../runtime/pods.ts';
import { PODS, REPLICATION_CONTROLLERS, REPLICA_SETS } from '../runtime/resources.ts';
import { matchesLabels, matchesSelector } from '../runtime/selectors.ts';
import { compact, deleteIfThere, writeStatus } from '../runtime/writes.ts';

/** What a ReplicationController and a ReplicaSet, its successor, have apart. */
interface Flavour {
  type: ResourceType;
  kind: string;
  component: string;
  /** A ReplicationController selects by labels alone, those of its template where it says none. */
  selector(set: ReplicaSet): LabelSelector;
}

export function startReplicaSets(context: ControllerContext): void {
  startSets(context, { type: REPLICA_SETS, kind: 'ReplicaSet', component: 'replicaset-controller', selector: (set) => set.spec.selector });
}

export function startReplicationControllers(context: ControllerContext): void {
  startSets(context, { type: REPLICATION_CONTROLLERS, kind: 'ReplicationController', component: 'replication-controller', selector: labelsOnly });
}

function labelsOnly({ spec }: { spec: object }): LabelSelector {
  const selector = 'selector' in spec && isJsonObject(spec.selector) ? spec.selector : {};
  return { matchLabels: Object.fromEntries(Object.entries(selector).map(([key, value]) => [key, String(value)])) };
}

/** Keeps as many pods as each set wants. After kubernetes 1.32 pkg/controller/replicaset/replica_set.go */
function startSets(context: ControllerContext, flavour: Flavour): void {
  const { client, clock, informers } = context;
  const events = context.recorder(flavour.component);
  const sets = informers.of<ReplicaSet>(flavour.type);
  const pods = informers.of<Pod>(PODS);

  const queue = context.queue(flavour.kind.toLowerCase(), async (key) => {
    const set = sets.getByKey(key);
    if (set === undefined) return;
    const { namespace, name } = set.metadata;
    const owned = await claim(client, PODS, set, flavour.selector(set), pods.list(namespace));
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
    const active = pods.list(set.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && isActive(pod) && matchesSelector(flavour.selector(set), pod.metadata.labels));
    const times = active.map((pod) => availableAt(pod, set.spec.minReadySeconds ?? 0));
    const soon = times.filter((at): at is number => at !== undefined && at > now);
    if (soon.length > 0) queue.addAfter(key, Math.min(...soon) - now);
    const known = (set.status?.conditions ?? []).find((c) => c.type === 'ReplicaFailure');
    const conditions = (set.status?.conditions ?? []).filter((c) => c.type !== 'ReplicaFailure' || failure !== undefined);
    // The first failure is the one that is told, until there is none.
    if (failure !== undefined && known === undefined) {
      conditions.push({ type: 'ReplicaFailure', status: 'True', lastTransitionTime: rfc3339(now), reason: 'FailedCreate', message: messageOf(failure) });
    }
    await writeStatus(client, flavour.type, set, compact(
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
      if (owner?.kind === flavour.kind) queue.add(`${pod.metadata.namespace}/${owner.name}`);
      else if (owner === undefined) {
        for (const set of sets.list(pod.metadata.namespace)) if (matchesSelector(flavour.selector(set), pod.metadata.labels)) queue.add(keyOf(set));
      }
    }
  });
}
