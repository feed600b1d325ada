import { expect, it } from 'vitest';
import { planGraph } from '../../../server/cluster/argo/ui/state/plan-graph.ts';

const drawn = (spec: Record<string, unknown>) => Object.values(planGraph('w', spec)).map((node) => `${node.displayName ?? ''} ${node.type} > ${(node.children ?? []).join(' ')}`.trim());
const pod = (name: string) => ({ name, container: { image: 'x' } });

it('draws a workflow of one pod', () => {
  expect(drawn({ entrypoint: 'main', templates: [pod('main')] })).toEqual(['w Pod >']);
});

it('draws steps below one another, with loops, retries and an exit handler', () => {
  const steps = [[{ name: 'a', template: 'p' }, { name: 'b', template: 'r', withItems: [1] }], [{ name: 'c', templateRef: { name: 'other', template: 't' } }]];
  expect(drawn({ entrypoint: 'main', onExit: 'p', templates: [{ name: 'main', steps }, pod('p'), { ...pod('r'), retryStrategy: {} }] })).toEqual([
    'w Steps > w[0]',
    '[0] StepGroup > w[0].a w[0].b(each)',
    'a Pod > w[1]',
    'b TaskGroup > w[0].b(retry)',
    'b Retry > w[0].b',
    'b(0) Pod > w[1]',
    '[1] StepGroup > w[1].c',
    'c Pod >',
    'w.onExit Pod >',
  ]);
});

it('draws tasks after those that they depend on, through what is inside of these', () => {
  const tasks = [
    { name: 'a', template: 'inner' },
    { name: 'b', template: 'p', depends: 'a.Succeeded && !gone.Failed' },
    { name: 'c', dependencies: ['b'], inline: { suspend: {} } },
  ];
  expect(drawn({ entrypoint: 'main', templates: [{ name: 'main', dag: { tasks } }, { name: 'inner', dag: { tasks: [{ name: 'x', template: 'p' }, { name: 'y', template: 'p' }] } }, pod('p')] })).toEqual(['w DAG > w.a', 'a DAG > w.a.x w.a.y', 'x Pod > w.b', 'y Pod > w.b', 'b Pod > w.c', 'c Suspend >']);
});

it('does not follow a template into itself, nor draw without end', () => {
  expect(drawn({ entrypoint: 'main', templates: [{ name: 'main', steps: [[{ name: 'again', template: 'main' }]] }] })).toEqual(['w Steps > w[0]', '[0] StepGroup > w[0].again', 'again Steps >']);
  const twice = (name: string, next: string) => ({ name, steps: [[{ name: 'l', template: next }, { name: 'r', template: next }]] });
  const templates = [...Array.from({ length: 30 }, (_, i) => twice(`t${i}`, `t${i + 1}`)), pod('t30')];
  expect(drawn({ entrypoint: 't0', templates }).length).toBeLessThan(2200);
});

it('draws nothing of what is no spec', () => {
  expect([drawn({}), drawn({ entrypoint: 'gone', templates: 'text' }), drawn({ entrypoint: 'm', templates: [{ name: 'm', steps: ['x', [5]] }] })]).toEqual([[], ['w Pod >'], ['w Steps > w[0]', '[0] StepGroup > w[1]', '[1] StepGroup >']]);
});
