import { join } from 'node:path';
import { messageOf } from '../../lib/errors.ts';
import { Scope } from '../../lib/scope.ts';
import { connectTo } from '../existing/connection.ts';
import { accessTo } from './access.ts';
import { buildCluster, type BuildContext, removeCluster } from './build.ts';
import type { Owner } from './owned.ts';
import { restoreBaseline } from './restore.ts';
import { Sleeper } from './sleeper.ts';
import type { ClusterStage } from '../provider.ts';
import type { Work } from './work.ts';

export interface Ready {
  owner: Owner;
  sleeper: Sleeper;
}

/** One that is on its way: a session that comes meanwhile may wait for it, and sees how far it is. */
interface Making {
  done: Promise<boolean>;
  stages: ClusterStage[];
  claim: { onStage(stage: ClusterStage): void; give(ready: Ready | undefined): void } | undefined;
}

/** What a new cluster may hold at most before a reset makes another one: milliseconds. */
const CLEAN_MS = 60_000;
const NEEDED = ['argo-server', 'workflow-controller'];

/** Clusters ahead of need, asleep; and those that a reset gave back, being cleaned. */
export class Pool {
  #ready: Ready[] = [];
  #making: Making | undefined;
  #returned = new Map<string, Promise<Ready | undefined>>();
  readonly #closed = new AbortController();

  constructor(
    private readonly context: BuildContext,
    private readonly wanted: number,
  ) {}

  /** Makes what is missing. After `take`, once the session has what it took: a node that starts beside it takes its time. */
  begin(): void {
    this.#fill();
  }

  /** One that is ready, the session's own once it is clean, or the one that is on its way; undefined when there is none. */
  async take(session: string, stages: Work, onStage: (stage: ClusterStage) => void): Promise<Ready | undefined> {
    const returned = this.#returned.get(session);
    this.#returned.delete(session);
    const ready = this.#ready.shift();
    if (ready !== undefined) {
      // What was given back is as good for the next one.
      void returned?.then((clean) => this.#keep(clean));
      return ready;
    }
    if (returned === undefined) return this.#join(stages.signal, onStage);
    return stages.run('kind-clean', 'Cleaning the cluster', async () => {
      const clean = await returned;
      if (clean === undefined) throw new Error('it could not be cleaned: a new one is made');
      return clean;
    }).catch(() => undefined);
  }

  #join(signal: AbortSignal, onStage: (stage: ClusterStage) => void): Promise<Ready | undefined> {
    const making = this.#making;
    if (making === undefined || making.claim !== undefined) return Promise.resolve(undefined);
    for (const stage of making.stages) onStage(stage);
    return new Promise((resolve, reject) => {
      const leave = () => {
        making.claim = undefined;
        reject(signal.reason);
      };
      making.claim = {
        onStage,
        give(ready) {
          signal.removeEventListener('abort', leave);
          resolve(ready);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Begins to make a used cluster as good as new for the session that had it. */
  giveBack(session: string, owner: Owner, sleeper: Sleeper): Promise<void> {
    const cleaning = this.#clean(owner, sleeper);
    this.#returned.set(session, cleaning);
    return cleaning.then(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the lab stops'));
    const returned = await Promise.all(this.#returned.values());
    await this.#making?.done;
    const all = [...this.#ready.splice(0), ...returned.flatMap((one) => one ?? [])];
    await Promise.allSettled(all.map(({ owner }) => removeCluster(this.context, owner.name)));
  }

  async #clean(owner: Owner, sleeper: Sleeper): Promise<Ready | undefined> {
    const { tools, owned, log } = this.context;
    const scope = new Scope();
    const late = new AbortController();
    const cancel = tools.clock.after(CLEAN_MS, () => late.abort(new Error('it took too long')));
    try {
      await sleeper.wake();
      const { client } = connectTo(await accessTo(tools, owned, owner.name), tools.clock, scope);
      await restoreBaseline(client, join(owned.folderOf(owner.name), 'baseline.json'), { clock: tools.clock, needed: NEEDED, signal: AbortSignal.any([late.signal, this.#closed.signal]) });
      return { owner, sleeper };
    } catch (error) {
      log.warn({ cluster: owner.name, error: messageOf(error) }, 'a cluster could not be cleaned: it is removed');
      await removeCluster(this.context, owner.name).catch(() => undefined);
      return undefined;
    } finally {
      cancel();
      await scope.close();
    }
  }

  async #keep(clean: Ready | undefined): Promise<void> {
    if (clean === undefined) return;
    if (this.#closed.signal.aborted || this.#ready.length >= this.wanted) {
      await removeCluster(this.context, clean.owner.name).catch(() => undefined);
      return;
    }
    const { session: _session, ...owner } = clean.owner;
    await this.context.owned.save(owner);
    await clean.sleeper.sleep();
    this.#ready.push({ owner, sleeper: clean.sleeper });
  }

  /** One after another: two at once would take twice as long each. */
  #fill(): void {
    if (this.#closed.signal.aborted || this.#making !== undefined || this.#ready.length >= this.wanted) return;
    const making: Making = { done: Promise.resolve(false), stages: [], claim: undefined };
    this.#making = making;
    making.done = this.#make(making).finally(() => (this.#making = undefined));
    // One that failed is tried again at the next need, not at once and for ever.
    void making.done.then((made) => made && this.#fill());
  }

  async #make(making: Making): Promise<boolean> {
    const { tools, log } = this.context;
    const onStage = (stage: ClusterStage) => {
      making.stages.push(stage);
      making.claim?.onStage(stage);
    };
    try {
      const owner = await buildCluster(this.context, { scenario: undefined, session: undefined, onStage, signal: this.#closed.signal, bundle: undefined });
      const sleeper = new Sleeper(tools, `${owner.name}-control-plane`, log);
      if (making.claim === undefined) await sleeper.sleep();
      if (this.#closed.signal.aborted) {
        making.claim?.give(undefined);
        await removeCluster(this.context, owner.name);
        return false;
      }
      if (making.claim === undefined) this.#ready.push({ owner, sleeper });
      else making.claim.give({ owner, sleeper });
      return true;
    } catch (error) {
      making.claim?.give(undefined);
      if (!this.#closed.signal.aborted) log.warn({ error: messageOf(error) }, 'no cluster could be made ahead of need');
      return false;
    }
  }
}
