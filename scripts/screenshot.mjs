// Takes the picture that README.md shows, of the real page: node scripts/screenshot.mjs
// Needs a Chromium on the PATH (or named in CHROMIUM).
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { root } from './setup/paths.mjs';
import { fail } from './setup/progress.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
const executablePath = [process.env.CHROMIUM ?? '', ...onPath].find((file) => existsSync(file));
if (executablePath === undefined) fail('no Chromium was found.', 'Install chromium, or name it: CHROMIUM=/path node scripts/screenshot.mjs');

const data = mkdtempSync(join(tmpdir(), 'screenshot-'));
const lab = spawn(process.execPath, [join(root, 'scripts', 'argo-lab.mjs'), 'serve', '--port', '0', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'] });
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const url = await new Promise((resolve, reject) => {
    createInterface(lab.stdout).on('line', (line) => line.startsWith('argo-lab is ready: ') && resolve(line.slice('argo-lab is ready: '.length)));
    lab.once('exit', (code) => reject(new Error(`the lab ended with code ${code}`)));
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, deviceScaleFactor: 1.5 });
  await page.goto(url);
  await page.goto(`${new URL(url).origin}/learn/argo-workflows/using-the-api#intro`);
  const run = (start) => page.locator(`#step .tool-run[aria-label^="Run: ${start}"]`).first().click();
  await page.locator('[data-terminal-state=open]').waitFor();
  await page.locator('.overlay').waitFor({ state: 'detached' });
  await run('kubectl get pods');
  await page.waitForTimeout(1500);
  await page.getByRole('button', { name: 'Begin' }).click();
  await run('kubectl -n argo port-forward');
  await page.getByRole('button', { name: 'Open port 2746' }).waitFor();
  await run('curl http');
  await page.waitForTimeout(1500);
  await run('curl -i');
  await page.waitForTimeout(1500);
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByRole('heading', { level: 2, name: 'Done' }).waitFor();
  await page.locator('.step-scroll').evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.waitForTimeout(500);
  mkdirSync(join(root, '.github'), { recursive: true });
  await page.screenshot({ path: join(root, '.github', 'screenshot.png') });
} finally {
  await browser.close();
  lab.kill('SIGTERM');
  await new Promise((resolve) => (lab.exitCode === null ? lab.once('exit', resolve) : resolve()));
  rmSync(data, { recursive: true, force: true });
}
