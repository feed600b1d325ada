import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageEntry } from '../../../../server/cluster/program.ts';
import type { KubeClient } from '../../../../server/cluster/client.ts';
import { startControllers } from '../../../../server/cluster/controllers/index.ts';
import { PODS } from '../../../../server/cluster/controllers/runtime/resources.ts';
import type { Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { builtInImages, createImageRegistry, createPlainRuntime, startKubelet, type Kubelet } from '../../../../server/cluster/kubelet/index.ts';
import { createPodNetwork, type KubeletNetwork } from '../../../../server/cluster/network/index.ts';
import { startScheduler } from '../../../../server/cluster/scheduler/index.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { testApi } from '../../../harness/cluster.ts';

export interface SmallCluster {
  client: KubeClient;
  network: KubeletNetwork;
  kubelet: Kubelet;
  stop(): Promise<void>;
  /** Creates a pod in `ns` from its spec. */
  pod(name: string, spec: object, metadata?: object): Promise<Pod>;
  /** Resolves with the first object of the pod for which `holds` is true. */
  until(name: string, holds: (pod: Pod) => boolean, namespace?: string): Promise<Pod>;
  logs(name: string, container: string, options?: { previous?: boolean; tailLines?: number; timestamps?: boolean; limitBytes?: number; follow?: boolean }): Promise<string>;
}

/** A cluster of this room alone: an API without admission, plain processes, the controllers. */
export async function smallCluster(options: { images?: ImageEntry[]; controllers?: boolean } = {}): Promise<SmallCluster> {
  const { client, core } = testApi();
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-test-'));
  const network = createPodNetwork();
  const common = { client, clock: systemClock, ids: systemIds, log: silentLog };
  for (const name of ['ns', 'kube-node-lease', 'default']) {
    await client.create({ group: '', version: 'v1', resource: 'namespaces' }, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } as KubeObject);
  }
  const scheduler = startScheduler(common);
  const controllers = options.controllers === true ? startControllers({ ...common, rootCertificate: 'CERT', resources: { list: () => core.scheme.all(), onChange: (listener) => core.scheme.onChange(listener) } }) : undefined;
  const kubelet = await startKubelet({
    ...common,
    network,
    images: createImageRegistry([...builtInImages, ...(options.images ?? [])]),
    runtime: createPlainRuntime({ folder: join(folder, 'runtime') }),
    folder: join(folder, 'kubelet'),
  });
  const until: SmallCluster['until'] = (name, holds, namespace = 'ns') =>
    new Promise((resolve, reject) => {
      const controller = new AbortController();
      let last: Pod | undefined;
      const cancel = systemClock.after(8000, () => {
        controller.abort();
        reject(new Error(`still waiting; last: ${JSON.stringify(last?.status)}`));
      });
      client.watch<Pod>(PODS, { namespace, fieldSelector: `metadata.name=${name}`, signal: controller.signal }, ({ object }) => {
        last = object;
        if (controller.signal.aborted || !holds(object)) return;
        cancel();
        controller.abort();
        resolve(object);
      });
    });
  return {
    client,
    network,
    kubelet,
    until,
    pod: (name, spec, metadata = {}) => client.create<Pod>(PODS, 'ns', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', ...metadata }, spec }),
    async logs(name, container, logOptions = {}) {
      const pod = await client.get(PODS, 'ns', name);
      const chunks: Uint8Array[] = [];
      for await (const chunk of kubelet.access.logs(pod, { container, ...logOptions }, AbortSignal.timeout(5000))) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
    async stop() {
      scheduler.stop();
      controllers?.stop();
      await kubelet.stop();
    },
  };
}
