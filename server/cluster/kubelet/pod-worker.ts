import { sleep } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { goDuration } from '../../lib/go-duration.ts';
import type { EventRecorder, EventType } from '../controllers/runtime/event-recorder.ts';
import type { Pod } from '../controllers/runtime/kinds.ts';
import { PODS } from '../controllers/runtime/resources.ts';
import { type ContainerRun, ContainerRuns, type PodSurroundings } from './container-runs.ts';
import { ContainerStarter, layerOf, type StarterOptions } from './container-starter.ts';
import { decide, type Decision } from './decide.ts';
import { addEphemeral, fieldPathOf, newObserved, observedOf, type ContainerObserved, type PodObserved } from './observed.ts';
import { PodFolder } from './pod-folder.ts';
import { phaseOf, podStatus } from './pod-status.ts';
import { restoreObserved } from './restore.ts';
import { StatusWriter } from './status-writer.ts';
import type { Eviction } from './storage/evictions.ts';
import type { PodStorage } from './storage/storage-watch.ts';
import { MountError } from './volumes.ts';

export interface WorkerOptions extends StarterOptions {
  log: Log;
  events: EventRecorder;
  /** The kubelet's folder; the worker makes and removes its own inside. */
  folder: string;
}

/** After kubernetes 1.32 pkg/kubelet/eviction/eviction_manager.go (immediateEvictionGracePeriodSeconds) */
const EVICTION_MS = 1000;
const EVICTION_PATIENCE_MS = 20_000;

/** The actor of one pod: does what `decide` says, sees what comes of it, and reports. */
export class PodWorker {
  readonly #options: WorkerOptions;
  readonly #observed: PodObserved;
  readonly #runs: ContainerRuns;
  readonly #status: StatusWriter;
  readonly #folder: PodFolder;
  readonly uid: string;
  #pod: Pod;
  #volumes = new Map<string, string>();
  #syncing = false;
  #again = false;
  #finished = false;
  #gone = false;
  #cleaned = false;
  #podIP: string | undefined;
  #cancelWake = () => {};
  #removeDialer = () => {};
  #idle: (() => void)[] = [];
  #reportedPhase = '';

  constructor(options: WorkerOptions, pod: Pod) {
    this.#options = options;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    const now = options.clock.now();
    this.#observed = restoreObserved(pod, now) ?? newObserved(pod, now);
    this.#status = new StatusWriter(options.client, options.log, pod);
    this.#folder = new PodFolder(options, this.uid);
    const { network, clock } = options;
    this.#runs = new ContainerRuns({ surroundings: this.#surroundings(), observed: this.#observed, starter: new ContainerStarter(options, this.#folder.path), network, clock });
    const phase = pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') this.#finished = this.#cleaned = true;
  }

  get pod(): Pod {
    return this.#pod;
  }

  run(container: string): ContainerRun | undefined {
    return this.#runs.get(container);
  }

  observed(container: string): ContainerObserved | undefined {
    return this.#observed.containers.get(container);
  }

  update(pod: Pod): void {
    this.#pod = pod;
    addEphemeral(this.#observed, pod);
    this.#sync();
  }

  /** A ConfigMap, Secret or claim of the namespace changed: what waits for it may go on, volumes show the new content. */
  configChanged(): void {
    if (this.#finished) return;
    this.#folder.retryAt = 0;
    for (const state of this.#observed.containers.values()) {
      if (state.waiting?.reason === 'CreateContainerConfigError') delete state.retryAt;
    }
    if (this.#observed.prepared) void this.#folder.refresh(this.#pod, this.#podIP ?? '');
    this.#sync();
  }

  /** Where it keeps what it writes; undefined when it has nothing, or no more. */
  storage(): PodStorage | undefined {
    if (!this.#observed.prepared || this.#cleaned) return undefined;
    const { path } = this.#folder;
    const containers = this.#runs.held().map(({ name, attempt, logBytes }) => ({ name, layer: layerOf(path, name, attempt), logBytes }));
    const volumes = this.#pod.spec.volumes ?? [];
    const at = (name: string) => this.#volumes.get(name) ?? [];
    const emptyDirs = volumes.flatMap(({ name, emptyDir }) => (emptyDir === undefined ? [] : [at(name)].flat().map((folder) => ({ name, path: folder }))));
    const claims = volumes.flatMap(({ name, persistentVolumeClaim }) => (persistentVolumeClaim === undefined ? [] : at(name)));
    return { pod: this.#pod, folder: path, containers, emptyDirs, claims };
  }

  /** Ends the pod for what it takes of the node. Resolves when nothing of it runs and its files are gone. */
  async evict({ message, pressure, atOnce }: Omit<Eviction, 'uid'>): Promise<void> {
    if (this.#finished || this.#gone || this.#observed.ended !== undefined) return;
    const { clock } = this.#options;
    this.#observed.ended = { reason: 'Evicted', message, graceMs: EVICTION_MS, ...(pressure ? { disruptedAt: clock.now() } : {}) };
    this.#event('Warning', 'Evicted', message);
    if (atOnce) void this.#runs.kill();
    this.#sync();
    for (const give = clock.now() + EVICTION_PATIENCE_MS; !this.#cleaned && clock.now() < give; ) await sleep(clock, 50);
  }

  /** The pod is no longer stored: everything of it ends at once. Resolves when nothing of it runs. */
  async remove(): Promise<void> {
    this.#gone = true;
    this.#status.stop();
    this.#cancelWake();
    const ended = this.#runs.kill();
    if (this.#syncing) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.all([ended, this.#runs.kill()]);
    this.#runs.discard();
    await this.#cleanUp();
  }

  #surroundings(): PodSurroundings {
    return {
      pod: () => this.#pod,
      podIP: () => this.#podIP ?? '',
      volumes: () => this.#volumes,
      gone: () => this.#gone,
      event: (type, reason, message, fieldPath) => this.#event(type, reason, message, fieldPath),
      changed: () => this.#sync(),
      reportPhase: () => this.#reportPhase(),
    };
  }

  #sync(): void {
    if (this.#gone) return;
    this.#again = true;
    if (this.#syncing) return;
    this.#syncing = true;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    try {
      while (this.#again && !this.#gone) {
        this.#again = false;
        await this.#step();
        this.#reportPhase();
      }
    } catch (error) {
      this.#options.log.error({ pod: this.#pod.metadata.name, error: messageOf(error) }, 'pod worker failed');
      this.#wakeAt(this.#options.clock.now() + 1000);
    } finally {
      this.#syncing = false;
      if (!this.#gone) this.#report();
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #step(): Promise<void> {
    if (this.#finished) {
      if (this.#pod.metadata.deletionTimestamp !== undefined) await this.#delete();
      return;
    }
    const now = this.#options.clock.now();
    const decision = decide(this.#pod, this.#observed, now);
    if (decision.deadline) {
      this.#observed.ended = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
      this.#event('Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      this.#again = true;
      return;
    }
    for (const waiting of decision.backOff) this.#showBackOff(waiting);
    for (const { message, replace, ...placed } of decision.stop) {
      if (replace === true) observedOf(this.#observed, placed.container.name).replaced = true;
      this.#runs.stop(placed, message, this.#runs.grace());
    }
    if (decision.prepare) await this.#prepare(now);
    const next = decision.start[0];
    if (next !== undefined) {
      await this.#runs.start(next, next.restart, next.backOff);
      this.#again = true;
    }
    if (decision.wakeAt !== undefined) this.#wakeAt(decision.wakeAt);
    if (decision.finished) await this.#finish();
  }

  async #prepare(now: number): Promise<void> {
    this.#report();
    if (now < this.#folder.retryAt) {
      this.#wakeAt(this.#folder.retryAt);
      return;
    }
    this.#podIP = this.#options.network.addressOf(this.uid);
    try {
      this.#volumes = await this.#folder.setUp(this.#pod, this.#podIP);
      this.#removeDialer = this.#options.network.addPodDialer(this.uid, (port) => this.#runs.dial(port));
      this.#observed.prepared = true;
      this.#again = true;
    } catch (error) {
      const { tell } = this.#folder.failed(now, this.#observed.startedAt);
      if (tell) this.#event('Warning', 'FailedMount', error instanceof MountError ? error.message : `MountVolume.SetUp failed: ${messageOf(error)}`);
      this.#wakeAt(this.#folder.retryAt);
    }
  }

  #showBackOff({ delay, until, ...placed }: Decision['backOff'][number]): void {
    const { container } = placed;
    const state = observedOf(this.#observed, container.name);
    const { name, namespace } = this.#pod.metadata;
    const pod = `${name}_${namespace}(${this.uid})`;
    if (state.waiting?.reason !== 'CrashLoopBackOff') {
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`, fieldPathOf(placed));
    }
    state.waiting = { reason: 'CrashLoopBackOff', message: `back-off ${goDuration(delay)} restarting failed container=${container.name} pod=${pod}` };
    state.retryAt = until;
  }

  async #finish(): Promise<void> {
    this.#finished = true;
    this.#cancelWake();
    this.#report();
    await this.#status.flushed();
    await this.#cleanUp();
    if (this.#pod.metadata.deletionTimestamp !== undefined) await this.#delete();
  }

  async #delete(): Promise<void> {
    const { name, namespace } = this.#pod.metadata;
    await this.#status.flushed();
    await this.#options.client.delete(PODS, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid: this.uid } }).catch((error: unknown) => {
      this.#options.log.debug({ pod: name, error: messageOf(error) }, 'pod not deleted');
    });
  }

  async #cleanUp(): Promise<void> {
    if (this.#cleaned) return;
    this.#cleaned = true;
    this.#removeDialer();
    this.#options.network.release(this.uid);
    await this.#folder.remove();
  }

  #wakeAt(at: number): void {
    this.#cancelWake();
    this.#cancelWake = this.#options.clock.after(Math.max(0, at - this.#options.clock.now()), () => this.#sync());
  }

  #reportPhase(): void {
    if (this.#gone || phaseOf(this.#pod, this.#observed, this.#finished) === this.#reportedPhase) return;
    this.#report();
  }

  #report(): void {
    if (this.#cleaned && this.#podIP === undefined) return;
    const status = podStatus(this.#pod, this.#observed, { podIP: this.#podIP, finished: this.#finished, now: this.#options.clock.now() });
    this.#reportedPhase = status.phase ?? '';
    this.#status.push(status);
  }

  #event(type: EventType, reason: string, message: string, fieldPath?: string): void {
    this.#options.events.record(this.#pod, type, reason, message, fieldPath);
  }
}
