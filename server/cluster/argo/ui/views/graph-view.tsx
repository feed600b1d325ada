import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { NodeStatus } from '../api/shapes.ts';
import { layout } from '../state/graph.ts';
import type { GraphNode } from '../state/graph.ts';
import { phaseIconPath } from './icons.tsx';

const RADIUS = 17;
const GROUPS = new Set(['StepGroup', 'TaskGroup']);

/** The workflow's nodes as a graph; each node is a button. */
export function GraphView({ nodes, selected, zoom, onSelect }: { nodes: Readonly<Record<string, NodeStatus>>; selected: string | undefined; zoom: number; onSelect(id: string): void }): JSX.Element {
  const graph = useMemo(() => layout(nodes), [nodes]);
  const at = new Map(graph.nodes.map((node) => [node.id, node]));
  return (
    <div class="graph" role="group" aria-label="Workflow graph" tabIndex={0}>
      <svg width={graph.width * zoom} height={graph.height * zoom} viewBox={`0 0 ${graph.width} ${graph.height}`}>
        <defs>
          <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L10 5L0 10z" class="arrow" />
          </marker>
        </defs>
        {graph.edges.map((edge) => {
          const from = at.get(edge.from);
          const to = at.get(edge.to);
          return from !== undefined && to !== undefined && <path key={`${edge.from} ${edge.to}`} class="edge" d={edgePath(from, to)} marker-end="url(#arrow)" />;
        })}
        {graph.nodes.map((node) => (
          <g
            key={node.id}
            class={`node node-${node.phase} ${node.id === selected ? 'node-selected' : ''}`}
            transform={`translate(${node.x} ${node.y})`}
            role="button"
            tabIndex={0}
            aria-label={`${node.label}, ${node.type}, ${node.phase}`}
            aria-pressed={node.id === selected}
            onClick={() => onSelect(node.id)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              onSelect(node.id);
            }}
          >
            <circle r={GROUPS.has(node.type) ? 8 : RADIUS} />
            {!GROUPS.has(node.type) && <path class="node-icon" d={phaseIconPath(node.phase)} transform="translate(-10 -10) scale(0.83)" />}
            <text y={GROUPS.has(node.type) ? 24 : 33}>{node.label.length > 18 ? `${node.label.slice(0, 17)}…` : node.label}</text>
            <title>{node.label}</title>
          </g>
        ))}
      </svg>
    </div>
  );
}

function edgePath(from: GraphNode, to: GraphNode): string {
  const y1 = from.y + (GROUPS.has(from.type) ? 30 : 40);
  const y2 = to.y - (GROUPS.has(to.type) ? 10 : RADIUS + 2);
  const middle = (y1 + y2) / 2;
  return `M${from.x} ${y1}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${y2}`;
}
