import { constants, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../../../lib/clock.ts';
import { below, pathOfHandle } from '../../../lib/inside-file.ts';
import { type InsidePath, readEndInside, readInside, withInside, within } from '../../../lib/inside-folder.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ProgramContext } from '../../program.ts';
import { mainContainerNames } from '../types/template.ts';
import type { Outputs } from '../types/workflow.ts';
import { logger, sayInitialized } from './log.ts';
import { captureArtifacts, captureParameters, captureResult } from './outputs.ts';
import { MAX_TEXT, placeAt, templateOf } from './pod-files.ts';
import type { PodSignals } from './pod-signals.ts';
import { completeResult, createResult, reportResult } from './results.ts';

const GRACE_MS = 30_000;
const HEARING_MS = 100;
/** Bytes of the progress file that are looked at, at its end. */
const MAX_PROGRESS = 4096;

/** Resolves when a file is there, or the container is told to end. */
function fileThere(folder: InsidePath, name: string, signal: AbortSignal): Promise<string | undefined> {
  return withInside(folder, (handle) => new Promise((resolve) => {
    let over = false;
    const finish = (value: string | undefined) => {
      if (over) return;
      over = true;
      watcher.close();
      signal.removeEventListener('abort', aborted);
      resolve(value);
    };
    const look = () => {
      readInside(within(folder, name), MAX_TEXT).then(
        (text) => {
          if (text !== '') finish(text);
        },
        () => undefined,
      );
    };
    const aborted = () => finish(undefined);
    const watcher = watch(pathOfHandle(handle), look);
    watcher.once('error', aborted);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    look();
  }));
}

/** Signals through the pipe that a container's emissary listens to, unless nobody wants that any more. False: nobody listens yet. */
async function signalContainer(dir: InsidePath, name: string, signal: 'TERM' | 'KILL', over: () => boolean = () => false): Promise<boolean> {
  const folder = within(dir, 'ctr', name);
  try {
    const pipe = await withInside(folder, (handle) => over() ? Promise.reject(new Error('too late')) : open(below(handle, 'signal'), constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
    try {
      if ((await pipe.stat()).isFIFO()) await pipe.write(`${signal}\n`);
    } finally {
      await pipe.close();
    }
    return true;
  } catch {
    // It has ended, its pod is gone, or it has not begun.
    return (await exists(within(folder, 'exitcode'))) || !(await exists(dir));
  }
}

const exists = (place: InsidePath) => withInside(place, () => Promise.resolve(true)).catch(() => false);

/** The same, until somebody listens: a container may begin later than it is told to end. The returned function gives up. */
export function signalUntilHeard(clock: Clock, dir: InsidePath, name: string, signal: 'TERM' | 'KILL'): () => void {
  const end = clock.now() + GRACE_MS;
  let over = false;
  let cancel = () => {};
  const attempt = async () => {
    if (over || (await signalContainer(dir, name, signal, () => over)) || over || clock.now() >= end) return;
    cancel = clock.after(HEARING_MS, () => void attempt());
  };
  void attempt();
  return () => {
    over = true;
    cancel();
  };
}

/** `N/M` as programs write it to the progress file, while they run. After argo-workflows v3.7.6 workflow/executor/executor.go monitorProgress */
function watchProgress(context: ProgramContext, dir: InsidePath): () => void {
  const ticks = context.env['ARGO_PROGRESS_FILE_TICK_DURATION'] ?? '';
  if (ticks === '') return () => undefined;
  let last = '';
  let stopped = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    const text = await readEndInside(within(dir, 'progress'), MAX_PROGRESS).catch(() => '');
    const progress = text.trim().split('\n').at(-1)?.trim() ?? '';
    if (progress !== last && /^\d+\/\d+$/.test(progress)) {
      last = progress;
      await reportResult(context, { progress }).catch(() => undefined);
    }
    if (!stopped) cancel = context.clock.after(1000, () => void look());
  };
  cancel = context.clock.after(1000, () => void look());
  return () => {
    stopped = true;
    cancel();
  };
}

/** `argoexec wait`: follows the main containers and hands over what they leave; gives the messages of what went wrong. After argo-workflows v3.7.6 cmd/argoexec/commands/wait.go */
export async function wait(context: ProgramContext, signals: PodSignals): Promise<string[]> {
  const log = logger(context);
  const dir = placeAt(context, '/var/run/argo');
  const template = await templateOf(context);
  const mains = mainContainerNames(template);
  const errors: string[] = [];
  const guard = async (step: () => Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ApiStatus && error.code === 403) log('warning', 'failed to patch task result, see https://argo-workflows.readthedocs.io/en/latest/workflow-rbac/ attempt: 0');
      log('error', `executor error: ${message}`);
      errors.push(message);
    }
  };
  const cancels: (() => void)[] = [];
  // A container that never became its command, or was taken away from outside, leaves no exit code to wait for.
  const forsaken = new AbortController();
  const terminate = (ended: boolean) => {
    if (ended) return forsaken.abort();
    for (const name of mains) cancels.push(signalUntilHeard(context.clock, dir, name, 'TERM'));
    cancels.push(context.clock.after(GRACE_MS, () => {
      for (const name of mains) void signalContainer(dir, name, 'KILL');
    }));
  };
  const unregister = signals.register(context.pod.metadata.uid ?? '', terminate);
  const stopProgress = watchProgress(context, dir);
  try {
    sayInitialized(context, template.name ?? '');
    // A resource's own container makes the result: this one only has the logs to save.
    const resource = template.resource !== undefined;
    if (!resource) await guard(() => createResult(context));
    const untilTold = AbortSignal.any([context.signal, forsaken.signal]);
    for (const name of mains) await fileThere(within(dir, 'ctr', name), 'exitcode', untilTold);
    stopProgress();
    log('info', 'Main container completed', ' error="<nil>"');
    for (const { name } of template.sidecars ?? []) {
      cancels.push(signalUntilHeard(context.clock, dir, name, 'TERM'));
      cancels.push(context.clock.after(GRACE_MS, () => void signalContainer(dir, name, 'KILL')));
    }
    const outputs: Outputs = {};
    if (!resource) {
      await guard(() => captureResult(context, template, dir, outputs));
      await guard(() => captureParameters(context, template, dir, outputs));
    }
    await guard(() => captureArtifacts(context, template, dir, outputs, mains));
    if (Object.keys(outputs).length > 0) await guard(() => reportResult(context, { outputs }));
    await guard(() => completeResult(context));
  } finally {
    stopProgress();
    unregister();
    // Sidecars that do not listen are ended by the kubelet with the pod; nothing waits for them here.
    if ((template.sidecars ?? []).length === 0) for (const cancel of cancels) cancel();
  }
  return errors;
}
