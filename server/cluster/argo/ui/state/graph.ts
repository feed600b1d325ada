/** What a node must tell to be placed: a workflow's node, or anything else with children. */
export interface Placeable {
  id: string;
  name: string;
  displayName?: string | undefined;
  type: string;
  phase?: string | undefined;
  children?: readonly string[] | null | undefined;
  startedAt?: string | null | undefined;
  /** Second line below the node. */
  note?: string | undefined;
}

export type Placeables = Readonly<Record<string, Placeable>>;

export interface GraphNode {
  id: string;
  label: string;
  type: string;
  phase: string;
  note?: string;
  /** Centre, in pixels. */
  x: number;
  y: number;
}

export interface GraphEdge {
  from: GraphNode;
  to: GraphNode;
}

export interface Graph {
  /** In reading order, which is the keyboard's too. */
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
}

/** From top to bottom, or from left to right. */
export type Direction = 'down' | 'right';

/** Pixels between the nodes of a layer, and between layers. */
const SPACES = { down: { slot: 110, layer: 92 }, right: { slot: 72, layer: 150 } } as const;
const MARGIN = 60;

/**
 * Places the nodes of a workflow in layers: each one layer below its lowest parent, within a layer near its parents.
 * Nodes that nobody points to (the workflow itself, exit handlers) start a layer of their own.
 */
export function layout(nodes: Placeables, direction: Direction = 'down'): Graph {
  const ids = Object.keys(nodes);
  const links = linksOf(nodes);
  const parents = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { from, to } of links) parents.get(to)?.push(from);

  const layerOf = layersOf(ids, links);

  const layers: string[][] = [];
  const started = (id: string) => nodes[id]?.startedAt ?? '';
  for (const id of ids.toSorted((a, b) => compare(started(a), started(b)) || compare(nodes[a]?.name ?? '', nodes[b]?.name ?? ''))) {
    const layer = layerOf.get(id) ?? 0;
    (layers[layer] ??= []).push(id);
  }

  const slot = new Map<string, number>();
  let [first, last] = [0, 0];
  for (const layer of layers) {
    const wish = (id: string): number => {
      const above = (parents.get(id) ?? []).map((parent) => slot.get(parent) ?? 0);
      return above.length === 0 ? 0 : above.reduce((sum, at) => sum + at, 0) / above.length;
    };
    const wishes = new Map(layer.map((id) => [id, wish(id)]));
    const ordered = layer.toSorted((a, b) => (wishes.get(a) ?? 0) - (wishes.get(b) ?? 0));
    // Each as near to its wish as the neighbour on its left allows; then the whole layer is centred on the wishes.
    let taken = Number.NEGATIVE_INFINITY;
    for (const id of ordered) {
      taken = Math.max(taken + 1, wishes.get(id) ?? 0);
      slot.set(id, taken);
    }
    const drift = ordered.reduce((sum, id) => sum + (slot.get(id) ?? 0) - (wishes.get(id) ?? 0), 0) / Math.max(1, ordered.length);
    for (const id of ordered) {
      const at = (slot.get(id) ?? 0) - drift;
      slot.set(id, at);
      [first, last] = [Math.min(first, at), Math.max(last, at)];
    }
  }

  const space = SPACES[direction];
  const across = (id: string) => MARGIN + ((slot.get(id) ?? 0) - first) * space.slot;
  const along = (id: string) => MARGIN + (layerOf.get(id) ?? 0) * space.layer;
  const [width, height] = [2 * MARGIN + (last - first) * space.slot, 2 * MARGIN + Math.max(0, layers.length - 1) * space.layer];
  const placed = ids.map((id): GraphNode => ({ id, ...wordsOf(id, nodes[id]), ...(direction === 'down' ? { x: across(id), y: along(id) } : { x: along(id), y: across(id) }) })).sort((a, b) => a.y - b.y || a.x - b.x);
  return { nodes: placed, edges: edgesOf(links, placed), ...(direction === 'down' ? { width, height } : { width: height, height: width }) };
}

/**
 * The graph of the same nodes a moment later. While none has come, gone or got other children, all stay where they are
 * and only what changed is made anew: an event of a running workflow costs one walk over its nodes. Undefined where
 * they have to be placed again.
 */
export function recolour(graph: Graph, before: Placeables, after: Placeables): Graph | undefined {
  if (!sameShape(before, after)) return undefined;
  let changed = false;
  const nodes = graph.nodes.map((node) => {
    const words = wordsOf(node.id, after[node.id]);
    if (words.label === node.label && words.phase === node.phase && words.type === node.type && words.note === node.note) return node;
    changed = true;
    return { ...words, id: node.id, x: node.x, y: node.y };
  });
  // Edges are drawn by the places of their ends, which are the same.
  return changed ? { ...graph, nodes } : graph;
}

function sameShape(before: Placeables, after: Placeables): boolean {
  const ids = Object.keys(after);
  if (ids.length !== Object.keys(before).length) return false;
  return ids.every((id) => {
    const [old, young] = [before[id], after[id]];
    if (old === young) return true;
    if (old === undefined || young === undefined) return false;
    const [a, b] = [old.children ?? [], young.children ?? []];
    return a.length === b.length && a.every((child, i) => child === b[i]);
  });
}

function wordsOf(id: string, node: Placeable | undefined): Pick<GraphNode, 'label' | 'type' | 'phase' | 'note'> {
  return { label: node?.displayName ?? node?.name ?? id, type: node?.type ?? '', phase: node?.phase ?? 'Pending', ...(node?.note === undefined ? {} : { note: node.note }) };
}

interface Link {
  from: string;
  to: string;
}

function linksOf(nodes: Placeables): Link[] {
  return Object.keys(nodes).flatMap((from) => (nodes[from]?.children ?? []).filter((to) => nodes[to] !== undefined && to !== from).map((to) => ({ from, to })));
}

function edgesOf(links: readonly Link[], placed: readonly GraphNode[]): GraphEdge[] {
  const at = new Map(placed.map((node) => [node.id, node]));
  return links.flatMap((link) => {
    const [from, to] = [at.get(link.from), at.get(link.to)];
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}

/** By code units: the rules of a language would take most of the time of a large graph. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The layer of each node: one below its lowest parent. Without recursion, as chains may be thousands long; a ring is cut at its first node. */
function layersOf(ids: readonly string[], links: readonly Link[]): Map<string, number> {
  const children = new Map<string, string[]>(ids.map((id) => [id, []]));
  const waiting = new Map<string, number>(ids.map((id) => [id, 0]));
  for (const { from, to } of links) {
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

/** What of the graph touches the region: all that has to be drawn. */
export function inRegion(graph: Graph, region: Region): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const touches = (left: number, top: number, right: number, bottom: number) => right >= region.left && left <= region.right && bottom >= region.top && top <= region.bottom;
  return {
    nodes: graph.nodes.filter((node) => touches(node.x, node.y, node.x, node.y)),
    edges: graph.edges.filter(({ from, to }) => touches(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y))),
  };
}

/** Where an arrow key leads from a node: to its nearest parent or child along the graph, to its neighbour across it. */
export function neighbour(graph: Graph, id: string, key: string, direction: Direction = 'down'): GraphNode | undefined {
  const here = graph.nodes.find((node) => node.id === id);
  if (here === undefined) return undefined;
  const [back, on, before, after] = direction === 'down' ? ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] : ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
  const nearest = (nodes: readonly GraphNode[]) => nodes.toSorted((a, b) => Math.hypot(a.x - here.x, a.y - here.y) - Math.hypot(b.x - here.x, b.y - here.y))[0];
  const [along, across] = direction === 'down' ? (['y', 'x'] as const) : (['x', 'y'] as const);
  switch (key) {
    case back:
      return nearest(graph.edges.flatMap(({ from, to }) => (to.id === id ? [from] : [])));
    case on:
      return nearest(graph.edges.flatMap(({ from, to }) => (from.id === id ? [to] : [])));
    case before:
      return nearest(graph.nodes.filter((node) => node[along] === here[along] && node[across] < here[across]));
    case after:
      return nearest(graph.nodes.filter((node) => node[along] === here[along] && node[across] > here[across]));
    default:
      return undefined;
  }
}
