import { join } from 'node:path';
import { Document, isMap, parseDocument, Scalar } from 'yaml';
import { messageOf } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import type { CheckReport } from '../protocol/rest.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { isCheckable } from '../session/content.ts';
import type { Session } from '../session/session.ts';
import { checksFileNames, checksFileOf } from './checks-file.ts';
import { TRANSCRIPT, type TranscriptLine, transcriptOf } from './transcript.ts';

/** What the author can say at the prompt instead of a command. */
export const LAB_COMMANDS = ['next', 'check', 'skip', 'undo', 'quit'] as const;
export type LabCommand = (typeof LAB_COMMANDS)[number];

export const LAB_HELP = 'next: this page is done · check: ask its check · skip: leave the page as it is · undo: forget the last command · quit: stop here';

export function labCommand(line: string): LabCommand | undefined {
  return LAB_COMMANDS.find((word) => word === line.trim());
}

/** A command that the author ran. */
export interface Ran {
  command: string;
  exitCode?: number;
  output: string;
}

interface Recorded {
  page: Page;
  commands: Ran[];
  /** What the check said before anything was done. */
  before: string | undefined;
}

/** What a page's recording will become. */
export interface PageRecording {
  page: Page;
  solution: string;
  lines: TranscriptLine[];
  expectBefore: string | undefined;
}

/** There is no such command, or it was given up: nothing that belongs into a solution. */
const NOT_MEANT = new Set([127, 130]);

/**
 * Takes down what an author types, page by page. It says what it has to say through `say`; nothing is written before
 * `save`.
 */
export class ScenarioRecorder {
  readonly #pages: Page[];
  readonly #done: Recorded[] = [];
  #current: Recorded | undefined;
  #warned = false;
  #over = false;
  /** A page was left although its check failed. */
  failed = false;

  constructor(
    private readonly scenario: Scenario,
    private readonly session: Session,
    private readonly say: (text: string) => void,
    private readonly onPage: (page: Page) => void,
  ) {
    this.#pages = pagesOf(scenario);
  }

  get over(): boolean {
    return this.#over;
  }

  get page(): Page | undefined {
    return this.#current?.page;
  }

  /** Opens the first page, or the next. */
  async begin(): Promise<void> {
    const page = this.#pages[this.#pages.findIndex((one) => one === this.#current?.page) + 1];
    if (page === undefined) {
      this.#over = true;
      this.#current = undefined;
      this.say('That was the last page.');
      return;
    }
    this.session.openPage(page.id);
    await (await this.session.scriptsOf(page.id)).background.catch((error: unknown) => this.say(`The background script failed: ${messageOf(error)}`));
    const before = isCheckable(page) ? failing(await this.session.check(page.id)) : undefined;
    this.#current = { page, commands: [], before: before === undefined ? undefined : before.why === '' ? before.observed : before.why };
    this.#warned = false;
    this.onPage(page);
    this.say(`${page.title} (${page.text})${isCheckable(page) ? '' : ': nothing is checked here'}`);
  }

  /** A command has ended. */
  ran(ran: Ran): void {
    if (this.#current === undefined || (ran.exitCode !== undefined && NOT_MEANT.has(ran.exitCode))) return;
    this.#current.commands.push(ran);
    this.#warned = false;
  }

  async lab(command: LabCommand): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    switch (command) {
      case 'undo': {
        const gone = current.commands.pop();
        this.say(gone === undefined ? 'There is nothing to forget on this page.' : `Forgotten, though not undone in the cluster: ${gone.command.split('\n')[0] ?? ''}`);
        return;
      }
      case 'check':
        if (isCheckable(current.page)) this.#tell(await this.session.check(current.page.id));
        else this.say('This page has no check.');
        return;
      case 'skip':
        await this.begin();
        return;
      case 'quit':
        this.#over = true;
        return;
      case 'next': {
        if (isCheckable(current.page) && !this.#warned) {
          const report = await this.session.check(current.page.id);
          if (!report.passed) {
            this.#tell(report);
            this.#warned = true;
            this.say('The page is not solved yet. Go on with it, or say next once more, or skip.');
            return;
          }
        } else if (this.#warned) this.failed = true;
        this.#done.push(current);
        await this.begin();
      }
    }
  }

  /** What was recorded of the pages that were left with `next`. */
  recordings(): PageRecording[] {
    return this.#done
      .filter(({ commands }) => commands.length > 0)
      .map(({ page, commands, before }) => ({
        page,
        solution: `${commands.map(({ command }) => command.replace(/\n+$/, '')).join('\n')}\n`,
        lines: commands.map(({ command, exitCode, output }) => ({ page: page.id, command, ...(exitCode === undefined ? {} : { exitCode }), output: output.replace(/\s+$/, '') })),
        expectBefore: before,
      }));
  }

  #tell(report: CheckReport): void {
    for (const result of report.results) {
      this.say(`${result.passed ? '✓' : '✗'} ${result.title}`);
      if (!result.passed) for (const line of [result.why === '' ? result.observed : result.why, result.next]) if (line !== '') this.say(`    ${line}`);
    }
  }
}

function failing(report: CheckReport): CheckReport['results'][number] | undefined {
  return report.results.find((result) => !result.passed);
}

/**
 * Writes the solutions into the pages' checks.yaml, comments and all else kept, and what was answered into
 * transcript.jsonl. Pages of an earlier recording that this one left out stay. Returns the files and what was left out.
 */
export async function saveRecordings(scenario: Scenario, recordings: readonly PageRecording[], earlier: readonly TranscriptLine[]): Promise<{ files: string[]; notes: string[] }> {
  const files: string[] = [];
  const notes: string[] = [];
  for (const recording of recordings) {
    const { page } = recording;
    if (!isCheckable(page)) {
      notes.push(`${page.title} has no check, so it has no solution: what was typed there is in the recording only`);
      continue;
    }
    const known = await checksFileOf(scenario, page);
    const file = known?.file ?? checksFileNames(page).at(-1) ?? 'checks.yaml';
    await writeFileAtomic(join(scenario.folder, file), withSolution(known?.text, recording), 0o644);
    files.push(file);
  }
  if (recordings.length > 0) {
    const order = pagesOf(scenario).map((page) => page.id);
    const renewed = new Set(recordings.map(({ page }) => page.id));
    // Only solutions can be compared: a page without a check has none.
    const lines = [...earlier.filter((line) => !renewed.has(line.page)), ...recordings.filter(({ page }) => isCheckable(page)).flatMap((recording) => recording.lines)].sort((a, b) => order.indexOf(a.page) - order.indexOf(b.page));
    await writeFileAtomic(join(scenario.folder, TRANSCRIPT), transcriptOf(lines), 0o644);
    files.push(TRANSCRIPT);
  }
  return { files, notes };
}

/** Pure: a checks.yaml with another solution. Without one, a new file whose check is the page's verify script. */
export function withSolution(text: string | undefined, { page, solution, expectBefore }: PageRecording): string {
  const document = text === undefined ? new Document({ checks: [{ id: 'verify', title: page.title, script: page.verify ?? '' }] }) : parseDocument(text);
  const scalar = new Scalar(solution);
  scalar.type = Scalar.BLOCK_LITERAL;
  const exercise = document.get('exercise');
  if (!isMap(exercise)) document.set('exercise', document.createNode({ expectBefore: expectBefore ?? 'The step is not done yet.' }));
  document.setIn(['exercise', 'solution'], scalar);
  return document.toString({ lineWidth: 0 });
}
