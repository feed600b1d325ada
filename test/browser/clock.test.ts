import { expect, it } from 'vitest';
import { USING_THE_API } from '../harness/fake-content.ts';
import { inBrowser } from '../harness/in-browser.ts';
import { Visit, type VisitOptions, WINDOWS } from '../harness/visit.ts';

inBrowser('the clock of the cluster on the page', (browser) => {
  const during = (options: VisitOptions, body: (visit: Visit) => Promise<void>) => Visit.during(browser(), options, body);

  it.each(WINDOWS)('is moved forward from the menu of the session (%o)', (window) => during(window, async (visit) => {
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
  }));

  it('is not offered where the cluster has none of its own', () => during({}, async (visit) => {
    await visit.learn(USING_THE_API);
    await visit.button('Session and settings').click();
    await visit.button('Reset the session …').waitFor();
    expect(await visit.button('Move the cluster’s clock forward …').count()).toBe(0);
  }));
});
