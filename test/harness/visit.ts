import type { Browser, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { axeFindings, terminalTexts, watchProblems } from './browser.ts';
import { builtPage } from './chromium.ts';
import { startFakeLab } from './fake-lab.ts';
import type { FakeLab, FakeLabOptions } from './fake-lab.ts';

/** Milliseconds for what a shell or the page does at once: long, because test machines are busy. */
export const SOON = 20_000;

export interface VisitOptions extends Partial<FakeLabOptions> {
  width?: number;
  height?: number;
  colorScheme?: 'light' | 'dark';
}

/** Somebody before a page of the stand-in lab. */
export class Visit {
  private constructor(
    readonly page: Page,
    readonly lab: FakeLab,
    /** Errors of the page and breaches of its policy. */
    readonly problems: string[],
  ) {}

  static async begin(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
    const { width = 1280, height = 720, colorScheme = 'light', ...rest } = options;
    const lab = await startFakeLab({ port: 0, web: builtPage, ...rest });
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    return new Visit(page, lab, await watchProblems(page));
  }

  /** A visit as long as this lasts. */
  static async during(browser: Browser, options: VisitOptions, body: (visit: Visit) => Promise<void>): Promise<void> {
    const visit = await Visit.begin(browser, options);
    try {
      await body(visit);
    } finally {
      await visit.end();
    }
  }

  /** Fails when the page had errors or broke its policy. */
  async end(): Promise<void> {
    await this.page.context().close();
    await this.lab.stop();
    expect(this.problems).toEqual([]);
  }

  go(path: string): Promise<unknown> {
    return this.page.goto(this.lab.url + path);
  }

  /** Opens a page of a scenario and waits for its text and a terminal. */
  async learn(scenario: string, page?: string): Promise<void> {
    await this.go(`/learn/${scenario}${page === undefined ? '' : `#${page}`}`);
    await this.page.locator(page === undefined ? '#step article[data-page]' : `#step article[data-page="${page}"]`).waitFor({ state: 'attached' });
    await this.page.locator('[data-terminal-state=open] .xterm-rows').first().waitFor();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  /** Waits until a terminal shows this text. */
  shows(terminal: string, text: string): Promise<void> {
    return expect.poll(async () => (await terminalTexts(this.page))[terminal] ?? '', { timeout: SOON }).toContain(text);
  }

  tabs(): Promise<string[]> {
    return this.page.getByRole('tab').allInnerTexts();
  }

  /** The chunks of the page's code that were fetched so far, without their hashes. */
  chunks(): Promise<string[]> {
    return this.page.evaluate(() => performance.getEntriesByType('resource').flatMap((entry) => /\/assets\/([\w-]+)-[\w-]{8}\.js$/.exec(entry.name)?.[1] ?? []));
  }

  axe(): Promise<string[]> {
    return axeFindings(this.page);
  }

  /** The page is wider than the window. */
  isWide(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  }
}

/** The windows in which each state of the page is looked at. */
export const WINDOWS = [
  { colorScheme: 'light', width: 1280, height: 720 },
  { colorScheme: 'dark', width: 1280, height: 720 },
  { colorScheme: 'light', width: 390, height: 800 },
] as const;
