import type { KubeClient, ResourceType, WatchEvent, WatchOptions } from '../../client.ts';
import { AsyncQueue } from './queue.ts';

/**
 * A watch as an async iteration. A refused watch throws what Kubernetes answered, whether the client throws at once or
 * reports it as the watch's end.
 */
export async function* watching(kube: KubeClient, type: ResourceType, options: Omit<WatchOptions, 'signal' | 'onEnd'>, signal: AbortSignal): AsyncGenerator<WatchEvent> {
  const queue = new AsyncQueue<WatchEvent>();
  const own = new AbortController();
  const stop = () => {
    own.abort();
    queue.end();
  };
  if (signal.aborted) return;
  signal.addEventListener('abort', stop, { once: true });
  try {
    kube.watch(
      type,
      {
        ...options,
        signal: own.signal,
        onEnd: (reason) => {
          if (reason === undefined) queue.end();
          else queue.fail(reason);
        },
      },
      (event) => queue.push(event),
    );
    yield* queue;
  } finally {
    signal.removeEventListener('abort', stop);
    own.abort();
  }
}
