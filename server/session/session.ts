import { rfc3339 } from '../lib/clock.ts';
import { LabError, messageOf } from '../lib/errors.ts';
import type { CheckReport, ClockView, QuizVerdict, SessionEvent, SessionView } from '../protocol/rest.ts';
import type { ClusterProvider, SessionCluster } from '../providers/provider.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { pagesOf, shownPages } from '../scenario/load.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { Checking } from './checking.ts';
import { isCheckable } from './content.ts';
import type { SessionDependencies } from './dependencies.ts';
import { DiskWatch } from './disk-watch.ts';
import { FileWatch } from './file-watch.ts';
import type { SessionInside } from './inside.ts';
import { Lifecycle } from './lifecycle.ts';
import { advance, type SessionInput, type SessionRecord } from './machine.ts';
import { answerQuiz } from './quizzes.ts';
import { type PageScripts, runPageScripts } from './scripts.ts';
import { Stages } from './stages.ts';
import type { Terminals } from './terminals.ts';
import { Watching } from './watching.ts';

export type { SessionDependencies } from './dependencies.ts';
export type { PageScripts } from './scripts.ts';

const FILES_MS = 2000;

/** One learner's run of one scenario: place, terminals, cluster and progress. */
export class Session {
  /** Languages that the learner reads, the best first; set by whoever asks in one. */
  languages: readonly string[] = [];
  #record: SessionRecord;
  #scenario: Scenario;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #scripts = new Map<string, Promise<PageScripts>>();
  /** Settles once the foreground scripts so far have been typed. */
  #typing: Promise<unknown> = Promise.resolve();
  readonly #stages: Stages;
  readonly #inside: SessionInside;
  readonly #lifecycle: Lifecycle;
  readonly #checking: Checking;
  readonly #watching: Watching;
  readonly #files: FileWatch;
  readonly #disk: DiskWatch;

  constructor(
    record: SessionRecord,
    scenario: Scenario,
    private readonly deps: SessionDependencies,
  ) {
    this.#record = record;
    this.#scenario = scenario;
    this.#stages = new Stages(deps.clock, (stage) => this.tell({ type: 'stage', stage }));
    this.#inside = this.#asSeenInside();
    this.#checking = new Checking(this.#inside);
    this.#files = new FileWatch(this.#inside, deps.clock);
    this.#disk = new DiskWatch(this.#inside, deps.disk);
    this.#watching = new Watching(this.#inside, this.#checking, [{ every: FILES_MS, look: () => this.#files.look() }]);
    this.#lifecycle = new Lifecycle(this.#inside, this.#disk, {
      onChange: () => this.#changed(),
      onPrompt: () => this.#watching.soon(),
      onReset: () => {
        this.#scripts.clear();
        this.#typing = Promise.resolve();
      },
      onReady: (fresh) => {
        if (fresh) this.#openFirst();
      },
    });
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
    return this.#lifecycle.provider;
  }

  /** A zip file with the logs of a start that failed. */
  get bundle(): string | undefined {
    return this.#lifecycle.bundle;
  }

  get terminals(): Terminals | undefined {
    return this.#lifecycle.life?.terminals;
  }

  get place(): Place | undefined {
    return this.#lifecycle.life?.place;
  }

  get cluster(): SessionCluster | undefined {
    return this.#lifecycle.life?.cluster;
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
      portUrl: portUrl(this.id),
      ...(author === true ? { author: true } : {}),
      ...(this.#lifecycle.life?.cluster?.clock === undefined ? {} : { clock: true }),
      ...(sandbox.notice === undefined ? {} : { notice: sandbox.notice }),
      ...this.#lifecycle.view(),
    };
  }

  /** What time it is in the cluster, after its clock was moved forward by these seconds. LabError `conflict` where that can't be done. */
  clock(advance = 0): ClockView {
    const clock = this.#lifecycle.life?.cluster?.clock;
    if (clock === undefined) throw new LabError('conflict', "the cluster's clock can't be moved", 'Wait until the session is ready; only an emulated cluster has a clock of its own.');
    if (advance > 0) clock.advance(advance * 1000);
    return { now: rfc3339(clock.now()) };
  }

  /** Starts place, terminals and cluster; `fresh` also puts the assets there. Resolves when ready or failed. */
  start(fresh: boolean): Promise<void> {
    return this.#lifecycle.start(fresh);
  }

  /** Resolves when what is being prepared is ready or has failed. */
  prepared(): Promise<void> {
    return this.#lifecycle.prepared();
  }

  /** A clean place and a clean cluster; what the learner finished on other runs stays. */
  reset(provider?: string): Promise<void> {
    return this.#lifecycle.reset(provider);
  }

  /** Another cluster in the place of one that is gone: terminals, files and what was done stay. */
  continueOn(provider?: string): Promise<void> {
    return this.#lifecycle.continueOn(provider);
  }

  /** Ends for good: nothing of the session stays but what was finished. */
  end(): Promise<void> {
    this.#watching.end();
    return this.#lifecycle.end();
  }

  /** The server stops: what is needed to go on later is written down. */
  suspend(): Promise<void> {
    this.#watching.end();
    return this.#lifecycle.suspend();
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

  /** Tells everybody who looks at this session. */
  tell(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** The editor shows this path: it is told when that changes. */
  shown(path: string): void {
    this.#files.shown(path);
  }

  /** An author has changed the scenario's files: from now on, this is what it says. Terminals and cluster go on. */
  rewrite(scenario: Scenario): void {
    this.#scenario = scenario;
    this.#watching.tellAgain();
    const pages = shownPages(scenario);
    const [first] = pages;
    // The page that was open is gone: its number is another one's now, or nobody's.
    if (first === undefined || pages.some((page) => page.id === this.#record.page)) return;
    this.#advance({ type: 'page-opened', page: first.id, at: this.deps.clock.now() });
    this.#changed();
  }

  /** Opens a page: its scripts run once, and a page before it that has no check counts as done. */
  openPage(id: string): SessionView {
    const page = this.#page(id);
    const left = pagesOf(this.scenario).find((candidate) => candidate.id === this.#record.page);
    const first = this.#record.opened[id] === undefined;
    const finishes = left !== undefined && left.id !== id && !isCheckable(left) ? left.id : undefined;
    this.#advance({ type: 'page-opened', page: id, at: this.deps.clock.now(), ...(finishes === undefined ? {} : { finishes }) });
    if (finishes !== undefined) this.deps.onPassed(this.scenario.id, finishes);
    const last = shownPages(this.scenario).at(-1);
    if (last?.id === id && !isCheckable(last)) this.#pass(id);
    if (first) {
      // One after the other into the learner's shell: two that wait for its prompt would be typed into one another.
      const scripts = runPageScripts(this.#inside, page, this.#typing);
      this.#typing = scripts;
      this.#scripts.set(id, scripts);
    }
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

  /** An introduction that nobody sees still prepares what follows. */
  #openFirst(): void {
    const { page } = this.#record;
    const { intro, hide } = this.scenario;
    if (hide.intro && intro !== undefined && intro.id !== page) this.openPage(intro.id);
    this.openPage(page);
  }

  #asSeenInside(): SessionInside {
    const session = this;
    return {
      id: this.id,
      deps: this.deps,
      stages: this.#stages,
      get scenario() { return session.#scenario; },
      get record() { return session.#record; },
      get life() { return session.#lifecycle.life; },
      get lost() { return session.#lifecycle.lost; },
      get languages() { return session.languages; },
      get watched() { return session.#listeners.size > 0; },
      advance: (input) => this.#advance(input),
      pass: (page) => this.#pass(page),
      send: (event) => this.tell(event),
    };
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

  #advance(input: SessionInput): void {
    this.#record = advance(this.#record, input);
    if (this.#record.state === 'ended') return;
    this.deps.store.save(this.#record).catch((error: unknown) => this.deps.log.error({ error: messageOf(error), session: this.id }, 'saving a session failed'));
  }

  #changed(): void {
    this.tell({ type: 'session', session: this.view() });
  }
}
