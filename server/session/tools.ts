import { access, chmod, constants, copyFile, lstat, mkdir, readlink, realpath, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { FOREGROUND } from '../terminal/foreground.ts';
import { BASHRC } from '../terminal/shell-integration.ts';
import { PROGRAMS } from '../scenario/programs.ts';
import { STAND_INS } from './stand-ins.ts';

export interface Tools {
  folder: string;
  /** What is missing, with what to do about it. */
  notices: string[];
}

/**
 * The folder of programs and files that learners' places get, read-only: kubectl where the machine's own lies outside
 * /usr, the `argo` command, and the rc file of the shell.
 */
export async function prepareTools(folder: string, options: { path: string; argoBundle: string }): Promise<Tools> {
  const bin = join(folder, 'bin');
  const notices: string[] = [];
  for (const part of [bin, join(folder, 'shell'), join(folder, 'lib'), join(folder, 'stand-ins')]) await mkdir(part, { recursive: true, mode: 0o755 });
  await replace(join(folder, 'shell', 'bashrc'), BASHRC, 0o644);
  await replace(join(folder, 'shell', 'foreground'), FOREGROUND, 0o644);
  for (const [name, text] of Object.entries(STAND_INS)) await replace(join(folder, 'stand-ins', name), text, 0o755);

  const kubectl = await onPath('kubectl', options.path, bin);
  if (kubectl === undefined) notices.push('kubectl is missing on this machine: install it (https://kubernetes.io/docs/tasks/tools/) and start the lab again.');
  else await provide(kubectl, join(bin, 'kubectl'));

  const argo = await onPath('argo', options.path, bin);
  if (argo !== undefined) await provide(argo, join(bin, 'argo'));
  else if (await exists(options.argoBundle)) {
    await copyNew(options.argoBundle, join(folder, 'lib', 'argo.mjs'));
    await replace(join(bin, 'argo'), argoLauncher(), 0o755);
  }
  await linkPrograms(bin, options.path);
  return { folder, notices };
}

/** Folders of programs that a place's PATH has anyway. */
const ON_EVERY_PATH = new Set(['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']);

/** Programs that scenarios use and that the machine keeps elsewhere below /usr, such as /usr/local/go/bin: places see them there. */
async function linkPrograms(bin: string, path: string): Promise<void> {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/usr/') || ON_EVERY_PATH.has(folder)) continue;
    for (const name of PROGRAMS) {
      const program = join(folder, name);
      const link = join(bin, name);
      if (!(await access(program, constants.X_OK).then(() => true, () => false))) continue;
      const there = await lstat(link).catch(() => undefined);
      if (there?.isSymbolicLink() === true && (await readlink(link)) !== program) await rm(link);
      else if (there !== undefined) continue;
      await symlink(program, link).catch(() => undefined);
    }
  }
}

/** Finds node inside a sandbox, where it is bound when it lies outside /usr, and outside one. */
function argoLauncher(): string {
  return `#!/bin/sh\nnode=/opt/argo-lab-node/node\n[ -x "$node" ] || node='${process.execPath.replaceAll("'", `'\\''`)}'\n[ -x "$node" ] || node=node\nexec "$node" "$(dirname "$(readlink -f "$0")")/../lib/argo.mjs" "$@"\n`;
}

/** A program below /usr is visible in a place by itself; another one is copied once. */
async function provide(program: string, target: string): Promise<void> {
  const real = await realpath(program);
  if (real.startsWith('/usr/') && (program.startsWith('/usr/') || program.startsWith('/bin/'))) {
    await rm(target, { force: true });
    return;
  }
  await copyNew(real, target, 0o755);
}

async function copyNew(source: string, target: string, mode = 0o644): Promise<void> {
  const [from, to] = [await stat(source), await stat(target).catch(() => undefined)];
  if (to !== undefined && to.size === from.size && Math.floor(to.mtimeMs) === Math.floor(from.mtimeMs)) return;
  const temporary = `${target}.${process.pid}`;
  await copyFile(source, temporary, constants.COPYFILE_FICLONE);
  await chmod(temporary, mode);
  await utimes(temporary, from.atime, from.mtime);
  await rename(temporary, target);
}

async function replace(target: string, text: string, mode: number): Promise<void> {
  const temporary = `${target}.${process.pid}`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, target);
}

async function onPath(name: string, path: string, except: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, name);
    if (dirname(candidate) === except) continue;
    if (await access(candidate, constants.X_OK).then(() => true, () => false)) return candidate;
  }
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
