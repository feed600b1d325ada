import type { Workflow } from '../api/shapes.ts';

export interface ReportRow {
  name: string;
  namespace: string;
  phase: string;
  /** Seconds. */
  duration: number;
  /** Seconds that resources were held, by resource: `cpu`, `memory`. */
  resources: Readonly<Record<string, number>>;
}

export interface Report {
  /** In the order of their ends, the latest last. */
  rows: ReportRow[];
  phases: { phase: string; count: number }[];
  longest: number;
  average: number;
  /** The 95th percentile of the durations. */
  p95: number;
  resources: { name: string; seconds: number }[];
}

/** What a list of finished workflows says as a whole; those without times are left out. */
export function report(workflows: readonly Workflow[]): Report {
  const rows = workflows
    .flatMap((workflow) => {
      const { startedAt, finishedAt, phase = '', resourcesDuration } = workflow.status;
      const [from, to] = [Date.parse(startedAt ?? ''), Date.parse(finishedAt ?? '')];
      if (Number.isNaN(from) || Number.isNaN(to)) return [];
      return [{ to, row: { name: workflow.metadata.name ?? '', namespace: workflow.metadata.namespace ?? '', phase, duration: Math.max(0, (to - from) / 1000), resources: resourcesDuration ?? {} } }];
    })
    .sort((a, b) => a.to - b.to || (a.row.name < b.row.name ? -1 : 1))
    .map(({ row }) => row);
  const durations = rows.map((row) => row.duration).sort((a, b) => a - b);
  const counts = new Map<string, number>();
  const resources = new Map<string, number>();
  for (const row of rows) {
    counts.set(row.phase, (counts.get(row.phase) ?? 0) + 1);
    for (const [name, seconds] of Object.entries(row.resources)) resources.set(name, (resources.get(name) ?? 0) + seconds);
  }
  return {
    rows,
    phases: ['Succeeded', 'Failed', 'Error'].map((phase) => ({ phase, count: counts.get(phase) ?? 0 })),
    longest: durations.at(-1) ?? 0,
    average: durations.length === 0 ? 0 : durations.reduce((sum, one) => sum + one, 0) / durations.length,
    p95: durations[Math.max(0, Math.ceil(durations.length * 0.95) - 1)] ?? 0,
    resources: [...resources].map(([name, seconds]) => ({ name, seconds })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
