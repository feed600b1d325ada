import type { NodePhase, NodeStatus } from '../types/workflow.ts';
import { nodeIdOf } from './names.ts';

export const isCompletedPhase = (phase: NodePhase): boolean => phase === 'Succeeded' || phase === 'Failed' || phase === 'Error';
export const isFailedPhase = (phase: NodePhase): boolean => phase === 'Failed' || phase === 'Error';

/** Over for good: its phase is a last one, and its outputs have been reported. */
export function isOver(node: NodeStatus): boolean {
  const last = isCompletedPhase(node.phase) || node.phase === 'Skipped' || node.phase === 'Omitted';
  return last && node.taskResultSynced !== false;
}

/** Others need not wait for it any more: over, or a daemon that runs. */
export function isFulfilled(node: NodeStatus): boolean {
  return isOver(node) || (node.daemoned === true && node.phase !== 'Pending');
}

export const isFailed = (node: NodeStatus): boolean => isFailedPhase(node.phase);
export const isExecutable = (node: Pick<NodeStatus, 'type'>): boolean => ['Pod', 'HTTP', 'Plugin', 'Container', 'Suspend'].includes(node.type);
export const isActiveSuspend = (node: NodeStatus): boolean => node.type === 'Suspend' && node.phase === 'Running';

/** The nodes of one workflow while it is worked on: changed in place. */
export class Nodes {
  readonly #byId: Map<string, NodeStatus>;
  readonly #ids = new Map<string, string>();
  /** The children of nodes that something has been linked to, by the node's id. */
  readonly #linked = new Map<string, { list: string[]; set: Set<string> }>();

  constructor(
    readonly workflow: string,
    nodes: Record<string, NodeStatus>,
  ) {
    this.#byId = new Map(Object.entries(nodes));
  }

  id(name: string): string {
    let id = this.#ids.get(name);
    if (id === undefined) this.#ids.set(name, (id = nodeIdOf(this.workflow, name)));
    return id;
  }

  get(id: string): NodeStatus | undefined {
    return this.#byId.get(id);
  }

  named(name: string): NodeStatus | undefined {
    return this.#byId.get(this.id(name));
  }

  /** Like `get`, for an id that must be there. */
  must(id: string): NodeStatus {
    const node = this.#byId.get(id);
    if (node === undefined) throw new Error(`was unable to obtain node for ${id}`);
    return node;
  }

  add(node: NodeStatus): NodeStatus {
    this.#byId.set(node.id, node);
    return node;
  }

  all(): NodeStatus[] {
    return [...this.#byId.values()];
  }

  children(node: NodeStatus): NodeStatus[] {
    return (node.children ?? []).flatMap((id) => this.get(id) ?? []);
  }

  /** Every node below, children first. */
  descendants(node: NodeStatus): NodeStatus[] {
    const seen = new Set<string>([node.id]);
    const out: NodeStatus[] = [];
    const queue = [...this.children(node)];
    for (const next of queue) {
      if (seen.has(next.id)) continue;
      seen.add(next.id);
      out.push(next);
      queue.push(...this.children(next));
    }
    return out;
  }

  link(parent: string, child: string): void {
    const node = this.must(this.id(parent));
    const id = this.id(child);
    const list = (node.children ??= []);
    let linked = this.#linked.get(node.id);
    if (linked?.list !== list || linked.set.size !== list.length) this.#linked.set(node.id, (linked = { list, set: new Set(list) }));
    if (linked.set.has(id)) return;
    list.push(id);
    linked.set.add(id);
  }

  /** Whether a node is (or is below) an exit handler. */
  isPartOfExitHandler(node: NodeStatus): boolean {
    let current: NodeStatus | undefined = node;
    const seen = new Set<string>();
    while (current !== undefined && !seen.has(current.id)) {
      seen.add(current.id);
      if (current.name.endsWith('.onExit')) return true;
      current = current.boundaryID === undefined ? undefined : this.get(current.boundaryID);
    }
    return false;
  }

  /** The attempts of a retry node, without its hooks. */
  attempts(retry: NodeStatus): NodeStatus[] {
    return this.children(retry).filter((child) => child.nodeFlag?.hooked !== true);
  }

  toRecord(): Record<string, NodeStatus> {
    return Object.fromEntries(this.#byId);
  }
}
