import { posix } from 'node:path';
import { globMatcher } from '../../glob.ts';
import type { ScenarioContext } from '../context.ts';

/** With more it is no longer worth the time. */
const MOST_PATTERNS = 200;

/** Files in assets/ that are neither put into the session nor shown nor named anywhere. */
export function unusedAssets({ scenario, assets, pages, scripts, say }: ScenarioContext): void {
  const names = new Set(scenario.assets.map(({ file }) => posix.normalize(file.replace(/^\/+/, '')).replace(/^assets\//, '')));
  if (assets.length === 0 || names.size > MOST_PATTERNS) return;
  const matchers = [...names].map((name) => (/[*?]/.test(name) ? globMatcher(name) : (path: string) => path === name || path.startsWith(`${name}/`)));
  const texts = [...pages.map(({ text }) => text), ...scripts.map(({ text }) => text), scenario.description];
  for (const { path, file } of assets) {
    if (matchers.some((matches) => matches(path))) continue;
    const name = posix.basename(path);
    if (name === '.gitkeep' || name === '.DS_Store' || texts.some((text) => text.includes(name) || text.includes(encodeURIComponent(name)))) continue;
    say('asset-unused', { file, line: 1, column: 1 }, `nothing uses assets/${path}`);
  }
}
