import { expect } from 'vitest';
import type { Browser, BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { terminalTexts, watchProblems } from './browser.ts';
import type { TestLab } from './lab.ts';

const PROMPT = 'controlplane:~$';
/** Milliseconds for whatever the lab does at once: long, because test machines are busy. */
const SOON = 60_000;

export interface LearnerOptions {
  width?: number;
  height?: number;
  colorScheme?: 'light' | 'dark';
}

/** Somebody who sits before the lab's page: reads, clicks, types, and looks at what the terminal says. */
export class Learner {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly lab: TestLab,
    /** Errors of the page and breaches of its policy. */
    readonly problems: string[],
  ) {}

  /** A browser of one's own that has come in by the lab's link. */
  static async visit(browser: Browser, lab: TestLab, options: LearnerOptions = {}): Promise<Learner> {
    const context = await browser.newContext({ viewport: { width: options.width ?? 1280, height: options.height ?? 720 }, colorScheme: options.colorScheme ?? 'light' });
    context.setDefaultTimeout(SOON);
    const page = await context.newPage();
    const problems = await watchProblems(page);
    await page.goto(lab.url);
    return new Learner(context, page, lab, problems);
  }

  /** A second tab of the same browser. */
  async secondTab(): Promise<Learner> {
    const page = await this.context.newPage();
    return new Learner(this.context, page, this.lab, await watchProblems(page));
  }

  async go(scenario: string, page?: string): Promise<void> {
    await this.page.goto(`${this.lab.origin}/learn/${scenario}${page === undefined ? '' : `#${page}`}`);
    // Of two pages of one scenario, the text of the one before may still stand there.
    await this.page.locator(page === undefined ? '#step article[data-page]' : `#step article[data-page="${page}"]`).waitFor({ state: 'attached' });
  }

  /** Waits until the session is ready and the shell has shown its prompt. */
  async ready(terminal?: string): Promise<void> {
    await this.page.locator('.panel:not(.panel-hidden) [data-terminal-state=open]').waitFor();
    await this.page.locator('.overlay').waitFor({ state: 'detached' });
    const started = Date.now();
    while ((await this.prompts(terminal)) === 0) {
      if (Date.now() - started > SOON) throw new Error('the shell does not show its prompt');
      await this.page.waitForTimeout(20);
    }
  }

  /** What the terminal shows, what was scrolled away included; without a name, the first one. */
  async terminal(name?: string): Promise<string> {
    const texts = await terminalTexts(this.page);
    return (name === undefined ? Object.values(texts)[0] : texts[name]) ?? '';
  }

  private async prompts(name?: string): Promise<number> {
    return (await this.terminal(name)).split(PROMPT).length - 1;
  }

  /** Does something that makes the shell run one command, and returns what was printed when the prompt is back. */
  async printed(act: () => Promise<void>, name?: string): Promise<string> {
    const before = await this.terminal(name);
    const count = before.split(PROMPT).length - 1;
    await act();
    const started = Date.now();
    for (;;) {
      const parts = (await this.terminal(name)).split(PROMPT);
      if (parts.length - 1 > count && parts.at(-1)?.trim() === '') {
        // A block of several commands shows a prompt between them.
        await this.page.waitForTimeout(150);
        if ((await this.terminal(name)).split(PROMPT).length === parts.length) return parts.slice(count).join(PROMPT);
      }
      if (Date.now() - started > SOON) throw new Error(`the command has not ended; the terminal shows:\n${parts.slice(-2).join(PROMPT)}`);
      await this.page.waitForTimeout(20);
    }
  }

  /** The Run buttons of the page, in the order of the text. */
  runButtons(): Locator {
    return this.page.locator('#step article > .prose .tool-run');
  }

  /** Clicks Run on all blocks of the step, one after another; returns what each printed. */
  async runAll(): Promise<string[]> {
    const printed: string[] = [];
    for (const button of await this.runButtons().all()) printed.push(await this.printed(() => button.click()));
    return printed;
  }

  /** Opens the solution of the step and runs it. */
  async runSolution(): Promise<string> {
    const solution = this.page.locator('#step details.solution');
    await solution.locator('summary').first().click();
    return this.printed(() => solution.locator('.tool-run').first().click());
  }

  /** Clicks Run on the block that begins like this. */
  run(start: string): Promise<string> {
    return this.printed(() => this.page.locator(`#step article > .prose .tool-run[aria-label^=${JSON.stringify(`Run: ${start}`)}]`).first().click());
  }

  /** Types one line into the terminal that is shown. */
  async type(line: string): Promise<string> {
    await this.page.locator('.panel:not(.panel-hidden) .xterm-helper-textarea').focus();
    const active = await this.page.getByRole('tab', { selected: true }).innerText();
    return this.printed(async () => {
      await this.page.keyboard.insertText(line);
      await this.page.keyboard.press('Enter');
    }, active);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Presses Check and returns each check's title and whether it is passed. */
  async check(): Promise<{ title: string; passed: boolean }[]> {
    const answered = this.page.waitForResponse((response) => response.url().endsWith('/check') && response.request().method() === 'POST');
    await this.button('Check').click();
    await answered;
    await this.button('Check').waitFor();
    return this.checks();
  }

  async checks(): Promise<{ title: string; passed: boolean }[]> {
    const items = await this.page.locator('#checks > ul > li').all();
    return Promise.all(items.map(async (item) => ({ title: await item.locator('.check-title > span:nth-child(2)').innerText(), passed: ((await item.getAttribute('class')) ?? '').includes('check-passed') })));
  }

  /** Waits until the live check with this title has turned green by itself. */
  async passesLive(title: string): Promise<void> {
    await this.page.locator('#checks li.check-passed', { hasText: title }).waitFor();
  }

  heading(text: string): Promise<void> {
    return this.page.getByRole('heading', { level: 1, name: text, exact: true }).waitFor();
  }

  /** The preview that is shown, as a frame. */
  async preview(): Promise<Frame> {
    const frame = await (await this.page.locator('.panel:not(.panel-hidden) iframe').elementHandle())?.contentFrame();
    if (frame === null || frame === undefined) throw new Error('no preview is shown');
    return frame;
  }

  /** What the learner sees: for the reader of a failed test. */
  async scene(): Promise<string> {
    const checks = await this.page.locator('#checks').innerText({ timeout: 1000 }).catch(() => '(no checks)');
    return `— checks —\n${checks}\n— terminal —\n${(await this.terminal()).slice(-4000)}\n— problems —\n${this.problems.join('\n')}`;
  }

  /** Fails when the page had errors or broke its policy. */
  async leave(): Promise<void> {
    await this.context.close();
    expect(this.problems).toEqual([]);
  }
}
