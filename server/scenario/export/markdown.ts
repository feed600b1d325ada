import { posix, relative, dirname, join } from 'node:path';
import { type CodeAction } from '../markdown/actions.ts';
import { takeActions } from '../markdown/actions.ts';
import { takeBlocks } from '../markdown/blocks.ts';
import { canonicalAddresses } from '../markdown/parse.ts';
import { optionId, takeQuizzes } from '../markdown/quiz.ts';
import { pagesOf } from '../load-scenario.ts';
import type { Page, Quiz, Scenario } from '../model.ts';
import { LIMITS, readText, scenarioFile } from '../source-file.ts';

/** What a reader is told about code that needs more than a click: the terminal, the machine, the key before it. */
function noteOf(action: CodeAction): string {
  const where = [action.terminal === undefined ? '' : `terminal ${action.terminal}`, action.terminalName ?? '', action.host ?? ''].filter(Boolean).join(', ');
  const before = action.action === 'exec-interrupt' ? 'press Ctrl+C first' : '';
  const note = [where === '' ? '' : `in ${where}`, before].filter(Boolean).join('; ');
  return note === '' ? '' : ` (${note})`;
}

/** A page as plain Markdown that any viewer shows: no actions, no placeholders, questions as lists. */
export function plainMarkdown(text: string): string {
  const quiz = takeQuizzes(canonicalAddresses(text), 'argo-lab-quiz-');
  const taken = takeBlocks(quiz.markdown, 'argo-lab-block-');
  return taken.markdown
    .replace(/^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*)```argo-lab-block-(\d+)\n[ \t>]*```/gm, (_whole, prefix: string, index: string) => {
      const block = taken.blocks[Number(index)];
      if (block === undefined) return '';
      const inner = prefix.replace(/[^>\t ]/g, ' ');
      const fence = /`{3,}/.test(block.code) ? '~~~~' : '```';
      const head = block.kind === 'file' ? `${prefix}${block.file === '' ? 'A file' : `\`${block.file}\``}:\n\n${inner}` : prefix;
      const note = block.kind === 'fence' ? noteOf(block.action) : '';
      const language = block.kind === 'fence' ? block.language : '';
      return `${head}${fence}${language}\n${block.code.split('\n').map((line) => inner + line).join('\n')}\n${inner}${fence}${note === '' ? '' : `\n\n${inner}_${note.trim()}_`}`;
    })
    .replace(/^argo-lab-quiz-(q\d+)$/gm, (_whole, id: string) => questionText(quiz.quizzes.find((one) => one.id === id)))
    .split('\n')
    .map(withoutActions)
    .join('\n');
}

function questionText(quiz: Quiz | undefined): string {
  if (quiz === undefined) return '';
  return [`**${quiz.question}**`, '', ...quiz.options.map((option, index) => `- ${optionId(index)}) ${option}`), ...(quiz.options.length === 0 ? ['_(your answer)_'] : [])].join('\n');
}

function withoutActions(line: string): string {
  let out = '';
  let rest = line;
  for (let at = rest.search(/`\s?[{(]/); at >= 0; at = rest.search(/`\s?[{(]/)) {
    const taken = takeActions(rest.slice(at + 1));
    out += rest.slice(0, at + 1);
    rest = taken === undefined ? rest.slice(at + 1) : noteOf(taken.read.action) + rest.slice(at + 1 + taken.length);
  }
  return (out + rest).replace(/\{\{TRAFFIC_HOST\d{1,2}_(\d{1,5})\}\}/g, 'http://localhost:$1').replaceAll('{{TRAFFIC_SELECTOR}}', 'http://localhost');
}

/** Relative addresses of a page as seen from where the export is put. */
function relocated(text: string, from: string, to: string): string {
  return text.replace(/(!?\[[^\]\n]{0,300}\]\()(?![a-z][a-z0-9+.-]*:|#|\/)([^()\s]{1,300})(\))/gi, (_whole, open: string, path: string, close: string) => `${open}${relative(to, join(from, path)).split('\\').join('/')}${close}`);
}

/** Every page of a scenario with what stands behind disclosures, for exports: titles, texts, hints, solutions. */
export async function sectionsOf(scenario: Scenario): Promise<{ page: Page; text: string; solution?: string; answer?: string }[]> {
  const read = async (path: string) => {
    const file = await scenarioFile(scenario, path);
    return file === undefined ? undefined : readText(file, LIMITS.page);
  };
  return Promise.all(
    pagesOf(scenario).map(async (page) => {
      const answer = page.answer === undefined ? undefined : await read(page.answer);
      return { page, text: page.text === '' ? '' : ((await read(page.text)) ?? ''), ...(page.exercise === undefined ? {} : { solution: page.exercise.solution.trimEnd() }), ...(answer === undefined ? {} : { answer }) };
    }),
  );
}

/** A scenario as one Markdown file for reading; `out` is the folder it is put into. */
export async function exportMarkdown(scenario: Scenario, out: string): Promise<string> {
  const parts = [`# ${scenario.title}`, scenario.description];
  for (const { page, text, solution, answer } of await sectionsOf(scenario)) {
    const folder = join(scenario.folder, posix.dirname(page.text));
    parts.push(`## ${page.title}`, relocated(plainMarkdown(text), folder, out).replace(/^(#{1,4}) /gm, '##$1 ').trim());
    const hints = page.checks.flatMap((check) => check.hints);
    if (hints.length > 0) parts.push(`<details><summary>Hints</summary>\n\n${hints.map((hint) => `- ${hint}`).join('\n')}\n\n</details>`);
    if (solution !== undefined) parts.push(`<details><summary>Solution</summary>\n\n\`\`\`bash\n${solution}\n\`\`\`\n\n</details>`);
    if (answer !== undefined) parts.push(`<details><summary>Solution</summary>\n\n${relocated(plainMarkdown(answer), join(scenario.folder, dirname(page.answer ?? '')), out).trim()}\n\n</details>`);
  }
  return `${parts.filter((part) => part.trim() !== '').join('\n\n')}\n`;
}
