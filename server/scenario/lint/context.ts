import { join, posix } from 'node:path';
import { listFiles } from '../assets.ts';
import type { Index } from '../index-file.ts';
import { type ParsedPage, parsePage } from '../markdown/parse.ts';
import type { Page, Problem, Scenario } from '../model.ts';
import { pagesOf } from '../load-scenario.ts';
import { LIMITS, locateIn, readSource } from '../source-file.ts';
import type { Finding, Severity } from './finding.ts';
import { ruleOf } from './rules.ts';

/** What the linting of one folder is told. */
export interface LintOptions {
  /** Loads what tells whether a container image is there; without it, images are not looked at. */
  images?: () => Promise<(image: string) => boolean>;
  /** Whether sessions lack the internet, Docker and the like: true for the embedded cluster. */
  offline: boolean;
}

export interface PageText {
  page: Page;
  /** How findings name the file. */
  file: string;
  /** Relative to the scenario's folder. */
  path: string;
  text: string;
  parsed: ParsedPage;
  /** An answer page. */
  answer: boolean;
  /** Path of the page that this is a translation of. */
  translates?: string;
}

export interface ScriptText {
  page: Page;
  role: 'foreground' | 'background' | 'verify' | 'hint';
  file: string;
  text: string;
  crlf: boolean;
}

export interface AssetText {
  /** Relative to `assets/`. */
  path: string;
  file: string;
  /** Absent where it is large or binary. */
  text?: string;
}

/** All of a scenario that rules look at, read once. */
export interface ScenarioContext {
  scenario: Scenario;
  index: Index;
  indexFile: string;
  /** How findings name the scenario's folder, with a slash at the end. */
  prefix: string;
  pages: PageText[];
  scripts: ScriptText[];
  assets: AssetText[];
  options: LintOptions;
  say(code: string, at: { file: string; line?: number; column?: number; page?: string }, message: string, severity?: Severity): void;
}

/** Larger assets are not read: secrets and ports are in small ones. */
const ASSET_LIMIT = 256 * 1024;
const MAX_ASSETS = 500;

export async function contextOf(scenario: Scenario, index: Index, prefix: string, indexFile: string, options: LintOptions, findings: Finding[]): Promise<ScenarioContext> {
  const pages: PageText[] = [];
  const scripts: ScriptText[] = [];
  const read = async (path: string, limit: number) => {
    const found = await locateIn(scenario, path);
    const source = found.ok ? await readSource(found.path, limit) : undefined;
    return source?.ok === true ? source : undefined;
  };
  const seen = new Map<string, PageText>();
  for (const page of pagesOf(scenario)) {
    const others = Object.values(page.translations ?? {});
    const texts: { path: string | undefined; answer: boolean; of?: string | undefined }[] = [{ path: page.text, answer: false }, { path: page.answer, answer: true }, ...others.flatMap((other) => [{ path: other.text, answer: false, of: page.text }, { path: other.answer, answer: true, of: page.answer }])];
    for (const { path, answer, of } of texts) {
      if (path === undefined || path === '') continue;
      const plain = posix.normalize(path.replace(/^\/+/, ''));
      const known = seen.get(plain);
      if (known !== undefined) continue;
      const source = await read(path, LIMITS.page);
      if (source === undefined) continue;
      const entry: PageText = { page, file: `${prefix}${plain}`, path: plain, text: source.text, parsed: parsePage(source.text, 'argo-lab-mark-'), answer, ...(of === undefined ? {} : { translates: posix.normalize(of.replace(/^\/+/, '')) }) };
      seen.set(plain, entry);
      pages.push(entry);
    }
    for (const [path, role] of [[page.foreground, 'foreground'], [page.background, 'background'], [page.verify, 'verify'], [page.hintScript, 'hint']] as const) {
      const source = path === undefined ? undefined : await read(path, LIMITS.script);
      if (path !== undefined && source !== undefined) scripts.push({ page, role, file: `${prefix}${posix.normalize(path.replace(/^\/+/, ''))}`, text: source.text, crlf: source.crlf });
    }
  }
  const assets: AssetText[] = [];
  for (const path of (await listFiles(join(scenario.folder, 'assets'))).slice(0, MAX_ASSETS)) {
    const source = /\.(?:png|jpe?g|gif|webp|ico|zip|gz|tgz|jar|war|mp4|woff2?|ttf|pdf|exe|bin)$/i.test(path) ? undefined : await read(posix.join('assets', path), ASSET_LIMIT);
    assets.push({ path, file: `${prefix}assets/${path}`, ...(source === undefined ? {} : { text: source.text }) });
  }
  return {
    scenario,
    index,
    indexFile,
    prefix,
    pages,
    scripts,
    assets,
    options,
    say: (code, at, message, severity) => {
      const rule = ruleOf(code);
      findings.push({ ...at, code, severity: severity ?? rule.severity, message, mend: rule.mend });
    },
  };
}

export function findingOf(problem: Problem): Finding {
  const { code, file, line, column, message, field } = problem;
  return { file, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }), code, severity: problem.severity, message: field === undefined || message.startsWith('“') ? message : `${field} ${message}`, mend: ruleOf(code).mend };
}
