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

export interface PodObserved {
  /** Volumes and network are there. */
  prepared: boolean;
  /** The kubelet itself ended the pod: DeadlineExceeded, Evicted. */
  ended?: { reason: string; message: string };
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
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) containers.set(container.name, newContainer(container));
  return { prepared: false, startedAt: now, containers };
}

export function observedOf(observed: PodObserved, name: string): ContainerObserved {
  const container = observed.containers.get(name);
  if (container === undefined) throw new Error(`the pod has no container ${name}`);
  return container;
}
