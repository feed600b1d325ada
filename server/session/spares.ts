import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isSeq, parseDocument } from 'yaml';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { ClusterProvider, ClusterStage, SessionCluster } from '../providers/provider.ts';
import type { Place, Sandbox } from '../sandbox/sandbox.ts';
import { writeFiles } from './files.ts';

/** A place with its cluster, ready for whoever starts next. */
export interface Spare {
  place: Place;
  cluster: SessionCluster;
  controller: AbortController;
  stages: ClusterStage[];
}

export interface SparesOptions {
  sandbox: Sandbox;
  provider: ClusterProvider;
  /** Emptied at the start: what a killed server left is of no use. */
  folder: string;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** Long enough for a session that has just begun to settle: making a spare takes the same processor. */
const REFILL_MS = 2000;

/** Keeps one place with a running cluster ahead, so that a start or a reset waits for nothing. */
export class Spares {
  #spare: Promise<Spare | undefined> | undefined;
  #closed = false;
  #count = 0;

  constructor(private readonly options: SparesOptions) {}

  /** Whether spares are of use here: a home can move only where it is bound into a sandbox. */
  get enabled(): boolean {
    return this.options.provider.spare && this.options.sandbox.isolation === 'bubblewrap';
  }

  /** Whether a spare is what this provider would give. */
  of(provider: ClusterProvider): boolean {
    return this.options.provider === provider;
  }

  async begin(): Promise<void> {
    await rm(this.options.folder, { recursive: true, force: true });
    this.#fill();
  }

  /** The spare with its home moved to `home`; undefined when there is none. */
  async take(home: string): Promise<Spare | undefined> {
    const promised = this.#spare;
    this.#spare = undefined;
    if (this.#closed || !this.enabled) return undefined;
    this.options.clock.after(REFILL_MS, () => this.#fill());
    const spare = await promised;
    if (spare === undefined) return undefined;
    if (await spare.place.moveHome(home)) return spare;
    await this.#discard(spare);
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const spare = await this.#spare;
    if (spare !== undefined) await this.#discard(spare);
    await rm(this.options.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #fill(): void {
    if (this.#closed || !this.enabled || this.#spare !== undefined) return;
    this.#spare = this.#make().catch((error: unknown) => {
      this.options.log.warn({ error: messageOf(error) }, 'no spare could be made');
      return undefined;
    });
  }

  async #make(): Promise<Spare> {
    const { sandbox, provider, folder } = this.options;
    const id = `spare${++this.#count}`;
    const place = await sandbox.open({ sessionId: id, home: join(folder, id, 'home') });
    const controller = new AbortController();
    const stages: ClusterStage[] = [];
    try {
      const cluster = await provider.start({ id, folder: join(folder, id, 'cluster'), place, onStage: (stage) => stages.push(stage), signal: controller.signal });
      await writeKubeconfig(place, cluster);
      return { place, cluster, controller, stages: stages.filter((stage) => stage.state === 'done') };
    } catch (error) {
      await place.stop();
      throw error;
    }
  }

  async #discard(spare: Spare): Promise<void> {
    spare.controller.abort(new Error('the spare is not needed'));
    await Promise.allSettled([spare.place.stop(), spare.cluster.stop('end')]);
  }
}

/** Puts the cluster's kubeconfig into the home of the place; `namespace` is the one its contexts start in. */
export async function writeKubeconfig(place: Place, cluster: SessionCluster, namespace?: string): Promise<void> {
  if (cluster.kubeconfig !== '') await writeFiles(place, [{ path: '~/.kube/config', data: Buffer.from(inNamespace(cluster.kubeconfig, namespace)), mode: '600' }]);
}

function inNamespace(kubeconfig: string, namespace: string | undefined): string {
  if (namespace === undefined) return kubeconfig;
  const document = parseDocument(kubeconfig);
  const contexts = document.get('contexts');
  if (isSeq(contexts)) contexts.items.forEach((_, i) => document.setIn(['contexts', i, 'context', 'namespace'], namespace));
  return document.toString();
}
