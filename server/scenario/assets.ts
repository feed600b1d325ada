import { statSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { atRoot } from '../protocol/placeholders.ts';
import type { Problem, Scenario } from './model.ts';
import { type Located, entriesOf, locate, locateIn } from './source-file.ts';
import { globMatcher } from './glob.ts';

/** One file to put into a session's place. */
export interface AssetCopy {
  /** Absolute path on the host. */
  source: string;
  /** Absolute path as the place's processes see it, under `home` for `~` and relative targets. */
  target: string;
  /** What chmod(1) is given. */
  chmod?: string;
}

type Asset = Scenario['assets'][number];
type Found = { files: { source: string; name: string }[]; flaw?: { code: string; message: string; severity: 'error' | 'warning' } };

/** Larger files are left out: a session's home is no archive. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 5000;
/** The machine with the terminals; its files win over those meant for other machines. */
const MAIN_HOSTS = new Set(['host01', 'controlplane', 'master', 'client']);
const IMAGES = /\.(?:png|jpe?g|gif|webp|svg|ico|bmp|avif|mp4|webm)$/i;
/** How a path of a page's image says “one folder up”: an address can't hold `..`. */
export const UP = '__up__';

/**
 * Which files a scenario wants where. `file` is relative to `assets/`, else to the scenario; a plain path lands under
 * its base name, a pattern keeps its path below `assets/`. What does not exist or leads outside is left out and named.
 */
export async function planAssets(scenario: Scenario, home: string): Promise<{ copies: AssetCopy[]; missing: string[] }> {
  const byTarget = new Map<string, AssetCopy>();
  const missing: string[] = [];
  const assets = [...scenario.assets].sort((a, b) => Number(MAIN_HOSTS.has(a.host)) - Number(MAIN_HOSTS.has(b.host)));
  const listing = listingOf(scenario);
  for (const asset of assets) {
    const found = await findAsset(scenario, asset, listing);
    if (found.files.length === 0) missing.push(asset.file);
    for (const { source, name } of found.files) {
      const target = posix.join(targetFolder(asset.target, home), name);
      byTarget.delete(target);
      byTarget.set(target, { source, target, ...(asset.chmod === undefined ? {} : { chmod: asset.chmod }) });
    }
  }
  return { copies: [...byTarget.values()], missing };
}

/** What is wrong with the assets, each where it stands. */
export async function assetProblems(scenario: Scenario, place: (at: { host: string; index: number }, wrong: Omit<Problem, 'file'>) => Problem, entries: readonly (Asset & { index: number })[]): Promise<Problem[]> {
  const out: Problem[] = [];
  const listing = listingOf(scenario);
  for (const entry of entries) {
    const { flaw } = await findAsset(scenario, entry, listing);
    if (flaw !== undefined) out.push(place(entry, flaw));
  }
  return out;
}

/** How often patterns are tried on files, for all patterns of a scenario together. */
const MOST_TRIES = 100_000;

/** The files below `assets/` that fit a pattern; listed once, and only where a pattern asks. */
function listingOf(scenario: Scenario): (pattern: string) => Promise<string[]> {
  let listing: Promise<string[]> | undefined;
  let tries = 0;
  const known = new Map<string, string[]>();
  return async (pattern) => {
    const before = known.get(pattern);
    if (before !== undefined) return before;
    const files = await (listing ??= listFiles(join(scenario.folder, 'assets')));
    tries += files.length;
    const found = tries > MOST_TRIES ? [] : files.filter(globMatcher(pattern));
    known.set(pattern, found);
    return found;
  };
}

async function findAsset(scenario: Scenario, asset: { file: string }, listing: (pattern: string) => Promise<string[]>): Promise<Found> {
  const name = posix.normalize(asset.file.replace(/^\/+/, ''));
  if (/[*?]/.test(name)) {
    const files: Found['files'] = [];
    for (const file of await listing(name)) {
      const found = await locate(scenario.root, join(scenario.folder, 'assets', file));
      if (found.ok && (isSmallFile(found.path))) files.push({ source: found.path, name: file });
    }
    return files.length > 0 ? { files } : { files, flaw: { code: 'asset-missing', message: `no file in assets/ fits ${asset.file}`, severity: 'warning' } };
  }
  const escapes: Found = { files: [], flaw: { code: 'path-escapes', message: `names ${asset.file}, which leads out of the scenario's folder`, severity: 'error' } };
  if (name === '..' || name.startsWith('../')) return escapes;
  let found: Located = await locateIn(scenario, posix.join('assets', name));
  let flaw: Found['flaw'];
  if (!found.ok && found.code === 'reference-missing') {
    found = await locateIn(scenario, name);
    if (found.ok) flaw = { code: 'asset-beside', message: `${asset.file} is not in assets/ but beside index.json, where other hosts don't look`, severity: 'warning' };
  }
  if (!found.ok) return found.code === 'reference-missing' ? { files: [], flaw: { code: 'asset-missing', message: `names ${asset.file}, which is not in assets/`, severity: 'error' } } : { files: [], flaw: { code: found.code, message: `names ${asset.file}, which ${found.message}`, severity: 'error' } };
  const info = statSync(found.path, { throwIfNoEntry: false });
  if (info?.isDirectory() === true) {
    const base = found.path;
    const files: Found['files'] = [];
    for (const file of await listFiles(base)) {
      const one = await locate(scenario.root, join(base, file));
      if (one.ok && (isSmallFile(one.path))) files.push({ source: one.path, name: posix.join(basename(name), file) });
    }
    return { files, flaw: { code: 'asset-folder', message: `names ${asset.file}, which is a folder: write ${asset.file.replace(/\/+$/, '')}/**`, severity: 'warning' } };
  }
  if (info?.isFile() !== true) return { files: [], flaw: { code: 'file-not-regular', message: `names ${asset.file}, which is no regular file`, severity: 'error' } };
  if (info.size > MAX_BYTES) return { files: [], flaw: { code: 'file-too-large', message: `names ${asset.file}, which is larger than ${MAX_BYTES / 1024 / 1024} MB`, severity: 'error' } };
  return { files: [{ source: found.path, name: basename(name) }], ...(flaw === undefined ? {} : { flaw }) };
}

/**
 * The absolute path of a file that a page shows, or undefined when it is none of the scenario's. `__up__` at the start
 * is a folder above; from there only pictures are given out, and only of the same repository.
 */
export async function assetFile(scenario: Scenario, path: string): Promise<string | undefined> {
  const parts = path.split('/');
  const up = parts.findIndex((part) => part !== UP);
  const rest = parts.slice(up < 0 ? parts.length : up);
  if (rest.includes('..') || rest.includes(UP) || path.includes('\0')) return undefined;
  const found = await locate(scenario.root, join(scenario.folder, ...parts.slice(0, Math.max(0, up)).map(() => '..'), ...rest));
  if (!found.ok || !isSmallFile(found.path)) return undefined;
  const own = await locate(scenario.folder, found.path);
  return own.ok || IMAGES.test(found.path) ? found.path : undefined;
}

function targetFolder(written: string, home: string): string {
  const target = atRoot(written);
  if (target === '~' || target.startsWith('~/')) return posix.join(home, target.slice(1));
  if (target === '/root' || target.startsWith('/root/')) return posix.join(home, target.slice('/root'.length));
  return posix.isAbsolute(target) ? posix.normalize(target) : posix.join(home, target);
}

function isSmallFile(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  return info !== undefined && info.isFile() && info.size <= MAX_BYTES;
}

/** Files below a folder in alphabetical order, links to files among them; pipes and devices are none. */
export async function listFiles(folder: string): Promise<string[]> {
  const out: string[] = [];
  const folders = [''];
  for (let prefix = folders.shift(); prefix !== undefined && out.length < MAX_FILES && folders.length < MAX_FILES; prefix = folders.shift()) {
    for (const { name, kind } of entriesOf(join(folder, prefix), MAX_FILES)?.entries ?? []) {
      if (kind === 'folder') folders.push(posix.join(prefix, name));
      else if (kind !== 'other') out.push(posix.join(prefix, name));
    }
  }
  return out.sort();
}
