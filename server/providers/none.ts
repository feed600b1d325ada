import { LabError } from '../lib/errors.ts';
import type { KubeClient } from '../cluster/vocabulary.ts';
import type { ClusterProvider } from './provider.ts';

/** Terminals without a cluster: for scenarios that need none, and for tests. */
export const noCluster: ClusterProvider = {
  name: 'none',
  title: 'No cluster',
  spare: false,
  async start() {
    const refuse = (): never => {
      throw new LabError('cluster-failed', 'this session has no cluster', 'A scenario gets one when its backend.imageid names Kubernetes and the lab was not started with --cluster none.');
    };
    const client: KubeClient = {
      get: async () => refuse(),
      find: async () => refuse(),
      list: async () => refuse(),
      watch: () => refuse(),
      create: async () => refuse(),
      update: async () => refuse(),
      patch: async () => refuse(),
      delete: async () => refuse(),
      deleteCollection: async () => refuse(),
      createSubresource: async () => refuse(),
      logs: () => refuse(),
      as: () => client,
    };
    return { kubeconfig: '', env: {}, client, requests: () => [], waypoint: async () => ({ rewind: async () => true }), async stop() {} };
  },
};
