import { readdir, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { Scenario } from './model.ts';
import { inside } from './read-file.ts';

/** One file to put into a session's place. */
export interface AssetCopy {
  /** Absolute path on the host. */
  source: string;
  /** Absolute path as the place's processes see it, under `home` for `~` and relative targets. */
  target: string;
  /** What chmod(1) is given. */
  chmod?: string;
}

/**
 * Which files a scenario wants where. `file` is relative to `assets/`, else to the scenario; a plain path lands under
 * its base name, a pattern keeps its path below `assets/`. What does not exist or leads outside is left out and named.
 */
export async function planAssets(scenario: Scenario, home: string): Promise<{ copies: AssetCopy[]; missing: string[] }> {
  const copies: AssetCopy[] = [];
  const missing: string[] = [];
  for (const asset of scenario.assets) {
    const folder = targetFolder(asset.target, home);
    const chmod = asset.chmod === undefined ? {} : { chmod: asset.chmod };
    if (/[*?]/.test(asset.file)) {
      const pattern = globPattern(asset.file);
      const base = join(scenario.folder, 'assets');
      const files = (await listFiles(base)).filter((file) => pattern.test(file));
      if (files.length === 0) missing.push(asset.file);
      for (const file of files) {
        const source = await inside(base, file);
        if (source) copies.push({ source, target: posix.join(folder, file), ...chmod });
      }
      continue;
    }
    const source = (await inside(join(scenario.folder, 'assets'), asset.file)) ?? (await inside(scenario.folder, asset.file));
    if (source === undefined || !(await isFile(source))) missing.push(asset.file);
    else copies.push({ source, target: posix.join(folder, basename(asset.file)), ...chmod });
  }
  return { copies, missing };
}

/** The absolute path of a file that a page shows, or undefined when it is none of the scenario's. */
export async function assetFile(scenario: Scenario, path: string): Promise<string | undefined> {
  const file = await inside(scenario.folder, path);
  return file !== undefined && (await isFile(file)) ? file : undefined;
}

function targetFolder(target: string, home: string): string {
  if (target === '~' || target.startsWith('~/')) return posix.join(home, target.slice(1));
  if (target === '/root' || target.startsWith('/root/')) return posix.join(home, target.slice('/root'.length));
  return posix.isAbsolute(target) ? posix.normalize(target) : posix.join(home, target);
}

/** `*` stays within a folder, `**` does not. */
function globPattern(pattern: string): RegExp {
  const source = pattern.replace(/^\.\//, '').replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*\/?|\*|\?/g, (glob) => (glob.startsWith('**') ? '.*' : glob === '*' ? '[^/]*' : '[^/]'));
  return new RegExp(`^${source}$`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path)).isFile();
}

async function listFiles(folder: string, prefix = ''): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true });
    const nested = await Promise.all(entries.map(async (entry) => (entry.isDirectory() ? listFiles(folder, posix.join(prefix, entry.name)) : [posix.join(prefix, entry.name)])));
    return nested.flat();
  } catch {
    return [];
  }
}
