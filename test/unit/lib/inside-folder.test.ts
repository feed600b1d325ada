import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyOut, makeFolderInside, moveInside, readEndInside, readInside, writeInside } from '../../../server/lib/inside-folder.ts';

let folder: string;
let root: string;
const at = (path: string) => ({ root, path });
const secret = () => readFile(join(folder, 'host', 'secret'), 'utf8');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-folder-'));
  root = join(folder, 'root');
  await mkdir(join(folder, 'host'));
  await writeFile(join(folder, 'host', 'secret'), 'of the host');
  await mkdir(join(root, 'a'), { recursive: true });
  await writeFile(join(root, 'a', 'file'), 'inside');
  await symlink('a/file', join(root, 'link'));
  await symlink(join(folder, 'host'), join(root, 'out'));
  await symlink(join(folder, 'host', 'secret'), join(root, 'secret'));
  await symlink('../host/secret', join(root, 'climbing'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('in a folder that others write', () => {
  it.each(['secret', 'out/secret', 'climbing', '../host/secret'])('%s is neither read nor copied', async (path) => {
    await expect(readInside(at(path), 100)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readEndInside(at(path), 100)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(copyOut(at(path), join(folder, 'copy'), 100)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each(['secret', 'climbing'])('nothing is written through the link %s', async (path) => {
    await expect(writeInside(at(path), 'taken over', 0o777)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await secret()).toBe('of the host');
  });

  it('nothing is written or made in a folder that a link leads to: the link means a folder of the root', async () => {
    await rm(join(folder, 'host', 'secret'));
    await writeInside(at('out/new'), 'text').catch(() => undefined);
    await makeFolderInside(at('out/below'), 0o777).catch(() => undefined);
    await writeFile(join(folder, 'own'), 'text');
    await moveInside(join(folder, 'own'), at('out/moved'), join(folder, 'old')).catch(() => undefined);
    expect(await readdir(join(folder, 'host'))).toEqual([]);
  });

  it('links that stay inside are followed', async () => {
    await writeInside(at('link'), 'changed', 0o755);
    expect([await readInside(at('a/file'), 100), await readEndInside(at('link'), 3), (await stat(join(root, 'a', 'file'))).mode & 0o777]).toEqual(['changed', 'ged', 0o755]);
  });

  it('what is no file, or too large, is not read', async () => {
    await writeFile(join(root, 'large'), '');
    await truncate(join(root, 'large'), 1e12);
    await expect(readInside(at('pipe'), 100)).rejects.toMatchObject({ code: 'EACCES' });
    await expect(readInside(at('large'), 100)).rejects.toThrow('read large: file too large: 1000000000000 bytes, at most 100 are taken');
    await expect(copyOut(at('large'), join(folder, 'copy'), 100)).rejects.toMatchObject({ code: 'EFBIG' });
    await expect(writeInside(at('pipe'), 'x')).rejects.toMatchObject({ code: 'ENXIO' });
  });

  it('a file that is moved there takes the place of a link, and what it led to stays', async () => {
    await writeFile(join(folder, 'own'), 'new');
    await moveInside(join(folder, 'own'), at('secret'), join(folder, 'old'));
    expect([await readInside(at('secret'), 100), await readlink(join(folder, 'old')), await secret()]).toEqual(['new', join(folder, 'host', 'secret'), 'of the host']);
  });

  it('folders on the way are made', async () => {
    await writeInside(at('new/deep/file'), 'text');
    await makeFolderInside(at('b/c'), 0o777);
    expect([await readInside(at('new/deep/file'), 100), (await stat(join(root, 'b', 'c'))).mode & 0o777]).toEqual(['text', 0o777]);
  });
});
