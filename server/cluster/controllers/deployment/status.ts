import { rfc3339 } from '../../../lib/clock.ts';
import type { Deployment, ReplicaSet } from '../runtime/kinds.ts';
import { isComplete, limits } from './decide.ts';

type Status = NonNullable<Deployment['status']>;
type Condition = NonNullable<Status['conditions']>[number];

/** What happened to the new replica set since the last report. */
export type NewSetNews = { kind: 'created' | 'found'; name: string } | { kind: 'failed'; message: string };

/** "No deadline", as defaulting writes it. */
const NO_DEADLINE = 2 ** 31 - 1;

/** Conditions in the order in which they last changed, as Kubernetes keeps them. */
class Conditions {
  readonly #now: string;
  #list: Condition[];

  constructor(before: readonly Condition[], now: number) {
    this.#list = [...before];
    this.#now = rfc3339(now);
  }

  get(type: string): Condition | undefined {
    return this.#list.find((c) => c.type === type);
  }

  /** A condition with the same status and reason stays as it is, unless `refresh`. */
  set(type: string, status: string, reason: string, message: string, refresh = false): void {
    const old = this.get(type);
    if (!refresh && old?.status === status && old.reason === reason) return;
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? this.#now) : this.#now;
    this.remove(type);
    this.#list.push({ type, status, lastUpdateTime: this.#now, lastTransitionTime, reason, message });
  }

  remove(type: string): void {
    this.#list = this.#list.filter((c) => c.type !== type);
  }

  all(): Condition[] {
    return this.#list;
  }
}

/**
 * The status of a deployment, and in how many milliseconds its progress deadline passes. Pure. `scaling`: its number of
 * replicas has just changed, and no progress is judged.
 * After kubernetes 1.32 pkg/controller/deployment/{sync,progress}.go
 */
export function deploymentStatus(deployment: Deployment, current: ReplicaSet | undefined, owned: readonly ReplicaSet[], now: number, news?: NewSetNews, scaling = false): { status: Status & Record<string, unknown>; deadlineIn?: number } {
  const total = (of: (set: ReplicaSet) => number | undefined) => owned.reduce((sum, set) => sum + (of(set) ?? 0), 0);
  const replicas = deployment.spec.replicas ?? 1;
  const availableReplicas = total((set) => set.status?.availableReplicas);
  const counts = {
    availableReplicas,
    readyReplicas: total((set) => set.status?.readyReplicas),
    replicas: total((set) => set.status?.replicas),
    unavailableReplicas: Math.max(0, total((set) => set.spec.replicas ?? 1) - availableReplicas),
    updatedReplicas: current?.status?.replicas ?? 0,
  };
  const before = deployment.status;
  const conditions = new Conditions(before?.conditions ?? [], now);
  const judged = (deployment.spec.progressDeadlineSeconds ?? 600) !== NO_DEADLINE;
  if (judged) pausedCondition(deployment, conditions);
  if (judged) newsCondition(conditions, news);

  if (availableReplicas >= replicas - limits(deployment).maxUnavailable) conditions.set('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.');
  else conditions.set('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');

  let deadlineIn: number | undefined;
  const rolling = deployment.spec.paused !== true && !scaling && news?.kind !== 'failed';
  if (rolling) {
    if (!judged) conditions.remove('Progressing');
    else deadlineIn = progress(deployment, current, counts, conditions, now);
    // What keeps a replica set from making its pods is the deployment's trouble, too: the new one's first.
    const failing = [current, ...owned].map((set) => set?.status?.conditions?.find((c) => c.type === 'ReplicaFailure')).find((c) => c !== undefined);
    if (failing === undefined) conditions.remove('ReplicaFailure');
    else conditions.set('ReplicaFailure', failing.status, failing.reason ?? '', failing.message ?? '');
  }
  return {
    status: {
      ...counts,
      ...(before?.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
      conditions: conditions.all(),
      observedGeneration: deployment.metadata.generation ?? 1,
    },
    ...(deadlineIn === undefined ? {} : { deadlineIn }),
  };
}

function pausedCondition(deployment: Deployment, conditions: Conditions): void {
  const { reason } = conditions.get('Progressing') ?? {};
  if (reason === 'ProgressDeadlineExceeded') return;
  if (deployment.spec.paused === true && reason !== 'DeploymentPaused') conditions.set('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (deployment.spec.paused !== true && reason === 'DeploymentPaused') conditions.set('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
}

function newsCondition(conditions: Conditions, news: NewSetNews | undefined): void {
  if (news?.kind === 'created') conditions.set('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${news.name}"`);
  else if (news?.kind === 'found' && conditions.get('Progressing') === undefined) conditions.set('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${news.name}"`);
  else if (news?.kind === 'failed') conditions.set('Progressing', 'False', 'ReplicaSetCreateError', news.message);
}

type Counts = { availableReplicas: number; readyReplicas: number; replicas: number; updatedReplicas: number };

/** Judges the rollout; returns in how many milliseconds its deadline passes. */
function progress(deployment: Deployment, current: ReplicaSet | undefined, counts: Counts, conditions: Conditions, now: number): number | undefined {
  const before = deployment.status;
  const known = before?.conditions?.find((c) => c.type === 'Progressing');
  if (counts.replicas === counts.updatedReplicas && known?.reason === 'NewReplicaSetAvailable') return undefined;
  const subject = current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
  const old = (status: { replicas?: number; updatedReplicas?: number } | undefined): number => (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  const moved = counts.updatedReplicas > (before?.updatedReplicas ?? 0) || old(counts) < old(before) || counts.readyReplicas > (before?.readyReplicas ?? 0) || counts.availableReplicas > (before?.availableReplicas ?? 0);
  if (isComplete(deployment, counts)) {
    conditions.set('Progressing', 'True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
    return undefined;
  }
  if (moved) conditions.set('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`, true);
  const latest = conditions.get('Progressing');
  if (latest === undefined || latest.reason === 'NewReplicaSetAvailable' || latest.reason === 'ProgressDeadlineExceeded') return undefined;
  const passes = Date.parse(latest.lastUpdateTime ?? rfc3339(now)) + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
  if (now < passes) return passes - now;
  conditions.set('Progressing', 'False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
  return undefined;
}
