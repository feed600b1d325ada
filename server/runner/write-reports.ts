import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { type CaseReport, type Exchange, type Finding, type PageReport } from './report.ts';
import { countCases, type Outcome, type RunReport } from './outcome.ts';

/** Reports are handed on: to a CI server, to a browser. */
const READABLE = 0o644;

/** A file name for a scenario's id: `argo-workflows/using-the-api` → `argo-workflows.using-the-api`. */
export function fileNameOf(id: string): string {
  return id.replace(/[/\\]+/g, '.').replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '') || 'scenario';
}

/** Writes `junit.xml`, `report.json` and a plain transcript for each scenario into a folder. */
export async function writeReports(folder: string, report: RunReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'junit.xml'), junitXml(report), READABLE);
  await writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`, READABLE);
  for (const outcome of report.scenarios) {
    if (outcome.exchanges.length === 0) continue;
    const file = join(folder, `${fileNameOf(outcome.id)}.txt`);
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, transcriptText(outcome), READABLE);
  }
}

/** What XML 1.0 can't hold is taken out, the rest escaped. */
export function xml(text: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  return clean.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;').replace(/\n/g, '&#10;').replace(/\r/g, '&#13;').replace(/\t/g, '&#9;');
}

/** One test suite a scenario, one test case for each thing that is proven. */
export function junitXml(report: RunReport): string {
  const suites = report.scenarios.map((outcome) => suite(outcome));
  const total = suites.reduce((sum, one) => ({ tests: sum.tests + one.tests, failures: sum.failures + one.failures, skipped: sum.skipped + one.skipped }), { tests: 0, failures: 0, skipped: 0 });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="argo-lab" tests="${total.tests}" failures="${total.failures}" errors="0" skipped="${total.skipped}" time="${seconds(report.ms)}">\n${suites.map((one) => one.text).join('')}</testsuites>\n`;
}

function suite(outcome: Outcome): { text: string; tests: number; failures: number; skipped: number } {
  const cases = outcome.pages.flatMap((page) => page.cases.map((one) => testCase(outcome, page, one)));
  if (outcome.state === 'skipped') cases.push(`    <testcase classname="${xml(outcome.id)}" name="${xml(outcome.title)}" time="0"><skipped message="${xml(outcome.reason ?? '')}"/></testcase>\n`);
  const counts = countCases(outcome);
  const skipped = counts.skipped + (outcome.state === 'skipped' ? 1 : 0);
  const text = `  <testsuite name="${xml(outcome.id)}" tests="${cases.length}" failures="${counts.failed}" errors="0" skipped="${skipped}" time="${seconds(outcome.ms)}">\n    <properties><property name="cluster" value="${xml(outcome.provider)}"/><property name="runs" value="${outcome.rounds}"/></properties>\n${cases.join('')}  </testsuite>\n`;
  return { text, tests: cases.length, failures: counts.failed, skipped };
}

function testCase(outcome: Outcome, page: PageReport, one: CaseReport): string {
  const head = `    <testcase classname="${xml(`${outcome.id}.${page.page}`)}" name="${xml(`${page.title}: ${one.title}`)}" file="${xml(page.file)}" time="${seconds(one.ms)}"`;
  if (one.state === 'skipped') return `${head}><skipped message="${xml(one.reason ?? '')}"/></testcase>\n`;
  const errors = one.findings.filter((finding) => finding.severity === 'error');
  if (one.state === 'passed') return `${head}/>\n`;
  return `${head}>\n${errors.map((finding) => `      <failure type="${xml(finding.code)}" message="${xml(finding.message)}">${xml(findingText(finding))}</failure>\n`).join('')}    </testcase>\n`;
}

/** Everything that a finding says, a line each. */
export function findingText(finding: Finding): string {
  const place = finding.file === undefined ? undefined : `${finding.file}${finding.line === undefined ? '' : `:${finding.line}`}`;
  const parts: [string, string | undefined][] = [
    ['at', place],
    ['expected', finding.expected],
    ['observed', finding.observed],
    ['why', finding.why],
    ['next', finding.next],
    ['printed', finding.printed],
  ];
  return [finding.message, ...parts.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [`${name}: ${text.replace(/\n/g, '\n  ')}`]))].join('\n');
}

/** What somebody would have seen, page by page. */
export function transcriptText(outcome: Outcome): string {
  const lines = [`# ${outcome.title} (${outcome.id})`];
  let at = '';
  for (const exchange of outcome.exchanges) {
    const page = outcome.pages.find((one) => one.page === exchange.page);
    const heading = `${page?.title ?? exchange.page}${exchange.part === 'solution' ? ' — solution' : ''}`;
    if (heading !== at) lines.push('', `## ${heading}`, '');
    at = heading;
    lines.push(...exchangeLines(exchange));
  }
  return `${lines.join('\n')}\n`;
}

const MOST_LINES = 400;

function bounded(output: string): string {
  const lines = output.split('\n');
  return lines.length <= MOST_LINES ? output : [...lines.slice(0, MOST_LINES / 2), `[${lines.length - MOST_LINES} lines left out]`, ...lines.slice(-MOST_LINES / 2)].join('\n');
}

function exchangeLines(exchange: Exchange): string[] {
  const prompt = exchange.terminal === 1 ? '$' : `T${exchange.terminal}$`;
  const command = exchange.command.split('\n').map((line, index) => `${index === 0 ? prompt : '>'} ${line}`);
  const output = bounded(exchange.output.replace(/\s+$/, ''));
  const end = exchange.ended === 'itself' ? (exchange.exitCode === undefined || exchange.exitCode === 0 ? [] : [`[exit code ${exchange.exitCode}]`]) : [`[${exchange.ended}]`];
  return [...command, ...(output === '' ? [] : [output]), ...end];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
