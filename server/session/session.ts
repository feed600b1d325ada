import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { CheckContext } from '../checks/check.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { LabError, messageOf } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { CheckReport, SessionEvent, SessionView, StageView } from '../protocol/rest.ts';
import type { Providers } from '../providers/index.ts';
import { ClusterFailure, type ClusterProvider, type SessionCluster, type StopReason } from '../providers/provider.ts';
import type { Place, Sandbox } from '../sandbox/sandbox.ts';
import { planAssets } from '../scenario/assets.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { inside, readText } from '../scenario/read-file.ts';
import { type Content, isCheckable } from './content.ts';
import { readPlaceFile, runScriptText, writeFiles } from './files.ts';
import { advance, type SessionInput, type SessionRecord, withStage } from './machine.ts';
import type { SessionStore } from './store.ts';
import { type Spares, writeKubeconfig } from './spares.ts';
import { Terminals } from './terminals.ts';

export interface SessionDependencies {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: SessionStore;
  content: Content;
  providers: Providers;
  sandbox: Sandbox;
  spares: Spares;
  /** `{port}` stands for the port. */
  portUrl(sessionId: string): string;
  onPassed(scenario: string, page: string): void;
}

/** What a session holds while it is alive; thrown away whole at a reset. */
interface Life {
  place: Place;
  terminals: Terminals;
  cluster: SessionCluster | undefined;
  /** Settles when the provider has started, or has cleaned up behind a start that failed. */
  starting: Promise<unknown>;
  controller: AbortController;
}

/** What opening a page started. */
export interface PageScripts {
  /** Whether a foreground script was typed. */
  typed: boolean;
  /** Rejects when the background script failed. */
  background: Promise<void>;
}

const LIVE_MS = 2000;
const PORTS_MS = 1000;
const SNAPSHOT_MS = 5000;
const SCRIPT_MS = 10 * 60_000;
/** Ports of the lab's own inside a place: the cluster's API. */
const OWN_PORTS = new Set([6443]);

/** One learner's run of one scenario: place, terminals, cluster and progress. */
export class Session {
  #record: SessionRecord;
  #stages: StageView[] = [];
  #error: SessionView['error'];
  #lost: SessionView['lost'];
  #bundle: string | undefined;
  /** Of this start: what an earlier one has still to say is of no interest. */
  #generation = 0;
  #life: Life | undefined;
  #preparing: Promise<void> = Promise.resolve();
  #listeners = new Set<(event: SessionEvent) => void>();
  #stopTimers: (() => void)[] = [];
  #checking = new Map<string, Promise<CheckReport>>();
  #scripts = new Map<string, Promise<PageScripts>>();
  #liveBusy = false;
  #lastLive = '';
  #lastPorts = '';
  #lastSnapshot = '';

  constructor(
    record: SessionRecord,
    readonly scenario: Scenario,
    private readonly deps: SessionDependencies,
  ) {
    this.#record = record;
  }

  get id(): string {
    return this.#record.id;
  }

  get record(): SessionRecord {
    return this.#record;
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
    const { sandbox, portUrl } = this.deps;
    return {
      id: this.id,
      scenario: this.#record.scenario,
      state: this.#record.state,
      stages: this.#stages,
      page: this.#record.page,
      done: this.#record.done,
      terminals: this.#life?.terminals.views() ?? [],
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
    if (this.#listeners.size === 1) this.#watch();
    this.#lastPorts = '';
    this.#lastLive = '';
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#unwatch();
    };
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
    if (first) this.#scripts.set(id, this.#runPageScripts(page));
    this.#changed();
    return this.view();
  }

  /** The scripts of a page that was opened: `typed` once the foreground one stands in the terminal, `background` once that has ended. */
  scriptsOf(id: string): Promise<PageScripts> {
    return this.#scripts.get(id) ?? Promise.resolve({ typed: false, background: Promise.resolve() });
  }

  /** Runs a page's checks; two questions at once are answered by one run. */
  check(id: string): Promise<CheckReport> {
    const running = this.#checking.get(id);
    if (running !== undefined) return running;
    const report = this.#check(id).finally(() => this.#checking.delete(id));
    this.#checking.set(id, report);
    return report;
  }

  /** A clean place and a clean cluster; what the learner finished on other runs stays. */
  async reset(provider?: string): Promise<void> {
    const chosen = await this.deps.providers.choose(this.scenario, provider ?? this.#record.provider);
    const same = chosen === this.provider;
    this.#generation += 1;
    const old = this.#life;
    this.#life = undefined;
    this.#stages = [];
    this.#error = undefined;
    this.#lost = undefined;
    this.#bundle = undefined;
    this.#advance({ type: 'reset', provider: chosen.name, page: pagesOf(this.scenario)[0]?.id ?? this.#record.page });
    this.#changed();
    // The home moves away first: what still runs in the old place must not be found in the new one.
    const { store } = this.deps;
    await store.discard(store.homeOf(this.id));
    await store.discard(`${store.sessionFolder(this.id)}/cluster.json`);
    const ended = this.#endLife(old, same ? 'reset' : 'end');
    // Without a sandbox, old processes could still hold ports and files.
    if (this.deps.sandbox.isolation === 'none') await ended;
    await this.start(true);
  }

  /** Ends for good: nothing of the session stays but what was finished. */
  async end(): Promise<void> {
    const life = this.#life;
    this.#life = undefined;
    this.#generation += 1;
    this.#unwatch();
    this.#advance({ type: 'ended' });
    this.#changed();
    await this.#endLife(life, 'end');
    await this.deps.store.settled();
    await this.deps.store.discard(this.deps.store.sessionFolder(this.id));
  }

  /** The server stops: what is needed to go on later is written down. */
  async suspend(): Promise<void> {
    await this.#saveSnapshot();
    const life = this.#life;
    this.#life = undefined;
    this.#generation += 1;
    this.#unwatch();
    await this.#endLife(life, 'suspend');
    await this.deps.store.settled();
  }

  async #prepare(fresh: boolean, generation: number): Promise<void> {
    const { clock, ids, store, sandbox } = this.deps;
    const life = await this.#stage('place', 'Terminal', async (): Promise<Life> => {
      const home = store.homeOf(this.id);
      const spare = fresh && this.deps.spares.of(this.provider) ? await this.deps.spares.take(home) : undefined;
      const place = spare?.place ?? (await sandbox.open({ sessionId: this.id, home }));
      const terminals = new Terminals({ place, clock, ids, variables: this.scenario.variables, onChange: () => this.#terminalsChanged(terminals), onPrompt: () => this.#soon() });
      for (const stage of spare?.stages ?? []) this.#onStage({ ...stage, took: 0 });
      return { place, terminals, cluster: spare?.cluster, starting: Promise.resolve(), controller: spare?.controller ?? new AbortController() };
    });
    if (generation !== this.#generation) return this.#endLife(life, 'end');
    this.#life = life;
    if (life.cluster !== undefined && this.scenario.namespace !== undefined) await writeKubeconfig(life.place, life.cluster, this.scenario.namespace);
    // Before the first process: into an untouched home, files are written at once.
    if (fresh) await this.#stage('assets', 'Files of the scenario', () => this.#copyAssets(life.place));
    const former = this.#record.terminals;
    const terminal = former.length === 0 ? life.terminals.open() : Promise.all(former.map(({ id, name }) => life.terminals.open(name, id)));
    await Promise.all([terminal, life.cluster === undefined ? this.#startCluster(life) : undefined]);
    if (this.#life !== life) return;
    this.#stopTimers.push(clock.every(SNAPSHOT_MS, () => void this.#saveSnapshot().catch((error: unknown) => this.deps.log.warn({ error: messageOf(error), session: this.id }, 'saving the cluster failed'))));
    if (this.#life !== life) return;
    this.#advance({ type: 'prepared' });
    if (fresh) this.openPage(this.#record.page);
    this.#changed();
  }

  async #startCluster(life: Life): Promise<void> {
    const { store } = this.deps;
    const restore = await store.loadSnapshot(this.id);
    const starting = this.provider.start({
      id: this.id,
      scenario: this.scenario,
      folder: `${store.sessionFolder(this.id)}/cluster`,
      place: life.place,
      ...(restore === undefined ? {} : { restore }),
      onStage: (stage) => {
        if (this.#life === life) this.#onStage(stage);
      },
      onLost: (error) => {
        if (this.#life === life) void this.#clusterLost(error);
      },
      signal: life.controller.signal,
    });
    life.starting = starting.catch(() => undefined);
    const cluster = await starting;
    if (life.controller.signal.aborted) return cluster.stop('end');
    life.cluster = cluster;
    await writeKubeconfig(life.place, cluster, cluster.namespace ?? this.scenario.namespace);
  }

  async #copyAssets(place: Place): Promise<void> {
    const { copies, missing } = await planAssets(this.scenario, place.homeInside);
    await writeFiles(place, await Promise.all(copies.map(async (copy) => ({ path: copy.target, data: await readFile(copy.source), ...(copy.chmod === undefined ? {} : { mode: copy.chmod }) }))));
    if (missing.length > 0) this.deps.log.warn({ scenario: this.scenario.id, missing }, 'assets are missing');
  }

  async #runPageScripts(page: Page): Promise<PageScripts> {
    const life = this.#life;
    let background: Promise<void> = Promise.resolve();
    if (life === undefined) return { typed: false, background };
    if (page.background !== undefined) {
      const path = page.background;
      const stage = this.#stage(`${page.id}-background`, 'Preparing in the background', async () => {
        const text = await this.#scriptText(path);
        const result = await runScriptText(life.place, 'background.sh', text, { timeoutMs: SCRIPT_MS, signal: life.controller.signal, env: life.cluster?.env ?? {} });
        if (result.code !== 0) throw Object.assign(new LabError('internal', `${path} ended with exit code ${result.code}`), { output: `${result.stdout}${result.stderr}`.slice(-8000) });
      });
      stage.catch(() => undefined);
      background = stage;
    }
    if (page.foreground === undefined) return { typed: false, background };
    try {
      return { typed: await this.#runForeground(life, page.id, page.foreground), background };
    } catch (error) {
      this.deps.log.warn({ error: messageOf(error) }, 'a foreground script could not be run');
      return { typed: false, background };
    }
  }

  /** In the learner's own shell, so that what it sets stays; in a subshell where it could end that shell. */
  async #runForeground(life: Life, pageId: string, path: string): Promise<boolean> {
    const text = await this.#scriptText(path);
    const terminal = life.terminals.first();
    if (terminal === undefined || !(await terminal.prompt(10_000))) return false;
    const file = `${life.place.isolation === 'bubblewrap' ? '/run' : life.place.homeInside}/.argo-lab-${pageId}.sh`;
    await writeFiles(life.place, [{ path: file, data: Buffer.from(text) }]);
    const ends = /(^|[;&|(){}\s])(exit|exec|logout)\b|set\s+-[a-z]*[eu]|errexit|nounset/m.test(text);
    await terminal.run(ends ? `(. ${file})` : `. ${file}`, false);
    return true;
  }

  async #scriptText(path: string): Promise<string> {
    const file = await inside(this.scenario.folder, path);
    const text = file === undefined ? undefined : await readText(file);
    if (text === undefined) throw new LabError('scenario-broken', `${path} is not a file of the scenario`);
    return text;
  }

  async #check(id: string): Promise<CheckReport> {
    const page = this.#page(id);
    const life = this.#ready();
    const controller = new AbortController();
    const results = await this.deps.content.runChecks(page, this.#checkContext(life, page, controller.signal), 'all');
    controller.abort();
    const report = { page: id, passed: results.every((result) => result.passed), results, at: this.deps.clock.now() };
    if (report.passed) this.#pass(id);
    this.#send({ type: 'checks', report, live: false });
    return report;
  }

  #checkContext(life: Life, page: Page, signal: AbortSignal): CheckContext {
    const { clock } = this.deps;
    const cluster = life.cluster;
    if (cluster === undefined) throw new LabError('conflict', 'the cluster is not ready yet', 'Wait until the preparation is done.');
    return {
      client: cluster.client,
      dial: (port) => life.place.dial(port),
      shell: { variables: life.terminals.history.variables, commands: life.terminals.history.commands },
      requests: () => cluster.requests(),
      runScript: async (path, timeoutMs) => runScriptText(life.place, posix.basename(path), await this.#scriptText(path), { timeoutMs, signal, env: { ...cluster.env, ...life.terminals.history.variables } }),
      readFile: (path) => readPlaceFile(life.place, path),
      now: () => clock.now(),
      sleep: (ms) => sleep(clock, ms, signal),
      stepOpenedAt: this.#record.opened[page.id] ?? this.#record.createdAt,
      signal,
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

  #ready(): Life {
    if (this.#record.state !== 'ready' || this.#life === undefined) throw new LabError('conflict', 'the session is not ready yet', 'Wait until the preparation is done.');
    return this.#life;
  }

  async #stage<T>(id: string, title: string, work: () => Promise<T>): Promise<T> {
    const began = this.deps.clock.now();
    this.#onStage({ id, title, state: 'running' });
    try {
      const value = await work();
      this.#onStage({ id, title, state: 'done', took: this.deps.clock.now() - began });
      return value;
    } catch (error) {
      const output = typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : messageOf(error);
      this.#onStage({ id, title, state: 'failed', took: this.deps.clock.now() - began, output });
      throw error;
    }
  }

  #onStage(stage: StageView): void {
    this.#stages = withStage(this.#stages, stage);
    this.#send({ type: 'stage', stage });
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

  #watch(): void {
    const { clock } = this.deps;
    this.#stopWatching = [clock.every(LIVE_MS, () => void this.#live()), clock.every(PORTS_MS, () => void this.#ports())];
  }

  #stopWatching: (() => void)[] = [];

  #unwatch(): void {
    for (const stop of this.#stopWatching.splice(0)) stop();
  }

  /** A prompt is back: whatever the command changed shows soon, not at the next round. */
  #soon(): void {
    if (this.#listeners.size === 0) return;
    this.deps.clock.after(150, () => {
      void this.#live();
      void this.#ports();
    });
  }

  async #live(): Promise<void> {
    const page = pagesOf(this.scenario).find((candidate) => candidate.id === this.#record.page);
    const life = this.#life;
    if (this.#liveBusy || this.#listeners.size === 0 || life?.cluster === undefined || this.#lost !== undefined || this.#record.state !== 'ready' || page === undefined || !page.checks.some((check) => check.live)) return;
    this.#liveBusy = true;
    const controller = new AbortController();
    try {
      const results = await this.deps.content.runChecks(page, this.#checkContext(life, page, controller.signal), 'live');
      const key = JSON.stringify([page.id, results]);
      if (key === this.#lastLive || this.#life !== life) return;
      this.#lastLive = key;
      const passed = results.every((result) => result.passed) && page.checks.every((check) => check.live) && page.verify === undefined;
      if (passed) this.#pass(page.id);
      this.#send({ type: 'checks', report: { page: page.id, passed, results, at: this.deps.clock.now() }, live: true });
    } catch (error) {
      this.deps.log.debug({ error: messageOf(error) }, 'a live check failed');
    } finally {
      controller.abort();
      this.#liveBusy = false;
    }
  }

  async #ports(): Promise<void> {
    if (this.#life === undefined || this.#life.place.isolation === 'none') return;
    const ports = (await this.#life.place.listening()).filter((port) => !OWN_PORTS.has(port));
    const key = ports.join(',');
    if (key === this.#lastPorts) return;
    this.#lastPorts = key;
    this.#send({ type: 'ports', ports });
  }

  async #saveSnapshot(): Promise<void> {
    const snapshot = this.#life?.cluster?.snapshot?.();
    if (snapshot === undefined) return;
    const text = JSON.stringify(snapshot);
    if (text === this.#lastSnapshot) return;
    this.#lastSnapshot = text;
    await this.deps.store.saveSnapshot(this.id, text);
  }

  async #endLife(life: Life | undefined, why: StopReason): Promise<void> {
    for (const stop of this.#stopTimers.splice(0)) stop();
    if (life === undefined) return;
    life.controller.abort(new Error('the session ends'));
    // The place first: with its processes gone, terminals have nothing to wait for.
    await Promise.allSettled([life.place.stop(), life.cluster?.stop(why) ?? Promise.resolve(), life.starting]);
    await life.terminals.closeAll();
  }
}
