import { setMaxListeners } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { EventRecorder } from '../controllers/runtime/event-recorder.ts';
import { Informer, Informers } from '../controllers/runtime/informer.ts';
import type { ConfigMap, Pod, Secret, Service } from '../controllers/runtime/kinds.ts';
import { CONFIG_MAPS, PERSISTENT_VOLUME_CLAIMS, PODS, SECRETS, SERVICES } from '../controllers/runtime/resources.ts';
import { linkKernelNetwork } from '../network/kernel-links.ts';
import { openNodePorts } from '../network/node-ports.ts';
import { startServiceProxy } from '../network/service-proxy.ts';
import type { ContainerAccess } from './access.ts';
import { createContainerAccess } from './container-access.ts';
import type { StarterOptions } from './container-starter.ts';
import type { ConfigSource } from './env.ts';
import { NODE_NAME } from './fields.ts';
import { LogBudget } from './log-store.ts';
import { runNode } from './node.ts';
import { PodWorker } from './pod-worker.ts';
import { isCritical, PRESSURE_MESSAGE, STORAGE_LIMITS, type StorageLimits } from './storage/evictions.ts';
import { StorageWatch } from './storage/storage-watch.ts';

export { createImageRegistry, type ImageRegistry } from './images/catalogue.ts';
export { builtInImages } from './images/index.ts';
export { createPlainRuntime } from './runtime/plain-runtime.ts';
export { NODE_NAME } from './fields.ts';
export type { StorageLimits } from './storage/evictions.ts';

export interface KubeletOptions extends Omit<StarterOptions, 'source' | 'logs'> {
  log: Log;
  /** The kubelet's own; made when missing, removed at `stop`. */
  folder: string;
  /** Takes a connection to the Service `kubernetes` that a process of a pod makes. */
  api?: (socket: Duplex) => void;
  /** Listens on a port of the node; absent where the node has no ports of its own. */
  nodePort?: (port: number) => Promise<Server>;
  /** What pods and claims may hold on the machine's disk; default 4 GiB and 300 000 files. */
  storage?: StorageLimits;
}

export interface Kubelet {
  access: ContainerAccess;
  /** Ends every container; resolves when none runs and the folder is gone. */
  stop(): Promise<void>;
}

/** Registers the node, makes Services answer, and runs every pod that is bound to the node. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, network, clock, ids, log, folder } = options;
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(0, signal);
  await mkdir(join(folder, 'pods'), { recursive: true });
  const events = new EventRecorder({ client, clock, log, source: { component: 'kubelet', host: NODE_NAME } });
  const node = await runNode({ client, clock, log, events, machineId: ids.uuid(), signal });

  const informers = new Informers(client, signal);
  const configMaps = informers.of<ConfigMap>(CONFIG_MAPS);
  const secrets = informers.of<Secret>(SECRETS);
  const services = informers.of<Service>(SERVICES);
  const claims = informers.of(PERSISTENT_VOLUME_CLAIMS);
  startServiceProxy({ informers, network });
  if (options.nodePort !== undefined) openNodePorts({ informers, network, listen: options.nodePort, warn: (message) => log.warn({}, message), signal });
  // Nobody waits for it: what starts before it is there finds the way a moment later.
  void (async () => {
    const kernel = await options.runtime.network?.();
    if (kernel !== undefined && !signal.aborted) await linkKernelNetwork({ informers, network, kernel, api: options.api ?? ((socket) => socket.destroy()), warn: (message) => log.warn({}, message), signal });
  })().catch((error: unknown) => signal.aborted || log.warn({ error: messageOf(error) }, 'processes of pods do not reach the cluster'));
  const source: ConfigSource = {
    configMap: (namespace, name) => configMaps.get(namespace, name),
    secret: (namespace, name) => secrets.get(namespace, name),
    services: (namespace) => {
      const own = services.list(namespace);
      const api = services.get('default', 'kubernetes');
      return namespace === 'default' || api === undefined ? own : [api, ...own];
    },
  };

  const logs = new LogBudget();
  const workers = new Map<string, PodWorker>();
  const byNamespace = new Map<string, Set<PodWorker>>();
  const ending = new Set<Promise<void>>();

  const forget = (worker: PodWorker) => {
    workers.delete(worker.uid);
    byNamespace.get(worker.pod.metadata.namespace ?? '')?.delete(worker);
    const end: Promise<void> = worker
      .remove()
      .catch((error: unknown) => log.warn({ pod: worker.pod.metadata.name, error: messageOf(error) }, 'pod not cleaned up'))
      .finally(() => ending.delete(end));
    ending.add(end);
  };

  const storage = new StorageWatch({
    folder,
    limits: options.storage ?? STORAGE_LIMITS,
    clock,
    pods: () => [...workers.values()].flatMap((worker) => worker.storage() ?? []),
    evict: async ({ uid, ...why }) => workers.get(uid)?.evict(why),
    pressure: (low) => node.pressure(low),
  });

  const pods = new Informer<Pod>(client, PODS, signal, { fieldSelector: `spec.nodeName=${NODE_NAME}` });
  pods.onChange(({ previous, current }) => {
    const gone = previous !== undefined && previous.metadata.uid !== current?.metadata.uid ? workers.get(previous.metadata.uid ?? '') : undefined;
    if (gone !== undefined) forget(gone);
    if (current === undefined) return;
    const uid = current.metadata.uid ?? '';
    let worker = workers.get(uid);
    if (worker === undefined) {
      worker = new PodWorker({ ...options, events, source, logs }, current);
      workers.set(uid, worker);
      const namespace = current.metadata.namespace ?? '';
      let group = byNamespace.get(namespace);
      if (group === undefined) byNamespace.set(namespace, (group = new Set()));
      group.add(worker);
      // Nothing new begins where there is no room for it; what ran before has the room that it takes.
      if (storage.underPressure && current.status?.containerStatuses === undefined && !isCritical(current)) void worker.evict({ message: PRESSURE_MESSAGE, pressure: false, atOnce: true });
    }
    worker.update(current);
  });

  for (const informer of [configMaps, secrets, claims]) {
    informer.onChange(({ previous, current }) => {
      const namespace = (current ?? previous)?.metadata.namespace ?? '';
      for (const worker of byNamespace.get(namespace) ?? []) worker.configChanged();
    });
  }

  let stopping: Promise<void> | undefined;
  return {
    access: createContainerAccess({ worker: (uid) => workers.get(uid), network }),
    stop() {
      stopping ??= (async () => {
        controller.abort(new Error('the kubelet stops'));
        storage.close();
        for (const worker of [...workers.values()]) forget(worker);
        await Promise.all(ending);
        await events.flushed();
        await rm(folder, { recursive: true, force: true });
      })();
      return stopping;
    },
  };
}
