import { LabError } from '../../lib/errors.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterProvider } from '../provider.ts';
import type { ExistingSettings } from './settings.ts';

/** Any cluster, by its kubeconfig. */
export function existingProvider(settings: ExistingSettings, _dependencies: ProviderDependencies): ClusterProvider {
  const reason = `the cluster of ${settings.kubeconfig} can't be used yet`;
  return {
    name: 'existing',
    title: 'Cluster of your kubeconfig',
    spare: false,
    problem: async () => ({ reason }),
    start: () => Promise.reject(new LabError('cluster-failed', reason)),
  };
}
