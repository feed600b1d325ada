import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { nextBackOff, type BackOffState } from './back-off.ts';
import { isSidecar, observedOf, placedContainers, type ContainerObserved, type PlacedContainer, type PodObserved } from './observed.ts';

/** What the pod's actor has to do next. */
export interface Decision {
  /** Volumes, network. Nothing is started before. */
  prepare: boolean;
  start: (PlacedContainer & { restart: boolean; backOff?: BackOffState })[];
  /** With what the event says about it, and whether the container is to run again with another image. */
  stop: (PlacedContainer & { message: string; replace?: boolean })[];
  /** Exited containers that wait for their back-off to pass. */
  backOff: (PlacedContainer & { delay: number; until: number })[];
  /** Nothing runs and nothing will: the pod has ended. */
  finished: boolean;
  /** The kubelet's own end of the pod falls due: activeDeadlineSeconds. */
  deadline: boolean;
  /** When to decide again even if nothing happens; milliseconds since the epoch. */
  wakeAt?: number;
}

const NOTHING: Omit<Decision, 'start' | 'stop' | 'backOff'> = { prepare: false, finished: false, deadline: false };

function isUp(container: ContainerObserved): boolean {
  return container.phase === 'running' || container.phase === 'starting';
}

/** Whether a container that exited with this code runs again. */
export function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  if (isSidecar(container)) return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' ? true : policy === 'OnFailure' && exitCode !== 0;
}

/** Whether an init container does: `Always` means only "after a failure" for it. */
function initRestarts(pod: Pod, container: Container): boolean {
  return isSidecar(container) || (pod.spec.restartPolicy ?? 'Always') !== 'Never';
}

/**
 * The heart of the kubelet: from what a pod should be and what was seen of it to what has to be done. Pure.
 * After kubernetes 1.32 pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions).
 */
export function decide(pod: Pod, observed: PodObserved, now: number): Decision {
  const decision: Decision = { ...NOTHING, start: [], stop: [], backOff: [] };
  const wake = (at: number) => {
    decision.wakeAt = Math.min(decision.wakeAt ?? at, at);
  };
  const all = placedContainers(pod);
  const inits = all.filter(({ list }) => list === 'initContainers');
  const containers = all.filter(({ list }) => list === 'containers');
  const ephemeral = all.filter(({ list }) => list === 'ephemeralContainers');

  const stopAll = (which: readonly PlacedContainer[]) => {
    for (const { container, list } of which) {
      const state = observedOf(observed, container.name);
      if (state.phase === 'running' && !state.stopping) decision.stop.push({ container, list, message: `Stopping container ${container.name}` });
    }
  };
  const isDown = ({ container }: PlacedContainer) => !isUp(observedOf(observed, container.name));

  const deadline = pod.spec.activeDeadlineSeconds;
  if (deadline !== undefined && observed.ended === undefined && !hasEnded(pod, observed)) {
    const at = observed.startedAt + deadline * 1000;
    if (now >= at) {
      decision.deadline = true;
      return decision;
    }
    wake(at);
  }

  if (observed.ended !== undefined || pod.metadata.deletionTimestamp !== undefined) {
    stopAll([...containers, ...ephemeral]);
    if (containers.every(isDown)) stopAll(inits);
    decision.finished = all.every(isDown);
    return decision;
  }

  if (hasEnded(pod, observed)) {
    stopAll([...inits].reverse().filter(({ container }) => isSidecar(container)));
    stopAll(ephemeral);
    decision.finished = all.every(isDown);
    return decision;
  }

  if (!observed.prepared) {
    decision.prepare = true;
    return decision;
  }

  // Starts what is not up, or says until when it has to wait. True when it is up.
  const bring = ({ container, list }: PlacedContainer): boolean => {
    const state = observedOf(observed, container.name);
    if (isUp(state)) {
      if (state.phase === 'running' && !state.stopping && isOutdated(state, container)) {
        const message = list === 'initContainers' ? `Init container ${container.name} definition changed` : `Container ${container.name} definition changed, will be restarted`;
        decision.stop.push({ container, list, message, replace: true });
      }
      return state.phase === 'running';
    }
    // Another image is a fresh start: whatever the former one did counts no more.
    if (state.phase === 'exited' && state.retryAt === undefined && isOutdated(state, container)) {
      decision.start.push({ container, list, restart: true });
      return false;
    }
    if (state.retryAt !== undefined && state.retryAt > now) {
      wake(state.retryAt);
      return false;
    }
    if (state.phase === 'waiting') {
      decision.start.push({ container, list, restart: false });
      return false;
    }
    const next = nextBackOff(state.backOff, state.exit?.finishedAt ?? now, now);
    if ('state' in next) decision.start.push({ container, list, restart: true, backOff: next.state });
    else {
      decision.backOff.push({ container, list, delay: next.delay, until: now + next.wait });
      wake(now + next.wait);
    }
    return false;
  };

  // They never run twice, and don't wait for anybody.
  for (const placed of ephemeral) {
    const state = observedOf(observed, placed.container.name);
    if (state.phase !== 'waiting') continue;
    if (state.retryAt !== undefined && state.retryAt > now) wake(state.retryAt);
    else decision.start.push({ ...placed, restart: false });
  }
  for (const placed of inits) {
    const { container } = placed;
    const state = observedOf(observed, container.name);
    if (isSidecar(container)) {
      if (!bring(placed) || !state.started) {
        if (!mainHasStarted(pod, observed)) return decision;
      }
    } else if (state.phase !== 'exited' || state.exit?.exitCode !== 0) {
      bring(placed);
      return decision;
    }
  }
  for (const placed of containers) {
    const state = observedOf(observed, placed.container.name);
    if (isOver(pod, placed.container, state)) continue;
    bring(placed);
  }
  return decision;
}

/** The spec has another image than the latest run. After kubernetes 1.32 pkg/kubelet/container/helpers.go (HashContainer) */
function isOutdated(state: ContainerObserved, container: Container): boolean {
  return state.startedFrom !== undefined && state.startedFrom !== (container.image ?? '');
}

/** Whether a container has run for the last time. */
function isOver(pod: Pod, container: Container, state: ContainerObserved): boolean {
  return state.phase === 'exited' && !restarts(pod, container, state.exit?.exitCode ?? 0) && !(state.replaced === true && isOutdated(state, container));
}

function mainHasStarted(pod: Pod, observed: PodObserved): boolean {
  return pod.spec.containers.some((c) => {
    const state = observedOf(observed, c.name);
    return state.phase !== 'waiting' || state.last !== undefined;
  });
}

/** Whether every main container has run for the last time, or an init container failed for good. */
export function hasEnded(pod: Pod, observed: PodObserved): boolean {
  for (const container of pod.spec.initContainers ?? []) {
    const state = observedOf(observed, container.name);
    if (state.phase === 'exited' && state.exit?.exitCode !== 0 && !initRestarts(pod, container)) return true;
  }
  return pod.spec.containers.every((container) => {
    return isOver(pod, container, observedOf(observed, container.name));
  });
}
