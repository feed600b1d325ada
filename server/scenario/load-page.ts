import { posix } from 'node:path';
import { type CheckValidator, loadChecks } from './checks-file.ts';
import { takeQuizzes } from './markdown/quiz.ts';
import type { Page, Problem } from './model.ts';
import type { NeedFinder } from './needs.ts';
import { flawsOf } from './read-file.ts';
import type { EndPageFile } from './schema.ts';
import { LIMITS, locateIn, readSource } from './source-file.ts';
import { type Position, fieldName } from './source-position.ts';
import type { Translations } from './translations.ts';

export type { CheckValidator } from './checks-file.ts';

/** What a page is loaded with and into. */
export interface PageLoad {
  scenario: { folder: string; root: string };
  /** How problems name the scenario's folder, with a slash at the end. */
  prefix: string;
  /** How problems name the index. */
  indexFile: string;
  validate: CheckValidator;
  problems: Problem[];
  needs: NeedFinder;
  translations: Translations;
  place(path: readonly PropertyKey[]): Position;
}

export interface PageSource {
  id: string;
  title: string;
  /** How what is needed names it: `step 2`. */
  name: string;
  file: EndPageFile;
  path: PropertyKey[];
}

/** Which key holds a script, its aliases, and how it is called in words. */
const SCRIPTS = [
  { field: 'foreground', keys: ['foreground', 'code'] },
  { field: 'background', keys: ['background', 'courseData'] },
  { field: 'verify', keys: ['verify'] },
  { field: 'hintScript', keys: ['hint'] },
] as const;

/** Loads a page: looks whether its files are there, reads its questions and checks, and sees what it needs. */
export async function loadPage(load: PageLoad, source: PageSource): Promise<{ page: Page; variables: string[] }> {
  const { problems, prefix, needs } = load;
  const { file } = source;
  const page: Page = { id: source.id, title: source.title, text: file.text ?? '', checks: [], ...(file.credits === undefined || file.credits.trim() === '' ? {} : { credits: file.credits }) };
  const read = async (key: string, path: string, limit: number): Promise<string | undefined> => {
    const at = { file: load.indexFile, ...load.place([...source.path, key]), field: fieldName([...source.path, key]) };
    const found = await locateIn(load.scenario, path);
    if (!found.ok) {
      problems.push({ ...at, code: found.code, message: found.code === 'reference-missing' ? `names ${path}, which does not exist in the scenario's folder` : `names ${path}, which ${found.message}`, severity: 'error' });
      return undefined;
    }
    const text = await readSource(found.path, limit);
    if (!text.ok) {
      problems.push({ ...at, code: text.code, message: `names ${path}, which ${text.message}`, severity: 'error' });
      return undefined;
    }
    problems.push(...flawsOf(text, `${prefix}${posix.normalize(path)}`));
    return text.text;
  };

  if (file.text === '') problems.push({ code: 'reference-missing', file: load.indexFile, ...load.place([...source.path, 'text']), field: fieldName([...source.path, 'text']), message: 'is empty', severity: 'error' });
  else if (file.text !== undefined) {
    const text = await read('text', file.text, LIMITS.page);
    if (text !== undefined) {
      needs.page(source.name, text);
      const { quizzes } = takeQuizzes(text, '');
      if (quizzes.length > 0) page.quiz = quizzes;
      await translate(load, page);
    }
  }
  for (const { field, keys } of SCRIPTS) {
    for (const key of keys) {
      const path = file[key];
      if (path === undefined || path.trim() === '' || page[field] !== undefined) continue;
      const text = await read(key, path, LIMITS.script);
      if (text === undefined) continue;
      page[field] = path;
      if (field !== 'hintScript') needs.script(`the ${field} script of ${source.name}`, text);
    }
  }
  if (file.answer !== undefined && file.answer.trim() !== '' && (await read('answer', file.answer, LIMITS.page)) !== undefined) {
    page.answer = file.answer;
    if (page.translations !== undefined) for (const [language, path] of (await load.translations.of(file.answer)).others) if (page.translations[language] !== undefined) page.translations[language].answer = path;
  }

  const checks = file.text === undefined || file.text === '' ? undefined : await checksFile(load.scenario, file.text);
  if (checks === undefined) return { page, variables: [] };
  page.checksFile = checks;
  return { page, variables: await loadChecks(load.scenario.folder, prefix, checks, page, load.validate, problems) };
}

/** The page in other languages, as far as it is there. */
async function translate(load: PageLoad, page: Page): Promise<void> {
  const { language, others } = await load.translations.of(page.text);
  if (language !== undefined) page.language = language;
  for (const [tag, path] of others) {
    const found = await locateIn(load.scenario, path);
    const source = found.ok ? await readSource(found.path, LIMITS.page) : undefined;
    if (source?.ok !== true) continue;
    const { quizzes } = takeQuizzes(source.text, '');
    (page.translations ??= {})[tag] = { text: path, ...(quizzes.length === 0 ? {} : { quiz: quizzes }) };
  }
}

/** `step1/checks.yaml` beside `step1/text.md`; `step1.checks.yaml` beside `step1.md` where pages share a folder. */
async function checksFile(scenario: { folder: string; root: string }, text: string): Promise<string | undefined> {
  const plain = posix.normalize(text.replace(/^\/+/, ''));
  const folder = posix.dirname(plain);
  for (const candidate of [plain.replace(/(\.md)?$/, '.checks.yaml'), ...(folder === '.' ? [] : [posix.join(folder, 'checks.yaml')])]) {
    if ((await locateIn(scenario, candidate)).ok) return candidate;
  }
  return undefined;
}
