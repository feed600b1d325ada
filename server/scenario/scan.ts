import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { inOrder, isIndexName, isYamlName } from './index-name.ts';
import type { Problem } from './model.ts';
import { LIMITS, entriesOf, headOf, readSource } from './source-file.ts';
import { isScenarioIndex } from './index-file.ts';
import { readJsonText } from './json-text.ts';
import { readYamlText } from './yaml-text.ts';

const MAX_DEPTH = 8;
const MAX_FOLDERS = 50_000;
const MAX_ENTRIES = 20_000;
/** Below a scenario these hold what learners get, not scenarios. */
const SKIPPED = new Set(['node_modules', 'assets', '__pycache__']);

/** A folder of a repository, as far as scenarios and courses go. */
export interface FolderScan {
  path: string;
  /** Without links. */
  real: string;
  name: string;
  /** `index.json` or `index.yaml` as it is written on disk, where it is (or is meant to be) a scenario's. */
  index?: string;
  /** It holds an index.json of something else. */
  otherIndex?: string;
  structure?: string;
  /** Names of `…-pathway.json`. */
  pathways: string[];
  children: FolderScan[];
  /** Scenarios in it and below. */
  scenarios: number;
}

/** The repository that a folder is part of: the nearest folder above with a `.git`, short of the home folder; else itself. */
export async function repositoryOf(folder: string): Promise<string> {
  const start = realOf(folder) ?? folder;
  const home = homedir();
  for (let at = start; at !== home && at !== dirname(at); at = dirname(at)) {
    if (statSync(join(at, '.git'), { throwIfNoEntry: false }) !== undefined) return at;
  }
  return start;
}

/** Walks folders once, within limits; links are followed as long as they stay in the repository and don't lead in circles. */
export class Scanner {
  readonly problems: Problem[] = [];
  #folders = 0;
  readonly #known = new Map<string, Promise<FolderScan | undefined>>();

  constructor(readonly root: string) {}

  /** `chain`: real paths of the folders above, so that no link leads back to one of them. */
  scan(path: string, depth = 0, chain: readonly string[] = []): Promise<FolderScan | undefined> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const scan = this.#scan(path, depth, chain);
    this.#known.set(path, scan);
    return scan;
  }

  #say(path: string, code: string, message: string, severity: 'error' | 'warning' = 'warning'): void {
    if (this.problems.length < 1000) this.problems.push({ code, file: relative(this.root, path) || '.', message, severity });
  }

  async #scan(path: string, depth: number, chain: readonly string[]): Promise<FolderScan | undefined> {
    const real = realOf(path);
    if (real === undefined) return undefined;
    const way = relative(this.root, real);
    if (way === '..' || way.startsWith(`..${sep}`)) {
      this.#say(path, 'path-escapes', 'is a link that leads out of the repository', 'error');
      return undefined;
    }
    if (chain.includes(real)) {
      this.#say(path, 'link-loop', 'is a link that leads back to a folder above it', 'error');
      return undefined;
    }
    this.#folders += 1;
    if (this.#folders > MAX_FOLDERS) {
      if (this.#folders === MAX_FOLDERS + 1) this.#say(path, 'too-many', `there are more than ${MAX_FOLDERS} folders; the rest is not looked at`, 'error');
      return undefined;
    }
    const folder: FolderScan = { path, real, name: path.slice(path.lastIndexOf(sep) + 1), pathways: [], children: [], scenarios: 0 };
    const below: { name: string; kind: 'folder' | 'link' }[] = [];
    const indexes: string[] = [];
    const found = entriesOf(path, MAX_ENTRIES);
    if (found === undefined) {
      this.#say(path, 'file-unreadable', 'may not be read');
      return undefined;
    }
    if (found.more) this.#say(path, 'too-many', `holds more than ${MAX_ENTRIES} entries; the rest is not looked at`);
    for (const { name, kind } of found.entries) {
      const lower = name.toLowerCase();
      if (isIndexName(name)) indexes.push(name);
      else if (lower === 'structure.json') folder.structure = folder.structure === undefined || name === 'structure.json' ? name : folder.structure;
      else if (lower.endsWith('-pathway.json')) folder.pathways.push(name);
      else if ((kind === 'folder' || kind === 'link') && !name.startsWith('.') && !SKIPPED.has(name)) below.push({ name, kind });
    }
    folder.pathways.sort();
    for (const name of inOrder(indexes)) {
      const own = isYamlName(name) ? await isYamlScenario(join(path, name)) : await isScenario(join(path, name));
      if (own && folder.index === undefined) folder.index = name;
      else if (own) this.#say(join(path, name), 'index-twice', `is not read: ${folder.index} beside it is`);
      else if (!isYamlName(name)) folder.otherIndex ??= name;
    }
    if (folder.index !== undefined) folder.scenarios = 1;
    if (depth >= MAX_DEPTH) return folder;
    for (const { name, kind } of below.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, name);
      const is = kind === 'folder' ? 'folder' : linkTo(child);
      if (is === 'loop') this.#say(child, 'link-loop', 'is a link that leads in a circle', 'error');
      else if (is === 'folder') {
        const scanned = await this.scan(child, depth + 1, [...chain, real]);
        if (scanned === undefined) continue;
        folder.children.push(scanned);
        folder.scenarios += scanned.scenarios;
      }
    }
    return folder;
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function linkTo(path: string): 'folder' | 'loop' | 'other' {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ELOOP' ? 'loop' : 'other';
  }
}

/** Broken ones count: they are shown with what is wrong. */
async function isScenario(path: string): Promise<boolean> {
  const source = await readSource(path, LIMITS.json);
  if (!source.ok) return true;
  const read = readJsonText(source.text);
  return !read.ok || isScenarioIndex(read.value);
}

/** Much else is called index.yaml (the list of a Helm repository, say): a broken one counts where it begins like ours. */
async function isYamlScenario(path: string): Promise<boolean> {
  const source = await readSource(path, LIMITS.yaml);
  const read = source.ok ? readYamlText(source.text) : undefined;
  return read?.ok === true ? isScenarioIndex(read.value) : /^(?:details|backend)[ \t]*:/m.test(headOf(path));
}
