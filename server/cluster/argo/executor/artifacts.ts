import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramContext } from '../../program.ts';
import { hasLocationOrKey, keyOf, storeOf } from '../types/template.ts';
import type { Artifact, ArtifactLocation, S3Location, Template } from '../types/workflow.ts';
import { getObject, listObjects, putObject, StoreError } from './s3.ts';
import type { Bucket } from './s3.ts';

const run = promisify(execFile);

/** Reads the secret's file that is mounted beside the executor. */
async function secret(context: ProgramContext, ref: { name?: string; key: string } | undefined): Promise<string> {
  if (ref?.name === undefined || ref.name === '') return '';
  const path = context.hostPath(`/argo/secret/${ref.name}/${ref.key}`);
  if (path === undefined) throw new Error(`open /argo/secret/${ref.name}/${ref.key}: no such file or directory`);
  return await readFile(path, 'utf8');
}

/** An artifact's place, completed from the template's archive location. */
export function locate(artifact: ArtifactLocation, archive: (ArtifactLocation & { s3?: S3Location }) | undefined): ArtifactLocation {
  if (artifact.s3 === undefined || archive?.s3 === undefined) return artifact;
  const { key: _key, ...bucket } = archive.s3;
  return (artifact.s3.bucket ?? '') === '' ? { ...artifact, s3: { ...bucket, ...artifact.s3 } } : artifact;
}

async function bucketOf(context: ProgramContext, s3: S3Location): Promise<Bucket> {
  return {
    endpoint: s3.endpoint ?? '',
    bucket: s3.bucket ?? '',
    namespace: context.pod.metadata.namespace ?? 'default',
    accessKey: await secret(context, s3.accessKeySecret),
    secretKey: await secret(context, s3.secretKeySecret),
  };
}

/** Fetches an artifact's content: bytes, or files below a key that is a folder. Throws. */
async function fetchArtifact(context: ProgramContext, artifact: Artifact, archive: Template['archiveLocation'], target: string): Promise<void> {
  const location = locate(artifact, archive);
  if (location.raw !== undefined) {
    await writeFile(target, location.raw.data);
    return;
  }
  if (location.s3 === undefined) throw new Error(`this cluster reaches nothing outside: ${storeOf(location) ?? 'such'} artifacts cannot be had`);
  const bucket = await bucketOf(context, location.s3);
  const key = location.s3.key ?? '';
  try {
    await writeFile(target, await getObject(context.network, bucket, key));
  } catch (error) {
    if (!(error instanceof StoreError) || !error.notFound) throw error;
    const keys = await listObjects(context.network, bucket, `${key.replace(/\/+$/, '')}/`);
    if (keys.length === 0) throw error;
    for (const each of keys) {
      const path = join(target, each.slice(key.replace(/\/+$/, '').length));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await getObject(context.network, bucket, each));
    }
  }
}

async function isTarball(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false;
  return await run('tar', ['-tzf', path]).then(
    () => true,
    () => false,
  );
}

/** Unpacks so that the one thing that is in the tarball ends up at `target`. */
async function untar(tarball: string, target: string): Promise<void> {
  const folder = `${target}.tmpdir`;
  await mkdir(folder, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', folder]);
  const { stdout } = await run('ls', ['-A', folder]);
  const names = stdout.split('\n').filter((name) => name !== '');
  await rm(target, { recursive: true, force: true });
  if (names.length === 1 && names[0] !== undefined) {
    await rename(join(folder, names[0]), target);
    await rm(folder, { recursive: true, force: true });
  } else await rename(folder, target);
}

/** Puts an input artifact at a path on the host. Throws with Argo's words. */
export async function loadArtifact(context: ProgramContext, artifact: Artifact, archive: Template['archiveLocation'], target: string): Promise<void> {
  if (!hasLocationOrKey(artifact)) {
    if (artifact.optional === true) return;
    throw new Error(`required artifact '${artifact.name}' not supplied`);
  }
  await mkdir(dirname(target), { recursive: true });
  const fetched = `${target}.tmp`;
  try {
    await fetchArtifact(context, artifact, archive, fetched);
  } catch (error) {
    if (artifact.optional === true && error instanceof StoreError && error.notFound) return;
    throw new Error(`artifact ${artifact.name} failed to load: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { none, tar, zip } = artifact.archive ?? {};
  if (none === undefined && (tar !== undefined || (zip === undefined && (await isTarball(fetched))))) {
    await untar(fetched, target);
    await rm(fetched, { force: true });
  } else if (zip !== undefined) {
    await mkdir(target, { recursive: true });
    await run('unzip', ['-q', fetched, '-d', target]);
    await rm(fetched, { force: true });
  } else {
    await rm(target, { recursive: true, force: true });
    await rename(fetched, target);
  }
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
  const own = keyOf(artifact) ?? '';
  const placed: Artifact = own !== '' || storeOf(artifact) !== undefined ? artifact : { ...artifact, s3: { key: `${archive?.s3?.key ?? ''}/${staged.fileName}` } };
  const location = locate(placed, archive);
  if (location.s3 === undefined) throw new Error(`Unsupported artifact driver for ${artifact.name}`);
  const bucket = await bucketOf(context, location.s3);
  const key = location.s3.key ?? '';
  if ((await stat(staged.path)).isDirectory()) {
    const { stdout } = await run('find', [staged.path, '-type', 'f']);
    for (const file of stdout.split('\n').filter((line) => line !== '')) {
      await putObject(context.network, bucket, `${key}/${file.slice(staged.path.length + 1)}`, await readFile(file));
    }
  } else await putObject(context.network, bucket, key, await readFile(staged.path));
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
  if (zip === undefined) return { path: plain, fileName };
  const zipped = join(folder, `${artifact.name}.zip`);
  await run('zip', ['-q', '-r', zipped, basename(plain)], { cwd: dirname(plain) });
  return { path: zipped, fileName: `${artifact.name}.zip` };
}

