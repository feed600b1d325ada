import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { KubeClient } from './client.ts';
import type { ProcessRuntime } from './kubelet/runtime/process-runtime.ts';
import type { PodNetwork } from './network/pod-network.ts';
import type { RequestRecord } from './auth/request-log.ts';
import type { Server } from 'node:net';

/** What `startCluster` takes. */
export interface ClusterOptions {
  clock: Clock;
  ids: Ids;
  log: Log;
  runtime: ProcessRuntime;
  /** A folder of the cluster's own: container layers, volumes. Made when missing, removed at `stop`. */
  folder: string;
  /**
   * Where the API listens. `listener` is a server that already listens (in a sandbox's network namespace) and is
   * taken over. Default: 127.0.0.1 on a free port. `serverUrl` is what the kubeconfig says; default: the listening address.
   */
  listen?: { host: string; port: number } | { listener: Server };
  serverUrl?: string;
  /** Installs Argo Workflows into namespace `argo` with the course's settings. Default true. */
  argo?: boolean;
  /** What `snapshot()` of an earlier run returned. */
  restore?: ClusterSnapshot;
}

export interface ClusterSnapshot {
  version: 1;
  data: unknown;
}

export interface Cluster {
  /** Cluster-admin by client certificate, and a bearer token beside it so that `argo auth token` works. YAML. */
  kubeconfig: string;
  /** As cluster-admin. */
  client: KubeClient;
  network: PodNetwork;
  /** What was sent to the Kubernetes API and to the Argo Server, by whom; the newest last, at most 10 000 kept. */
  requests(): readonly RequestRecord[];
  snapshot(): ClusterSnapshot;
  /** Ends pods, watches and the listener; resolves when no process of the cluster is left. */
  stop(): Promise<void>;
}

/** Starts an embedded cluster; resolves when the API answers and, with Argo, when argo-server's pod is Ready. */
export async function startCluster(_options: ClusterOptions): Promise<Cluster> {
  throw new Error('the embedded cluster is not assembled yet');
}
