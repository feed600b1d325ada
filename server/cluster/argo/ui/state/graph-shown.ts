import type { NodeStatus } from '../api/shapes.ts';
import { artifactPlace } from './artifacts.ts';
import type { Placeable } from './graph.ts';

/** How a workflow's graph is looked at. */
export interface GraphOptions {
  artifacts: boolean;
  /** The template behind each node, below its name. */
  templates: boolean;
  hiddenTypes: ReadonlySet<string>;
  hiddenPhases: ReadonlySet<string>;
  hiddenTemplates: ReadonlySet<string>;
  /** Of many children of a node only the first and the last are shown, but for those of the nodes in `expanded`. */
  collapsed: boolean;
  expanded: ReadonlySet<string>;
}

export const COLLAPSED = 'Collapsed';
export const ARTIFACT = 'Artifact';
/** A node's children are folded together where there are more than these. */
const CHILDREN = 3;

const NO_TEMPLATE = 'no template';

type Shown = Record<string, Placeable>;

/** The nodes to draw, with their children as they are to be linked. */
export function shownNodes(nodes: Readonly<Record<string, NodeStatus>>, options: GraphOptions): Shown {
  const filtered = filterNodes(nodes, options);
  const named = options.templates ? withTemplates(filtered, nodes) : filtered;
  const folded = options.collapsed ? collapse(named, options.expanded) : named;
  return options.artifacts ? withArtifacts(folded, nodes) : folded;
}

/** Without the hidden types and phases; the children of a hidden node become those of the nodes above it. */
function filterNodes(nodes: Readonly<Record<string, NodeStatus>>, { hiddenTypes, hiddenPhases, hiddenTemplates }: GraphOptions): Shown {
  const hides = (node: NodeStatus) => hiddenTypes.has(node.type) || hiddenPhases.has(node.phase ?? 'Pending') || hiddenTemplates.has(templateLabel(node));
  if (hiddenTypes.size + hiddenPhases.size + hiddenTemplates.size === 0) return nodes;
  const visible = Object.values(nodes).filter((node) => !hides(node));
  const ids = new Set(visible.map((node) => node.id));
  return Object.fromEntries(
    visible.map((node) => {
      const children = new Set<string>();
      const seen = new Set([node.id]);
      const todo = [...(node.children ?? [])].reverse();
      for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
        if (seen.has(id)) continue;
        seen.add(id);
        if (ids.has(id)) children.add(id);
        else todo.push(...[...(nodes[id]?.children ?? [])].reverse());
      }
      return [node.id, { ...node, children: [...children] }];
    }),
  );
}

/** The template that a node was made from, as it is named to be looked for. */
export function templateLabel({ templateRef, templateName }: NodeStatus): string {
  if (templateRef?.template !== undefined) return `${templateRef.name ?? ''}/${templateRef.template}`;
  return templateName === undefined || templateName === '' ? NO_TEMPLATE : templateName;
}

function withTemplates(shown: Shown, nodes: Readonly<Record<string, NodeStatus>>): Shown {
  return Object.fromEntries(
    Object.entries(shown).map(([id, node]) => {
      const own = nodes[id];
      const template = own === undefined ? NO_TEMPLATE : templateLabel(own);
      return [id, template === NO_TEMPLATE ? node : { ...node, note: template }];
    }),
  );
}

/** The node that stands for a parent's folded children. */
export const collapsedId = (parent: string) => `collapsed ${parent}`;

/** The node whose children are folded in this one; undefined for others. */
export function collapsedParent(id: string): string | undefined {
  return id.startsWith('collapsed ') ? id.slice('collapsed '.length) : undefined;
}

/** Folds the middle ones of many children, and what hangs on those alone, into one node a parent. */
function collapse(nodes: Shown, expanded: ReadonlySet<string>): Shown {
  const parents = new Map<string, string[]>();
  for (const node of Object.values(nodes)) for (const child of node.children ?? []) parents.set(child, [...(parents.get(child) ?? []), node.id]);
  const middle = new Map<string, ReadonlySet<string>>();
  for (const node of Object.values(nodes)) {
    const there = (node.children ?? []).filter((child) => nodes[child] !== undefined);
    if (there.length > CHILDREN && !expanded.has(node.id)) middle.set(node.id, new Set(there.slice(1, -1)));
  }
  if (middle.size === 0) return nodes;
  const foldedIn = new Map<string, string>();
  const todo = [...middle.values()].flatMap((children) => [...children]);
  for (let id = todo.shift(); id !== undefined; id = todo.shift()) {
    const above = parents.get(id) ?? [];
    if (foldedIn.has(id) || !above.every((parent) => foldedIn.has(parent) || middle.get(parent)?.has(id) === true)) continue;
    const [first = ''] = above;
    foldedIn.set(id, foldedIn.get(first) ?? first);
    todo.push(...(nodes[id]?.children ?? []));
  }
  const shown: Shown = {};
  const fold = (parent: string) => (shown[collapsedId(parent)] ??= { id: collapsedId(parent), name: collapsedId(parent), type: COLLAPSED, phase: '', children: [] });
  const folds = new Map<string, Placeable[]>();
  for (const node of Object.values(nodes)) {
    const parent = foldedIn.get(node.id);
    if (parent !== undefined) folds.set(parent, folds.get(parent) ?? []).get(parent)?.push(node);
    const from = parent === undefined ? { ...node } : fold(parent);
    const targets = (node.children ?? []).map((child) => foldedTo(child)).filter((child) => child !== from.id);
    if (parent === undefined) shown[node.id] = { ...from, children: [...new Set(targets)] };
    else shown[from.id] = { ...from, children: [...new Set([...(from.children ?? []), ...targets])] };
  }
  function foldedTo(child: string): string {
    const parent = foldedIn.get(child);
    return parent === undefined ? child : collapsedId(parent);
  }
  // It stands where the first of them stood.
  for (const [parent, hidden] of folds) shown[collapsedId(parent)] = { ...fold(parent), name: hidden[0]?.name ?? '', startedAt: hidden[0]?.startedAt, displayName: `${hidden.length} hidden nodes` };
  return shown;
}

/** Outputs hang on the node that made them, and lead to those that take them in. */
function withArtifacts(shown: Shown, nodes: Readonly<Record<string, NodeStatus>>): Shown {
  const artifacts: Shown = {};
  const links = new Map<string, Set<string>>();
  const link = (from: string, to: string) => links.set(from, (links.get(from) ?? new Set<string>()).add(to));
  for (const id of Object.keys(shown)) {
    const node = nodes[id];
    for (const direction of ['outputs', 'inputs'] as const) {
      for (const artifact of node?.[direction]?.artifacts ?? []) {
        const place = artifactPlace(artifact);
        if (place === undefined) continue;
        artifacts[place.id] ??= { id: place.id, name: place.id, displayName: place.file, type: ARTIFACT, phase: '', startedAt: node?.startedAt };
        if (direction === 'outputs') link(id, place.id);
        else link(place.id, id);
      }
    }
  }
  if (links.size === 0) return shown;
  const all = { ...shown, ...artifacts };
  for (const [from, targets] of links) {
    const node = all[from];
    if (node !== undefined) all[from] = { ...node, children: [...new Set([...(node.children ?? []), ...targets])] };
  }
  return all;
}
