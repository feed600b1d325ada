import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import { tailOf } from '../../lib/inside-file.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { KubeClient } from '../client.ts';
import type { EventRecorder, EventType } from '../controllers/runtime/event-recorder.ts';
import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { PODS } from '../controllers/runtime/resources.ts';
import type { KubeletNetwork } from '../network/virtual-network.ts';
import { ContainerStarter, StartFailure } from './container-starter.ts';
import { decide } from './decide.ts';
import type { ConfigSource } from './env.ts';
import { goDuration } from './go-duration.ts';
import { runHook } from './hooks.ts';
import { etcHosts, hostnameOf, resolvConf } from './host-files.ts';
import type { ImageRegistry } from './images/catalogue.ts';
import type { LogStore } from './log-store.ts';
import { newObserved, observedOf, type ContainerObserved, type PodObserved } from './observed.ts';
import { phaseOf, podStatus } from './pod-status.ts';
import { probeTitle, startProbe, type ProbeKind } from './probes.ts';
import { restoreObserved } from './restore.ts';
import type { RunningContainer } from './running-container.ts';
import type { ProcessRuntime } from './runtime/process-runtime.ts';
import { StatusWriter } from './status-writer.ts';
import { MountError, refreshVolumes, setUpVolumes } from './volumes.ts';

export interface WorkerOptions {
  client: KubeClient;
  network: KubeletNetwork;
  runtime: ProcessRuntime;
  images: ImageRegistry;
  clock: Clock;
  ids: Ids;
  log: Log;
  events: EventRecorder;
  source: ConfigSource;
  /** The kubelet's folder; the worker makes and removes its own inside. */
  folder: string;
}

/** One container's runs, as logs and streams see them. */
export interface ContainerRun {
  attempt: number;
  log: LogStore;
  previousLog?: LogStore;
  running?: RunningContainer;
  /** Ends the probes of this run. */
  probes: AbortController;
}

/** Volumes that fail at first often only come a moment later (root certificates, just created secrets). */
const QUIET_MOUNT_MS = 500;
const MOUNT_RETRY_MS = 250;
const MAX_MOUNT_RETRY_MS = 10_000;
const TERMINATION_MESSAGE_BYTES = 4096;
const TERMINATION_LOG_BYTES = 2048;
const TERMINATION_LOG_LINES = 80;

/** The actor of one pod: does what `decide` says, sees what comes of it, and reports. */
export class PodWorker {
  readonly #options: WorkerOptions;
  readonly #observed: PodObserved;
  readonly #runs = new Map<string, ContainerRun>();
  readonly #status: StatusWriter;
  readonly #starter: ContainerStarter;
  readonly #folder: string;
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
  #mountFailures = 0;
  #mountRetryAt = 0;
  #removeDialer = () => {};
  #idle: (() => void)[] = [];

  constructor(options: WorkerOptions, pod: Pod) {
    this.#options = options;
    this.#pod = pod;
    this.uid = pod.metadata.uid ?? '';
    const now = options.clock.now();
    this.#observed = restoreObserved(pod, now) ?? newObserved(pod, now);
    this.#status = new StatusWriter(options.client, options.log, pod);
    this.#folder = join(options.folder, 'pods', this.uid);
    this.#starter = new ContainerStarter(options, this.#folder);
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
    this.#sync();
  }

  /** A ConfigMap, Secret or claim of the namespace changed: what waits for it may go on, volumes show the new content. */
  configChanged(): void {
    if (this.#finished) return;
    this.#mountRetryAt = 0;
    for (const state of this.#observed.containers.values()) {
      if (state.waiting?.reason === 'CreateContainerConfigError') delete state.retryAt;
    }
    if (this.#observed.prepared) void refreshVolumes(this.#volumeContext()).catch(() => undefined);
    this.#sync();
  }

  /** The pod is no longer stored: everything of it ends at once. Resolves when nothing of it runs. */
  async remove(): Promise<void> {
    this.#gone = true;
    this.#status.stop();
    this.#cancelWake();
    const exits: Promise<unknown>[] = [];
    for (const run of this.#runs.values()) {
      run.probes.abort();
      if (run.running !== undefined) {
        run.running.signal('SIGKILL');
        exits.push(run.running.exited);
      }
    }
    if (this.#syncing) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await Promise.all(exits);
    await this.#cleanUp();
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
    const { clock } = this.#options;
    if (this.#finished) {
      if (this.#pod.metadata.deletionTimestamp !== undefined) await this.#delete();
      return;
    }
    const now = clock.now();
    const decision = decide(this.#pod, this.#observed, now);
    if (decision.deadline) {
      this.#observed.ended = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
      this.#event('Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      this.#again = true;
      return;
    }
    for (const { container, delay, until } of decision.backOff) this.#showBackOff(container, delay, until);
    for (const { container, init } of decision.stop) this.#stop(container, init, `Stopping container ${container.name}`, this.#grace());
    if (decision.prepare) await this.#prepare(now);
    const next = decision.start[0];
    if (next !== undefined) {
      await this.#start(next.container, next.init, next.restart, next.backOff);
      this.#again = true;
    }
    if (decision.wakeAt !== undefined) this.#wakeAt(decision.wakeAt);
    if (decision.finished) await this.#finish();
  }

  async #prepare(now: number): Promise<void> {
    this.#report();
    if (now < this.#mountRetryAt) {
      this.#wakeAt(this.#mountRetryAt);
      return;
    }
    this.#podIP = this.#options.network.addressOf(this.uid);
    try {
      await mkdir(this.#folder, { recursive: true });
      const [volumes] = await Promise.all([
        setUpVolumes(this.#volumeContext()),
        writeFile(join(this.#folder, 'etc-hosts'), etcHosts(this.#pod, this.#podIP)),
        writeFile(join(this.#folder, 'resolv.conf'), resolvConf(this.#pod)),
        writeFile(join(this.#folder, 'hostname'), `${hostnameOf(this.#pod)}\n`),
      ]);
      this.#volumes = volumes;
      this.#removeDialer = this.#options.network.addPodDialer(this.uid, (port) => this.#dialProcess(port));
      this.#observed.prepared = true;
      this.#again = true;
    } catch (error) {
      const message = error instanceof MountError ? error.message : `MountVolume.SetUp failed: ${messageOf(error)}`;
      if (now - this.#observed.startedAt >= QUIET_MOUNT_MS) this.#event('Warning', 'FailedMount', message);
      const delay = Math.min(MAX_MOUNT_RETRY_MS, MOUNT_RETRY_MS * 2 ** this.#mountFailures++);
      this.#mountRetryAt = now + delay;
      this.#wakeAt(this.#mountRetryAt);
    }
  }

  #volumeContext() {
    const { client, source, folder } = this.#options;
    return { pod: this.#pod, podIP: this.#podIP ?? '', source, client, folder: this.#folder, volumesFolder: join(folder, 'persistent-volumes') };
  }

  async #dialProcess(port: number): Promise<Duplex> {
    let refused: unknown = Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' });
    for (const { running } of this.#runs.values()) {
      if (running === undefined) continue;
      try {
        return await running.dial(port);
      } catch (error) {
        refused = error;
      }
    }
    throw refused;
  }

  async #start(container: Container, init: boolean, restart: boolean, backOff: ContainerObserved['backOff']): Promise<void> {
    const { clock } = this.#options;
    const state = observedOf(this.#observed, container.name);
    const fieldPath = `spec.${init ? 'initContainers' : 'containers'}{${container.name}}`;
    const exit = state.exit;
    state.phase = 'starting';
    delete state.retryAt;
    const before = this.#runs.get(container.name);
    const attempt = restart ? state.restarts + 1 : state.restarts;
    try {
      const started = await this.#starter.start({
        pod: this.#pod,
        container,
        state,
        attempt,
        volumes: this.#volumes,
        podIP: this.#podIP ?? '',
        event: (type, reason, message) => this.#event(type, reason, message, fieldPath),
      });
      if (restart) this.#becomeRestarted(state, exit, backOff);
      delete state.waiting;
      state.phase = 'running';
      state.startedAt = clock.now();
      state.containerID = started.containerID;
      state.image = started.image;
      state.imageID = started.imageID;
      state.started = container.startupProbe === undefined;
      state.ready = container.readinessProbe === undefined;
      state.stopping = false;
      const run: ContainerRun = { attempt, log: started.log, running: started.running, probes: new AbortController() };
      if (before !== undefined) run.previousLog = before.log;
      this.#runs.set(container.name, run);
      this.#event('Normal', 'Started', `Started container ${container.name}`, fieldPath);
      void started.running.exited.then((result) => this.#exited(container, run, started.terminationLog, result));
      this.#reportPhase();
      const postStart = container.lifecycle?.postStart;
      if (postStart !== undefined) {
        const problem = await runHook(postStart, started.running, (port) => this.#options.network.dial(this.uid, port), clock, this.#podIP ?? '', container);
        if (problem !== undefined) {
          this.#event('Warning', 'FailedPostStartHook', 'PostStartHook failed', fieldPath);
          this.#stop(container, init, `FailedPostStartHook`, this.#grace());
        }
      }
      this.#startProbes(container, run, init);
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      if (error.exit !== undefined) {
        if (restart) this.#becomeRestarted(state, exit, backOff);
        state.phase = 'exited';
        state.exit = error.exit;
        delete state.waiting;
        state.containerID = error.exit.containerID;
        if (error.image !== undefined) {
          state.image = error.image.name;
          state.imageID = error.image.imageID;
        }
      } else {
        state.phase = exit === undefined ? 'waiting' : 'exited';
        state.waiting = error.waiting;
        state.retryAt = clock.now() + error.retryMs;
      }
    }
  }

  #becomeRestarted(state: ContainerObserved, exit: ContainerObserved['exit'], backOff: ContainerObserved['backOff']): void {
    state.restarts += 1;
    if (exit !== undefined) state.last = exit;
    delete state.exit;
    if (backOff !== undefined) state.backOff = backOff;
  }

  async #exited(container: Container, run: ContainerRun, terminationLog: string, result: { code: number }): Promise<void> {
    run.log.close();
    run.probes.abort();
    const message = await this.#terminationMessage(container, run, terminationLog, result.code);
    delete run.running;
    if (this.#gone) return;
    const state = observedOf(this.#observed, container.name);
    state.phase = 'exited';
    state.stopping = false;
    state.exit = {
      exitCode: result.code,
      reason: result.code === 0 ? 'Completed' : 'Error',
      ...(message === '' ? {} : { message }),
      startedAt: state.startedAt ?? 0,
      finishedAt: this.#options.clock.now(),
      containerID: state.containerID ?? '',
    };
    this.#sync();
  }

  async #terminationMessage(container: Container, run: ContainerRun, path: string, code: number): Promise<string> {
    // After kubernetes 1.32 pkg/kubelet/kuberuntime/kuberuntime_container.go: the end of what was written.
    const text = await tailOf(path, TERMINATION_MESSAGE_BYTES);
    if (text.length > 0) return text.toString();
    if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || code === 0) return '';
    return run.log.tail(TERMINATION_LOG_LINES, TERMINATION_LOG_BYTES);
  }

  #startProbes(container: Container, run: ContainerRun, init: boolean): void {
    const { clock, network } = this.#options;
    const { running } = run;
    if (running === undefined || run.probes.signal.aborted) return;
    const target = { podIP: this.#podIP ?? '', container, running, dial: (port: number) => network.dial(this.uid, port) };
    const fieldPath = `spec.${init ? 'initContainers' : 'containers'}{${container.name}}`;
    const state = observedOf(this.#observed, container.name);
    const begin = (kind: ProbeKind) => {
      const probe = kind === 'startup' ? container.startupProbe : kind === 'readiness' ? container.readinessProbe : container.livenessProbe;
      if (probe === undefined) return;
      startProbe(kind, probe, target, clock, {
        failed: (_kind, output) => {
          if (!state.stopping) this.#event('Warning', 'Unhealthy', `${probeTitle(kind)} probe failed: ${output}`, fieldPath);
        },
        verdict: (_kind, ok) => {
          if (state.stopping && kind !== 'readiness') return;
          if (kind === 'readiness') state.ready = ok;
          else if (kind === 'startup' && ok) {
            state.started = true;
            begin('readiness');
            begin('liveness');
          } else if (!ok) {
            const reason = `Container ${container.name} failed ${kind} probe, will be restarted`;
            this.#stop(container, init, reason, (probe.terminationGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
          }
          this.#sync();
        },
      }, run.probes.signal);
    };
    if (container.startupProbe !== undefined) begin('startup');
    else {
      begin('readiness');
      begin('liveness');
    }
  }

  #grace(): number {
    const { deletionGracePeriodSeconds } = this.#pod.metadata;
    return (deletionGracePeriodSeconds ?? this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #stop(container: Container, init: boolean, message: string, graceMs: number): void {
    const state = observedOf(this.#observed, container.name);
    const running = this.#runs.get(container.name)?.running;
    if (running === undefined || state.stopping) return;
    state.stopping = true;
    this.#event('Normal', 'Killing', message, `spec.${init ? 'initContainers' : 'containers'}{${container.name}}`);
    const { clock, network } = this.#options;
    const cancel = clock.after(graceMs, () => running.signal('SIGKILL'));
    void running.exited.then(cancel);
    const preStop = container.lifecycle?.preStop;
    void (async () => {
      if (preStop !== undefined && graceMs > 0) {
        const hook = runHook(preStop, running, (port) => network.dial(this.uid, port), clock, this.#podIP ?? '', container);
        const problem = await Promise.race([hook, running.exited.then(() => undefined)]);
        if (problem !== undefined) this.#event('Warning', 'FailedPreStopHook', 'PreStopHook failed');
      }
      running.signal('SIGTERM');
    })();
  }

  #showBackOff(container: Container, delay: number, until: number): void {
    const state = observedOf(this.#observed, container.name);
    const { name, namespace } = this.#pod.metadata;
    const pod = `${name}_${namespace}(${this.uid})`;
    if (state.waiting?.reason !== 'CrashLoopBackOff') {
      const init = this.#pod.spec.initContainers?.includes(container) ?? false;
      this.#event('Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`, `spec.${init ? 'initContainers' : 'containers'}{${container.name}}`);
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
    await rm(this.#folder, { recursive: true, force: true }).catch(() => undefined);
  }

  #wakeAt(at: number): void {
    this.#cancelWake();
    this.#cancelWake = this.#options.clock.after(Math.max(0, at - this.#options.clock.now()), () => this.#sync());
  }

  #reportedPhase = '';

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
