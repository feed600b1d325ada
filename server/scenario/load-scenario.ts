import { basename, join } from 'node:path';
import { assetProblems } from './assets.ts';
import { indexIn } from './index-name.ts';
import { imageMeaning } from './images.ts';
import { greetingOf } from './greeting.ts';
import { dashboardsOf, layoutOf, readIndex, terminalsOf } from './index-file.ts';
import { type CheckValidator, type PageLoad, loadPage } from './load-page.ts';
import type { Page, Problem, Scenario } from './model.ts';
import { NeedFinder } from './needs.ts';
import { repositoryOf } from './scan.ts';
import type { EndPageFile } from './schema.ts';
import { Translations } from './translations.ts';

export interface ScenarioOptions {
  /** The repository: links may lead anywhere inside it. Default: the one that the folder is in. */
  root?: string;
  /** How problems name the scenario's folder; `.` for the one where the command was started. Default: its id. */
  label?: string;
  /** As on disk. Default: the one that is there. */
  index?: string;
}

/** Nobody reads more: a file with more is not meant for reading. Assets likewise. */
const MOST_STEPS = 500;
const MOST_ASSETS = 500;

/** A page can do without its scripts and its answer; the scenario is shown, and what is wrong with it said. */
const DISPENSABLE = /\.(?:foreground|background|code|courseData|verify|hint|answer)$|(?:^|\.)assets(?:\.|$)/;

/** Whether a scenario with this problem can not be shown. */
export function isBreaking(problem: Problem): boolean {
  return problem.severity === 'error' && !DISPENSABLE.test(problem.field ?? '');
}

/** Loads one scenario; without one, `problems` says why. Never throws for what is in the files. */
export async function loadScenario(folder: string, id: string, validate: CheckValidator, options: ScenarioOptions = {}): Promise<{ scenario?: Scenario; problems: Problem[] }> {
  const label = options.label ?? id;
  const indexName = options.index ?? indexIn(folder) ?? 'index.json';
  const prefix = label === '.' ? '' : `${label}/`;
  const read = await readIndex(join(folder, indexName), `${prefix}${indexName}`);
  if (!read.ok) return { problems: read.problems };
  const problems = [...read.problems];
  const { file: index, json, steps: stepFiles, intro: introFile, finish: finishFile, path } = read.value;
  const assets = read.value.assets.slice(0, MOST_ASSETS);
  const root = options.root ?? (await repositoryOf(folder));
  const needs = new NeedFinder();
  const image = imageMeaning(index.backend?.imageid);
  const imageId = index.backend?.imageid?.trim() || 'ubuntu';
  for (const kind of image.needs) needs.add(kind, `its image is ${imageId}`);
  const say = (code: string, at: readonly PropertyKey[], message: string) => problems.push({ code, file: `${prefix}${indexName}`, ...json.place(at), field: at.map(String).join('.'), message, severity: 'warning' });
  if (!image.known) say('image-unknown', ['backend', 'imageid'], `“${imageId}” is no image that is known here; it is taken for ${image.family === 'cluster' ? 'a cluster' : 'a plain machine'}`);
  const { layout, unknown } = layoutOf(index);
  if (unknown !== undefined) say('layout-unknown', index.interface === undefined ? ['environment', 'uilayout'] : ['interface', 'layout'], `“${unknown}” is no layout; there are ide, terminal, ide-terminal and terminal-terminal`);

  const load: PageLoad = { scenario: { folder, root }, prefix, indexFile: `${prefix}${indexName}`, validate, problems, needs, translations: new Translations({ folder, root }, [introFile, ...stepFiles, finishFile].flatMap((file) => [file?.text, file?.answer].filter((path) => path !== undefined))), place: json.place };
  const variables = new Set<string>();
  const page = async (pageId: string, title: string, name: string, file: EndPageFile, at: PropertyKey[]): Promise<Page> => {
    const loaded = await loadPage(load, { id: pageId, title, name, file, path: at });
    for (const variable of loaded.variables) variables.add(variable);
    return loaded.page;
  };
  const end = async (key: 'intro' | 'finish', file: EndPageFile | undefined): Promise<Page | undefined> => {
    if (file === undefined) return undefined;
    const empty = file.text === undefined && [file.foreground, file.background, file.code, file.courseData, file.verify].every((script) => script === undefined);
    return empty ? undefined : page(key, file.title || (key === 'intro' ? 'Introduction' : 'Finished'), key === 'intro' ? 'the introduction' : 'the last page', file, path[key]);
  };
  const intro = await end('intro', introFile);
  const steps: Page[] = [];
  if (stepFiles.length > MOST_STEPS) problems.push({ code: 'too-many', file: `${prefix}${indexName}`, ...json.place(path.steps), field: path.steps.join('.'), message: `has more than ${MOST_STEPS} steps; the rest is left out`, severity: 'error' });
  for (const [i, step] of stepFiles.slice(0, MOST_STEPS).entries()) steps.push(await page(`step${i + 1}`, step.title || `Step ${i + 1}`, `step ${i + 1}`, step, [...path.steps, i]));
  const finish = await end('finish', finishFile);

  const scenario: Scenario = {
    id,
    title: index.title || titleOf(basename(folder)),
    description: index.description ?? '',
    ...given('difficulty', index.difficulty ?? index.details?.difficulty),
    ...given('time', index.time ?? index.details?.duration),
    folder,
    root,
    ...(intro ? { intro } : {}),
    steps,
    ...(finish ? { finish } : {}),
    assets: assets.map(({ host, file, target, chmod }) => ({ host, file, target, ...(chmod === undefined ? {} : { chmod }) })),
    imageId,
    family: image.family,
    hosts: image.hosts,
    needs: [],
    layout,
    dashboards: dashboardsOf(index),
    terminals: terminalsOf(index),
    hide: { intro: index.environment?.hideintro ?? false, finish: index.environment?.hidefinish ?? false, ...((index.interface?.hideHiddenFiles ?? index.environment?.hideHiddenFiles) === true ? { dotFiles: true } : {}) },
    ...given('editorPath', index.environment?.uieditorpath),
    ...(index.environment?.exclusionPatterns === undefined ? {} : { leftOutOfEditor: index.environment.exclusionPatterns }),
    ...given('greeting', greetingOf(index.environment?.uimessage1)),
    ...given('namespace', index.backend?.namespace),
    ...(index.backend?.kind === undefined ? {} : { kind: index.backend.kind }),
    ...(index.backend?.argo === undefined ? {} : { argo: index.backend.argo }),
    variables: [...variables],
    problems,
  };
  problems.push(...(await assetProblems(scenario, (at, wrong) => ({ ...wrong, file: `${prefix}${indexName}`, ...json.place([...path.assets, at.host, at.index, 'file']), field: `${path.assets.join('.')}.${at.host}[${at.index}].file` }), assets)));
  scenario.needs = needs.needs(assets.map(({ file }) => basename(file)));
  return { scenario, problems };
}

function given<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  const out: { [P in K]?: string } = {};
  if (value !== undefined && value !== '') out[key] = value;
  return out;
}

/** Every page in the order in which a learner meets them. */
export function pagesOf(scenario: Scenario): Page[] {
  return [...(scenario.intro ? [scenario.intro] : []), ...scenario.steps, ...(scenario.finish ? [scenario.finish] : [])];
}

/** Those that a learner sees: without a first or last page that the author hides, as long as something is left. */
export function shownPages(scenario: Scenario): Page[] {
  const pages = pagesOf(scenario);
  const shown = pages.filter((page) => !(scenario.hide.intro && page === scenario.intro) && !(scenario.hide.finish && page === scenario.finish));
  return shown.length === 0 ? pages : shown;
}

export function titleOf(name: string): string {
  const words = name.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
