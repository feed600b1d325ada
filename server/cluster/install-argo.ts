import { argoInstallObjects } from './argo/install/index.ts';
import { isStatus } from './api/errors.ts';
import type { Scheme } from './api/scheme/scheme.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './store/object.ts';

/** Creates what is missing of an installed Argo Workflows, in order. Throws ApiStatus. */
export async function installArgo(client: KubeClient, scheme: Scheme): Promise<void> {
  for (const object of argoInstallObjects()) {
    const info = scheme.findKind(object.apiVersion, object.kind);
    if (info === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`);
    try {
      await client.create(info, object.metadata.namespace, object);
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }
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
