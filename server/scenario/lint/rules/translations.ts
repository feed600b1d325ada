import { shellCodeOf } from '../../needs.ts';
import type { ScenarioContext } from '../context.ts';

/** A page in another language should run what the page itself runs: its checks are the same. */
export function translations({ pages, say }: ScenarioContext): void {
  for (const { page, file, text, translates } of pages) {
    const own = translates === undefined ? undefined : pages.find((candidate) => candidate.path === translates);
    if (own === undefined) continue;
    const [wanted, is] = [shellCodeOf(own.text), shellCodeOf(text)];
    const at = wanted.findIndex((code, index) => is[index]?.text.trim() !== code.text.trim());
    if (at < 0 && is.length === wanted.length) continue;
    const differs = is[at < 0 ? wanted.length : at];
    say('translation-differs', { file, line: differs?.line ?? 1, column: 1, page: page.id }, differs === undefined ? `runs ${is.length} commands, ${own.path} runs ${wanted.length}` : `runs something else than ${own.path}${at < 0 ? '' : ` in line ${wanted[at]?.line ?? 1}`}`);
  }
}
