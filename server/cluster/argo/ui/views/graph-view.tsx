import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { NodeStatus } from '../api/shapes.ts';
import { inRegion, layout } from '../state/graph.ts';
import type { GraphNode } from '../state/graph.ts';
import { phaseIconPath } from './icons.tsx';
import { useViewport } from './viewport.ts';

const RADIUS = 17;
const GROUPS = new Set(['StepGroup', 'TaskGroup']);
const [ZOOM_STEP, ZOOM_MIN, ZOOM_MAX] = [1.25, 0.1, 2.5];
/** Below this no word can be read: nodes are dots then. */
const ZOOM_WORDS = 0.45;
/** Pixels around what is in sight that are drawn too, so that scrolling shows no holes. */
const AROUND = 150;

/** The workflow's nodes as a graph; each node is a button. Only what is in sight is drawn, so that thousands cost as little as a few. */
export function GraphView({ nodes, selected, onSelect }: { nodes: Readonly<Record<string, NodeStatus>>; selected: string | undefined; onSelect(id: string): void }): JSX.Element {
  const graph = useMemo(() => layout(nodes), [nodes]);
  const zoom = useSignal(1);
  const wanted = useSignal('');
  const ref = useRef<HTMLDivElement>(null);
  const centre = useRef<{ x: number; y: number } | undefined>(undefined);
  const show = (element: HTMLElement, x: number, y: number) => {
    element.scrollLeft = x * zoom.value - element.clientWidth / 2;
    element.scrollTop = y * zoom.value - element.clientHeight / 2;
  };
  const seen = useViewport(ref, (element) => {
    const start = graph.nodes.find((node) => node.id === selected) ?? graph.nodes.toSorted((a, b) => a.y - b.y)[0];
    if (start !== undefined) show(element, start.x, start.y);
  });
  useLayoutEffect(() => {
    if (ref.current !== null && centre.current !== undefined) show(ref.current, centre.current.x, centre.current.y);
    centre.current = undefined;
  }, [zoom.value]);

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
    onSelect(next.id);
    if (ref.current !== null) show(ref.current, next.x, next.y);
  };

  const words = zoom.value >= ZOOM_WORDS;
  const drawn = seen === undefined ? { nodes: [], edges: [] } : inRegion(graph, { left: (seen.left - AROUND) / zoom.value, top: (seen.top - AROUND) / zoom.value, right: (seen.left + seen.width + AROUND) / zoom.value, bottom: (seen.top + seen.height + AROUND) / zoom.value });
  return (
    <div class="graph-box">
      <div class="graph-tools" role="group" aria-label="Graph tools">
        <button type="button" class="pill" onClick={() => zoomTo(zoom.value * ZOOM_STEP)} aria-label="Zoom in" title="Zoom in">
          +
        </button>
        <button type="button" class="pill" onClick={() => zoomTo(zoom.value / ZOOM_STEP)} aria-label="Zoom out" title="Zoom out">
          −
        </button>
        <button type="button" class="pill" onClick={fit}>
          Fit
        </button>
        <input
          type="search"
          placeholder="Search"
          aria-label="Search nodes; Enter selects the next one"
          onInput={(event) => (wanted.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') goToNext();
          }}
        />
        <span role="status">{wanted.value === '' ? `${graph.nodes.length} ${graph.nodes.length === 1 ? 'node' : 'nodes'}` : `${found.length} found`}</span>
      </div>
      <div ref={ref} class="graph" role="group" aria-label="Workflow graph" tabIndex={0}>
        <svg width={graph.width * zoom.value} height={graph.height * zoom.value} viewBox={`0 0 ${graph.width} ${graph.height}`}>
          <defs>
            <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
              <path d="M0 0L10 5L0 10z" class="arrow" />
            </marker>
          </defs>
          {drawn.edges.map(({ edge, from, to }) => (
            <path key={`${edge.from} ${edge.to}`} class="edge" d={edgePath(from, to)} marker-end={words ? 'url(#arrow)' : undefined} />
          ))}
          {drawn.nodes.map((node) => (
            <Node key={node.id} node={node} words={words} mark={node.id === selected ? 'node-selected' : foundIds.has(node.id) ? 'node-found' : ''} onSelect={onSelect} />
          ))}
        </svg>
      </div>
    </div>
  );
}

function Node({ node, words, mark, onSelect }: { node: GraphNode; words: boolean; mark: string; onSelect(id: string): void }): JSX.Element {
  const group = GROUPS.has(node.type);
  return (
    <g
      class={`node node-${node.phase} ${mark}`}
      transform={`translate(${node.x} ${node.y})`}
      role="button"
      tabIndex={0}
      aria-label={`${node.label}, ${node.type}, ${node.phase}`}
      aria-pressed={mark === 'node-selected'}
      onClick={() => onSelect(node.id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onSelect(node.id);
      }}
    >
      <circle r={group ? 8 : RADIUS} />
      {words && !group && <path class="node-icon" d={phaseIconPath(node.phase)} transform="translate(-10 -10) scale(0.83)" />}
      {words && <text y={group ? 24 : 33}>{node.label.length > 18 ? `${node.label.slice(0, 17)}…` : node.label}</text>}
      <title>{node.label}</title>
    </g>
  );
}

function edgePath(from: GraphNode, to: GraphNode): string {
  const y1 = from.y + (GROUPS.has(from.type) ? 30 : 40);
  const y2 = to.y - (GROUPS.has(to.type) ? 10 : RADIUS + 2);
  const middle = (y1 + y2) / 2;
  return `M${from.x} ${y1}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${y2}`;
}
