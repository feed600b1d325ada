import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };

/** Everything that could be taken for markup or for an address, where a learner may write. */
const EVIL = `
metadata:
  name: evil
  annotations:
    workflows.argoproj.io/title: "**Bold** <img src=x onerror=alert(1)> [x](javascript:alert(2))"
    workflows.argoproj.io/description: "First [docs](https://example.com/a), [bad](javascript:alert(3)) <script>alert(4)</script>\\n\\n# Second\\n\\n* one\\n* two"
spec:
  entrypoint: main
  arguments: {parameters: [{name: message, value: "<img src=x onerror=alert(5)> https://example.com/q. ünïcödé 日本語 🎉"}]}
  templates:
    - name: main
      steps: [[{name: say, template: say}, {name: json, template: json}]]
    - name: say
      container: {image: busybox, command: [echo], args: ["{{workflow.parameters.message}}"], env: [{name: OPEN, value: "<b>"}, {name: HIDDEN, valueFrom: {secretKeyRef: {name: learner, key: token}}}]}
    - name: json
      container: {image: busybox, command: [sh, -c], args: ["echo '{\\"msg\\":\\"<script>alert(6)</script>\\"}'; echo plain"]}
`;
const BROKEN = `
metadata: {name: broken}
spec:
  entrypoint: main
  arguments: {parameters: [{name: code, value: "1"}]}
  templates:
    - {name: main, steps: [[{name: fine, template: fine}], [{name: fails, template: fails}]]}
    - {name: fine, container: {image: busybox, command: ["true"]}}
    - {name: fails, container: {image: busybox, command: [sh, -c], args: ["exit {{workflow.parameters.code}}"]}}
`;

inBrowser("what is done with a workflow in Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;
  const dialogs: string[] = [];
  const phase = async (name: string) => (await ui.cluster.client.get(WORKFLOWS, 'argo', name)).metadata.labels?.['workflows.argoproj.io/phase'];

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    for (const text of [EVIL, BROKEN]) await ui.cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', ...parse(text) });
    await vi.waitFor(async () => expect(await Promise.all(['evil', 'broken'].map(phase))).toEqual(['Succeeded', 'Failed']), { timeout: 30_000, interval: 200 });
  }, 90_000);
  afterAll(() => ui?.close());

  const go = (path: string) => page.goto(`${ui.base}/${path}`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = (name: string) => page.getByRole('dialog', { name });
  const node = (name: string) => page.getByRole('group', { name: 'Workflow graph' }).getByRole('button', { name });
  const panel = (name: string) => page.getByRole('complementary', { name: `Node ${name}` });

  it('shows what people wrote, and runs none of it', async () => {
    await go('workflows/argo');
    const title = page.getByRole('link', { name: /^Bold/ });
    await title.locator('strong', { hasText: 'Bold' }).waitFor();
    expect(await title.innerText()).toBe('Bold <img src=x onerror=alert(1)> [x](javascript:alert(2))');
    await button('Show details of evil').click();
    await page.locator('.facts li', { hasText: 'two' }).waitFor();
    expect(await page.locator('main a').evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? '').filter((address) => !address.startsWith('/')))).toEqual(['https://example.com/a', 'https://example.com/a']);
    expect(await axeFindings(page)).toEqual([]);
    await go('workflows/argo/evil?tab=summary');
    expect(await page.getByRole('region', { name: 'Parameters' }).getByRole('link').getAttribute('href')).toBe('https://example.com/q');
    expect(await axeFindings(page)).toEqual([]);
    for (const path of ['workflows/argo/%3Cimg%20src=x%20onerror=alert(7)%3E', 'workflows/%22%3E%3Cscript%3Ealert(8)%3C%2Fscript%3E', 'login?redirect=javascript:alert(9)', 'workflows/argo?label=%3Csvg%20onload=alert(10)%3E', 'widgets/workflow-graphs/argo?name=evil&target=javascript:alert(11)']) {
      await go(path);
      await page.locator('main').waitFor();
    }
    expect(dialogs).toEqual([]);
  });

  it('tells of a container its command, and of its secrets only their names', async () => {
    await go('workflows/argo/evil');
    await node('say, Pod').click();
    await panel('say').getByRole('tab', { name: 'Containers' }).click();
    expect(await panel('say').locator('pre').last().innerText()).toBe('OPEN=<b>\nHIDDEN=(from the Secret learner/token)');
    expect(new URL(page.url()).searchParams.get('nodePanelView')).toBe('containers');
    await panel('say').getByRole('tab', { name: 'Inputs/Outputs' }).click();
    await panel('say').getByText('No parameters').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('filters logs, marks what was found, and picks fields of JSON', async () => {
    await go('workflows/argo/evil?sidePanel=logs');
    const log = page.getByRole('log');
    await log.getByText('plain').waitFor();
    await page.getByLabel('Log Fields').fill('msg');
    await page.keyboard.press('Enter');
    await log.getByText(/evil-json-\d+: <script>alert\(6\)<\/script>/).waitFor();
    await page.getByPlaceholder('Filter (regexp)...').fill('pl.*n');
    await page.keyboard.press('Enter');
    await log.locator('mark', { hasText: 'plain' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByPlaceholder('Filter (regexp)...').fill('(');
    await page.keyboard.press('Enter');
    await dialog('Logs').getByRole('alert').getByText(/500: .*regular expression|500: .*error parsing regexp/).waitFor();
    await page.getByPlaceholder('Filter (regexp)...').fill('');
    await page.keyboard.press('Enter');
    await page.getByLabel('Container').selectOption('wait');
    await page.getByText('Wait containers logs are useful when debugging output artifact problems.').waitFor();
    expect(dialogs).toEqual([]);
  });

  it('retries one node of a workflow that failed, with another parameter', async () => {
    await go('workflows/argo/broken');
    await node('fails, Pod').click();
    await panel('fails').getByRole('button', { name: 'Retry node' }).click();
    const question = dialog('Retry Node');
    await question.getByText('Retrying this node will re-execute this node and all downstream nodes.').waitFor();
    await question.getByLabel('Override Parameters').check();
    await question.getByLabel('code').fill('2');
    expect(await axeFindings(page)).toEqual([]);
    await question.getByRole('button', { name: 'Retry', exact: true }).click();
    await expect.poll(async () => JSON.stringify((await ui.cluster.client.get(WORKFLOWS, 'argo', 'broken'))['status'])).toContain('exit code 2');
    await panel('fails').getByText(/exit code 2/).waitFor();
  });

  it('retries the whole workflow, the successful nodes that are chosen included', async () => {
    await go('workflows/argo/broken');
    await button('Retry').click();
    const question = dialog('Retry Workflow');
    await question.getByLabel('Restart Successful').check();
    await question.getByLabel('Node Field Selector to restart nodes').fill('displayName=fine');
    await question.getByLabel('Override Parameters').check();
    await question.getByLabel('code').fill('0');
    expect(await axeFindings(page)).toEqual([]);
    await question.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.locator('.graph-status strong', { hasText: 'Succeeded' }).waitFor();
  });

  it('warns before parameters of a memoized run are changed', async () => {
    await go('workflows/argo/broken');
    await button('Resubmit').click();
    const question = dialog('Resubmit Workflow');
    await question.getByLabel('Memoized').check();
    await question.getByLabel('Override Parameters').check();
    await question.getByText('may have unexpected results').waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'detached' });
  });

  it('says that the server is away, and goes on by itself when it is back', async () => {
    await ui.cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'waits' }, spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] } });
    await page.route('**/api/v1/workflow-events/**', (route) => route.abort());
    for (const path of ['workflows/argo/waits', 'workflows/argo']) {
      await go(path);
      await page.getByText('waits').first().waitFor();
      await page.route('**/api/v1/workflows/argo**', (route) => route.abort());
      await page.route('**/api/v1/workflows/argo/waits**', (route) => route.abort());
      await page.getByRole('alert').getByText('The Argo Server cannot be reached.').waitFor();
      expect(await axeFindings(page)).toEqual([]);
      await page.unroute('**/api/v1/workflows/argo**');
      await page.unroute('**/api/v1/workflows/argo/waits**');
      await page.getByRole('alert').waitFor({ state: 'detached' });
    }
    await page.unroute('**/api/v1/workflow-events/**');
  });

  it('says what is forbidden and what is not there, in the words of the server', async () => {
    await go('workflows/argo/gone');
    expect(await page.getByRole('alert').innerText()).toContain('404: workflows.argoproj.io "gone" not found');
    expect(await axeFindings(page)).toEqual([]);
    await page.route('**/api/v1/cron-workflows/argo?**', (route) => route.fulfill({ status: 403, json: { code: 7, message: 'cronworkflows.argoproj.io is forbidden' } }));
    await go('cron-workflows/argo');
    expect(await page.getByRole('alert').innerText()).toContain('403: cronworkflows.argoproj.io is forbidden');
    await page.unroute('**/api/v1/cron-workflows/argo?**');
  });

  it('has had no error in all that', () => {
    expect([ui.problems, dialogs]).toEqual([[], []]);
  });
});
