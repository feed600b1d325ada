import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, copyFile, mkdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where a container finds the copies, read-only. */
export const HOST_COMMANDS = '/opt/image/host';

/** Commands of the host's with the libraries they need, apart from its own folders. */
export interface HostCommands {
  folder: string;
  /** By path in the container: scripts that start them. A command that the host has not is not here. */
  scripts: Record<string, string>;
}

/** Copies commands and what the dynamic linker says of them; built once a server, its containers share it. */
export async function buildHostCommands(folder: string, names: readonly string[]): Promise<HostCommands> {
  const temporary = `${folder}.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(join(temporary, 'lib'), { recursive: true, mode: 0o755 });
  const scripts: Record<string, string> = {};
  for (const name of names) {
    const program = await find(name);
    if (program === undefined) continue;
    const put = async (from: string, to: string) => {
      await copyFile(from, join(temporary, to), constants.COPYFILE_FICLONE);
      await chmod(join(temporary, to), 0o755);
    };
    await put(program, name);
    const libraries = await librariesOf(program);
    const linker = libraries.find((path) => /^ld[-.]/.test(basename(path)));
    for (const library of libraries) await put(library, join('lib', basename(library)));
    const started = linker === undefined ? `${HOST_COMMANDS}/${name}` : `${HOST_COMMANDS}/lib/${basename(linker)} --library-path ${HOST_COMMANDS}/lib ${HOST_COMMANDS}/${name}`;
    scripts[`/usr/local/bin/${name}`] = `#!/bin/sh\nexec ${started} "$@"\n`;
  }
  await rm(folder, { recursive: true, force: true });
  await rename(temporary, folder);
  return { folder, scripts };
}

/** Empty for a program that is linked statically. */
async function librariesOf(program: string): Promise<string[]> {
  const said = await run('ldd', [program]).then(({ stdout }) => stdout, () => '');
  return said.split('\n').flatMap((line) => /(?:=>\s+|^\s+)(\/\S+)\s+\(/.exec(line)?.[1] ?? []);
}

async function find(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await access(path, constants.X_OK).then(() => true, () => false)) return realpath(path);
  }
  return undefined;
}
