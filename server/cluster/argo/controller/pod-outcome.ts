import { isJsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { mainContainerNames } from '../types/template.ts';
import type { NodePhase, Template } from '../types/workflow.ts';

/** What the controller reads of a container's status. */
export interface ContainerStatus {
  name: string;
  ready: boolean;
  waiting?: { reason: string; message: string };
  running?: boolean;
  terminated?: { exitCode: number; reason: string; message: string; startedAt: string; finishedAt: string };
}

export interface PodView {
  name: string;
  phase: string;
  message: string;
  reason: string;
  podIP: string;
  nodeName: string;
  containers: ContainerStatus[];
  initContainers: ContainerStatus[];
  object: KubeObject;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function containerOf(value: unknown): ContainerStatus[] {
  if (!isJsonObject(value)) return [];
  const state = isJsonObject(value['state']) ? value['state'] : {};
  const status: ContainerStatus = { name: text(value['name']), ready: value['ready'] === true };
  const { waiting, running, terminated } = state;
  if (isJsonObject(waiting)) status.waiting = { reason: text(waiting['reason']), message: text(waiting['message']) };
  if (isJsonObject(running)) status.running = true;
  if (isJsonObject(terminated)) {
    status.terminated = {
      exitCode: Number(terminated['exitCode'] ?? 0),
      reason: text(terminated['reason']),
      message: text(terminated['message']),
      startedAt: text(terminated['startedAt']),
      finishedAt: text(terminated['finishedAt']),
    };
  }
  return [status];
}

const views = new WeakMap<KubeObject, PodView>();

/** What the controller reads of a pod. Objects of the store never change, so each is looked at once. */
export function viewPod(object: KubeObject): PodView {
  let view = views.get(object);
  if (view === undefined) views.set(object, (view = look(object)));
  return view;
}

function look(object: KubeObject): PodView {
  const status = isJsonObject(object['status']) ? object['status'] : {};
  const spec = isJsonObject(object['spec']) ? object['spec'] : {};
  const list = (value: unknown) => (Array.isArray(value) ? value.flatMap(containerOf) : []);
  return {
    name: object.metadata.name,
    phase: text(status['phase']),
    message: text(status['message']),
    reason: text(status['reason']),
    podIP: text(status['podIP']),
    nodeName: text(spec['nodeName']),
    containers: list(status['containerStatuses']),
    initContainers: list(status['initContainerStatuses']),
    object,
  };
}

/** Why a pod does not run yet. */
export function pendingReason(pod: PodView): string {
  for (const { waiting } of pod.containers) if (waiting !== undefined) return waiting.message === '' ? waiting.reason : `${waiting.reason}: ${waiting.message}`;
  const status = isJsonObject(pod.object['status']) ? pod.object['status'] : {};
  for (const condition of Array.isArray(status['conditions']) ? status['conditions'] : []) {
    if (!isJsonObject(condition) || condition['reason'] !== 'Unschedulable') continue;
    return text(condition['message']) === '' ? 'Unschedulable' : `Unschedulable: ${text(condition['message'])}`;
  }
  return '';
}

/** What a failed pod's node becomes, and why. After argo-workflows v3.7.6 workflow/controller/operator.go inferFailedReason */
export function failedOutcome(pod: PodView, template: Template): { phase: NodePhase; message: string } {
  if (pod.message !== '') return { phase: 'Failed', message: pod.message };
  const mains = mainContainerNames(template);
  const order = (name: string) => (mains.includes(name) ? 1 : name === 'wait' ? 2 : 3);
  const containers = [...pod.initContainers, ...[...pod.containers].sort((a, b) => order(a.name) - order(b.name))];
  if (containers.length === 0) return { phase: 'Failed', message: `can't find failed message for pod ${pod.name} namespace ${pod.object.metadata.namespace ?? ''}` };
  for (const { name, waiting, terminated } of containers) {
    if (waiting !== undefined) return { phase: 'Error', message: `Pod failed before ${name} container starts due to ${waiting.reason}: ${waiting.message}` };
    if (terminated === undefined || terminated.exitCode === 0) continue;
    const message = `${name}: ${terminated.reason} (exit code ${terminated.exitCode})${terminated.message === '' ? '' : `: ${terminated.message}`}`;
    if (name === 'init' || name === 'wait') return { phase: 'Error', message };
    if (mains.includes(name)) return { phase: 'Failed', message };
    // Sidecars are killed when the main container has ended.
    if (terminated.exitCode !== 137 && terminated.exitCode !== 143) return { phase: 'Failed', message };
  }
  return { phase: 'Succeeded', message: '' };
}

export function latestFinish(pod: PodView): string | undefined {
  const times = [...pod.initContainers, ...pod.containers].flatMap(({ terminated }) => (terminated === undefined ? [] : [terminated.finishedAt]));
  return times.sort().at(-1);
}

/** The exit code of the main container. */
export function exitCodeOf(pod: PodView): number | undefined {
  return pod.containers.find(({ name }) => name === 'main')?.terminated?.exitCode;
}

const UNITS: Record<string, number> = {
  '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40,
};

function quantity(value: unknown): number {
  const match = /^([\d.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(value));
  return match === null ? 0 : Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1);
}

/** Seconds of one cpu and of 100Mi of memory that a pod's containers took (or would have, at the defaults). */
export function resourcesOf(pod: PodView): Record<string, number> {
  const spec = isJsonObject(pod.object['spec']) ? pod.object['spec'] : {};
  const specs = [spec['initContainers'], spec['containers']].flatMap((list) => (Array.isArray(list) ? list : [])).filter(isJsonObject);
  const total: Record<string, number> = {};
  for (const container of specs) {
    const status = [...pod.initContainers, ...pod.containers].find(({ name }) => name === container['name']);
    const terminated = status?.terminated;
    const age = terminated === undefined ? 0 : Math.trunc((Date.parse(terminated.finishedAt) - Date.parse(terminated.startedAt)) / 1000) || 0;
    const resources = isJsonObject(container['resources']) ? container['resources'] : {};
    const amounts: Record<string, unknown> = { cpu: '100m', memory: '100Mi', ...(isJsonObject(resources['limits']) ? resources['limits'] : {}), ...(isJsonObject(resources['requests']) ? resources['requests'] : {}) };
    for (const [name, amount] of Object.entries(amounts)) {
      const unit = name === 'memory' ? 100 * 2 ** 20 : name === 'storage' || name === 'ephemeral-storage' ? 10 * 2 ** 30 : 1;
      total[name] = (total[name] ?? 0) + Math.trunc((quantity(amount) * age) / unit);
    }
  }
  return total;
}

/** When the last container but `wait` ended, in milliseconds; undefined while one runs, or is still to come. */
export function othersEnded(pod: PodView): number | undefined {
  const others = pod.containers.filter(({ name }) => name !== 'wait');
  const times = others.flatMap(({ terminated }) => (terminated === undefined ? [] : [Date.parse(terminated.finishedAt)]));
  return others.length === 0 || times.length < others.length ? undefined : Math.max(...times);
}
