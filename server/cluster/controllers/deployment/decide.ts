import { parseQuantityOrPercent } from '../runtime/percent.ts';
import type { Deployment, ReplicaSet } from '../runtime/kinds.ts';

export interface ScaleStep {
  set: ReplicaSet;
  replicas: number;
}

/** How many pods may be missing and how many too many, in whole pods. */
export function limits(deployment: Deployment): { maxUnavailable: number; maxSurge: number } {
  const replicas = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return { maxUnavailable: 0, maxSurge: 0 };
  const { maxUnavailable = '25%', maxSurge = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = parseQuantityOrPercent(maxSurge, replicas, true);
  let unavailable = parseQuantityOrPercent(maxUnavailable, replicas, false);
  // With both at zero nothing could ever move.
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { maxUnavailable: Math.min(unavailable, replicas), maxSurge: surge };
}

const want = (set: ReplicaSet) => set.spec.replicas ?? 1;
const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
const has = (set: ReplicaSet) => set.status?.replicas ?? 0;
const sum = (sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number) => sets.reduce((total, set) => total + of(set), 0);

/** How many replicas a new set begins with. */
export function initialReplicas(deployment: Deployment, old: readonly ReplicaSet[]): number {
  const replicas = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return sum(old, want) === 0 && sum(old, has) === 0 ? replicas : 0;
  const room = replicas + limits(deployment).maxSurge - sum(old, want);
  return Math.max(0, Math.min(replicas, room));
}

/**
 * The next steps of a rolling update: first room for the new set, then as many of the old ones away as may be missing,
 * broken ones first. After kubernetes 1.32 pkg/controller/deployment/rolling.go
 */
export function rollingSteps(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): ScaleStep[] {
  const replicas = deployment.spec.replicas ?? 1;
  const { maxUnavailable, maxSurge } = limits(deployment);
  if (want(current) > replicas) return [{ set: current, replicas }];
  if (want(current) < replicas) {
    const room = replicas + maxSurge - want(current) - sum(old, want);
    if (room > 0) return [{ set: current, replicas: Math.min(replicas, want(current) + room) }];
  }
  const all = [current, ...old];
  const minAvailable = replicas - maxUnavailable;
  const unavailableNew = want(current) - available(current);
  let spare = sum(all, want) - minAvailable - unavailableNew;
  if (spare <= 0) return [];
  const steps = new Map<ReplicaSet, number>();
  const left = (set: ReplicaSet) => steps.get(set) ?? want(set);
  const oldest = [...old].sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
  for (const set of oldest) {
    const broken = Math.min(spare, want(set) - available(set));
    if (broken <= 0) continue;
    steps.set(set, want(set) - broken);
    spare -= broken;
  }
  let availableSpare = sum(all, available) - minAvailable;
  for (const set of oldest) {
    const away = Math.min(left(set), availableSpare);
    if (away <= 0) continue;
    steps.set(set, left(set) - away);
    availableSpare -= away;
  }
  return [...steps].map(([set, count]) => ({ set, replicas: count }));
}

/** Recreate: all old pods go, and only when none is left the new ones come. `oldPods` counts those that still run. */
export function recreateSteps(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[], oldPods: number): ScaleStep[] {
  const away = old.filter((set) => want(set) > 0).map((set) => ({ set, replicas: 0 }));
  if (away.length > 0) return away;
  const replicas = deployment.spec.replicas ?? 1;
  return oldPods === 0 && current !== undefined && want(current) !== replicas ? [{ set: current, replicas }] : [];
}

/** As annotated: how many replicas, and how many at most, the deployment wanted when the set was last scaled. */
export interface Annotated {
  desired(set: ReplicaSet): number | undefined;
  max(set: ReplicaSet): number | undefined;
}

/** Whether the deployment's number of replicas changed since its sets were last scaled: that comes before any rollout. */
export function isScaling(deployment: Deployment, sets: readonly ReplicaSet[], annotated: Annotated): boolean {
  const replicas = deployment.spec.replicas ?? 1;
  return sets.some((set) => want(set) > 0 && annotated.desired(set) !== undefined && annotated.desired(set) !== replicas);
}

/**
 * How a changed number of replicas (or that of a paused deployment) is shared out. With several sets in the middle of a
 * rollout each gets its share, so that no more pods fail than before. After kubernetes 1.32 pkg/controller/deployment/sync.go
 */
export function scaleSteps(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[], annotated: Annotated): ScaleStep[] {
  const replicas = deployment.spec.replicas ?? 1;
  const all = [...(current === undefined ? [] : [current]), ...old];
  const active = all.filter((set) => want(set) > 0);
  const newestOld = [...old].sort(byAge).at(-1);
  const only = active.length === 1 ? active[0] : active.length === 0 ? (current ?? newestOld) : undefined;
  if (only !== undefined) return want(only) === replicas ? [] : [{ set: only, replicas }];
  if (active.length === 0) return [];
  const saturated = current !== undefined && annotated.desired(current) === replicas && want(current) === replicas && available(current) === replicas;
  if (saturated) return old.filter((set) => want(set) > 0).map((set) => ({ set, replicas: 0 }));
  if (deployment.spec.strategy?.type === 'Recreate') return [];
  const allowed = replicas === 0 ? 0 : replicas + limits(deployment).maxSurge;
  const toAdd = allowed - sum(active, want);
  // The bigger sets first; of equal ones the newer when growing, the older when shrinking.
  const order = [...active].sort((a, b) => want(b) - want(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of order) {
    const share = toAdd === 0 || added === toAdd ? 0 : bounded(fraction(deployment, set, annotated), toAdd - added);
    sizes.set(set, want(set) + share);
    added += share;
  }
  const [first] = order;
  if (first !== undefined && toAdd !== added) sizes.set(first, Math.max(0, (sizes.get(first) ?? 0) + toAdd - added));
  return [...sizes].map(([set, size]) => ({ set, replicas: size }));
}

/** A share never goes beyond what is left to give or to take. */
function bounded(share: number, left: number): number {
  return left > 0 ? Math.min(share, left) : Math.max(share, left);
}

function fraction(deployment: Deployment, set: ReplicaSet, annotated: Annotated): number {
  const replicas = deployment.spec.replicas ?? 1;
  if (replicas === 0) return -want(set);
  const before = annotated.max(set) ?? deployment.status?.replicas ?? 0;
  return before === 0 ? 0 : Math.round((want(set) * (replicas + limits(deployment).maxSurge)) / before) - want(set);
}

function byAge(a: ReplicaSet, b: ReplicaSet): number {
  return (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name);
}

/** Whether the deployment has become what it should be. */
export function isComplete(deployment: Deployment, status: { updatedReplicas: number; replicas: number; availableReplicas: number }): boolean {
  const replicas = deployment.spec.replicas ?? 1;
  return status.updatedReplicas === replicas && status.replicas === replicas && status.availableReplicas === replicas;
}
