import type { NodeStatus } from '../api/shapes.ts';

export interface TimelineRow {
  id: string;
  label: string;
  type: string;
  phase: string;
  /** Both from 0 to 1 of the whole span. */
  from: number;
  to: number;
}

export interface Timeline {
  rows: TimelineRow[];
  /** In milliseconds since 1970. */
  start: number;
  end: number;
}

/** One bar a node that has begun, by time of start; what runs still ends now. */
export function timeline(nodes: Readonly<Record<string, NodeStatus>>, now: number): Timeline {
  const spans = Object.values(nodes)
    .flatMap((node) => {
      const from = Date.parse(node.startedAt ?? '');
      if (Number.isNaN(from)) return [];
      const end = Date.parse(node.finishedAt ?? '');
      return [{ node, from, to: Math.max(from, Number.isNaN(end) ? now : end) }];
    })
    .sort((a, b) => a.from - b.from || b.to - a.to || (a.node.name < b.node.name ? -1 : 1));
  const first = spans[0];
  if (first === undefined) return { rows: [], start: now, end: now };
  const start = first.from;
  const end = spans.reduce((latest, span) => Math.max(latest, span.to), start);
  // Times are whole seconds: what began and ended within one still gets a bar.
  const whole = Math.max(1000, end - start);
  return {
    rows: spans.map(({ node, from, to }) => ({ id: node.id, label: node.displayName ?? node.name, type: node.type, phase: node.phase ?? 'Pending', from: (from - start) / whole, to: (to - start) / whole })),
    start,
    end: start + whole,
  };
}

/** Which of `count` rows of `size` pixels stand in a window: the first, and the one after the last. */
export function rowsInView(count: number, size: number, top: number, height: number, margin = 10): [number, number] {
  const first = Math.max(0, Math.min(count, Math.floor(top / size) - margin));
  return [first, Math.min(count, Math.ceil((top + height) / size) + margin)];
}
