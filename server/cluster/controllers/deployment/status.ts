import { rfc3339 } from '../../../lib/clock.ts';
import type { Deployment, ReplicaSet } from '../runtime/kinds.ts';
import { isComplete, limits } from './decide.ts';

type Status = NonNullable<Deployment['status']>;
type Condition = NonNullable<Status['conditions']>[number];

/**
 * The status of a deployment, and in how many milliseconds its progress deadline passes. Pure.
 * After kubernetes 1.32 pkg/controller/deployment/{sync,progress}.go
 */
export function deploymentStatus(deployment: Deployment, current: ReplicaSet | undefined, owned: readonly ReplicaSet[], now: number): { status: Status & Record<string, unknown>; deadlineIn?: number } {
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
  const conditions = new Map<string, Condition>((before?.conditions ?? []).map((c) => [c.type, c]));
  const set = (type: string, status: string, reason: string, message: string, refresh = false) => {
    const old = conditions.get(type);
    if (!refresh && old?.status === status && old.reason === reason) return;
    const time = rfc3339(now);
    const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? time) : time;
    conditions.delete(type);
    conditions.set(type, { type, status, lastUpdateTime: time, lastTransitionTime, reason, message });
  };

  if (availableReplicas >= replicas - limits(deployment).maxUnavailable) set('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.');
  else set('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');

  let deadlineIn: number | undefined;
  const progressing = conditions.get('Progressing');
  const name = current?.metadata.name ?? '';
  const deadline = deployment.spec.progressDeadlineSeconds ?? 600;
  if (deployment.spec.paused === true) {
    if (progressing?.reason !== 'DeploymentPaused' && progressing?.reason !== 'ProgressDeadlineExceeded') set('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  } else if (progressing?.reason === 'DeploymentPaused') {
    set('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed');
  } else if (current !== undefined) {
    const complete = isComplete(deployment, counts);
    const alreadyAvailable = progressing?.reason === 'NewReplicaSetAvailable' && before?.updatedReplicas === counts.updatedReplicas && before?.replicas === counts.replicas;
    const moved = counts.updatedReplicas > (before?.updatedReplicas ?? 0) || counts.readyReplicas > (before?.readyReplicas ?? 0) || availableReplicas > (before?.availableReplicas ?? 0) || counts.replicas - counts.updatedReplicas < (before?.replicas ?? 0) - (before?.updatedReplicas ?? 0);
    if (complete) set('Progressing', 'True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`, progressing?.message?.includes(`"${name}"`) !== true);
    else if (progressing === undefined) set('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
    else if (moved) set('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`, true);
    else if (alreadyAvailable === false && progressing.reason === 'NewReplicaSetAvailable' && progressing.message?.includes(`"${name}"`) !== true) set('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
    const latest = conditions.get('Progressing');
    if (!complete && latest?.status === 'True' && latest.reason !== 'NewReplicaSetAvailable') {
      const passes = Date.parse(latest.lastUpdateTime ?? rfc3339(now)) + deadline * 1000;
      if (now >= passes) set('Progressing', 'False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`);
      else deadlineIn = passes - now;
    }
  }
  return {
    status: {
      ...counts,
      ...(before?.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
      conditions: [...conditions.values()].sort((a, b) => Number(a.type === 'Progressing') - Number(b.type === 'Progressing')),
      observedGeneration: deployment.metadata.generation ?? 1,
    },
    ...(deadlineIn === undefined ? {} : { deadlineIn }),
  };
}
