import { argoInstallObjects } from '../argo/install/index.ts';
import type { ApiCore } from '../api/core.ts';
import { createMissing } from './bootstrap.ts';
import type { KubeClient } from '../client.ts';
import type { KubeObject } from '../store/object.ts';

/** Creates what is missing of an installed Argo Workflows, in order. Throws ApiStatus. */
export async function installArgo(api: ApiCore, client: KubeClient): Promise<void> {
  await createMissing(api, client, 'kubectl-client-side-apply', argoInstallObjects());
}

/** Resolves when the condition holds for the pods of a selector, or when `signal` gives up. */
export function podsUntil(client: KubeClient, options: { namespace: string; labelSelector: string }, done: (pod: KubeObject) => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = new AbortController();
    const finish = (): void => {
      end.abort();
      resolve();
    };
    if (signal.aborted) return finish();
    signal.addEventListener('abort', finish, { once: true });
    client.watch({ group: '', version: 'v1', resource: 'pods' }, { ...options, signal: end.signal, onEnd: finish }, ({ type, object }) => {
      if (type !== 'DELETED' && done(object)) finish();
    });
  });
}
