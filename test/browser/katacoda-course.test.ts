import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axeFindings } from '../harness/browser.ts';
import { lesson } from '../harness/in-browser.ts';
import { writeKatacodaCourse } from '../harness/katacoda-course.ts';
import type { Learner } from '../harness/learner.ts';

const folder = mkdtempSync(join(tmpdir(), 'katacoda-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The real lab, with --watch, and a course that somebody else wrote. */
lesson('a course of the older dialect', { scenarios: folder, prepare: () => writeKatacodaCourse(folder), watch: true, oneWay: true }, (at) => {
  let learner: Learner;
  beforeAll(() => {
    ({ learner } = at);
  });

  const button = (name: string | RegExp) => learner.page.getByRole('button', { name });
  const editorText = () => learner.page.locator('.cm-content').evaluate((content) => [...content.querySelectorAll('.cm-line')].map((line) => line.textContent).join('\n'));
  const shows = (terminal: string, text: string) => expect.poll(() => learner.terminal(terminal), { timeout: 60_000 }).toContain(text);

  it('is said to need what is not here, and which file is torn', async () => {
    await learner.page.locator('.card', { hasText: 'Containers' }).getByText('Docker', { exact: true }).waitFor();
    await learner.page.locator('.card.broken', { hasText: 'torn' }).getByText('torn/index.json').waitFor();
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('begins with its editor, its terminals and its dashboard', async () => {
    await learner.go(`${basename(folder)}/editing`, 'intro');
    await learner.page.getByRole('treeitem', { name: 'app.yaml' }).waitFor();
    await expect.poll(() => learner.page.getByRole('tab').allInnerTexts()).toEqual(['Terminal 1', 'db', 'Web']);
    await learner.page.getByRole('tab', { name: 'db' }).click();
    await shows('db', '\nthis is db');
    await learner.page.getByRole('tab', { name: 'Terminal 1' }).click();
  });

  it('asks its questions', async () => {
    const [one, many, text] = await learner.page.locator('form.quiz').all();
    await one?.getByLabel('main').check();
    await one?.getByRole('button').click();
    await learner.page.locator('.quiz-wrong').waitFor();
    await many?.getByLabel('Workflow', { exact: true }).check();
    await many?.getByLabel('CronWorkflow').check();
    await many?.getByRole('button').click();
    await expect.poll(() => many?.getAttribute('class')).toBe('quiz quiz-right');
    await text?.getByRole('textbox').fill('argo list');
    await text?.getByRole('button').click();
    await expect.poll(() => text?.getAttribute('class')).toBe('quiz quiz-right');
  });

  it('puts its blocks into files that the check reads', async () => {
    await button('Begin').click();
    await learner.heading('Files');
    expect(await learner.check()).toEqual([{ title: expect.any(String), passed: false }]);
    await learner.page.getByText('app.yaml names no pod').first().waitFor();
    await button(/^Save to app.yaml/).click();
    await expect.poll(editorText).toBe('apiVersion: v1\nkind: Pod # TODO\n');
    await button(/^Insert into app.yaml/).click();
    await expect.poll(editorText).toBe('apiVersion: v1\nkind: Pod # a pod\n');
    await learner.page.locator('.file-tab-active .dirty').waitFor({ state: 'detached' });
    expect((await learner.check()).map((check) => check.passed)).toEqual([true]);
  });

  it('lets the editor follow the shell, and the shell the editor', async () => {
    await learner.page.locator('.tab-pane .panel:not(.panel-hidden) .xterm-helper-textarea').focus();
    await learner.page.keyboard.type("sed -i 's/a pod/changed/' app/app.yaml\n");
    await expect.poll(editorText, { timeout: 20_000 }).toBe('apiVersion: v1\nkind: Pod # changed\n');
    await learner.page.locator('.cm-content').focus();
    await learner.page.keyboard.press('Control+End');
    await learner.page.keyboard.type('# mine');
    await learner.page.keyboard.press('Control+s');
    await learner.page.locator('.file-tab-active .dirty').waitFor({ state: 'detached' });
    await learner.page.locator('.tab-pane .panel:not(.panel-hidden) .xterm-helper-textarea').focus();
    await learner.page.keyboard.type('tail -1 app/app.yaml\n');
    await shows('Terminal 1', '\n# mine');
  });

  it('types, presses keys, and runs in the terminal with the number', async () => {
    await button('Type: echo half').click();
    await shows('Terminal 1', '$ echo half');
    // The keyboard is in the terminal now: the line is there to be finished.
    await learner.page.waitForFunction(() => document.activeElement?.classList.contains('xterm-helper-textarea'));
    await learner.page.keyboard.type(' whole\n');
    await shows('Terminal 1', '\nhalf whole');
    await button('Run: sleep 1000').click();
    await shows('Terminal 1', '$ sleep 1000');
    await button('Press: ^C').click();
    await shows('Terminal 1', '^C');
    await button(/T3: cd app/).click();
    await shows('Terminal 3', 'Serving HTTP');
    await button('the web').click();
    await expect.poll(async () => (await learner.preview()).locator('body').innerText().catch(() => ''), { timeout: 60_000 }).toContain('app.yaml');
  });

  it('changes under the eyes of its author, and says what is wrong with it', async () => {
    await button('Next').click();
    await learner.heading('Prose');
    await learner.page.locator('.alert-warning', { hasText: 'Mind the gap.' }).waitFor();
    expect(await learner.page.locator('.t-marked').innerText()).toBe('metadata: {}');
    writeFileSync(join(folder, 'editing/step2.md'), '> [!TIP]\n> Mind the step.\n');
    await learner.page.locator('.alert-tip', { hasText: 'Mind the step.' }).waitFor();
    await shows('Terminal 1', '\nhalf whole');
    await learner.page.getByRole('region', { name: 'For the author' }).waitFor();
    expect(await axeFindings(learner.page)).toEqual([]);
    expect(learner.problems).toEqual([]);
  });
});
