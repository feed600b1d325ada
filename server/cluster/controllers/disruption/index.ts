import { rfc3339 } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { DisruptionBudget, Pod } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { DEPLOYMENTS, DISRUPTION_BUDGETS, PODS, REPLICATION_CONTROLLERS, REPLICA_SETS, STATEFUL_SETS } from '../runtime/resources.ts';
import { matchesSelector } from '../runtime/selectors.ts';
import { compact, writeStatus } from '../runtime/writes.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { budgetStatus, DELETION_TIMEOUT_MS, type Expected } from './decide.ts';

/** Says how many pods of a PodDisruptionBudget may be evicted now. After kubernetes 1.32 pkg/controller/disruption */
export function startDisruption(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('controllermanager');
  const budgets = informers.of<DisruptionBudget>(DISRUPTION_BUDGETS);
  const pods = informers.of<Pod>(PODS);
  const sets = informers.of(REPLICA_SETS);
  const owners: Record<string, { list(namespace?: string): { metadata: { uid?: string }; spec?: unknown }[] }> = {
    Deployment: informers.of(DEPLOYMENTS),
    ReplicaSet: sets,
    StatefulSet: informers.of(STATEFUL_SETS),
    ReplicationController: informers.of(REPLICATION_CONTROLLERS),
  };

  /** The workload that a pod stands for, and how many pods that wants. */
  const scaleOf = (pod: Pod): { uid: string; replicas: number } | undefined => {
    let owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') {
      const set = sets.list(pod.metadata.namespace).find((s) => s.metadata.uid === owner?.uid);
      const above = set === undefined ? undefined : controllerOf(set);
      if (above?.kind === 'Deployment') owner = above;
    }
    const found = owner === undefined ? undefined : owners[owner.kind]?.list(pod.metadata.namespace).find((o) => o.metadata.uid === owner?.uid);
    if (owner === undefined || found === undefined) return undefined;
    const replicas = isJsonObject(found.spec) ? found.spec.replicas : undefined;
    return { uid: owner.uid, replicas: typeof replicas === 'number' ? replicas : 1 };
  };

  const expectedOf = (selected: readonly Pod[]): Expected => {
    const scales = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of selected) {
      if (controllerOf(pod) === undefined) {
        unmanaged.push(pod.metadata.name);
        continue;
      }
      const scale = scaleOf(pod);
      if (scale === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`);
      scales.set(scale.uid, scale.replicas);
    }
    return { replicas: [...scales.values()].reduce((sum, n) => sum + n, 0), unmanaged };
  };

  const queue = context.queue('disruption', async (key) => {
    const budget = budgets.getByKey(key);
    if (budget === undefined || budget.metadata.deletionTimestamp !== undefined) return;
    const now = clock.now();
    const selected = pods.list(budget.metadata.namespace).filter((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels));
    if (selected.length === 0) events.record(budget, 'Normal', 'NoPods', 'No matching pods found');
    try {
      const status = budgetStatus(budget, selected, () => expectedOf(selected), now);
      if (status.unmanaged.length > 0) {
        events.record(budget, 'Warning', 'UnmanagedPods', `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`);
      }
      await writeStatus(client, DISRUPTION_BUDGETS, budget, compact(status.status, ['currentHealthy', 'desiredHealthy', 'disruptionsAllowed', 'expectedPods']));
      if (Object.keys(status.status.disruptedPods ?? {}).length > 0) queue.addAfter(key, DELETION_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('found no controllers')) throw error;
      events.record(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`);
      const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: messageOf(error), lastTransitionTime: rfc3339(now), ...(budget.status?.observedGeneration === undefined ? {} : { observedGeneration: budget.status.observedGeneration }) };
      const before = budget.status?.conditions?.find((c) => c.type === 'DisruptionAllowed');
      const conditions = [before?.status === 'False' ? { ...failed, lastTransitionTime: before.lastTransitionTime } : failed];
      await writeStatus(client, DISRUPTION_BUDGETS, budget, { ...budget.status, disruptionsAllowed: 0, conditions });
    }
  });

  budgets.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange(({ previous, current }) => {
    const namespace = (current ?? previous)?.metadata.namespace;
    for (const budget of budgets.list(namespace)) {
      if ([previous, current].some((pod) => pod !== undefined && matchesSelector(budget.spec.selector, pod.metadata.labels))) queue.add(keyOf(budget));
    }
  });
}

/** A selector as Go prints one with `%v`. */
function selectorText({ spec: { selector } }: DisruptionBudget): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}: ${value},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{},}`;
}
