import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const NODES = 500;

/** A workflow of steps and pods; its `message` comes back in the logs. */
const MANIFEST = `
metadata: {name: first}
spec:
  entrypoint: main
  arguments: {parameters: [{name: message, value: from the editor}]}
  templates:
    - name: main
      steps: [[{name: say, template: say}], [{name: again, template: say}]]
    - name: say
      container: {image: busybox, command: [echo], args: ["heard {{workflow.parameters.message}}"]}
`;

inBrowser("Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;
  let base: string;

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    ({ page, base } = ui);
  }, 60_000);
  afterAll(() => ui?.close());

  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = (name: string) => page.getByRole('dialog', { name });
  const succeeds = () => page.locator('.graph-status strong', { hasText: 'Succeeded' }).waitFor();

  it('takes a workflow from the editor, shows its graph, its logs and its times, and runs it again with other values', async () => {
    await page.goto(`${base}/workflows/argo`);
    await button('Submit New Workflow').click();
    await button('Edit using full workflow options').click();
    const editor = page.getByRole('textbox', { name: 'Workflow' });
    await editor.fill(MANIFEST.replace('entrypoint: main', 'entrypoint: nowhere'));
    await button('Validate').click();
    expect(await page.getByRole('alert').innerText()).toContain('nowhere');
    await editor.fill(MANIFEST);
    await button('Validate').click();
    await page.getByText('The server finds nothing wrong with it.').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await button('Create').click();

    await succeeds();
    const graph = page.getByRole('group', { name: 'Workflow graph' });
    expect(await graph.getByRole('button').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label')))).toEqual(['first, Steps, Succeeded', '[0], StepGroup, Succeeded', 'say, Pod, Succeeded', '[1], StepGroup, Succeeded', 'again, Pod, Succeeded']);
    await graph.getByRole('button', { name: 'say, Pod, Succeeded' }).click();
    const panel = page.getByRole('complementary', { name: 'Node say' });
    await panel.getByRole('tab', { name: 'Containers' }).click();
    expect(await panel.locator('pre').allInnerTexts()).toEqual(['echo', "'heard {{workflow.parameters.message}}'"]);
    expect(await axeFindings(page)).toEqual([]);

    await panel.getByRole('tab', { name: 'Summary' }).click();
    await panel.getByRole('button', { name: 'Logs' }).click();
    await page.getByRole('log').getByText('heard from the editor').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await dialog('Logs').getByRole('button', { name: 'Close' }).click();

    await button('Timeline').click();
    expect(await page.getByRole('group', { name: 'Workflow timeline' }).getByRole('button').count()).toBe(5);
    expect(await page.locator('.timeline-bar').first().evaluate((bar) => getComputedStyle(bar).backgroundColor)).toBe('rgb(15, 125, 95)');
    expect(await axeFindings(page)).toEqual([]);

    await button('Resubmit').click();
    const question = dialog('Resubmit Workflow');
    await question.getByLabel('Override Parameters').check();
    await question.getByLabel('message').fill('another time');
    expect(await axeFindings(page)).toEqual([]);
    await question.getByRole('button', { name: 'Resubmit' }).click();
    await page.waitForURL(/\/workflows\/argo\/first-.{5}$/);
    await succeeds();
    await page.getByRole('button', { name: 'Logs' }).click();
    await page.getByRole('log').getByText('heard another time').first().waitFor();
    expect(ui.problems).toEqual([]);
  });

  it('shows the answer of the server where it refuses, and keeps the question open', async () => {
    await page.goto(`${base}/workflows/argo/first`);
    await button('Delete').click();
    const question = dialog('Delete first');
    await ui.cluster.client.delete(WORKFLOWS, 'argo', 'first');
    await question.getByRole('button', { name: 'Delete' }).click();
    expect(await question.getByRole('alert').innerText()).toContain('404: workflows.argoproj.io "first" not found');
    await question.getByRole('button', { name: 'Cancel' }).click();
  });

  it(`draws of ${NODES} nodes those in sight`, async () => {
    const tasks = Array.from({ length: NODES - 1 }, (_, i) => ({ name: `t${i}`, template: 'pass', ...(i === 0 ? {} : { depends: `t${Math.floor((i - 1) / 4)}` }) }));
    await ui.cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'wide' }, spec: { entrypoint: 'main', templates: [{ name: 'pass', suspend: { duration: '0' } }, { name: 'main', dag: { tasks } }] } });
    await expect.poll(async () => (await ui.cluster.client.get(WORKFLOWS, 'argo', 'wide')).metadata.labels?.['workflows.argoproj.io/phase'], { timeout: 30_000 }).toBe('Succeeded');
    await page.goto(`${base}/workflows/argo`);
    await page.getByRole('link', { name: 'wide' }).waitFor();
    const took = await page.evaluate(async () => {
      const link = [...document.querySelectorAll('a')].find((one) => one.textContent === 'wide');
      const began = performance.now();
      link?.click();
      while (document.querySelector('.graph .node') === null) await new Promise((done) => requestAnimationFrame(done));
      await new Promise((done) => requestAnimationFrame(done));
      return performance.now() - began;
    });
    // Told, not asserted: how busy the machine is decides. On an idle one it is below 300 ms.
    console.info(`from a click to the graph of ${NODES} nodes: ${Math.round(took)} ms`);
    await page.getByText(`${NODES} nodes`).waitFor();
    expect(await page.locator('.graph .node').count()).toBeLessThan(NODES / 2);
    await page.getByRole('searchbox').fill('t498');
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('button', { name: 't498, Suspend, Succeeded', pressed: true }).waitFor();
    expect(ui.problems).toEqual([]);
  });

  it('has pages for reports, events and plugins that say what there is and what is missing', async () => {
    const seen: [string, string][] = [];
    for (const path of ['workflows/argo', 'reports/argo', 'event-flow/argo', 'sensors/argo', 'event-sources/argo', 'plugins']) {
      await page.goto(`${base}/${path}`);
      seen.push([path, await page.locator('main :is(h2, th:nth-child(2))').first().innerText().then((text) => text.trim())]);
      expect([path, await axeFindings(page)]).toEqual([path, []]);
    }
    expect(seen).toEqual([
      ['workflows/argo', 'WORKFLOWS SUMMARY'],
      ['reports/argo', 'Phases'],
      ['event-flow/argo', 'Nothing leads from an event to a workflow yet'],
      ['sensors/argo', 'Argo Events is not installed'],
      ['event-sources/argo', 'Argo Events is not installed'],
      ['plugins', 'Plugins'],
    ]);
  });
});
