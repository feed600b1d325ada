import { rfc3339 } from '../../../lib/clock.ts';
import type { DisruptionBudget, Pod } from '../runtime/kinds.ts';
import { isReady } from '../runtime/pods.ts';
import { parseQuantityOrPercent } from '../runtime/percent.ts';

/** How many pods the workloads of the selected ones want together, and which pods have none. */
export interface Expected {
  replicas: number;
  unmanaged: string[];
}

type Status = NonNullable<DisruptionBudget['status']>;

/** An evicted pod that is still there after this long counts again. */
export const DELETION_TIMEOUT_MS = 2 * 60_000;

/** What a budget says of the pods that it selects. `expected` is asked only where a share of all pods is meant. Pure. */
export function budgetStatus(budget: DisruptionBudget, selected: readonly Pod[], expected: () => Expected, now: number): { status: Status & Record<string, unknown>; unmanaged: string[] } {
  const { maxUnavailable, minAvailable } = budget.spec;
  let expectedPods = 0;
  let desiredHealthy = 0;
  let unmanaged: string[] = [];
  if (maxUnavailable !== undefined || typeof minAvailable === 'string') {
    const found = expected();
    expectedPods = found.replicas;
    unmanaged = found.unmanaged;
    desiredHealthy = maxUnavailable === undefined ? parseQuantityOrPercent(minAvailable ?? 0, expectedPods, true) : Math.max(0, expectedPods - parseQuantityOrPercent(maxUnavailable, expectedPods, true));
  } else if (minAvailable !== undefined) {
    desiredHealthy = minAvailable;
    expectedPods = selected.length;
  }
  const disruptedPods = stillDisrupted(budget, selected, now);
  const currentHealthy = selected.filter((pod) => pod.metadata.deletionTimestamp === undefined && disruptedPods[pod.metadata.name] === undefined && isReady(pod)).length;
  const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  return {
    status: {
      conditions: [allowedCondition(budget, disruptionsAllowed, now)],
      currentHealthy,
      desiredHealthy,
      ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
      disruptionsAllowed,
      expectedPods,
      observedGeneration: budget.metadata.generation ?? 1,
    },
    unmanaged,
  };
}

export function allowedCondition(budget: DisruptionBudget, disruptionsAllowed: number, now: number): NonNullable<Status['conditions']>[number] {
  const before = budget.status?.conditions?.find((c) => c.type === 'DisruptionAllowed');
  const status = disruptionsAllowed > 0 ? 'True' : 'False';
  return {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: budget.metadata.generation ?? 1,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : rfc3339(now),
    reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  };
}

/** Pods that were evicted a moment ago and have not begun to go. */
function stillDisrupted(budget: DisruptionBudget, selected: readonly Pod[], now: number): Record<string, string> {
  const kept = Object.entries(budget.status?.disruptedPods ?? {}).filter(([name, time]) => {
    const pod = selected.find((p) => p.metadata.name === name);
    return pod !== undefined && pod.metadata.deletionTimestamp === undefined && Date.parse(String(time)) + DELETION_TIMEOUT_MS > now;
  });
  return Object.fromEntries(kept.map(([name, time]) => [name, String(time)]));
}
