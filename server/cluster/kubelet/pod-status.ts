import { rfc3339 } from '../../lib/clock.ts';
import type { Container, ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from '../controllers/runtime/kinds.ts';
import { hasEnded } from './decide.ts';
import { isSidecar, observedOf, type ContainerObserved, type ExitRecord, type PodObserved } from './observed.ts';

export const HOST_IP = '10.250.0.1';

/** What of the status the containers don't know. */
export interface StatusFacts {
  podIP: string | undefined;
  /** The pod is over: everything of it has been stopped. */
  finished: boolean;
  now: number;
}

/**
 * The status that the kubelet reports. Pure.
 * After kubernetes 1.32 pkg/kubelet/kubelet_pods.go (generateAPIPodStatus) and pkg/kubelet/status/generate.go.
 */
export function podStatus(pod: Pod, observed: PodObserved, facts: StatusFacts): PodStatus {
  const phase = phaseOf(pod, observed, facts.finished);
  const inits = pod.spec.initContainers ?? [];
  const waitingReason = inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const initStatuses = inits.map((container) => containerStatus(container, observedOf(observed, container.name), waitingReason, true));
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container) => ephemeralStatus(container, observedOf(observed, container.name), waitingReason));
  const statuses = pod.spec.containers
    .map((container) => containerStatus(container, observedOf(observed, container.name), waitingReason, false))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return {
    phase,
    // Not before its containers have stopped. After kubernetes 1.32 pkg/kubelet/status/status_manager.go (mergePodStatus)
    ...(observed.ended === undefined || !facts.finished ? {} : { reason: observed.ended.reason, message: observed.ended.message }),
    conditions: conditions(pod, observed, phase, facts, initStatuses, statuses),
    hostIP: HOST_IP,
    hostIPs: [{ ip: HOST_IP }],
    ...(facts.podIP === undefined ? {} : { podIP: facts.podIP, podIPs: [{ ip: facts.podIP }] }),
    startTime: rfc3339(observed.startedAt),
    ...(inits.length === 0 ? {} : { initContainerStatuses: initStatuses }),
    containerStatuses: statuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? 'BestEffort',
  };
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export function phaseOf(pod: Pod, observed: PodObserved, finished: boolean): PodPhase {
  if (observed.ended !== undefined && finished) return 'Failed';
  for (const container of pod.spec.initContainers ?? []) {
    const state = observedOf(observed, container.name);
    if (isSidecar(container)) {
      if (state.phase === 'waiting' || (state.phase === 'starting' && state.restarts === 0)) return 'Pending';
      continue;
    }
    if (state.phase !== 'exited') return 'Pending';
    if (state.exit?.exitCode !== 0) return hasEnded(pod, observed) && finished ? 'Failed' : 'Pending';
  }
  const states = pod.spec.containers.map((container) => observedOf(observed, container.name));
  if (states.some((s) => (s.phase === 'waiting' || s.phase === 'starting') && s.last === undefined)) {
    return finished ? 'Failed' : 'Pending';
  }
  if (!finished) return 'Running';
  return states.every((s) => s.exit?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

function terminated(exit: ExitRecord): ContainerState {
  return {
    terminated: {
      exitCode: exit.exitCode,
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
      reason: exit.reason,
      ...(exit.message === undefined || exit.message === '' ? {} : { message: exit.message }),
      startedAt: rfc3339(exit.startedAt),
      finishedAt: rfc3339(exit.finishedAt),
      containerID: exit.containerID,
    },
  };
}

function stateOf(observed: ContainerObserved, waitingReason: string): ContainerState {
  if (observed.phase === 'running' && observed.startedAt !== undefined) return { running: { startedAt: rfc3339(observed.startedAt) } };
  if (observed.waiting !== undefined) return { waiting: { ...observed.waiting } };
  if (observed.phase === 'exited' && observed.exit !== undefined) return terminated(observed.exit);
  return { waiting: { reason: waitingReason } };
}

function containerStatus(container: Container, observed: ContainerObserved, waitingReason: string, init: boolean): ContainerStatus {
  const running = observed.phase === 'running';
  const state = stateOf(observed, waitingReason);
  const ready = init && !isSidecar(container) ? observed.phase === 'exited' && observed.exit?.exitCode === 0 : running && observed.started && observed.ready;
  // What ran before is the last state; with a back-off shown instead of the exit, the exit is.
  const last = state.waiting !== undefined && observed.phase === 'exited' ? observed.exit : observed.last;
  return {
    ...(observed.containerID === undefined ? {} : { containerID: observed.containerID }),
    image: observed.image ?? container.image ?? '',
    imageID: observed.imageID ?? '',
    lastState: last === undefined ? {} : terminated(last),
    name: container.name,
    ready,
    restartCount: observed.restarts,
    started: running && observed.started,
    state,
    ...(container.volumeMounts === undefined || container.volumeMounts.length === 0
      ? {}
      : {
          volumeMounts: container.volumeMounts.map(({ name, mountPath, readOnly }) => ({
            mountPath,
            name,
            ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
          })),
        }),
  };
}

/** Nobody asks whether it is ready, so the status doesn't say when it has started. */
function ephemeralStatus(container: Container, observed: ContainerObserved, waitingReason: string): ContainerStatus {
  const { started: _, ...status } = containerStatus(container, observed, waitingReason, false);
  return { ...status, ready: false };
}

type Verdict = { status: 'True' | 'False'; reason?: string; message?: string };

function conditions(pod: Pod, observed: PodObserved, phase: PodPhase, facts: StatusFacts, inits: ContainerStatus[], statuses: ContainerStatus[]): PodCondition[] {
  const containersReady = containersReadiness(pod, phase, statuses);
  const verdicts: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: observed.prepared && !facts.finished ? 'True' : 'False' },
    Initialized: initialization(pod, phase, inits),
    Ready: readiness(pod, containersReady),
    ContainersReady: containersReady,
  };
  const before = pod.status?.conditions ?? [];
  const { ended } = observed;
  const disruption = ended?.disruptedAt === undefined ? [] : [condition('DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message: ended.message }, rfc3339(ended.disruptedAt))];
  const known = Object.entries(verdicts).map(([type, verdict]): PodCondition => {
    const previous = before.find((c) => c.type === type);
    const since = previous?.status === verdict.status ? previous.lastTransitionTime : undefined;
    return condition(type, verdict, since ?? rfc3339(facts.now));
  });
  const scheduled = before.find((c) => c.type === 'PodScheduled') ?? condition('PodScheduled', { status: 'True' }, rfc3339(observed.startedAt));
  const others = before.filter((c) => verdicts[c.type] === undefined && c.type !== 'PodScheduled' && c.type !== disruption[0]?.type);
  return [...disruption, ...known, scheduled, ...others];
}

function condition(type: string, verdict: Verdict, lastTransitionTime: string): PodCondition {
  // metav1.Time without a value is null on the wire; the published types leave that out.
  const never = null as unknown as undefined;
  return { lastProbeTime: never, lastTransitionTime, ...verdict, type };
}

function initialization(pod: Pod, phase: PodPhase, inits: ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const incomplete = (pod.spec.initContainers ?? []).filter((container, index) => {
    const status = inits[index];
    return isSidecar(container) ? status?.started !== true && phase === 'Pending' : status?.ready !== true;
  });
  if (incomplete.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.map((c) => c.name).join(' ')}]` };
}

function containersReadiness(pod: Pod, phase: PodPhase, statuses: ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = pod.spec.containers.filter((container) => statuses.find((s) => s.name === container.name)?.ready !== true);
  if (unready.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.map((c) => c.name).join(' ')}]` };
}

function readiness(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status === 'False') return containersReady;
  const closed = (pod.spec.readinessGates ?? []).filter((gate) => pod.status?.conditions?.find((c) => c.type === gate.conditionType)?.status !== 'True');
  if (closed.length === 0) return containersReady;
  const messages = closed.map((gate) => {
    const found = pod.status?.conditions?.some((c) => c.type === gate.conditionType) ?? false;
    return found
      ? `the status of pod readiness gate "${gate.conditionType}" is not "True", but False`
      : `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`;
  });
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}
