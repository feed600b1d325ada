import { LabError, messageOf } from '../lib/errors.ts';
import type { CheckReport } from '../protocol/rest.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Exercise, Page, Scenario } from '../scenario/model.ts';
import { isCheckable } from '../session/content.ts';
import type { Session } from '../session/session.ts';
import { applyBlock } from '../protocol/workbench.ts';
import { Editor } from '../session/editor.ts';
import { type Block, blocksOf, markdownOf, TerminalChoice } from './blocks.ts';
import { cutScript, syntaxProblem } from './cut.ts';
import type { Desk } from './desk.ts';
import { endOf, judgeExchange, shortened } from './judge-block.ts';
import { within } from './limits.ts';
import type { Exchange, Finding } from './report.ts';
import type { Workshop } from './workshop.ts';

/** A scenario with its pages' blocks taken out of their text, once for all walks through it. */
export interface Route {
  scenario: Scenario;
  pages: { page: Page; blocks: Block[] }[];
}

export async function planRoute(workshop: Workshop, scenario: Scenario): Promise<Route> {
  const pages: Route['pages'] = [];
  const choice = new TerminalChoice();
  for (const page of pagesOf(scenario)) {
    const markdown = await markdownOf(scenario, page);
    pages.push({ page, blocks: blocksOf((await workshop.content.renderPage(scenario, page)).html, markdown, choice) });
  }
  return { scenario, pages };
}

/** After so many blocks of a page that did not end, the others are not tried. */
const MOST_HANGING = 3;

/** Goes through a session page by page, as a reader would. */
export class Walker {
  constructor(
    private readonly workshop: Workshop,
    readonly route: Route,
    readonly session: Session,
    readonly desk: Desk,
    private readonly limitMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Opens a page and waits for its scripts. */
  async open(page: Page): Promise<Finding[]> {
    const findings: Finding[] = [];
    this.session.openPage(page.id);
    const { typed, background } = await this.#limited('the page’s scripts', this.session.scriptsOf(page.id));
    if (page.foreground !== undefined) {
      const left = typed ? await this.desk.settle(page.id) : undefined;
      if (!typed) findings.push({ severity: 'error', code: 'foreground-not-run', message: `The foreground script ${page.foreground} could not be typed.`, file: page.foreground, why: 'The shell showed no prompt, or the script can’t be read.' });
      if (left !== undefined) findings.push({ severity: 'error', code: 'script-did-not-end', message: `The foreground script ${page.foreground} has not ended within ${this.limitMs / 1000} seconds.`, file: page.foreground, observed: left.ended === 'interrupted' ? 'It was ended with Ctrl-C.' : 'Its terminal was closed.', next: 'If it waits for the background script, look at that one first.', printed: endOf(left.output) });
    }
    if (page.background !== undefined) {
      const { background: file } = page;
      await this.#limited(`the background script ${file}`, background).catch((error: unknown) => {
        this.signal?.throwIfAborted();
        const output = typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : undefined;
        const slow = error instanceof LabError && error.code === 'timeout';
        findings.push({ severity: 'error', code: slow ? 'script-did-not-end' : 'background-failed', message: slow ? `The background script ${file} has not ended within ${this.limitMs / 1000} seconds.` : `The background script failed: ${messageOf(error)}.`, file, ...(output === undefined || output === '' ? {} : { printed: endOf(output) }) });
      });
    }
    return findings;
  }

  /** Clicks every block of a page, in its order. */
  async clickAll(page: Page): Promise<{ findings: Finding[]; exchanges: Exchange[] }> {
    const findings: Finding[] = [];
    const exchanges: Exchange[] = [];
    const all = this.route.pages.flatMap((one) => one.blocks.map((block) => ({ page: one.page, block })));
    let hanging = 0;
    for (const [index, { page: owner, block }] of all.entries()) {
      if (owner !== page) continue;
      this.signal?.throwIfAborted();
      const at = { file: page.text, line: block.line };
      if (hanging >= MOST_HANGING) {
        findings.push({ severity: 'warning', code: 'blocks-left-out', message: `The blocks from here on were not tried: ${MOST_HANGING} before them did not end.`, ...at });
        break;
      }
      const clicked = await this.#click(page, block, mayRunOn(block, all.slice(index + 1).map((later) => later.block)));
      exchanges.push(...clicked.exchanges);
      findings.push(...clicked.findings.map((finding) => ({ ...finding, ...at, line: finding.line ?? at.line })));
      if (clicked.findings.some((finding) => finding.code === 'block-did-not-end')) hanging += 1;
    }
    return { findings, exchanges };
  }

  async #click(page: Page, block: Block, mayRunOnLast: boolean): Promise<{ findings: Finding[]; exchanges: Exchange[] }> {
    const { desk } = this;
    const findings: Finding[] = [];
    if (block.into !== undefined) {
      const failed = await putBlock(desk.session, block.into, block.code).then(() => undefined, messageOf);
      if (failed !== undefined) findings.push({ severity: 'error', code: 'block-not-put', message: `The block for ${block.into.file} could not be put there.`, observed: failed });
      return { findings, exchanges: [] };
    }
    if (block.keys) return { findings, exchanges: [await desk.press(keysOf(block.code), page.id, block.terminal)] };
    if (!block.newline) return { findings, exchanges: [await desk.press(block.code, page.id, block.terminal)] };
    const running = await desk.running(block.terminal);
    if (running === 'runs-on' && !block.interrupt) {
      findings.push({ severity: 'warning', code: 'typed-into-running', message: 'The command before it is still running: a click types this block into it.', observed: 'Ctrl-C was pressed first.', next: 'Put {{exec interrupt}} on this block, or let the command before it run in the background or in another terminal.' });
    }
    // Inside a program that asks (an editor, a shell within the shell), lines are not the shell's commands.
    if (running === 'asks' && !block.interrupt) return { findings, exchanges: [await desk.type(block.code, { page: page.id, part: 'block', mayRunOn: true }, block.terminal)] };
    const wrong = await syntaxProblem(block.code);
    if (wrong !== undefined) {
      findings.push({ severity: 'error', code: 'block-syntax', message: `“${shortened(block.code)}” is no whole bash command.`, observed: wrong, why: 'The shell waits for more, and whatever is clicked next becomes part of it.', next: 'Close its quotes, its heredoc or its loop.' });
      return { findings, exchanges: [] };
    }
    const commands = await cutScript(block.code);
    const exchanges: Exchange[] = [];
    for (const [index, command] of commands.entries()) {
      this.signal?.throwIfAborted();
      const last = index === commands.length - 1;
      const exchange = await desk.type(command.text, { page: page.id, part: 'block', reading: true, interrupt: block.interrupt && index === 0, mayRunOn: last && mayRunOnLast }, block.terminal);
      exchanges.push(exchange);
      const found = judgeExchange(exchange, block, last, this.limitMs).map((finding) => ({ ...finding, line: block.line + command.line - 1 }));
      findings.push(...found);
      if (exchange.ended !== 'itself' && exchange.ended !== 'running') break;
    }
    return { findings, exchanges };
  }

  /** Types a script command by command, as somebody would who knows the answer. */
  async typeScript(page: Page, script: string, part: 'solution' | 'near-miss'): Promise<{ findings: Finding[]; exchanges: Exchange[] }> {
    const findings: Finding[] = [];
    const exchanges: Exchange[] = [];
    const name = part === 'solution' ? 'the solution' : 'the near miss';
    for (const command of await cutScript(script)) {
      this.signal?.throwIfAborted();
      const exchange = await this.desk.type(command.text, { page: page.id, part });
      exchanges.push(exchange);
      if (exchange.ended === 'itself' || exchange.ended === 'running') continue;
      findings.push({ severity: 'error', code: `${part}-did-not-end`, message: `“${shortened(command.text)}” of ${name} has not ended within ${this.limitMs / 1000} seconds.`, observed: `It was ended (${exchange.ended}).`, next: 'Let it run in the background with & at its end, or bound it with timeout.', printed: endOf(exchange.output) });
      break;
    }
    return { findings, exchanges };
  }

  /** What brings a learner past a page: its solution, or where it has none, its blocks. */
  async pass(page: Page): Promise<void> {
    await this.open(page);
    await this.solve(page);
  }

  /** The same on a page that is open. */
  async solve(page: Page): Promise<void> {
    if (page.exercise !== undefined) await this.typeScript(page, page.exercise.solution, 'solution');
    else await this.clickAll(page);
  }

  check(page: Page): Promise<CheckReport> {
    return this.#limited(`the check of ${page.id}`, this.session.check(page.id));
  }

  /** The checks of all other pages that can be proven, except those that the exercise takes back on purpose. */
  async checkOthers(page: Page, exercise: Exercise): Promise<Map<string, CheckReport>> {
    const reports = new Map<string, CheckReport>();
    for (const { page: other } of this.route.pages) {
      if (other === page || other.exercise === undefined || !isCheckable(other) || exercise.undoes.includes(other.id)) continue;
      reports.set(other.id, await this.check(other));
    }
    return reports;
  }

  #limited<T>(what: string, work: Promise<T>): Promise<T> {
    return within(this.workshop.clock, this.limitMs, what, work, this.signal);
  }
}

/** Whether the text goes on as if the block need not have ended: it is interrupted next, or another terminal comes. */
function mayRunOn(block: Block, later: readonly Block[]): boolean {
  const [next] = later;
  if (next === undefined) return false;
  if (next.terminal !== block.terminal || next.keys) return true;
  return later.find((one) => one.terminal === block.terminal)?.interrupt === true;
}

const NAMED: Record<string, string> = { ESC: '\u001b', TAB: '\t', ENTER: '\r', DEL: '\u007f' };

/** `^C` → Ctrl-C, `^ESC` → Escape; anything else as it is. */
export function keysOf(text: string): string {
  return text.replace(/\^(ESC|TAB|ENTER|DEL|[A-Za-z[\]\\^_])/g, (_, name: string) => NAMED[name] ?? String.fromCharCode(name.toUpperCase().charCodeAt(0) & 0x1f));
}

/** Puts a block into its file, as the page's button does. */
async function putBlock(session: Session, into: NonNullable<Block['into']>, code: string): Promise<void> {
  if (session.place === undefined) throw new LabError('conflict', 'the session is not ready');
  const editor = new Editor(session.place, { root: session.scenario.editorPath, leftOut: session.scenario.leftOutOfEditor });
  const there = await editor.read(into.file).catch((error: unknown) => {
    if (error instanceof LabError && error.code === 'not-found') return undefined;
    throw error;
  });
  if (there?.unreadable !== undefined) throw new LabError('conflict', `${into.file} is no text`);
  await editor.save(into.file, applyBlock(there?.text ?? '', into.target, code, into.marker), undefined);
}
