import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramContext } from '../../program.ts';
import { hasLocationOrKey, keyOf, storeOf } from '../types/template.ts';
import type { Artifact, ArtifactLocation, S3Location, Template } from '../types/workflow.ts';
import { cleanPath } from './clean-path.ts';
import { driverFor, isMissing } from './drivers.ts';

const run = promisify(execFile);

/** An artifact's place, completed from the template's archive location. */
export function locate<T extends ArtifactLocation>(artifact: T, archive: (ArtifactLocation & { s3?: S3Location }) | undefined): T {
  if (artifact.s3 === undefined || archive?.s3 === undefined) return artifact;
  const { key: _key, ...bucket } = archive.s3;
  if ((artifact.s3.endpoint ?? '') !== '') return artifact;
  const own = Object.fromEntries(Object.entries(artifact.s3).filter(([, value]) => value !== ''));
  return { ...artifact, s3: { ...bucket, ...own } };
}

async function isTarball(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false;
  return await run('tar', ['-tzf', path]).then(
    () => true,
    () => false,
  );
}

/** Unpacks so that the one thing that is in the archive ends up at `target`. */
async function unpack(target: string, fill: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = `${target}.tmpdir`;
  await mkdir(folder, { recursive: true });
  await fill(folder);
  const { stdout } = await run('ls', ['-A', folder]);
  const names = stdout.split('\n').filter((name) => name !== '');
  await rm(target, { recursive: true, force: true });
  if (names.length === 1 && names[0] !== undefined) {
    await rename(join(folder, names[0]), target);
    await rm(folder, { recursive: true, force: true });
  } else await rename(folder, target);
}

const untar = (tarball: string, target: string) => unpack(target, (folder) => run('tar', ['-xzf', tarball, '-C', folder]));

/** Puts an input artifact at a path on the host. Throws with Argo's words. */
export async function loadArtifact(context: ProgramContext, artifact: Artifact, archive: Template['archiveLocation'], target: string): Promise<void> {
  if (!hasLocationOrKey(artifact)) {
    if (artifact.optional === true) return;
    throw new Error(`required artifact '${artifact.name}' not supplied`);
  }
  cleanPath(artifact);
  await mkdir(dirname(target), { recursive: true });
  const fetched = `${target}.tmp`;
  const placed = locate(artifact, archive);
  const driver = driverFor(context, placed);
  try {
    await driver.load(fetched);
  } catch (error) {
    if (artifact.optional === true && isMissing(error)) return;
    throw new Error(`artifact ${artifact.name} failed to load: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const { none, tar, zip } = artifact.archive ?? {};
  const plain = none !== undefined;
  if (!plain && (tar !== undefined || (zip === undefined && (await isTarball(fetched))))) {
    await untar(fetched, target);
    await rm(fetched, { force: true });
  } else if (!plain && zip !== undefined) {
    await unpack(target, (folder) => run('unzip', ['-q', fetched, '-d', folder]));
    await rm(fetched, { force: true });
  } else {
    await rm(target, { recursive: true, force: true });
    await rename(fetched, target);
  }
  // A link may lead anywhere: it stays as it is.
  if ((await lstat(target)).isSymbolicLink()) return;
  await run('chmod', ['-R', 'a+rwX', target]);
  if (artifact.mode !== undefined) {
    if (artifact.recurseMode === true) await run('chmod', ['-R', artifact.mode.toString(8), target]);
    else await chmod(target, artifact.mode);
  }
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

/** Makes of a path on the host what the artifact's archive strategy wants. Throws NotFound as an Error with code ENOENT. */
export async function stage(artifact: Artifact, source: string, folder: string, tarred: boolean): Promise<Staged> {
  await mkdir(folder, { recursive: true });
  const { none, zip } = artifact.archive ?? {};
  const tarball = tarred ? source : join(folder, `${artifact.name}.tgz`);
  await stat(source);
  if (none === undefined && zip === undefined) {
    if (!tarred) await run('tar', ['-czf', tarball, '-C', dirname(source), basename(source)]);
    return { path: tarball, fileName: `${artifact.name}.tgz` };
  }
  let plain = source;
  if (tarred) {
    plain = join(folder, artifact.name);
    await untar(source, plain);
  }
  const fileName = basename(artifact.path ?? artifact.name);
  if ((await lstat(plain)).isSymbolicLink()) throw new Error(`open ${artifact.path ?? ''}: permission denied`);
  if (zip === undefined) return { path: plain, fileName };
  const zipped = join(folder, `${artifact.name}.zip`);
  await run('zip', ['-q', '-r', '-y', zipped, basename(plain)], { cwd: dirname(plain) });
  return { path: zipped, fileName: `${artifact.name}.zip` };
}
