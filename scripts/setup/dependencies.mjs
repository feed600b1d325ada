import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFieldDocs } from './field-docs.mjs';
import { root } from './paths.mjs';
import { fail, step } from './progress.mjs';

const stamp = join(root, 'node_modules', '.argo-lab-lock');

function lockHash() {
  return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

/** True when node_modules is what package-lock.json says. */
export function dependenciesReady() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash();
}

/** Installs the npm packages that package-lock.json pins, and reads from them what the build needs, unless that is there already. */
export async function ensureDependencies() {
  if (!dependenciesReady()) await install();
  await ensureFieldDocs();
}

async function install() {
  await step('installing npm packages', () => {
    const run = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
    if (run.error) fail(`npm could not be started: ${run.error.message}`, 'Install npm (it comes with Node.js) and try again.');
    if (run.status !== 0) fail(`npm ci ended with code ${run.status}.`, 'Check that this machine reaches its npm registry: npm ping');
    writeFileSync(stamp, lockHash());
  });
}
