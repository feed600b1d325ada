import { describe, expect, it } from 'vitest';
import type { Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { applyEvent, EVENT_FIELDS, ITEM_FIELDS, belongs, byNewest, labelSelector, listRequest, readListQuery } from '../../../server/cluster/argo/ui/state/list-query.ts';

const query = (text: string) => readListQuery(new URLSearchParams(text));
const workflow = (name: string, status: Workflow['status'] = {}): Workflow => ({ metadata: { name, uid: name, creationTimestamp: '2026-01-02T00:00:00Z' }, spec: {}, status });
const names = (list: readonly Workflow[]) => list.map((one) => one.metadata.name);

describe('the list of workflows', () => {
  it('is asked for by labels, template, cron workflow and phases', () => {
    expect([labelSelector(query('label=a=b&template=t&cronWorkflow=c&phase=Failed,Error')), labelSelector(query('phase=Pending&phase=Running')), labelSelector(query('phase=Pending,Running,Succeeded,Failed,Error')), labelSelector(query(''))]).toEqual([
      'a=b,workflows.argoproj.io/workflow-template=t,workflows.argoproj.io/cron-workflow=c,workflows.argoproj.io/phase in (Failed,Error)',
      'workflows.argoproj.io/phase notin (Succeeded,Failed,Error)',
      '',
      '',
    ]);
  });

  it('is asked for by name, time and page, without the nodes', () => {
    const { fields, ...rest } = listRequest(query('name=x&nameFilter=Prefix&createdAfter=2026-01-01&limit=5&offset=10'));
    expect(rest).toEqual({ 'listOptions.labelSelector': '', 'listOptions.limit': 5, 'listOptions.continue': 10, 'listOptions.fieldSelector': 'metadata.name=x', nameFilter: 'Prefix', createdAfter: new Date(2026, 0, 1).toISOString().replace('.000Z', 'Z') });
    expect([String(fields).includes('items.status.phase'), String(fields).includes('nodes')]).toEqual([true, false]);
  });

  it('forgives an address with nonsense in it', () => {
    expect(query('nameFilter=Regexp&limit=many&offset=-1&createdAfter=today')).toEqual({ name: '', nameFilter: 'Contains', labels: '', template: '', cron: '', phases: [], createdAfter: 'today', finishedBefore: '', limit: 50, offset: 0 });
    expect(query('limit=0').limit).toBe(50);
    expect(Object.keys(listRequest(query('createdAfter=today')))).toEqual(['listOptions.labelSelector', 'listOptions.limit', 'fields']);
  });

  it('compares names in three ways', () => {
    expect(['Contains', 'Prefix', 'Exact'].map((how) => ['my-x', 'x-1', 'x'].filter((name) => belongs(workflow(name), query(`name=x&nameFilter=${how}`))))).toEqual([['my-x', 'x-1', 'x'], ['x-1', 'x'], ['x']]);
  });

  it('takes in what begins, drops what ends up elsewhere, and keeps its length', () => {
    const list = [workflow('a', { phase: 'Running', startedAt: '2026-01-02T00:00:01Z' })];
    const added = { type: 'ADDED', object: workflow('b', { phase: 'Running', startedAt: '2026-01-02T00:00:02Z' }) };
    expect([
      names(applyEvent(list, added, query(''))),
      names(applyEvent(list, added, query('limit=1'))),
      names(applyEvent(list, added, query('offset=50'))),
      names(applyEvent(list, added, query('name=a'))),
      names(applyEvent(list, { type: 'DELETED', object: workflow('a') }, query(''))),
      names(applyEvent(list, { type: 'MODIFIED', object: workflow('a', { phase: 'Failed' }) }, query('phase=Running'))),
    ]).toEqual([['b', 'a'], ['b'], ['a'], ['a'], [], []]);
  });

  it('has unfinished ones first, then the latest end', () => {
    const ended = (name: string, second: number) => workflow(name, { startedAt: '2026-01-02T00:00:00Z', finishedAt: `2026-01-02T00:00:0${second}Z` });
    expect(names([ended('first', 1), ended('last', 2), workflow('runs', { startedAt: '2026-01-01T00:00:00Z' })].sort(byNewest))).toEqual(['runs', 'last', 'first']);
  });
});

it('asks of an event for what the list asks of a workflow, and for its type', () => {
  const listed = ITEM_FIELDS.split(',').filter((field) => field.startsWith('items.'));
  expect(EVENT_FIELDS.split(',')).toEqual(['result.type', ...listed.map((field) => field.replace('items.', 'result.object.'))]);
  expect(listed).not.toContain('items.status.nodes');
});
