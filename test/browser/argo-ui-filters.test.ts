import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };

inBrowser("the lists of Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;
  const make = (namespace: string, name: string, labels: Record<string, string>) => ui.cluster.client.create(WORKFLOWS, namespace, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name, labels }, spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: { duration: '0' } }] } });

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    await make('argo', 'hello-1', { team: 'blue' });
    await make('argo', 'hello-2', { team: 'red' });
    await make('argo', 'other-hello', {});
    await make('default', 'elsewhere', {});
    await vi.waitFor(async () => expect((await ui.cluster.client.get(WORKFLOWS, 'argo', 'other-hello')).metadata.labels?.['workflows.argoproj.io/phase']).toBe('Succeeded'), { timeout: 30_000, interval: 200 });
  }, 90_000);
  afterAll(() => ui?.close());

  const go = (path: string) => page.goto(`${ui.base}/${path}`);
  const rows = () => page.locator('tbody tr td:nth-child(2) a').allInnerTexts().then((names) => names.toSorted());

  it('understand the addresses that Argo itself writes', async () => {
    const seen: string[][] = [];
    for (const query of ['Prefix=hello', 'Contains=hello', 'Exact=hello-1', 'label=team', 'label=team&label=team!%3Dred', 'phase=Succeeded&createdAfter=2020-01-01T00:00:00.000Z', 'createdAfter=2999-01-01T00:00:00.000Z']) {
      await go(`workflows/argo?${query}`);
      await page.locator('main :is(tbody tr, .list h2)').first().waitFor();
      seen.push(await rows());
    }
    const all = ['hello-1', 'hello-2', 'other-hello'];
    expect(seen).toEqual([['hello-1', 'hello-2'], all, ['hello-1'], ['hello-1', 'hello-2'], ['hello-1'], all, []]);
  });

  it('propose the labels that there are, and filter once one is chosen', async () => {
    await go('workflows/argo');
    await page.getByRole('link', { name: 'hello-1' }).waitFor();
    const labels = page.getByLabel('Labels');
    expect(await page.locator(`datalist option`).evaluateAll((options) => options.map((option) => option.getAttribute('value')))).toContain('team=blue');
    await labels.fill('team=blue');
    await expect.poll(rows).toEqual(['hello-1']);
    expect(new URL(page.url()).searchParams.get('label')).toBe('team=blue');
  });

  it('show all namespaces where none is named, and one again where one is', async () => {
    await go('workflows/argo');
    await page.getByLabel('Namespace', { exact: true }).fill('');
    await page.keyboard.press('Enter');
    await expect.poll(rows).toEqual(['elsewhere', 'hello-1', 'hello-2', 'other-hello']);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByLabel('Namespace', { exact: true }).fill('default');
    await page.keyboard.press('Enter');
    await expect.poll(rows).toEqual(['elsewhere']);
  });

  it('say what the login by single sign-on needs, where it is not configured', async () => {
    await go('login?redirect=/workflows/argo');
    const link = page.getByRole('link', { name: 'Login' });
    expect(await link.getAttribute('href')).toBe('/oauth2/redirect?redirect=%2Fworkflows%2Fargo');
    await link.click();
    await page.getByText('Single sign-on is not configured on this server (501 Not Implemented)').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('have help beside them that leads out of the lab, and says so', async () => {
    await go('help');
    expect(await page.locator('main h2').evaluateAll((titles) => titles.map((title) => title.textContent?.trim()))).toEqual(['Documentation', 'Contact', 'Argo CLI']);
    expect(await axeFindings(page)).toEqual([]);
    await go('plugins');
    await page.getByText('kubectl get cm -l workflows.argoproj.io/configmap-type=ExecutorPlugin').waitFor();
  });

  it('have had no error in all that', () => {
    expect(ui.problems).toEqual([]);
  });
});
