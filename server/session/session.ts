import { LabError, messageOf } from '../lib/errors.ts';
import type { CheckReport, QuizVerdict, SessionEvent, SessionView } from '../protocol/rest.ts';
import { ClusterFailure, type ClusterProvider } from '../providers/provider.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { Checking } from './checking.ts';
import { isCheckable } from './content.ts';
import { DiskWatch } from './disk-watch.ts';
import { FileWatch } from './file-watch.ts';
import type { SessionDependencies } from './dependencies.ts';
import { type Life, type SessionInside } from './inside.ts';
import { beginLife, copyAssets, endLife, startCluster, tellAddress } from './life.ts';
import { advance, type SessionInput, type SessionRecord } from './machine.ts';
import { answerQuiz } from './quizzes.ts';
import { type PageScripts, runPageScripts } from './scripts.ts';
import { writeKubeconfig } from './spares.ts';
import { Stages } from './stages.ts';
import type { Terminals } from './terminals.ts';
import { Watching } from './watching.ts';

export type { SessionDependencies } from './dependencies.ts';
export type { PageScripts } from './scripts.ts';

const SNAPSHOT_MS = 5000;
const FILES_MS = 2000;
const DISK_MS = 15_000;

/** One learner's run of one scenario: place, terminals, cluster and progress. */
export class Session {
  /** Languages that the learner reads, the best first; set by whoever asks in one. */
  languages: readonly string[] = [];
  #record: SessionRecord;
  #scenario: Scenario;
  #error: SessionView['error'];
  #lost: SessionView['lost'];
  #bundle: string | undefined;
  /** Of this start: what an earlier one has still to say is of no interest. */
  #generation = 0;
  #life: Life | undefined;
  #preparing: Promise<void> = Promise.resolve();
  #stopTimers: (() => void)[] = [];
  #lastSnapshot = '';
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #scripts = new Map<string, Promise<PageScripts>>();
  readonly #stages: Stages;
  readonly #checking: Checking;
  readonly #watching: Watching;
  readonly #files: FileWatch;
  readonly #disk: DiskWatch;
  readonly #inside: SessionInside;

  constructor(
    record: SessionRecord,
    scenario: Scenario,
    private readonly deps: SessionDependencies,
  ) {
    this.#record = record;
    this.#scenario = scenario;
    this.#stages = new Stages(deps.clock, (stage) => this.#send({ type: 'stage', stage }));
    this.#inside = this.#asSeenInside();
    this.#checking = new Checking(this.#inside);
    this.#files = new FileWatch(this.#inside, deps.clock);
    this.#disk = new DiskWatch(this.#inside, deps.disk);
    this.#watching = new Watching(this.#inside, this.#checking, [{ every: FILES_MS, look: () => this.#files.look() }]);
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  get scenario(): Scenario {
    return this.#scenario;
  }

  get provider(): ClusterProvider {
    const { providers } = this.deps;
    return providers.get(this.#record.provider ?? '') ?? providers.default;
  }

  /** A zip file with the logs of a start that failed. */
  get bundle(): string | undefined {
    return this.#bundle;
  }

  get terminals(): Terminals | undefined {
    return this.#life?.terminals;
  }

  get place(): Place | undefined {
    return this.#life?.place;
  }

  view(): SessionView {
    const { sandbox, portUrl, author } = this.deps;
    return {
      id: this.id,
      scenario: this.#record.scenario,
      state: this.#record.state,
      stages: this.#stages.views,
      page: this.#record.page,
      done: this.#record.done,
      terminals: this.#life?.terminals.views() ?? [],
      ...(this.#life === undefined ? {} : { home: this.#life.place.homeInside }),
      ...(author === true ? { author: true } : {}),
      provider: this.provider.name,
      portUrl: portUrl(this.id),
      ...(sandbox.notice === undefined ? {} : { notice: sandbox.notice }),
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

  subscribe(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#watching.begin();
    this.#watching.tellAgain();
    this.#disk.tellAgain();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#watching.end();
    };
  }

  /** The editor shows this path: it is told when that changes. */
  shown(path: string): void {
    this.#files.shown(path);
  }

  /** Tells everybody who looks at this session. */
  tell(event: SessionEvent): void {
    this.#send(event);
  }

  /** An author has changed the scenario's files: from now on, this is what it says. Terminals and cluster go on. */
  rewrite(scenario: Scenario): void {
    this.#scenario = scenario;
    this.#watching.tellAgain();
  }

  /** Opens a page: its scripts run once, and a page before it that has no check counts as done. */
  openPage(id: string): SessionView {
    const page = this.#page(id);
    const left = pagesOf(this.scenario).find((candidate) => candidate.id === this.#record.page);
    const first = this.#record.opened[id] === undefined;
    const finishes = left !== undefined && left.id !== id && !isCheckable(left) ? left.id : undefined;
    this.#advance({ type: 'page-opened', page: id, at: this.deps.clock.now(), ...(finishes === undefined ? {} : { finishes }) });
    if (finishes !== undefined) this.deps.onPassed(this.scenario.id, finishes);
    const last = pagesOf(this.scenario).at(-1);
    if (last?.id === id && !isCheckable(last)) this.#pass(id);
    if (first) this.#scripts.set(id, runPageScripts(this.#inside, page));
    this.#changed();
    return this.view();
  }

  /** The scripts of a page that was opened: `typed` once the foreground one stands in the terminal, `background` once that has ended. */
  scriptsOf(id: string): Promise<PageScripts> {
    return this.#scripts.get(id) ?? Promise.resolve({ typed: false, background: Promise.resolve() });
  }

  /** Runs a page's checks; two questions at once are answered by one run. */
  async check(id: string): Promise<CheckReport> {
    return this.#checking.check(this.#page(id));
  }

  /** Takes down what the learner answers, and says whether it is right; never what would be. */
  answer(id: string, quiz: string, answers: readonly string[]): QuizVerdict {
    const verdict = answerQuiz(this.#page(id), quiz, answers, this.languages);
    this.#advance({ type: 'answered', page: id, quiz, answers: [...answers] });
    this.#watching.soon();
    return verdict;
  }

  /** A clean place and a clean cluster; what the learner finished on other runs stays. */
  async reset(provider?: string): Promise<void> {
    const chosen = await this.deps.providers.choose(this.scenario, provider ?? this.#record.provider);
    const same = chosen === this.provider;
    this.#generation += 1;
    const old = this.#takeLife();
    this.#stages.clear();
    this.#error = undefined;
    this.#lost = undefined;
    this.#bundle = undefined;
    this.#scripts.clear();
    this.#advance({ type: 'reset', provider: chosen.name, page: pagesOf(this.scenario)[0]?.id ?? this.#record.page });
    this.#changed();
    // The home moves away first: what still runs in the old place must not be found in the new one.
    const { store } = this.deps;
    await store.discard(store.homeOf(this.id));
    await store.discard(`${store.sessionFolder(this.id)}/cluster.json`);
    const ended = endLife(old, same ? 'reset' : 'end');
    // Without a sandbox, old processes could still hold ports and files.
    if (this.deps.sandbox.isolation === 'none') await ended;
    await this.start(true);
  }

  /** Another cluster in the place of one that is gone: terminals, files and what was done stay. */
  async continueOn(provider?: string): Promise<void> {
    const life = this.#life;
    if (this.#lost === undefined || life === undefined) throw new LabError('conflict', 'the cluster of this session is not gone', 'Reset the session to begin again on another cluster.');
    const chosen = await this.deps.providers.choose(this.scenario, provider);
    const old = life.cluster;
    this.#lost = undefined;
    life.cluster = undefined;
    this.#advance({ type: 'continued', provider: chosen.name });
    this.#changed();
    // What the old cluster saved is of no use to another one.
    await this.deps.store.discard(`${this.deps.store.sessionFolder(this.id)}/cluster.json`);
    await old?.stop('end').catch((error: unknown) => this.deps.log.warn({ error: messageOf(error), session: this.id }, 'a lost cluster could not be cleaned up'));
    try {
      await startCluster(this.#inside, life, chosen, (error) => void this.#clusterLost(error));
    } catch (error) {
      if (this.#life === life) this.#fail(error);
      return;
    }
    if (this.#life !== life) return;
    this.#advance({ type: 'prepared' });
    this.#changed();
  }

  /** Ends for good: nothing of the session stays but what was finished. */
  async end(): Promise<void> {
    const life = this.#takeLife();
    this.#generation += 1;
    this.#watching.end();
    this.#advance({ type: 'ended' });
    this.#changed();
    await endLife(life, 'end');
    await this.deps.store.settled();
    await this.deps.store.discard(this.deps.store.sessionFolder(this.id));
  }

  /** The server stops: what is needed to go on later is written down. */
  async suspend(): Promise<void> {
    await this.#saveSnapshot();
    const life = this.#takeLife();
    this.#generation += 1;
    this.#watching.end();
    await endLife(life, 'suspend');
    await this.deps.store.settled();
  }

  async #prepare(fresh: boolean, generation: number): Promise<void> {
    const { clock, log } = this.deps;
    const events = { onTerminals: (terminals: Terminals) => this.#terminalsChanged(terminals), onPrompt: () => this.#watching.soon() };
    const life = await this.#stages.run('place', 'Terminal', () => beginLife(this.#inside, this.provider, fresh, events));
    if (generation !== this.#generation) return endLife(life, 'end');
    this.#life = life;
    if (life.cluster !== undefined && this.scenario.namespace !== undefined) await writeKubeconfig(life.place, life.cluster, this.scenario.namespace);
    // Before the first process: into an untouched home, files are written at once.
    const files = () => copyAssets(this.#inside, life.place, fresh);
    if (fresh) await this.#stages.run('assets', 'Files of the scenario', files);
    else await files().catch((error: unknown) => log.warn({ error: messageOf(error), session: this.id }, 'files outside the home could not be put back'));
    const former = this.#record.terminals;
    const terminal = former.length === 0 ? life.terminals.open() : Promise.all(former.map(({ id, name }) => life.terminals.open(name, id)));
    const cluster = life.cluster === undefined ? startCluster(this.#inside, life, this.provider, (error) => void this.#clusterLost(error)) : undefined;
    await Promise.all([terminal, cluster, tellAddress(this.#inside, life.place)]);
    if (this.#life !== life) return;
    this.#stopTimers.push(clock.every(SNAPSHOT_MS, () => void this.#saveSnapshot().catch((error: unknown) => log.warn({ error: messageOf(error), session: this.id }, 'saving the cluster failed'))));
    this.#stopTimers.push(clock.every(DISK_MS, () => void this.#disk.look().catch((error: unknown) => log.debug({ error: messageOf(error), session: this.id }, 'a home could not be measured'))));
    this.#advance({ type: 'prepared' });
    if (fresh) this.openPage(this.#record.page);
    this.#changed();
  }

  #asSeenInside(): SessionInside {
    const session = this;
    return {
      id: this.id,
      deps: this.deps,
      stages: this.#stages,
      get scenario() {
        return session.#scenario;
      },
      get record() {
        return session.#record;
      },
      get life() {
        return session.#life;
      },
      get lost() {
        return session.#lost !== undefined;
      },
      get languages() {
        return session.languages;
      },
      get watched() {
        return session.#listeners.size > 0;
      },
      advance: (input) => this.#advance(input),
      pass: (page) => this.#pass(page),
      send: (event) => this.#send(event),
    };
  }

  #takeLife(): Life | undefined {
    const life = this.#life;
    this.#life = undefined;
    for (const stop of this.#stopTimers.splice(0)) stop();
    return life;
  }

  #pass(page: string): void {
    if (this.#record.done.includes(page)) return;
    this.#advance({ type: 'page-passed', page });
    this.deps.onPassed(this.scenario.id, page);
    this.#changed();
  }

  #page(id: string): Page {
    const page = pagesOf(this.scenario).find((candidate) => candidate.id === id);
    if (page === undefined) throw new LabError('not-found', 'there is no such page');
    return page;
  }

  /** The cluster died under a session that was ready: terminals and files are still there. */
  async #clusterLost(error: LabError): Promise<void> {
    this.deps.log.error({ error: error.message, session: this.id }, 'the cluster of a session is gone');
    const lost = { message: error.message, ...(error.next === undefined ? {} : { next: error.next }) };
    this.#lost = { ...lost, alternatives: [] };
    this.#changed();
    const offers = await this.deps.providers.offers();
    this.#lost = { ...lost, alternatives: offers.filter((offer) => offer.available).map(({ id }) => id) };
    this.#changed();
  }

  #fail(error: unknown): void {
    if (error instanceof ClusterFailure) this.#bundle = error.bundle;
    this.deps.log.error({ error: messageOf(error), session: this.id }, 'a session could not be prepared');
    this.#error = error instanceof LabError ? { code: error.code, message: error.message, ...(error.next === undefined ? {} : { next: error.next }) } : { code: 'cluster-failed', message: messageOf(error), next: 'Reset the session; if that does not help, look at the output above.' };
    this.#advance({ type: 'failed' });
    this.#changed();
  }

  #terminalsChanged(terminals: Terminals): void {
    if (this.#life?.terminals !== terminals) return;
    this.#advance({ type: 'terminals', terminals: terminals.views().map(({ id, name }) => ({ id, name })) });
    this.#changed();
  }

  #advance(input: SessionInput): void {
    this.#record = advance(this.#record, input);
    if (this.#record.state === 'ended') return;
    this.deps.store.save(this.#record).catch((error: unknown) => this.deps.log.error({ error: messageOf(error), session: this.id }, 'saving a session failed'));
  }

  #changed(): void {
    this.#send({ type: 'session', session: this.view() });
  }

  #send(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #saveSnapshot(): Promise<void> {
    const snapshot = this.#life?.cluster?.snapshot?.();
    if (snapshot === undefined) return;
    const text = JSON.stringify(snapshot);
    if (text === this.#lastSnapshot) return;
    this.#lastSnapshot = text;
    await this.deps.store.saveSnapshot(this.id, text);
  }
}
