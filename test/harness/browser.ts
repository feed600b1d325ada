import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/** An installed Chromium: the file that `CHROMIUM` (or `CHROMIUM_PATH`) names, one on the PATH, or the one Playwright has downloaded. */
export function findChromium(): string | undefined {
  const wanted = process.env['CHROMIUM'] ?? process.env['CHROMIUM_PATH'];
  if (wanted !== undefined && existsSync(wanted)) return wanted;
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) if (existsSync(join(folder, name))) return join(folder, name);
  }
  const downloaded = chromium.executablePath();
  return existsSync(downloaded) ? downloaded : undefined;
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS });
}

/** What axe finds wrong on the page: one line a finding. Frames of other origins are left out. */
export async function axeFindings(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  return page.evaluate(async (code) => {
    // Runs in the page through the debugger, which its content policy does not concern.
    const axe: { run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } = (0, eval)(`${code};axe`);
    const result = await axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 120)}`));
  }, source);
}

/** Console errors and broken content policy of a page, collected from now on. */
export async function watchProblems(page: Page): Promise<string[]> {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.text().startsWith('policy: ')) problems.push(message.text());
  });
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => event.sourceFile.startsWith(location.origin) && console.warn(`policy: ${event.violatedDirective} ${event.sourceFile}:${event.lineNumber}`)));
  return problems;
}

/** The text of the page's terminals by their names. */
export function terminalTexts(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const peek: unknown = Reflect.get(window, 'argoLabTerminals');
    const list: { name: string; text: string }[] = typeof peek === 'function' ? peek() : [];
    return Object.fromEntries(list.map((terminal) => [terminal.name, terminal.text]));
  });
}
