/** Argo's user interface in Chromium: how soon a workflow's graph is there, and whether the page answers while a large one runs. */
import type { Page } from 'playwright-core';
import { openArgoUi } from '../harness/argo-ui-page.ts';
import { findChromium, launchBrowser } from '../harness/browser.ts';
import { atMost, percentile, print, type Row } from './support.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const ROUNDS = 7;
const WATCHED_MS = 8000;
/** A page that does not answer for longer than this is felt as stuck. */
const STUCK_MS = 500;

const chromium = findChromium();
if (chromium === undefined) {
  process.stderr.write('bench: no Chromium was found: install chromium, or name it in CHROMIUM\n');
  process.exit(1);
}
const alive = setInterval(() => undefined, 60_000);
const browser = await launchBrowser(chromium);
const ui = await openArgoUi(browser);
const { page, base, cluster } = ui;

/** A tree of suspended nodes, the workflow's own node among them; `seconds` each. */
async function submit(name: string, nodes: number, seconds: number): Promise<void> {
  const tasks = Array.from({ length: nodes - 1 }, (_, i) => ({ name: `t${i}`, template: 'wait', ...(i === 0 ? {} : { depends: `t${Math.floor((i - 1) / 4)}` }) }));
  const spec = { entrypoint: 'main', templates: [{ name: 'wait', suspend: { duration: String(seconds) } }, { name: 'main', dag: { tasks } }] };
  await cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name }, spec });
}

async function ended(name: string): Promise<void> {
  while ((await cluster.client.get(WORKFLOWS, 'argo', name)).metadata.labels?.['workflows.argoproj.io/completed'] !== 'true') await new Promise((done) => setTimeout(done, 100));
}

/** Milliseconds from a click on the list to the drawn graph. No function has a name within: the page would not know the compiler's helper for it. */
async function firstGraph(name: string): Promise<number> {
  await page.goto(`${base}/workflows/argo`);
  await page.getByRole('link', { name, exact: true }).waitFor();
  return page.evaluate(async (wanted) => {
    const link = [...document.querySelectorAll('a')].find((one) => one.textContent === wanted);
    const began = performance.now();
    link?.click();
    while (document.querySelector('.graph .node') === null) await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - began;
  }, name);
}

/** The longest time between two frames, in milliseconds. */
function longestPause(of: Page): Promise<number> {
  return of.evaluate(async (ms) => {
    let longest = 0;
    let last = performance.now();
    for (const end = last + ms; last < end; ) {
      await new Promise((done) => requestAnimationFrame(done));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    return longest;
  }, WATCHED_MS);
}

const rows: Row[] = [];
for (const [name, nodes, limit] of [
  ['wide', 500, 300],
  ['huge', 2000, 1000],
] as const) {
  await submit(name, nodes, 0);
  await ended(name);
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) times.push(await firstGraph(name));
  rows.push(atMost(`from a click to the graph of ${nodes} nodes, p50`, percentile(times, 0.5), limit));
}
await submit('busy', 2000, 1);
await page.goto(`${base}/workflows/argo/busy`);
await page.locator('.graph .node').first().waitFor();
rows.push(atMost('longest pause of the page while 2000 nodes come', await longestPause(page), STUCK_MS));
print("Argo's user interface", rows);
clearInterval(alive);
await ui.close();
await browser.close();
process.exit(0);
