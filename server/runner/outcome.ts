import { type CaseReport, type Finding, type PageReport, type ScenarioReport, type ScenarioState, stateOf } from './report.ts';

/** A scenario over all its rounds. */
export interface Outcome {
  id: string;
  title: string;
  folder: string;
  state: ScenarioState;
  /** Why it was skipped. */
  reason?: string;
  provider: string;
  rounds: number;
  /** Milliseconds of all rounds together. */
  ms: number;
  pages: PageReport[];
  /** What was typed and answered in the first round. */
  exchanges: ScenarioReport['exchanges'];
}

/** What a whole run found. */
export interface RunReport {
  version: 1;
  state: 'passed' | 'failed' | 'interrupted';
  provider: string;
  repeat: number;
  ms: number;
  /** `1/3`: one of three parts. */
  shard?: string;
  scenarios: Outcome[];
  /** Ids of those that have not run to their end because another one had failed (`--bail`); absent when there are none. */
  left?: string[];
}

/** Several rounds as one: a case that fails in any of them has failed, and one that fails in some of them is a flake. */
export function combine(rounds: readonly ScenarioReport[]): Outcome {
  const [first] = rounds;
  if (first === undefined) throw new Error('a scenario without a round');
  const pages = first.pages.map((page) => ({ ...page, cases: casesOf(rounds, page.page).map((runs) => mergeCase(runs, rounds.length)) }));
  const interrupted = rounds.some((round) => round.state === 'interrupted');
  const failed = pages.some((page) => page.cases.some((one) => one.state === 'failed'));
  return {
    id: first.id,
    title: first.title,
    folder: first.folder,
    state: first.state === 'skipped' || first.state === 'broken' ? first.state : interrupted ? 'interrupted' : failed ? 'failed' : 'passed',
    ...(first.reason === undefined ? {} : { reason: first.reason }),
    provider: first.provider,
    rounds: rounds.length,
    ms: rounds.reduce((sum, round) => sum + round.ms, 0),
    pages,
    exchanges: first.exchanges,
  };
}

/** The same case of every round that had it, case after case. */
function casesOf(rounds: readonly ScenarioReport[], page: string): { report: CaseReport; round: number }[][] {
  const byId = new Map<string, { report: CaseReport; round: number }[]>();
  for (const round of rounds) {
    for (const report of round.pages.find((one) => one.page === page)?.cases ?? []) byId.set(report.id, [...(byId.get(report.id) ?? []), { report, round: round.round }]);
  }
  return [...byId.values()];
}

function mergeCase(runs: readonly { report: CaseReport; round: number }[], rounds: number): CaseReport {
  const failing = runs.filter((run) => run.report.state === 'failed');
  const shown = failing[0] ?? runs[0];
  if (shown === undefined) throw new Error('a case without a run');
  const ms = Math.round(runs.reduce((sum, run) => sum + run.report.ms, 0) / runs.length);
  if (failing.length === 0 || failing.length === rounds) return { ...shown.report, ms };
  const which = failing.map((run) => run.round).join(', ');
  const flake: Finding = { severity: 'error', code: 'flaky', message: `It is flaky: it failed in ${failing.length} of ${rounds} runs (run ${which}).`, why: 'What depends on luck or time fails for some learners, too.', next: 'Wait for what the next command needs (kubectl wait, until …), instead of hoping that it is there already.', ...(shown.report.findings[0]?.file === undefined ? {} : { file: shown.report.findings[0].file }) };
  const findings = [flake, ...shown.report.findings];
  return { ...shown.report, ms, findings, state: stateOf(findings) };
}

export function stateOfRun(scenarios: readonly Outcome[], interrupted: boolean): RunReport['state'] {
  if (interrupted) return 'interrupted';
  return scenarios.some((one) => one.state === 'failed' || one.state === 'broken') ? 'failed' : 'passed';
}

export function countCases(outcome: Pick<Outcome, 'pages'>): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const page of outcome.pages) for (const one of page.cases) counts[one.state] += 1;
  return counts;
}
