import type { Clock } from '../lib/clock.ts';
import { countCases, type Outcome, type RunReport } from './outcome.ts';
import type { CaseReport, PageReport, RunEvent, ScenarioReport } from './report.ts';
import { findingText } from './write-reports.ts';

/** Shows a run to a person. */
export interface Reporter {
  event(event: RunEvent): void;
  done(report: RunReport): void;
}

export interface Output {
  write(text: string): void;
  columns?: number | undefined;
  rows?: number | undefined;
}

export interface Style {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

const plain = (text: string) => text;
export const noStyle: Style = { good: plain, bad: plain, warn: plain, dim: plain, bold: plain };
const wrap = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
export const colors: Style = { good: wrap(32), bad: wrap(31), warn: wrap(33), dim: wrap(2), bold: wrap(1) };

export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function sign(state: CaseReport['state'], style: Style): string {
  return state === 'passed' ? style.good('✓') : state === 'failed' ? style.bad('✗') : style.dim('-');
}

/** One line for each thing that is proven: for logs. */
export class LineReporter implements Reporter {
  constructor(
    private readonly out: Output,
    private readonly style: Style,
  ) {}

  event(event: RunEvent): void {
    if (event.type === 'case-ended') this.out.write(`${sign(event.case.state, this.style)} ${event.scenario} ${event.page}: ${event.case.title} ${this.style.dim(`(${duration(event.case.ms)})`)}\n`);
    else if (event.type === 'scenario-ended') this.out.write(`${headline(event.report, this.style)}\n`);
  }

  done(report: RunReport): void {
    this.out.write(summary(report, this.style));
  }
}

const DRAW_MS = 100;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

interface Growing {
  title: string;
  round: number;
  began: number;
  pages: Map<string, { cases: CaseReport[]; running: Map<string, string> }>;
}

/** A tree that grows while scenarios run, for a person at a terminal; what is finished stays above it. */
export class TreeReporter implements Reporter {
  readonly #running = new Map<string, Growing>();
  #drawn = 0;
  #frame = 0;
  readonly #stop: () => void;

  constructor(
    private readonly out: Output,
    private readonly style: Style,
    private readonly clock: Clock,
  ) {
    this.#stop = clock.every(DRAW_MS, () => this.#draw());
  }

  event(event: RunEvent): void {
    switch (event.type) {
      case 'scenario-started':
        this.#running.set(event.scenario, { title: event.title, round: event.round, began: this.clock.now(), pages: new Map() });
        break;
      case 'case-started':
        this.#page(event.scenario, event.page)?.running.set(event.case, event.title);
        break;
      case 'case-ended': {
        const page = this.#page(event.scenario, event.page);
        page?.running.delete(event.case.id);
        page?.cases.push(event.case);
        break;
      }
      case 'scenario-ended':
        this.#running.delete(event.report.id);
        this.#erase();
        this.out.write(`${scenarioTree(event.report, this.style)}\n`);
        this.#draw();
        break;
      case 'exchange':
        break;
    }
  }

  done(report: RunReport): void {
    this.#stop();
    this.#erase();
    this.out.write(summary(report, this.style));
  }

  #page(scenario: string, page: string): { cases: CaseReport[]; running: Map<string, string> } | undefined {
    const pages = this.#running.get(scenario)?.pages;
    if (pages === undefined) return undefined;
    const known = pages.get(page) ?? { cases: [], running: new Map<string, string>() };
    pages.set(page, known);
    return known;
  }

  #draw(): void {
    this.#frame += 1;
    const spinner = SPINNER[this.#frame % SPINNER.length] ?? '…';
    const lines: string[] = [];
    for (const [id, growing] of this.#running) {
      lines.push(`${this.style.warn(spinner)} ${this.style.bold(id)} ${this.style.dim(`${growing.round > 1 ? `run ${growing.round}, ` : ''}${duration(this.clock.now() - growing.began)}`)}`);
      for (const [page, { cases, running }] of growing.pages) {
        const failed = cases.filter((one) => one.state === 'failed').length;
        lines.push(`  ${failed > 0 ? this.style.bad('✗') : running.size > 0 ? this.style.warn(spinner) : this.style.good('✓')} ${page} ${this.style.dim(`${cases.length - failed} proven${failed === 0 ? '' : `, ${failed} failed`}`)}`);
        for (const title of running.values()) lines.push(`      ${this.style.dim(`${title} …`)}`);
      }
    }
    const most = Math.max(4, (this.out.rows ?? 24) - 2);
    const shown = lines.length <= most ? lines : lines.slice(-most);
    this.#erase();
    if (shown.length === 0) return;
    const width = Math.max(20, (this.out.columns ?? 80) - 1);
    this.out.write(`${shown.map((line) => fit(line, width)).join('\n')}\n`);
    this.#drawn = shown.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.out.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }
}

/** Cut to a width, sequences of colour not counted. */
function fit(line: string, width: number): string {
  let shown = 0;
  let out = '';
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith('\u001b')) out += part;
    else {
      out += part.slice(0, Math.max(0, width - shown));
      shown += part.length;
    }
  }
  return out;
}

function headline(report: ScenarioReport | Outcome, style: Style): string {
  const counts = countCases(report);
  const mark = report.state === 'passed' ? style.good('✓') : report.state === 'skipped' || report.state === 'interrupted' ? style.warn('-') : style.bad('✗');
  const what = report.state === 'skipped' ? `skipped: ${report.reason ?? ''}` : report.state === 'broken' ? 'broken' : report.state === 'interrupted' ? 'interrupted' : `${counts.passed} proven${counts.failed === 0 ? '' : `, ${counts.failed} failed`}`;
  const round = 'round' in report && report.round > 1 ? `run ${report.round}, ` : '';
  return `${mark} ${style.bold(report.id)} ${style.dim(`${round}${what}${report.ms === 0 ? '' : `, ${duration(report.ms)}`}`)}`;
}

/** A finished scenario: its pages, and of each what failed; all of it where the scenario failed. */
export function scenarioTree(report: ScenarioReport, style: Style): string {
  const lines = [headline(report, style)];
  if (report.state === 'skipped') return lines.join('\n');
  for (const page of report.pages) {
    if (page.cases.length === 0) continue;
    const failed = page.cases.filter((one) => one.state === 'failed');
    lines.push(`  ${sign(failed.length === 0 ? 'passed' : 'failed', style)} ${page.title} ${style.dim(`${page.cases.length - failed.length} of ${page.cases.length}`)}`);
    if (failed.length > 0) for (const one of page.cases) lines.push(`    ${sign(one.state, style)} ${one.title} ${style.dim(duration(one.ms))}`);
  }
  return lines.join('\n');
}

/** What failed, with everything that is known about it; then the numbers. */
export function summary(report: RunReport, style: Style): string {
  const lines: string[] = [''];
  for (const outcome of report.scenarios) for (const page of outcome.pages) for (const one of page.cases) lines.push(...caseLines(outcome, page, one, style));
  const states = report.scenarios.map((outcome) => outcome.state);
  const count = (state: Outcome['state']) => states.filter((one) => one === state).length;
  const cases = report.scenarios.reduce((sum, outcome) => sum + countCases(outcome).passed, 0);
  const failedCases = report.scenarios.reduce((sum, outcome) => sum + countCases(outcome).failed, 0);
  for (const outcome of report.scenarios) if (outcome.state === 'skipped') lines.push(`${style.warn('skipped')} ${outcome.id}: ${outcome.reason ?? ''}`);
  const numbers = [`${count('passed')} passed`, ...(count('failed') === 0 ? [] : [style.bad(`${count('failed')} failed`)]), ...(count('broken') === 0 ? [] : [style.bad(`${count('broken')} broken`)]), ...(count('skipped') === 0 ? [] : [`${count('skipped')} skipped`]), ...(count('interrupted') === 0 ? [] : [`${count('interrupted')} interrupted`])];
  lines.push(`Scenarios: ${numbers.join(', ')}`, `Proofs:    ${cases} held${failedCases === 0 ? '' : `, ${style.bad(`${failedCases} failed`)}`}`, `Cluster:   ${report.provider}${report.repeat > 1 ? `, ${report.repeat} runs each` : ''}${report.shard === undefined ? '' : `, part ${report.shard}`}, ${duration(report.ms)}`);
  if (report.left !== undefined) lines.push(style.warn(`Stopped at the first scenario that failed: ${report.left.length === 1 ? 'one has' : `${report.left.length} have`} not run.`));
  if (report.state === 'interrupted') lines.push(style.warn('The run was interrupted: what is not listed has not run.'));
  return `${lines.join('\n')}\n`;
}

function caseLines(outcome: Outcome, page: PageReport, one: CaseReport, style: Style): string[] {
  const told = one.findings.filter((finding) => finding.severity !== 'note');
  return told.flatMap((finding) => {
    const [head = '', ...rest] = findingText(finding).split('\n');
    const mark = finding.severity === 'error' ? style.bad('✗') : style.warn('!');
    return [`${mark} ${style.bold(`${outcome.id} › ${page.title} › ${one.title}`)}`, `  ${head}`, ...rest.map((line) => `  ${style.dim(line)}`), ''];
  });
}
