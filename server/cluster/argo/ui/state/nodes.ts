import type { NodeStatus, Workflow } from '../api/shapes.ts';

/** The hosts on which pods below a node failed, each once. */
export function failHosts(workflow: Workflow, top: NodeStatus): string[] {
  const nodes = workflow.status.nodes ?? {};
  const hosts = new Set<string>();
  const seen = new Set<string>();
  const todo = [top.id];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    const node = nodes[id];
    if (node === undefined || seen.has(id)) continue;
    seen.add(id);
    if (node.type === 'Pod' && (node.phase === 'Failed' || node.phase === 'Error') && node.hostNodeName !== undefined) hosts.add(node.hostNodeName);
    todo.push(...(node.children ?? []));
  }
  return [...hosts];
}

/** Whose logs are a node's: a pod's own, or those of one container of the set that a pod runs; undefined for what runs nothing. */
export function logsOf(workflow: Workflow, node: NodeStatus): { nodeId: string; container: string } | undefined {
  if (node.type === 'Pod') return { nodeId: node.id, container: 'main' };
  if (node.type !== 'Container') return undefined;
  const end = node.name.lastIndexOf('.');
  const pod = Object.values(workflow.status.nodes ?? {}).find(({ name }) => name === node.name.slice(0, end));
  return pod === undefined ? undefined : { nodeId: pod.id, container: node.name.slice(end + 1) };
}

/** What a side panel shows, as the address says it: `logs:NODE:CONTAINER`, `events:NODE`, `yaml:NODE`, `share`. */
export function readSidePanel(text: string | undefined): { type: string; nodeId: string | undefined; container: string } {
  const [type = '', nodeId = '', container = ''] = (text ?? '').split(':');
  return { type, nodeId: nodeId === '' ? undefined : nodeId, container: container === '' ? 'main' : container };
}
