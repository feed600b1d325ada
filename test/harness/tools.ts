import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const built = resolve(import.meta.dirname, '../../dist/bin');

/** A folder as places expect it: `bin/` with the lab's own `argo`, which has to be built before. */
export async function toolsFolder(folder: string): Promise<string> {
  const tools = join(folder, 'tools');
  await mkdir(join(tools, 'bin'), { recursive: true });
  await mkdir(join(tools, 'shell'), { recursive: true });
  if (!existsSync(join(built, 'argo.mjs'))) throw new Error('build the argo command first: npm run build');
  for (const file of ['argo', 'argo.mjs']) await writeFile(join(tools, 'bin', file), await readFile(join(built, file)));
  await chmod(join(tools, 'bin', 'argo'), 0o755);
  return tools;
}
