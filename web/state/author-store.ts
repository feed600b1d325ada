import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { AuthorProgress, AuthorView, CheckReport, FindingView, NearMissView, SessionView } from '../../server/protocol/rest.ts';
import type { LabApi } from './api.ts';
import type { Trouble } from './session-model.ts';

export const BROKEN = 'scenario-broken';

/** What an author reads whose scenario can't be read at the moment. */
export function brokenNotice(problems: readonly FindingView[]): Trouble {
  const first = problems.find(({ severity }) => severity === 'error');
  const where = first === undefined ? '' : ` ${first.file}${first.line === undefined ? '' : `:${first.line}`} ${first.message}.`;
  return { code: BROKEN, message: `The scenario can’t be read as it is now.${where}`, next: 'Below is how it was before. Mend the file, and the page goes on by itself.' };
}

export interface AuthorOptions {
  api: LabApi;
  scenario: string;
  guard(work: (sid: string) => Promise<void>): Promise<void>;
  onSession(session: SessionView): void;
  onReport(report: CheckReport): void;
  announce(message: string): void;
}

/** What the author of a scenario sees beside the learner's page: findings, jumps, solutions, near misses. */
export class AuthorStore {
  readonly view: Signal<AuthorView | undefined> = signal(undefined);
  readonly progress: Signal<AuthorProgress | undefined> = signal(undefined);
  /** The near miss that is being tried. */
  readonly trying: Signal<{ page: string; index: number } | undefined> = signal(undefined);
  /** What came of near misses, by `page/index`. */
  readonly verdicts: Signal<Readonly<Record<string, NearMissView>>> = signal({});
  readonly #options: AuthorOptions;

  constructor(options: AuthorOptions) {
    this.#options = options;
  }

  /** Asks for findings and what can be run; silent where the lab runs without --watch. */
  async load(): Promise<void> {
    this.view.value = await this.#options.api.author(this.#options.scenario).catch(() => undefined);
  }

  /** What is wrong with files that can't be shown. */
  found(findings: readonly FindingView[]): void {
    if (this.view.value !== undefined) this.view.value = { ...this.view.value, findings: [...findings] };
  }

  onProgress(progress: AuthorProgress): void {
    this.progress.value = progress;
  }

  jump(page: string): Promise<void> {
    return this.#start('jump', page, 'Getting ready …', (sid) => this.#options.api.jumpTo(sid, page));
  }

  solve(page: string): Promise<void> {
    return this.#start('solution', page, 'The solution is being typed …', (sid) => this.#options.api.runSolution(sid, page));
  }

  async tryNearMiss(page: string, index: number): Promise<void> {
    if (this.trying.value !== undefined) return;
    this.trying.value = { page, index };
    await this.#options.guard(async (sid) => {
      const verdict = await this.#options.api.runNearMiss(sid, page, index);
      this.verdicts.value = { ...this.verdicts.value, [`${page}/${index}`]: verdict };
      this.#options.onReport(verdict.report);
      this.#options.announce(verdict.asExpected ? 'The near miss failed as it should.' : 'The near miss did not fail as it should.');
    });
    this.trying.value = undefined;
  }

  async #start(task: AuthorProgress['task'], page: string, message: string, call: (sid: string) => Promise<SessionView>): Promise<void> {
    this.progress.value = { task, page, state: 'running', message };
    let done = false;
    await this.#options.guard(async (sid) => {
      this.#options.onSession(await call(sid));
      done = true;
    });
    if (!done) this.progress.value = undefined;
  }
}
