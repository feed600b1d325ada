import { basename, join, posix, relative, resolve, sep } from 'node:path';
import type { CheckValidator } from './checks-file.ts';
import { isBreaking, loadScenario, titleOf } from './load-scenario.ts';
import type { Course } from './model.ts';
import { readJson, readYaml } from './read-file.ts';
import { type FolderScan, Scanner, repositoryOf } from './scan.ts';
import { KatacodaFile, PathwayFile, StructureFile, type StructureItem, StructureItem as StructureItemSchema } from './schema.ts';
import { locate } from './source-file.ts';

type CourseItem = Course['items'][number];
const MAX_NESTING = 6;
/** Items over all courses: a structure that names itself again and again must end. */
const MAX_ITEMS = 20_000;

/**
 * Loads a folder of courses: with `structure.json` it is one course; else each of its sub-folders with scenarios is, and
 * the scenarios that lie directly in it are a course of their own. Katacoda's `NAME-pathway.json` gives the folder NAME
 * its title and order, `katacoda.yaml` says where the scenarios are.
 * Never throws for what is in the files: a broken scenario becomes an item that says what is wrong.
 */
export async function loadCourses(folder: string, validate: CheckValidator): Promise<Course[]> {
  return new CourseLoader(await repositoryOf(folder), validate).load(resolve(folder));
}

/** Courses of several folders side by side: where a later one has scenarios of the same ids, its own get the folder's name in front. */
export function sideBySide(lists: readonly { folder: string; courses: readonly Course[] }[]): Course[] {
  const taken = new Set<string>();
  return lists.flatMap(({ folder, courses }) => {
    let prefix = '';
    for (let n = 1; courses.some((course) => idsOf(course).some((id) => taken.has(prefix + id))); n++) prefix = `${basename(resolve(folder))}${n === 1 ? '' : `-${n}`}/`;
    const named = prefix === '' ? [...courses] : courses.map((course) => prefixed(course, prefix));
    for (const course of named) for (const id of idsOf(course)) taken.add(id);
    return named;
  });
}

function idsOf(course: Course): string[] {
  return course.items.flatMap((item) => (item.type === 'course' ? idsOf(item.course) : item.type === 'scenario' ? [item.scenario.id] : []));
}

function prefixed(course: Course, prefix: string): Course {
  return {
    ...course,
    id: prefix + course.id,
    items: course.items.map((item): CourseItem => (item.type === 'course' ? { type: 'course', course: prefixed(item.course, prefix) } : item.type === 'scenario' ? { type: 'scenario', scenario: { ...item.scenario, id: prefix + item.scenario.id } } : { ...item, id: prefix + item.id })),
  };
}

interface Where {
  id: string;
  /** Folders of the courses around it, so that none holds itself. */
  chain: readonly string[];
}

class CourseLoader {
  readonly #scanner: Scanner;
  #items = 0;

  constructor(
    readonly root: string,
    readonly validate: CheckValidator,
  ) {
    this.#scanner = new Scanner(root);
  }

  async load(folder: string): Promise<Course[]> {
    const base = await this.#scanner.scan(await this.#scenarioRoot(folder));
    if (base === undefined) return [];
    const id = basename(base.path);
    if (base.structure !== undefined) return [await this.#course(base, { id, chain: [] })];
    const own: Course = { id, title: titleOf(id), description: '', items: [] };
    if (base.index !== undefined) own.items.push(...(await this.#present(base, { id, chain: [] }, {})));
    const courses: Course[] = [];
    const taken = await this.#pathways(base, '', courses, []);
    for (const child of base.children) {
      if (child.scenarios === 0 || taken.has(child.path)) continue;
      if (child.index === undefined) courses.push(await this.#course(child, { id: child.name, chain: [] }));
      else own.items.push(...(await this.#present(child, { id: base.index === undefined ? `${id}/${child.name}` : child.name, chain: [] }, {})));
    }
    byTitle(own.items);
    if (own.items.length > 0) courses.unshift(own);
    return courses;
  }

  /** `scenario_root` of katacoda.yaml, where it is a folder of the repository. */
  async #scenarioRoot(folder: string): Promise<string> {
    for (const name of ['katacoda.yaml', 'katacoda.yml']) {
      if (!(await locate(this.root, join(folder, name))).ok) continue;
      const read = await readYaml(join(folder, name), name, KatacodaFile);
      const path = read.ok ? read.value.scenario_root : undefined;
      if (path === undefined || path.trim() === '') continue;
      const found = await locate(folder, join(folder, path));
      if (found.ok) return join(folder, path);
    }
    return folder;
  }

  async #course(folder: FolderScan, where: Where): Promise<Course> {
    const course: Course = { id: where.id, title: titleOf(folder.name), description: '', items: [] };
    const inner: Where = { id: where.id, chain: [...where.chain, folder.path] };
    if (folder.structure === undefined) {
      if (folder.index !== undefined) course.items.push(...(await this.#present(folder, where, {})));
      const nested: Course[] = [];
      const taken = await this.#pathways(folder, `${where.id}/`, nested, inner.chain);
      course.items.push(...nested.map((one): CourseItem => ({ type: 'course', course: one })));
      for (const child of folder.children) {
        if (child.scenarios > 0 && !taken.has(child.path)) course.items.push(...(await this.#present(child, { id: `${where.id}/${child.name}`, chain: inner.chain }, {})));
      }
      byTitle(course.items);
      return course;
    }
    const file = `${where.id}/${folder.structure}`;
    const read = await readJson(join(folder.path, folder.structure), file, StructureFile);
    if (!read.ok) return { ...course, items: [{ type: 'broken', id: file, title: folder.structure, problems: read.problems }] };
    course.title = read.value.title || course.title;
    course.description = read.value.description ?? '';
    for (const [index, raw] of read.value.items.entries()) course.items.push(...(await this.#listed(folder, file, raw, index, inner)));
    return course;
  }

  /** One entry of structure.json. What is wrong with it stays with it. */
  async #listed(folder: FolderScan, file: string, raw: unknown, index: number, where: Where): Promise<CourseItem[]> {
    const broken = (id: string, title: string, code: string, message: string): CourseItem[] => [{ type: 'broken', id, title, problems: [{ code, file, field: `items[${index}]`, message, severity: 'error' }] }];
    const parsed = StructureItemSchema.safeParse(raw);
    if (!parsed.success || parsed.data.path.trim() === '') return broken(`${file}#${index}`, `Item ${index + 1}`, 'field-type', 'names no path');
    const entry: StructureItem = parsed.data;
    const id = posix.normalize(`/${where.id}/${entry.path}`).replace(/^\/|\/$/g, '');
    const title = entry.title || entry.path;
    this.#items += 1;
    if (this.#items > MAX_ITEMS) return this.#items === MAX_ITEMS + 1 ? broken(id, title, 'too-many', `there are more than ${MAX_ITEMS} items; the rest is left out`) : [];
    const path = join(folder.path, entry.path);
    const way = relative(this.root, path);
    if (way === '..' || way.startsWith(`..${sep}`)) return broken(id, title, 'path-escapes', `lists ${entry.path}, which leads out of the repository`);
    const found = await locate(this.root, path);
    if (!found.ok) return broken(id, title, found.code === 'reference-missing' ? 'structure-item-missing' : found.code, found.code === 'reference-missing' ? `lists ${entry.path}, where there is no scenario` : `lists ${entry.path}, which ${found.message}`);
    if (where.chain.includes(path) || where.chain.length > MAX_NESTING) return broken(id, title, 'structure-loop', `lists ${entry.path}, a course that holds this one`);
    const target = await this.#scanner.scan(path);
    const items = target === undefined ? [] : await this.#present(target, { id, chain: where.chain }, entry);
    return items.length > 0 ? items : broken(id, title, 'structure-item-missing', `lists ${entry.path}, where there is no scenario`);
  }

  /** A folder as items of a course: its scenario and those that lie below it, or a course of its own. */
  async #present(folder: FolderScan, where: Where, override: { title?: string | undefined; description?: string | undefined }): Promise<CourseItem[]> {
    if (folder.structure === undefined && folder.index !== undefined) {
      const items = [await this.#scenario(folder, where.id, override)];
      // A scenario that is at the same time the folder of others: they follow it.
      if (!where.chain.includes(folder.path) && where.chain.length < MAX_NESTING && !(folder.path === this.root)) {
        for (const child of folder.children) if (child.scenarios > 0) items.push(...(await this.#present(child, { id: `${where.id}/${child.name}`, chain: [...where.chain, folder.path] }, {})));
      }
      return items;
    }
    if ((folder.structure === undefined && folder.scenarios === 0) || where.chain.length > MAX_NESTING) return [];
    const course = await this.#course(folder, where);
    return [{ type: 'course', course: { ...course, title: override.title || course.title, description: override.description ?? course.description } }];
  }

  async #scenario(folder: FolderScan, id: string, override: { title?: string | undefined; description?: string | undefined }): Promise<CourseItem> {
    const { scenario, problems } = await loadScenario(folder.path, id, this.validate, { root: this.root, index: folder.index ?? 'index.json' });
    const title = override.title || scenario?.title || titleOf(folder.name);
    if (!scenario || problems.some(isBreaking)) return { type: 'broken', id, title, problems };
    return { type: 'scenario', scenario: { ...scenario, title, description: override.description ?? scenario.description } };
  }

  /** Courses by the pathways that lie in a folder. Returns the folders that they took in. */
  async #pathways(folder: FolderScan, prefix: string, courses: Course[], chain: readonly string[]): Promise<Set<string>> {
    const taken = new Set<string>();
    for (const file of folder.pathways) {
      const name = file.slice(0, -'-pathway.json'.length);
      const read = await readJson(join(folder.path, file), `${prefix}${file}`, PathwayFile);
      if (!read.ok) {
        courses.push({ id: `${prefix}${name}`, title: titleOf(name), description: '', items: [{ type: 'broken', id: `${prefix}${file}`, title: file, problems: read.problems }] });
        continue;
      }
      const home = folder.children.find((child) => child.name === name);
      const course: Course = { id: `${prefix}${name}`, title: read.value.title || titleOf(name), description: read.value.description ?? '', items: [] };
      const listed = new Set<string>();
      for (const entry of read.value.courses ?? read.value.scenarios ?? []) {
        const target = entry.external_link === undefined ? findEntry(folder, name, entry) : undefined;
        if (target === undefined || target.scenarios === 0 || listed.has(target.path)) continue;
        listed.add(target.path);
        const id = `${prefix}${relative(folder.path, target.path).split(sep).join('/')}`;
        course.items.push(...(await this.#present(target, { id, chain: [...chain, folder.path] }, entry)));
      }
      if (course.items.length === 0) continue;
      // What the pathway left out is still there: behind what it lists.
      for (const child of home !== undefined && home.structure === undefined ? home.children : []) {
        if (child.scenarios > 0 && !listed.has(child.path)) course.items.push(...(await this.#present(child, { id: `${prefix}${name}/${child.name}`, chain: [...chain, folder.path] }, {})));
      }
      if (home !== undefined) taken.add(home.path);
      for (const path of listed) taken.add(path);
      courses.push(course);
    }
    return taken;
  }
}

/** `{pathway_id: 'user/docker', course_id: 'images'}` is `docker/images`, or `images`, below the pathway's folder. */
function findEntry(folder: FolderScan, name: string, entry: { course_id?: string | undefined; id?: string | undefined; pathway_id?: string | undefined }): FolderScan | undefined {
  const last = entry.course_id ?? entry.id;
  if (last === undefined || last === '') return undefined;
  const walk = (path: string) => path.split('/').filter(Boolean).reduce<FolderScan | undefined>((at, part) => at?.children.find((child) => child.name === part), folder);
  const parents = [name, ...(entry.pathway_id === undefined ? [] : [entry.pathway_id, entry.pathway_id.split('/').slice(1).join('/')]), ''];
  for (const parent of parents) {
    const found = walk(`${parent}/${last}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function byTitle(items: CourseItem[]): void {
  const title = (item: CourseItem) => (item.type === 'scenario' ? item.scenario.title : item.type === 'course' ? item.course.title : item.title);
  items.sort((a, b) => title(a).localeCompare(title(b), 'en', { numeric: true, sensitivity: 'base' }));
}
