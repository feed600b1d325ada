import { LabError, messageOf } from '../lib/errors.ts';
import type { SessionView } from '../protocol/rest.ts';
import { ClusterFailure, type ClusterProvider } from '../providers/provider.ts';
import { shownPages } from '../scenario/load.ts';
import type { DiskWatch } from './disk-watch.ts';
import type { Life, SessionInside } from './inside.ts';
import { beginLife, copyAssets, endLife, startCluster, tellAddress } from './life.ts';
import { writeKubeconfig } from './spares.ts';
import type { Terminals } from './terminals.ts';

const SNAPSHOT_MS = 5000;
const DISK_MS = 1000;

export interface LifecycleEvents {
  /** Whatever the session's view shows has changed. */
  onChange(): void;
  /** A shell is back at its prompt. */
  onPrompt(): void;
  /** It begins again from nothing. */
  onReset(): void;
  /** Everything is there; `fresh`: for the first time. */
  onReady(fresh: boolean): void;
}

/** The lives of a session: how one is prepared, lost, begun again and ended. */
export class Lifecycle {
  #life: Life | undefined;
  #error: SessionView['error'];
  #lost: SessionView['lost'];
  #bundle: string | undefined;
  /** Of this start: what an earlier one has still to say is of no interest. */
  #generation = 0;
  #preparing: Promise<void> = Promise.resolve();
  #stopTimers: (() => void)[] = [];
  #lastSnapshot = '';

  constructor(
    private readonly session: SessionInside,
    private readonly disk: DiskWatch,
    private readonly events: LifecycleEvents,
  ) {}

  get life(): Life | undefined {
    return this.#life;
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** A zip file with the logs of a start that failed. */
  get bundle(): string | undefined {
    return this.#bundle;
  }

  get provider(): ClusterProvider {
    const { providers } = this.session.deps;
    return providers.get(this.session.record.provider ?? '') ?? providers.default;
  }

  /** What the session's view says of all this. */
  view(): Pick<SessionView, 'error' | 'bundle' | 'lost' | 'home' | 'terminals' | 'provider'> {
    return {
      provider: this.provider.name,
      terminals: this.#life?.terminals.views() ?? [],
      ...(this.#life === undefined ? {} : { home: this.#life.place.homeInside }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#bundle === undefined ? {} : { bundle: true }),
      ...(this.#lost === undefined ? {} : { lost: this.#lost }),
    };
  }

  /** Starts place, terminals and cluster; `fresh` also puts the assets there. Resolves when ready or failed. */
  start(fresh: boolean): Promise<void> {
    const generation = ++this.#generation;
    this.#preparing = this.#prepare(fresh, generation).catch((error: unknown) => {
      if (generation === this.#generation) this.#fail(error);
    });
    return this.#preparing;
  }

  /** Resolves when what is being prepared is ready or has failed. */
  prepared(): Promise<void> {
    return this.#preparing;
  }

  /** A clean place and a clean cluster. */
  async reset(provider?: string): Promise<void> {
    const { session } = this;
    const { store, providers, sandbox } = session.deps;
    const chosen = await providers.choose(session.scenario, provider ?? session.record.provider);
    const same = chosen === this.provider;
    const old = this.#takeLife();
    session.stages.clear();
    this.#error = undefined;
    this.#lost = undefined;
    this.#bundle = undefined;
    this.events.onReset();
    session.advance({ type: 'reset', provider: chosen.name, page: shownPages(session.scenario)[0]?.id ?? session.record.page });
    this.events.onChange();
    // The home moves away first: what still runs in the old place must not be found in the new one.
    await store.discard(store.homeOf(session.id));
    await store.discard(`${store.sessionFolder(session.id)}/cluster.json`);
    const ended = endLife(old, same ? 'reset' : 'end');
    // Without a sandbox, old processes could still hold ports and files.
    if (sandbox.isolation === 'none') await ended;
    await this.start(true);
  }

  /** Another cluster in the place of one that is gone: terminals, files and what was done stay. */
  async continueOn(provider?: string): Promise<void> {
    const { session } = this;
    const { store, providers, log } = session.deps;
    const life = this.#life;
    if (this.#lost === undefined || life === undefined) throw new LabError('conflict', 'the cluster of this session is not gone', 'Reset the session to begin again on another cluster.');
    const chosen = await providers.choose(session.scenario, provider);
    const old = life.cluster;
    this.#lost = undefined;
    life.cluster = undefined;
    session.advance({ type: 'continued', provider: chosen.name });
    this.events.onChange();
    // What the old cluster saved is of no use to another one.
    await store.discard(`${store.sessionFolder(session.id)}/cluster.json`);
    await old?.stop('end').catch((error: unknown) => log.warn({ error: messageOf(error), session: session.id }, 'a lost cluster could not be cleaned up'));
    try {
      await startCluster(session, life, chosen, (error) => void this.#clusterLost(error));
    } catch (error) {
      if (this.#life === life) this.#fail(error);
      return;
    }
    if (this.#life !== life) return;
    session.advance({ type: 'prepared' });
    this.events.onChange();
  }

  /** Ends for good: nothing of the session stays. */
  async end(): Promise<void> {
    const life = this.#takeLife();
    this.session.advance({ type: 'ended' });
    this.events.onChange();
    await endLife(life, 'end');
    const { store } = this.session.deps;
    await store.settled();
    await store.discard(store.sessionFolder(this.session.id));
  }

  /** The server stops: what is needed to go on later is written down. */
  async suspend(): Promise<void> {
    await this.#saveSnapshot();
    await endLife(this.#takeLife(), 'suspend');
    await this.session.deps.store.settled();
  }

  async #prepare(fresh: boolean, generation: number): Promise<void> {
    const { session } = this;
    const { log } = session.deps;
    const events = { onTerminals: (terminals: Terminals) => this.#terminalsChanged(terminals), onPrompt: () => this.events.onPrompt() };
    const life = await session.stages.run('place', 'Terminal', () => beginLife(session, this.provider, fresh, events));
    if (generation !== this.#generation) return endLife(life, 'end');
    this.#life = life;
    if (life.cluster !== undefined && session.scenario.namespace !== undefined) await writeKubeconfig(life.place, life.cluster, session.scenario.namespace);
    // Before the first process: into an untouched home, files are written at once.
    const files = () => copyAssets(session, life.place, fresh);
    if (fresh) await session.stages.run('assets', 'Files of the scenario', files);
    else await files().catch((error: unknown) => log.warn({ error: messageOf(error), session: session.id }, 'files outside the home could not be put back'));
    const former = session.record.terminals;
    const terminal = former.length === 0 ? life.terminals.open() : Promise.all(former.map(({ id, name }) => life.terminals.open(name, id)));
    const cluster = life.cluster === undefined ? startCluster(session, life, this.provider, (error) => void this.#clusterLost(error)) : undefined;
    await Promise.all([terminal, cluster, tellAddress(session, life.place)]);
    if (this.#life !== life) return;
    this.#every(SNAPSHOT_MS, 'the cluster could not be saved', () => this.#saveSnapshot());
    this.#every(DISK_MS, 'a home could not be measured', () => this.disk.look());
    session.advance({ type: 'prepared' });
    this.events.onReady(fresh);
    this.events.onChange();
  }

  /** As long as this life lasts. */
  #every(ms: number, failed: string, work: () => Promise<void>): void {
    const { clock, log } = this.session.deps;
    this.#stopTimers.push(clock.every(ms, () => void work().catch((error: unknown) => log.warn({ error: messageOf(error), session: this.session.id }, failed))));
  }

  #takeLife(): Life | undefined {
    const life = this.#life;
    this.#life = undefined;
    this.#generation += 1;
    for (const stop of this.#stopTimers.splice(0)) stop();
    return life;
  }

  /** The cluster died under a session that was ready: terminals and files are still there. */
  async #clusterLost(error: LabError): Promise<void> {
    const { log, providers } = this.session.deps;
    log.error({ error: error.message, session: this.session.id }, 'the cluster of a session is gone');
    const lost = { message: error.message, ...(error.next === undefined ? {} : { next: error.next }) };
    this.#lost = { ...lost, alternatives: [] };
    this.events.onChange();
    const offers = await providers.offers();
    this.#lost = { ...lost, alternatives: offers.filter((offer) => offer.available).map(({ id }) => id) };
    this.events.onChange();
  }

  #fail(error: unknown): void {
    if (error instanceof ClusterFailure) this.#bundle = error.bundle;
    this.session.deps.log.error({ error: messageOf(error), session: this.session.id }, 'a session could not be prepared');
    this.#error = error instanceof LabError ? { code: error.code, message: error.message, ...(error.next === undefined ? {} : { next: error.next }) } : { code: 'cluster-failed', message: messageOf(error), next: 'Reset the session; if that does not help, look at the output above.' };
    this.session.advance({ type: 'failed' });
    this.events.onChange();
  }

  #terminalsChanged(terminals: Terminals): void {
    if (this.#life?.terminals !== terminals) return;
    this.session.advance({ type: 'terminals', terminals: terminals.views().map(({ id, name }) => ({ id, name })) });
    this.events.onChange();
  }

  async #saveSnapshot(): Promise<void> {
    const snapshot = this.#life?.cluster?.snapshot?.();
    if (snapshot === undefined) return;
    const text = JSON.stringify(snapshot);
    if (text === this.#lastSnapshot) return;
    this.#lastSnapshot = text;
    await this.session.deps.store.saveSnapshot(this.session.id, text);
  }
}
