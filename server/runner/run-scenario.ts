import { relative, join } from 'node:path';
import { LabError, messageOf } from '../lib/errors.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { isCheckable } from '../session/content.ts';
import type { Session } from '../session/session.ts';
import { checksFileOf } from './checks-file.ts';
import { compareTranscript } from './compare.ts';
import { Desk, type Recorder } from './desk.ts';
import { endOf } from './judge-block.ts';
import { Slots, untilAborted, within } from './limits.ts';
import { type CaseKind, type CaseReport, type Exchange, type Finding, type PageReport, type RunEvent, type ScenarioReport, stateOf } from './report.ts';
import { judgeAfter, judgeBefore, judgeNearMiss, judgeOthers } from './verdicts.ts';
import { Misses, type Miss } from './misses.ts';
import { planRoute, type Route, Walker } from './walker.ts';
import { Waypoint } from './waypoint/index.ts';
import type { Workshop } from './workshop.ts';

export interface RunOptions {
  /** `embedded`, `kind`, `existing`; the workshop's own when absent. */
  provider?: string;
  /** Milliseconds that one command, script or check may take. Default a minute. */
  limitMs?: number;
  /** How many sessions may run at once; shared by scenarios that run at once. Default one. */
  slots?: Slots;
  /** How many sessions this scenario may use. Default one. */
  sessions?: number;
  /** 1 for the first of several runs. */
  round?: number;
  /** File names in findings are relative to this folder. Default the working directory. */
  from?: string;
  /** Holds what the solutions answer against `transcript.jsonl`, where there is one. */
  compare?: boolean;
  /** Takes down the walk that clicks everything. */
  recorder?: Recorder;
  signal?: AbortSignal;
}

/** A walk through the scenario from its start, in a clean session. */
interface Task {
  walk(walker: Walker): Promise<void>;
  recorded?: boolean;
  /** The walk by solutions alone. */
  proof?: boolean;
}

/** How long a session may take to be ready: a real cluster needs minutes. */
const START_MS = 10 * 60_000;
const RANK: Record<CaseKind, number> = { load: 0, start: 1, scripts: 2, blocks: 3, verify: 4, before: 5, solution: 6, others: 7, 'near-miss': 8, transcript: 9 };

/**
 * Runs a scenario without a browser, in real terminals: every script and block in its order, and for each exercise the
 * four proofs. Never throws for what a scenario does; an aborted run reports what it has so far.
 */
export async function runScenario(workshop: Workshop, scenario: Scenario, options: RunOptions, onEvent: (event: RunEvent) => void = () => {}): Promise<ScenarioReport> {
  return new ScenarioRun(workshop, scenario, options, onEvent).run();
}

class ScenarioRun {
  readonly #pages = new Map<string, PageReport>();
  readonly #exchanges: Exchange[] = [];
  readonly #solutions: Exchange[] = [];
  readonly #limitMs: number;
  readonly #slots: Slots;
  #gaveUp = false;

  constructor(
    private readonly workshop: Workshop,
    private readonly scenario: Scenario,
    private readonly options: RunOptions,
    private readonly onEvent: (event: RunEvent) => void,
  ) {
    this.#limitMs = options.limitMs ?? 60_000;
    this.#slots = options.slots ?? new Slots(1);
  }

  async run(): Promise<ScenarioReport> {
    const { scenario, options, workshop } = this;
    const began = workshop.clock.now();
    const round = options.round ?? 1;
    this.onEvent({ type: 'scenario-started', scenario: scenario.id, title: scenario.title, round });
    let provider = options.provider ?? workshop.providers.default.name;
    let interrupted = false;
    try {
      const route = await planRoute(workshop, scenario);
      for (const { page } of route.pages) this.#pages.set(page.id, { page: page.id, title: page.title, file: this.#named(page.text), cases: [] });
      const walks = [this.#reading(route), ...this.#proofs(route)];
      const misses = new Misses(route.pages.map(({ page }) => page));
      // Who has nothing else to do tries near misses, until none is left.
      const next = () => walks.shift() ?? (misses.left > 0 ? this.#nearMisses(route, misses) : undefined);
      const workers = Math.max(1, Math.min(options.sessions ?? 1, walks.length + misses.left));
      await Promise.all(Array.from({ length: workers }, () => this.#work(route, next, (name) => (provider = name))));
    } catch (error) {
      if (options.signal?.aborted === true) interrupted = true;
      else this.#add('intro', this.#broken(error));
    }
    const pages = [...this.#pages.values()].map((page) => ({ ...page, cases: [...page.cases].sort((a, b) => RANK[a.kind] - RANK[b.kind] || a.id.localeCompare(b.id, 'en', { numeric: true })) }));
    const failed = pages.some((page) => page.cases.some((one) => one.state === 'failed'));
    const found: ScenarioReport = { id: scenario.id, title: scenario.title, folder: scenario.folder, provider, state: interrupted ? 'interrupted' : failed ? 'failed' : 'passed', ms: workshop.clock.now() - began, pages, exchanges: this.#exchanges, solutions: this.#solutions, round };
    const report = options.compare === true && !interrupted ? await compareTranscript(found, scenario, options.from ?? process.cwd(), (page, one) => this.onEvent({ type: 'case-ended', scenario: scenario.id, page, case: one })) : found;
    this.onEvent({ type: 'scenario-ended', report });
    return report;
  }

  /** Takes tasks until none is left, each in a clean session. */
  async #work(route: Route, next: () => Task | undefined, onProvider: (name: string) => void): Promise<void> {
    let session: Session | undefined;
    const ending = new Set<Promise<void>>();
    try {
      for (;;) {
        const done = await this.#slots.run(async () => {
          // What one worker could not do, the others can't either.
          const task = this.#gaveUp ? undefined : next();
          if (task === undefined) return true;
          this.options.signal?.throwIfAborted();
          session = await this.#clean(session, (old) => {
            const ended = this.#end(old).finally(() => ending.delete(ended));
            ending.add(ended);
          });
          onProvider(session.provider.name);
          await this.#walk(route, task, session);
          return false;
        });
        if (done) return;
      }
    } catch (error) {
      this.#gaveUp = true;
      throw error;
    } finally {
      await Promise.all([...ending, session === undefined ? undefined : this.#end(session)]);
    }
  }

  async #walk(route: Route, task: Task, session: Session): Promise<void> {
    const { options, workshop } = this;
    const desk = new Desk(session, {
      clock: workshop.clock,
      limitMs: this.#limitMs,
      ...(task.recorded === true && options.recorder !== undefined ? { recorder: options.recorder } : {}),
      ...(task.recorded === true ? { onExchange: (exchange: Exchange) => this.onEvent({ type: 'exchange', scenario: this.scenario.id, exchange }) } : {}),
    });
    try {
      // A program that runs when somebody ends the run is not waited for: its session ends.
      await untilAborted(task.walk(new Walker(workshop, route, session, desk, this.#limitMs, options.signal)), options.signal);
    } finally {
      await desk.close();
      if (task.recorded === true) this.#exchanges.push(...desk.exchanges);
      if (task.proof === true) this.#solutions.push(...desk.exchanges.filter((exchange) => exchange.part === 'solution'));
    }
  }

  async #end(session: Session): Promise<void> {
    await this.workshop.manager.end(session.id).catch((error: unknown) => this.workshop.log.warn({ error: messageOf(error) }, 'a session did not end cleanly'));
  }

  /** A session in which nothing has happened: a new one where that costs little, else the old one, cleaned. */
  async #clean(old: Session | undefined, end: (old: Session) => void): Promise<Session> {
    const { workshop, scenario, options } = this;
    // Without a sandbox, what still runs in the old place would be in the way of the new one.
    const reused = old !== undefined && !(old.provider.spare && workshop.isolation === 'bubblewrap');
    if (old !== undefined && !reused) end(old);
    const fresh = reused ? old : await workshop.manager.start(scenario, options.provider);
    try {
      await within(workshop.clock, START_MS, 'the preparation of the session', reused ? fresh.reset() : fresh.prepared(), options.signal);
      const view = fresh.view();
      if (view.state === 'ready') return fresh;
      const stage = view.stages.find((one) => one.state === 'failed');
      throw Object.assign(new LabError('cluster-failed', view.error?.message ?? 'the session could not be prepared', view.error?.next), stage?.output === undefined ? {} : { output: stage.output });
    } catch (error) {
      await this.#end(fresh);
      throw error;
    }
  }

  /** Clicks every block of every page, and solves what has a solution. */
  #reading(route: Route): Task {
    return {
      recorded: true,
      walk: async (walker) => {
        for (const { page, blocks } of route.pages) {
          if (page.foreground !== undefined || page.background !== undefined) await this.#case(page, 'scripts', 'its scripts run', () => walker.open(page));
          else await walker.open(page);
          const early = page.exercise === undefined && isCheckable(page) ? await this.#asked(walker, page) : undefined;
          if (blocks.length > 0) await this.#case(page, 'blocks', blocks.length === 1 ? 'its block runs' : `its ${blocks.length} blocks run`, async () => (await walker.clickAll(page)).findings);
          if (page.exercise !== undefined) await this.#solveAfterBlocks(walker, page, blocks.length > 0);
          else if (isCheckable(page)) await this.#checkAfterBlocks(walker, page, early);
        }
      },
    };
  }

  async #asked(walker: Walker, page: Page): Promise<boolean | undefined> {
    try {
      return (await walker.check(page)).passed;
    } catch {
      // The same check is asked again after the blocks, and tells then what is wrong.
      this.options.signal?.throwIfAborted();
      return undefined;
    }
  }

  async #solveAfterBlocks(walker: Walker, page: Page, hasBlocks: boolean): Promise<void> {
    const { exercise } = page;
    // Without blocks, this is what the proof does.
    if (exercise === undefined) return;
    const solve = async (): Promise<Finding[]> => {
      if ((await walker.check(page)).passed) return [];
      const typed = await walker.typeScript(page, exercise.solution, 'solution');
      const findings = judgeAfter(await walker.check(page), 'its blocks and then its solution');
      return [...typed.findings, ...findings.map((finding) => ({ ...finding, ...printedOf(typed.exchanges) }))];
    };
    if (hasBlocks) await this.#case(page, 'solution', 'passes after its blocks and its solution', solve, 'after-blocks');
    else await solve();
  }

  async #checkAfterBlocks(walker: Walker, page: Page, early: boolean | undefined): Promise<void> {
    await this.#case(page, 'verify', 'its check answers', async () => {
      const report = await walker.check(page);
      const findings: Finding[] = early === true ? [{ severity: 'warning', code: 'check-passes-early', message: 'The check passes before any block of the page has run.', next: 'Ask for something that only the step’s own work brings about.', file: page.verify ?? page.text }] : [];
      if (!report.passed) findings.push({ severity: 'note', code: 'not-solved-by-blocks', message: 'The check does not pass after the page’s blocks, and there is no solution to prove it with.', observed: report.results.filter((result) => !result.passed).map((result) => result.observed).join('\n'), next: 'Write an exercise with a solution into checks.yaml.', file: page.verify ?? page.text });
      return findings;
    });
  }

  /** One walk by solutions alone: each check fails before, passes after, and leaves the others as they were. */
  #proofs(route: Route): Task[] {
    const last = route.pages.map(({ page }) => page.exercise !== undefined).lastIndexOf(true);
    if (last === -1) return [];
    return [
      {
        proof: true,
        walk: async (walker) => {
          for (const { page } of route.pages.slice(0, last + 1)) {
            const { exercise } = page;
            if (exercise === undefined) {
              await walker.pass(page);
              continue;
            }
            await walker.open(page);
            const at = await this.#lineOf(page, 'exercise');
            await this.#case(page, 'before', 'fails before', async () => judgeBefore(await walker.check(page), exercise).map((finding) => ({ ...at, ...finding })));
            const others = await walker.checkOthers(page, exercise);
            await this.#case(page, 'solution', 'passes after its solution alone', async () => {
              const typed = await walker.typeScript(page, exercise.solution, 'solution');
              const findings = judgeAfter(await walker.check(page), 'its solution');
              return [...typed.findings, ...findings.map((finding) => ({ ...finding, ...printedOf(typed.exchanges) }))].map((finding) => ({ ...at, ...finding }));
            }, 'alone');
            if (others.size > 0) await this.#case(page, 'others', 'leaves the other checks as they were', async () => judgeOthers(others, await walker.checkOthers(page, exercise), page.id).map((finding) => ({ ...at, ...finding })));
          }
        },
      },
    ];
  }

  /**
   * A walk by solutions, in which near misses are tried where they belong: after each, the session is brought back to where
   * it was. Where that is not possible, the walk is over, and those that are left get another one.
   */
  #nearMisses(route: Route, misses: Misses): Task {
    return {
      walk: async (walker) => {
        for (const { page } of route.pages) {
          if (misses.left === 0) return;
          if (!misses.has(page)) {
            await walker.pass(page);
            continue;
          }
          await walker.open(page);
          const waypoint = misses.left > 1 ? await Waypoint.take(walker.session, this.workshop.clock) : undefined;
          for (let miss = misses.take(page); miss !== undefined; miss = misses.take(page)) {
            await this.#nearMiss(walker, page, miss);
            if (misses.left === 0 || waypoint === undefined || !(await this.#backAt(waypoint, page))) return;
          }
          await walker.solve(page);
        }
      },
    };
  }

  async #backAt(waypoint: Waypoint, page: Page): Promise<boolean> {
    const differs = await waypoint.rewind();
    if (differs.length > 0) this.workshop.log.debug({ scenario: this.scenario.id, page: page.id, differs }, 'a near miss can’t be taken back: the next one gets a new session');
    return differs.length === 0;
  }

  async #nearMiss(walker: Walker, page: Page, { miss, number }: Miss): Promise<void> {
    const at = await this.#lineOf(page, miss.title);
    await this.#case(page, 'near-miss', `is not passed when ${miss.title}`, async () => {
      const typed = await walker.typeScript(page, miss.script, 'near-miss');
      const findings = judgeNearMiss(await walker.check(page), miss);
      return [...typed.findings, ...findings.map((finding) => ({ ...finding, ...printedOf(typed.exchanges) }))].map((finding) => ({ ...at, ...finding }));
    }, String(number));
  }

  async #case(page: Page, kind: CaseKind, title: string, work: () => Promise<Finding[]>, suffix?: string): Promise<void> {
    const { clock } = this.workshop;
    const began = clock.now();
    const id = `${page.id}/${kind}${suffix === undefined ? '' : `-${suffix}`}`;
    this.onEvent({ type: 'case-started', scenario: this.scenario.id, page: page.id, case: id, title });
    let findings: Finding[];
    try {
      findings = await work();
    } catch (error) {
      this.options.signal?.throwIfAborted();
      findings = [{ severity: 'error', code: error instanceof LabError && error.code === 'timeout' ? 'too-slow' : 'could-not-run', message: sentence(messageOf(error)), ...(error instanceof LabError && error.next !== undefined ? { next: error.next } : {}), file: page.text }];
    }
    const named = findings.map((finding) => ({ ...finding, file: this.#named(finding.file ?? page.text) }));
    this.#add(page.id, { id, kind, title, state: stateOf(named), ms: clock.now() - began, findings: named });
  }

  #add(page: string, report: CaseReport): void {
    // What was under way when the run was ended says nothing of the scenario.
    if (this.options.signal?.aborted === true) return;
    const pages = this.#pages.get(page) ?? [...this.#pages.values()][0];
    if (pages === undefined) this.#pages.set(page, { page, title: this.scenario.title, file: this.#named('index.json'), cases: [report] });
    else pages.cases.push(report);
    this.onEvent({ type: 'case-ended', scenario: this.scenario.id, page, case: report });
  }

  #broken(error: unknown): CaseReport {
    const output = typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : undefined;
    return {
      id: 'start',
      kind: 'start',
      title: 'a session starts',
      state: 'failed',
      ms: 0,
      findings: [{ severity: 'error', code: 'no-session', message: sentence(messageOf(error)), ...(error instanceof LabError && error.next !== undefined ? { next: error.next } : {}), ...(output === undefined ? {} : { printed: endOf(output) }), file: this.#named('index.json') }],
    };
  }

  #named(file: string): string {
    return relative(this.options.from ?? process.cwd(), join(this.scenario.folder, file));
  }

  /** Where in the page's checks.yaml these words stand. */
  async #lineOf(page: Page, words: string): Promise<{ file: string; line?: number }> {
    const found = await checksFileOf(this.scenario, page);
    if (found === undefined) return { file: page.text };
    const line = found.text.split('\n').findIndex((one) => one.includes(words));
    return { file: found.file, ...(line === -1 ? {} : { line: line + 1 }) };
  }
}

function sentence(text: string): string {
  const begun = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?…”]$/.test(begun) ? begun : `${begun}.`;
}

function printedOf(exchanges: readonly Exchange[]): { printed?: string } {
  const text = exchanges.map((exchange) => `$ ${exchange.command}\n${exchange.output}`.trimEnd()).join('\n');
  return text === '' ? {} : { printed: endOf(text) };
}
