import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import type { ArgoUiPage } from '../harness/argo-ui-page.ts';
import { axeFindings } from '../harness/browser.ts';
import { inBrowser } from '../harness/in-browser.ts';
import { WINDOWS } from '../harness/visit.ts';

const CustomType = z.looseObject({ kind: z.string(), metadata: z.looseObject({ name: z.string() }) });
const typeOf = (resource: string) => ({ group: 'argoproj.io', version: 'v1alpha1', resource });

inBrowser("Argo Events in Argo's user interface", (browser) => {
  let ui: ArgoUiPage;
  let page: Page;

  beforeAll(async () => {
    ui = await openArgoUi(browser());
    page = ui.page;
    // The types are enough to make the objects; nothing has to run.
    const text = await readFile(join(import.meta.dirname, '../conformance/argo-events/install.yaml'), 'utf8');
    for (const document of parseAllDocuments(text)) {
      const object = CustomType.safeParse(document.toJS()).data;
      if (object?.kind === 'CustomResourceDefinition') await ui.cluster.client.create({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' }, '', { apiVersion: 'apiextensions.k8s.io/v1', ...object });
    }
    await vi.waitFor(() => ui.cluster.client.list(typeOf('sensors'), { namespace: 'argo' }), { timeout: 20_000, interval: 200 });
  }, 90_000);
  afterAll(() => ui?.close());

  const go = (path: string) => page.goto(`${ui.base}/${path}`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const dialog = (name: string) => page.getByRole('dialog', { name });
  const flow = () => page.getByRole('group', { name: 'Event flow' });

  it('lets event sources and sensors be made from an example', async () => {
    await go('event-flow/argo');
    await button('Create event source').click();
    await dialog('Create New EventSource').getByRole('tab', { name: 'MetaData' }).click();
    await page.getByLabel('Name', { exact: true }).fill('ticks');
    expect(await axeFindings(page)).toEqual([]);
    await button('Create').click();
    await page.waitForURL(/event-sources\/argo\/ticks$/);
    await go('sensors/argo');
    await page.getByRole('heading', { name: 'No sensors' }).waitFor();
    await button('Create New Sensor').click();
    const editor = page.getByRole('textbox', { name: 'Sensor' });
    await editor.fill((await editor.inputValue()).replace('eventSourceName: calendar', 'eventSourceName: ticks'));
    await button('Create').click();
    await page.waitForURL(/sensors\/argo\/workflow$/);
    expect(await axeFindings(page)).toEqual([]);
  });

  it('lists them, with their logs and events', async () => {
    await go('event-sources/argo');
    await page.getByRole('link', { name: 'ticks' }).waitFor();
    await button('Logs of ticks').click();
    const panel = dialog('Logs');
    await expect.poll(() => panel.getByRole('combobox').locator('option').allInnerTexts()).toEqual(['all', 'calendar-example-with-interval']);
    await panel.getByRole('tab', { name: 'Events' }).click();
    await button('Show All').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await panel.getByRole('button', { name: 'Close' }).click();
    await go('sensors/argo/workflow?sidePanel=logs');
    await expect.poll(() => dialog('Logs').getByRole('combobox').locator('option').allInnerTexts()).toEqual(['all', 'start-workflow', 'log']);
  });

  it('draws them with the workflows that they have started, the first ones of many', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await ui.cluster.client.create(typeOf('workflows'), 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name, labels: { 'events.argoproj.io/sensor': 'workflow', 'events.argoproj.io/trigger': 'start-workflow' } }, spec: { entrypoint: 'main', templates: [{ name: 'main', suspend: { duration: '0' } }] } });
    }
    await go('event-flow/argo');
    await flow().getByText('2 hidden workflow(s)').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await flow().getByRole('button', { name: '2 hidden workflow(s)' }).click();
    await flow().getByRole('link', { name: /workflow\s*a$/ }).waitFor();
    await button('Show workflows').click();
    await flow().getByRole('link').first().waitFor({ state: 'detached' });
    await flow().getByRole('button', { name: 'start-workflow' }).click();
    const panel = dialog('start-workflow');
    await panel.getByRole('heading', { name: 'Sensor/workflow' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await panel.getByRole('link', { name: 'Open/edit' }).click();
    await page.waitForURL(/sensors\/argo\/workflow$/);
  });

  it('shows what flows, as the logs tell it', async () => {
    const line = (entry: object) => `data: ${JSON.stringify({ result: entry })}\n\n`;
    await page.route('**/api/v1/stream/sensors/argo/logs?**', (route) => route.fulfill({ contentType: 'text/event-stream', body: line({ sensorName: 'workflow', triggerName: 'start-workflow', msg: 'successfully processed' }) }));
    await go('event-flow/argo');
    await button('Show event-flow').click();
    await flow().getByRole('button', { name: 'start-workflow (1)' }).waitFor();
    expect(await flow().locator('button.flows').count()).toBe(2);
    await page.unroute('**/api/v1/stream/sensors/argo/logs?**');
  });

  it('changes a sensor, and deletes it after a question', async () => {
    await go('sensors/argo/workflow?tab=metadata');
    await page.getByLabel('Name of another label').fill('team');
    await page.getByLabel('Value of another label').fill('blue');
    await button('Add label').click();
    expect(await button('Delete').isDisabled()).toBe(true);
    await button('Update').click();
    await page.getByText('Updated').waitFor();
    expect((await ui.cluster.client.get(typeOf('sensors'), 'argo', 'workflow')).metadata.labels).toEqual({ example: 'true', team: 'blue' });
    await button('Delete').click();
    await dialog('Delete workflow').getByText('There is no undo.').waitFor();
    await dialog('Delete workflow').getByRole('button', { name: 'Delete' }).click();
    await page.waitForURL(/sensors\/argo$/);
    await page.getByRole('heading', { name: 'No sensors' }).waitFor();
  });

  it.each(WINDOWS)('is readable in every window (%o)', async (window) => {
    const other = await ui.another(window);
    for (const path of ['event-sources/argo', 'event-sources/argo/ticks', 'event-flow/argo', 'sensors/argo?sidePanel=new']) {
      await other.goto(`${ui.base}/${path}`);
      await other.locator(':is(main table, main .flow-node, textarea)').first().waitFor();
      const wide = await other.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect([path, wide, await axeFindings(other)]).toEqual([path, false, []]);
    }
  });

  it('has had no error in all that', () => {
    expect(ui.problems).toEqual([]);
  });
});
