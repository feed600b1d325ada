import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster, type ClusterOptions } from '../../server/cluster/index.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { silentLog } from '../../server/lib/log.ts';
import { testRuntime } from './runtime.ts';

export interface TestCluster {
  cluster: Cluster;
  /** The path of the administrator's kubeconfig. */
  kubeconfig: string;
  stop(): Promise<void>;
}

/** A whole cluster over HTTPS on loopback, without Argo unless asked for; containers are plain processes. */
export async function startTestCluster(options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'test-cluster-'));
  const cluster = await startCluster({ clock: systemClock, ids: systemIds, log: silentLog, runtime: testRuntime(join(folder, 'runtime')), folder: join(folder, 'data'), argo: false, ...options });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
  return {
    cluster,
    kubeconfig,
    async stop() {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
