import { describe, expect, it } from 'vitest';
import type { NodeStatus, Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { ACTIONS, fits } from '../../../server/cluster/argo/ui/state/actions.ts';
import { containersOf, logContainers, templateOf } from '../../../server/cluster/argo/ui/state/containers.ts';
import { cronSchedules } from '../../../server/cluster/argo/ui/state/cron.ts';
import { apiPath, KINDS } from '../../../server/cluster/argo/ui/state/kinds.ts';
import { originLinks } from '../../../server/cluster/argo/ui/state/origin.ts';

const LABEL = 'workflows.argoproj.io/';
const made = (labels: Record<string, string>, spec: Workflow['spec'] = {}): Workflow => ({ metadata: { name: 'w', namespace: 'n', labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [LABEL + name, value])) }, spec, status: {} });
const links = (workflow: Workflow) => originLinks(workflow).map(({ title, path, query }) => [title, path, query?.['label']]);

describe('what a workflow was made from', () => {
  it('is nothing where it was submitted as it is', () => {
    expect(links(made({}))).toEqual([]);
  });

  it('is a cron workflow with the runs before it', () => {
    expect(links(made({ 'cron-workflow': 'hourly' }))).toEqual([
      ['Previous Runs', 'workflows/n', `${LABEL}cron-workflow=hourly`],
      ['Open Cron Workflow', 'cron-workflows/n/hourly', undefined],
    ]);
  });

  it('is a template, by its label or by the reference alone', () => {
    expect(links(made({ 'workflow-template': 't' }, { workflowTemplateRef: { name: 't' } }))).toEqual([
      ['Previous Runs', 'workflows/n', `${LABEL}workflow-template=t`],
      ['Open Workflow Template', 'workflow-templates/n/t', undefined],
    ]);
    expect(links(made({}, { workflowTemplateRef: { name: 'c', clusterScope: true } }))).toEqual([['Open Cluster Workflow Template', 'cluster-workflow-templates/c', undefined]]);
  });

  it('is another workflow that was submitted again', () => {
    expect(links(made({ 'resubmitted-from-workflow': 'first' }))).toEqual([
      ['Previous Runs', 'workflows/n', `${LABEL}resubmitted-from-workflow=first`],
      ['Open Original Workflow', 'workflows/n/first', undefined],
    ]);
  });
});

it('finds a kind’s objects where the API has them', () => {
  expect(KINDS.map((kind) => apiPath(kind, 'n', 'x'))).toEqual(['workflow-templates/n/x', 'cluster-workflow-templates/x', 'cron-workflows/n/x']);
  expect(KINDS.map((kind) => apiPath(kind, 'n'))).toEqual(['workflow-templates/n', 'cluster-workflow-templates', 'cron-workflows/n']);
});

it('offers for several workflows what fits one of them', () => {
  const running: Workflow = { metadata: { name: 'w' }, spec: {}, status: { phase: 'Running' } };
  expect(Object.values(ACTIONS).filter((action) => fits(running, action)).map((action) => action.verb)).toEqual(['resubmit', 'suspend', 'stop', 'terminate', 'delete']);
});

describe('the containers of a node', () => {
  const pod = (id: string, templateName: string, rest: Partial<NodeStatus> = {}): NodeStatus => ({ id, name: id, type: 'Pod', templateName, ...rest });
  const workflow: Workflow = {
    metadata: { name: 'w' },
    spec: {
      templates: [
        { name: 'plain', container: { image: 'a' } },
        { name: 'rich', script: { image: 'b' }, initContainers: [{ name: 'before', image: 'c' }], sidecars: [{ name: 'beside', image: 'd' }] },
        { name: 'set', containerSet: { containers: [{ name: 'one' }, { name: 'two' }] } },
      ],
    },
    status: { nodes: { x: pod('x', 'plain'), y: pod('y', 'rich'), z: pod('z', 'set') }, storedTemplates: { 'namespaced/shared/plain': { name: 'plain', container: { image: 'other' } } } },
  };

  it('are those of its template, of the executor last', () => {
    expect([logContainers(workflow, pod('x', 'plain')), logContainers(workflow, pod('y', 'rich')), logContainers(workflow, pod('z', 'set')), logContainers(workflow, undefined)]).toEqual([
      ['main', 'init', 'wait'],
      ['main', 'before', 'beside', 'init', 'wait'],
      ['main', 'one', 'two', 'init', 'wait'],
      ['main', 'before', 'beside', 'one', 'two', 'init', 'wait'],
    ]);
  });

  it('are those of the template that is referred to, though one here has the same name', () => {
    const node = pod('r', '', { templateRef: { name: 'shared', template: 'plain' } });
    expect([containersOf(templateOf(workflow, node)), containersOf(undefined)]).toEqual([[{ name: 'main', image: 'other' }], []]);
  });
});

describe('a cron workflow', () => {
  const at = Date.UTC(2026, 0, 1, 10, 30);

  it('says when it runs next, in its own time zone', () => {
    expect(cronSchedules({ spec: { schedules: ['0 12 * * *', '0 3 * * *'], timezone: 'Europe/Berlin' } }, at)).toEqual({ schedules: ['0 12 * * *', '0 3 * * *'], next: Date.UTC(2026, 0, 1, 11) });
  });

  it('runs not at all while it is suspended or its schedule cannot be read', () => {
    expect([cronSchedules({ spec: { schedule: '* * * * *', suspend: true } }, at), cronSchedules({ spec: { schedules: ['nonsense'] } }, at), cronSchedules(undefined, at)]).toEqual([
      { schedules: ['* * * * *'], next: undefined },
      { schedules: ['nonsense'], next: undefined },
      { schedules: [], next: undefined },
    ]);
  });
});
