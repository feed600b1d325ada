import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { KubeClient } from '../client.ts';
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../controllers/runtime/kinds.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, SERVICE_ACCOUNTS } from '../controllers/runtime/resources.ts';
import type { ConfigSource } from './env.ts';
import { podField, resourceField } from './fields.ts';

/** A volume cannot be set up (yet): FailedMount. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

export interface VolumeContext {
  pod: Pod;
  podIP: string;
  source: ConfigSource;
  client: KubeClient;
  /** The pod's own folder. */
  folder: string;
  /** Where persistent volumes live. */
  volumesFolder: string;
}

type Files = Map<string, { content: string | Buffer; mode: number }>;

interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

/** Sets up every volume of the pod; gives the folder on the host by the volume's name. */
export async function setUpVolumes(context: VolumeContext): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of context.pod.spec.volumes ?? []) folders.set(volume.name, await setUp(volume, context));
  return folders;
}

async function setUp(volume: Volume, context: VolumeContext): Promise<string> {
  const folder = join(context.folder, 'volumes', volume.name);
  const failed = (reason: string) => new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${reason}`);
  if (volume.hostPath !== undefined) throw failed(`hostPath volumes are not offered by this cluster: its pods never see the machine it runs on (path ${volume.hostPath.path})`);
  if (volume.persistentVolumeClaim !== undefined) {
    const { claimName } = volume.persistentVolumeClaim;
    const namespace = context.pod.metadata.namespace;
    const claim = await context.client.find<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, claimName);
    if (claim?.status?.phase !== 'Bound' || claim.spec.volumeName === undefined) throw failed(`persistentvolumeclaim "${claimName}" is not bound`);
    // Whoever may write a claim may write its status: only a volume that there is has a folder, and only for its own claim.
    const bound = await context.client.find<PersistentVolume>(PERSISTENT_VOLUMES, undefined, claim.spec.volumeName);
    const error = (what: string) => failed(`error processing PVC ${namespace}/${claimName}: ${what}`);
    if (bound === undefined) throw error(`failed to fetch PV ${JSON.stringify(claim.spec.volumeName)} from API server: persistentvolumes ${JSON.stringify(claim.spec.volumeName)} not found`);
    if (bound.spec.claimRef?.uid !== claim.metadata.uid) throw error(`PV ${JSON.stringify(bound.metadata.name)} claimRef: uid ${JSON.stringify(bound.spec.claimRef?.uid ?? '')} does not match the claim's ${JSON.stringify(claim.metadata.uid)}`);
    const place = join(context.volumesFolder, bound.metadata.name);
    await mkdir(place, { recursive: true, mode: 0o777 });
    return place;
  }
  if (volume.ephemeral !== undefined || volume.emptyDir !== undefined) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
    return folder;
  }
  const files = await filesOf(volume, context, failed);
  if (files === undefined) {
    const kind = Object.keys(volume).find((key) => key !== 'name');
    if (kind === undefined) {
      await mkdir(folder, { recursive: true, mode: 0o777 });
      return folder;
    }
    throw failed(`volumes of type ${kind} are not offered by this cluster`);
  }
  await writeFiles(folder, files);
  return folder;
}

/** Writes the current content of volumes that show other objects again, after one of those changed. */
export async function refreshVolumes(context: VolumeContext): Promise<void> {
  for (const volume of context.pod.spec.volumes ?? []) {
    if (volume.configMap === undefined && volume.secret === undefined) continue;
    const files = await filesOf(volume, context, (reason) => new MountError(reason)).catch(() => undefined);
    if (files !== undefined) await writeFiles(join(context.folder, 'volumes', volume.name), files);
  }
}

async function filesOf(volume: Volume, context: VolumeContext, failed: (reason: string) => Error): Promise<Files | undefined> {
  const files: Files = new Map();
  if (volume.configMap !== undefined) {
    const { name, items, optional, defaultMode } = volume.configMap;
    addConfigMap(files, context, { name: name ?? '', items, optional, mode: defaultMode ?? 0o644 }, failed);
    return files;
  }
  if (volume.secret !== undefined) {
    const { secretName, items, optional, defaultMode } = volume.secret;
    addSecret(files, context, { name: secretName ?? '', items, optional, mode: defaultMode ?? 0o644 }, failed);
    return files;
  }
  if (volume.downwardAPI !== undefined) {
    addDownward(files, context, volume.downwardAPI.items ?? [], volume.downwardAPI.defaultMode ?? 0o644);
    return files;
  }
  if (volume.projected === undefined) return undefined;
  const mode = volume.projected.defaultMode ?? 0o644;
  for (const source of volume.projected.sources ?? []) {
    if (source.configMap !== undefined) addConfigMap(files, context, { name: source.configMap.name ?? '', items: source.configMap.items, optional: source.configMap.optional, mode }, failed);
    if (source.secret !== undefined) addSecret(files, context, { name: source.secret.name ?? '', items: source.secret.items, optional: source.secret.optional, mode }, failed);
    if (source.downwardAPI !== undefined) addDownward(files, context, source.downwardAPI.items ?? [], mode);
    if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds, path } = source.serviceAccountToken;
      files.set(path, { content: await requestToken(context, audience, expirationSeconds ?? 3600, failed), mode });
    }
  }
  return files;
}

async function requestToken({ client, pod }: VolumeContext, audience: string | undefined, expirationSeconds: number, failed: (reason: string) => Error): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  try {
    const answer = await client.createSubresource<{ status?: { token?: string } }>(SERVICE_ACCOUNTS, namespace, account, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace },
      spec: { audiences: audience === undefined ? [] : [audience], expirationSeconds, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
    });
    return answer.status?.token ?? '';
  } catch (error) {
    throw failed(`failed to fetch token: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Projection {
  name: string;
  items: KeyToPath[] | undefined;
  optional: boolean | undefined;
  mode: number;
}

function addConfigMap(files: Files, { source, pod }: VolumeContext, projection: Projection, failed: (reason: string) => Error): void {
  const map = source.configMap(pod.metadata.namespace ?? 'default', projection.name);
  if (map === undefined) {
    if (projection.optional === true) return;
    throw failed(`configmap "${projection.name}" not found`);
  }
  const data = new Map<string, string | Buffer>(Object.entries(map.data ?? {}));
  for (const [key, value] of Object.entries(map.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'));
  project(files, data, projection, failed);
}

function addSecret(files: Files, { source, pod }: VolumeContext, projection: Projection, failed: (reason: string) => Error): void {
  const secret = source.secret(pod.metadata.namespace ?? 'default', projection.name);
  if (secret === undefined) {
    if (projection.optional === true) return;
    throw failed(`secret "${projection.name}" not found`);
  }
  project(files, new Map(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')])), projection, failed);
}

function project(files: Files, data: Map<string, string | Buffer>, projection: Projection, failed: (reason: string) => Error): void {
  if (projection.items === undefined) {
    for (const [key, content] of data) files.set(key, { content, mode: projection.mode });
    return;
  }
  for (const { key, path, mode } of projection.items) {
    const content = data.get(key);
    if (content === undefined) {
      if (projection.optional === true) continue;
      throw failed(`references non-existent config key: ${key}`);
    }
    files.set(path, { content, mode: mode ?? projection.mode });
  }
}

interface DownwardItem {
  path: string;
  mode?: number;
  fieldRef?: { fieldPath: string };
  resourceFieldRef?: { containerName?: string; resource: string; divisor?: unknown };
}

function addDownward(files: Files, { pod, podIP }: VolumeContext, items: readonly DownwardItem[], mode: number): void {
  for (const item of items) {
    let content = '';
    if (item.fieldRef !== undefined) content = podField(pod, item.fieldRef.fieldPath, podIP) ?? '';
    else if (item.resourceFieldRef !== undefined) {
      const { containerName, resource, divisor } = item.resourceFieldRef;
      const container = pod.spec.containers.find((c) => c.name === containerName);
      if (container !== undefined) content = resourceField(container, resource, divisor === undefined ? undefined : String(divisor)) ?? '';
    }
    files.set(item.path, { content, mode: item.mode ?? mode });
  }
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  for (const [path, { content, mode }] of files) {
    const target = join(folder, normalize(`/${path}`));
    if (dirname(target) !== folder) await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content, { mode: 0o600 });
    await chmod(target, mode);
  }
  for (const entry of await readdir(folder)) {
    const wanted = [...files.keys()].some((path) => normalize(`/${path}`).split('/')[1] === entry);
    if (!wanted) await rm(join(folder, entry), { recursive: true, force: true });
  }
}
