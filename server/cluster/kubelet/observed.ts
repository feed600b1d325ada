import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import type { BackOffState } from './back-off.ts';

/** How a run of a container ended. */
export interface ExitRecord {
  exitCode: number;
  signal?: number;
  /** `Completed`, `Error`, `StartError`, … */
  reason: string;
  message?: string;
  /** Milliseconds; 0 when it never started. */
  startedAt: number;
  finishedAt: number;
  containerID: string;
}

/** What the kubelet knows about one container of a pod. */
export interface ContainerObserved {
  phase: 'waiting' | 'starting' | 'running' | 'exited';
  /** Why it waits; absent: ContainerCreating or PodInitializing. */
  waiting?: { reason: string; message?: string };
  startedAt?: number;
  containerID?: string;
  image?: string;
  imageID?: string;
  exit?: ExitRecord;
  last?: ExitRecord;
  restarts: number;
  /** The image, as the spec had it, of the latest run: another one in the spec asks for a new run. */
  startedFrom?: string;
  /** It was stopped for that, and runs again whatever the restart policy is. */
  replaced?: boolean;
  /** False until the startup probe has passed; true without one. */
  started: boolean;
  /** What the readiness probe said last; true without one. */
  ready: boolean;
  /** The container is being stopped: no more probes, no second kill. */
  stopping: boolean;
  backOff?: BackOffState;
  /** A start that failed is tried again at this time. */
  retryAt?: number;
}

/** A container and the list of the spec in which it stands. */
export interface PlacedContainer {
  container: Container;
  list: 'initContainers' | 'containers' | 'ephemeralContainers';
}

/** As events point to it. */
export function fieldPathOf({ container, list }: PlacedContainer): string {
  return `spec.${list}{${container.name}}`;
}

/** All containers of a pod, those of a list in their order. */
export function placedContainers(pod: Pod): PlacedContainer[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  return [
    ...initContainers.map((container): PlacedContainer => ({ container, list: 'initContainers' })),
    ...containers.map((container): PlacedContainer => ({ container, list: 'containers' })),
    ...ephemeralContainers.map((container): PlacedContainer => ({ container, list: 'ephemeralContainers' })),
  ];
}

export interface PodObserved {
  /** Volumes and network are there. */
  prepared: boolean;
  /** The kubelet itself ended the pod: DeadlineExceeded, Evicted. `disruptedAt`: for the node's sake, not for what the pod did. */
  ended?: { reason: string; message: string; graceMs?: number; disruptedAt?: number };
  startedAt: number;
  containers: Map<string, ContainerObserved>;
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

export function newContainer(container: Container): ContainerObserved {
  return {
    phase: 'waiting',
    restarts: 0,
    started: container.startupProbe === undefined,
    ready: container.readinessProbe === undefined,
    stopping: false,
  };
}

export function newObserved(pod: Pod, now: number): PodObserved {
  const containers = new Map<string, ContainerObserved>();
  for (const { container } of placedContainers(pod)) containers.set(container.name, newContainer(container));
  return { prepared: false, startedAt: now, containers };
}

/** Ephemeral containers come while the pod runs. */
export function addEphemeral(observed: PodObserved, pod: Pod): void {
  for (const container of pod.spec.ephemeralContainers ?? []) {
    if (!observed.containers.has(container.name)) observed.containers.set(container.name, newContainer(container));
  }
}

export function observedOf(observed: PodObserved, name: string): ContainerObserved {
  const container = observed.containers.get(name);
  if (container === undefined) throw new Error(`the pod has no container ${name}`);
  return container;
}
