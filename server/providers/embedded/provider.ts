import { join } from 'node:path';
import { z } from 'zod';
import { type ClusterOptions, startCluster } from '../../cluster/index.ts';
import { NODE_ADDRESS } from '../../cluster/vocabulary.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Place } from '../../sandbox/sandbox.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterProvider, ClusterStage } from '../provider.ts';
import { createRuntime } from './runtime.ts';
import { Waypoints } from './waypoint.ts';

/** Where the API listens inside a place, as on a real control plane. */
const API_PORT = 6443;
const Snapshot = z.object({ version: z.literal(1), data: z.unknown() });

/** Where Ingresses answer: on the place's own ports 80 and 443, or beside what else the machine has on its loopback. */
function ingressOf(place: Place): NonNullable<ClusterOptions['ingress']> {
  if (place.networkPid !== undefined) return { address: { ip: NODE_ADDRESS }, listen: (port) => place.listen(port, '0.0.0.0') };
  return { address: { hostname: 'localhost' }, listen: (port) => place.listen(port === 80 ? 8080 : 8443) };
}

/** A cluster of our own in the lab's process; its API listens on the place's own loopback. */
export function embeddedProvider({ clock, ids, log, sandbox, argoUi, storage }: ProviderDependencies): ClusterProvider {
  return {
    name: 'embedded',
    title: 'Emulated cluster',
    spare: true,
    async start(session) {
      const began = clock.now();
      const stage = (state: ClusterStage['state'], output?: string) =>
        session.onStage({ id: 'cluster', title: 'Kubernetes and Argo Workflows', state, ...(state === 'running' ? {} : { took: clock.now() - began }), ...(output === undefined ? {} : { output }) });
      stage('running');
      try {
        const listener = await session.place.listen(API_PORT);
        const restore = Snapshot.safeParse(session.restore);
        // A folder a start: a cluster that ends takes its own away, while the next one of the session may have begun.
        const folder = join(session.folder, ids.alphanumeric(8));
        const runtime = await createRuntime(sandbox, join(folder, 'runtime'), clock);
        const cluster = await startCluster({
          clock,
          ids,
          log,
          runtime,
          folder,
          listen: { listener: listener.server },
          serverUrl: `https://127.0.0.1:${listener.port}`,
          argoUi,
          addons: true,
          ...(storage === undefined ? {} : { storage }),
          ingress: ingressOf(session.place),
          nodeDial: (port) => session.place.dial(port),
          ...(session.place.networkPid === undefined ? {} : { nodePort: async (port: number) => (await session.place.listen(port, '0.0.0.0')).server }),
          ...(restore.success ? { restore: restore.data } : {}),
        });
        const waypoints = new Waypoints(cluster, clock);
        stage('done');
        // The terminal is the node's: pods and Services answer there by their addresses. Nobody waits for it.
        if (session.place.networkPid !== undefined) runtime.attach?.(NODE_ADDRESS, session.place.networkPid).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'the terminal does not reach pods by their addresses'));
        return { kubeconfig: cluster.kubeconfig, env: {}, client: cluster.client, requests: () => waypoints.requests(), clock: cluster, snapshot: () => cluster.snapshot(), waypoint: () => waypoints.take(), stop: () => cluster.stop().finally(() => runtime.close?.()) };
      } catch (error) {
        stage('failed', messageOf(error));
        throw error;
      }
    },
  };
}
