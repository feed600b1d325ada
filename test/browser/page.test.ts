import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axeFindings, findChromium, launchBrowser, terminalTexts, watchProblems } from '../harness/browser.ts';
import { startFakeLab } from '../harness/fake-lab.ts';
import type { FakeLab } from '../harness/fake-lab.ts';

const web = join(import.meta.dirname, '../../dist/web');
const chromium = findChromium();
const missing = chromium === undefined ? 'no Chromium was found: install chromium, or set CHROMIUM_PATH' : !existsSync(web) ? 'dist/web is not built: npm run build' : undefined;
if (missing !== undefined) console.warn(`\n*** The page's browser tests are left out: ${missing}. ***\n`);

const SCENARIO = '/learn/argo-workflows/using-the-api';

describe.runIf(missing === undefined)('the page in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let lab: FakeLab;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    browser = await launchBrowser(chromium ?? '');
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    lab = await startFakeLab({ port: 0, web });
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    page = await context.newPage();
    problems = await watchProblems(page);
    return async () => {
      await context.close();
      await lab.stop();
      expect(problems).toEqual([]);
    };
  });

  const openStep = async (id = 'step1') => {
    await page.goto(`${lab.url}${SCENARIO}#${id}`);
    await page.waitForSelector('[data-terminal-state=open] .xterm-rows');
  };
  const text = async (name: string) => (await terminalTexts(page))[name] ?? '';
  const expectText = (name: string, wanted: string) => expect.poll(() => text(name), { timeout: 8000 }).toContain(wanted);
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  it('leads from the courses through a scenario', async () => {
    await page.goto(lab.url);
    await page.getByRole('link', { name: 'Start: Using the API' }).click();
    await button('Begin').click();
    await page.getByRole('heading', { level: 1, name: 'Info endpoint' }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).hash).toBe(`${SCENARIO}#step1`);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
  });

  it('names the file, line and field of a scenario that cannot be loaded', async () => {
    await page.goto(lab.url);
    expect(await page.locator('.problems li').innerText()).toBe('scenarios/argo-workflows/broken/index.json:12:7 details.steps[1].text no such file: step2/text.md');
  });

  it('types a block with several lines into the shell as it stands', async () => {
    await openStep();
    await button(/^Run: cat/).click();
    await expectText('Terminal 1', 'hello\nworld\nline 1\nline 2\nline 3');
  });

  it('opens the second terminal for a block that names it', async () => {
    await openStep();
    await button(/^Run T2/).click();
    await page.getByRole('tab', { name: 'Terminal 2', selected: true }).waitFor();
    await expectText('Terminal 2', 'load average');
  });

  it('says what failed, why and what to do, and takes on what a live check finds', async () => {
    await openStep();
    await button('Check').click();
    await page.getByText('Start the port-forward from the first block, and leave it running.').waitFor();
    expect(await page.locator('.check-failed dl').innerText()).toContain('connection refused');
    await expect.poll(() => page.locator('.check-failed').count(), { timeout: 8000 }).toBe(0);
  });

  it('comes back after a lost connection with the same shell and not a byte lost', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('x=kept; sleep 1; seq 1 300\n');
    await expectText('Terminal 1', 'seq 1 300');
    lab.cut();
    await page.getByText('The connection to the lab is lost.').waitFor();
    lab.mend();
    await page.getByText('The connection to the lab is lost.').waitFor({ state: 'hidden' });
    await expectText('Terminal 1', '\n300');
    await page.keyboard.type('echo "x is $x"\n');
    await expectText('Terminal 1', 'x is kept');
    const numbers = (await text('Terminal 1')).split('\n').filter((line) => /^\d+$/.test(line));
    expect(numbers).toEqual(Array.from({ length: 300 }, (_, i) => String(i + 1)));
  });

  it('shows a screen with all colours under a policy without inline styles', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type("printf '\\033[38;2;250;120;10mtrue colour\\033[0m\\n'\n");
    await expect.poll(() => page.locator('.xterm-rows span', { hasText: /^true colour$/ }).evaluate((span) => getComputedStyle(span).color).catch(() => ''), { timeout: 8000 }).toBe('rgb(250, 120, 10)');
  });

  it('says how a shell ended and restarts it under its name', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('exit 3\n');
    await page.getByText('The shell has ended with code 3.').waitFor();
    await button('Restart terminal').click();
    await page.getByText('The shell has ended with code 3.').waitFor({ state: 'hidden' });
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Terminal 1']);
  });

  it('previews a port in a tab of its own', async () => {
    await openStep();
    await button(/API docs on port 2746/).click();
    await page.frameLocator('iframe').getByText('/apidocs').waitFor();
    await button('Open port 8080').click();
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['Terminal 1', 'Port 2746', 'Port 8080']);
  });

  it('is usable with the keyboard alone', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('F6');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Info endpoint');
    await page.keyboard.press('F6');
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('xterm-helper-textarea');
    const splitter = page.getByRole('separator', { name: 'Width of the text' });
    await splitter.focus();
    await page.keyboard.press('ArrowRight');
    expect(await splitter.getAttribute('aria-valuenow')).toBe('46');
    await page.getByRole('tab').focus();
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'Name of the terminal' }).waitFor();
    await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
    await page.keyboard.type('my shell\n');
    await page.getByRole('tab', { name: 'my shell' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('No terminal is open.').waitFor();
  });

  it('asks before it resets, and begins again at the first page', async () => {
    await openStep();
    await button('Session and settings').click();
    await button(/Reset the session/).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await button('Session and settings').click();
    await button(/Reset the session/).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
  });

  it('keeps to the theme that was chosen', async () => {
    await page.goto(lab.url);
    await button('Switch to dark colours').click();
    await page.reload();
    await button('Switch to light colours').waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
  });

  it('shows the stages, and the output of the one that failed', async () => {
    const failing = await startFakeLab({ port: 0, web, preparation: 'fail' });
    try {
      await page.goto(`${failing.url}${SCENARIO}`);
      await page.getByText('error: deployment "argo-server" exceeded its progress deadline').waitFor();
      await page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
      await button('Try again').click();
      await page.waitForSelector('[data-terminal-state=open]');
    } finally {
      await failing.stop();
    }
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)('gives axe nothing to say, %s at %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    await page.goto(lab.url);
    await page.waitForSelector('.card');
    const start = await axeFindings(page);
    await openStep();
    await button('Check').click();
    await page.waitForSelector('.check-failed');
    const step = await axeFindings(page);
    await openStep('finish');
    const finish = await axeFindings(page);
    expect({ start, step, finish, wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth) }).toEqual({ start: [], step: [], finish: [], wide: false });
  });
});
