import type { ControllerContext } from '../runtime/context.ts';
import type { Node } from '../runtime/kinds.ts';
import { NODES } from '../runtime/resources.ts';
import { same } from '../runtime/writes.ts';

type Taint = NonNullable<Node['spec']['taints']>[number];

/** Taints that stand for a condition of the node, or for its being cordoned. */
const OWN = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/unschedulable', 'node.kubernetes.io/memory-pressure', 'node.kubernetes.io/disk-pressure', 'node.kubernetes.io/pid-pressure', 'node.kubernetes.io/network-unavailable'];

/** Keeps nodes' taints in step with their conditions. After kubernetes 1.32 pkg/controller/nodelifecycle */
export function startNodes(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const nodes = informers.of<Node>(NODES);
  const queue = context.queue('node', async (name) => {
    const node = nodes.get(undefined, name);
    if (node === undefined) return;
    const taints = taintsOf(node, new Date(clock.now()).toISOString().replace(/\.\d+/, ''));
    if (same(taints, node.spec.taints ?? [])) return;
    await client.update(NODES, { ...node, spec: { ...node.spec, taints } });
  });
  nodes.onChange(({ current }) => {
    if (current !== undefined) queue.add(current.metadata.name);
  });
}

/** The taints that a node should have; those that somebody else set stay. `now` is RFC 3339. Pure. */
export function taintsOf(node: Node, now: string): Taint[] {
  const before = node.spec.taints ?? [];
  const status = (type: string) => node.status?.conditions?.find((c) => c.type === type)?.status;
  const wanted: [key: string, effect: string][] = [];
  const ready = status('Ready');
  if (ready === 'False' || ready === undefined) wanted.push(['node.kubernetes.io/not-ready', 'NoSchedule']);
  if (ready === 'Unknown') wanted.push(['node.kubernetes.io/unreachable', 'NoSchedule']);
  for (const [condition, key] of [['MemoryPressure', 'memory-pressure'], ['DiskPressure', 'disk-pressure'], ['PIDPressure', 'pid-pressure'], ['NetworkUnavailable', 'network-unavailable']] as const) {
    if (status(condition) === 'True') wanted.push([`node.kubernetes.io/${key}`, 'NoSchedule']);
  }
  if (node.spec.unschedulable === true) wanted.push(['node.kubernetes.io/unschedulable', 'NoSchedule']);
  const kept = before.filter((taint) => taint.effect !== 'NoSchedule' || !OWN.includes(taint.key));
  const own = wanted.map(([key, effect]) => before.find((taint) => taint.key === key && taint.effect === effect) ?? { key, effect, ...(key.endsWith('/unschedulable') ? { timeAdded: now } : {}) });
  return [...kept, ...own];
}
