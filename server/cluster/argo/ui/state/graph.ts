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

  const layerOf = layersOf(ids, edges);

  const layers: string[][] = [];
  const started = (id: string) => nodes[id]?.startedAt ?? '';
  for (const id of ids.toSorted((a, b) => compare(started(a), started(b)) || compare(nodes[a]?.name ?? '', nodes[b]?.name ?? ''))) {
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

/** By code units: the rules of a language would take most of the time of a large graph. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The layer of each node: one below its lowest parent. Without recursion, as chains may be thousands long; a ring is cut at its first node. */
function layersOf(ids: readonly string[], edges: readonly GraphEdge[]): Map<string, number> {
  const children = new Map<string, string[]>(ids.map((id) => [id, []]));
  const waiting = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { from, to } of edges) {
    children.get(from)?.push(to);
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
  }
  const layerOf = new Map<string, number>();
  const placed = new Set<string>();
  const ready = ids.filter((id) => waiting.get(id) === 0);
  const settle = () => {
    for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
      if (placed.has(id)) continue;
      placed.add(id);
      const layer = layerOf.get(id) ?? 0;
      layerOf.set(id, layer);
      for (const child of children.get(id) ?? []) {
        if (placed.has(child)) continue;
        layerOf.set(child, Math.max(layerOf.get(child) ?? 0, layer + 1));
        const left = (waiting.get(child) ?? 0) - 1;
        waiting.set(child, left);
        if (left === 0) ready.push(child);
      }
    }
  };
  settle();
  for (const id of ids) {
    if (placed.has(id)) continue;
    ready.push(id);
    settle();
  }
  return layerOf;
}

export interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What of the graph touches the region: all that has to be drawn. The nodes in reading order, which is the keyboard's too. */
export function inRegion(graph: Graph, region: Region): { nodes: GraphNode[]; edges: { edge: GraphEdge; from: GraphNode; to: GraphNode }[] } {
  const at = new Map(graph.nodes.map((node) => [node.id, node]));
  const touches = (left: number, top: number, right: number, bottom: number) => right >= region.left && left <= region.right && bottom >= region.top && top <= region.bottom;
  return {
    nodes: graph.nodes.filter((node) => touches(node.x, node.y, node.x, node.y)).sort((a, b) => a.y - b.y || a.x - b.x),
    edges: graph.edges.flatMap((edge) => {
      const [from, to] = [at.get(edge.from), at.get(edge.to)];
      if (from === undefined || to === undefined) return [];
      return touches(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)) ? [{ edge, from, to }] : [];
    }),
  };
}
