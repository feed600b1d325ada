import type { NodeStatus, Outputs } from '../types/workflow.ts';
import { podNameOf } from './names.ts';
import { isFulfilled } from './nodes.ts';
import type { Operation } from './operation.ts';

/** The nodes that come last within a node: their successors hang below them. */
export function outbound(op: Operation, id: string): string[] {
  const node = op.nodes.must(id);
  switch (node.type) {
    case 'Skipped':
    case 'Suspend':
    case 'HTTP':
    case 'Plugin':
      return [id];
    case 'Pod':
      if (!op.nodes.children(node).some((child) => child.type === 'Container')) return [id];
      return outboundOfChildren(op, node);
    case 'Container':
    case 'TaskGroup':
      return outboundOfChildren(op, node);
    case 'Retry': {
      const last = node.children?.at(-1);
      if (last !== undefined) return [last];
      break;
    }
    case 'Steps':
    case 'DAG':
      if (node.memoizationStatus?.hit === true) return [id];
      break;
  }
  return (node.outboundNodes ?? []).flatMap((next) => outbound(op, next));
}

function outboundOfChildren(op: Operation, node: NodeStatus): string[] {
  if ((node.children ?? []).length === 0) return [node.id];
  return (node.children ?? []).flatMap((child) => (node.type === 'Container' && op.nodes.must(child).boundaryID !== node.boundaryID ? [node.id] : outbound(op, child)));
}

/** Exports outputs that have a global name. */
export function exportGlobals(op: Operation, outputs: Outputs | undefined): void {
  for (const parameter of outputs?.parameters ?? []) {
    const name = parameter.globalName ?? '';
    if (name === '') continue;
    if (parameter.value !== undefined) op.globals[`workflow.outputs.parameters.${name}`] = parameter.value;
    const list = ((op.workflow.status.outputs ??= {}).parameters ??= []);
    const known = list.find((other) => other.name === name);
    if (known === undefined) list.push({ name, ...(parameter.value === undefined ? {} : { value: parameter.value }) });
    else if (parameter.value !== undefined) known.value = parameter.value;
  }
  for (const artifact of outputs?.artifacts ?? []) {
    const name = artifact.globalName ?? '';
    if (name === '') continue;
    const { globalName: _globalName, path: _path, ...rest } = artifact;
    const list = ((op.workflow.status.outputs ??= {}).artifacts ??= []);
    const index = list.findIndex((other) => other.name === name);
    if (index < 0) list.push({ ...rest, name });
    else list[index] = { ...rest, name };
  }
}

/** Ends the daemons of a steps or DAG node; of the whole workflow without one. */
export function killDaemons(op: Operation, boundaryId: string | undefined): void {
  if (!op.hasDaemons) return;
  for (const node of op.nodes.all()) {
    if (node.daemoned !== true || node.boundaryID !== boundaryId) continue;
    op.changes.terminatePods.add(podNameOf(op.workflow.metadata.name, node.name, templateNameOf(node)));
    node.phase = 'Succeeded';
    delete node.daemoned;
  }
}

export const templateNameOf = (node: NodeStatus): string => node.templateRef?.template ?? node.templateName ?? '';

/** Whether everything below a node is over, as far as its leaves tell. */
export function allFulfilled(op: Operation, root: NodeStatus): boolean {
  const seen = new Set<string>();
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node.id)) continue;
    seen.add(node.id);
    const children = op.nodes.children(node);
    if (children.length === 0 && !isFulfilled(node)) return false;
    stack.push(...children);
  }
  return true;
}
