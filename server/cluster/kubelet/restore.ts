import type { ContainerStatus, Pod } from '../controllers/runtime/kinds.ts';
import { newObserved, type ContainerObserved, type ExitRecord, type PodObserved } from './observed.ts';

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/**
 * What the kubelet knows of a pod that it ran before its own restart: containers that had ended stay ended, those that
 * ran are gone like after a reboot of the node. Undefined for a pod that it sees for the first time.
 */
export function restoreObserved(pod: Pod, now: number): PodObserved | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? []), ...(pod.status?.ephemeralContainerStatuses ?? [])];
  if (statuses.length === 0) return undefined;
  const observed = newObserved(pod, pod.status?.startTime === undefined ? now : Date.parse(pod.status.startTime));
  for (const status of statuses) {
    const state = observed.containers.get(status.name);
    if (state !== undefined) restoreContainer(state, status, now);
  }
  return observed;
}

function restoreContainer(state: ContainerObserved, status: ContainerStatus, now: number): void {
  state.restarts = status.restartCount;
  if (status.lastState?.terminated !== undefined) state.last = exitOf(status.lastState.terminated);
  if (status.containerID !== undefined && status.containerID !== '') {
    state.containerID = status.containerID;
    state.image = status.image;
    state.imageID = status.imageID;
  }
  if (status.state?.terminated !== undefined) {
    state.phase = 'exited';
    state.exit = exitOf(status.state.terminated);
  } else if (status.state?.running !== undefined) {
    state.phase = 'exited';
    const startedAt = status.state.running.startedAt;
    state.exit = {
      exitCode: 255,
      reason: 'Unknown',
      startedAt: startedAt === undefined ? 0 : Date.parse(startedAt),
      finishedAt: now,
      containerID: status.containerID ?? '',
    };
  }
}

function exitOf(terminated: Terminated): ExitRecord {
  return {
    exitCode: terminated.exitCode,
    reason: terminated.reason ?? 'Error',
    ...(terminated.message === undefined ? {} : { message: terminated.message }),
    startedAt: terminated.startedAt === undefined ? 0 : Date.parse(terminated.startedAt),
    finishedAt: terminated.finishedAt === undefined ? 0 : Date.parse(terminated.finishedAt),
    containerID: terminated.containerID ?? '',
  };
}
