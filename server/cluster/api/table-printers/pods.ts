/** After kubernetes 1.32 pkg/printers/internalversion/printers.go, printPod */
import type { KubeObject } from '../../store/object.ts';
import { items, record } from '../schema/fill.ts';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { condition, number, since, text } from './format.ts';

const DONE: Record<string, JsonRecord> = {
  Succeeded: { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
  Failed: { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
};

export function podRow(pod: KubeObject, now: number): { cells: unknown[]; conditions?: unknown[] } {
  const [spec, status] = [record(pod.spec), record(pod.status)];
  const { ready, total, reason, restarts, lastRestart } = podState(pod, spec, status);
  const shown = restarts !== 0 && lastRestart > 0 ? `${restarts} (${since(new Date(lastRestart).toISOString(), now)} ago)` : String(restarts);
  const ip = text(items(status, 'podIPs')[0]?.ip, text(status.podIP, '<none>'));
  const done = DONE[text(status.phase)];
  return {
    cells: [pod.metadata.name, `${ready}/${total}`, reason, shown, since(pod.metadata.creationTimestamp, now), ip, text(spec.nodeName, '<none>'), text(status.nominatedNodeName, '<none>'), gates(spec, status)],
    ...(done === undefined ? {} : { conditions: [done] }),
  };
}

function gates(spec: JsonRecord, status: JsonRecord): string {
  const all = items(spec, 'readinessGates');
  if (all.length === 0) return '<none>';
  return `${all.filter((g) => condition(status, text(g.conditionType))?.status === 'True').length}/${all.length}`;
}

interface PodState {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** Milliseconds since the epoch; 0 when nothing restarted. */
  lastRestart: number;
}

function podState(pod: KubeObject, spec: JsonRecord, status: JsonRecord): PodState {
  const phase = text(status.phase);
  const sidecars = new Set(items(spec, 'initContainers').filter((c) => c.restartPolicy === 'Always').map((c) => c.name));
  const state: PodState = { ready: 0, total: items(spec, 'containers').length + sidecars.size, reason: text(status.reason, phase), restarts: 0, lastRestart: 0 };
  if (condition(status, 'PodScheduled')?.reason === 'SchedulingGated') state.reason = 'SchedulingGated';

  const sidecarState = { restarts: 0, lastRestart: 0 };
  const initializing = initState(spec, status, sidecars, state, sidecarState);
  if (!initializing || condition(status, 'Initialized')?.status === 'True') {
    state.restarts = sidecarState.restarts;
    state.lastRestart = sidecarState.lastRestart;
    mainState(status, state);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') state.reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') state.reason = 'Terminating';
  }
  return state;
}

function countRestarts(container: JsonRecord, into: { restarts: number; lastRestart: number }): void {
  into.restarts += number(container.restartCount);
  const last = Date.parse(text(record(record(container.lastState).terminated).finishedAt));
  if (!Number.isNaN(last)) into.lastRestart = Math.max(into.lastRestart, last);
}

/** `OOMKilled`, `Signal:9`, `ExitCode:1` */
function endReason(terminated: JsonRecord): string {
  return text(terminated.reason, number(terminated.signal) !== 0 ? `Signal:${number(terminated.signal)}` : `ExitCode:${number(terminated.exitCode)}`);
}

/** True while an init container has not done its part. */
function initState(spec: JsonRecord, status: JsonRecord, sidecars: ReadonlySet<unknown>, state: PodState, sidecarState: { restarts: number; lastRestart: number }): boolean {
  for (const [i, container] of items(status, 'initContainerStatuses').entries()) {
    countRestarts(container, state);
    const { terminated, waiting } = record(container.state);
    const sidecar = sidecars.has(container.name);
    if (sidecar) countRestarts(container, sidecarState);
    if (isRecord(terminated) && number(terminated.exitCode) === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready === true) state.ready++;
      continue;
    }
    if (isRecord(terminated)) state.reason = `Init:${endReason(terminated)}`;
    else if (isRecord(waiting) && text(waiting.reason) !== '' && waiting.reason !== 'PodInitializing') state.reason = `Init:${text(waiting.reason)}`;
    else state.reason = `Init:${i}/${items(spec, 'initContainers').length}`;
    return true;
  }
  return false;
}

function mainState(status: JsonRecord, state: PodState): void {
  let running = false;
  for (const container of items(status, 'containerStatuses').reverse()) {
    countRestarts(container, state);
    const { waiting, terminated, running: runs } = record(container.state);
    if (isRecord(waiting) && text(waiting.reason) !== '') state.reason = text(waiting.reason);
    else if (isRecord(terminated)) state.reason = endReason(terminated);
    else if (container.ready === true && isRecord(runs)) {
      running = true;
      state.ready++;
    }
  }
  if (state.reason === 'Completed' && running) state.reason = condition(status, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
}
