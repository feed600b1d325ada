import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { below, openInside } from './inside-file.ts';

/**
 * A path below a folder that others may write at the same time, and fill with links: `root` is a folder on this machine,
 * `path` what stands below it. Nothing here leaves the root, whatever is put there and whenever; see openInside.
 */
export interface InsidePath {
  root: string;
  path: string;
}

/** A name below a place. */
export const within = ({ root, path }: InsidePath, ...names: string[]): InsidePath => ({ root, path: join(path, ...names) });

/** Runs a step with what lies there, and closes it. Rejects with the system's error (ENOENT, ELOOP, ENOTDIR). */
export async function withInside<T>(place: InsidePath, step: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openInside(place.root, place.path);
  try {
    return await step(handle);
  } finally {
    await handle.close();
  }
}

/** The text of a regular file. Rejects with EFBIG where it has more than `most` bytes, with EACCES for what is no file. */
export function readInside(place: InsidePath, most: number): Promise<string> {
  return withInside(place, async (handle) => {
    await mustBeFile(handle, place, most);
    return await handle.readFile('utf8');
  });
}

/** The end of a regular file, at most `most` bytes of it. */
export function readEndInside(place: InsidePath, most: number): Promise<string> {
  return withInside(place, async (handle) => {
    await mustBeFile(handle, place, Number.POSITIVE_INFINITY);
    const { size } = await handle.stat();
    const length = Math.min(size, most);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString();
  });
}

/** Copies a regular file to a path that nobody else may write. Rejects as readInside. */
export function copyOut(place: InsidePath, to: string, most: number): Promise<void> {
  return withInside(place, async (handle) => {
    await mustBeFile(handle, place, most);
    await copyFile(itself(handle), to, constants.COPYFILE_FICLONE);
  });
}

/** Writes a whole file, and makes the folders above it. A link is followed where it stays inside. */
export async function writeInside(place: InsidePath, content: string, mode?: number): Promise<void> {
  const parent = await openInside(place.root, dirname(place.path), { create: 0o755 });
  try {
    const flags = constants.O_WRONLY | constants.O_TRUNC | constants.O_NONBLOCK;
    const handle = await open(below(parent, basename(place.path)), flags | constants.O_CREAT | constants.O_NOFOLLOW, 0o644).catch((error: unknown) => {
      if (codeOf(error) !== 'ELOOP') throw error;
      return withInside(place, (found) => open(itself(found), flags));
    });
    try {
      await mustBeFile(handle, place, Number.POSITIVE_INFINITY);
      await handle.writeFile(content);
      if (mode !== undefined) await handle.chmod(mode);
    } finally {
      await handle.close();
    }
  } finally {
    await parent.close();
  }
}

/** Makes a folder, and those above it, with these permissions whether it was there or not. */
export async function makeFolderInside(place: InsidePath, mode: number): Promise<void> {
  const handle = await openInside(place.root, place.path, { create: mode });
  try {
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

/**
 * Moves a file or folder of the lab's own to a place, instead of what is there: that goes to `old`, a path that nobody
 * else may write and that does not exist. All three lie on one disk.
 */
export async function moveInside(from: string, place: InsidePath, old: string): Promise<void> {
  const parent = await openInside(place.root, dirname(place.path), { create: 0o755 });
  try {
    const entry = below(parent, basename(place.path));
    await rename(entry, old).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
    await rename(from, entry);
  } finally {
    await parent.close();
  }
}

/** What is open, by a path for this process that is no link of anybody's. */
const itself = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

async function mustBeFile(handle: FileHandle, place: InsidePath, most: number): Promise<void> {
  const info = await handle.stat();
  if (!info.isFile()) throw Object.assign(new Error(`open ${place.path}: permission denied`), { code: 'EACCES' });
  if (info.size > most) throw Object.assign(new Error(`read ${place.path}: file too large: ${info.size} bytes, at most ${most} are taken`), { code: 'EFBIG' });
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
