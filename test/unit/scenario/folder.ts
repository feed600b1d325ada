import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { validateCheck } from '../../../server/checks/index.ts';
import { type Scenario, loadScenario } from '../../../server/scenario/index.ts';

export type Files = Record<string, string | Uint8Array>;

/** Runs with a folder of these files, which is gone afterwards. */
export async function withFiles<T>(files: Files, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'argo-lab-format-'));
  try {
    await writeFiles(folder, files);
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The scenario that an index.json and files beside it make; `one.md` is there. */
export function scenarioOf(index: unknown, files: Files = {}): Promise<{ scenario?: Scenario; codes: string[]; problems: string[] }> {
  return withFiles({ 's/index.json': typeof index === 'string' ? index : JSON.stringify(index), 's/one.md': 'One.\n', ...Object.fromEntries(Object.entries(files).map(([name, content]) => [`s/${name}`, content])) }, async (folder) => {
    const { scenario, problems } = await loadScenario(join(folder, 's'), 's', validateCheck, { root: folder });
    return { ...(scenario === undefined ? {} : { scenario }), codes: problems.map((problem) => problem.code), problems: problems.map(({ file, line, column, field, message }) => `${file}:${line ?? '-'}:${column ?? '-'} ${field ?? ''} ${message}`) };
  });
}

export const STEP = { details: { steps: [{ title: 'One', text: 'one.md' }] }, backend: { imageid: 'ubuntu' } };
