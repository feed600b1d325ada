import { describe, expect, it } from 'vitest';
import type { Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { eventFlow, flowingNodes } from '../../../server/cluster/argo/ui/state/event-flow.ts';
import { readiness } from '../../../server/cluster/argo/ui/state/event-kinds.ts';
import { report } from '../../../server/cluster/argo/ui/state/reports.ts';

const ended = (name: string, phase: string, seconds: number, cpu?: number): Workflow => ({ metadata: { name, namespace: 'n' }, spec: {}, status: { phase, startedAt: '2026-01-01T00:00:00Z', finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(), ...(cpu === undefined ? {} : { resourcesDuration: { cpu } }) } });

describe('the report', () => {
  it('counts phases, durations and resources of what has ended', () => {
    const running: Workflow = { metadata: { name: 'r' }, spec: {}, status: { phase: 'Running', startedAt: '2026-01-01T00:00:00Z' } };
    expect(report([ended('slow', 'Failed', 30, 4), ended('fast', 'Succeeded', 10, 2), running])).toEqual({
      rows: [
        { name: 'fast', namespace: 'n', phase: 'Succeeded', duration: 10, resources: { cpu: 2 } },
        { name: 'slow', namespace: 'n', phase: 'Failed', duration: 30, resources: { cpu: 4 } },
      ],
      phases: [
        { phase: 'Succeeded', count: 1 },
        { phase: 'Failed', count: 1 },
        { phase: 'Error', count: 0 },
      ],
      longest: 30,
      average: 20,
      p95: 30,
      resources: [{ name: 'cpu', seconds: 6 }],
    });
  });

  it('says nothing of nothing', () => {
    const { rows, longest, average, p95 } = report([]);
    expect({ rows, longest, average, p95 }).toEqual({ rows: [], longest: 0, average: 0, p95: 0 });
  });
});

describe('the event flow', () => {
  const flow = (parts: Partial<Parameters<typeof eventFlow>[1]>) => Object.values(eventFlow('n', { bindings: [], sources: [], sensors: [], workflows: [], ...parts })).map((node) => [node.id, node.children, node.path]);

  it('leads from an event over its binding and template to the workflows', () => {
    const bindings = [{ metadata: { name: 'b' }, spec: { event: { selector: 'payload.x == 1' }, submit: { workflowTemplateRef: { name: 't', clusterScope: true } } } }];
    const workflows: Workflow[] = [{ metadata: { name: 'w', namespace: 'n', labels: { 'workflows.argoproj.io/workflow-event-binding': 'b' } }, spec: {}, status: { phase: 'Running' } }];
    expect(flow({ bindings, workflows })).toEqual([
      ['event binding b', ['template t'], 'workflow-event-bindings/n'],
      ['event payload.x == 1', ['event binding b'], 'workflow-event-bindings/n'],
      ['template t', ['workflow w'], 'cluster-workflow-templates/t'],
      ['workflow w', [], 'workflows/n/w'],
    ]);
  });

  it('leads from an event source over its sensor and conditions to the triggers and their workflows', () => {
    const sources = [{ metadata: { name: 'hook' }, spec: { eventBusName: 'default', template: { container: {} }, webhook: { push: {} } } }];
    const sensors = [{ metadata: { name: 's' }, spec: { dependencies: [{ eventSourceName: 'hook', eventName: 'push' }], triggers: [{ template: { name: 'go', k8s: {} } }, { template: { name: 'log', conditions: 'a && b', log: {} } }] } }];
    const made = (name: string, trigger: string, second: number): Workflow => ({ metadata: { name, namespace: 'n', creationTimestamp: `2026-01-01T00:00:0${second}Z`, labels: { 'events.argoproj.io/sensor': 's', 'events.argoproj.io/trigger': trigger } }, spec: {}, status: {} });
    const workflows = [made('w1', 'go', 1), made('w2', 'go', 2), made('w3', 'go', 3), made('w4', 'go', 4), made('old', 'gone', 5)];
    expect(flow({ sources, sensors, workflows })).toEqual([
      ['event source hook/push', ['sensor s'], 'event-sources/n/hook'],
      ['sensor s', ['trigger s/go', 'conditions s/a && b', 'workflow old'], 'sensors/n/s'],
      ['trigger s/go', ['workflow w4', 'workflow w3', 'collapsed trigger s/go'], 'sensors/n/s'],
      ['workflow w4', [], 'workflows/n/w4'],
      ['workflow w3', [], 'workflows/n/w3'],
      ['collapsed trigger s/go', [], undefined],
      ['trigger s/log', [], 'sensors/n/s'],
      ['conditions s/a && b', ['trigger s/log'], undefined],
      ['workflow old', [], 'workflows/n/old'],
    ]);
    expect(flow({ sources, sensors, workflows, expanded: true }).map(([id]) => id)).toContain('workflow w1');
  });

  it('shows where an event has just passed', () => {
    expect([flowingNodes({ eventSourceName: 'hook', eventName: 'push', msg: 'x' }), flowingNodes({ sensorName: 's', triggerName: 'go' }), flowingNodes({ sensorName: 's' }), flowingNodes({ level: 5 })]).toEqual([['event source hook/push'], ['sensor s', 'trigger s/go'], ['sensor s'], []]);
  });

  it('says of a source or a sensor whether it is ready', () => {
    const of = (...statuses: string[]) => readiness({ status: { conditions: statuses.map((status) => ({ status })) } });
    expect([readiness({}), of('True', 'True'), of('True', 'Unknown'), of('True', 'False')]).toEqual(['', 'Ready', 'Pending', 'Failed']);
  });
});
