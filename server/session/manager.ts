import { LabError, messageOf } from '../lib/errors.ts';
import { shownPages } from '../scenario/load.ts';
import type { Scenario } from '../scenario/model.ts';
import { scenariosOf } from './content.ts';
import type { SessionRecord } from './machine.ts';
import { Session, type SessionDependencies } from './session.ts';
import type { Progress } from './store.ts';

export interface ManagerOptions extends Omit<SessionDependencies, 'onPassed'> {
  /** Sessions that may be alive at once. */
  mostSessions: number;
}

/** All sessions of a server: those that are alive, and those of a former run that wait to be opened again. */
export class SessionManager {
  #alive = new Map<string, Session>();
  #dormant = new Map<string, SessionRecord>();
  #progress: Progress = { version: 1, scenarios: {} };
  #reviving = new Map<string, Promise<Session | undefined>>();
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: ManagerOptions) {}

  /** Reads what a former run left. */
  async load(): Promise<void> {
    this.#progress = await this.options.store.loadProgress();
    for (const record of await this.options.store.load()) if (record.state !== 'ended') this.#dormant.set(record.id, record);
  }

  get count(): number {
    return this.#alive.size;
  }

  /** Sessions of a scenario that are alive. */
  sessionsOf(scenario: string): Session[] {
    return [...this.#alive.values()].filter((session) => session.record.scenario === scenario);
  }

  /** Those that live and those that may come back. */
  get sessionIds(): Set<string> {
    return new Set([...this.#alive.keys(), ...this.#dormant.keys()]);
  }

  /** What the learner has finished of a scenario, over all runs. */
  progressOf(scenario: string): { done: string[]; finished: boolean } {
    return this.#progress.scenarios[scenario] ?? { done: [], finished: false };
  }

  /** The open session of a scenario, to resume. */
  openSessionOf(scenario: string): string | undefined {
    for (const session of this.#alive.values()) if (session.record.scenario === scenario && session.record.state !== 'ended') return session.id;
    for (const record of this.#dormant.values()) if (record.scenario === scenario) return record.id;
    return undefined;
  }

  /** The open session of a scenario, or a new one, which prepares itself meanwhile. */
  async open(scenarioId: string, provider?: string): Promise<{ session: Session; created: boolean }> {
    const existing = this.openSessionOf(scenarioId);
    const resumed = existing === undefined ? undefined : await this.find(existing);
    if (resumed !== undefined) {
      if (provider !== undefined && resumed.provider.name !== provider && resumed.provider.name !== 'none') {
        throw new LabError('conflict', `this scenario is open already, on another cluster (${resumed.provider.title})`, 'Resume it, or end it first.');
      }
      return { session: resumed, created: false };
    }
    this.#admit();
    const scenario = await this.#scenario(scenarioId);
    if (scenario === undefined) throw new LabError('not-found', 'there is no such scenario');
    return { session: await this.start(scenario, provider), created: true };
  }

  /** A session of its own, whatever is open already; it prepares itself meanwhile. For runs without a learner, too. */
  async start(scenario: Scenario, provider?: string): Promise<Session> {
    this.#admit();
    const first = shownPages(scenario)[0];
    if (first === undefined) throw new LabError('scenario-broken', 'the scenario has no page');
    const chosen = await this.options.providers.choose(scenario, provider);
    const record: SessionRecord = { version: 1, id: this.options.ids.alphanumeric(26), scenario: scenario.id, provider: chosen.name, state: 'preparing', page: first.id, opened: {}, done: [], terminals: [], createdAt: this.options.clock.now() };
    const session = this.#make(record, scenario);
    await this.options.store.save(record);
    void session.start(true);
    return session;
  }

  /** A session by its id; one of a former run comes back to life. Undefined when there is none. */
  async find(id: string): Promise<Session | undefined> {
    const alive = this.#alive.get(id);
    if (alive !== undefined) return alive;
    const record = this.#dormant.get(id);
    if (record === undefined) return undefined;
    const running = this.#reviving.get(id) ?? this.#revive(record).finally(() => this.#reviving.delete(id));
    this.#reviving.set(id, running);
    return running;
  }

  /** As `find`, but throws LabError not-found where there is none. */
  async get(id: string): Promise<Session> {
    const session = await this.find(id);
    if (session === undefined) throw new LabError('not-found', 'there is no such session');
    return session;
  }

  async end(id: string): Promise<void> {
    const session = await this.get(id);
    this.#alive.delete(id);
    await session.end();
  }

  /** The server stops: sessions are put to sleep. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const results = await Promise.allSettled([...this.#alive.values()].map((session) => session.suspend()));
    for (const result of results) if (result.status === 'rejected') this.options.log.warn({ error: messageOf(result.reason) }, 'a session did not stop cleanly');
    await this.options.store.settled();
  }

  async #revive(record: SessionRecord): Promise<Session | undefined> {
    const scenario = await this.#scenario(record.scenario);
    if (scenario === undefined) throw new LabError('not-found', `the scenario ${record.scenario} is gone`, 'Start the lab with the folder that holds it.');
    this.#admit();
    this.#dormant.delete(record.id);
    const wasPrepared = record.state === 'ready';
    const session = this.#make({ ...record, state: 'preparing' }, scenario);
    void session.start(!wasPrepared);
    return session;
  }

  #make(record: SessionRecord, scenario: Scenario): Session {
    const session = new Session(record, scenario, { ...this.options, onPassed: (id, page) => this.#passed(id, page, scenario) });
    this.#alive.set(record.id, session);
    return session;
  }

  #admit(): void {
    if (this.#closed) throw new LabError('conflict', 'the lab is stopping');
    if (this.#alive.size >= this.options.mostSessions) throw new LabError('too-many', `${this.options.mostSessions} sessions are open already`, 'End one on the start page.');
  }

  async #scenario(id: string): Promise<Scenario | undefined> {
    return scenariosOf(await this.options.content.courses()).get(id);
  }

  #passed(scenarioId: string, page: string, scenario: Scenario): void {
    const known = this.progressOf(scenarioId);
    if (known.done.includes(page)) return;
    const done = [...known.done, page];
    const finished = shownPages(scenario).every((candidate) => done.includes(candidate.id));
    this.#progress = { ...this.#progress, scenarios: { ...this.#progress.scenarios, [scenarioId]: { done, finished } } };
    this.options.store.saveProgress(this.#progress).catch((error: unknown) => this.options.log.error({ error: messageOf(error) }, 'saving the progress failed'));
  }
}
