import { createHash } from 'node:crypto';
import { access, constants, mkdir, readFile, statfs } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import { type CommandOptions, type CommandResult, mustRun, runCommand } from './command.ts';
import { explain, tooSmall } from './failures.ts';
import { ARGO_MANIFEST, ARGO_VERSION, type Download, KIND_VERSION, kindDownload } from './pins.ts';
import type { KindSettings } from './settings.ts';

/** Podman's command of the same name answers with a document of its own. */
const PodmanInfo = z.object({ host: z.object({ buildahVersion: z.string() }) });
const Info = z.object({ ServerVersion: z.string().default(''), MemTotal: z.number().default(0), DockerRootDir: z.string().default(''), ServerErrors: z.array(z.string()).nullish() });

/** `docker info` waits for a daemon that hangs. */
const INFO_MS = 10_000;
const DOWNLOAD_MS = 10 * 60_000;

type Options = Omit<CommandOptions, 'clock' | 'env'>;

/** The two commands, and the files they need. */
export class KindTools {
  #kind: Promise<string> | undefined;

  /** kind would take Podman where it is told to, and another cluster: this lab asks Docker, and names its clusters. */
  readonly #environment: KindSettings['environment'];

  constructor(
    readonly settings: KindSettings,
    readonly clock: Clock,
  ) {
    this.#environment = { ...settings.environment, KIND_EXPERIMENTAL_PROVIDER: undefined, KIND_CLUSTER_NAME: undefined };
  }

  docker(args: readonly string[], options: Options = {}): Promise<CommandResult> {
    return runCommand('docker', args, { ...options, clock: this.clock, env: this.#environment });
  }

  mustDocker(args: readonly string[], options: Options = {}): Promise<CommandResult> {
    return mustRun('docker', args, { ...options, clock: this.clock, env: this.#environment, name: `docker ${args[0] ?? ''}` });
  }

  async kind(args: readonly string[], options: Options = {}): Promise<CommandResult> {
    return runCommand(await this.kindPath(options.signal), args, { ...options, clock: this.clock, env: this.#environment });
  }

  async mustKind(args: readonly string[], options: Options = {}): Promise<CommandResult> {
    return mustRun(await this.kindPath(options.signal), args, { ...options, clock: this.clock, env: this.#environment, name: `kind ${args.slice(0, 2).join(' ')}` });
  }

  /** A script in which the arguments are `$1` and so on; `name` is what messages call it. */
  mustShell(name: string, script: string, args: readonly string[], options: Options = {}): Promise<CommandResult> {
    return mustRun('sh', ['-c', script, 'sh', ...args], { ...options, clock: this.clock, env: this.#environment, name });
  }

  /** Throws why Docker can't run a cluster here. */
  async checkDocker(signal?: AbortSignal): Promise<void> {
    const result = await this.docker(['info', '--format', '{{json .}}'], { timeoutMs: INFO_MS, ...(signal === undefined ? {} : { signal }) });
    if (result.ended === 'aborted') throw signal?.reason;
    if (result.ended === 'timed out') throw new LabError('timeout', 'Docker does not answer', 'Restart it (sudo systemctl restart docker, or Docker Desktop), then try again.');
    const document = parseJson(result.stdout);
    if (PodmanInfo.safeParse(document).success) throw new LabError('missing-tool', 'the command docker is Podman’s here, and this lab runs its clusters on Docker', 'Install Docker (https://docs.docker.com/engine/install/), or use the emulated cluster, which needs none.');
    const info = Info.safeParse(document);
    // A daemon that is not there: code 1 and a document of empty fields, or code 0 and its errors in the document.
    const errors = info.success ? (info.data.ServerErrors ?? []).join('\n') : '';
    if (result.code !== 0 || errors !== '') throw explain({ command: 'docker info', code: result.code, output: `${result.stderr}\n${errors}`, missing: result.missing });
    if (!info.success) return;
    const { MemTotal, DockerRootDir } = info.data;
    const disk = DockerRootDir === '' ? undefined : await statfs(DockerRootDir).catch(() => undefined);
    const small = tooSmall({ MemTotal, diskFree: disk === undefined ? undefined : disk.bavail * disk.bsize });
    if (small !== undefined) throw small;
  }

  /** Those of the images that the local Docker has. */
  async localImages(images: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const found = await Promise.all(
      [...new Set(images)].map(async (image) => {
        const result = await this.docker(['image', 'inspect', '--format', '{{.Id}}', image], { timeoutMs: INFO_MS, ...(signal === undefined ? {} : { signal }) });
        return result.code === 0 ? [image] : [];
      }),
    );
    return found.flat();
  }

  /** Where kind is: on the PATH, or downloaded once and checked. */
  kindPath(signal?: AbortSignal): Promise<string> {
    this.#kind ??= this.#findKind(signal);
    this.#kind.catch(() => (this.#kind = undefined));
    return this.#kind;
  }

  /** Whether it has to be downloaded. */
  async kindIsHere(): Promise<boolean> {
    return (await onPath('kind', this.settings.environment['PATH'] ?? '')) !== undefined || (await isExecutable(this.#downloaded));
  }

  get #downloaded(): string {
    return join(this.settings.folder, 'bin', `kind-${KIND_VERSION}`);
  }

  async #findKind(signal: AbortSignal | undefined): Promise<string> {
    const found = await onPath('kind', this.settings.environment['PATH'] ?? '');
    if (found !== undefined) return found;
    if (await isExecutable(this.#downloaded)) return this.#downloaded;
    const next = 'Install it (https://kind.sigs.k8s.io/docs/user/quick-start/#installation) so that it is on the PATH, then start the lab again.';
    const download = kindDownload(process.platform, process.arch);
    if (download === undefined) throw new LabError('missing-tool', `kind is not installed, and there is none to download for ${process.platform} on ${process.arch}`, next);
    const data = await fetchVerified(download, 'kind is not installed, and it', next, signal);
    await mkdir(join(this.settings.folder, 'bin'), { recursive: true });
    await writeFileAtomic(this.#downloaded, data, 0o755);
    return this.#downloaded;
  }

  /** Argo's manifests: the given file, the one downloaded before, or a download. */
  async argoManifest(signal?: AbortSignal): Promise<{ file: string; text: string }> {
    const given = this.settings.argoManifest;
    if (given !== undefined) {
      const text = await readFile(given, 'utf8').catch((error: unknown) => {
        throw new LabError('bad-request', `Argo's manifests can't be read: ${messageOf(error)}`, 'Look at --argo-manifest or ARGO_MANIFEST.');
      });
      return { file: given, text };
    }
    const file = join(this.settings.folder, `argo-${ARGO_VERSION}-install.yaml`);
    const known = await readFile(file).catch(() => undefined);
    if (known !== undefined && checksum(known) === ARGO_MANIFEST.sha256) return { file, text: known.toString('utf8') };
    const data = await fetchVerified(ARGO_MANIFEST, `the manifests of Argo Workflows ${ARGO_VERSION}`, `Or give --argo-manifest FILE (ARGO_MANIFEST), the install.yaml of the release ${ARGO_VERSION}: it needs no internet. Behind a proxy, get it with: curl -fLO ${ARGO_MANIFEST.url}`, signal);
    await mkdir(this.settings.folder, { recursive: true });
    await writeFileAtomic(file, data);
    return { file, text: Buffer.from(data).toString('utf8') };
  }
}

/** A download with exactly the bytes that are expected. `what` begins the message of a failure. */
export async function fetchVerified(download: Download, what: string, next: string, signal?: AbortSignal): Promise<Uint8Array> {
  const limit = AbortSignal.timeout(DOWNLOAD_MS);
  let data: Uint8Array;
  try {
    const response = await fetch(download.url, { signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    data = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new LabError('cluster-failed', `${what} can't be downloaded from ${new URL(download.url).host}: ${cause}`, next, { cause: error });
  }
  if (checksum(data) !== download.sha256) throw new LabError('cluster-failed', `${what} was downloaded from ${new URL(download.url).host}, but its checksum is wrong: ${checksum(data)} instead of ${download.sha256}`, `A proxy may have answered in its place, or the release was changed. Look at ${download.url} yourself. ${next}`);
  return data;
}

function checksum(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function onPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}
