import type { Node, Pod } from '../controllers/runtime/kinds.ts';
import { parseQuantity } from '../controllers/runtime/quantity.ts';
import { hostPortsOf, type Occupied } from './occupied.ts';
import { podRequests } from './requests.ts';

/** Why a pod does not fit a node; undefined when it does. `helpful` tells whether evicting other pods could help. */
export interface Misfit {
  /** Several only where several resources don't suffice. */
  reasons: readonly string[];
  helpful: boolean;
}

/** After kubernetes 1.32 pkg/scheduler/framework/plugins: the filters in their order, with their words. */
export function misfit(pod: Pod, node: Node, others: Occupied): Misfit | undefined {
  if (node.spec.unschedulable === true && !tolerates(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) {
    return { reasons: ['node(s) were unschedulable'], helpful: false };
  }
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.metadata.name) return { reasons: ["node(s) didn't match the requested node name"], helpful: false };
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint)) {
      return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], helpful: false };
    }
  }
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!selected || !matchesAffinity(pod, node)) return { reasons: ["node(s) didn't match Pod's node affinity/selector"], helpful: false };

  if (takenPort(pod, others)) return { reasons: ["node(s) didn't have free ports for the requested pod ports"], helpful: true };

  const allocatable = node.status?.allocatable ?? {};
  const used = others.requests();
  const reasons: string[] = freePlaces(node, others) < 1 ? [TOO_MANY_PODS] : [];
  for (const [name, wanted] of Object.entries(podRequests(pod))) {
    if (wanted > 0 && wanted + (used[name] ?? 0) > parseQuantity(allocatable[name] ?? '0')) reasons.push(`Insufficient ${name}`);
  }
  return reasons.length === 0 ? undefined : { reasons, helpful: true };
}

const TOO_MANY_PODS = 'Too many pods';

/** How many more pods a node takes. */
export function freePlaces({ status }: Node, { count }: Occupied): number {
  return parseQuantity(status?.allocatable?.['pods'] ?? '110') - count;
}

/** Whether a pod waits for others to end, whatever they held: nothing else needs to be looked at before. */
export const isCrowdedOut = (found: Misfit | undefined): boolean => found?.reasons.includes(TOO_MANY_PODS) === true;

/** Host ports belong to the node: a pod that wants a taken one waits. */
function takenPort(pod: Pod, others: Occupied): boolean {
  const wanted = hostPortsOf(pod);
  if (wanted.length === 0) return false;
  const wild = (ip: string | undefined): boolean => ip === undefined || ip === '' || ip === '0.0.0.0';
  const taken = others.hostPorts();
  return wanted.some((port) => taken.some((other) => other.hostPort === port.hostPort && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP') && (wild(other.hostIP) || wild(port.hostIP) || other.hostIP === port.hostIP)));
}

/** The message of a pod that no node takes. */
export function unschedulableMessage(found: Misfit | undefined, wantsVictims: boolean): string {
  if (found === undefined) return 'no nodes available to schedule pods';
  const count = found.reasons.map((reason) => `1 ${reason}`).sort().join(', ');
  const preemption = found.helpful && wantsVictims ? '0/1 nodes are available: 1 No preemption victims found for incoming pod.' : '0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  return `0/1 nodes are available: ${count}. preemption: ${preemption}`;
}

function tolerates(pod: Pod, taint: { key: string; value?: string; effect: string }): boolean {
  return (pod.spec.tolerations ?? []).some((t) => {
    if (t.effect !== undefined && t.effect !== '' && t.effect !== taint.effect) return false;
    if (t.operator === 'Exists') return t.key === undefined || t.key === '' || t.key === taint.key;
    return t.key === taint.key && (t.value ?? '') === (taint.value ?? '');
  });
}

function matchesAffinity(pod: Pod, node: Node): boolean {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return true;
  const labels = node.metadata.labels ?? {};
  return terms.some((term) => {
    const expressions = [
      ...(term.matchExpressions ?? []).map((e) => ({ ...e, actual: labels[e.key] })),
      ...(term.matchFields ?? []).map((e) => ({ ...e, actual: e.key === 'metadata.name' ? node.metadata.name : undefined })),
    ];
    return (
      expressions.length > 0 &&
      expressions.every(({ operator, values = [], actual }) => {
        switch (operator) {
          case 'In':
            return actual !== undefined && values.includes(actual);
          case 'NotIn':
            return actual === undefined || !values.includes(actual);
          case 'Exists':
            return actual !== undefined;
          case 'DoesNotExist':
            return actual === undefined;
          case 'Gt':
            return actual !== undefined && Number(actual) > Number(values[0]);
          case 'Lt':
            return actual !== undefined && Number(actual) < Number(values[0]);
          default:
            return false;
        }
      })
    );
  });
}
