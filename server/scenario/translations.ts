import { posix } from 'node:path';
import type { Page, Quiz, Scenario, Translation } from './model.ts';
import { entriesOf, locateIn } from './source-file.ts';

/** `step1.fr.md`, `step1_fr.md`, `step1_pt-BR.md`: the page, and the language that it is in. */
const LOCALISED = /^(.+?)[._]([A-Za-z]{2,3}(?:-(?:[A-Za-z]{2}|[A-Za-z]{4})|_[A-Z]{2})?)\.[Mm][Dd]$/;
const MOST_ENTRIES = 5000;
/** Where nothing says which language a page is in: what most are in. */
const USUAL = 'en';
/** A page in no language that we know: `und` is the tag for that. */
export const UNKNOWN = 'und';

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** What a file's name says: undefined where its ending is no language, as in `set_up.md`. */
export function localised(file: string): { stem: string; language: string } | undefined {
  const [, stem = '', written = ''] = LOCALISED.exec(file) ?? [];
  if (stem === '') return undefined;
  try {
    const [language = ''] = Intl.getCanonicalLocales(written.replace('_', '-'));
    return NAMES.of(language.split('-')[0] ?? '') === undefined ? undefined : { stem, language };
  } catch {
    return undefined;
  }
}

/** Finds the translations of pages; each folder is looked at once. */
export class Translations {
  readonly #folders = new Map<string, { name: string; stem: string; language: string }[]>();
  readonly #listed: ReadonlySet<string>;

  /** `listed`: paths that the index names, which are pages of their own. */
  constructor(
    private readonly scenario: { folder: string; root: string },
    listed: readonly string[],
  ) {
    this.#listed = new Set(listed.map((path) => posix.normalize(path.replace(/^\/+/, ''))));
  }

  /** By language, the path of what says the same as `text`; and the language of `text` where its own name says it. */
  async of(text: string): Promise<{ language?: string; others: Map<string, string> }> {
    const plain = posix.normalize(text.replace(/^\/+/, ''));
    const own = localised(posix.basename(plain));
    const stem = own?.stem ?? posix.basename(plain).replace(/\.md$/i, '');
    const others = new Map<string, string>();
    for (const found of await this.#in(posix.dirname(plain))) {
      const path = posix.join(posix.dirname(plain), found.name);
      if (found.stem === stem && path !== plain && !this.#listed.has(path) && !others.has(found.language)) others.set(found.language, path);
    }
    return { others, ...(own === undefined || others.size === 0 ? {} : { language: own.language }) };
  }

  async #in(folder: string): Promise<{ name: string; stem: string; language: string }[]> {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const found = await locateIn(this.scenario, folder);
    const entries = found.ok ? (entriesOf(found.path, MOST_ENTRIES)?.entries ?? []) : [];
    const names = entries
      .filter(({ kind }) => kind === 'file' || kind === 'link')
      .flatMap(({ name }) => {
        const said = localised(name);
        return said === undefined ? [] : [{ name, ...said }];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#folders.set(folder, names);
    return names;
  }
}

/** The language that a page itself is in: as its name says, else the usual one, unless that is a translation. */
function ownLanguage(page: Page): string {
  return page.language ?? (page.translations?.[USUAL] === undefined ? USUAL : UNKNOWN);
}

/** The translation for somebody who reads these languages, the best first (`de-AT` is served by `de`); undefined: the page itself. */
export function translationFor(page: Page, languages: readonly string[]): (Translation & { language: string }) | undefined {
  const { translations } = page;
  if (translations === undefined) return undefined;
  const known = new Map(Object.keys(translations).map((language) => [language.toLowerCase(), language]));
  const own = ownLanguage(page).toLowerCase();
  for (const wanted of languages) {
    const parts = wanted.toLowerCase().split('-');
    for (let length = parts.length; length > 0; length--) {
      const tag = parts.slice(0, length).join('-');
      const language = known.get(tag);
      const found = language === undefined ? undefined : translations[language];
      if (language !== undefined && found !== undefined) return { ...found, language };
      if (tag === own) return undefined;
    }
  }
  return undefined;
}

/** The page's questions in the words of that reader; which answers are right is the page's own to say. */
export function quizIn(page: Page, languages: readonly string[]): Quiz[] {
  const own = page.quiz ?? [];
  const words = translationFor(page, languages)?.quiz ?? [];
  return own.map((quiz, index) => {
    const said = words[index];
    if (said === undefined || said.kind !== quiz.kind || said.options.length !== quiz.options.length) return quiz;
    return { ...quiz, question: said.question, options: said.options, ...(quiz.kind === 'text' ? { answers: [...new Set([...quiz.answers, ...said.answers])] } : {}) };
  });
}

/** The languages that a scenario's pages are there in, their own first; none where no page is translated. */
export function pageLanguages(scenario: Pick<Scenario, 'intro' | 'steps' | 'finish'>): string[] {
  const translated = [scenario.intro, ...scenario.steps, scenario.finish].filter((page) => page?.translations !== undefined);
  return [...new Set([...translated.map((page) => (page === undefined ? USUAL : ownLanguage(page))), ...translated.flatMap((page) => Object.keys(page?.translations ?? {}))])];
}
