import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { terminalTexts } from '../harness/browser.ts';
import { USING_THE_API } from '../harness/fake-content.ts';
import type { FakeLab } from '../harness/fake-lab.ts';
import { inBrowser, visitEach } from '../harness/in-browser.ts';
import { SOON, Visit, WINDOWS } from '../harness/visit.ts';

const SCENARIO = `/learn/${USING_THE_API}`;

inBrowser('the page in a browser', (browser) => {
  let visit: Visit;
  let lab: FakeLab;
  let page: Page;

  const begun = visitEach(browser);
  beforeEach(() => {
    visit = begun();
    ({ lab, page } = visit);
  });

  const openStep = (id = 'step1') => visit.learn(USING_THE_API, id);
  const text = async (name: string) => (await terminalTexts(page))[name] ?? '';
  const expectText = (name: string, wanted: string) => visit.shows(name, wanted);
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  it('leads from the courses through a scenario', async () => {
    await page.goto(lab.url);
    await page.getByRole('link', { name: 'Start: Using the API' }).click();
    await button('Begin').click();
    await page.getByRole('heading', { level: 1, name: 'Info endpoint' }).waitFor();
    await expect.poll(() => new URL(page.url()).pathname + new URL(page.url()).hash).toBe(`${SCENARIO}#step1`);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
  });

  it('names the file, line and field of a scenario that cannot be loaded', async () => {
    await page.goto(lab.url);
    expect(await page.locator('.card.broken li').innerText()).toBe('scenarios/argo-workflows/broken/index.json:12:7 details.steps[1].text no such file: step2/text.md');
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
    await expect.poll(() => page.locator('.check-failed').count(), { timeout: SOON }).toBe(0);
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
    await expect.poll(() => page.locator('.xterm-rows span', { hasText: /^true colour$/ }).evaluate((span) => getComputedStyle(span).color).catch(() => ''), { timeout: SOON }).toBe('rgb(250, 120, 10)');
  });

  it('says how a shell ended and restarts it under its name', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('exit 3\n');
    await page.getByText('The shell has ended with code 3.').waitFor();
    await button('Restart terminal').click();
    await page.getByText('The shell has ended with code 3.').waitFor({ state: 'hidden' });
    await expect.poll(() => visit.tabs()).toEqual(['Terminal 1']);
  });

  it('previews a port in a tab of its own', async () => {
    await openStep();
    await button(/API docs on port 2746/).click();
    await page.frameLocator('iframe').getByText('/apidocs').waitFor();
    await button('Open port 8080').click();
    await expect.poll(() => visit.tabs()).toEqual(['Terminal 1', 'Port 2746', 'Port 8080']);
  });

  it('is usable with the keyboard alone', async () => {
    await openStep();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('F6');
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Info endpoint');
    await page.keyboard.press('F6');
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('xterm-helper-textarea');
    const splitter = page.getByRole('separator', { name: 'Width of the text' });
    await splitter.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe('46');
    await page.getByRole('tab').focus();
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'Name of the terminal' }).waitFor();
    await page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
    await page.keyboard.type('my shell\n');
    await page.getByRole('tab', { name: 'my shell' }).waitFor();
    await page.keyboard.press('Delete');
    await page.getByText('No terminal is open.').waitFor();
  });

  it('tells those who come with Tab how to leave the terminal, and nobody else', async () => {
    await openStep();
    const told = page.getByText('F6 leaves the terminal');
    await page.locator('.terminal-host').click();
    expect(await told.isVisible()).toBe(false);
    await page.keyboard.press('F6');
    await page.keyboard.press('F6');
    await told.waitFor();
    expect(await page.locator('.xterm-helper-textarea').getAttribute('aria-description')).toBe('F6 leaves the terminal.');
  });

  it('lets programs fill the clipboard and not read it, and copies what is selected', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await openStep();
    const type = async (line: string) => {
      await page.locator('.xterm-helper-textarea').focus();
      await page.keyboard.type(`${line}\n`);
    };
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.evaluate(() => navigator.clipboard.writeText('a secret of another site'));
    await type("printf '\\e]52;c;?\\a'; IFS= read -r -t 2 -n 12 answer; printf '<%q>' \"$answer\"");
    await expectText('Terminal 1', "<$'\\E]52;c;");
    expect(await text('Terminal 1')).not.toContain(Buffer.from('a secret').toString('base64').slice(0, 6));
    await type("printf '\\e]52;c;%s\\a' $(printf 'from the shell' | base64)");
    await expect.poll(clipboard).toBe('from the shell');
    await type('clear; echo UNMISTAKABLE');
    await page.locator('.xterm-rows > div', { hasText: /^UNMISTAKABLE/ }).dblclick({ position: { x: 20, y: 8 }, force: true });
    await page.keyboard.press('Control+Shift+C');
    await expect.poll(clipboard).toBe('UNMISTAKABLE');
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
    const failing = await Visit.begin(browser(), { preparation: 'fail' });
    await failing.go(SCENARIO);
    await failing.page.getByText('error: deployment "argo-server" exceeded its progress deadline').waitFor();
    await failing.page.getByRole('heading', { level: 1, name: 'Welcome' }).waitFor();
    await failing.button('Try again').click();
    await failing.page.waitForSelector('[data-terminal-state=open]');
    await failing.end();
  });

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', async ({ colorScheme, width, height }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.goto(lab.url);
    await page.waitForSelector('.card');
    const start = await visit.axe();
    await openStep();
    await button('Check').click();
    await page.waitForSelector('.check-failed');
    const step = await visit.axe();
    await openStep('finish');
    expect({ start, step, finish: await visit.axe(), wide: await visit.isWide() }).toEqual({ start: [], step: [], finish: [], wide: false });
  });
});
