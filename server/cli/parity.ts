import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { keepingAlive } from '../lib/keep-alive.ts';
import { messageOf } from '../lib/errors.ts';
import { compareSides, type ParityReport, type ParitySide } from '../runner/parity.ts';
import { parityMarkdown, parityText } from '../runner/parity-print.ts';
import { sideOfRecording, sideOfReport, withoutNearMisses, withoutUnrecorded } from '../runner/parity-sides.ts';
import type { ScenarioReport } from '../runner/report.ts';
import { runScenario } from '../runner/run-scenario.ts';
import { flatten } from '../runner/select.ts';
import type { Workshop } from '../runner/workshop.ts';
import { indexIn } from '../scenario/index-name.ts';
import type { Scenario } from '../scenario/model.ts';
import type { CommandParts } from './command.ts';
import { complain, notHere, WRONG_USE } from './complain.ts';
import { type Flags, integer } from './flags.ts';
import { inWorkshop } from './in-workshop.ts';
import { whenStopped } from './stop-signal.ts';

export interface ParityFlags extends Flags {
  left: string;
  right: string;
  nearMisses?: boolean;
  timeout: string;
  json?: boolean;
  markdown?: boolean;
}

const RECORDING = /^(?:transcript|recording):(.+)$/;
const PROVIDERS = ['embedded', 'kind', 'existing'];

/** `argo-lab parity`: 0 when both sides show the same, 1 when they differ or one could not run, 2 for wrong use. */
export async function parity(named: string, flags: ParityFlags, parts: CommandParts): Promise<number> {
  const problem = wrongUse(named, flags);
  if (problem !== undefined) return complain(problem, WRONG_USE);
  let timeout: number;
  try {
    timeout = integer('--timeout', flags.timeout, 1, 3600);
  } catch (error) {
    return complain(messageOf(error), WRONG_USE);
  }
  const signal = whenStopped();
  return keepingAlive(inWorkshop('parity', parts, { ...flags, cluster: flags.left, maxSessions: '100' }, [resolve(named)], (workshop) => run(workshop, named, flags, timeout * 1000, signal)));
}

function wrongUse(named: string, { left, right, kubeconfig }: ParityFlags): string | undefined {
  if (indexIn(named) === undefined) return `${named} is no folder with a scenario (index.json)`;
  if (!PROVIDERS.includes(left)) return `--left takes ${PROVIDERS.join(', ')}, not ${left}`;
  const file = RECORDING.exec(right)?.[1];
  if (file === undefined && !PROVIDERS.includes(right)) return `--right takes ${PROVIDERS.join(', ')} or transcript:FILE, not ${right}`;
  if (file !== undefined && !existsSync(file)) return `there is no recording ${file}`;
  if ([left, right].includes('existing') && kubeconfig === undefined) return 'existing needs a kubeconfig: --kubeconfig FILE';
  return undefined;
}

async function run(workshop: Workshop, named: string, flags: ParityFlags, limitMs: number, signal: AbortSignal): Promise<number> {
  const [chosen] = flatten(await workshop.content.courses());
  if (chosen?.type !== 'scenario') return complain(chosen === undefined ? `${named} holds no scenario` : `${named} can't be loaded: ${chosen.problems[0]?.message ?? ''}`, 1);
  const scenario = flags.nearMisses === true ? chosen.scenario : withoutNearMisses(chosen.scenario);
  const recording = RECORDING.exec(flags.right)?.[1];
  // Minutes of one side would be lost on a machine that can't have the other.
  for (const provider of recording === undefined ? [flags.left, flags.right] : [flags.left]) if (!(await isThere(workshop, provider))) return 1;
  const left = await sideOf(workshop, scenario, flags.left, limitMs, signal);
  if (left === undefined) return 1;
  const notes: string[] = [];
  const namespace = scenario.namespace ?? 'default';
  let sides: [ParitySide, ParitySide];
  if (recording === undefined) {
    const right = await sideOf(workshop, scenario, flags.right, limitMs, signal);
    if (right === undefined) return 1;
    sides = flags.left === flags.right ? [{ ...left, name: `${flags.left} (1)` }, { ...right, name: `${flags.right} (2)` }] : [left, right];
  } else {
    const { side, unused } = await sideOfRecording(resolve(recording), left, namespace);
    const { side: held, unrecorded } = withoutUnrecorded(left, side);
    sides = [held, side];
    notes.push(`${unrecorded} commands of the scenario are not in the recording, ${unused} of the recording are not in the scenario.`);
  }
  const report = compareSides(sides[0], sides[1], { scenario: scenario.id, namespace });
  print(report, flags, notes);
  return report.equal ? 0 : 1;
}

async function isThere(workshop: Workshop, provider: string): Promise<boolean> {
  const chosen = workshop.providers.get(provider);
  const problem = chosen === undefined ? { reason: 'this lab has none of that name', next: undefined } : await chosen.problem?.();
  if (problem !== undefined) complain(notHere(chosen?.title ?? provider, problem), 1);
  return problem === undefined;
}

async function sideOf(workshop: Workshop, scenario: Scenario, provider: string, limitMs: number, signal: AbortSignal): Promise<ParitySide | undefined> {
  process.stderr.write(`running ${scenario.id} on ${provider} …\n`);
  const report: ScenarioReport = await runScenario(workshop, scenario, { provider, limitMs, signal });
  const start = report.pages.flatMap((page) => page.cases).find((one) => one.kind === 'start' && one.state === 'failed');
  if (report.state === 'interrupted') {
    complain('it was stopped', 1);
    return undefined;
  }
  if (start !== undefined) {
    const [finding] = start.findings;
    complain(`no session on ${provider}: ${finding?.message ?? ''}${finding?.next === undefined ? '' : `\n${finding.next}`}`, 1);
    return undefined;
  }
  return sideOfReport(provider, report);
}

function print(report: ParityReport, flags: ParityFlags, notes: readonly string[]): void {
  if (flags.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(`${flags.markdown === true ? parityMarkdown(report) : parityText(report)}${notes.map((note) => `\n${note}\n`).join('')}`);
}
