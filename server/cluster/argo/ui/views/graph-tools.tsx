import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { NodeStatus } from '../api/shapes.ts';
import type { Direction } from '../state/graph.ts';
import { templateLabel } from '../state/graph-shown.ts';
import type { GraphOptions } from '../state/graph-shown.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';

export interface GraphToolsProps {
  nodes: Readonly<Record<string, NodeStatus>>;
  options: Signal<GraphOptions>;
  direction: Signal<Direction>;
  wanted: Signal<string>;
  /** How many nodes there are, or how many were found. */
  told: string;
  onZoom(by: 'in' | 'out' | 'fit'): void;
  onNext(): void;
}

/** The row of tools above a workflow's graph. */
export function GraphTools({ nodes, options, direction, wanted, told, onZoom, onNext }: GraphToolsProps): JSX.Element {
  const { artifacts, templates, collapsed } = options.value;
  const change = (part: Partial<GraphOptions>) => (options.value = { ...options.value, ...part });
  const tool = (title: string, icon: IconName, action: () => void, pressed?: boolean) => (
    <button type="button" class={pressed === true ? 'tool pressed' : 'tool'} aria-label={title} title={title} aria-pressed={pressed} onClick={action}>
      <Icon name={icon} />
    </button>
  );
  return (
    <div class="graph-tools" role="group" aria-label="Graph tools">
      <NodeFilter nodes={nodes} options={options} />
      {tool(direction.value === 'down' ? 'Lay out from left to right' : 'Lay out from top to bottom', direction.value === 'down' ? 'arrowDown' : 'arrowRight', () => (direction.value = direction.value === 'down' ? 'right' : 'down'))}
      <button type="button" class="tool" onClick={() => onZoom('in')} aria-label="Zoom in" title="Zoom in">
        +
      </button>
      <button type="button" class="tool" onClick={() => onZoom('out')} aria-label="Zoom out" title="Zoom out">
        −
      </button>
      <button type="button" class="tool" onClick={() => onZoom('fit')}>
        Fit
      </button>
      {tool('Show artifacts', 'file', () => change({ artifacts: !artifacts }), artifacts)}
      {tool('Collapse all nodes', 'fold', () => change({ collapsed: true, expanded: new Set() }), collapsed)}
      {tool('Expand all nodes', 'unfold', () => change({ collapsed: false, expanded: new Set() }), !collapsed)}
      {tool('Show template names', 'tag', () => change({ templates: !templates }), templates)}
      <input
        type="search"
        placeholder="Search"
        aria-label="Search nodes; Enter selects the next one"
        onInput={(event) => (wanted.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onNext();
        }}
      />
      <span role="status">{told}</span>
    </div>
  );
}

/** Nodes of which types, phases and templates are shown. */
function NodeFilter({ nodes, options }: { nodes: Readonly<Record<string, NodeStatus>>; options: Signal<GraphOptions> }): JSX.Element {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const { hiddenTypes, hiddenPhases, hiddenTemplates } = options.value;
  const count = (values: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const group = (legend: string, counts: readonly [string, number][], field: 'hiddenTypes' | 'hiddenPhases' | 'hiddenTemplates') => (
    <fieldset>
      <legend>{legend}</legend>
      {counts.map(([value, number]) => (
        <label key={value} class="check-row">
          <input
            type="checkbox"
            checked={!options.value[field].has(value)}
            onChange={(event) => {
              const hidden = new Set(options.value[field]);
              if (event.currentTarget.checked) hidden.delete(value);
              else hidden.add(value);
              options.value = { ...options.value, [field]: hidden };
            }}
          />
          {value} ({number})
        </label>
      ))}
    </fieldset>
  );
  const list = Object.values(nodes);
  const hidden = hiddenTypes.size + hiddenPhases.size + hiddenTemplates.size;
  return (
    <div
      ref={box}
      class="node-filter"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open.value) return;
        open.value = false;
        box.current?.querySelector('button')?.focus();
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)) open.value = false;
      }}
    >
      <button type="button" class={hidden > 0 ? 'tool pressed' : 'tool'} aria-label="Filter nodes" title="Filter nodes" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <Icon name="filter" />
        <Icon name="down" />
      </button>
      {open.value && (
        <div class="node-filter-box" role="group" aria-label="Shown nodes">
          {group('Node type', count(list.map((node) => node.type)), 'hiddenTypes')}
          {group('Node phase', count(list.map((node) => node.phase ?? 'Pending')), 'hiddenPhases')}
          {group('Template', count(list.map(templateLabel)), 'hiddenTemplates')}
          {hidden > 0 && (
            <button type="button" class="link" onClick={() => (options.value = { ...options.value, hiddenTypes: new Set(), hiddenPhases: new Set(), hiddenTemplates: new Set() })}>
              Show all
            </button>
          )}
        </div>
      )}
    </div>
  );
}
