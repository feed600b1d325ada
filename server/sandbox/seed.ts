import { chmod, lchown, lstat, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a file below a folder that only the server has touched; everything made belongs to `uid`. */
export async function seedFile(home: string, path: string, data: Uint8Array, mode: number, uid: number | undefined): Promise<void> {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..')) throw new Error(`${path} is no path below a home`);
  const own = async (target: string) => {
    if (uid !== undefined) await lchown(target, uid, uid);
  };
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(home, ...parts.slice(0, depth));
    if ((await lstat(folder).catch(() => undefined)) !== undefined) continue;
    await mkdir(folder, { mode: 0o755 });
    await own(folder);
  }
  const file = join(home, ...parts);
  await writeFile(file, data, { mode });
  await chmod(file, mode);
  await own(file);
}
