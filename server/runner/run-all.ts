import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import type { Need } from '../scenario/model.ts';
import { Slots } from './limits.ts';
import { combine, type Outcome, type RunReport, stateOfRun } from './outcome.ts';
import { CastRecorder } from './recording.ts';
import type { Finding, RunEvent, ScenarioReport } from './report.ts';
import { runScenario } from './run-scenario.ts';
import { type Selected, fileOf, unmetNeed } from './select.ts';
import type { Workshop } from './workshop.ts';
import { fileNameOf } from './write-reports.ts';

export interface RunAllOptions {
  provider?: string;
  /** Milliseconds that one command, script or check may take. */
  limitMs: number;
  /** Sessions that may run at once. */
  jobs: number;
  /** How often each scenario runs. */
  repeat: number;
  /** Stops at the first scenario that fails. */
  bail: boolean;
  /** Holds what the solutions answer against `transcript.jsonl`, where there is one. */
  compare: boolean;
  /** Where recordings go. */
  out?: string;
  /** The folders of the run; findings name files relative to `from`. */
  folders: readonly string[];
  from: string;
  shard?: string;
  /** What this machine gives of the things that not every machine has. `all`: run scenarios whatever they need. */
  has: ((need: Need) => boolean) | 'all';
  signal: AbortSignal;
}

export const COLUMNS = 120;
export const ROWS = 30;

/** Runs scenarios, several at once where that is wanted. Never throws for what they do. */
export async function runAll(workshop: Workshop, selected: readonly Selected[], options: RunAllOptions, onEvent: (event: RunEvent) => void): Promise<RunReport> {
  const began = workshop.clock.now();
  const slots = new Slots(options.jobs);
  const outcomes = new Map<string, Outcome>();
  const waiting = [...selected];
  if (options.out !== undefined) await mkdir(options.out, { recursive: true });
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const rounds = await runRounds(workshop, next, { ...options, signal }, slots, onEvent);
      const outcome = combine(rounds);
      // What was stopped because another one failed has not run.
      if (outcome.state === 'interrupted' && !options.signal.aborted) continue;
      outcomes.set(next.id, outcome);
      if (options.bail && (outcome.state === 'failed' || outcome.state === 'broken')) stop.abort(new Error('a scenario failed'));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, selected.length) }, worker));
  const scenarios = selected.flatMap((one) => outcomes.get(one.id) ?? []);
  const left = stop.signal.aborted ? selected.flatMap((one) => (outcomes.has(one.id) ? [] : [one.id])) : [];
  return {
    version: 1,
    state: stateOfRun(scenarios, options.signal.aborted),
    provider: options.provider ?? workshop.providers.default.name,
    repeat: options.repeat,
    ms: workshop.clock.now() - began,
    ...(options.shard === undefined ? {} : { shard: options.shard }),
    scenarios,
    ...(left.length === 0 ? {} : { left }),
  };
}

async function runRounds(workshop: Workshop, one: Selected, options: RunAllOptions, slots: Slots, onEvent: (event: RunEvent) => void): Promise<ScenarioReport[]> {
  const tell = (report: ScenarioReport): ScenarioReport[] => {
    onEvent({ type: 'scenario-ended', report });
    return [report];
  };
  const plain = { id: one.id, provider: options.provider ?? workshop.providers.default.name, ms: 0, pages: [], exchanges: [], solutions: [], round: 1 };
  if (one.type === 'broken') {
    const findings = one.problems.map((problem): Finding => ({ severity: problem.severity, code: problem.code, message: `${problem.field === undefined ? '' : `${problem.field} `}${problem.message}`, file: relative(options.from, fileOf(problem, options.folders)), ...(problem.line === undefined ? {} : { line: problem.line }) }));
    return tell({ ...plain, title: one.title, folder: '', state: 'broken', pages: [{ page: 'load', title: one.title, file: findings[0]?.file ?? one.id, cases: [{ id: 'load', kind: 'load', title: 'its files can be read', state: 'failed', ms: 0, findings }] }] });
  }
  const { scenario } = one;
  const reason = options.has === 'all' ? undefined : (unmetNeed(scenario, options.has) ?? (await refusal(workshop, one, options)));
  if (reason !== undefined) return tell({ ...plain, title: scenario.title, folder: scenario.folder, state: 'skipped', reason });
  const rounds: ScenarioReport[] = [];
  for (let round = 1; round <= options.repeat && !options.signal.aborted; round++) {
    const recorder = options.out === undefined || round > 1 ? undefined : new CastRecorder(join(options.out, fileNameOf(scenario.id)), { title: scenario.title, columns: COLUMNS, rows: ROWS, clock: workshop.clock });
    const report = await runScenario(
      workshop,
      scenario,
      { limitMs: options.limitMs, slots, sessions: options.jobs, round, from: options.from, compare: options.compare, signal: options.signal, ...(options.provider === undefined ? {} : { provider: options.provider }), ...(recorder === undefined ? {} : { recorder }) },
      onEvent,
    );
    await recorder?.close().catch((error: unknown) => workshop.log.warn({ error: messageOf(error) }, 'a recording could not be written'));
    // Only the first run's words are kept: twenty runs of a long scenario would add up.
    rounds.push(round === 1 ? report : { ...report, exchanges: [], solutions: [] });
  }
  return rounds;
}

async function refusal(workshop: Workshop, one: Extract<Selected, { type: 'scenario' }>, options: RunAllOptions): Promise<string | undefined> {
  const provider = options.provider === undefined ? workshop.providers.default : workshop.providers.get(options.provider);
  return (await provider?.refuses?.(one.scenario))?.reason;
}
