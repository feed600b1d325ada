import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { KubeObject } from '../../cluster/vocabulary.ts';
import { LabError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { Scenario } from '../../scenario/model.ts';
import { fullImageName, imagesNamedIn } from './argo-objects.ts';
import { explain } from './failures.ts';
import type { Limits } from './limits.ts';
import { EXECUTOR_IMAGES, NODE_IMAGE } from './pins.ts';
import type { KindTools } from './tools.ts';
import { work, type Work } from './work.ts';

/** Which image nodes are made of, as Docker has it: under its digest, under its name alone, or in a file. */
export async function nodeImage(tools: KindTools, stages: Work, signal: AbortSignal): Promise<string> {
  const wanted = tools.settings.nodeImage ?? NODE_IMAGE;
  if (isFile(wanted)) return stages.run('node-image', `Node image from ${basename(wanted)}`, () => imageOfFile(tools, wanted, signal));
  // What came from a file (`docker load`) has its name, but no digest.
  const [name = wanted, digest] = wanted.split('@');
  if (digest === undefined) return wanted;
  const [exact, named] = await Promise.all([tools.localImages([wanted], signal), tools.localImages([name], signal)]);
  return exact.length === 0 && named.length > 0 ? name : wanted;
}

/** A path, or what ends as the archives do that `docker load` reads. */
export function isFile(wanted: string): boolean {
  return /^\.{0,2}\/|\.(tar(\.(gz|xz|bz2|zst))?|tgz|txz)$/.test(wanted);
}

/** Files that Docker has been given, by what they were then. */
const known = new WeakMap<KindTools, Map<string, string>>();

async function imageOfFile(tools: KindTools, file: string, signal: AbortSignal): Promise<string> {
  const about = await stat(file).catch(() => undefined);
  if (about === undefined) throw new LabError('bad-request', `there is no file ${file} with a node image`, 'Look at KIND_NODE_IMAGE or --node-image: the name of an image, or a file as docker save writes it.');
  const key = `${file} ${about.mtimeMs} ${about.size}`;
  const before = known.get(tools)?.get(key);
  if (before !== undefined && (await tools.localImages([before], signal)).length > 0) return before;
  const { stdout } = await tools.mustDocker(['load', '--input', file], { signal });
  // After docker 28 `docker load`: a line for each name, or for the id of an image that has none. One file may hold all
  // that a machine without internet needs, Argo's images beside the node's.
  const loaded = [...stdout.matchAll(/^Loaded image(?: ID)?: (\S+)/gm)].map((match) => match[1] ?? '');
  const image = loaded.find((name) => /kindest|(^|[/-])node[:@]/.test(name)) ?? loaded[0];
  if (image === undefined) throw new LabError('bad-request', `Docker found no image in ${file}`, 'It has to be a file as docker save writes it.');
  known.set(tools, (known.get(tools) ?? new Map<string, string>()).set(key, image));
  return image;
}

/** What will be asked for, as far as Docker has it: Argo's images, and those that the scenario's files name. */
export async function imagesHere(tools: KindTools, scenario: Scenario | undefined, objects: readonly KubeObject[], signal: AbortSignal): Promise<string[]> {
  const named = [...EXECUTOR_IMAGES, ...objects.flatMap((object) => imagesNamedIn(JSON.stringify(object, null, 1))), ...(scenario === undefined ? [] : await imagesOf(scenario.folder))];
  // What has a digest can't be saved by name.
  const wanted = new Map(named.filter((image) => !image.includes('@')).map((image) => [fullImageName(image), image]));
  return tools.localImages([...wanted.values()], signal);
}

const TEXT = /\.(ya?ml|json|md|sh)$/;

async function imagesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && TEXT.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.slice(0, 500).map((file) => readFile(file, 'utf8').catch(() => '')));
  return texts.flatMap(imagesNamedIn);
}

/** A cluster that was made ahead knows nothing of its scenario: what that names comes after, while the learner reads. */
export async function bringImages(tools: KindTools, cluster: string, scenario: Scenario, limits: Limits, signal: AbortSignal): Promise<void> {
  const images = await imagesHere(tools, scenario, [], signal);
  await new ImageLoad(tools, work(tools.clock, () => undefined, signal), cluster, images, limits, signal).finish();
}

/** Pure: whether an image may still get into the node, though not by kind. Without a node there is no way. */
export function needsAnotherWay(stderr: string): boolean {
  return /content digest \S+ not found|command "docker save|failed to detect containerd snapshotter/.test(stderr) && !/is not running|No such container|Cannot connect to the Docker daemon/.test(stderr);
}

/** `crictl images -o json`. */
const NodeImages = z.object({ images: z.array(z.object({ repoTags: z.array(z.string()).nullish() })) });

/** Into the node without kind; the snapshotter is the one that the node's own containerd was set to. */
const IMPORT = String.raw`ctr --namespace=k8s.io images import --digests --snapshotter="$(sed -n "s/^ *snapshotter *= *[\"']\([a-z-]*\)[\"'].*/\1/p" /etc/containerd/config.toml | head -n 1 | grep . || echo overlayfs)" -`;

/** Images go from the local Docker into the node, beside what kind does; tried again when the node was not ready for it. */
export class ImageLoad {
  #running: Promise<boolean> | undefined;
  /**
   * kind's way is not Docker's here: Docker holds one platform of an image for several, and kind wants all of them
   * (kubernetes-sigs/kind#3795); it can't write where kind reads, as that of a snap (kubernetes-sigs/kind#431); or the
   * node is newer than kind.
   */
  #byHand = false;
  readonly #over = new AbortController();

  constructor(
    private readonly tools: KindTools,
    private readonly stages: Work,
    private readonly cluster: string,
    private readonly images: readonly string[],
    private readonly limits: Limits,
    private readonly signal: AbortSignal,
  ) {}

  begin(): void {
    if (this.images.length === 0) return;
    this.#running ??= this.#told().then(
      () => true,
      () => false,
    );
  }

  /** What is in the node in the end, loaded or brought along by its image: nothing of it has to be pulled. */
  async finish(): Promise<ReadonlySet<string>> {
    const loaded = await this.#finish();
    return new Set([...loaded, ...(await this.#inNode())]);
  }

  /** The node is gone or broken: nothing more is loaded. */
  async settled(): Promise<void> {
    this.#over.abort(new Error('the cluster is not made'));
    await this.#running;
  }

  async #finish(): Promise<Iterable<string>> {
    if (this.images.length === 0) return [];
    this.begin();
    if ((await this.#running) === true || (await this.#told().then(() => true, () => false))) return this.images;
    this.signal.throwIfAborted();
    // One image that can't be saved, say because Docker has only a part of it, keeps all others out: so one by one.
    const loaded: string[] = [];
    for (const image of this.images) {
      const done = await this.#load([image], { signal: this.stages.signal, timeoutMs: this.limits.stage('images') }).then(() => true, () => false);
      this.signal.throwIfAborted();
      if (done) loaded.push(image);
    }
    return loaded;
  }

  #told(): Promise<unknown> {
    const { images } = this;
    const signal = AbortSignal.any([this.stages.signal, this.#over.signal]);
    return this.stages.run('images', `${images.length} ${images.length === 1 ? 'image' : 'images'} from the local Docker`, () => this.#load(images, { signal }), this.limits.stage('images'));
  }

  async #load(images: readonly string[], options: { signal: AbortSignal; timeoutMs?: number }): Promise<void> {
    if (!this.#byHand) {
      const args = ['load', 'docker-image', ...images, '--name', this.cluster];
      const { code, ended, missing, stdout, stderr } = await this.tools.kind(args, options);
      if (ended === 'aborted') throw options.signal.reason;
      if (code === 0 && ended === undefined) return;
      this.#byHand = needsAnotherWay(stderr);
      if (!this.#byHand) throw explain({ command: 'kind load docker-image', code, output: `${stderr}${stdout}`, missing });
    }
    await this.tools.mustShell('docker save', 'node=$1 import=$2; shift 2; docker save "$@" | docker exec --privileged -i "$node" sh -c "$import"', [`${this.cluster}-control-plane`, IMPORT, ...images], options);
  }

  async #inNode(): Promise<string[]> {
    const { code, stdout } = await this.tools.docker(['exec', `${this.cluster}-control-plane`, 'crictl', 'images', '-o', 'json'], { signal: this.stages.signal, timeoutMs: 20_000 });
    this.signal.throwIfAborted();
    const parsed = NodeImages.safeParse(code === 0 ? parseJson(stdout) : undefined);
    return parsed.success ? parsed.data.images.flatMap(({ repoTags }) => repoTags ?? []) : [];
  }
}
