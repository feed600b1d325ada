import { readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { listFiles } from '../assets.ts';
import { pagesOf } from '../load-scenario.ts';
import type { Scenario } from '../model.ts';
import { indexIn, isIndexName } from '../index-name.ts';
import { readIndexFile } from '../read-file.ts';
import { scenarioFile } from '../source-file.ts';

const MAX_TOTAL = 200 * 1024 * 1024;

export interface ZipExport {
  data: Uint8Array;
  /** What other hosts don't get, in words. */
  left: string[];
}

/**
 * A scenario as a zip that Killercoda takes: one folder with index.json, pages, scripts and assets. What only this lab
 * knows stays out, and is named. Links are followed, pipes and the like left out; the same scenario gives the same bytes.
 */
export async function exportZip(scenario: Scenario, name: string): Promise<ZipExport> {
  const files: Zippable = {};
  const left: string[] = [];
  const index = indexIn(scenario.folder) ?? 'index.json';
  let total = 0;
  for (const path of await listFiles(scenario.folder)) {
    if (/(?:^|[./])checks\.yaml$/.test(path) || /(?:^|\/)(?:\.git|node_modules)\//.test(path)) continue;
    // Another index beside the one that was read would be taken for it elsewhere.
    if (path !== index && isIndexName(path)) continue;
    const source = await scenarioFile(scenario, path);
    const info = source === undefined ? undefined : await stat(source);
    if (source === undefined || info === undefined || !info.isFile() || total + info.size > MAX_TOTAL) {
      left.push(`${path} is not a file of the repository, or too large`);
      continue;
    }
    total += info.size;
    const script = path.endsWith('.sh');
    // The scenario as it was read, so that commas and comments that are forgiven here trouble nobody.
    const isIndex = path === index;
    const data = isIndex ? await strictIndex(scenario, index) : await readFile(source);
    files[posix.join(name, isIndex ? 'index.json' : path)] = [data, { mtime: '1980-01-01T00:00:00', os: 3, attrs: (script ? 0o755 : 0o644) << 16, level: 6 }];
  }
  for (const page of pagesOf(scenario)) {
    if (page.checks.length > 0) left.push(`${page.id}: ${page.checks.length} check${page.checks.length === 1 ? '' : 's'}${page.verify === undefined ? '; without a verify script, other hosts check nothing here' : ''}`);
    if (page.exercise !== undefined) left.push(`${page.id}: the solution and ${page.exercise.nearMisses.length} near ${page.exercise.nearMisses.length === 1 ? 'miss' : 'misses'}`);
    if (page.quiz !== undefined) left.push(`${page.id}: Killercoda shows questions as text`);
  }
  if (scenario.namespace !== undefined) left.push(`the namespace ${scenario.namespace}: set it in a background script with kubectl config set-context --current --namespace=${scenario.namespace}`);
  if (scenario.dashboards.length > 0 || scenario.terminals.length > 0) left.push('tabs and named terminals: Killercoda does not read “environment”');
  return { data: zipSync(files), left };
}

async function strictIndex(scenario: Scenario, index: string): Promise<Uint8Array> {
  const read = await readIndexFile(join(scenario.folder, index), index);
  return Buffer.from(read.ok ? `${JSON.stringify(read.value.value, undefined, 2)}\n` : '{}');
}
