import { join, relative } from 'node:path';
import type { Scenario } from '../scenario/model.ts';
import { mask, sameAnswer } from './mask.ts';
import type { CaseReport, Exchange, Finding, ScenarioReport } from './report.ts';
import { stateOf } from './report.ts';
import { readTranscript, TRANSCRIPT, type TranscriptLine } from './transcript.ts';

/** The report with one more case a page: whether its solution answered as in the recorded transcript. */
export async function compareTranscript(report: ScenarioReport, scenario: Scenario, from: string, onCase: (page: string, compared: CaseReport) => void): Promise<ScenarioReport> {
  const recorded = await readTranscript(scenario);
  if (recorded === undefined || (recorded.lines.length === 0 && recorded.problem === undefined)) return nothingRecorded(report, onCase);
  const file = relative(from, join(scenario.folder, TRANSCRIPT));
  const pages = report.pages.map((page, index) => {
    const lines = recorded.lines.map((line, at) => ({ ...line, at: at + 1 })).filter((line) => line.page === page.page);
    const broken: Finding[] = recorded.problem === undefined || index > 0 ? [] : [{ severity: 'error', code: 'transcript-broken', message: `Line ${recorded.problem.line} ${recorded.problem.message}.`, file, line: recorded.problem.line }];
    if (lines.length === 0 && broken.length === 0) return page;
    const findings = [...broken, ...differences(lines, report.solutions.filter((exchange) => exchange.page === page.page)).map((finding) => ({ ...finding, file }))];
    const compared: CaseReport = { id: `${page.page}/transcript`, kind: 'transcript', title: 'answers as recorded', state: stateOf(findings), ms: 0, findings };
    onCase(page.page, compared);
    return { ...page, cases: [...page.cases, compared] };
  });
  const failed = pages.some((page) => page.cases.some((one) => one.state === 'failed'));
  return { ...report, pages, state: report.state === 'passed' && failed ? 'failed' : report.state };
}

/** Says on the first page that has a solution that there is nothing to compare it with. */
function nothingRecorded(report: ScenarioReport, onCase: (page: string, compared: CaseReport) => void): ScenarioReport {
  const first = report.solutions[0]?.page;
  const pages = report.pages.map((page) => {
    if (page.page !== first) return page;
    const findings: Finding[] = [{ severity: 'warning', code: 'transcript-missing', message: `There is no ${TRANSCRIPT} to compare with.`, next: 'Record one: argo-lab record SCENARIO' }];
    const compared: CaseReport = { id: `${page.page}/transcript`, kind: 'transcript', title: 'has nothing recorded to compare with', state: stateOf(findings), ms: 0, findings };
    onCase(page.page, compared);
    return { ...page, cases: [...page.cases, compared] };
  });
  return { ...report, pages };
}

/** Pure: the recorded commands against those of this run, in their order. A paste of several commands was recorded as one. */
export function differences(recorded: readonly (TranscriptLine & { at: number })[], run: readonly Exchange[]): Finding[] {
  const findings: Finding[] = [];
  const waiting = [...run];
  for (const line of recorded) {
    const named = `“${line.command.split('\n')[0] ?? ''}”`;
    const same: Exchange[] = [];
    const wanted = essence(line.command);
    while (waiting[0] !== undefined && essence(same.map((one) => one.command).join('\n')) !== wanted && wanted.startsWith(essence([...same, waiting[0]].map((one) => one.command).join('\n')))) same.push(...waiting.splice(0, 1));
    const last = same.at(-1);
    if (last === undefined || essence(same.map((one) => one.command).join('\n')) !== wanted) {
      const instead = waiting[0]?.command;
      findings.push({ severity: 'error', code: 'transcript-command', message: instead === undefined ? `${named} was recorded, but the solution no longer runs it.` : 'The solution runs another command than was recorded.', expected: line.command, observed: instead ?? '(nothing)', next: 'Record the scenario again.', line: line.at });
      return findings;
    }
    if (line.exitCode !== undefined && last.exitCode !== line.exitCode) findings.push({ severity: 'error', code: 'transcript-exit-code', message: `${named} ended with another exit code than was recorded.`, expected: `exit code ${line.exitCode}`, observed: last.exitCode === undefined ? last.ended : `exit code ${last.exitCode}`, line: line.at });
    const answered = same.map((one) => one.output.replace(/\s+$/, '')).filter((output) => output !== '').join('\n');
    if (!sameAnswer(line.output, answered)) findings.push({ severity: 'error', code: 'transcript-differs', message: `${named} answers differently than was recorded.`, expected: mask(line.output), observed: mask(answered), next: 'If the new answer is right, record the scenario again.', line: line.at });
  }
  return findings;
}

/** A command without what makes no difference: comments, empty lines, blanks at the ends of lines. */
function essence(command: string): string {
  return command
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n');
}
