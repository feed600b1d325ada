import { computed, signal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { fillPlaceholders } from '../../server/protocol/placeholders.ts';
import type { ClockView, ContentChange, QuizVerdict, SessionEvent, SessionView } from '../../server/protocol/rest.ts';
import type { SocketLike } from '../terminal/connection.ts';
import { ApiError, sessionPath, withLanguage } from './api.ts';
import type { LabApi } from './api.ts';
import { arrangementOf, rememberArrangement, rememberedArrangement } from './arrangement.ts';
import type { Arrangement, Storage } from './arrangement.ts';
import { AuthorStore, BROKEN, brokenNotice } from './author-store.ts';
import { EditorStore } from './editor-store.ts';
import { liveEvents } from './live-events.ts';
import type { EventSourceLike } from './live-events.ts';
import { emptySession, reduceSession } from './session-model.ts';
import type { SessionAction, SessionModel, Trouble } from './session-model.ts';
import { currentPage, neighbours, stepItems, withFinish } from './steps.ts';
import type { StepItem } from './steps.ts';
import { TerminalsStore } from './terminals-store.ts';
import type { Timers } from './timers.ts';

export interface ScenarioStoreOptions {
  api: LabApi;
  timers: Timers;
  storage: Storage;
  openEvents(path: string): EventSourceLike;
  openSocket(path: string): SocketLike;
  /** Types code into a terminal once it is attached. */
  run(tid: string, code: string, interrupt: boolean, newline: boolean): void;
  press(tid: string, keys: Uint8Array<ArrayBuffer>): void;
  focus(tid: string): void;
  /** Says something to those who can't see the page. */
  announce(message: string): void;
  /** The language that the learner chose for the checks' words. */
  language(): string | undefined;
}

/** One visit of one scenario: what is known of it, and everything the learner can do. */
export class ScenarioStore {
  readonly id: string;
  readonly model: Signal<SessionModel> = signal(emptySession);
  /** The page asked for by the address. */
  readonly wanted: Signal<string | undefined> = signal(undefined);
  /** A short message about something that just failed, until it is put away. */
  readonly notice: Signal<Trouble | undefined> = signal(undefined);
  readonly ended = signal(false);
  /** The session was ready once: it has files and terminals to lose. */
  readonly wasReady = signal(false);
  readonly arrangement: Signal<Arrangement> = signal(arrangementOf(undefined));
  /** Verdicts on the quizzes by `page/quiz`. */
  readonly verdicts: Signal<Readonly<Record<string, QuizVerdict>>> = signal({});
  readonly pages = computed(() => (this.model.value.scenario === undefined ? [] : withFinish(this.model.value.scenario)));
  readonly page: ReadonlySignal<string> = computed(() => currentPage(this.pages.value, this.wanted.value, this.model.value.session?.page));
  readonly steps: ReadonlySignal<StepItem[]> = computed(() => stepItems(this.pages.value, this.model.value.session?.done ?? [], this.model.value.reports, this.page.value));
  readonly around = computed(() => neighbours(this.pages.value, this.page.value));
  /** The lab runs with --watch: the author's bar is shown. */
  readonly isAuthor = computed(() => this.model.value.session?.author === true || this.model.value.scenario?.author === true);
  readonly terminals: TerminalsStore;
  readonly editor: EditorStore;
  readonly author: AuthorStore;
  readonly #options: ScenarioStoreOptions;
  #events: { stop(): void; retry(): void } | undefined;
  #opened: string | undefined;
  #arranged: string | undefined;
  #stopped = false;
  /** Counts what was told of the session, so that an answer that comes late is known as such. */
  #seen = 0;
  #cancelled = false;

  constructor(id: string, options: ScenarioStoreOptions) {
    this.id = id;
    this.#options = options;
    const guard = (work: (sid: string) => Promise<void>) => this.#guard(work);
    const readySid = () => (this.model.value.session?.state === 'ready' ? this.#sid() : undefined);
    this.terminals = new TerminalsStore({ ...options, guard, sid: () => this.#sid(), fillIn: (code) => this.fillIn(code) });
    this.editor = new EditorStore({ ...options, sid: readySid, root: () => this.model.value.scenario?.layout?.editorPath ?? this.model.value.session?.home ?? '~', report: (error) => this.#report(error) });
    this.author = new AuthorStore({ ...options, scenario: id, guard, onSession: (session) => this.#begunAnew(session), onReport: (report) => this.#dispatch({ type: 'checked', report }) });
  }

  /** Loads the text and starts (or resumes) the session, both at once: the text is there first. */
  async start(provider?: string): Promise<void> {
    const { api } = this.#options;
    await Promise.all([
      this.#loadScenario(),
      api.startSession(this.id, provider).then(async (session) => {
        // Cancelled or left while the lab was still answering: what was begun is taken back.
        if (this.#cancelled) return api.endSession(session.id);
        if (this.#stopped) return;
        this.#apply({ type: 'session', session });
        this.#listen(session.id);
      }),
    ]).catch((error: unknown) => this.#cancelled || this.#dispatch({ type: 'trouble', trouble: troubleOf(error) }));
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
      const report = await this.#options.api.check(sid, page, this.#language());
      this.#dispatch({ type: 'checked', report });
      const failed = report.results.filter((result) => !result.passed).length;
      this.#options.announce(report.passed ? 'Check passed. This step is done.' : `Check failed: ${failed} of ${report.results.length} not done yet.`);
    } catch (error) {
      this.#dispatch({ type: 'check-failed' });
      this.#report(error);
    }
  }

  /** Asks whether a quiz is answered right. */
  async answer(quiz: string, answers: string[]): Promise<void> {
    const page = this.page.value;
    await this.#guard(async (sid) => {
      const verdict = await this.#options.api.answerQuiz(sid, page, quiz, answers);
      this.verdicts.value = { ...this.verdicts.value, [`${page}/${quiz}`]: verdict };
    });
  }

  /** Puts this session's addresses, and where it has another home that, in place of `{{TRAFFIC_HOST1_2746}}` and its older relatives. */
  fillIn(code: string): string {
    const { portUrl, home } = this.model.value.session ?? {};
    return portUrl === undefined ? code : fillPlaceholders(code, { portUrl, ...(home === undefined ? {} : { home }) });
  }

  portUrl(port: number): string | undefined {
    return this.model.value.session?.portUrl.replace('{port}', String(port));
  }

  preview(port: number, path: string): void {
    this.terminals.work({ type: 'preview', port, path });
  }

  /** Shows or hides the text, the editor, the second terminal; remembered for this scenario. */
  arrange(change: Partial<Arrangement>): void {
    this.arrangement.value = { ...this.arrangement.value, ...change };
    rememberArrangement(this.#options.storage, this.id, this.arrangement.value);
  }

  /** Begins again in a clean session; answers the page it begins with, or nothing where that failed. */
  async reset(provider?: string): Promise<string | undefined> {
    const sid = this.#sid();
    if (sid === undefined) {
      await this.restart();
      return undefined;
    }
    try {
      this.#opened = undefined;
      const session = await this.#options.api.resetSession(sid, provider);
      this.#forget();
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

  /** Goes on with the same terminals and files on another provider's cluster. */
  async continueOn(provider: string): Promise<void> {
    const sid = this.#sid();
    if (sid === undefined) return;
    try {
      this.#apply({ type: 'session', session: await this.#options.api.continueSession(sid, provider) });
    } catch (error) {
      this.#report(error);
    }
  }

  /** What time it is in the session's cluster, after its clock was moved forward by these seconds; rejects with what went wrong. */
  async clock(advance: number): Promise<ClockView> {
    const sid = this.#sid();
    if (sid === undefined) throw new Error('The session has not begun.');
    return this.#options.api.clock(sid, advance);
  }

  /** Starts a session again after it ended or failed to start. */
  async restart(provider?: string): Promise<void> {
    this.#events?.stop();
    this.#opened = undefined;
    this.ended.value = false;
    this.#forget();
    this.terminals.work({ type: 'terminals', terminals: [] });
    await this.start(provider);
  }

  /** Stops the preparation, whether the lab has answered yet or not. */
  async cancel(): Promise<boolean> {
    this.#cancelled = true;
    return this.end();
  }

  async end(): Promise<boolean> {
    const sid = this.#sid();
    if (sid === undefined) return true;
    try {
      this.#events?.stop();
      await this.#options.api.endSession(sid);
      return true;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 410)) return true;
      this.#cancelled = false;
      this.#listen(sid);
      this.#report(error);
      return false;
    }
  }

  /** Tries now instead of when the pause is over. */
  retry(): void {
    this.#events?.retry();
  }

  /** Other words: the page's texts, and what the checks say from now on. */
  async changeLanguage(): Promise<void> {
    try {
      await this.#loadScenario();
      const sid = this.#sid();
      if (sid === undefined) return;
      this.#events?.stop();
      this.#listen(sid);
      if (this.model.value.reports[this.page.value] !== undefined) await this.check();
    } catch (error) {
      this.#report(error);
    }
  }

  async #loadScenario(): Promise<void> {
    const scenario = await this.#options.api.scenario(this.id, this.#language());
    this.#dispatch({ type: 'scenario', scenario });
    if (this.#arranged === undefined) this.arrangement.value = rememberedArrangement(this.#options.storage, this.id) ?? arrangementOf(scenario.layout);
    if (this.isAuthor.value) void this.author.load();
    this.#arrangeTerminals();
  }

  #listen(sid: string): void {
    this.#events = liveEvents({
      path: withLanguage(`${sessionPath(sid)}/events`, this.#language()),
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
    const seen = this.#seen;
    try {
      const session = await this.#options.api.session(sid);
      // An event that came in the meantime is newer than this answer may be.
      if (seen === this.#seen) this.#apply({ type: 'session', session });
    } catch (error) {
      if (error instanceof ApiError && (error.status === 404 || error.status === 410)) this.#onEnded();
    }
  }

  #onEnded(): void {
    this.#events?.stop();
    this.ended.value = true;
  }

  #apply(event: SessionEvent): void {
    const knewAuthor = this.isAuthor.value;
    this.#dispatch({ type: 'event', event });
    if (this.isAuthor.value && !knewAuthor) void this.author.load();
    if (event.type === 'content') this.#rewritten(event);
    if (event.type === 'author') this.author.onProgress(event.progress);
    if (event.type === 'files') this.editor.changed(event.paths);
    if (event.type !== 'session') return;
    this.#seen += 1;
    this.terminals.work({ type: 'terminals', terminals: event.session.terminals });
    if (event.session.state === 'ended') this.#onEnded();
    this.#arrangeTerminals();
    this.#openPage();
  }

  /** Its author has changed the scenario: what shows now is kept where it can't be read. */
  #rewritten({ broken, problems = [] }: ContentChange): void {
    if (broken === true) {
      this.author.found(problems);
      this.notice.value = brokenNotice(problems);
      return;
    }
    this.#loadScenario().then(
      () => {
        if (this.notice.value?.code === BROKEN) this.notice.value = undefined;
      },
      (error: unknown) => this.#report(error),
    );
  }

  /** Once a session: what the author or the learner wants beside the first terminal. */
  #arrangeTerminals(): void {
    const { session, scenario } = this.model.value;
    if (session?.state !== 'ready' || scenario === undefined || this.#arranged === session.id) return;
    this.#arranged = session.id;
    this.wasReady.value = true;
    void this.terminals.arrange(scenario.layout, this.arrangement.value.split);
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

  /** The session was cleaned on the author's behalf: its page is opened and its terminals are arranged again. */
  #begunAnew(session: SessionView): void {
    if (session.state === 'preparing') {
      this.#arranged = undefined;
      this.#opened = undefined;
      this.editor.clear();
    }
    this.#apply({ type: 'session', session });
  }

  #forget(): void {
    this.#arranged = undefined;
    this.wasReady.value = false;
    this.#cancelled = false;
    this.verdicts.value = {};
    this.editor.clear();
    this.#dispatch({ type: 'restart' });
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

  #language(): string | undefined {
    return this.#options.language();
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
