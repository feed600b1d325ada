import type { KubeClient } from '../cluster/vocabulary.ts';
import type { RequestRecord } from '../cluster/vocabulary.ts';
import { LabError, type LabErrorCode } from '../lib/errors.ts';
import type { Place } from '../sandbox/sandbox.ts';
import type { Scenario } from '../scenario/model.ts';

/** What gives a session its cluster: `embedded`, `kind` or `existing`. Nothing outside this room asks which. */
export interface ClusterProvider {
  readonly name: string;
  /** For the page: `Emulated cluster`. */
  readonly title: string;
  /** So cheap that one may be kept ready for the next session. */
  readonly spare: boolean;
  /** Why it can't be had on this machine now; undefined when it can. Asked for each list of courses, so it is quick or remembered. */
  problem?(): Promise<Problem | undefined>;
  /** Why this scenario can't run on it; undefined when it can. Asked before the learner starts. */
  refuses?(scenario: Scenario): Promise<Problem | undefined>;
  /** Once after the lab has started: removes what a crash left and warms up. `sessions` are those that may come back. */
  begin?(sessions: ReadonlySet<string>): Promise<void>;
  /** The lab stops; every session has been suspended or ended. */
  close?(): Promise<void>;
  /** Rejects with a LabError, with nothing left behind, also when `session.signal` aborts. */
  start(session: ProviderSession): Promise<SessionCluster>;
}

export interface Problem {
  reason: string;
  next?: string;
}

/** A start that failed, with logs to download where there are some. */
export class ClusterFailure extends LabError {
  constructor(
    code: LabErrorCode,
    message: string,
    next: string | undefined,
    /** A zip file on the host. */
    readonly bundle: string | undefined,
    options?: ErrorOptions,
  ) {
    super(code, message, next, options);
  }
}

export interface ProviderSession {
  id: string;
  /** Undefined for a cluster that is kept ready: it has to fit any. */
  scenario?: Scenario;
  /** A folder for the provider's own files, removed with the session. */
  folder: string;
  place: Place;
  /** What a former run of this session saved; undefined for a new one. */
  restore?: unknown;
  onStage(stage: ClusterStage): void;
  /** The cluster died after `start` had resolved. */
  onLost?(error: LabError): void;
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
  /** The namespace that is the session's own, where that is not the scenario's. */
  namespace?: string;
  /** Added to the environment of terminals and scripts. */
  env: Record<string, string>;
  /** As cluster-admin, or with the rights that the session has. */
  client: KubeClient;
  requests(): readonly RequestRecord[];
  /** The cluster's own clock, where it has one that can be moved; absent where its time is everybody's. */
  clock?: ClusterClock;
  /** What `restore` needs; undefined where the cluster outlives the server by itself. */
  snapshot?(): unknown;
  /**
   * Remembers the cluster as it is, once it has come to rest; undefined when it does not, or holds what can't be taken back.
   * Absent where the provider can't do that at all.
   */
  waypoint?(): Promise<ClusterWaypoint | undefined>;
  /**
   * `end`: for good, nothing may be left. `suspend`: the lab stops and the session may come back, with what `snapshot`
   * gave as its `restore`. `reset`: the session goes on with a clean cluster, for which this one may be cleaned.
   */
  stop(why: StopReason): Promise<void>;
}

/** A state of a cluster to come back to. */
export interface ClusterWaypoint {
  /**
   * Takes back what was made since, and forgets what was asked since. False when something has changed that can't be taken
   * back: then the cluster is neither as it was nor of use any more.
   */
  rewind(): Promise<boolean>;
}

export interface ClusterClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves it forward by milliseconds; what is due by then happens at once. */
  advance(ms: number): void;
}

export type StopReason = 'end' | 'suspend' | 'reset';
