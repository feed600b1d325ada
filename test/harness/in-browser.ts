import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { launchBrowser } from './browser.ts';
import { browserOrReason } from './chromium.ts';
import { openTestLab, type TestLab } from './lab.ts';
import { Learner } from './learner.ts';
import { Visit, type VisitOptions } from './visit.ts';

/** Milliseconds for one test: long, because test machines are busy; a step in it that hangs ends sooner by itself. */
const TEST_MS = 120_000;
const SETUP_MS = 120_000;

/** Tests that share a browser, `browser()` once they run. Where there is none they are left out, and that is said loudly once a file. */
export function inBrowser(title: string, tests: (browser: () => Browser) => void, options: { timeout?: number; retry?: number } = {}): void {
  const { chromium, missing } = browserOrReason(title);
  describe.runIf(missing === undefined)(title, { timeout: options.timeout ?? TEST_MS, ...(options.retry === undefined ? {} : { retry: options.retry }) }, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launchBrowser(chromium ?? '');
    }, SETUP_MS);
    afterAll(() => browser?.close(), SETUP_MS);
    tests(() => there(browser));
  });
}

/** Each test before a page of a stand-in lab of its own, `visit()` once it runs. */
export function visitEach(browser: () => Browser, options: VisitOptions = {}): () => Visit {
  let visit: Visit | undefined;
  beforeEach(async () => {
    const begun = await Visit.begin(browser(), options);
    visit = begun;
    return () => begun.end();
  });
  return () => there(visit);
}

export interface LessonOptions {
  /** The folder of scenarios; the repository's own by default. Made by `prepare` where it is not there yet. */
  scenarios: string;
  prepare?(): void | Promise<void>;
  /** With `--watch`. */
  watch?: boolean;
  timeout?: number;
  /**
   * The tests are one way through a scenario: each begins where the one before it ended. None can be tried again by
   * itself then, and what comes after one that failed is left out.
   */
  oneWay?: boolean;
}

/** The real lab with somebody before its page; the parts are there once a test runs. */
export interface Lesson {
  readonly browser: Browser;
  readonly lab: TestLab;
  readonly learner: Learner;
}

/** Tests of the real lab in a browser. What the learner sees is printed for a test that fails. */
export function lesson(title: string, options: LessonOptions, tests: (at: Lesson) => void): void {
  const { oneWay = false } = options;
  inBrowser(
    title,
    (browser) => {
      let lab: TestLab | undefined;
      let learner: Learner | undefined;
      let failed: string | undefined;
      beforeAll(async () => {
        await options.prepare?.();
        lab = await openTestLab(options.scenarios, 'auto', options.watch ?? false);
        learner = await Learner.visit(browser(), lab);
      }, SETUP_MS);
      afterAll(async () => {
        await learner?.context.close();
        await lab?.close();
      }, SETUP_MS);
      beforeEach((context) => {
        if (oneWay && failed !== undefined) context.skip(`the way ended before, where it “${failed}”`);
        context.onTestFailed(async () => {
          failed ??= context.task.name;
          console.error(await learner?.scene());
        });
      });
      tests({
        get browser() {
          return browser();
        },
        get lab() {
          return there(lab);
        },
        get learner() {
          return there(learner);
        },
      });
    },
    { ...(options.timeout === undefined ? {} : { timeout: options.timeout }), ...(oneWay ? { retry: 0 } : {}) },
  );
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is there only while tests run');
  return value;
}
