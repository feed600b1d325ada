import type { Node, Pod } from '../controllers/runtime/kinds.ts';
import { parseQuantity } from '../controllers/runtime/quantity.ts';

/** Why a pod does not fit a node; undefined when it does. `helpful` tells whether evicting other pods could help. */
export interface Misfit {
  reason: string;
  helpful: boolean;
}

type Amounts = Record<string, number>;

/** What a pod asks for: the larger of its containers' sum and any single init container. */
export function podRequests(pod: Pod): Amounts {
  const sum: Amounts = {};
  for (const container of pod.spec.containers) {
    for (const [name, value] of Object.entries(container.resources?.requests ?? {})) sum[name] = (sum[name] ?? 0) + parseQuantity(value);
  }
  for (const container of pod.spec.initContainers ?? []) {
    for (const [name, value] of Object.entries(container.resources?.requests ?? {})) sum[name] = Math.max(sum[name] ?? 0, parseQuantity(value));
  }
  return sum;
}

/** After kubernetes 1.32 pkg/scheduler/framework/plugins: the filters in their order, with their words. */
export function misfit(pod: Pod, node: Node, others: readonly Pod[]): Misfit | undefined {
  if (node.spec.unschedulable === true && !tolerates(pod, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) {
    return { reason: 'node(s) were unschedulable', helpful: false };
  }
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.metadata.name) return { reason: "node(s) didn't match the requested node name", helpful: false };
  for (const taint of node.spec.taints ?? []) {
    if (taint.effect !== 'PreferNoSchedule' && !tolerates(pod, taint)) {
      return { reason: `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`, helpful: false };
    }
  }
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  if (!selected || !matchesAffinity(pod, node)) return { reason: "node(s) didn't match Pod's node affinity/selector", helpful: false };

  const allocatable = node.status?.allocatable ?? {};
  const used: Amounts = {};
  let count = 0;
  for (const other of others) {
    count += 1;
    for (const [name, value] of Object.entries(podRequests(other))) used[name] = (used[name] ?? 0) + value;
  }
  if (count + 1 > parseQuantity(allocatable.pods ?? '110')) return { reason: 'Too many pods', helpful: true };
  for (const [name, wanted] of Object.entries(podRequests(pod))) {
    if (wanted === 0) continue;
    if (wanted + (used[name] ?? 0) > parseQuantity(allocatable[name] ?? '0')) return { reason: `Insufficient ${name}`, helpful: true };
  }
  return undefined;
}

/** The message of a pod that no node takes. */
export function unschedulableMessage(found: Misfit | undefined, wantsVictims: boolean): string {
  if (found === undefined) return 'no nodes available to schedule pods';
  const count = found.reason.startsWith('Insufficient') || found.reason === 'Too many pods' ? `1 ${found.reason}` : `1 ${found.reason}`;
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
