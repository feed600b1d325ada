import { join, relative } from 'node:path';
import type { Scenario } from '../scenario/model.ts';
import { mask, sameAnswer } from './mask.ts';
import type { CaseReport, Exchange, Finding, ScenarioReport } from './report.ts';
import { stateOf } from './report.ts';
import { readTranscript, TRANSCRIPT, type TranscriptLine } from './transcript.ts';

/** The report with one more case a page: whether its solution answered as in the recorded transcript. */
export async function compareTranscript(report: ScenarioReport, scenario: Scenario, from: string): Promise<ScenarioReport> {
  const recorded = await readTranscript(scenario);
  if (recorded === undefined) return report;
  const file = relative(from, join(scenario.folder, TRANSCRIPT));
  const pages = report.pages.map((page, index) => {
    const lines = recorded.lines.map((line, at) => ({ ...line, at: at + 1 })).filter((line) => line.page === page.page);
    const broken: Finding[] = recorded.problem === undefined || index > 0 ? [] : [{ severity: 'error', code: 'transcript-broken', message: `Line ${recorded.problem.line} ${recorded.problem.message}.`, file, line: recorded.problem.line }];
    if (lines.length === 0 && broken.length === 0) return page;
    const findings = [...broken, ...differences(lines, report.solutions.filter((exchange) => exchange.page === page.page)).map((finding) => ({ ...finding, file }))];
    const compared: CaseReport = { id: `${page.page}/transcript`, kind: 'transcript', title: 'answers as recorded', state: stateOf(findings), ms: 0, findings };
    return { ...page, cases: [...page.cases, compared] };
  });
  const failed = pages.some((page) => page.cases.some((one) => one.state === 'failed'));
  return { ...report, pages, state: report.state === 'passed' && failed ? 'failed' : report.state };
}

/** Pure: the recorded commands against those of this run, in their order. */
export function differences(recorded: readonly (TranscriptLine & { at: number })[], run: readonly Exchange[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, line] of recorded.entries()) {
    const exchange = run[index];
    const named = `“${line.command.split('\n')[0] ?? ''}”`;
    if (exchange === undefined || exchange.command !== line.command) {
      findings.push({ severity: 'error', code: 'transcript-command', message: exchange === undefined ? `${named} was recorded, but the solution no longer runs it.` : 'The solution runs another command than was recorded.', expected: line.command, observed: exchange?.command ?? '(nothing)', next: 'Record the scenario again.', line: line.at });
      return findings;
    }
    if (line.exitCode !== undefined && exchange.exitCode !== line.exitCode) findings.push({ severity: 'error', code: 'transcript-exit-code', message: `${named} ended with another exit code than was recorded.`, expected: `exit code ${line.exitCode}`, observed: exchange.exitCode === undefined ? exchange.ended : `exit code ${exchange.exitCode}`, line: line.at });
    if (!sameAnswer(line.output, exchange.output)) findings.push({ severity: 'error', code: 'transcript-differs', message: `${named} answers differently than was recorded.`, expected: mask(line.output), observed: mask(exchange.output), next: 'If the new answer is right, record the scenario again.', line: line.at });
  }
  return findings;
}
