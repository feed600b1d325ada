import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { valueAt } from '../../server/cluster/argo/ui/state/edit.ts';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';

const typeOf = (resource: string) => ({ group: 'argoproj.io', version: 'v1alpha1', resource });
const SAY = [{ name: 'main', inputs: { parameters: [{ name: 'message', value: '{{workflow.parameters.message}}' }] }, container: { image: 'busybox', command: ['echo'], args: ['{{inputs.parameters.message}}'] } }];
const SPEC = { entrypoint: 'main', arguments: { parameters: [{ name: 'message', value: 'hi', enum: ['hi', 'ho'] }] }, templates: [...SAY, { name: 'both', steps: [[{ name: 'one', template: 'main' }, { name: 'two', template: 'main', withItems: [1, 2] }]] }] };

inBrowser("the forms beside the editor of Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    const make = (kind: string, resource: string, name: string, spec: Record<string, unknown>) => ui.cluster.client.create(typeOf(resource), 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name }, spec });
    await make('WorkflowTemplate', 'workflowtemplates', 'hello', SPEC);
    await make('CronWorkflow', 'cronworkflows', 'often', { schedules: ['0 3 * * *'], suspend: true, workflowSpec: { workflowTemplateRef: { name: 'hello' } } });
  }, 60_000);
  afterAll(() => ui?.close());

  const go = (path: string) => page.goto(`${ui.base}/${path}`);
  const button = (name: string | RegExp, within: Page | Locator = page) => within.getByRole('button', { name, exact: true });
  const tab = (name: string) => page.getByRole('tab', { name, exact: true });
  const tabs = () => page.getByRole('tablist').first().getByRole('tab').allInnerTexts();
  const object = async (resource: string, name: string) => ui.cluster.client.get(typeOf(resource), 'argo', name);
  const planned = () => page.getByRole('group', { name: 'Workflow graph' }).getByRole('button').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label')));

  it('change a template: its parameters, its labels and those of its workflows, and show what it would run', async () => {
    await go('workflow-templates/argo/hello');
    await tab('Spec').click();
    expect((await tabs()).map((title) => title.toLowerCase())).toEqual(['manifest', 'spec', 'metadata', 'workflow metadata', 'graph']);
    expect(await button('Update').isDisabled()).toBe(true);
    await page.getByLabel('Value of parameter message').fill('ho');
    await page.getByLabel('Name of another parameter').fill('more');
    await page.getByLabel('Value of another parameter').fill('5');
    await page.keyboard.press('Enter');
    expect(await axeFindings(page)).toEqual([]);
    await tab('MetaData').click();
    expect(await page.getByLabel('Name', { exact: true }).getAttribute('readonly')).not.toBeNull();
    await page.getByLabel('Name of another label').fill('team');
    await page.getByLabel('Value of another label').fill('blue');
    await button('Add label').click();
    expect(await axeFindings(page)).toEqual([]);
    await tab('Workflow MetaData').click();
    await page.getByLabel('Name of another annotation').fill('workflows.argoproj.io/title');
    await page.getByLabel('Value of another annotation').fill('From a form');
    await button('Add annotation').click();
    expect(await button('Submit').isDisabled()).toBe(true);
    await button('Update').click();
    await page.getByText('Updated').waitFor();
    const { metadata, spec } = await object('workflowtemplates', 'hello');
    expect([metadata.labels?.['team'], valueAt(spec, ['arguments', 'parameters']), valueAt(spec, ['workflowMetadata'])]).toEqual(['blue', [{ name: 'message', value: 'ho', enum: ['hi', 'ho'] }, { name: 'more', value: '5' }], { annotations: { 'workflows.argoproj.io/title': 'From a form' } }]);

    await tab('Graph').click();
    expect(await planned()).toEqual(['hello, Pod, Planned']);
    expect(await axeFindings(page)).toEqual([]);
    await tab('Spec').click();
    await button('Remove parameter more').click();
    await button('Update').click();
    await expect.poll(async () => (await object('workflowtemplates', 'hello')).spec).toMatchObject({ arguments: { parameters: [{ name: 'message' }] } });
  });

  it('show the graph of what is being written, and the template behind each node', async () => {
    await go('workflow-templates/argo/hello?tab=manifest');
    const editor = page.getByRole('textbox', { name: 'WorkflowTemplate' });
    await editor.fill((await editor.inputValue()).replace('entrypoint: main', 'entrypoint: both'));
    await tab('Graph').click();
    expect(await planned()).toEqual(['hello, Steps, Planned', '[0], StepGroup, Planned', 'one, Pod, Planned', 'two, TaskGroup, Planned', 'two(0), Pod, Planned']);
    await page.getByRole('button', { name: 'one, Pod, Planned' }).click();
    await page.getByRole('region', { name: 'Template of one' }).getByText('image: busybox').waitFor();
  });

  it('lead from tab to tab with the arrow keys', async () => {
    await go('workflow-templates/argo/hello');
    await tab('Manifest').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Graph');
    await page.keyboard.press('ArrowRight');
    expect([await page.evaluate(() => document.activeElement?.textContent), new URL(page.url()).searchParams.get('tab')]).toEqual(['Manifest', 'manifest']);
  });

  it('change when a cron workflow runs, and say in words what its schedules mean', async () => {
    await go('cron-workflows/argo/often');
    await page.getByText('No Workflows Active').waitFor();
    expect((await tabs()).map((title) => title.toLowerCase())).toEqual(['status', 'manifest', 'cron', 'metadata', 'workflow', 'workflow metadata', 'graph']);
    await tab('Cron').click();
    await page.getByText('At 03:00 AM').waitFor();
    await page.getByLabel('Schedule', { exact: true }).fill('0 3 * *');
    await page.getByText('Schedule maybe invalid').waitFor();
    await button('Update').click();
    expect(await page.getByRole('alert').innerText()).toContain('400');
    await page.getByLabel('Schedule', { exact: true }).fill('*/5 * * * *');
    await button('Add schedule').click();
    await page.getByLabel('Schedule 2', { exact: true }).fill('@hourly');
    await page.getByLabel('Timezone').fill('Europe/Berlin');
    await page.getByLabel('Concurrency Policy').selectOption('Forbid');
    await page.getByLabel('Starting Deadline Seconds').fill('30');
    await page.getByLabel('Suspended').uncheck();
    expect(await axeFindings(page)).toEqual([]);
    await button('Update').click();
    await page.getByText('Updated').waitFor();
    expect((await object('cronworkflows', 'often')).spec).toEqual({ schedules: ['*/5 * * * *', '@hourly'], timezone: 'Europe/Berlin', concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 30, workflowSpec: { arguments: {}, workflowTemplateRef: { name: 'hello' } } });
    await tab('Status').click();
    expect(await page.locator('main .facts').first().innerText()).toMatch(/\*\/5 \* \* \* \* Every 5 minutes\s+@hourly Every hour/);
    await tab('Graph').click();
    // Its templates stand in the one it refers to, which is asked for first.
    await expect.poll(planned).toEqual(['often, Pod, Planned']);
    await button('Suspend').click();
    await button('Resume').waitFor();
    await button('Submit').click();
    await page.waitForURL(/\/workflows\/argo\/often-/);
    await page.locator('.graph-status strong', { hasText: 'Succeeded' }).waitFor();
  });

  it('take values for a template from the address, and lead on to the whole manifest', async () => {
    await go('workflows/argo?sidePanel=submit-new-workflow&template=hello&parameters[message]=ho');
    const panel = page.getByRole('dialog', { name: 'Submit new workflow' });
    await panel.getByRole('heading', { name: 'Submit Workflow' }).waitFor();
    expect([await panel.getByLabel('message').inputValue(), await panel.getByLabel('Entrypoint').inputValue()]).toEqual(['ho', 'main']);
    expect(await axeFindings(page)).toEqual([]);
    await button('Edit using full workflow options').click();
    const editor = page.getByRole('textbox', { name: 'Workflow', exact: true });
    expect(parse(await editor.inputValue())).toEqual({
      metadata: { generateName: 'hello-', namespace: 'argo', labels: { 'workflows.argoproj.io/workflow-template': 'hello', 'submit-from-ui': 'true' } },
      spec: { arguments: { parameters: [{ name: 'message', value: 'ho', enum: ['hi', 'ho'] }] }, workflowTemplateRef: { name: 'hello' } },
    });
    await tab('Parameters').click();
    await page.getByLabel('Value of parameter message').fill('hi');
    await tab('MetaData').click();
    await page.getByLabel('Generate Name').fill('named-');
    await button('Create').click();
    await page.waitForURL(/\/workflows\/argo\/named-/);
  });

  it('say what is wrong with a text that is no object, and send nothing', async () => {
    await go('workflows/argo?sidePanel=submit-new-workflow');
    await button('Edit using full workflow options').click();
    const editor = page.getByRole('textbox', { name: 'Workflow', exact: true });
    const problem = async (text: string) => {
      await editor.fill(text);
      return (await page.getByRole('alert').innerText()).split('\n')[0];
    };
    expect([await problem('spec: ['), await problem('- a'), await problem('a: 1\n---\nb: 2'), await problem('')]).toEqual([
      'Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 8:',
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is a list.',
      'The text has several documents, divided by “---”: only one object can be taken at a time.',
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is empty.',
    ]);
    expect(await button('Create').isDisabled()).toBe(true);
    await tab('Parameters').click();
    await page.getByText('Mend it in the tab Manifest first').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  it('take a manifest of a megabyte from a file, change it by a form, and show the beginning of what came of it', async () => {
    await go('workflows/argo?sidePanel=submit-new-workflow');
    await button('Edit using full workflow options').click();
    const large = stringify({ metadata: { name: 'large' }, spec: { entrypoint: 'main', arguments: { parameters: [{ name: 'much', value: 'ünïcödé '.repeat(100_000) }] }, templates: [{ name: 'main', suspend: { duration: '0' } }] } });
    await page.locator('input[type=file]').setInputFiles({ name: 'large.yaml', mimeType: 'text/yaml', buffer: Buffer.from(large) });
    await tab('MetaData').click();
    await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('large');
    await page.getByLabel('Name', { exact: true }).fill('larger');
    await button('Create').click();
    await page.waitForURL(/\/workflows\/argo\/larger$/);
    await button('Summary').click();
    const whole = page.getByRole('button', { name: 'Show all' });
    await whole.click();
    await whole.waitFor({ state: 'detached' });
    expect((await page.getByRole('textbox', { name: 'Workflow' }).inputValue()).length).toBeGreaterThan(800_000);
  });

  it('have had no error in all that', () => {
    expect(ui.problems).toEqual([]);
  });
});
