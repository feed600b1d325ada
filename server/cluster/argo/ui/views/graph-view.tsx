import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { NodeStatus } from '../api/shapes.ts';
import { inRegion, layout, neighbour, recolour } from '../state/graph.ts';
import type { Direction, Graph, GraphNode, Placeables } from '../state/graph.ts';
import { ARTIFACT, COLLAPSED, collapsedParent, shownNodes } from '../state/graph-shown.ts';
import type { GraphOptions } from '../state/graph-shown.ts';
import { GraphTools } from './graph-tools.tsx';
import { iconPath, phaseIconPath } from './icons.tsx';
import { useViewport } from './viewport.ts';

const RADIUS = 17;
const GROUPS = new Set(['StepGroup', 'TaskGroup']);
const [ZOOM_STEP, ZOOM_MIN, ZOOM_MAX] = [1.25, 0.1, 2.5];
/** Below this no word can be read: nodes are dots then. */
const ZOOM_WORDS = 0.45;
/** Pixels around what is in sight that are drawn too, so that scrolling shows no holes. */
const AROUND = 150;
const ALL: GraphOptions = { artifacts: true, templates: false, hiddenTypes: new Set(), hiddenPhases: new Set(), hiddenTemplates: new Set(), collapsed: false, expanded: new Set() };

/** The graph as it was drawn last, to keep what did not change. */
interface Drawn {
  shown: Placeables;
  direction: Direction;
  graph: Graph;
}

/** The workflow's nodes as a graph; each node is a button. Only what is in sight is drawn, so that thousands cost as little as a few. */
export function GraphView({ nodes, selected, onSelect, tools = true }: { nodes: Readonly<Record<string, NodeStatus>>; selected: string | undefined; onSelect(id: string): void; tools?: boolean }): JSX.Element {
  const options = useSignal(ALL);
  const direction = useSignal<Direction>('down');
  const zoom = useSignal(1);
  const wanted = useSignal('');
  const active = useSignal<string | undefined>(undefined);
  const last = useRef<Drawn | undefined>(undefined);
  const previous = last.current?.graph;
  const graph = useMemo(() => {
    const shown = shownNodes(nodes, options.value);
    const before = last.current;
    const same = before?.direction === direction.value ? recolour(before.graph, before.shown, shown) : undefined;
    const made = same ?? layout(shown, direction.value);
    last.current = { shown, direction: direction.value, graph: made };
    return made;
  }, [nodes, options.value, direction.value]);
  const ref = useRef<HTMLDivElement>(null);
  const centre = useRef<{ x: number; y: number } | undefined>(undefined);
  const focusNext = useRef(false);
  const show = (element: HTMLElement, x: number, y: number) => {
    element.scrollLeft = x * zoom.value - element.clientWidth / 2;
    element.scrollTop = y * zoom.value - element.clientHeight / 2;
  };
  const seen = useViewport(ref, (element) => {
    const start = graph.nodes.find((node) => node.id === selected) ?? graph.nodes[0];
    if (start !== undefined) show(element, start.x, start.y);
  });
  useLayoutEffect(() => {
    if (ref.current !== null && centre.current !== undefined) show(ref.current, centre.current.x, centre.current.y);
    centre.current = undefined;
  }, [zoom.value]);
  // When nodes come, what was in the middle of the window stays there.
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null || previous === undefined || previous === graph) return;
    const middle = { x: (element.scrollLeft + element.clientWidth / 2) / zoom.value, y: (element.scrollTop + element.clientHeight / 2) / zoom.value };
    const now = new Map(graph.nodes.map((node) => [node.id, node]));
    const far = (node: GraphNode) => Math.hypot(node.x - middle.x, node.y - middle.y);
    const anchor = previous.nodes.reduce<GraphNode | undefined>((best, node) => (now.has(node.id) && (best === undefined || far(node) < far(best)) ? node : best), undefined);
    const moved = anchor === undefined ? undefined : now.get(anchor.id);
    if (anchor === undefined || moved === undefined) return;
    if (moved.x !== anchor.x) element.scrollLeft += (moved.x - anchor.x) * zoom.value;
    if (moved.y !== anchor.y) element.scrollTop += (moved.y - anchor.y) * zoom.value;
  }, [graph]);
  useLayoutEffect(() => {
    if (!focusNext.current) return;
    const element = ref.current?.querySelector<SVGGElement>('[data-active]');
    if (element === null || element === undefined) return;
    focusNext.current = false;
    element.focus({ preventScroll: true });
  });

  const zoomTo = (to: number) => {
    if (seen !== undefined) centre.current = { x: (seen.left + seen.width / 2) / zoom.value, y: (seen.top + seen.height / 2) / zoom.value };
    zoom.value = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, to));
  };
  const fit = () => {
    if (seen === undefined) return;
    zoomTo(Math.min(1, (seen.width - 20) / graph.width, (seen.height - 20) / graph.height));
  };
  const found = wanted.value === '' ? [] : graph.nodes.filter((node) => node.label.toLowerCase().includes(wanted.value.toLowerCase()));
  const foundIds = new Set(found.map((node) => node.id));
  const goToNext = () => {
    const next = found[(found.findIndex((node) => node.id === selected) + 1) % found.length];
    if (next === undefined || next.id === selected) return;
    choose(next.id);
    if (ref.current !== null) show(ref.current, next.x, next.y);
  };
  const choose = (id: string) => {
    const folded = collapsedParent(id);
    active.value = folded ?? id;
    if (folded === undefined) onSelect(id);
    else options.value = { ...options.value, expanded: new Set([...options.value.expanded, folded]) };
  };
  const onKey = (event: KeyboardEvent, node: GraphNode) => {
    if (event.key === 'Enter' || event.key === ' ') choose(node.id);
    else {
      const next = neighbour(graph, node.id, event.key, direction.value);
      if (next === undefined) return;
      active.value = next.id;
      focusNext.current = true;
      const element = ref.current;
      const [x, y] = [next.x * zoom.value, next.y * zoom.value];
      if (element !== null && (x < element.scrollLeft + RADIUS || y < element.scrollTop + RADIUS || x > element.scrollLeft + element.clientWidth - RADIUS || y > element.scrollTop + element.clientHeight - 2 * RADIUS)) show(element, next.x, next.y);
    }
    event.preventDefault();
  };

  const words = zoom.value >= ZOOM_WORDS;
  const drawn = seen === undefined ? { nodes: [], edges: [] } : inRegion(graph, { left: (seen.left - AROUND) / zoom.value, top: (seen.top - AROUND) / zoom.value, right: (seen.left + seen.width + AROUND) / zoom.value, bottom: (seen.top + seen.height + AROUND) / zoom.value });
  // One of the nodes is where the Tab key stops; the arrow keys lead from it along the graph.
  const [first] = drawn.nodes;
  const stop = drawn.nodes.some((node) => node.id === active.value) ? active.value : drawn.nodes.some((node) => node.id === selected) ? selected : first?.id;
  const count = `${graph.nodes.length} ${graph.nodes.length === 1 ? 'node' : 'nodes'}`;
  return (
    <div class="graph-box">
      {tools && <GraphTools nodes={nodes} options={options} direction={direction} wanted={wanted} told={wanted.value === '' ? count : `${found.length} found`} onZoom={(by) => (by === 'fit' ? fit() : zoomTo(by === 'in' ? zoom.value * ZOOM_STEP : zoom.value / ZOOM_STEP))} onNext={goToNext} />}
      <div ref={ref} class="graph" role="group" aria-label="Workflow graph" tabIndex={0}>
        <svg width={graph.width * zoom.value} height={graph.height * zoom.value} viewBox={`0 0 ${graph.width} ${graph.height}`}>
          <defs>
            <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0L10 5L0 10z" class="arrow" />
            </marker>
          </defs>
          {drawn.edges.map(({ from, to }) => (
            <path key={`${from.id} ${to.id}`} class="edge" d={edgePath(from, to, direction.value)} marker-end={words ? 'url(#arrow)' : undefined} />
          ))}
          {drawn.nodes.map((node) => (
            <Node key={node.id} node={node} words={words} stop={node.id === stop} mark={node.id === selected ? 'node-selected' : foundIds.has(node.id) ? 'node-found' : wanted.value === '' ? '' : 'node-other'} onSelect={choose} onKey={onKey} />
          ))}
        </svg>
      </div>
    </div>
  );
}

function Node({ node, words, stop, mark, onSelect, onKey }: { node: GraphNode; words: boolean; stop: boolean; mark: string; onSelect(id: string): void; onKey(event: KeyboardEvent, node: GraphNode): void }): JSX.Element {
  const group = GROUPS.has(node.type);
  const icon = node.type === ARTIFACT ? iconPath('file') : node.type === COLLAPSED ? iconPath('unfold') : phaseIconPath(node.phase);
  return (
    <g
      class={`node node-${node.phase === '' ? node.type : node.phase} ${mark}`}
      transform={`translate(${node.x} ${node.y})`}
      role="button"
      // Small letters: within SVG the name of an attribute is taken as it is written.
      tabindex={stop ? 0 : -1}
      data-active={stop ? '' : undefined}
      aria-label={[node.label, node.type === COLLAPSED ? 'expand' : node.type, node.phase, node.note].filter(Boolean).join(', ')}
      aria-pressed={node.type === COLLAPSED ? undefined : mark === 'node-selected'}
      onClick={() => onSelect(node.id)}
      onKeyDown={(event) => onKey(event, node)}
    >
      <circle r={radius(node)} />
      {words && !group && <path class="node-icon" d={icon} transform="translate(-10 -10) scale(0.83)" />}
      {words && <text y={radius(node) + 16}>{short(node.label)}</text>}
      {words && node.note !== undefined && (
        <text class="node-note" y={radius(node) + 29}>
          {short(node.note)}
        </text>
      )}
      <title>{node.note === undefined ? node.label : `${node.label}: ${node.note}`}</title>
    </g>
  );
}

const radius = (node: GraphNode) => (GROUPS.has(node.type) ? 8 : RADIUS);
const short = (text: string) => (text.length > 18 ? `${text.slice(0, 17)}…` : text);

/** From below a node's words to the node below; from left to right, from its side. */
function edgePath(from: GraphNode, to: GraphNode, direction: Direction): string {
  if (direction === 'right') {
    const [x1, x2] = [from.x + radius(from) + 2, to.x - radius(to) - 2];
    const middle = (x1 + x2) / 2;
    return `M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${x2} ${to.y}`;
  }
  const [y1, y2] = [from.y + radius(from) + 22, to.y - radius(to) - 2];
  const middle = (y1 + y2) / 2;
  return `M${from.x} ${y1}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${y2}`;
}
