import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runChecks, validateCheck } from '../checks/index.ts';
import type { CheckContext, CheckResult } from '../checks/check.ts';
import { quizzesOf } from '../checks/quiz.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { PageView } from '../protocol/rest.ts';
import { loadCourses, pagesOf, sideBySide } from '../scenario/load.ts';
import { LIMITS, locateIn, readSource } from '../scenario/source-file.ts';
import type { Course, Page, Scenario } from '../scenario/model.ts';
import { translationFor } from '../scenario/translations.ts';
import { wordsIn } from '../scenario/words.ts';
import { type Content, isCheckable, scenariosOf } from './content.ts';
import { VERIFY_TITLE, verify } from './verify.ts';

/** After this long, the files are looked at again: an author's change shows on reload. */
const FRESH_MS = 500;

/** Path, size and time of every file below a folder: tells whether anything has changed without reading it. */
async function signatureOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = await Promise.all(files.map(async (file) => stat(file).then(({ size, mtimeMs }) => `${file} ${size} ${mtimeMs}`, () => file)));
  return lines.sort().join('\n');
}

/** Pages and pieces of pages that are kept; more than the largest scenario has. */
const MOST_RENDERED = 1000;
/** Plugs the scenario and checks rooms into what sessions ask for. */
export function createContent(folders: readonly string[], ids: Ids, clock: Clock): Content {
  let read: { at: number; signature: string; courses: Promise<Course[]> } | undefined;
  const rendered = new Map<string, { text: string; html: Promise<string> }>();
  const render = async (scenario: Scenario, file: string, markdown: string) => {
    const key = `${scenario.folder}\0${file}\0${markdown}`;
    if (rendered.size > MOST_RENDERED) rendered.clear();
    const known = rendered.get(key);
    if (known?.text === markdown) return known.html;
    // The renderer is most of what a start would load, and the first page is the list of courses.
    const html = import('../scenario/markdown/render.ts').then(({ renderMarkdown }) => renderMarkdown(markdown, { file, assetBase: `/api/scenarios/${encodeURIComponent(scenario.id)}/assets/`, ids }));
    rendered.set(key, { text: markdown, html });
    return html;
  };
  let warming: Promise<void> | undefined;
  const content: Content = {
    warm() {
      warming ??= (async () => {
        const [first] = scenariosOf(await content.courses()).values();
        if (first === undefined) return;
        // A page at a time, with room for requests in between.
        for (const page of pagesOf(first)) {
          await content.renderPage(first, page);
          await sleep(clock, 10);
        }
      })().catch(() => undefined);
      return warming;
    },
    async courses() {
      if (read === undefined || clock.now() - read.at > FRESH_MS) {
        const signature = (await Promise.all(folders.map(signatureOf))).join('\n');
        if (read?.signature === signature) read.at = clock.now();
        else read = { at: clock.now(), signature, courses: Promise.all(folders.map(async (folder) => ({ folder, courses: await loadCourses(folder, validateCheck) }))).then(sideBySide) };
      }
      return read.courses;
    },
    changed() {
      if (read !== undefined) read.at = Number.NEGATIVE_INFINITY;
    },
    async renderPage(scenario: Scenario, page: Page, languages: readonly string[] = []): Promise<PageView> {
      const asked = quizzesOf(page, languages);
      const inChecks = asked.slice(page.quiz?.length ?? 0);
      const solution = page.exercise === undefined ? undefined : `\`\`\`bash\n${page.exercise.solution.replace(/\n+$/, '')}\n\`\`\`{{exec}}\n`;
      const credits = page.credits === undefined ? undefined : /^https?:\/\/\S+$/.test(page.credits) ? `<${page.credits}>` : page.credits;
      const translation = translationFor(page, languages);
      const language = translation?.language ?? page.language;
      const text = translation?.text ?? page.text;
      const answer = translation?.answer ?? page.answer;
      return {
        id: page.id,
        title: page.title,
        ...(language === undefined ? {} : { language }),
        html: `${text === '' ? '' : await render(scenario, text, await pageText(scenario, text))}${inChecks.map(({ id }) => `<div data-quiz="${id}"></div>`).join('')}`,
        checks: [...page.checks.map(({ id, title, live, words }) => ({ id, title: wordsIn(words?.title ?? title, languages), live })), ...(page.verify === undefined ? [] : [{ id: 'verify', title: VERIFY_TITLE, live: false }])],
        checkable: isCheckable(page),
        ...(solution === undefined ? {} : { solutionHtml: await render(scenario, page.text, solution) }),
        ...(answer === undefined ? {} : { answerHtml: await render(scenario, answer, await pageText(scenario, answer)) }),
        ...(credits === undefined ? {} : { creditsHtml: await render(scenario, page.text, credits) }),
        hints: page.checks.flatMap((check) => (check.words?.hints ?? check.hints).map((hint) => wordsIn(hint, languages))),
        ...(asked.length === 0 ? {} : { quizzes: await Promise.all(asked.map(async ({ id, kind, question, options }) => ({ id, kind, questionHtml: await render(scenario, page.text, question), options: await Promise.all(options.map(async (option) => ({ id: option.id, html: await render(scenario, page.text, option.text) }))) }))) }),
      };
    },
    async runChecks(page: Page, context: CheckContext, only: 'all' | 'live'): Promise<CheckResult[]> {
      const results = await runChecks(only === 'all' ? page.checks : page.checks.filter((check) => check.live), context);
      if (only === 'all' && page.verify !== undefined) results.push(await verify(page.verify, await context.readScript(page.verify), context));
      return results;
    },
  };
  return content;
}

/** A page's Markdown; where it can't be read, what is the matter: the other pages go on. */
async function pageText(scenario: Scenario, path: string): Promise<string> {
  const found = await locateIn(scenario, path);
  const source = found.ok ? await readSource(found.path, LIMITS.page) : found;
  return source.ok && 'text' in source ? source.text : `> [!WARNING]\n> The file \`${path.replaceAll('`', '')}\` of this scenario ${source.ok ? 'cannot be read' : source.message}.\n`;
}
