import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { nextBackOff, type BackOffState } from './back-off.ts';
import { isSidecar, observedOf, type ContainerObserved, type PodObserved } from './observed.ts';

/** What the pod's actor has to do next. */
export interface Decision {
  /** Volumes, network. Nothing is started before. */
  prepare: boolean;
  start: { container: Container; init: boolean; restart: boolean; backOff?: BackOffState }[];
  stop: { container: Container; init: boolean }[];
  /** Exited containers that wait for their back-off to pass. */
  backOff: { container: Container; delay: number; until: number }[];
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
  const inits = pod.spec.initContainers ?? [];
  const containers = pod.spec.containers;

  const stopAll = (which: readonly Container[], init: boolean) => {
    for (const container of which) {
      const state = observedOf(observed, container.name);
      if (state.phase === 'running' && !state.stopping) decision.stop.push({ container, init });
    }
  };
  const noneUp = () => [...inits, ...containers].every((c) => !isUp(observedOf(observed, c.name)));

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
    stopAll(containers, false);
    if (containers.every((c) => !isUp(observedOf(observed, c.name)))) stopAll(inits, true);
    decision.finished = noneUp();
    return decision;
  }

  if (hasEnded(pod, observed)) {
    stopAll([...inits].reverse().filter(isSidecar), true);
    decision.finished = noneUp();
    return decision;
  }

  if (!observed.prepared) {
    decision.prepare = true;
    return decision;
  }

  // Starts what is not up, or says until when it has to wait. True when it is up.
  const bring = (container: Container, init: boolean): boolean => {
    const state = observedOf(observed, container.name);
    if (isUp(state)) return state.phase === 'running';
    if (state.retryAt !== undefined && state.retryAt > now) {
      wake(state.retryAt);
      return false;
    }
    if (state.phase === 'waiting') {
      decision.start.push({ container, init, restart: false });
      return false;
    }
    const next = nextBackOff(state.backOff, state.exit?.finishedAt ?? now, now);
    if ('state' in next) decision.start.push({ container, init, restart: true, backOff: next.state });
    else {
      decision.backOff.push({ container, delay: next.delay, until: now + next.wait });
      wake(now + next.wait);
    }
    return false;
  };

  for (const container of inits) {
    const state = observedOf(observed, container.name);
    if (isSidecar(container)) {
      if (!bring(container, true) || !state.started) {
        if (!mainHasStarted(pod, observed)) return decision;
      }
    } else if (state.phase !== 'exited' || state.exit?.exitCode !== 0) {
      bring(container, true);
      return decision;
    }
  }
  for (const container of containers) {
    const state = observedOf(observed, container.name);
    if (state.phase === 'exited' && !restarts(pod, container, state.exit?.exitCode ?? 0)) continue;
    bring(container, false);
  }
  return decision;
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
    const state = observedOf(observed, container.name);
    return state.phase === 'exited' && !restarts(pod, container, state.exit?.exitCode ?? 0);
  });
}
