import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { USING_THE_API } from '../harness/fake-content.ts';
import { browserTests, Visit, WINDOWS } from '../harness/visit.ts';

const { runnable, launch } = browserTests("the cluster's clock on the page");

describe.runIf(runnable)('the clock of the cluster on the page', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  it.each(WINDOWS)('is moved forward from the menu of the session (%o)', async (window) => {
    const visit = await Visit.begin(browser, window);
    await visit.learn(USING_THE_API);
    visit.lab.change({ clock: true });
    await visit.button('Session and settings').click();
    await visit.button('Move the cluster’s clock forward …').click();
    const dialog = visit.page.getByRole('dialog', { name: 'Move the cluster’s clock forward' });
    await dialog.getByText('In the cluster it is 2026-01-02 03:04:05 UTC.').waitFor();
    await dialog.getByRole('button', { name: '1 hour' }).click();
    await dialog.getByText('In the cluster it is 2026-01-02 04:04:05 UTC.').waitFor();
    await dialog.getByRole('button', { name: '1 day' }).click();
    await dialog.getByText('In the cluster it is 2026-01-03 04:04:05 UTC.').waitFor();
    expect(visit.lab.requests.filter((request) => request.includes('/clock'))).toEqual(['POST /api/sessions/s1/clock {"advance":3600}', 'POST /api/sessions/s1/clock {"advance":86400}']);
    expect(await visit.axe()).toEqual([]);
    expect(await visit.isWide()).toBe(false);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
    await visit.end();
  });

  it('is not offered where the cluster has none of its own', async () => {
    const visit = await Visit.begin(browser);
    await visit.learn(USING_THE_API);
    await visit.button('Session and settings').click();
    await visit.button('Reset the session …').waitFor();
    expect(await visit.button('Move the cluster’s clock forward …').count()).toBe(0);
    await visit.end();
  });
});
