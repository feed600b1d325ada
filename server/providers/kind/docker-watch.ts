import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { KindTools } from './tools.ts';

const CLUSTER = 'io.x-k8s.kind.cluster';
const DockerEvent = z.looseObject({ Action: z.string(), Actor: z.looseObject({ Attributes: z.record(z.string(), z.string()) }) });

/** Docker starts a node again that fell over: it gets this long. */
const GRACE_MS = 3000;
const AGAIN_MS = 1000;

/** One `docker events` for all clusters: it ends with the daemon, and tells when a node dies. Costs nothing meanwhile. */
export class DockerWatch {
  #listeners = new Map<string, (error: LabError) => void>();
  #stop: AbortController | undefined;

  constructor(
    private readonly tools: KindTools,
    private readonly clock: Clock,
  ) {}

  /** Calls once when the cluster is gone; the returned function ends that. */
  watch(cluster: string, onLost: (error: LabError) => void): () => void {
    this.#listeners.set(cluster, onLost);
    if (this.#stop === undefined) {
      this.#stop = new AbortController();
      void this.#follow(this.#stop.signal);
    }
    return () => {
      this.#listeners.delete(cluster);
      if (this.#listeners.size > 0) return;
      this.#stop?.abort(new Error('nothing is watched'));
      this.#stop = undefined;
    };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let rest = '';
    const result = await this.tools.docker(['events', '--format', '{{json .}}', '--filter', 'type=container', '--filter', `label=${CLUSTER}`, '--filter', 'event=die', '--filter', 'event=destroy'], {
      signal,
      onStdout: (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#event(line);
      },
    });
    if (signal.aborted) return;
    try {
      await this.tools.checkDocker(signal);
    } catch (error) {
      if (signal.aborted) return;
      const why = result.missing ? 'Docker is gone' : 'Docker’s daemon has stopped, and the cluster with it';
      const next = 'Start Docker again and begin anew, or go on with the emulated cluster: your terminals and files are still here.';
      for (const cluster of [...this.#listeners.keys()]) this.#lost(cluster, new LabError('cluster-failed', why, next, { cause: error }));
      return;
    }
    // Docker was restarted, or ended the stream: nodes may have died meanwhile.
    for (const cluster of this.#listeners.keys()) void this.#look(cluster, 0);
    const cancel = this.clock.after(AGAIN_MS, () => void this.#follow(signal));
    signal.addEventListener('abort', cancel, { once: true });
  }

  #event(line: string): void {
    const event = DockerEvent.safeParse(parseJson(line));
    const cluster = event.success ? event.data.Actor.Attributes[CLUSTER] : undefined;
    if (cluster !== undefined && this.#listeners.has(cluster)) void this.#look(cluster, event.success && event.data.Action === 'destroy' ? 0 : GRACE_MS);
  }

  async #look(cluster: string, after: number): Promise<void> {
    if (after > 0) await new Promise<void>((resolve) => this.clock.after(after, resolve));
    const result = await this.tools.docker(['inspect', '--format', '{{.State.Running}}', `${cluster}-control-plane`], { timeoutMs: 10_000 }).catch((error: unknown) => ({ code: 1, stdout: '', stderr: messageOf(error) }));
    if (result.code === 0 && result.stdout.trim() === 'true') return;
    this.#lost(cluster, new LabError('cluster-failed', result.code === 0 ? 'the node of the cluster has stopped' : 'the node of the cluster was removed', 'Begin anew, or go on with the emulated cluster: your terminals and files are still here.'));
  }

  #lost(cluster: string, error: LabError): void {
    const listener = this.#listeners.get(cluster);
    this.#listeners.delete(cluster);
    listener?.(error);
  }
}
