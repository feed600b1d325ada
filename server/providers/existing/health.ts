import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';
import { ApiStatus } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { unauthorized } from './facts.ts';
import type { KubeAccess } from './kubeconfig.ts';
import { NAMESPACES } from './objects.ts';

const EVERY_MS = 5000;
/** A server that takes a request and never answers it is as good as none. */
const PATIENCE_MS = 10_000;
/** So often in a row; a cluster may be slow once. */
const MISSES = 3;

/** Looks after a session's namespace; tells once when cluster, credentials or namespace are gone. */
export function watchOver(options: { client: KubeClient; access: KubeAccess; namespace: string; clock: Clock; signal: AbortSignal; onLost(error: LabError): void }): void {
  const { client, access, namespace, clock, signal } = options;
  let misses = 0;
  let busy = false;
  const lost = (error: LabError) => {
    stop();
    if (!signal.aborted) options.onLost(error);
  };
  const look = async (): Promise<void> => {
    try {
      const found = await inTime(client.find(NAMESPACES, undefined, namespace), clock);
      misses = 0;
      if (leaving(found)) lost(new LabError('cluster-failed', `the namespace ${namespace} was deleted in the cluster`, 'Reset the session: it gets a new one.'));
    } catch (error) {
      if (error instanceof ApiStatus && error.code === 401) return lost(unauthorized(access));
      misses += 1;
      if (misses >= MISSES) lost(error instanceof LabError ? error : new LabError('cluster-failed', `the cluster does not answer any more: ${messageOf(error)}`, 'Is it running, and can this machine reach it? Begin anew once it is, or go on with the emulated cluster.'));
    }
  };
  const stop = clock.every(EVERY_MS, () => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  });
  signal.addEventListener('abort', stop, { once: true });
}

async function inTime<T>(answer: Promise<T>, clock: Clock): Promise<T> {
  const over = new AbortController();
  try {
    return await Promise.race([answer, sleep(clock, PATIENCE_MS, over.signal).then(() => Promise.reject(new Error(`nothing within ${PATIENCE_MS / 1000} s`)))]);
  } finally {
    over.abort();
  }
}

function leaving(namespace: KubeObject | undefined): boolean {
  return namespace === undefined || namespace.metadata.deletionTimestamp !== undefined;
}
