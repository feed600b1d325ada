import { createServer } from 'node:http';
import type { ProgramContext } from '../../program.ts';
import { serveOn } from '../../program-io.ts';
import { printLabels } from './custom-metrics.ts';

/** What the controller tells of itself beside the custom metrics. */
export interface OwnMetrics {
  /** Workflows by phase. */
  phases(): Map<string, number>;
  /** Pods of workflows by phase. */
  pods(): Map<string, number>;
  /** How often a workflow of a namespace came to a phase: keys are `namespace phase`. */
  totals: ReadonlyMap<string, number>;
  /** Cron workflows that triggered: keys are `namespace name`. */
  custom(): string;
}

function gauge(name: string, help: string, type: 'gauge' | 'counter', rows: [Record<string, string>, number][]): string {
  const lines = rows.map(([labels, value]) => `${name}${printLabels(Object.entries(labels).map(([key, text]) => ({ key, value: text })))} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.map((line) => `${line}\n`).join('')}`;
}

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'];

/** The text of /metrics. After argo-workflows v3.7.6 workflow/metrics */
export function metricsText(own: OwnMetrics): string {
  const phases = own.phases();
  const pods = own.pods();
  return [
    gauge('argo_workflows_gauge', 'Gauge of the number of workflows currently in the cluster in each phase', 'gauge', PHASES.map((phase) => [{ phase }, phases.get(phase) ?? 0])),
    gauge('argo_workflows_is_leader', 'Emits 1 if leader, 0 otherwise. Always 1 if leader election is disabled', 'gauge', [[{}, 1]]),
    gauge('argo_workflows_pods_gauge', 'Gauge of the number of workflow created pods currently in the cluster in each phase', 'gauge', ['Pending', 'Running'].map((phase) => [{ phase }, pods.get(phase) ?? 0])),
    gauge('argo_workflows_total_count', 'Total number of workflows that have entered each phase', 'counter', [...own.totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => [{ namespace: key.split(' ')[0] ?? '', phase: key.split(' ')[1] ?? '' }, count])),
    gauge('argo_workflows_version', 'Build metadata for this Controller', 'gauge', [[{ version: 'v3.7.6', build_date: '2025-12-09T10:32:24Z', compiler: 'gc', git_commit: '9572e7b8243834b951385584c2a344378accb76d', git_tag: 'v3.7.6', git_tree_state: 'clean', go_version: 'go1.24.11', platform: 'linux/amd64' }, 1]]),
    own.custom(),
  ].join('');
}

/** Listens on the controller's ports: 6060 for its health, 9090 for its metrics. The returned function stops. */
export function listen(context: ProgramContext, own: OwnMetrics): () => void {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/metrics') !== true) {
      response.end('ok');
      return;
    }
    response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
    response.end(metricsText(own));
  });
  return serveOn(context, server, 6060, 9090);
}
