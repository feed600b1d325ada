import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/*
 * Volumes of a pod are folders of this machine, and the pod's processes may leave links in them that lead anywhere.
 * Nothing here follows a link out of the folder that it was given.
 */

/** `path`, made sure that it really lies within `root`, links followed. Throws an Error with code ENOENT when nothing is there and `must` is set. */
export async function confined(root: string, path: string, must = true): Promise<string> {
  const base = await realpath(root);
  let at = path;
  for (;;) {
    try {
      const real = await realpath(at);
      if (real !== base && !real.startsWith(`${base}/`)) throw new Error(`open ${path}: permission denied`);
      return at === path ? real : path;
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      // A link that leads nowhere yet would be followed by whoever writes.
      if (!missing || must || (await lstat(at).catch(() => undefined))?.isSymbolicLink() === true) throw error;
      at = dirname(at);
    }
  }
}

/** The content of a whole folder, file by file, links left out; names relative to the folder. */
export async function filesBelow(path: string): Promise<{ name: string; read: () => Promise<Buffer> }[]> {
  const { stdout } = await run('find', [path, '-type', 'f'], { maxBuffer: 1 << 26 });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((file) => ({ name: file.slice(path.length + 1), read: () => readFile(file) }));
}

/** Writes a file and the folders above it. */
export async function writeBelow(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
