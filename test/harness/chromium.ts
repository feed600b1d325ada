import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium } from './browser.ts';

const dist = join(import.meta.dirname, '../../dist');
const built = ['web', 'argo-ui', 'bin'].map((name) => join(dist, name));

/** The built page; ARGO_LAB_WEB names another build of it. */
export const builtPage = process.env['ARGO_LAB_WEB'] ?? join(dist, 'web');

/** The browser to test with, or why there is none; that is said loudly once a file. */
export function browserOrReason(tests: string): { chromium: string; missing: undefined } | { chromium: undefined; missing: string } {
  const chromium = findChromium();
  const unbuilt = built.filter((folder) => !existsSync(folder));
  const missing = chromium === undefined ? 'no Chromium was found: install chromium, or name it in CHROMIUM' : unbuilt.length > 0 ? `not built yet: ${unbuilt.join(', ')} (npm run build)` : undefined;
  if (chromium !== undefined && missing === undefined) return { chromium, missing };
  console.warn(`\n${'*'.repeat(100)}\n* SKIPPED: ${tests}\n* ${missing}\n${'*'.repeat(100)}\n`);
  return { chromium: undefined, missing: missing ?? '' };
}
