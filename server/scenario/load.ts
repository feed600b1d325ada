import { access, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type CheckValidator, type PageSource, loadPage } from './load-page.ts';
import type { Course, Page, Problem, Scenario } from './model.ts';
import { readJson } from './read-file.ts';
import { type IndexFile, IndexFile as IndexSchema, StructureFile } from './schema.ts';

type CourseItem = Course['items'][number];
const MAX_DEPTH = 6;

/**
 * Loads a folder of courses: with `structure.json` it is one course; else each of its sub-folders with scenarios is, and
 * the scenarios that lie directly in it are a course of their own.
 * Never throws for what is in the files: a broken scenario becomes an item that says what is wrong.
 */
export async function loadCourses(folder: string, validate: CheckValidator): Promise<Course[]> {
  const root = resolve(folder);
  if (await exists(join(root, 'structure.json'))) return [await loadCourse(root, basename(root), validate, 0)];
  const courses: Course[] = [];
  const own: Course = { id: basename(root), title: titleOf(basename(root)), description: '', items: [] };
  for (const name of await folders(root)) {
    if (await exists(join(root, name, 'index.json'))) {
      const item = await loadItem(join(root, name), `${own.id}/${name}`, {}, validate, 1);
      if (item) own.items.push(item);
    } else if (await hasScenarios(join(root, name))) courses.push(await loadCourse(join(root, name), name, validate, 0));
  }
  if (own.items.length > 0) courses.unshift(own);
  if (courses.length === 0 && (await exists(join(root, 'index.json')))) {
    const item = await loadItem(root, basename(root), {}, validate, 0);
    return [{ id: basename(root), title: basename(root), description: '', items: item ? [item] : [] }];
  }
  return courses;
}

async function loadCourse(folder: string, id: string, validate: CheckValidator, depth: number): Promise<Course> {
  const course: Course = { id, title: titleOf(basename(folder)), description: '', items: [] };
  const file = join(folder, 'structure.json');
  let entries: { path: string; title?: string | undefined; description?: string | undefined }[];
  if (await exists(file)) {
    const read = await readJson(file, `${id}/structure.json`, StructureFile);
    if (!read.ok) return { ...course, items: [{ type: 'broken', id: `${id}/structure.json`, title: 'structure.json', problems: read.problems }] };
    course.title = read.value.title ?? course.title;
    course.description = read.value.description ?? '';
    entries = read.value.items;
  } else {
    entries = (await folders(folder)).map((path) => ({ path }));
  }
  for (const entry of entries) {
    const itemId = `${id}/${entry.path.replace(/^\.\//, '').replace(/\/+$/, '')}`;
    const item = await loadItem(join(folder, entry.path), itemId, entry, validate, depth + 1);
    if (item) course.items.push(item);
    else if (await exists(file)) course.items.push({ type: 'broken', id: itemId, title: entry.title ?? entry.path, problems: [{ file: `${id}/structure.json`, message: `lists ${entry.path}, where there is no scenario`, severity: 'error' }] });
  }
  return course;
}

async function loadItem(folder: string, id: string, override: { title?: string | undefined; description?: string | undefined }, validate: CheckValidator, depth: number): Promise<CourseItem | undefined> {
  if (depth > MAX_DEPTH) return undefined;
  if (await exists(join(folder, 'index.json'))) {
    const { scenario, problems } = await loadScenario(folder, id, validate);
    const title = override.title ?? scenario?.title ?? titleOf(basename(folder));
    if (!scenario || problems.some((problem) => problem.severity === 'error')) return { type: 'broken', id, title, problems };
    return { type: 'scenario', scenario: { ...scenario, title, description: override.description ?? scenario.description } };
  }
  if ((await exists(join(folder, 'structure.json'))) || (await hasScenarios(folder))) return { type: 'course', course: await loadCourse(folder, id, validate, depth) };
  return undefined;
}

/** Loads one scenario; without one, `problems` says why. */
export async function loadScenario(folder: string, id: string, validate: CheckValidator): Promise<{ scenario?: Scenario; problems: Problem[] }> {
  const read = await readJson(join(folder, 'index.json'), `${id}/index.json`, IndexSchema);
  if (!read.ok) return { problems: read.problems };
  const problems = [...read.problems];
  const index = read.value;
  const variables = new Set<string>();
  const load = async (source: PageSource): Promise<Page> => {
    const loaded = await loadPage(folder, `${id}/`, source, validate, problems);
    for (const name of loaded.variables) variables.add(name);
    return loaded.page;
  };
  const details = index.details ?? {};
  const end = async (key: 'intro' | 'finish'): Promise<Page | undefined> => {
    const page = details[key];
    return page?.text === undefined ? undefined : load({ id: key, field: `details.${key}`, ...scriptsOf(page), text: page.text, title: page.title ?? (key === 'intro' ? 'Introduction' : 'Finished') });
  };
  const intro = await end('intro');
  const steps: Page[] = [];
  for (const [i, step] of (details.steps ?? []).entries()) {
    steps.push(await load({ id: `step${i + 1}`, field: `details.steps[${i}]`, ...scriptsOf(step), text: step.text, title: step.title ?? `Step ${i + 1}` }));
  }
  const finish = await end('finish');
  const assets = Object.entries(details.assets ?? {}).flatMap(([host, list]) => list.map((asset) => ({ host, file: asset.file, target: asset.target, ...(asset.chmod === undefined ? {} : { chmod: asset.chmod }) })));
  const scenario: Scenario = {
    id,
    title: index.title || titleOf(basename(folder)),
    description: index.description ?? '',
    ...(index.difficulty === undefined ? {} : { difficulty: index.difficulty }),
    ...(index.time === undefined ? {} : { time: index.time }),
    folder,
    ...(intro ? { intro } : {}),
    steps,
    ...(finish ? { finish } : {}),
    assets,
    imageId: index.backend?.imageid ?? 'ubuntu',
    ...(index.backend?.namespace === undefined ? {} : { namespace: index.backend.namespace }),
    variables: [...variables],
    problems,
  };
  return { scenario, problems };
}

function scriptsOf(page: NonNullable<NonNullable<IndexFile['details']>['intro']>) {
  return { verify: page.verify, foreground: page.foreground ?? page.code, background: page.background ?? page.courseData };
}

/** Every page in the order in which a learner meets them. */
export function pagesOf(scenario: Scenario): Page[] {
  return [...(scenario.intro ? [scenario.intro] : []), ...scenario.steps, ...(scenario.finish ? [scenario.finish] : [])];
}

function titleOf(name: string): string {
  const words = name.replace(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function folders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.') && entry.name !== 'node_modules' && entry.name !== 'assets').map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

async function hasScenarios(folder: string, depth = 0): Promise<boolean> {
  if (depth > MAX_DEPTH) return false;
  for (const name of await folders(folder)) {
    const child = join(folder, name);
    if ((await exists(join(child, 'index.json'))) || (await exists(join(child, 'structure.json'))) || (await hasScenarios(child, depth + 1))) return true;
  }
  return false;
}
