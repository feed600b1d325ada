import { createHash } from 'node:crypto';
import { chmod, type FileHandle, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize, relative } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { openInside } from '../../lib/inside-file.ts';
import type { InsidePath } from '../../lib/inside-folder.ts';
import type { Ids } from '../../lib/ids.ts';
import { goDuration } from '../../lib/go-duration.ts';
import type { Identity, KubeClient } from '../client.ts';
import type { EventType } from '../controllers/runtime/event-recorder.ts';
import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { KubeletNetwork } from '../network/virtual-network.ts';
import type { ImageEntry, ProgramContent, ProgramContext } from '../program.ts';
import { containerEnvironment, ContainerConfigError, expand, type ConfigSource } from './env.ts';
import { hostnameOf } from './host-files.ts';
import { isPlausibleTag, pullError, type ImageRegistry } from './images/catalogue.ts';
import { referenceProblem } from './images/reference.ts';
import { type LogBudget, LogStore } from './log-store.ts';
import type { ContainerObserved, ExitRecord } from './observed.ts';
import { answerOnLocalhost, type ProgramBody, programBody } from './program-body.ts';
import { runProcess, runProgram, type RunningContainer } from './running-container.ts';
import type { ProcessRuntime, ProcessSpec } from './runtime/process-runtime.ts';
import { type ContainerSecurity, securityOf } from './security.ts';
import { withProgram } from './serving-process.ts';
import { openToolbox } from './toolbox.ts';

/** A container did not come up: it waits with a reason and is tried again, or it ended before it began (`exit`). */
export class StartFailure extends Error {
  override readonly name = 'StartFailure';
  constructor(
    readonly waiting: { reason: string; message: string },
    readonly retryMs: number,
    readonly exit?: ExitRecord,
    readonly image?: { name: string; imageID: string },
  ) {
    super(waiting.message);
  }
}

export interface StartRequest {
  pod: Pod;
  container: Container;
  state: ContainerObserved;
  attempt: number;
  /** Host folders by volume name. */
  volumes: Map<string, string>;
  podIP: string;
  event: (type: EventType, reason: string, message: string) => void;
}

export interface StartedContainer {
  running: RunningContainer;
  log: LogStore;
  containerID: string;
  image: string;
  imageID: string;
  /** On the host: what the container leaves there is its termination message. */
  terminationLog: string;
}

/** What containers are made with. */
export interface StarterOptions {
  /** Speaks as `system:node:controlplane` in group `system:nodes`, with the rights of `system:masters`. */
  client: KubeClient;
  network: KubeletNetwork;
  runtime: ProcessRuntime;
  images: ImageRegistry;
  clock: Clock;
  ids: Ids;
  source: ConfigSource;
  logs?: LogBudget;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How long ErrImagePull shows before it becomes ImagePullBackOff. */
const PULL_ERROR_MS = 2000;
const FIRST_PULL_DELAY_MS = 10_000;
const MAX_PULL_DELAY_MS = 300_000;
const CONFIG_RETRY_MS = 10_000;
/** Where a container finds the folder by which it begins its image's program. */
const SERVICE_FOLDER = '/run/argo-lab';

type Mount = ProcessSpec['mounts'][number];

/** What a run of a container writes beside its volumes. */
export function layerOf(podFolder: string, container: string, attempt: number): string {
  return join(podFolder, 'containers', container, String(attempt), 'layer');
}

/** What a container needs to begin. */
interface Made {
  argv: string[];
  env: Record<string, string>;
  layer: string;
  mounts: Mount[];
  id: string;
  containerID: string;
  security: ContainerSecurity;
}

interface FoundImage {
  entry: ImageEntry;
  /** As statuses show it. */
  name: string;
  tag: string;
  imageID: string;
}

/** Brings a container from its spec to a running process or program: image, environment, mounts, start. */
export class ContainerStarter {
  readonly #options: StarterOptions;
  readonly #folder: string;
  readonly #pulls = new Map<string, { delay: number; nextPull: number }>();

  constructor(options: StarterOptions, podFolder: string) {
    this.#options = options;
    this.#folder = podFolder;
  }

  /** Throws StartFailure. */
  async start(request: StartRequest): Promise<StartedContainer> {
    const { pod, container, attempt, event } = request;
    const image = this.#image(request);
    let env: Record<string, string>;
    let security: ContainerSecurity;
    try {
      security = securityOf(pod, container, image.entry.user);
      env = this.#environment(request, image, security);
    } catch (error) {
      if (!(error instanceof ContainerConfigError)) throw error;
      event('Warning', 'Failed', `Error: ${error.message}`);
      throw new StartFailure({ reason: 'CreateContainerConfigError', message: error.message }, CONFIG_RETRY_MS);
    }
    const argv = commandOf(container, image.entry, env);
    if (argv.length === 0) {
      const message = `failed to generate container spec: failed to generate spec: no command specified`;
      event('Warning', 'Failed', `Error: ${message}`);
      throw new StartFailure({ reason: 'CreateContainerError', message }, CONFIG_RETRY_MS);
    }
    const layer = layerOf(this.#folder, container.name, attempt);
    const folder = dirname(layer);
    const terminationLog = join(folder, 'termination-log');
    if (attempt > 0) await rm(join(this.#folder, 'containers', container.name, String(attempt - 1)), { recursive: true, force: true });
    // What an earlier run of the lab left there may hold links.
    await rm(folder, { recursive: true, force: true });
    await mkdir(layer, { recursive: true });
    await chmod(layer, 0o777);
    await writeFile(terminationLog, '');
    await chmod(terminationLog, 0o666);
    const mounts = await this.#mounts(request, env, terminationLog);
    const id = createHash('sha256').update(this.#options.ids.uuid()).digest('hex');
    const containerID = `containerd://${id}`;
    const log = new LogStore(this.#options.clock, this.#options.logs);
    event('Normal', 'Created', `Created container: ${container.name}`);
    const running = await this.#launch(request, image, { argv, env, layer, mounts, id, containerID, security }, log);
    return { running, log, containerID, image: image.name, imageID: image.imageID, terminationLog };
  }

  async #launch(request: StartRequest, image: FoundImage, made: Made, log: LogStore): Promise<RunningContainer> {
    const { pod, container, event } = request;
    const { clock, network, runtime } = this.#options;
    const { argv, env, layer, mounts, id, containerID, security } = made;
    const { content, workingDir } = image.entry;
    const podUid = pod.metadata.uid ?? '';
    const common = { id, pod: podUid, ...addressOf(pod, network), env, cwd: container.workingDir ?? workingDir ?? '/', hostname: hostnameOf(pod), layer, mounts, ...security };
    const asProcess = content.kind === 'program' ? content.asProcess?.(argv) : argv;
    if (content.kind === 'program' && asProcess === undefined) {
      const body = content.body === undefined ? undefined : programBody({ runtime, network, podUid, clock, spec: { ...common, root: content.body, tty: false, stdin: false } });
      return this.#program(request, content, made, log, body);
    }
    const command = asProcess ?? argv;
    try {
      const root = content.kind === 'program' ? content.body : { ...content, files: { ...content.files, ...image.entry.filesOfTag?.(image.tag) } };
      if (root === undefined) throw Object.assign(new Error(`${command[0] ?? ''} is not in the image`), { code: 'ENOENT' });
      const service = join(layer, '..', 'service');
      const spec: ProcessSpec = { ...common, argv: command, root, tty: container.tty === true, stdin: container.stdin === true };
      if (content.kind === 'program') {
        spec.env = { ...env, ARGO_LAB_SERVICE: SERVICE_FOLDER };
        spec.mounts = [...mounts, { source: service, target: SERVICE_FOLDER, readOnly: false }];
        await mkdir(service, { recursive: true });
        await chmod(service, 0o777);
      }
      const process = await runProcess(runtime, spec, log, (process, ended) => void answerOnLocalhost(process, network, podUid, ended));
      return content.kind === 'program' ? withProgram(process, service, (argv) => this.#program(request, content, { ...made, argv }, log)) : process;
    } catch (error) {
      log.close();
      const message = startMessage(command[0] ?? '', error);
      event('Warning', 'Failed', `Error: ${message}`);
      const exit: ExitRecord = { exitCode: 128, reason: 'StartError', message, startedAt: 0, finishedAt: clock.now(), containerID };
      throw new StartFailure({ reason: 'RunContainerError', message }, 0, exit, image);
    }
  }

  #program({ pod, container }: StartRequest, content: ProgramContent, { argv, env, layer, mounts }: Pick<Made, 'argv' | 'env' | 'layer' | 'mounts'>, log: LogStore, body?: ProgramBody): RunningContainer {
    const { clock, ids, network, client } = this.#options;
    const hostPath = (path: string) => hostPathOf(mounts, path);
    const openFile = async (path: string) => (await openMounted(mounts, path)) ?? (content.body === undefined ? undefined : openInside(layer, normalize(path)));
    const scratch = async () => {
      const folder = join(layer, '..', 'scratch');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return folder;
    };
    const place = (path: string) => placeOf(mounts, path);
    const { runtime } = this.#options;
    const stop = new AbortController();
    const toolbox: ProgramContext['toolbox'] = (options) => {
      const id = createHash('sha256').update(ids.uuid()).digest('hex');
      return openToolbox(runtime, { id, env: options.env, layer: join(layer, '..', `tools-${id.slice(0, 8)}`), mounts: [{ source: options.folder, target: '/work', readOnly: false }] }, stop.signal);
    };
    const speaksAs = client.as(serviceAccountOf(pod), basename(argv[0] ?? container.name));
    const running = runProgram(content.program, { argv, env, pod, container: container.name, client: speaksAs, network: networkOf(pod, network), hostPath, place, scratch, openFile, clock, ids, ...(runtime.isolation === 'none' ? {} : { toolbox }) }, log, clock, body);
    void running.exited.finally(() => stop.abort());
    return running;
  }

  /** Finds the image, with the events that a pull has. */
  #image({ container, event }: StartRequest): FoundImage {
    const { images, clock } = this.#options;
    const image = container.image ?? '';
    const policy = container.imagePullPolicy ?? (image.includes(':') && !image.endsWith(':latest') ? 'IfNotPresent' : 'Always');
    const lookup = images.lookup(image);
    if (lookup.kind === 'invalid') {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${referenceProblem(image)}`;
      event('Warning', 'InspectFailed', message);
      event('Warning', 'Failed', 'Error: InvalidImageName');
      throw new StartFailure({ reason: 'InvalidImageName', message }, CONFIG_RETRY_MS);
    }
    const { reference } = lookup;
    if (policy === 'Never' && (lookup.kind === 'missing' || !isPlausibleTag(reference.tag))) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      event('Warning', 'Failed', 'Error: ErrImageNeverPull');
      throw new StartFailure({ reason: 'ErrImageNeverPull', message }, CONFIG_RETRY_MS);
    }
    if (lookup.kind === 'found') {
      if (policy === 'Always') {
        event('Normal', 'Pulling', `Pulling image "${image}"`);
        event('Normal', 'Pulled', `Successfully pulled image "${image}" in ${goDuration(1)} (${goDuration(1)} including waiting). Image size: ${lookup.size} bytes.`);
      } else event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      this.#pulls.delete(image);
      return { entry: lookup.entry, name: reference.canonical, tag: reference.tag ?? 'latest', imageID: lookup.imageID };
    }
    const now = clock.now();
    const reason = `${pullError(reference)}; images of this cluster: ${images.names().join(', ')}`;
    const pull = this.#pulls.get(image);
    if (pull !== undefined && now < pull.nextPull) {
      event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      event('Warning', 'Failed', 'Error: ImagePullBackOff');
      throw new StartFailure({ reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": ErrImagePull: ${reason}` }, pull.nextPull - now);
    }
    const delay = pull === undefined ? FIRST_PULL_DELAY_MS : Math.min(MAX_PULL_DELAY_MS, pull.delay * 2);
    this.#pulls.set(image, { delay, nextPull: now + delay });
    event('Normal', 'Pulling', `Pulling image "${image}"`);
    event('Warning', 'Failed', `Failed to pull image "${image}": rpc error: code = NotFound desc = ${pullError(reference)}`);
    event('Warning', 'Failed', 'Error: ErrImagePull');
    throw new StartFailure({ reason: 'ErrImagePull', message: `rpc error: code = NotFound desc = ${reason}` }, PULL_ERROR_MS);
  }

  #environment({ pod, container, podIP }: StartRequest, { entry, tag }: FoundImage, { user }: ContainerSecurity): Record<string, string> {
    return {
      PATH: DEFAULT_PATH,
      // Whom /etc/passwd does not know has no other home.
      HOME: (user?.uid ?? 0) === 0 ? '/root' : '/',
      ...(container.tty === true ? { TERM: 'xterm' } : {}),
      ...entry.env,
      ...entry.envOfTag?.(tag),
      HOSTNAME: hostnameOf(pod),
      ...containerEnvironment(pod, container, this.#options.source, podIP),
    };
  }

  async #mounts({ pod, container, volumes }: StartRequest, env: Record<string, string>, terminationLog: string): Promise<Mount[]> {
    const mounts: Mount[] = [
      { source: join(this.#folder, 'etc-hosts'), target: '/etc/hosts', readOnly: false },
      { source: join(this.#folder, 'resolv.conf'), target: '/etc/resolv.conf', readOnly: false },
      { source: join(this.#folder, 'hostname'), target: '/etc/hostname', readOnly: false },
      { source: terminationLog, target: container.terminationMessagePath ?? '/dev/termination-log', readOnly: false },
    ];
    for (const mount of container.volumeMounts ?? []) {
      const volume = volumes.get(mount.name);
      if (volume === undefined) continue;
      const subPath = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, env);
      let source = volume;
      if (subPath !== undefined && subPath !== '') {
        // Normalised against the root first, so that no `..` leads out of the volume.
        source = join(volume, normalize(`/${subPath}`));
        // A container may have left a link there: it is followed, but never out of the volume.
        await (await openInside(volume, subPath, { create: 0o777 })).close();
      }
      const kind = pod.spec.volumes?.find((v) => v.name === mount.name);
      const fixed = kind?.configMap !== undefined || kind?.secret !== undefined || kind?.projected !== undefined || kind?.downwardAPI !== undefined;
      mounts.push({ source, ...(source === volume ? {} : { root: volume }), target: mount.mountPath.length > 1 ? mount.mountPath.replace(/\/+$/, '') : mount.mountPath, readOnly: mount.readOnly === true || fixed });
    }
    return mounts;
  }
}

/** Where a path of the container is on the host, by the deepest mount above it. */
export function hostPathOf(mounts: readonly Mount[], path: string): string | undefined {
  const wanted = normalize(path);
  const best = mountOf(mounts, wanted);
  return best === undefined ? undefined : join(best.source, wanted.slice(best.target.length));
}

/** A pod in the node's network has no address of its own. */
function addressOf(pod: Pod, network: PodNetwork): { address?: string } {
  return pod.spec.hostNetwork === true ? {} : { address: network.addressOf(pod.metadata.uid ?? '') };
}

/** The same as a path below a folder that no link leads out of: the volume, or the one that a file or volume itself lies in. */
export function placeOf(mounts: readonly Mount[], path: string): InsidePath | undefined {
  const wanted = normalize(path);
  const best = mountOf(mounts, wanted);
  if (best === undefined) return undefined;
  const root = best.root ?? best.source;
  const inside = join(relative(root, best.source), wanted.slice(best.target.length)).replace(/\/+$/, '');
  return ['', '.'].includes(inside) ? { root: dirname(root), path: basename(root) } : { root, path: inside };
}

/** A file of a volume, opened so that no link leads out of it. */
export async function openMounted(mounts: readonly Mount[], path: string): Promise<FileHandle | undefined> {
  const place = placeOf(mounts, path);
  return place === undefined ? undefined : openInside(place.root, place.path);
}

function mountOf(mounts: readonly Mount[], wanted: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const above = wanted === mount.target || wanted.startsWith(mount.target === '/' ? '/' : `${mount.target}/`);
    if (above && (best === undefined || mount.target.length > best.target.length)) best = mount;
  }
  return best;
}

/** The network as a program in this pod sees it: its own host, and Services of its namespace by their short names. */
function networkOf(pod: Pod, network: PodNetwork): PodNetwork {
  const { namespace = 'default', uid = '' } = pod.metadata;
  return {
    addressOf: (podUid) => network.addressOf(podUid),
    release: (podUid) => network.release(podUid),
    listen: (podUid, port, onConnection) => network.listen(podUid, port, onConnection),
    dial: (podUid, port) => network.dial(podUid, port),
    setServiceResolver: (resolve) => network.setServiceResolver(resolve),
    dialAddress(host, port) {
      if (host === 'localhost' || host === '127.0.0.1' || host === '::1') return network.dial(uid, port);
      return network.dialAddress(/^[a-z][a-z0-9-]*$/i.test(host) ? `${host}.${namespace}.svc` : host, port);
    },
  };
}

function commandOf(container: Container, entry: ImageEntry, env: Record<string, string>): string[] {
  const command = container.command ?? [];
  const args = container.args ?? [];
  const merged = command.length > 0 ? [...command, ...args] : [...(entry.entrypoint ?? []), ...(args.length > 0 ? args : (entry.cmd ?? []))];
  return merged.map((text) => expand(text, env));
}

function serviceAccountOf(pod: Pod): Identity {
  const { name, namespace = 'default', uid = '' } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? 'default';
  return {
    user: `system:serviceaccount:${namespace}:${account}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/pod-name': [name], 'authentication.kubernetes.io/pod-uid': [uid] },
  };
}

/** What runc says about a command that it cannot start. */
export function startMessage(command: string, error: unknown): string {
  const notFound = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
  const why = !notFound ? messageOf(error) : command.includes('/') ? `stat ${command}: no such file or directory` : 'executable file not found in $PATH';
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${command}": ${why}: unknown`;
}

