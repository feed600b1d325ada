import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { ApiStatus } from '../api/status.ts';
import type { KubeClient } from '../client.ts';
import type { Pod, PodStatus } from '../controllers/runtime/kinds.ts';
import { PODS } from '../controllers/runtime/resources.ts';

/**
 * Writes a pod's statuses one after the other. While one is being written, later ones of the same phase take each
 * other's place, so that a quick pod costs few writes, yet each of its phases is seen.
 */
export class StatusWriter {
  readonly #waiting: PodStatus[] = [];
  readonly #client: KubeClient;
  readonly #log: Log;
  readonly #pod: Pod;
  #running: Promise<void> | undefined;
  #last = '';
  #gone = false;

  constructor(client: KubeClient, log: Log, pod: Pod) {
    this.#client = client;
    this.#log = log;
    this.#pod = pod;
  }

  push(status: PodStatus): void {
    if (this.#gone) return;
    const text = JSON.stringify(status);
    if (text === this.#last) return;
    this.#last = text;
    const newest = this.#waiting.at(-1);
    if (newest !== undefined && newest.phase === status.phase) this.#waiting.pop();
    this.#waiting.push(status);
    this.#running ??= this.#write();
  }

  /** The pod is gone: nothing more is written. */
  stop(): void {
    this.#gone = true;
    this.#waiting.length = 0;
  }

  /** Resolves when all is written. */
  async flushed(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #write(): Promise<void> {
    const { name, namespace, uid } = this.#pod.metadata;
    let failures = 0;
    for (let status = this.#waiting.shift(); status !== undefined && !this.#gone; status = this.#waiting.shift()) {
      try {
        await this.#client.patch(PODS, namespace, name, { type: 'merge', body: { metadata: { uid }, status: withRemovals(status) } }, { subresource: 'status' });
        failures = 0;
      } catch (error) {
        if (error instanceof ApiStatus && error.code === 404) {
          this.stop();
          break;
        }
        failures += 1;
        this.#log.warn({ pod: `${namespace}/${name}`, error: messageOf(error) }, 'pod status not written');
        if (error instanceof ApiStatus && error.code === 409 && failures < 5) this.#waiting.unshift(status);
      }
    }
    this.#running = undefined;
  }
}

// A merge patch only takes away what is null.
function withRemovals(status: PodStatus): Record<string, unknown> {
  return { ...status, reason: status.reason ?? null, message: status.message ?? null };
}
