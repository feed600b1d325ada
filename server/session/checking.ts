import { posix } from 'node:path';
import type { CheckContext } from '../checks/check.ts';
import { quizzesOf } from '../checks/quiz.ts';
import { sleep } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import type { CheckReport } from '../protocol/rest.ts';
import type { Page } from '../scenario/model.ts';
import { readPlaceFile, runLine, runScriptText, statPlaceFile } from './files.ts';
import type { Life, SessionInside } from './inside.ts';
import { scriptText } from './scripts.ts';

/** Runs the checks of a session's pages. */
export class Checking {
  #running = new Map<string, Promise<CheckReport>>();
  #liveBusy = false;
  #lastLive = '';

  constructor(private readonly session: SessionInside) {}

  /** All of a page's checks; two questions at once are answered by one run. */
  check(page: Page): Promise<CheckReport> {
    const running = this.#running.get(page.id);
    if (running !== undefined) return running;
    const report = this.#check(page).finally(() => this.#running.delete(page.id));
    this.#running.set(page.id, report);
    return report;
  }

  async #check(page: Page): Promise<CheckReport> {
    const { session } = this;
    if (session.record.state !== 'ready' || session.life === undefined) throw new LabError('conflict', 'the session is not ready yet', 'Wait until the preparation is done.');
    const controller = new AbortController();
    const results = await session.deps.content.runChecks(page, contextOf(session, session.life, page, controller.signal), 'all').finally(() => controller.abort());
    const report = { page: page.id, passed: results.every((result) => result.passed), results, at: session.deps.clock.now() };
    if (report.passed) session.pass(page.id);
    session.send({ type: 'checks', report, live: false });
    return report;
  }

  /** Those that are cheap, while the learner works; tells what has changed. */
  async live(page: Page | undefined): Promise<void> {
    const { session } = this;
    const { life } = session;
    if (this.#liveBusy || !session.watched || life?.cluster === undefined || session.lost || session.record.state !== 'ready' || page === undefined || !page.checks.some((check) => check.live)) return;
    this.#liveBusy = true;
    const controller = new AbortController();
    try {
      const results = await session.deps.content.runChecks(page, contextOf(session, life, page, controller.signal), 'live');
      const key = JSON.stringify([page.id, results]);
      if (key === this.#lastLive || session.life !== life) return;
      this.#lastLive = key;
      const passed = results.every((result) => result.passed) && page.checks.every((check) => check.live) && page.verify === undefined;
      if (passed) session.pass(page.id);
      session.send({ type: 'checks', report: { page: page.id, passed, results, at: session.deps.clock.now() }, live: true });
    } finally {
      controller.abort();
      this.#liveBusy = false;
    }
  }

  /** The next live answer is told even if nothing has changed. */
  tellAgain(): void {
    this.#lastLive = '';
  }
}

function contextOf(session: SessionInside, life: Life, page: Page, signal: AbortSignal): CheckContext {
  const { clock } = session.deps;
  const { cluster, place, terminals } = life;
  if (cluster === undefined) throw new LabError('conflict', 'the cluster is not ready yet', 'Wait until the preparation is done.');
  const env = { ...cluster.env, ...terminals.history.variables };
  return {
    client: cluster.client,
    dial: (port) => place.dial(port),
    shell: { variables: terminals.history.variables, commands: terminals.history.commands },
    requests: () => cluster.requests(),
    readScript: (path) => scriptText(session, path),
    runScript: async (path, timeoutMs) => runScriptText(place, posix.basename(path), await scriptText(session, path), { timeoutMs, signal, alone: true, env }),
    runCommand: (line, timeoutMs, folder) => runLine(place, line, { timeoutMs, signal, alone: true, env, ...(folder === undefined ? {} : { folder }) }),
    readFile: (path) => readPlaceFile(place, path),
    statFile: (path) => statPlaceFile(place, path),
    quizzes: quizzesOf(page, session.languages),
    quizAnswers: session.record.answers?.[page.id] ?? {},
    languages: session.languages,
    now: () => clock.now(),
    sleep: (ms) => sleep(clock, ms, signal),
    stepOpenedAt: session.record.opened[page.id] ?? session.record.createdAt,
    signal,
  };
}
