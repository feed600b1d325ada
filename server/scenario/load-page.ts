import { dirname, join } from 'node:path';
import { access } from 'node:fs/promises';
import type { CheckSpec, Page, Problem } from './model.ts';
import { inside, readYaml } from './read-file.ts';
import { ChecksFile } from './schema.ts';

const COMMON_KEYS = new Set(['id', 'title', 'live', 'hints']);

export interface PageSource {
  id: string;
  title: string;
  text: string;
  field: string;
  verify?: string | undefined;
  foreground?: string | undefined;
  background?: string | undefined;
}

/** Whether a check's kind exists and its settings are right; answered by the checks room, which is above this one. */
export type CheckValidator = (kind: string, spec: unknown) => string | undefined;

/** Loads a page's scripts and its checks; `problems` gathers everything that is wrong with it. */
export async function loadPage(folder: string, prefix: string, source: PageSource, validate: CheckValidator, problems: Problem[]): Promise<{ page: Page; variables: string[] }> {
  const missing = async (path: string, field: string) => {
    if ((await inside(folder, path)) !== undefined) return false;
    problems.push({ file: `${prefix}index.json`, field, message: `names ${path}, which does not exist in the scenario's folder`, severity: 'error' });
    return true;
  };
  if (source.text === '') problems.push({ file: `${prefix}index.json`, field: `${source.field}.text`, message: 'is empty', severity: 'error' });
  else await missing(source.text, `${source.field}.text`);
  const page: Page = { id: source.id, title: source.title, text: source.text, checks: [] };
  for (const key of ['verify', 'foreground', 'background'] as const) {
    const path = source[key];
    if (path !== undefined && path !== '' && !(await missing(path, `${source.field}.${key}`))) page[key] = path;
  }
  const file = await checksFile(folder, source.text);
  if (file === undefined) return { page, variables: [] };
  const read = await readYaml(join(folder, file), `${prefix}${file}`, ChecksFile);
  problems.push(...read.problems);
  if (!read.ok) return { page, variables: [] };
  for (const [index, entry] of read.value.checks.entries()) {
    const kinds = Object.keys(entry).filter((key) => !COMMON_KEYS.has(key));
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) {
      problems.push({ file: `${prefix}${file}`, field: `checks[${index}]`, message: kinds.length > 1 ? `has two kinds: ${kinds.join(', ')}` : 'names no kind of check', severity: 'error' });
      continue;
    }
    const wrong = validate(kind, entry[kind]);
    if (wrong !== undefined) problems.push({ file: `${prefix}${file}`, field: `checks[${index}].${kind}`, message: wrong, severity: 'error' });
    const check: CheckSpec = { id: entry.id, title: entry.title, kind, spec: entry[kind], hints: entry.hints, live: entry.live };
    page.checks.push(check);
  }
  const { exercise } = read.value;
  if (exercise) {
    page.exercise = {
      solution: exercise.solution,
      expectBefore: exercise.expectBefore,
      undoes: exercise.undoes,
      nearMisses: exercise.nearMisses.map((miss) => ({ title: miss.title, script: miss.run, expectMessage: miss.expect })),
    };
  }
  return { page, variables: read.value.variables };
}

/** `step1/checks.yaml` beside `step1/text.md`; `step1.checks.yaml` beside `step1.md` where pages share a folder. */
async function checksFile(folder: string, text: string): Promise<string | undefined> {
  const candidates = [text.replace(/(\.md)?$/, '.checks.yaml'), ...(dirname(text) === '.' ? [] : [join(dirname(text), 'checks.yaml')])];
  for (const candidate of candidates) {
    try {
      await access(join(folder, candidate));
      return candidate;
    } catch {
      // the next one
    }
  }
  return undefined;
}
