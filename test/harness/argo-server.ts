import { createServer, type Socket } from 'node:net';
import type { Cluster } from '../../server/cluster/index.ts';
import { setTimeout } from 'node:timers/promises';

const TRIES = 100;

export interface ArgoServerPort {
  /** On 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

/** A port of this machine that leads to the Argo Server's Service, as a port-forward would. */
export async function argoServerPort(cluster: Cluster): Promise<ArgoServerPort> {
  const sockets = new Set<Socket>();
  const bridge = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    cluster.network.dialAddress('argo-server.argo.svc', 2746).then(
      (upstream) => {
        upstream.on('error', () => socket.destroy());
        upstream.on('close', () => socket.destroy());
        upstream.pipe(socket).pipe(upstream);
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((done) => bridge.listen(0, '127.0.0.1', done));
  const address = bridge.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => bridge.close(done));
    },
  };
}

/** The token of an account in the namespace argo that may do anything. */
export async function learnerToken({ client }: Cluster): Promise<string> {
  await client.create({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' }, '', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'learner' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: 'learner', namespace: 'argo' }] });
  await client.create({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'argo', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'learner' } });
  await client.create({ group: '', version: 'v1', resource: 'secrets' }, 'argo', { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: { name: 'learner', annotations: { 'kubernetes.io/service-account.name': 'learner' } } });
  for (let tries = 0; tries < TRIES; tries++) {
    const { data } = await client.get({ group: '', version: 'v1', resource: 'secrets' }, 'argo', 'learner');
    if (typeof data === 'object' && data !== null && 'token' in data) return Buffer.from(String(data.token), 'base64').toString();
    await setTimeout(50);
  }
  throw new Error('the secret has no token yet');
}
