import { join, relative, resolve } from 'node:path';
import type { CheckValidator } from '../checks-file.ts';
import { readIndex } from '../index-file.ts';
import { indexIn } from '../index-name.ts';
import { loadScenario } from '../load-scenario.ts';
import { readJson, readJsonFile } from '../read-file.ts';
import { type FolderScan, Scanner, repositoryOf } from '../scan.ts';
import { PathwayFile, StructureFile, StructureItem } from '../schema.ts';
import { locate } from '../source-file.ts';
import { type LintOptions, contextOf, findingOf } from './context.ts';
import type { Finding } from './finding.ts';
import { ruleOf } from './rules.ts';
import { unusedAssets } from './rules/assets.ts';
import { exercises } from './rules/exercises.ts';
import { indexKeys } from './rules/index-keys.ts';
import { pageCode } from './rules/page-code.ts';
import { pageText } from './rules/page-text.ts';
import { images, ports } from './rules/ports-and-images.ts';
import { scripts } from './rules/scripts.ts';
import { secrets } from './rules/secrets.ts';
import { translations } from './rules/translations.ts';

export type { LintOptions } from './context.ts';
export type { Finding, Rule, Severity } from './finding.ts';
export { RULES, rulesTable } from './rules.ts';

export interface LintResult {
  findings: Finding[];
  scenarios: number;
  courses: number;
}

/** Of one rule in one file; more only say the same again. */
const MOST_A_FILE = 20;
const AT_ONCE = 4;

/** Lints a scenario's folder. `label` is how findings name the folder. Never throws for what is in the files. */
export async function lintScenario(folder: string, validate: CheckValidator, options: LintOptions, where: { label?: string; root?: string; index?: string } = {}): Promise<Finding[]> {
  const label = where.label ?? folder;
  const prefix = label === '.' ? '' : `${label}/`;
  const indexName = where.index ?? indexIn(folder) ?? 'index.json';
  const root = where.root ?? (await repositoryOf(folder));
  const { scenario, problems } = await loadScenario(folder, label, validate, { root, label, index: indexName });
  const findings = problems.map(findingOf);
  const read = scenario === undefined ? undefined : await readIndex(join(folder, indexName), `${prefix}${indexName}`);
  if (scenario === undefined || read?.ok !== true) return findings;
  const context = await contextOf(scenario, read.value, prefix, `${prefix}${indexName}`, options, findings);
  indexKeys(context);
  for (const page of context.pages) await pageText(context, page);
  pageCode(context);
  scripts(context);
  translations(context);
  exercises(context);
  secrets(context);
  ports(context);
  await images(context);
  unusedAssets(context);
  return limited(findings);
}

/** Lints every scenario and course in these folders and below. Findings come in the order of files and lines. */
export async function lintFolders(folders: readonly string[], cwd: string, validate: CheckValidator, options: LintOptions): Promise<LintResult> {
  const result: LintResult = { findings: [], scenarios: 0, courses: 0 };
  for (const folder of folders) await lintFolder(resolve(cwd, folder), cwd, validate, options, result);
  result.findings = limited(result.findings);
  result.findings.sort((a, b) => compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || compare(a.code, b.code));
  return result;
}

async function lintFolder(folder: string, cwd: string, validate: CheckValidator, options: LintOptions, result: LintResult): Promise<void> {
  const root = await repositoryOf(folder);
  const scanner = new Scanner(root);
  const top = await scanner.scan(folder);
  const label = (path: string) => {
    const way = relative(cwd, path);
    return way === '' ? '.' : way.startsWith('..') ? path : way;
  };
  const labelled = (scan: FolderScan, name: string) => label(join(scan.path, name));
  const say = (code: string, file: string, message: string, at: { line?: number; column?: number } = {}) => result.findings.push({ file, ...at, code, severity: ruleOf(code).severity, message, mend: ruleOf(code).mend });
  const scenarios: FolderScan[] = [];
  const seen = new Set<string>();
  /** `below`: folders that the structure.json above lists; undefined where there is none. */
  const walk = async (scan: FolderScan, listed: Set<string> | undefined): Promise<void> => {
    const { real } = scan;
    if (seen.has(real)) return;
    seen.add(real);
    let inner: Set<string> | undefined;
    if (scan.index !== undefined) scenarios.push(scan);
    if (scan.otherIndex !== undefined) {
      const file = labelled(scan, scan.otherIndex);
      const read = await readJsonFile(join(scan.path, scan.otherIndex), file);
      if (read.ok && typeof read.value.value === 'object' && read.value.value !== null && Object.hasOwn(read.value.value, 'title')) say('index-not-scenario', file, 'has neither “details” nor “backend”, so it is no scenario', { line: 1, column: 1 });
    }
    if (scan.structure !== undefined) {
      result.courses += 1;
      inner = await structure(scan, labelled(scan, scan.structure));
    }
    for (const name of scan.pathways) {
      const read = await readJson(join(scan.path, name), labelled(scan, name), PathwayFile);
      result.findings.push(...read.problems.map(findingOf));
    }
    if (listed !== undefined && scan.scenarios > 0 && !listed.has(real)) say('structure-unlisted', scan.index === undefined ? label(scan.path) : labelled(scan, scan.index), 'is not listed in the structure.json above it', { line: 1, column: 1 });
    for (const child of scan.children) await walk(child, inner);
  };
  const structure = async (scan: FolderScan, file: string): Promise<Set<string> | undefined> => {
    const raw = await readJsonFile(join(scan.path, scan.structure ?? ''), file);
    result.findings.push(...raw.problems.map(findingOf));
    if (!raw.ok) return undefined;
    const parsed = StructureFile.safeParse(raw.value.value);
    if (!parsed.success) {
      say('field-type', file, 'is no structure.json: items should be a list', raw.value.place(['items']));
      return undefined;
    }
    const listed = new Set<string>();
    for (const [index, item] of parsed.data.items.entries()) {
      const at = raw.value.place(['items', index]);
      const entry = StructureItem.safeParse(item);
      if (!entry.success || entry.data.path.trim() === '') {
        say('field-type', file, `item ${index + 1} names no path`, at);
        continue;
      }
      const path = join(scan.path, entry.data.path);
      const found = await locate(root, path);
      if (!found.ok) {
        say(found.code === 'reference-missing' ? 'structure-item-missing' : found.code, file, `lists ${entry.data.path}, which ${found.message}`, at);
        continue;
      }
      const target = await scanner.scan(path);
      if (listed.has(found.path)) say('structure-duplicate', file, `lists ${entry.data.path} twice`, at);
      else if (scan.path === found.path || scan.path.startsWith(`${found.path}/`)) say('structure-loop', file, `lists ${entry.data.path}, a course that holds this one`, at);
      else if (target === undefined || (target.structure === undefined && target.scenarios === 0)) say('structure-item-missing', file, `lists ${entry.data.path}, where there is no scenario`, at);
      listed.add(found.path);
    }
    return listed;
  };
  if (top !== undefined) await walk(top, undefined);
  for (const problem of scanner.problems) result.findings.push({ ...findingOf(problem), file: label(join(root, problem.file)) });
  if (scenarios.length === 0) say('nothing-found', label(folder), 'there is no scenario in this folder or below');
  result.scenarios += scenarios.length;
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let scan = scenarios[next++]; scan !== undefined; scan = scenarios[next++]) {
        result.findings.push(...(await lintScenario(scan.path, validate, options, { label: label(scan.path), root, index: scan.index ?? 'index.json' })));
      }
    }),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** At most so many findings of a rule in a file; the last of them says how many more there are. */
function limited(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, { kept: Finding[]; more: number }>();
  for (const finding of findings) {
    const key = `${finding.code}\0${finding.file}`;
    const entry = counts.get(key) ?? { kept: [], more: 0 };
    counts.set(key, entry);
    if (entry.kept.length < MOST_A_FILE) entry.kept.push(finding);
    else entry.more += 1;
  }
  return [...counts.values()].flatMap(({ kept, more }) => {
    const last = kept.at(-1);
    return more === 0 || last === undefined ? kept : [...kept.slice(0, -1), { ...last, message: `${last.message} (and ${more} more of this rule in this file)` }];
  });
}

