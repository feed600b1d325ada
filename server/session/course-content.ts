import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runChecks, validateCheck } from '../checks/index.ts';
import type { CheckContext, CheckResult } from '../checks/check.ts';
import type { Clock } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { PageView } from '../protocol/rest.ts';
import { loadCourses } from '../scenario/load.ts';
import { readText } from '../scenario/read-file.ts';
import type { Course, Page, Scenario } from '../scenario/model.ts';
import { type Content, isCheckable } from './content.ts';

/** After this long, the files are looked at again: an author's change shows on reload. */
const FRESH_MS = 500;

/** Path, size and time of every file below a folder: tells whether anything has changed without reading it. */
async function signatureOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = await Promise.all(files.map(async (file) => stat(file).then(({ size, mtimeMs }) => `${file} ${size} ${mtimeMs}`, () => file)));
  return lines.sort().join('\n');
}

const VERIFY_TITLE = 'Check this step';

/** Plugs the scenario and checks rooms into what sessions ask for. */
export function createContent(folders: readonly string[], ids: Ids, clock: Clock): Content {
  let read: { at: number; signature: string; courses: Promise<Course[]> } | undefined;
  const rendered = new Map<string, { text: string; html: Promise<string> }>();
  const render = async (scenario: Scenario, file: string, markdown: string) => {
    const key = `${scenario.folder}\0${file}\0${markdown.length}`;
    const known = rendered.get(key);
    if (known?.text === markdown) return known.html;
    // The renderer is most of what a start would load, and the first page is the list of courses.
    const html = import('../scenario/markdown/render.ts').then(({ renderMarkdown }) => renderMarkdown(markdown, { file, assetBase: `/api/scenarios/${encodeURIComponent(scenario.id)}/assets/`, ids }));
    rendered.set(key, { text: markdown, html });
    return html;
  };
  return {
    async courses() {
      if (read === undefined || clock.now() - read.at > FRESH_MS) {
        const signature = (await Promise.all(folders.map(signatureOf))).join('\n');
        if (read?.signature === signature) read.at = clock.now();
        else read = { at: clock.now(), signature, courses: Promise.all(folders.map((folder) => loadCourses(folder, validateCheck))).then((lists) => lists.flat()) };
      }
      return read.courses;
    },
    async renderPage(scenario: Scenario, page: Page): Promise<PageView> {
      const markdown = await readText(join(scenario.folder, page.text));
      if (markdown === undefined) throw new LabError('scenario-broken', `${page.text} of ${scenario.id} can't be read`);
      const solution = page.exercise === undefined ? undefined : `\`\`\`bash\n${page.exercise.solution.replace(/\n+$/, '')}\n\`\`\`{{exec}}\n`;
      return {
        id: page.id,
        title: page.title,
        html: await render(scenario, page.text, markdown),
        checks: [...page.checks.map(({ id, title, live }) => ({ id, title, live })), ...(page.verify === undefined ? [] : [{ id: 'verify', title: VERIFY_TITLE, live: false }])],
        checkable: isCheckable(page),
        ...(solution === undefined ? {} : { solutionHtml: await render(scenario, page.text, solution) }),
        hints: page.checks.flatMap((check) => check.hints),
      };
    },
    async runChecks(page: Page, context: CheckContext, only: 'all' | 'live'): Promise<CheckResult[]> {
      const results = await runChecks(only === 'all' ? page.checks : page.checks.filter((check) => check.live), context);
      if (only === 'all' && page.verify !== undefined) results.push(await verify(page.verify, context));
      return results;
    },
  };
}

/** Killercoda's own way: the script's exit code decides. */
async function verify(path: string, context: CheckContext): Promise<CheckResult> {
  const result = await context.runScript(path, 60_000);
  const passed = result.code === 0 && !result.timedOut;
  const output = `${result.stdout}${result.stderr}`.trim();
  return {
    id: 'verify',
    title: VERIFY_TITLE,
    passed,
    expected: 'The check script of this step succeeds.',
    observed: result.timedOut ? 'It took longer than a minute and was ended.' : `It ended with exit code ${result.code}.${output === '' ? '' : `\n${output}`}`,
    why: passed ? '' : 'The step is not done yet.',
    next: passed ? '' : 'Read the step again, do what it asks for, then check once more.',
    hints: [],
  };
}
