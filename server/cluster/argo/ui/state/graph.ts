import type { NodeStatus } from '../api/shapes.ts';

export interface GraphNode {
  id: string;
  label: string;
  type: string;
  phase: string;
  /** Centre, in pixels. */
  x: number;
  y: number;
}

export interface GraphEdge {
  from: string;
  to: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
}

const COLUMN = 110;
const ROW = 92;
const MARGIN = 60;

/**
 * Places the nodes of a workflow in layers from top to bottom: each one layer below its lowest parent, within a layer
 * near its parents. Nodes that nobody points to (the workflow itself, exit handlers) start a layer of their own.
 */
export function layout(nodes: Readonly<Record<string, NodeStatus>>): Graph {
  const ids = Object.keys(nodes);
  const edges: GraphEdge[] = ids.flatMap((from) => (nodes[from]?.children ?? []).filter((to) => nodes[to] !== undefined && to !== from).map((to) => ({ from, to })));
  const parents = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of edges) parents.get(to)?.push(from);

  const layerOf = new Map<string, number>();
  const depth = (id: string, path: ReadonlySet<string>): number => {
    const known = layerOf.get(id);
    if (known !== undefined) return known;
    const above = (parents.get(id) ?? []).filter((parent) => !path.has(parent)).map((parent) => depth(parent, new Set([...path, id])) + 1);
    const layer = Math.max(0, ...above);
    layerOf.set(id, layer);
    return layer;
  };
  for (const id of ids) depth(id, new Set([id]));

  const layers: string[][] = [];
  const started = (id: string) => nodes[id]?.startedAt ?? '';
  for (const id of ids.toSorted((a, b) => started(a).localeCompare(started(b)) || (nodes[a]?.name ?? '').localeCompare(nodes[b]?.name ?? ''))) {
    const layer = layerOf.get(id) ?? 0;
    (layers[layer] ??= []).push(id);
  }

  const slot = new Map<string, number>();
  for (const layer of layers) {
    const wish = (id: string): number => {
      const above = (parents.get(id) ?? []).map((parent) => slot.get(parent) ?? 0);
      return above.length === 0 ? 0 : above.reduce((sum, at) => sum + at, 0) / above.length;
    };
    const wishes = new Map(layer.map((id) => [id, wish(id)]));
    const ordered = layer.toSorted((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0));
    // Each as near to its wish as the neighbour on its left allows; then the whole layer is centred on the wishes.
    let last = Number.NEGATIVE_INFINITY;
    for (const id of ordered) {
      last = Math.max(last + 1, wishes.get(id) ?? 0);
      slot.set(id, last);
    }
    const drift = ordered.reduce((sum, id) => sum + (slot.get(id) ?? 0) - (wishes.get(id) ?? 0), 0) / Math.max(1, ordered.length);
    for (const id of ordered) slot.set(id, (slot.get(id) ?? 0) - drift);
  }

  const left = Math.min(0, ...slot.values());
  const right = Math.max(0, ...slot.values());
  return {
    nodes: ids.map((id) => ({
      id,
      label: nodes[id]?.displayName ?? nodes[id]?.name ?? id,
      type: nodes[id]?.type ?? '',
      phase: nodes[id]?.phase ?? 'Pending',
      x: MARGIN + ((slot.get(id) ?? 0) - left) * COLUMN,
      y: MARGIN + (layerOf.get(id) ?? 0) * ROW,
    })),
    edges,
    width: 2 * MARGIN + (right - left) * COLUMN,
    height: 2 * MARGIN + Math.max(0, layers.length - 1) * ROW,
  };
}
