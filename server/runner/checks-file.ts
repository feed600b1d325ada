import { dirname, join } from 'node:path';
import type { Page, Scenario } from '../scenario/model.ts';
import { readText } from '../scenario/source-file.ts';

/** Where a page's checks.yaml may lie, the first choice first; relative to the scenario's folder. */
export function checksFileNames(page: Pick<Page, 'text'>): string[] {
  return [page.text.replace(/(\.md)?$/, '.checks.yaml'), ...(dirname(page.text) === '.' ? [] : [join(dirname(page.text), 'checks.yaml')])];
}

/** The page's checks.yaml; undefined when it has none. `file` is relative to the scenario's folder. */
export async function checksFileOf(scenario: Scenario, page: Page): Promise<{ file: string; text: string } | undefined> {
  for (const file of checksFileNames(page)) {
    const text = await readText(join(scenario.folder, file));
    if (text !== undefined) return { file, text };
  }
  return undefined;
}
