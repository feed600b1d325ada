import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInside, pathOfHandle, tailOf } from '../../../server/lib/inside-file.ts';

let folder: string;
let root: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-inside-'));
  root = join(folder, 'root');
  await mkdir(join(root, 'a', 'b'), { recursive: true });
  await writeFile(join(folder, 'secret'), 'of the host');
  await writeFile(join(root, 'a', 'b', 'file'), 'inside');
  await writeFile(join(root, 'secret'), 'of the volume');
  await symlink('a/b', join(root, 'relative'));
  await symlink('/a/b/file', join(root, 'absolute'));
  await symlink('../../../../../../secret', join(root, 'a', 'climbing'));
  await symlink(join(folder, 'secret'), join(root, 'out'));
  await symlink(folder, join(root, 'outfolder'));
  await symlink('loop', join(root, 'loop'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(path: string): Promise<string> {
  const handle = await openInside(root, path);
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

describe('a file below a folder that somebody else may write', () => {
  it.each([
    ['a/b/file', 'inside'],
    ['/a//b/./file', 'inside'],
    ['relative/file', 'inside'],
    ['absolute', 'inside'],
    ['a/climbing', 'of the volume'],
    ['../../../secret', 'of the volume'],
    ['relative/../../secret', 'of the volume'],
  ])('is found at %s, as if the folder were everything', async (path, text) => {
    expect(await read(path)).toBe(text);
  });
  it.each([
    ['out', 'ENOENT'],
    ['outfolder/secret', 'ENOENT'],
    ['loop', 'ELOOP'],
    ['missing', 'ENOENT'],
    ['secret/x', 'ENOTDIR'],
  ])('is not found at %s: %s', async (path, code) => {
    await expect(read(path)).rejects.toMatchObject({ code });
  });
  it('is waited for by nobody when it is a FIFO', async () => {
    const handle = await openInside(root, 'pipe');
    expect((await handle.stat()).isFIFO()).toBe(true);
    await handle.close();
  });
  it('stays the one that was opened, whatever its path leads to afterwards', async () => {
    const handle = await openInside(root, 'a/b');
    await rename(join(root, 'a', 'b'), join(root, 'a', 'moved'));
    await symlink(folder, join(root, 'a', 'b'));
    expect(await readdir(pathOfHandle(handle))).toEqual(['file']);
    await handle.close();
    await rm(join(root, 'a', 'b'));
    await rename(join(root, 'a', 'moved'), join(root, 'a', 'b'));
  });
  it('gets the folders that are missing on the way, and none outside', async () => {
    await (await openInside(root, 'new/deep', { create: 0o777 })).close();
    expect(execFileSync('stat', ['-c', '%a %F', join(root, 'new/deep')]).toString()).toBe('777 directory\n');
    await (await openInside(root, 'outfolder/made', { create: 0o777 })).close();
    expect(await readdir(folder)).toEqual(['root', 'secret']);
  });
  it('leaves no folder open', async () => {
    const open = async () => (await readdir('/proc/self/fd')).length;
    const before = await open();
    for (let i = 0; i < 50; i++) await read('relative/../climbing');
    for (let i = 0; i < 50; i++) await read('loop').catch(() => undefined);
    expect(await open()).toBe(before);
  });
});

describe('the end of a file', () => {
  it('is all that is read of it', async () => {
    await writeFile(join(folder, 'root', 'long'), `${'x'.repeat(100_000)}the end`);
    expect((await tailOf(join(root, 'long'), 7)).toString()).toBe('the end');
    expect((await tailOf(join(root, 'secret'), 4096)).toString()).toBe('of the volume');
  });
  it('is nothing for a link, a FIFO, a folder or nothing', async () => {
    for (const name of ['out', 'pipe', 'a', 'missing']) expect((await tailOf(join(root, name), 100)).length).toBe(0);
  });
});
