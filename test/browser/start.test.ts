import { expect, it } from 'vitest';
import { EVERYTHING, USING_THE_API } from '../harness/fake-content.ts';
import { inBrowser } from '../harness/in-browser.ts';
import { Visit, WINDOWS } from '../harness/visit.ts';
import type { VisitOptions } from '../harness/visit.ts';

inBrowser('the start of a scenario', (browser) => {
  const visit = (options: VisitOptions, body: (visit: Visit) => Promise<void>) => Visit.during(browser(), options, body);
  const card = (v: Visit, title: string) => v.page.locator('.card', { has: v.page.getByRole('heading', { name: title, exact: true }) });

  it('says what this machine can’t give before a learner begins', () =>
    visit({}, async (v) => {
      await v.go('/');
      const docker = card(v, 'Building images');
      expect(await docker.getByRole('list', { name: 'What this machine can’t give' }).innerText()).toBe('Docker: step 2 runs docker build, and no Docker answers here. Install Docker, then start argo-lab again.');
      await docker.getByText('1 warning').click();
      await docker.getByText('the image “crunchydata” is not known: Ubuntu is used instead').waitFor();
      await docker.getByRole('link', { name: 'Start anyway: Building images' }).waitFor();
      await v.page.getByLabel('Only what this machine can run').check();
      await expect.poll(() => docker.count()).toBe(0);
      await expect.poll(() => v.page.locator('.card h3').count()).toBe(5);
    }));

  it('finds one of a thousand scenarios as one types', () =>
    visit({ many: 40 }, async (v) => {
      await v.go('/');
      await v.page.getByText('Find in').or(v.page.getByPlaceholder('Find in 1007 scenarios')).waitFor();
      await v.page.keyboard.press('/');
      await v.page.keyboard.type('scenario 33.17');
      await v.page.getByText('1 scenario', { exact: true }).waitFor();
      expect(await v.page.locator('.card h3').allInnerTexts()).toEqual(['Scenario 33.17']);
      await v.page.keyboard.press('Escape');
      await v.page.getByRole('button', { name: 'Course 7', exact: true }).click();
      await v.page.getByRole('heading', { name: 'Scenario 7.1', exact: true }).waitFor();
      await v.page.getByLabel(/Only what can’t be loaded/).check();
      await expect.poll(() => v.page.locator('.problems code').allInnerTexts()).toEqual(['scenarios/argo-workflows/broken/index.json:12:7', 'details.steps[1].text', 'many-0/s24/index.json:1']);
    }));

  it('runs on kind where the learner wants it and the machine can', () =>
    visit({ kind: 'available' }, async (v) => {
      await v.go('/');
      await v.page.getByRole('link', { name: 'Run on kind: Using the API' }).click();
      await v.page.locator('[data-terminal-state=open]').waitFor();
      expect(v.lab.requests[0]).toBe(`POST /api/sessions {"scenario":"${USING_THE_API}","provider":"kind"}`);
      expect(new URL(v.page.url()).search).toBe('');
    }));

  it('says why it can’t run on kind', () =>
    visit({ kind: 'missing' }, async (v) => {
      await v.go('/');
      await card(v, 'Using the API').getByText('Not on kind here').click();
      await card(v, 'Using the API').getByText('Docker is not running. Start it with systemctl start docker.').waitFor();
      expect(await v.page.getByRole('link', { name: /Run on kind/ }).count()).toBe(0);
    }));

  it('shows how long a stage runs already, and cancels at any moment', () =>
    visit({ preparation: 'slow' }, async (v) => {
      await v.go(`/learn/${USING_THE_API}`);
      await v.page.locator('.stage-running .stage-time', { hasText: /[1-9]/ }).waitFor();
      await v.button('Cancel').click();
      await v.page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
      expect(v.lab.requests).toEqual([`POST /api/sessions {"scenario":"${USING_THE_API}"}`, 'DELETE /api/sessions/s1 {}']);
    }));

  it('takes back a session that was cancelled before the lab had answered', () =>
    visit({}, async (v) => {
      let answer = () => {};
      await v.page.route('**/api/sessions', async (route) => {
        await new Promise<void>((resolve) => (answer = resolve));
        await route.continue();
      });
      await v.go(`/learn/${USING_THE_API}`);
      await v.page.getByText('Asking the lab for a session').waitFor();
      await v.button('Cancel').click();
      await v.page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
      answer();
      await expect.poll(() => v.lab.requests).toEqual([`POST /api/sessions {"scenario":"${USING_THE_API}"}`, 'DELETE /api/sessions/s1 {}']);
    }));

  it('offers the logs and another cluster when the start failed', () =>
    visit({ preparation: 'fail' }, async (v) => {
      await v.go(`/learn/${USING_THE_API}?cluster=kind`);
      await v.page.getByText('error: deployment "argo-server" exceeded its progress deadline').waitFor();
      const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: 'Download the logs' }).click()]);
      expect(download.suggestedFilename()).toBe('logs.zip');
      expect(await v.axe()).toEqual([]);
      await v.button('Run on the embedded cluster').click();
      await v.page.locator('[data-terminal-state=open]').waitFor();
      expect(v.lab.requests.at(-1)?.startsWith('POST')).toBe(true);
      expect(v.lab.requests).toContain('POST /api/sessions/s1/reset {"provider":"embedded"}');
    }));

  it('goes on on another cluster, with the same terminal, when the cluster dies', () =>
    visit({}, async (v) => {
      await v.learn(USING_THE_API, 'step1');
      await v.page.locator('.xterm-helper-textarea').focus();
      await v.page.keyboard.type('echo kept\n');
      await v.shows('Terminal 1', '\nkept');
      v.lab.change({ provider: 'kind', lost: { message: 'The Docker daemon does not answer any more.', next: 'Start it again.', alternatives: ['embedded'] } });
      await v.page.getByRole('alert').getByText('The cluster is gone').waitFor();
      expect(await v.axe()).toEqual([]);
      await v.button('Look at the terminals').click();
      await v.shows('Terminal 1', '\nkept');
      v.lab.change({ lost: { message: 'The Docker daemon is gone for good.', alternatives: ['embedded'] } });
      await v.button('Go on on the embedded cluster').click();
      await v.page.getByText('The cluster is gone').waitFor({ state: 'detached' });
      await v.shows('Terminal 1', '\nkept');
      await expect.poll(() => v.lab.requests.at(-1)).toBe('POST /api/sessions/s1/continue {"provider":"embedded"}');
    }));

  it('shows what the lab has to say until it takes it back', () =>
    visit({}, async (v) => {
      await v.learn(EVERYTHING, 'step2');
      v.lab.emit({ type: 'notice', id: 'disk', severity: 'warning', text: 'The disk of this session is nearly full.' });
      await v.page.getByText('The disk of this session is nearly full.').waitFor();
      v.lab.emit({ type: 'notice', id: 'disk', severity: 'warning', text: '' });
      await v.page.getByText('The disk of this session is nearly full.').waitFor({ state: 'detached' });
    }));

  it.each(WINDOWS)('gives axe nothing to say, $colorScheme at $width pixels', (window) =>
    visit({ ...window, kind: 'missing', many: 3 }, async (v) => {
      await v.go('/');
      await v.page.locator('.card').first().waitFor();
      const folded = await v.axe();
      await v.page.keyboard.press('/');
      await v.page.keyboard.type('argo');
      await v.page.getByText('4 scenarios', { exact: true }).or(v.page.getByText('3 scenarios', { exact: true })).waitFor();
      expect({ folded, found: await v.axe(), wide: await v.isWide() }).toEqual({ folded: [], found: [], wide: false });
    }));
});
