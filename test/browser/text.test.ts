import { beforeEach, expect, it } from 'vitest';
import { EVERYTHING } from '../harness/fake-content.ts';
import { inBrowser, visitEach } from '../harness/in-browser.ts';
import { SOON, Visit, WINDOWS } from '../harness/visit.ts';

inBrowser('the text of a page', (browser) => {
  let v: Visit;
  const visit = visitEach(browser, { author: true });
  beforeEach(() => {
    v = visit();
  });

  it('asks to choose one, and says whether it is right', async () => {
    await v.learn(EVERYTHING, 'intro');
    const quiz = v.page.locator('form.quiz').first();
    await quiz.getByRole('button').click();
    await quiz.getByText('Choose an answer first.').waitFor();
    await quiz.getByRole('radio', { name: 'start' }).check();
    await quiz.getByRole('button').click();
    await quiz.getByText('once more').waitFor();
    expect((await quiz.getByRole('status').innerText()).trim()).toBe('Read the docs once more.');
    await quiz.getByRole('radio', { name: 'entrypoint' }).check();
    await expect.poll(() => quiz.getByRole('status').innerText()).toBe('');
    await quiz.getByRole('button').click();
    await quiz.getByText('Right.').waitFor();
    expect(v.lab.requests.filter((request) => request.includes('/quiz'))).toEqual(['POST /api/sessions/s1/steps/intro/quiz {"quiz":"q1","answers":["c"]}', 'POST /api/sessions/s1/steps/intro/quiz {"quiz":"q1","answers":["a"]}']);
  });

  it('asks to choose all that are right, and to type an answer, with the keyboard alone', async () => {
    await v.learn(EVERYTHING, 'intro');
    const [, many, text] = await v.page.locator('form.quiz').all();
    await many?.getByLabel('Workflow', { exact: true }).focus();
    await v.page.keyboard.press('Space');
    await v.page.keyboard.press('Tab');
    await v.page.keyboard.press('Space');
    await v.page.keyboard.press('Enter');
    await many?.getByText('Right.').waitFor();
    await text?.getByRole('textbox', { name: 'Which command lists workflows?' }).focus();
    await v.page.keyboard.type('argo list\n');
    await text?.getByText('Right.').waitFor();
  });

  it('types without Enter, presses keys, and runs in the terminal that the author names', async () => {
    await v.learn(EVERYTHING, 'step1');
    await expect.poll(() => v.tabs()).toEqual(['Terminal 1', 'logs', 'Argo UI']);
    await v.button('Type: echo half ').click();
    await v.shows('Terminal 1', '$ echo half');
    // The keyboard is in the terminal now: the line is there to be finished.
    await v.page.waitForFunction(() => document.activeElement?.classList.contains('xterm-helper-textarea'));
    await v.page.keyboard.type('and whole\n');
    await v.shows('Terminal 1', '\nhalf and whole');
    await v.page.keyboard.type('sleep 1000\n');
    await v.shows('Terminal 1', 'sleep 1000');
    await v.button('Press: ^C').click();
    await v.shows('Terminal 1', '^C');
    await v.button(/^Run in logs: echo from logs/).click();
    await v.page.getByRole('tab', { name: 'logs', selected: true }).waitFor();
    await v.shows('logs', '\nfrom logs');
  });

  it('shows the session’s addresses in code, and lets the learner choose a port', async () => {
    await v.learn(EVERYTHING, 'step1');
    const port = new URL(v.lab.url).port;
    await v.page.locator('code', { hasText: `http://8080-s1.localhost:${port}` }).waitFor();
    await v.button('a port').click();
    await v.page.getByRole('dialog').getByRole('spinbutton').fill('9090');
    await v.page.getByRole('dialog').getByRole('button', { name: 'Open' }).click();
    await v.page.frameLocator('iframe[title="Port 9090"]').getByText('Preview of 9090').waitFor();
  });

  it('marks lines, jumps to a footnote and back, and hides answers until they are wanted', async () => {
    await v.learn(EVERYTHING, 'step2');
    const marked = await v.page.locator('.t-marked').evaluateAll((lines) => lines.map((line) => getComputedStyle(line).backgroundColor !== 'rgba(0, 0, 0, 0)'));
    expect(marked).toEqual([true, true]);
    await v.page.locator('.footnote-ref a').click();
    await expect.poll(() => v.page.locator('.footnotes li').evaluate((note) => note.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
    expect(new URL(v.page.url()).hash).toBe('#step2');
    expect(await v.page.getByText('Something hidden.').isVisible()).toBe(false);
    await v.learn(EVERYTHING, 'step1');
    expect(await v.page.getByText('The answer of the author.').isVisible()).toBe(false);
    await v.page.getByText('Answer', { exact: true }).click();
    await v.page.getByText('The answer of the author.').waitFor();
  });

  it('speaks the language that the learner chooses, now and at the next visit', async () => {
    await v.learn(EVERYTHING, 'step1');
    await v.button('Session and settings').click();
    await v.page.getByLabel('Language').selectOption({ label: 'Deutsch' });
    await v.page.getByText('(deutsch)').waitFor();
    await v.page.reload();
    await v.page.getByText('(deutsch)').waitFor();
  });

  it('takes on what the author changes, and leaves terminal, place and unfolded parts as they are', async () => {
    await v.learn(EVERYTHING, 'step1');
    await v.page.locator('.xterm-helper-textarea').first().focus();
    await v.page.keyboard.type('echo still here\n');
    await v.shows('Terminal 1', '\nstill here');
    await v.page.locator('.step-scroll').evaluate((scroller) => scroller.scrollTo({ top: 220 }));
    v.lab.emit({ type: 'content', scenario: EVERYTHING });
    await v.page.getByText('Write workflow number 1').waitFor({ state: 'attached' });
    expect(await v.page.locator('.step-scroll').evaluate((scroller) => scroller.scrollTop)).toBe(220);
    await v.shows('Terminal 1', '\nstill here');
  });

  it('shows the author the findings in place, jumps, solves, and tries near misses', async () => {
    const before = v.lab.requests.length;
    await v.learn(EVERYTHING, 'intro');
    await v.button('Findings: 2 findings').click();
    await v.page.locator('.findings li').nth(1).waitFor();
    expect(await v.page.locator('.findings li').allInnerTexts()).toEqual([expect.stringContaining('format/everything/step1.md:12:3'), expect.stringContaining('No such file: finish.md.')]);
    await v.button('Show').click();
    await v.page.getByRole('heading', { level: 1, name: 'Files' }).waitFor();
    await v.page.getByRole('complementary', { name: 'Findings in this step' }).getByText('Add hints: below it in checks.yaml.').waitFor();
    await v.button('Solution').click();
    await v.page.getByText('The solution was typed.').waitFor();
    await v.button('Near misses of this step').click();
    await v.button('Try').first().click();
    await v.page.getByText('Refused with the expected words.').waitFor();
    await v.button('Try').nth(1).click();
    await v.page.getByText('Refused, but with other words.').waitFor();
    expect(await v.axe()).toEqual([]);
    await v.page.keyboard.press('Escape');
    await v.page.getByLabel('Step to jump to').selectOption('step2');
    await v.button('Jump to its start').click();
    await v.page.getByRole('heading', { level: 1, name: 'Prose' }).waitFor();
    await v.page.getByText('Ready at the start of this step.').waitFor();
    expect(v.lab.requests.slice(before).filter((request) => request.includes('/author/'))).toEqual([
      'POST /api/sessions/s1/author/solution {"page":"step1"}',
      'POST /api/sessions/s1/author/near-miss {"page":"step1","index":0}',
      'POST /api/sessions/s1/author/near-miss {"page":"step1","index":1}',
      'POST /api/sessions/s1/author/jump {"page":"step2"}',
    ]);
  });

  it('shows no author’s bar to learners', async () => {
    const learner = await Visit.begin(browser());
    await learner.learn(EVERYTHING, 'step1');
    expect(await learner.page.getByRole('region', { name: 'For the author' }).count()).toBe(0);
    await learner.end();
  });

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', async ({ colorScheme, width, height }) => {
    await v.page.emulateMedia({ colorScheme });
    await v.page.setViewportSize({ width, height });
    const found: Record<string, unknown> = {};
    for (const page of ['intro', 'step1', 'step2']) {
      await v.learn(EVERYTHING, page);
      if (page === 'intro') {
        await v.page.getByRole('radio', { name: 'start' }).check();
        await v.button('Check answer').first().click();
        await v.page.locator('.quiz-wrong').waitFor({ timeout: SOON });
      }
      found[page] = [...(await v.axe()), await v.isWide()];
    }
    expect(found).toEqual({ intro: [false], step1: [false], step2: [false] });
    // A window that grows: nothing of the long page of a phone is left to scroll to.
    await v.page.evaluate(() => window.scrollTo(0, 300));
    await v.page.setViewportSize({ width: 1280, height: 720 });
    await expect.poll(() => v.page.evaluate(() => [document.documentElement.scrollHeight, window.scrollY])).toEqual([720, 0]);
  });
});
