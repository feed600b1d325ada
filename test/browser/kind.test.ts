import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { configFrom } from '../../server/config.ts';
import { type Lab, startLab } from '../../server/wire.ts';
import { axeFindings, launchBrowser, terminalTexts, watchProblems } from '../harness/browser.ts';
import { browserOrReason } from '../harness/chromium.ts';
import { type KindDouble, startKindDouble } from '../harness/kind-double/index.ts';

const { chromium, missing } = browserOrReason('kind in a browser');
const IMAGES = ['argocli', 'workflow-controller', 'argoexec'].map((name) => `quay.io/argoproj/${name}:v3.7.6`);
const SOON = 30_000;
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };

/** The real lab on a machine whose `kind` and `docker` are doubles that replay recorded output. */
describe.runIf(missing === undefined)('a learner who wants a real cluster', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'kind-page-'));
  let double: KindDouble;
  let lab: Lab;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    mkdirSync(join(folder, 'course/pods'), { recursive: true });
    writeFileSync(join(folder, 'course/pods/index.json'), JSON.stringify({ title: 'Pods', details: { steps: [{ title: 'One', text: 'one.md' }, { title: 'Two', text: 'two.md' }] }, backend: { imageid: 'kubernetes-kubeadm-1node' } }));
    for (const name of ['one', 'two']) writeFileSync(join(folder, `course/pods/${name}.md`), `Step ${name}.\n`);
    writeFileSync(join(folder, 'argo.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-argo-server}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-workflow-controller}\n');
    double = await startKindDouble({ apis: 1, behaviour: { images: IMAGES, stepMs: 60 } });
    lab = await startLab(configFrom({ port: '0', data: join(folder, 'data'), scenarios: [join(folder, 'course')], argoManifest: join(folder, 'argo.yaml'), sandbox: 'none' }, [], double.environment));
    browser = await launchBrowser(chromium ?? '');
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
    page = await context.newPage();
    page.setDefaultTimeout(SOON);
    problems = await watchProblems(page);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
    await double?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }, 30_000);
  beforeEach(async ({ onTestFailed }) => {
    // What a failed try has left would stand in the way of the next one.
    await double.behave({ hang: undefined, fail: undefined, docker: 'up' });
    await page.goto(lab.url);
    await page.evaluate(async () => {
      const courses = await (await fetch('/api/courses')).text();
      for (const [, id] of courses.matchAll(/"session":"(\w+)"/g)) await fetch(`/api/sessions/${id}`, { method: 'DELETE', headers: { 'x-argo-lab': '1' } });
    });
    onTestFailed(async () => console.error(await page.locator('#workspace').innerText({ timeout: 1000 }).catch(() => '')));
  });

  const onKind = async () => {
    await page.goto(lab.url);
    await page.getByRole('link', { name: 'Run on kind: Pods' }).click();
  };
  const stages = () => page.locator('.stage').allInnerTexts();

  it('watches kind’s own stages, cancels in the middle, and nothing is left', async () => {
    await double.behave({ hang: 'Starting control-plane' });
    await onKind();
    await page.locator('.stage-running', { hasText: 'Starting control-plane' }).locator('.stage-time', { hasText: /[1-9]/ }).waitFor();
    expect((await stages()).filter((stage) => /\d s$/.test(stage)).length).toBeGreaterThan(2);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
    await expect.poll(() => double.containers(), { timeout: SOON }).toEqual([]);
    await double.behave({ hang: undefined });
  });

  it('is told why it failed and what to do, can take the logs, and runs on the embedded cluster instead', async () => {
    await double.behave({ fail: '29-create-not-a-node-image' });
    await onKind();
    await page.getByRole('heading', { name: 'The session could not be made ready' }).waitFor();
    expect(await page.locator('.failure-next').innerText()).toContain('kindest/node');
    expect(await axeFindings(page)).toEqual([]);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the logs' }).click()]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    await double.behave({ fail: undefined });
    await page.getByRole('button', { name: 'Run on the embedded cluster' }).click();
    await page.locator('[data-terminal-state=open]').waitFor();
    await page.getByRole('button', { name: 'Session and settings' }).click();
    await page.getByText('Cluster: embedded').waitFor();
    await page.getByRole('button', { name: /End the session/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
  });

  it('begins anew with the same cluster, made clean', async () => {
    await onKind();
    await page.locator('[data-terminal-state=open]').waitFor();
    await page.locator('.overlay').waitFor({ state: 'detached' });
    const before = await double.containers();
    const behind = double.apis[0]?.cluster;
    if (behind === undefined) throw new Error('there is no API behind the cluster');
    await behind.client.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' } });
    await page.getByRole('button', { name: 'Session and settings' }).click();
    await page.getByRole('button', { name: /^Reset/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reset', exact: true }).click();
    // The page may be ready again before anybody could read that the cluster is being cleaned.
    await expect.poll(() => behind.client.find(CONFIG_MAPS, 'default', 'left'), { timeout: SOON }).toBeUndefined();
    await page.locator('.overlay').waitFor({ state: 'detached' });
    expect((await double.containers()).map(({ name, state }) => [name, state])).toEqual(before.map(({ name }) => [name, 'running']));
    await page.getByRole('button', { name: 'Session and settings' }).click();
    await page.getByRole('button', { name: /End the session/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
  });

  it('goes on where it was, in the same terminal, when Docker stops in the middle', async () => {
    await onKind();
    await page.locator('[data-terminal-state=open]').waitFor();
    await page.locator('.overlay').waitFor({ state: 'detached' });
    await page.goto(`${page.url().split('#')[0]}#step2`);
    await page.getByRole('heading', { level: 1, name: 'Two' }).waitFor();
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type('echo kept $((6*7))\n');
    await expect.poll(async () => Object.values(await terminalTexts(page))[0], { timeout: SOON }).toContain('kept 42');
    await expect.poll(async () => (await double.commands()).some(([, verb]) => verb === 'events'), { timeout: SOON }).toBe(true);
    await double.behave({ docker: 'down' });
    await page.getByRole('heading', { name: 'The cluster is gone' }).waitFor();
    await page.getByText('Docker’s daemon has stopped, and the cluster with it').waitFor();
    await page.getByRole('button', { name: 'Go on on the embedded cluster' }).click();
    await page.getByRole('heading', { name: 'The cluster is gone' }).waitFor({ state: 'detached' });
    await page.locator('.overlay').waitFor({ state: 'detached' });
    expect(Object.values(await terminalTexts(page))[0]).toContain('kept 42');
    expect(await page.locator('h1').innerText()).toBe('Two');
    await page.getByRole('button', { name: 'Session and settings' }).click();
    await page.getByRole('button', { name: /End the session/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'End', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Learn by doing' }).waitFor();
  });

  it('reads on the card why there is no kind here, and what to do', async () => {
    await double.behave({ docker: 'denied' });
    const said = async () => {
      await page.goto(lab.url);
      await page.locator('.card', { hasText: 'Not on kind here' }).waitFor();
      await page.getByText('Not on kind here').click();
      return page.locator('.card-more').innerText();
    };
    await expect.poll(said, { timeout: SOON }).toBe('Not on kind here\n\nYour user may not use Docker. Add it to the group docker (sudo usermod -aG docker $USER), log in again, then start the lab again.');
    expect(problems).toEqual([]);
  });
});
