import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/ids.ts';
import type { Log } from '../../../lib/log.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import { EventRecorder } from './event-recorder.ts';
import type { Informers } from './informer.ts';
import { WorkQueue } from './work-queue.ts';

/** A served resource type, as far as generic controllers care. */
export interface ServedResource extends ResourceType {
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources?: readonly { name: string }[];
}

/** What is served now; it changes with CustomResourceDefinitions. */
export interface ServedResources {
  list(): readonly ServedResource[];
  onChange(listener: () => void): () => void;
}

/** What every controller is given. */
export interface ControllerContext {
  client: KubeClient;
  informers: Informers;
  clock: Clock;
  ids: Ids;
  log: Log;
  signal: AbortSignal;
  /** Events in the name of a component: `deployment-controller`. */
  recorder(component: string): EventRecorder;
  queue(name: string, reconcile: (key: string) => Promise<void>): WorkQueue;
}

export function createContext(options: Omit<ControllerContext, 'recorder' | 'queue'>): ControllerContext {
  const { client, clock, log, signal } = options;
  return {
    ...options,
    recorder: (component) => new EventRecorder({ client, clock, log, source: { component } }),
    queue: (name, reconcile) => new WorkQueue({ name, clock, log, signal, reconcile }),
  };
}
