import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const PODS = { group: '', version: 'v1', resource: 'pods' };

inBrowser("archived workflows in Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    const { client } = ui.cluster;
    const configmaps = { group: '', version: 'v1', resource: 'configmaps' };
    await client.patch(configmaps, 'argo', 'workflow-controller-configmap', { type: 'merge', body: { data: { persistence: 'archive: true\n' } } });
    // Both read their settings when they begin.
    for (const app of ['workflow-controller', 'argo-server']) {
      const [old] = (await client.list(PODS, { namespace: 'argo', labelSelector: `app=${app}` })).items;
      await client.delete(PODS, 'argo', old?.metadata.name ?? '', { gracePeriodSeconds: 0 });
      await vi.waitFor(async () => {
        const [pod] = (await client.list(PODS, { namespace: 'argo', labelSelector: `app=${app}` })).items;
        expect(pod?.metadata.name).not.toBe(old?.metadata.name);
        expect(pod?.['status']).toMatchObject({ conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]) });
      }, 30_000);
    }
    for (const name of ['kept', 'forgotten']) await client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name, labels: { team: 'blue' } }, spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: { duration: '0' } }] } });
    const archived = async (name: string) => (await client.get(WORKFLOWS, 'argo', name)).metadata.labels?.['workflows.argoproj.io/workflow-archiving-status'];
    await vi.waitFor(async () => expect(await Promise.all(['kept', 'forgotten'].map(archived))).toEqual(['Archived', 'Archived']), { timeout: 30_000, interval: 200 });
  }, 120_000);
  afterAll(() => ui?.close());

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const remove = async (name: string, inArchive: boolean) => {
    await page.goto(`${ui.base}/workflows/argo/${name}`);
    await button('Delete').click();
    const question = page.getByRole('dialog', { name: `Delete ${name}` });
    if (inArchive) await question.getByLabel('Delete in database').check();
    expect(await axeFindings(page)).toEqual([]);
    await question.getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(/\/workflows\/argo$/);
  };
  const rows = () => page.locator('tbody tr td:nth-child(2) a').allInnerTexts();

  it('stay in the list when the object is deleted, unless the archive is to forget them too', async () => {
    await remove('kept', false);
    await remove('forgotten', true);
    await expect.poll(rows).toEqual(['kept']);
    await page.goto(`${ui.base}/workflows/argo`);
    await page.getByRole('row', { name: /^Select kept .* true$/ }).waitFor();
  });

  it('can be looked at and run again', async () => {
    await page.getByRole('link', { name: 'kept' }).click();
    await page.locator('.graph-status strong', { hasText: 'Succeeded' }).waitFor();
    await button('Logs').click();
    await page.getByText('Logs for archived workflows may be overwritten').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await button('Resubmit').click();
    await page.getByRole('dialog', { name: 'Resubmit Workflow' }).getByRole('button', { name: 'Resubmit' }).click();
    await page.waitForURL(/\/workflows\/argo\/kept-.{5}$/);
  });

  it('have the links that the configuration gives them, but none that would run something', async () => {
    const links = [
      { name: 'Team page', scope: 'workflow', url: 'https://example.com/${metadata.name}/${workflow.metadata.labels.team}' },
      { name: 'Bad', scope: 'workflow', url: 'javascript:alert(1)' },
    ];
    await page.route('**/api/v1/info', (route) => route.fulfill({ json: { links, columns: [{ name: 'Team', type: 'label', key: 'team' }] } }));
    await page.reload();
    await button('Team page').waitFor();
    expect(await button('Bad').count()).toBe(0);
    await page.route('https://example.com/**', (route) => route.fulfill({ body: 'the page of the team' }));
    await button('Team page').click();
    await page.waitForURL(/^https:\/\/example\.com\/kept-.{5}\/blue$/);
  });

  it('have the columns that the configuration adds, and let a reader skip the menu', async () => {
    await page.goto(`${ui.base}/workflows/argo`);
    await page.getByRole('link', { name: 'kept', exact: true }).waitFor();
    expect(await page.locator('thead th').last().innerText()).toMatch(/^team$/i);
    await page.keyboard.press('Tab');
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
  });

  it('have had no error in all that', () => {
    expect(ui.problems).toEqual([]);
  });
});
