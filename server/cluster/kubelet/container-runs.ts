import type { Duplex } from 'node:stream';
import type { Clock } from '../../lib/clock.ts';
import type { EventType } from '../controllers/runtime/event-recorder.ts';
import type { Pod } from '../controllers/runtime/kinds.ts';
import type { KubeletNetwork } from '../network/virtual-network.ts';
import type { BackOffState } from './back-off.ts';
import { type ContainerStarter, StartFailure } from './container-starter.ts';
import { restarts } from './decide.ts';
import { hookFailure, runHook } from './hooks.ts';
import type { LogStore } from './log-store.ts';
import { fieldPathOf, observedOf, type ContainerObserved, type PlacedContainer, type PodObserved } from './observed.ts';
import { probeTitle, startProbe, type ProbeKind, type ProbeTarget } from './probes.ts';
import type { RunningContainer } from './running-container.ts';
import { terminationMessage } from './termination-message.ts';

/** One container's runs, as logs and streams see them. */
export interface ContainerRun {
  attempt: number;
  log: LogStore;
  previousLog?: LogStore;
  running?: RunningContainer;
  /** Ends the probes of this run. */
  probes: AbortController;
}

/** What the containers of a pod need of the pod. */
export interface PodSurroundings {
  pod(): Pod;
  /** Empty before the pod has one. */
  podIP(): string;
  /** Host folders by the volumes' names. */
  volumes(): Map<string, string>;
  /** The pod is no longer stored. */
  gone(): boolean;
  event(type: EventType, reason: string, message: string, fieldPath?: string): void;
  /** Something was observed: decide anew. */
  changed(): void;
  /** The phase may be another one by now, and somebody may want to see it. */
  reportPhase(): void;
}

export interface RunsOptions {
  surroundings: PodSurroundings;
  observed: PodObserved;
  starter: ContainerStarter;
  network: KubeletNetwork;
  clock: Clock;
}

/** After kubernetes 1.32 pkg/kubelet/kuberuntime: whatever its grace period, a container has this long to end by itself. */
const MIN_SHUTDOWN_MS = 2000;

/** As long as a kubelet takes to see that a container is gone. */
const HOOK_RETRY_MS = 1000;

/** The containers of one pod: starts and stops them, and writes down what becomes of them. */
export class ContainerRuns {
  readonly #options: RunsOptions;
  readonly #runs = new Map<string, ContainerRun>();

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  get(container: string): ContainerRun | undefined {
    return this.#runs.get(container);
  }

  /** Of each container that has run: its name, the latest attempt and what its log holds. */
  held(): { name: string; attempt: number; logBytes: number }[] {
    return [...this.#runs].map(([name, { attempt, log, previousLog }]) => ({ name, attempt, logBytes: log.size + (previousLog?.size ?? 0) }));
  }

  /** Ends everything at once; resolves when nothing runs. */
  async kill(): Promise<void> {
    const exits: Promise<unknown>[] = [];
    for (const run of this.#runs.values()) {
      run.probes.abort();
      if (run.running === undefined) continue;
      run.running.signal('SIGKILL');
      exits.push(run.running.exited);
    }
    await Promise.all(exits);
  }

  /** After the end: nobody will ask for its logs. */
  discard(): void {
    for (const { log, previousLog } of this.#runs.values()) for (const store of [log, previousLog]) store?.discard();
  }

  /** Connects to a port on which a process of the pod listens. */
  async dial(port: number): Promise<Duplex> {
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

  async start(placed: PlacedContainer, restart: boolean, backOff: BackOffState | undefined): Promise<void> {
    const { surroundings, starter, clock } = this.#options;
    const { container } = placed;
    const state = observedOf(this.#options.observed, container.name);
    const exit = state.exit;
    state.phase = 'starting';
    delete state.retryAt;
    const before = this.#runs.get(container.name);
    const attempt = restart ? state.restarts + 1 : state.restarts;
    try {
      const started = await starter.start({
        pod: surroundings.pod(),
        container,
        state,
        attempt,
        volumes: surroundings.volumes(),
        podIP: surroundings.podIP(),
        event: (type, reason, message) => surroundings.event(type, reason, message, fieldPathOf(placed)),
      });
      if (restart) becomeRestarted(state, exit, backOff);
      delete state.waiting;
      state.startedAt = clock.now();
      state.containerID = started.containerID;
      state.image = started.image;
      state.imageID = started.imageID;
      state.startedFrom = container.image ?? '';
      state.started = container.startupProbe === undefined;
      state.ready = container.readinessProbe === undefined;
      state.stopping = false;
      const run: ContainerRun = { attempt, log: started.log, running: started.running, probes: new AbortController() };
      if (before !== undefined) run.previousLog = before.log;
      before?.previousLog?.discard();
      this.#runs.set(container.name, run);
      surroundings.event('Normal', 'Started', `Started container ${container.name}`, fieldPathOf(placed));
      void started.running.exited.then((result) => this.#exited(placed, run, started.terminationLog, result));
      // The status says that it runs only once its hook is through.
      if (container.lifecycle?.postStart !== undefined) await this.#postStart(placed, started.running, state);
      if (state.phase === 'starting') state.phase = 'running';
      surroundings.reportPhase();
      this.#startProbes(placed, run);
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      if (error.exit !== undefined) {
        if (restart) becomeRestarted(state, exit, backOff);
        state.phase = 'exited';
        state.exit = error.exit;
        state.startedFrom = container.image ?? '';
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

  /** Sends SIGTERM after the `preStop` hook, and SIGKILL when the grace period is over. */
  stop(placed: PlacedContainer, message: string, graceMs: number): void {
    const { surroundings, observed, clock } = this.#options;
    const { container } = placed;
    const state = observedOf(observed, container.name);
    const running = this.#runs.get(container.name)?.running;
    if (running === undefined || state.stopping) return;
    state.stopping = true;
    surroundings.event('Normal', 'Killing', message, fieldPathOf(placed));
    void (async () => {
      const begun = clock.now();
      const preStop = container.lifecycle?.preStop;
      if (preStop !== undefined && graceMs > 0) {
        let cancel = () => {};
        const late = new Promise<undefined>((resolve) => (cancel = clock.after(graceMs, () => resolve(undefined))));
        const problem = await Promise.race([runHook(preStop, this.#target(placed, running), clock), running.exited.then(() => undefined), late]);
        cancel();
        if (problem !== undefined) surroundings.event('Warning', 'FailedPreStopHook', 'PreStopHook failed', fieldPathOf(placed));
      }
      running.signal('SIGTERM');
      const cancelKill = clock.after(Math.max(MIN_SHUTDOWN_MS, graceMs - (clock.now() - begun)), () => running.signal('SIGKILL'));
      void running.exited.then(cancelKill);
    })();
  }

  async #postStart(placed: PlacedContainer, running: RunningContainer, state: ContainerObserved): Promise<void> {
    const { surroundings, clock } = this.#options;
    const hook = placed.container.lifecycle?.postStart;
    if (hook === undefined) return;
    const problem = await runHook(hook, this.#target(placed, running), clock);
    if (problem === undefined) return;
    surroundings.event('Warning', 'FailedPostStartHook', 'PostStartHook failed', fieldPathOf(placed));
    state.waiting = { reason: 'PostStartHookError', message: hookFailure(hook, placed.container, surroundings.pod(), problem) };
    state.retryAt = clock.now() + HOOK_RETRY_MS;
    this.stop(placed, 'FailedPostStartHook', this.grace());
  }

  /** What a container has when nothing else is said: the deletion's, else the pod's own. Milliseconds. */
  grace(): number {
    const { metadata, spec } = this.#options.surroundings.pod();
    const { ended } = this.#options.observed;
    return ended?.graceMs ?? (metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #target({ container }: PlacedContainer, running: RunningContainer): ProbeTarget {
    const { surroundings, network } = this.#options;
    return { podIP: surroundings.podIP(), container, running, dial: (port) => network.dial(surroundings.pod().metadata.uid ?? '', port) };
  }

  async #exited({ container }: PlacedContainer, run: ContainerRun, terminationLog: string, result: { code: number }): Promise<void> {
    const { surroundings, observed, clock } = this.#options;
    run.log.close();
    run.probes.abort();
    const message = await terminationMessage(container, run.log, terminationLog, result.code);
    delete run.running;
    if (surroundings.gone()) return;
    const state = observedOf(observed, container.name);
    state.phase = 'exited';
    state.stopping = false;
    state.exit = {
      exitCode: result.code,
      reason: result.code === 0 ? 'Completed' : 'Error',
      ...(message === '' ? {} : { message }),
      startedAt: state.startedAt ?? 0,
      finishedAt: clock.now(),
      containerID: state.containerID ?? '',
    };
    surroundings.changed();
  }

  #startProbes(placed: PlacedContainer, run: ContainerRun): void {
    const { surroundings, observed, clock } = this.#options;
    const { container, list } = placed;
    const { running } = run;
    if (running === undefined || run.probes.signal.aborted) return;
    const state = observedOf(observed, container.name);
    const begin = (kind: ProbeKind) => {
      const probe = kind === 'startup' ? container.startupProbe : kind === 'readiness' ? container.readinessProbe : container.livenessProbe;
      if (probe === undefined) return;
      startProbe(kind, probe, this.#target(placed, running), clock, {
        failed: (_kind, output) => {
          if (!state.stopping) surroundings.event('Warning', 'Unhealthy', `${probeTitle(kind)} probe failed: ${output}`, fieldPathOf(placed));
        },
        warned: (_kind, warning) => surroundings.event('Warning', 'ProbeWarning', `${probeTitle(kind)} probe warning: ${warning}`, fieldPathOf(placed)),
        verdict: (_kind, ok) => {
          if (state.stopping && kind !== 'readiness') return;
          if (kind === 'readiness') state.ready = ok;
          else if (kind === 'startup' && ok) {
            state.started = true;
            begin('readiness');
            begin('liveness');
          } else if (!ok) {
            const what = `${list === 'initContainers' ? 'Init container' : 'Container'} ${container.name} failed ${kind} probe`;
            const message = list === 'containers' && restarts(surroundings.pod(), container, 1) ? `${what}, will be restarted` : what;
            this.stop(placed, message, probe.terminationGracePeriodSeconds === undefined ? this.grace() : probe.terminationGracePeriodSeconds * 1000);
          }
          surroundings.changed();
        },
      }, run.probes.signal);
    };
    if (container.startupProbe !== undefined) begin('startup');
    else {
      begin('readiness');
      begin('liveness');
    }
  }
}

function becomeRestarted(state: ContainerObserved, exit: ContainerObserved['exit'], backOff: BackOffState | undefined): void {
  state.restarts += 1;
  if (exit !== undefined) state.last = exit;
  delete state.exit;
  delete state.replaced;
  if (backOff !== undefined) state.backOff = backOff;
}
