import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

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
