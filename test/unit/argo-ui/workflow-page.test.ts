import { describe, expect, it } from 'vitest';
import type { NodeStatus, Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { actionRequest, actionsFor, isArchived, isInCluster } from '../../../server/cluster/argo/ui/state/actions.ts';
import { inRegion, layout } from '../../../server/cluster/argo/ui/state/graph.ts';
import { rowsInView, timeline } from '../../../server/cluster/argo/ui/state/timeline.ts';

const AT = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;
const node = (id: string, rest: Partial<NodeStatus> = {}): NodeStatus => ({ id, name: id, type: 'Pod', phase: 'Succeeded', ...rest });
const workflow = (phase: string | undefined, rest: Partial<Workflow> = {}): Workflow => ({ metadata: { name: 'w', namespace: 'n', uid: 'u' }, spec: {}, status: phase === undefined ? {} : { phase }, ...rest });
const verbs = (one: Workflow) => actionsFor(one).map((action) => action.verb);
const NONE = { memoized: false, restartSuccessful: false, nodeFieldSelector: '', parameters: undefined };

describe('what can be done with a workflow', () => {
  it('hangs on its phase', () => {
    expect([undefined, 'Running', 'Succeeded', 'Failed', 'Error'].map((phase) => verbs(workflow(phase)))).toEqual([
      ['resubmit', 'suspend', 'stop', 'terminate', 'delete'],
      ['resubmit', 'suspend', 'stop', 'terminate', 'delete'],
      ['resubmit', 'delete'],
      ['retry', 'resubmit', 'delete'],
      ['retry', 'resubmit', 'delete'],
    ]);
  });

  it('is to resume where it is suspended, as a whole or in a node', () => {
    const whole = workflow('Running', { spec: { suspend: true } });
    const inNode = workflow('Running', { status: { phase: 'Running', nodes: { a: node('a', { type: 'Suspend', phase: 'Running' }) } } });
    expect([verbs(whole), verbs(inNode)]).toEqual([
      ['resubmit', 'resume', 'stop', 'terminate', 'delete'],
      ['resubmit', 'resume', 'stop', 'terminate', 'delete'],
    ]);
  });

  it('asks the server for it, with the options that belong to it', () => {
    const options = { memoized: true, restartSuccessful: true, nodeFieldSelector: 'displayName=a', parameters: { p: '1', q: 'a=b' } };
    const one = workflow('Failed');
    expect([actionRequest(one, 'resubmit', options), actionRequest(one, 'retry', options), actionRequest(one, 'retry', { ...NONE, nodeFieldSelector: 'x' }), actionRequest(one, 'stop', NONE), actionRequest(one, 'delete', NONE)]).toEqual([
      { method: 'PUT', path: 'workflows/n/w/resubmit', body: { name: 'w', namespace: 'n', memoized: true, parameters: ['p=1', 'q=a=b'] } },
      { method: 'PUT', path: 'workflows/n/w/retry', body: { name: 'w', namespace: 'n', restartSuccessful: true, nodeFieldSelector: 'displayName=a', parameters: ['p=1', 'q=a=b'] } },
      { method: 'PUT', path: 'workflows/n/w/retry', body: { name: 'w', namespace: 'n', restartSuccessful: false } },
      { method: 'PUT', path: 'workflows/n/w/stop', body: { name: 'w', namespace: 'n' } },
      { method: 'DELETE', path: 'workflows/n/w' },
    ]);
  });

  it('goes to the archive for what is only there', () => {
    const kept = workflow('Failed', { metadata: { name: 'w', namespace: 'n', uid: 'u', labels: { 'workflows.argoproj.io/workflow-archiving-status': 'Persisted' } } });
    const both = workflow('Failed', { metadata: { name: 'w', labels: { 'workflows.argoproj.io/workflow-archiving-status': 'Archived' } } });
    expect([actionRequest(kept, 'delete', NONE), actionRequest(kept, 'resubmit', NONE)]).toEqual([
      { method: 'DELETE', path: 'archived-workflows/u', query: { namespace: 'n' } },
      { method: 'PUT', path: 'archived-workflows/u/resubmit', body: { name: 'w', namespace: 'n', uid: 'u', memoized: false } },
    ]);
    expect([kept, both, workflow('Failed')].map((one) => [isArchived(one), isInCluster(one)])).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ]);
  });
});

describe('the timeline', () => {
  it('has a bar for what has begun, in the order of beginning, until now for what runs', () => {
    const nodes = { late: node('late', { startedAt: AT(5), phase: 'Running' }), early: node('early', { startedAt: AT(0), finishedAt: AT(5) }), never: node('never', { phase: 'Pending' }) };
    expect(timeline(nodes, Date.parse(AT(10)))).toEqual({
      rows: [
        { id: 'early', label: 'early', type: 'Pod', phase: 'Succeeded', from: 0, to: 0.5 },
        { id: 'late', label: 'late', type: 'Pod', phase: 'Running', from: 0.5, to: 1 },
      ],
      start: Date.parse(AT(0)),
      end: Date.parse(AT(10)),
    });
  });

  it('is a second wide at least, and empty without nodes', () => {
    const { start, end, rows } = timeline({ a: node('a', { startedAt: AT(3), finishedAt: AT(3) }) }, 0);
    expect([end - start, rows[0]?.to, timeline({}, 7)]).toEqual([1000, 0, { rows: [], start: 7, end: 7 }]);
  });

  it('draws the rows in sight and a few around', () => {
    expect([rowsInView(2000, 30, 0, 300), rowsInView(2000, 30, 30_000, 300), rowsInView(5, 30, 0, 300)]).toEqual([
      [0, 20],
      [990, 1020],
      [0, 5],
    ]);
  });
});

describe('a large graph', () => {
  it('may be a chain of thousands', () => {
    const chain = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`n${i}`, node(`n${i}`, { children: [`n${i + 1}`] })]));
    expect(layout(chain).nodes.at(-1)).toEqual({ id: 'n4999', label: 'n4999', type: 'Pod', phase: 'Succeeded', x: 60, y: 60 + 4999 * 92 });
  });

  it('is drawn where one looks, with the edges that lead there', () => {
    const graph = layout({ a: node('a', { children: ['b'] }), b: node('b', { children: ['c'] }), c: node('c') });
    const drawn = inRegion(graph, { left: 0, top: 140, right: 100, bottom: 170 });
    expect([drawn.nodes.map((one) => one.id), drawn.edges.map(({ from, to }) => ({ from: from.id, to: to.id }))]).toEqual([['b'], [{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }]]);
  });
});
