import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { noCluster } from './none.ts';
import type { ClusterProvider } from './provider.ts';

export interface ProviderDependencies {
  clock: Clock;
  ids: Ids;
  log: Log;
  sandbox: Sandbox;
  /** Folder with the built user interface of Argo. */
  argoUi: string;
}

/** The provider of that name; its code is loaded when the first session needs it. */
export function createProvider(name: 'embedded' | 'none', dependencies: ProviderDependencies): ClusterProvider {
  if (name === 'none') return noCluster;
  return {
    name: 'embedded',
    spare: true,
    async start(session) {
      const { embeddedProvider } = await import('./embedded/provider.ts');
      return embeddedProvider(dependencies).start(session);
    },
  };
}
