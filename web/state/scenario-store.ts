import { computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { SessionEvent } from '../../server/protocol/rest.ts';
import type { SocketLike } from '../terminal/connection.ts';
import { ApiError, terminalPath } from './api.ts';
import type { LabApi } from './api.ts';
import { liveEvents } from './live-events.ts';
import type { EventSourceLike } from './live-events.ts';
import { emptySession, reduceSession } from './session-model.ts';
import type { SessionAction, SessionModel, Trouble } from './session-model.ts';
import { currentPage, neighbours, stepItems, withFinish } from './steps.ts';
import type { StepItem } from './steps.ts';
import type { Timers } from './timers.ts';
import { emptyWorkspace, reduceWorkspace, runTarget, terminalTabs } from './workspace.ts';
import type { Workspace, WorkspaceAction } from './workspace.ts';

export interface ScenarioStoreOptions {
  api: LabApi;
  timers: Timers;
  openEvents(path: string): EventSourceLike;
  openSocket(path: string): SocketLike;
  /** Types code into a terminal once it is attached. */
  run(tid: string, code: string, interrupt: boolean): void;
  /** Says something to those who can't see the page. */
  announce(message: string): void;
}

/** One visit of one scenario: what is known of it, and everything the learner can do. */
export class ScenarioStore {
  readonly id: string;
  readonly model: Signal<SessionModel> = signal(emptySession);
  readonly workspace: Signal<Workspace> = signal(emptyWorkspace);
  /** The page asked for by the address. */
  readonly wanted: Signal<string | undefined> = signal(undefined);
  /** A short message about something that just failed, until it is put away. */
  readonly notice: Signal<Trouble | undefined> = signal(undefined);
  readonly ended = signal(false);
  readonly pages = computed(() => (this.model.value.scenario === undefined ? [] : withFinish(this.model.value.scenario)));
  readonly page: ReadonlySignal<string> = computed(() => currentPage(this.pages.value, this.wanted.value, this.model.value.session?.page));
  readonly steps: ReadonlySignal<StepItem[]> = computed(() => stepItems(this.pages.value, this.model.value.session?.done ?? [], this.model.value.reports, this.page.value));
  readonly around = computed(() => neighbours(this.pages.value, this.page.value));
  readonly #options: ScenarioStoreOptions;
  #events: { stop(): void; retry(): void } | undefined;
  #opened: string | undefined;
  #stopped = false;

  constructor(id: string, options: ScenarioStoreOptions) {
    this.id = id;
    this.#options = options;
  }

  /** Loads the text and starts (or resumes) the session, both at once: the text is there first. */
  async start(): Promise<void> {
    const { api } = this.#options;
    await Promise.all([
      api.scenario(this.id).then((scenario) => this.#dispatch({ type: 'scenario', scenario })),
      api.startSession(this.id).then((session) => {
        if (this.#stopped) return;
        this.#apply({ type: 'session', session });
        this.#listen(session.id);
      }),
    ]).catch((error: unknown) => this.#dispatch({ type: 'trouble', trouble: troubleOf(error) }));
    this.showPage(this.wanted.value);
  }

  stop(): void {
    this.#stopped = true;
    this.#events?.stop();
  }

  /** Shows a page; the server learns of it as soon as the session is ready, and runs the page's scripts once. */
  showPage(page: string | undefined): void {
    this.wanted.value = page;
    this.#openPage();
  }

  async check(): Promise<void> {
    const page = this.page.value;
    const sid = this.#sid();
    if (sid === undefined || this.model.value.checking !== undefined) return;
    this.#dispatch({ type: 'checking', page });
    try {
      const report = await this.#options.api.check(sid, page);
      this.#dispatch({ type: 'checked', report });
      const failed = report.results.filter((result) => !result.passed).length;
      this.#options.announce(report.passed ? 'Check passed. This step is done.' : `Check failed: ${failed} of ${report.results.length} not done yet.`);
    } catch (error) {
      this.#dispatch({ type: 'check-failed' });
      this.#report(error);
    }
  }

  /** Runs a block. `terminal` ≥ 2 names the n-th terminal, opened when missing; 1 or nothing means the active one. */
  async runBlock(code: string, terminal: number | undefined, interrupt: boolean): Promise<void> {
    await this.#guard(async (sid) => {
      let target = runTarget(this.workspace.value);
      if (terminal !== undefined && terminal > 1) {
        while (terminalTabs(this.workspace.value).length < terminal) await this.#addTerminal(sid);
        target = terminalTabs(this.workspace.value)[terminal - 1]?.id;
      } else if (target === undefined) {
        await this.#addTerminal(sid);
        target = runTarget(this.workspace.value);
      }
      if (target === undefined) return;
      this.work({ type: 'activate', id: target });
      this.#options.run(target, this.fillIn(code), interrupt);
      const name = terminalTabs(this.workspace.value).find((tab) => tab.id === target)?.name ?? 'the terminal';
      this.#options.announce(`Typed into ${name}.`);
    });
  }

  /** Puts this session's addresses in place of `{{TRAFFIC_HOST1_2746}}`. */
  fillIn(code: string): string {
    return code.replace(/\{\{TRAFFIC_HOST\d+_(\d{1,5})\}\}/g, (whole, port: string) => this.portUrl(Number(port)) ?? whole);
  }

  portUrl(port: number): string | undefined {
    return this.model.value.session?.portUrl.replace('{port}', String(port));
  }

  preview(port: number, path: string): void {
    this.work({ type: 'preview', port, path });
  }

  work(action: WorkspaceAction): void {
    this.workspace.value = reduceWorkspace(this.workspace.value, action);
  }

  addTerminal(): Promise<void> {
    return this.#guard((sid) => this.#addTerminal(sid));
  }

  renameTerminal(tid: string, name: string): Promise<void> {
    return this.#guard(async (sid) => {
      const renamed = await this.#options.api.renameTerminal(sid, tid, name);
      this.work({ type: 'terminals', terminals: this.#terminals().map((terminal) => (terminal.id === tid ? renamed : terminal)) });
    });
  }

  closeTerminal(tid: string): Promise<void> {
    return this.#guard(async (sid) => {
      await this.#options.api.closeTerminal(sid, tid);
      this.work({ type: 'close', id: tid });
    });
  }

  /** A new shell in place of one that has exited, under the same name. */
  restartTerminal(tid: string): Promise<void> {
    return this.#guard(async (sid) => {
      const name = this.#terminals().find((terminal) => terminal.id === tid)?.name;
      const fresh = await this.#options.api.addTerminal(sid, name);
      await this.#options.api.closeTerminal(sid, tid);
      this.work({ type: 'terminals', terminals: this.#terminals().map((terminal) => (terminal.id === tid ? fresh : terminal)) });
      this.work({ type: 'activate', id: fresh.id });
    });
  }

  /** Begins again in a clean session; answers the page it begins with, or nothing where that failed. */
  async reset(): Promise<string | undefined> {
    const sid = this.#sid();
    if (sid === undefined) {
      await this.restart();
      return undefined;
    }
    try {
      this.#opened = undefined;
      const session = await this.#options.api.resetSession(sid);
      this.#dispatch({ type: 'restart' });
      this.#apply({ type: 'session', session });
      this.#events?.stop();
      this.#listen(session.id);
      this.#options.announce('The session starts again, clean.');
      return session.page;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  /** Starts a session again after it ended or failed to start. */
  async restart(): Promise<void> {
    this.#events?.stop();
    this.#opened = undefined;
    this.ended.value = false;
    this.#dispatch({ type: 'restart' });
    this.work({ type: 'terminals', terminals: [] });
    await this.start();
  }

  async end(): Promise<boolean> {
    const sid = this.#sid();
    if (sid === undefined) return true;
    try {
      this.#events?.stop();
      await this.#options.api.endSession(sid);
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** Tries now instead of when the pause is over. */
  retry(): void {
    this.#events?.retry();
  }

  openSocket(tid: string, offset: number | undefined): SocketLike {
    const path = `${terminalPath(this.#sid() ?? '', tid)}/socket`;
    return this.#options.openSocket(offset === undefined ? path : `${path}?offset=${offset}`);
  }

  #listen(sid: string): void {
    this.#events = liveEvents({
      sid,
      open: this.#options.openEvents,
      timers: this.#options.timers,
      onEvent: (event) => this.#apply(event),
      onState: (state) => void this.#onStream(sid, state),
    });
  }

  async #onStream(sid: string, state: 'open' | 'lost'): Promise<void> {
    const before = this.model.value.stream;
    if (state === 'open' && before === 'lost') this.#options.announce('Connected again.');
    this.#dispatch({ type: 'stream', state });
    // Opened: what happened in between is asked for. Lost: is it the line, or is the session gone?
    try {
      this.#apply({ type: 'session', session: await this.#options.api.session(sid) });
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 410)) this.#onEnded();
    }
  }

  #onEnded(): void {
    this.#events?.stop();
    this.ended.value = true;
  }

  #apply(event: SessionEvent): void {
    this.#dispatch({ type: 'event', event });
    if (event.type !== 'session') return;
    this.work({ type: 'terminals', terminals: event.session.terminals });
    if (event.session.state === 'ended') this.#onEnded();
    this.#openPage();
  }

  #openPage(): void {
    const { session } = this.model.value;
    const page = this.page.value;
    if (session?.state !== 'ready' || this.pages.value.length === 0) return;
    const key = `${session.id} ${page}`;
    if (this.#opened === key) return;
    this.#opened = key;
    // A finishing page that only this page knows of is nothing to the server.
    if (!this.model.value.scenario?.pages.some((known) => known.id === page)) return;
    this.#options.api.openPage(session.id, page).then(
      (opened) => this.#apply({ type: 'session', session: opened }),
      (error: unknown) => this.#report(error),
    );
  }

  async #addTerminal(sid: string): Promise<void> {
    const terminal = await this.#options.api.addTerminal(sid);
    this.work({ type: 'terminals', terminals: [...this.#terminals().filter((known) => known.id !== terminal.id), terminal] });
    this.work({ type: 'activate', id: terminal.id });
  }

  #terminals(): { id: string; name: string; running: boolean }[] {
    return terminalTabs(this.workspace.value).map(({ id, name, running }) => ({ id, name, running }));
  }

  async #guard(work: (sid: string) => Promise<void>): Promise<void> {
    const sid = this.#sid();
    if (sid === undefined || this.model.value.session?.state !== 'ready') {
      this.notice.value = { code: 'not-ready', message: 'The session is not ready yet.', next: 'It starts by itself; try again in a moment.' };
      return;
    }
    try {
      await work(sid);
    } catch (error) {
      this.#report(error);
    }
  }

  #sid(): string | undefined {
    return this.model.value.session?.id;
  }

  #report(error: unknown): void {
    this.notice.value = troubleOf(error);
  }

  #dispatch(action: SessionAction): void {
    this.model.value = reduceSession(this.model.value, action);
  }
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof ApiError) return { code: error.code, message: error.message, ...(error.next === undefined ? {} : { next: error.next }) };
  return { code: 'page', message: error instanceof Error ? error.message : String(error) };
}
