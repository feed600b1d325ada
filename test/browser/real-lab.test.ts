import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { axeFindings } from '../harness/browser.ts';
import { lesson } from '../harness/in-browser.ts';
import type { TestLab } from '../harness/lab.ts';
import { Learner, type LearnerOptions } from '../harness/learner.ts';

/** The page before the real lab server: what a learner may do beside going through the steps. */
const SCENARIO = 'argo-workflows/using-the-api';

lesson('the page of the real lab', { scenarios: join(import.meta.dirname, '../../scenarios') }, (at) => {
  let browser: Browser;
  let lab: TestLab;
  let learner: Learner;
  beforeAll(() => {
    ({ browser, lab, learner } = at);
  });

  const open = async (page: string) => {
    await learner.go(SCENARIO, page);
    await learner.ready();
  };
  const inAnotherBrowser = async (options: LearnerOptions, act: (other: Learner) => Promise<void>) => {
    const other = await Learner.visit(browser, lab, options);
    await act(other).catch(async (error: unknown) => {
      console.error(await other.scene());
      await other.context.close();
      throw error;
    });
    await other.leave();
  };

  it('keeps the token out of the address', () => {
    expect(learner.page.url()).toBe(`${lab.origin}/`);
  });

  it('says what was expected, what it found, why, and what to do, when nothing was done yet', async () => {
    await open('step1');
    expect(await learner.check()).toEqual([
      { title: 'The Argo Server answers on localhost:2746', passed: false },
      { title: 'You asked the info endpoint without a token', passed: false },
    ]);
    const first = learner.page.locator('#checks .check-failed').first();
    expect(await first.locator('.failure-next').innerText()).toMatch(/^Next: \S/);
    expect(await first.locator('dt').allInnerTexts()).toEqual(['Expected', 'Observed', 'Why']);
    expect(await first.locator('dd').last().innerText()).toBe('Nothing listens on localhost:2746.');
    expect(await axeFindings(learner.page)).toEqual([]);
  });

  it('shows a waiting page while nothing listens on a previewed port, and what is there as soon as it is', async () => {
    await open('step5');
    await learner.page.locator('#step [data-port="2746"]').first().click();
    const frame = learner.page.frameLocator('.panel:not(.panel-hidden) iframe');
    await frame.getByRole('heading', { name: 'Nothing listens on port 2746 yet' }).waitFor();
    await learner.page.getByRole('tab', { name: 'Terminal 1' }).click();
    await learner.type('kubectl -n argo port-forward svc/argo-server 2746:2746 > /dev/null &');
    await learner.page.getByRole('tab', { name: 'Port 2746' }).click();
    await frame.getByLabel('Token').waitFor();
    expect(new URL((await learner.preview()).url()).hostname).toMatch(/^2746-[a-z0-9]+\.localhost$/);
    await learner.page.getByRole('tab', { name: 'Terminal 1' }).click();
    await learner.type('kill %1; wait');
  });

  it('comes back to the same page, the same shell and the same screen after a reload', async () => {
    await open('step2');
    await learner.type('kept=here; seq -s" " 1 40');
    const before = await learner.terminal();
    await learner.page.reload();
    await learner.ready();
    await learner.heading('Access token');
    await expect.poll(() => learner.terminal(), { timeout: 20_000 }).toBe(before);
    expect(await learner.type('echo "kept is $kept"')).toContain('\nkept is here\n');
  });

  it('shows two tabs of one session the same bytes', async () => {
    await open('step2');
    const second = await learner.secondTab();
    await second.go(SCENARIO, 'step2');
    await second.ready();
    await second.type('echo typed in the second tab');
    await expect.poll(() => learner.terminal(), { timeout: 20_000 }).toContain('\ntyped in the second tab\n');
    await learner.type('echo typed in the first');
    await expect.poll(() => second.terminal(), { timeout: 20_000 }).toContain('\ntyped in the first\n');
    await expect.poll(async () => (await second.terminal()) === (await learner.terminal()), { timeout: 20_000 }).toBe(true);
    await second.page.close();
    expect(second.problems).toEqual([]);
  });

  it('adds, renames and closes terminals, each with a shell of its own', async () => {
    await open('step2');
    // What an attempt before has left.
    for (const spare of (await learner.page.getByRole('tab').allInnerTexts()).filter((name) => name !== 'Terminal 1')) {
      await learner.page.getByRole('tab', { name: spare, exact: true }).click();
      await learner.page.getByRole('tab', { name: spare, exact: true }).press('Delete');
      await learner.page.getByRole('tab', { name: spare, exact: true }).waitFor({ state: 'detached' });
    }
    const tab = (name: string) => learner.page.getByRole('tab', { name, exact: true });
    await learner.button('New terminal').click();
    await tab('Terminal 2').waitFor();
    await learner.ready('Terminal 2');
    expect(await learner.type('echo "kept is <$kept>"')).toContain('\nkept is <>\n');
    await tab('Terminal 2').dblclick();
    await learner.page.getByRole('textbox', { name: 'Name of the terminal' }).fill('logs');
    await learner.page.keyboard.press('Enter');
    await tab('logs').waitFor();
    await learner.page.reload();
    await tab('logs').waitFor();
    await tab('logs').focus();
    await tab('logs').click();
    await tab('logs').focus();
    await learner.page.keyboard.press('Delete');
    await tab('logs').waitFor({ state: 'detached' });
    await expect.poll(() => learner.page.getByRole('tab').allInnerTexts()).toEqual(['Terminal 1']);
  });

  it('goes through a step with the keyboard alone', async () => {
    await inAnotherBrowser({}, async (other) => {
      const { page } = other;
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '');
      const tabTo = async (wanted: RegExp) => {
        for (let i = 0; i < 60; i++) {
          if (wanted.test(await focused())) return;
          await page.keyboard.press('Tab');
        }
        throw new Error(`the Tab key does not lead to ${wanted}; it is at “${await focused()}”`);
      };
      await page.getByRole('link', { name: /: Using the API$/ }).waitFor();
      await tabTo(/^(Start|Resume): Using the API$/);
      await page.keyboard.press('Enter');
      await page.locator('.step-label').waitFor();
      await other.go(SCENARIO, 'intro');
      await other.ready();
      await tabTo(/^Begin$/);
      await page.keyboard.press('Enter');
      await other.heading('Info endpoint');
      await tabTo(/^Run: kubectl -n argo port-forward/);
      await other.printed(() => page.keyboard.press('Enter'));
      await other.passesLive('The Argo Server answers on localhost:2746');
      await tabTo(/^Run: curl http/);
      await other.printed(() => page.keyboard.press('Enter'));
      await tabTo(/^Check$/);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 2, name: 'Done' }).waitFor();
      await tabTo(/^Next$/);
      await page.keyboard.press('Enter');
      await other.heading('Access token');
    });
  });

  it('moves the splitter with the arrow keys and remembers it', async () => {
    await open('step2');
    const splitter = learner.page.getByRole('separator', { name: 'Width of the text' });
    const width = async () => (await learner.page.locator('#step').boundingBox())?.width ?? 0;
    // Where it is from the beginning: another attempt may have moved it.
    await splitter.dblclick();
    await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe('44');
    const before = await width();
    await splitter.focus();
    await learner.page.keyboard.press('ArrowRight');
    await learner.page.keyboard.press('ArrowRight');
    await expect.poll(() => splitter.getAttribute('aria-valuenow')).toBe('48');
    await expect.poll(width).toBeGreaterThan(before);
    await learner.page.reload();
    await learner.ready();
    expect(await splitter.getAttribute('aria-valuenow')).toBe('48');
  });

  it('switches between light and dark and remembers it', async () => {
    await open('step2');
    const colour = () => learner.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await colour();
    await learner.button('Switch to dark colours').click();
    await expect.poll(colour).not.toBe(light);
    const dark = await colour();
    await learner.page.reload();
    await learner.ready();
    expect(await colour()).toBe(dark);
    await learner.button('Switch to light colours').click();
  });

  it.each([
    ['light', 1280, 720],
    ['dark', 1280, 720],
    ['light', 390, 844],
    ['dark', 390, 844],
  ] as const)('gives axe nothing to say on any page, %s at %i × %i', async (colorScheme, width, height) => {
    await inAnotherBrowser({ colorScheme, width, height }, async (other) => {
      const { page } = other;
      await page.locator('.card').first().waitFor();
      const found: Record<string, string[]> = { start: await axeFindings(page) };
      await other.go(SCENARIO, 'intro');
      await other.ready();
      const steps = ['intro', 'step1', 'step2', 'step3', 'step4', 'step5', 'finish'];
      for (const step of steps) {
        await other.go(SCENARIO, step);
        await page.locator('#step article .prose').first().waitFor();
        if (step.startsWith('step')) await other.check();
        for (const details of await page.locator('#step details').all()) await details.evaluate((element) => element.setAttribute('open', ''));
        found[step] = await axeFindings(page);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (sideways > 0) found[step].push(`the page is ${sideways} px wider than the window`);
      }
      expect(found).toEqual(Object.fromEntries(['start', ...steps].map((name) => [name, []])));
    });
  });

  it('resets the session: clean home, clean cluster, first page, progress kept', async () => {
    await open('step2');
    await learner.type('touch made-by-me; kubectl create configmap made-by-me');
    await learner.button('Session and settings').click();
    await learner.button(/Reset the session/).click();
    await learner.page.getByRole('dialog').getByRole('button', { name: 'Reset', exact: true }).click();
    await learner.heading('Introduction');
    await learner.ready();
    expect(await learner.type('ls')).not.toContain('made-by-me');
    expect(await learner.type('kubectl get configmap made-by-me')).toContain('Error from server (NotFound): configmaps "made-by-me" not found\n');
  });

  it('had no errors and broke no policy in all this', () => {
    expect(learner.problems).toEqual([]);
  });
});

const hostile = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rm(hostile, { recursive: true, force: true }));

async function writeHostile(folder: string): Promise<void> {
  await mkdir(join(folder, 'evil'), { recursive: true });
  await writeFile(join(folder, 'evil', 'index.json'), JSON.stringify({ title: 'Evil <b>title</b>', description: '<img src=x onerror="document.title=\'owned\'">', details: { steps: [{ title: '<script>1</script>', text: 'step.md' }] } }));
  await writeFile(
    join(folder, 'evil', 'step.md'),
    [
      'Before',
      '<script>document.title = "owned"</script>',
      '<img src="x" onerror="document.title=\'owned\'">',
      '<svg onload="document.title=\'owned\'"><circle r="4"/></svg>',
      '<a href="javascript:document.title=\'owned\'">a link</a>',
      '[another](javascript:alert(1))',
      '<iframe src="data:text/html,<script>parent.document.title=1</script>"></iframe>',
      '<form action="https://example.com"><input name="x"><button>send</button></form>',
      '<style>body { display: none }</style>',
      '<p style="position:fixed;inset:0" onclick="document.title=\'owned\'">a paragraph</p>',
      'After',
    ].join('\n\n'),
  );
}

lesson('a hostile scenario', { scenarios: hostile, prepare: () => writeHostile(hostile) }, (at) => {
  it('is shown as text, and none of it runs', async () => {
    const learner = await Learner.visit(at.browser, at.lab);
    const { page } = learner;
    await page.getByText('Evil <b>title</b>').waitFor();
    await page.getByRole('link', { name: /^Start/ }).click();
    await page.getByText('After', { exact: true }).waitFor();
    await page.getByText('a link').click();
    await page.getByText('a paragraph').click();
    const prose = page.locator('#step .prose').first();
    expect(await prose.locator('script, iframe, form, input, style, object, embed').count()).toBe(0);
    const attributes = await prose.evaluate((root) => [...root.querySelectorAll('*')].flatMap((element) => [...element.attributes].map((attribute) => `${attribute.name}=${attribute.value}`)).filter((text) => /^on|javascript:|^style=/i.test(text)));
    expect(attributes).toEqual([]);
    expect(await page.title()).not.toBe('owned');
    await learner.leave();
  });
});
