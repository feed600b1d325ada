/** What a run of scenarios found, as data: everything that is printed or written to files is made from this. */

export type Severity = 'error' | 'warning' | 'note';

/** Something that a run found. `error` fails its case; the others are told. */
export interface Finding {
  severity: Severity;
  /** `block-failed`, `check-passes-early`, …: stable, for programs. */
  code: string;
  /** One sentence. */
  message: string;
  expected?: string;
  observed?: string;
  why?: string;
  next?: string;
  /** What the terminal showed. */
  printed?: string;
  /** The author's file, relative to the folder in which the run was started, and the line in it. */
  file?: string;
  line?: number;
}

/** One command that was typed, and what it answered. */
export interface Exchange {
  /** `step2` */
  page: string;
  /** What it was typed for. */
  part: 'foreground' | 'block' | 'solution' | 'near-miss';
  /** 1 for the first terminal. */
  terminal: number;
  command: string;
  /** Absent when the command did not end. */
  exitCode?: number;
  /** As it looked: escape sequences taken out, lines that were drawn over replaced. At most 64 KiB. */
  output: string;
  ms: number;
  /** `running`: left alone. `interrupted`: by Ctrl-C. `quit`: by the keys that end such a program. `killed`: with its terminal. */
  ended: 'itself' | 'running' | 'interrupted' | 'quit' | 'killed' | 'shell-ended';
}

export type CaseKind = 'load' | 'start' | 'scripts' | 'blocks' | 'before' | 'solution' | 'others' | 'near-miss' | 'verify' | 'transcript';
export type CaseState = 'passed' | 'failed' | 'skipped';

/** One thing that is proven about a page. */
export interface CaseReport {
  /** Unique in its scenario: `step2/near-miss-1`. */
  id: string;
  kind: CaseKind;
  /** `the check fails before anything was done` */
  title: string;
  state: CaseState;
  /** Why it was skipped. */
  reason?: string;
  ms: number;
  findings: Finding[];
}

export interface PageReport {
  /** `intro`, `step1`…, `finish` */
  page: string;
  title: string;
  file: string;
  cases: CaseReport[];
}

/** `broken`: could not be loaded. `skipped`: this machine can't run it, `reason` says why. `interrupted`: somebody stopped the run. */
export type ScenarioState = 'passed' | 'failed' | 'skipped' | 'broken' | 'interrupted';

export interface ScenarioReport {
  id: string;
  title: string;
  /** Absolute path. */
  folder: string;
  /** `embedded`, `kind`, … */
  provider: string;
  state: ScenarioState;
  reason?: string;
  ms: number;
  pages: PageReport[];
  /** In the order of the pages: what a reader typed who clicked everything, then the solutions. */
  exchanges: Exchange[];
  /** The solutions alone, as the proof walk typed them. */
  solutions: Exchange[];
  /** 1 for the first of several runs. */
  round: number;
}

/** What is told while a scenario runs. */
export type RunEvent =
  | { type: 'scenario-started'; scenario: string; title: string; round: number }
  | { type: 'case-started'; scenario: string; page: string; case: string; title: string }
  | { type: 'case-ended'; scenario: string; page: string; case: CaseReport }
  | { type: 'exchange'; scenario: string; exchange: Exchange }
  | { type: 'scenario-ended'; report: ScenarioReport };

export function failedCases(report: ScenarioReport): { page: PageReport; case: CaseReport }[] {
  return report.pages.flatMap((page) => page.cases.filter((one) => one.state === 'failed').map((one) => ({ page, case: one })));
}

/** `failed` as soon as one finding is an error. */
export function stateOf(findings: readonly Finding[]): CaseState {
  return findings.some((finding) => finding.severity === 'error') ? 'failed' : 'passed';
}
