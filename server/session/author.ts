import { LabError, messageOf } from '../lib/errors.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { AuthorProgress, AuthorView, FindingView } from '../protocol/author.ts';
import type { NearMissView } from '../protocol/rest.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Page, Problem, Scenario } from '../scenario/model.ts';
import { rightAnswers } from './quizzes.ts';
import { inHome } from '../protocol/placeholders.ts';
import type { Session } from './session.ts';

/** A solution may take this long until its shell is free again. */
const SOLUTION_MS = 2 * 60_000;
const SCRIPTS_MS = 60_000;
/** How long a terminal may be busy before what runs in it is interrupted. */
const FREE_MS = 3000;
/** What a solution started in the cluster may need a moment to show in the checks. */
const SETTLE_MS = 20_000;
const AGAIN_MS = 1000;

/** What an author gets to see of his scenario beside the learner's page. */
export function authorView(scenario: Scenario, findings: readonly FindingView[]): AuthorView {
  const pages = pagesOf(scenario).map((page) => ({ id: page.id, title: page.title, solution: page.exercise !== undefined, nearMisses: (page.exercise?.nearMisses ?? []).map(({ title, expectMessage }) => ({ title, expect: expectMessage })) }));
  return { scenario: scenario.id, pages, findings: findings.map((finding) => ({ ...finding })) };
}

/** What the loader found wrong, each with the page that its file belongs to. */
export function findingsOf(scenario: Scenario, problems: readonly Problem[]): FindingView[] {
  const pages = pagesOf(scenario);
  return problems.map(({ file, line, column, code, severity, message }) => {
    const page = pages.find((candidate) => candidate.text !== '' && (file.endsWith(`/${candidate.text}`) || (candidate.text.includes('/') && file.includes(`/${candidate.text.slice(0, candidate.text.lastIndexOf('/'))}/`))));
    return { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), code, severity, message, ...(page === undefined ? {} : { page: page.id }) };
  });
}

/** An author's hands at a session: types solutions and near misses into its first terminal. One task at a time. */
export class AuthorTools {
  #busy = new Set<string>();

  constructor(private readonly clock: Clock) {}

  /** Begins again and does what a learner would have done before this page. Answers once the reset has begun. */
  jump(session: Session, pageId: string): void {
    const target = pageOf(session, pageId);
    this.#start(session, 'jump', target.id, async (tell) => {
      tell('A clean session is being prepared.');
      await session.reset();
      if (session.view().state !== 'ready') throw new LabError('cluster-failed', 'the session could not be prepared');
      const before = pagesOf(session.scenario).slice(0, pagesOf(session.scenario).findIndex((page) => page.id === target.id));
      const problems: string[] = [];
      for (const [index, page] of before.entries()) {
        tell(`${page.title} (${index + 1} of ${before.length})`);
        await this.#solve(session, page).catch((error: unknown) => problems.push(messageOf(error)));
      }
      session.openPage(target.id);
      if (problems.length > 0) throw new LabError('conflict', problems.join(' '));
    });
  }

  /** Types the solution of a page. */
  solve(session: Session, pageId: string): void {
    const page = pageOf(session, pageId);
    const { exercise } = page;
    if (exercise === undefined) throw new LabError('bad-request', 'this page has no solution', 'Give it an exercise in its checks.yaml.');
    this.#start(session, 'solution', page.id, async (tell) => {
      tell('The solution is being typed.');
      await this.#type(session, exercise.solution);
      await this.#passes(session, page);
    });
  }

  /** Types a near miss, asks the checks, and says whether they refused it with the words that the author expects. */
  async tryNearMiss(session: Session, pageId: string, index: number): Promise<NearMissView> {
    const page = pageOf(session, pageId);
    const miss = page.exercise?.nearMisses[index];
    if (miss === undefined) throw new LabError('not-found', 'there is no such near miss');
    this.#claim(session);
    try {
      await this.#type(session, miss.script);
      const report = await session.check(page.id);
      const asExpected = report.results.some((result) => !result.passed && [result.why, result.observed, result.next].some((said) => said.includes(miss.expectMessage)));
      return { page: page.id, title: miss.title, expect: miss.expectMessage, asExpected, report };
    } finally {
      this.#busy.delete(session.id);
    }
  }

  #start(session: Session, task: AuthorProgress['task'], page: string, work: (tell: (message: string) => void) => Promise<void>): void {
    this.#claim(session);
    const told = (state: AuthorProgress['state'], message: string) => session.tell({ type: 'author', progress: { task, page, state, message } });
    told('running', 'It begins.');
    void work((message) => told('running', message))
      .then(
        () => told('done', 'Done.'),
        (error: unknown) => told('failed', messageOf(error)),
      )
      .finally(() => this.#busy.delete(session.id));
  }

  #claim(session: Session): void {
    if (this.#busy.has(session.id)) throw new LabError('conflict', 'something is being typed into this session already', 'Wait until it is done.');
    this.#busy.add(session.id);
  }

  async #solve(session: Session, page: Page): Promise<void> {
    await this.#open(session, page);
    if (page.exercise === undefined) return;
    await this.#type(session, page.exercise.solution);
    await this.#passes(session, page);
  }

  async #open(session: Session, page: Page): Promise<void> {
    session.openPage(page.id);
    const scripts = await session.scriptsOf(page.id);
    await Promise.race([scripts.background.catch((error: unknown) => Promise.reject(new LabError('internal', `the background script of ${page.title} failed: ${messageOf(error)}`))), sleep(this.clock, SCRIPTS_MS)]);
    if (scripts.typed) await session.terminals?.first()?.prompt(SCRIPTS_MS);
  }

  /** Into the first terminal; a command that runs on there is interrupted by the next one. */
  async #type(session: Session, script: string): Promise<void> {
    const hub = session.terminals?.first();
    if (hub === undefined) throw new LabError('conflict', 'the session has no terminal');
    // A fresh shell needs a moment; what is still busy after it is interrupted.
    await hub.run(inHome(script, session.place?.homeInside), !(await hub.prompt(FREE_MS)));
    if (!(await hub.prompt(SOLUTION_MS))) throw new LabError('timeout', 'what was typed has not come to an end', 'Put a command that runs on into the background with &, or interrupt it.');
  }

  /** Asks until the checks pass; what they say last is why they don't. */
  async #passes(session: Session, page: Page): Promise<void> {
    for (const { quiz, answers } of rightAnswers(page)) session.answer(page.id, quiz, answers);
    const end = this.clock.now() + SETTLE_MS;
    for (;;) {
      const report = await session.check(page.id);
      if (report.passed) return;
      const failed = report.results.find((result) => !result.passed);
      if (this.clock.now() >= end) throw new LabError('conflict', `After its solution, ${page.title} is not done: ${failed?.why ?? ''}`);
      await sleep(this.clock, AGAIN_MS);
    }
  }
}

function pageOf(session: Session, id: string): Page {
  const page = pagesOf(session.scenario).find((candidate) => candidate.id === id);
  if (page === undefined) throw new LabError('not-found', 'there is no such page');
  return page;
}
