import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Cluster } from '../../server/cluster/index.ts';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';
import { WINDOWS } from '../harness/visit.ts';

const ENOUGH_MS = 30_000;

const OBJECTS = `
kind: WorkflowTemplate
metadata: {name: hello}
spec:
  entrypoint: main
  arguments: {parameters: [{name: message, value: hi}]}
  templates: [{name: main, container: {image: busybox, command: [echo], args: ["{{workflow.parameters.message}}"]}}]
---
kind: CronWorkflow
metadata: {name: nightly}
spec:
  schedules: ["0 3 * * *"]
  timezone: Europe/Berlin
  suspend: true
  workflowSpec: {entrypoint: main, templates: [{name: main, suspend: {duration: "0"}}]}
---
kind: Workflow
metadata: {name: files, labels: {team: blue}}
spec:
  entrypoint: main
  templates:
    - name: main
      dag:
        tasks:
          - {name: make, template: make}
          - {name: use, template: use, depends: make, arguments: {artifacts: [{name: text, from: "{{tasks.make.outputs.artifacts.out}}"}]}}
          - {name: skipped, template: pass, depends: make, when: "1 == 2"}
          - {name: many, template: pass, depends: make, withSequence: {count: "6"}}
    - name: make
      container: {image: busybox, command: [sh, -c], args: ["echo a line of text > /tmp/out"]}
      outputs: {artifacts: [{name: out, path: /tmp/out, archive: {none: {}}, s3: {key: files/out.txt}}]}
    - name: use
      inputs: {artifacts: [{name: text, path: /tmp/in}]}
      container: {image: busybox, command: [cat, /tmp/in]}
    - {name: pass, suspend: {duration: "0"}}
---
kind: Workflow
metadata: {name: broken}
spec:
  entrypoint: main
  templates: [{name: main, container: {image: busybox, command: [sh, -c], args: ["exit 3"]}}]
---
kind: Workflow
metadata: {name: waits}
spec:
  entrypoint: main
  templates:
    - name: main
      dag: {tasks: [{name: gate, template: gate}, {name: other, template: gate}]}
    - {name: gate, suspend: {}}
`;
const PLURALS = { WorkflowTemplate: 'workflowtemplates', CronWorkflow: 'cronworkflows', Workflow: 'workflows' } as const;
const ObjectOf = z.looseObject({ kind: z.enum(['WorkflowTemplate', 'CronWorkflow', 'Workflow']), metadata: z.looseObject({ name: z.string() }) });
const typeOf = (kind: keyof typeof PLURALS) => ({ group: 'argoproj.io', version: 'v1alpha1', resource: PLURALS[kind] });

async function make({ client }: Cluster): Promise<void> {
  for (const document of parseAllDocuments(OBJECTS)) {
    const object = ObjectOf.parse(document.toJS());
    await client.create(typeOf(object.kind), 'argo', { apiVersion: 'argoproj.io/v1alpha1', ...object });
  }
  const phases = () => Promise.all(['files', 'broken', 'waits'].map(async (name) => (await client.get(typeOf('Workflow'), 'argo', name)).metadata.labels?.['workflows.argoproj.io/phase']));
  await vi.waitFor(async () => expect(await phases()).toEqual(['Succeeded', 'Failed', 'Running']), { timeout: ENOUGH_MS, interval: 200 });
}

inBrowser("the places of Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;
  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    await make(ui.cluster);
  }, 90_000);
  afterAll(() => ui?.close());

  const go = (path: string) => page.goto(`${ui.base}/${path}`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = (name: string) => page.getByRole('dialog', { name });
  const graph = () => page.getByRole('group', { name: 'Workflow graph' });
  const labels = () => graph().getByRole('button').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label') ?? ''));
  const rows = () => page.locator('tbody tr td:nth-child(2) a').allInnerTexts();

  it('draw artifacts between the nodes, and show what is in them', async () => {
    await go('workflows/argo/files');
    await page.getByText('12 nodes').waitFor();
    await graph().getByRole('button', { name: 'out.txt, Artifact' }).click();
    const panel = page.getByRole('complementary', { name: 'Artifact out' });
    await panel.getByText('a line of text').waitFor();
    expect(await panel.getByRole('link', { name: 'Download' }).getAttribute('href')).toMatch(/^\/artifacts\/argo\/files\/files-\d+\/out$/);
    expect(await axeFindings(page)).toEqual([]);
    await panel.getByRole('button', { name: 'Close the artifact' }).click();
    await button('Show artifacts').click();
    await page.getByText('11 nodes').waitFor();
  });

  it('filter, fold and turn the graph', async () => {
    await go('workflows/argo/files');
    await button('Collapse all nodes').click();
    await graph().getByRole('button', { name: '4 hidden nodes, expand' }).click();
    await page.getByText('12 nodes').waitFor();
    await button('Expand all nodes').click();
    await button('Filter nodes').click();
    const filter = page.getByRole('group', { name: 'Shown nodes' });
    await filter.getByLabel('TaskGroup (1)').uncheck();
    await filter.getByLabel('Skipped (1)', { exact: true }).last().uncheck();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect((await labels()).filter((label) => !label.startsWith('many('))).toEqual(['files, DAG, Succeeded', 'make, Pod, Succeeded', 'out.txt, Artifact', 'use, Pod, Succeeded']);
    await button('Lay out from left to right').click();
    await button('Lay out from top to bottom').waitFor();
    await button('Show template names').click();
    await graph().getByRole('button', { name: 'use, Pod, Succeeded, use' }).waitFor();
  });

  it('lead through the graph by the keyboard', async () => {
    await go('workflows/argo/files');
    await graph().getByRole('button', { name: 'files, DAG, Succeeded' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Node make' }).waitFor();
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('files, DAG, Succeeded');
    expect(await graph().locator('[tabindex="0"]').count()).toBe(1);
  });

  it('keep every node where it is while the workflow goes on', async () => {
    await go('workflows/argo/waits');
    const places = () => graph().getByRole('button').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('transform')));
    const gate = graph().getByRole('button', { name: 'gate, Suspend, Running' });
    await gate.waitFor();
    const before = await places();
    await gate.click();
    await page.getByRole('complementary', { name: 'Node gate' }).getByRole('button', { name: 'Resume' }).click();
    await dialog('Resume gate').getByRole('button', { name: 'Resume' }).click();
    await graph().getByRole('button', { name: 'gate, Suspend, Succeeded' }).waitFor();
    expect(await places()).toEqual(before);
    expect(await labels()).toEqual(['waits, DAG, Running', 'gate, Suspend, Succeeded', 'other, Suspend, Running']);
  });

  it('tell what Kubernetes has recorded about a workflow, and give it to others', async () => {
    await go('workflows/argo/broken?tab=events');
    await page.getByRole('cell', { name: 'WorkflowFailed' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await button('Share').click();
    await dialog('Share').getByText(/<iframe .*workflow-graphs\/argo\?name=broken/).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await go('widgets/workflow-graphs/argo?name=broken');
    await graph().getByRole('button', { name: 'broken, Pod, Failed' }).waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
    await go('workflows/argo/broken?nodeId=broken');
    await page.getByRole('complementary', { name: 'Node broken' }).getByRole('button', { name: 'Events' }).click();
    await dialog('Events').getByRole('cell', { name: 'Scheduled' }).waitFor();
  });

  it('do one thing with several workflows, where it fits all of them', async () => {
    await go('workflows/argo');
    await page.getByLabel('Select files').check();
    await page.getByLabel('Select broken').check();
    await page.getByText('2 workflows selected').waitFor();
    expect([await button('Retry').isDisabled(), await button('Stop').isDisabled(), await button('Delete').isDisabled()]).toEqual([true, true, false]);
    await button('Show details of files').click();
    await page.getByRole('link', { name: 'team=blue' }).click();
    await expect.poll(rows).toEqual(['files']);
    await go('workflows/argo');
    await page.getByLabel('Select broken').check();
    await button('Delete').click();
    const question = dialog('Delete broken');
    await question.getByText('Are you sure you want to delete workflow argo/broken?').waitFor();
    await question.getByRole('button', { name: 'Delete' }).click();
    await expect.poll(rows).not.toContain('broken');
  });

  it('do what they can of several, and say which one was refused and why', async () => {
    for (const name of ['a', 'b']) await ui.cluster.client.create(typeOf('Workflow'), 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name }, spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] } });
    await go('workflows/argo');
    for (const name of ['a', 'b']) await page.getByLabel(`Select ${name}`, { exact: true }).check();
    await page.route('**/api/v1/workflows/argo/a/terminate', (route) => route.fulfill({ status: 403, json: { code: 7, message: 'not yours' } }));
    await button('Terminate').click();
    const question = dialog('Terminate 2 workflows');
    await question.getByRole('button', { name: 'Terminate' }).click();
    expect(await question.getByRole('alert').innerText()).toBe('1 of 2 could not be done: a: not yours');
    await page.unroute('**/api/v1/workflows/argo/a/terminate');
    await question.getByRole('button', { name: 'Terminate' }).click();
    await question.waitFor({ state: 'detached' });
    for (const name of ['a', 'b']) await page.getByRole('row', { name: new RegExp(`^Select ${name} Failed`) }).waitFor();
  });

  it('write times as they are when that is wished', async () => {
    await go('workflows/argo');
    await page.getByRole('button', { name: 'Started: show exact times' }).click();
    expect(await page.locator('tbody tr:first-child td:nth-child(4)').innerText()).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('check a template before it is created, and lead from it to its workflows and back', async () => {
    await go('workflow-templates/argo');
    await button('Create New Workflow Template').click();
    const editor = page.getByRole('textbox', { name: 'WorkflowTemplate' });
    await editor.fill((await editor.inputValue()).replace('entrypoint: main', 'entrypoint: nowhere'));
    await button('Validate').click();
    expect(await page.getByRole('alert').innerText()).toContain("template name 'nowhere' undefined");
    await editor.fill((await editor.inputValue()).replace('entrypoint: nowhere', 'entrypoint: main'));
    await button('Validate').click();
    await page.getByText('The server finds nothing wrong with it.').waitFor();
    await button('Create').click();
    await page.waitForURL(/workflow-templates\/argo\/my-template$/);
    await page.getByText('None was started from it yet.').waitFor();
    expect(await axeFindings(page)).toEqual([]);

    await button('Submit').click();
    await dialog('Submit').getByRole('button', { name: 'Submit' }).click();
    await button('Open Workflow Template').click();
    await page.waitForURL(/workflow-templates\/argo\/my-template$/);
    await page.getByRole('link', { name: /^my-template-/ }).click();
    await button('Previous Runs').click();
    await expect.poll(rows).toHaveLength(1);

    await go('workflow-templates/argo/my-template');
    await button('Delete').click();
    await dialog('Delete my-template').getByRole('button', { name: 'Cancel' }).click();
    await button('Delete').click();
    await dialog('Delete my-template').getByText('delete the workflow template argo/my-template?').waitFor();
    await dialog('Delete my-template').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(/workflow-templates\/argo$/);
    await expect.poll(rows).toEqual(['hello']);
  });

  it('say of a cron workflow when it runs, and of which state they are', async () => {
    await go('cron-workflows/argo');
    expect(await page.locator('tbody tr').innerText()).toMatch(/nightly\s+argo\s+Europe\/Berlin\s+0 3 \* \* \*\s+At 03:00 AM\s+-/);
    await page.getByLabel('Running', { exact: true }).check();
    await page.getByRole('heading', { name: 'No cron workflows' }).waitFor();
    await go('cron-workflows/argo/nightly');
    await page.getByText('none: it is suspended').waitFor();
    await button('Resume').click();
    await page.getByText(/^in \d+(h|m)/).waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it.each(WINDOWS)('are readable in every window (%o)', async (window) => {
    const other = await ui.another(window);
    for (const path of ['workflows/argo', 'workflows/argo/files', 'workflows/argo/files?tab=timeline', 'workflow-templates/argo', 'cron-workflows/argo/nightly', 'workflow-event-bindings/argo', 'reports/argo', 'event-flow/argo', 'userinfo', 'login']) {
      await other.goto(`${ui.base}/${path}`);
      await other.locator('main :is(table, svg, textarea, dl, h2)').first().waitFor();
      const wide = await other.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect([path, wide, await axeFindings(other)]).toEqual([path, false, []]);
    }
  });

  it('have had no error in all that', () => {
    expect(ui.problems).toEqual([]);
  });
});
