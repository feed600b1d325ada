import type { KubeClient } from '../cluster/vocabulary.ts';
import type { RequestRecord } from '../cluster/vocabulary.ts';
import type { Place } from '../sandbox/sandbox.ts';

/** What gives a session its cluster: `embedded`, `kind` or `existing`. Nothing outside this room asks which. */
export interface ClusterProvider {
  readonly name: string;
  /** So cheap that one may be kept ready for the next session. */
  readonly spare: boolean;
  start(session: ProviderSession): Promise<SessionCluster>;
}

export interface ProviderSession {
  id: string;
  /** A folder for the provider's own files, removed with the session. */
  folder: string;
  place: Place;
  /** What a former run of this session saved; undefined for a new one. */
  restore?: unknown;
  onStage(stage: ClusterStage): void;
  signal: AbortSignal;
}

/** One line of the preparation list. Sent again with the same id when its state changes. */
export interface ClusterStage {
  id: string;
  title: string;
  state: 'running' | 'done' | 'failed';
  /** Milliseconds, once done or failed. */
  took?: number;
  /** What the stage printed, when it failed. */
  output?: string;
}

export interface SessionCluster {
  /** YAML, as seen from inside the place. */
  kubeconfig: string;
  /** Added to the environment of terminals and scripts. */
  env: Record<string, string>;
  /** As cluster-admin, or with the rights that the session has. */
  client: KubeClient;
  requests(): readonly RequestRecord[];
  /** What `restore` needs; undefined where the cluster outlives the server by itself. */
  snapshot?(): unknown;
  stop(): Promise<void>;
}
