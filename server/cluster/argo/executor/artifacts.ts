import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { pathOfHandle } from '../../../lib/inside-file.ts';
import { copyOut, type InsidePath, moveInside, withInside } from '../../../lib/inside-folder.ts';
import type { ProgramContext } from '../../program.ts';
import { hasLocationOrKey, keyOf, storeOf } from '../types/template.ts';
import type { Artifact, ArtifactLocation, S3Location, Template } from '../types/workflow.ts';
import { cleanPath } from './clean-path.ts';
import { driverFor, isMissing } from './drivers.ts';

/** An artifact's place, completed from the template's archive location. */
export function locate<T extends ArtifactLocation>(artifact: T, archive: (ArtifactLocation & { s3?: S3Location }) | undefined): T {
  if (artifact.s3 === undefined || archive?.s3 === undefined) return artifact;
  const { key: _key, ...bucket } = archive.s3;
  if ((artifact.s3.endpoint ?? '') !== '') return artifact;
  const own = Object.fromEntries(Object.entries(artifact.s3).filter(([, value]) => value !== ''));
  return { ...artifact, s3: { ...bucket, ...own } };
}

/** Bytes of a file that is saved, or of what is fetched, at most. */
export const MAX_ARTIFACT = 512 * 1024 * 1024;
const LIMIT_MS = 120_000;

/*
 * Everything happens in folders of the executor's own: what the pod's containers can write is copied from there first,
 * and what is for them is moved there at the end.
 */

/** A program that has its time, and no more than the executor's; its arguments never begin with what somebody else has named. */
const run = (file: string, args: readonly string[], { cwd, signal }: { cwd?: string; signal?: AbortSignal } = {}) => promisify(execFile)(file, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 26, ...(cwd === undefined ? {} : { cwd }), ...(signal === undefined ? {} : { signal }) });

/** Takes a folder of the executor's own away. A process may still be in a folder that was moved there: rm(1) follows nothing. */
export const discard = async (folder: string): Promise<void> => void (await run('rm', ['-rf', '--', folder]));

/** A name from a template as that of one file. Throws where it would lead elsewhere. */
export function oneName(name: string): string {
  if (['', '.', '..'].includes(name) || name.includes('/') || name.includes('\0')) throw new Error(`open ${name}: permission denied`);
  return name;
}

async function isTarball(path: string, signal: AbortSignal): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  return await run('tar', ['-tzf', path], { signal }).then(
    () => true,
    () => false,
  );
}

/** Unpacks so that the one thing that is in the archive ends up at `target`. Devices and the like are left out. */
async function unpack(target: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = `${target}.tmpdir`;
  await mkdir(folder, { recursive: true });
  await fill(folder);
  await run('find', [folder, '!', '-type', 'f', '!', '-type', 'd', '!', '-type', 'l', '-delete']);
  const names = await readdir(folder);
  if (names.length === 1 && names[0] !== undefined) {
    await rename(join(folder, names[0]), target);
    await rm(folder, { recursive: true, force: true });
  } else await rename(folder, target);
}

/** What grows too large ends with its pod, which is evicted for it. */
const untar = (tarball: string, target: string, signal?: AbortSignal) => unpack(target, (folder) => run('tar', ['-xzf', tarball, '--no-same-owner', '--no-same-permissions', '-C', folder], signal === undefined ? {} : { signal }));

/** Puts an input artifact at a place of a volume. Throws with Argo's words. */
export async function loadArtifact(context: ProgramContext, artifact: Artifact, archive: Template['archiveLocation'], target: InsidePath): Promise<void> {
  if (!hasLocationOrKey(artifact)) {
    if (artifact.optional === true) return;
    throw new Error(`required artifact '${artifact.name}' not supplied`);
  }
  cleanPath(artifact);
  const work = await mkdtemp(join(await context.scratch(), 'in-'));
  try {
    const fetched = join(work, 'fetched');
    try {
      await driverFor(context, locate(artifact, archive)).load(fetched);
    } catch (error) {
      if (artifact.optional === true && isMissing(error)) return;
      throw new Error(`artifact ${artifact.name} failed to load: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    const { none, tar, zip } = artifact.archive ?? {};
    const plain = none !== undefined;
    let made = join(work, 'unpacked');
    if (!plain && (tar !== undefined || (zip === undefined && (await isTarball(fetched, context.signal))))) await untar(fetched, made, context.signal);
    else if (!plain && zip !== undefined) await unpack(made, (folder) => run('unzip', ['-q', fetched, '-d', folder], { signal: context.signal }));
    else made = fetched;
    // A link may lead anywhere: it stays as it is.
    if (!(await lstat(made)).isSymbolicLink()) await permit(made, artifact);
    await moveInside(made, target, join(work, 'old'));
  } finally {
    await discard(work);
  }
}

async function permit(path: string, { mode, recurseMode }: Artifact): Promise<void> {
  await run('chmod', ['-R', 'a+rwX,u-s,g-s', path]);
  if (mode === undefined) return;
  if (recurseMode === true) await run('chmod', ['-R', (mode & 0o777).toString(8), path]);
  else await chmod(path, mode & 0o777);
}

/** Where a saved artifact is before it is uploaded: a tarball on the host, or a plain file or folder. */
export interface Staged {
  path: string;
  fileName: string;
}

/** Uploads and gives the artifact with its place. Throws. */
export async function saveArtifact(context: ProgramContext, artifact: Artifact, archive: Template['archiveLocation'], staged: Staged): Promise<Artifact> {
  let placed = artifact;
  if ((keyOf(artifact) ?? '') === '') {
    if (storeOf(artifact) === undefined && archive?.s3 === undefined) throw new Error('key unsupported: cannot get key for artifact location, because it is invalid');
    if (artifact.s3 !== undefined || storeOf(artifact) === undefined) placed = { ...artifact, s3: { ...artifact.s3, key: posix.join(archive?.s3?.key ?? '', staged.fileName) } };
  }
  await driverFor(context, locate(placed, archive)).save(staged.path);
  return placed;
}

/** Makes of what lies in a volume what the artifact's archive strategy wants, in a folder of the executor's own that is not there yet. Throws NotFound as an Error with code ENOENT. */
export async function stage(artifact: Artifact, source: InsidePath, folder: string, tarred: boolean): Promise<Staged> {
  await mkdir(folder, { recursive: true });
  const { none, zip } = artifact.archive ?? {};
  const fileName = oneName(basename(artifact.path ?? artifact.name));
  const tarball = join(folder, oneName(`${artifact.name}.tgz`));
  let plain = join(folder, 'content');
  if (tarred) await copyOut(source, tarball, MAX_ARTIFACT);
  else await withInside(source, async (handle) => {
    if ((await handle.stat()).isDirectory()) return await pack(tarball, pathOfHandle(handle), '.', fileName);
    await copyOut(source, plain, MAX_ARTIFACT);
    await pack(tarball, folder, basename(plain), fileName);
  });
  if (none === undefined && zip === undefined) return { path: tarball, fileName: `${artifact.name}.tgz` };
  await mkdir(join(folder, 'plain'));
  plain = join(folder, 'plain', fileName);
  await untar(tarball, plain);
  if ((await lstat(plain)).isSymbolicLink()) throw new Error(`open ${artifact.path ?? ''}: permission denied`);
  if (zip === undefined) return { path: plain, fileName };
  const zipped = join(folder, oneName(`${artifact.name}.zip`));
  await run('zip', ['-q', '-r', '-y', zipped, `./${fileName}`], { cwd: join(folder, 'plain') });
  return { path: zipped, fileName: `${artifact.name}.zip` };
}

/** `what` of a folder as a tarball in which it is called `name`; tar(1) follows no link below the folder. */
async function pack(tarball: string, folder: string, what: string, name: string): Promise<void> {
  const called = name.replace(/[\\&,]/g, '\\$&');
  await run('tar', ['-czf', tarball, `--transform=flags=rh;s,^${what.replace('.', '\\.')},${called},`, '-C', folder, what]);
}
