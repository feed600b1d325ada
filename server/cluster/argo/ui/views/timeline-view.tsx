import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { NodeStatus } from '../api/shapes.ts';
import { duration } from '../state/format.ts';
import { now } from '../state/time.ts';
import { rowsInView, timeline } from '../state/timeline.ts';
import { PhaseIcon } from './icons.tsx';
import { useViewport } from './viewport.ts';

const ROW = 30;
const MARKS = 5;

/** When each node ran, one below the other. Only the rows in sight are drawn. */
export function TimelineView({ nodes, selected, onSelect }: { nodes: Readonly<Record<string, NodeStatus>>; selected: string | undefined; onSelect(id: string): void }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const seen = useViewport(ref);
  const { rows, start, end } = timeline(nodes, now.value);
  const [first, last] = rowsInView(rows.length, ROW, seen?.top ?? 0, seen?.height ?? 600);
  const seconds = (end - start) / 1000;
  return (
    <div class="timeline-box">
      <div class="timeline-scale" aria-hidden="true">
        {Array.from({ length: MARKS }, (_, i) => (
          <span key={i}>{duration((seconds * i) / (MARKS - 1))}</span>
        ))}
      </div>
      <div ref={ref} class="timeline" role="group" aria-label="Workflow timeline" tabIndex={0}>
        <div style={{ height: `${rows.length * ROW}px` }}>
          {rows.slice(first, last).map((row, i) => (
            <button
              key={row.id}
              type="button"
              class={row.id === selected ? 'timeline-row here' : 'timeline-row'}
              style={{ top: `${(first + i) * ROW}px`, height: `${ROW}px` }}
              aria-pressed={row.id === selected}
              aria-label={`${row.label}, ${row.type}, ${row.phase}, ${duration((row.to - row.from) * seconds)}`}
              onClick={() => onSelect(row.id)}
            >
              <span class="timeline-name">
                <PhaseIcon phase={row.phase} /> {row.label}
              </span>
              <span class="timeline-track">
                <span class={`timeline-bar phase-${row.phase}`} style={{ left: `${row.from * 100}%`, width: `${Math.max(0.4, (row.to - row.from) * 100)}%` }} />
              </span>
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}
