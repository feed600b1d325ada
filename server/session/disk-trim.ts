import { spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DiskUsage } from '../lib/disk-usage.ts';
import { below } from '../lib/inside-file.ts';
import { withInside } from '../lib/inside-folder.ts';

/** The newest first; more than so many are not removed at one go. */
const NEWEST = `find "$1" -xdev -type f -printf '%T@ %k %P\\0' 2>/dev/null | sort -zrn | head -zn 50000`;

/**
 * Removes the files of a folder that were written last until so much less is in it. Nothing may run there meanwhile that
 * writes; links are neither followed nor removed. How many files are gone.
 */
export async function removeNewest(folder: string, less: DiskUsage): Promise<number> {
  let [bytes, files, gone] = [0, 0, 0];
  for (const entry of await newestOf(folder)) {
    if (bytes >= less.bytes && files >= less.files) break;
    const [, kib = '0', path = ''] = /^\S+ (\d+) ([^]+)$/.exec(entry) ?? [];
    if (path === '') continue;
    const removed = await withInside({ root: folder, path: dirname(path) }, (parent) => unlink(below(parent, basename(path)))).then(() => true, () => false);
    if (!removed) continue;
    bytes += Number(kib) * 1024;
    files += 1;
    gone += 1;
  }
  return gone;
}

function newestOf(folder: string): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn('/bin/sh', ['-c', NEWEST, 'argo-lab', folder], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', () => resolve([]));
    child.once('close', () => resolve(Buffer.concat(chunks).toString().split('\0').filter((entry) => entry !== '')));
  });
}
