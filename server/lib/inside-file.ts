import { closeSync, constants, fchmodSync, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const MOST_LINKS = 40;

/**
 * Opens what `path` leads to, as if `root` were the whole file system: links are followed, but neither `..` nor an
 * absolute link leads above it, whoever changes the folders meanwhile: each step starts from a folder that is open
 * already. `create` makes missing folders on the way, the last one too. Rejects with the system's error (ENOENT, ELOOP,
 * ENOTDIR); whoever gets the handle closes it. A FIFO does not block: ask what was opened before reading it.
 */
export async function openInside(root: string, path: string, options: { create?: number } = {}): Promise<FileHandle> {
  const found = walk(root, path, options.create);
  try {
    return await open(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } finally {
    closeSync(found);
  }
}

/** The steps are many, and each costs less than asking another thread for it would. */
function walk(root: string, path: string, create: number | undefined): number {
  const folders = [openSync(root, constants.O_RDONLY | constants.O_DIRECTORY)];
  const queue = path.split('/');
  let links = 0;
  try {
    for (;;) {
      const part = queue.shift();
      const current = folders.at(-1);
      if (current === undefined) throw new Error('no folder is open');
      if (part === undefined) {
        folders.pop();
        return current;
      }
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (folders.length > 1) closeAll(folders.splice(-1));
        continue;
      }
      const entry = entryOf(current, part);
      const next = step(entry, create);
      if (next !== undefined) {
        folders.push(next);
        continue;
      }
      links += 1;
      if (links > MOST_LINKS) throw Object.assign(new Error(`ELOOP: too many links, open '${path}'`), { code: 'ELOOP' });
      const target = readlinkSync(entry);
      if (target.startsWith('/')) closeAll(folders.splice(1));
      queue.unshift(...target.split('/'));
    }
  } finally {
    closeAll(folders);
  }
}

function closeAll(descriptors: readonly number[]): void {
  for (const descriptor of descriptors) closeSync(descriptor);
}

const entryOf = (folder: number, name: string): string => `/proc/self/fd/${folder}/${name}`;

/** The entry of an open folder, by a path that no rename can redirect. */
export function below(folder: FileHandle, name: string): string {
  return entryOf(folder.fd, name);
}

/** The same file for another process, as long as the handle stays open. */
export function pathOfHandle(handle: FileHandle): string {
  return `/proc/${process.pid}/fd/${handle.fd}`;
}

/** One entry, opened without following it; undefined when it is a link. */
function step(entry: string, create: number | undefined): number | undefined {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(entry, flags);
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    if (code === 'ELOOP') return undefined;
    if (code !== 'ENOENT' || create === undefined) throw error;
    mkdirSync(entry, { mode: create });
    const made = openSync(entry, flags | constants.O_DIRECTORY);
    // The umask has taken bits away.
    fchmodSync(made, create);
    return made;
  }
}

/** The last `most` bytes of a regular file; none for anything else. */
export async function tailOf(path: string, most: number): Promise<Buffer> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const info = await handle.stat();
    if (!info.isFile()) return Buffer.alloc(0);
    const length = Math.min(info.size, most);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, info.size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
