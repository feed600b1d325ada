import { describe, expect, it } from 'vitest';
import { decodeCronWorkflow, decodeWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';
import { noTemplates, validateCronWorkflow, validateWorkflow } from '../../../../server/cluster/argo/validate/index.ts';

const echo = { name: 'e', inputs: { parameters: [{ name: 'm' }] }, container: { image: 'busybox', command: ['echo'] } };
const plain = { name: 'e', container: { image: 'busybox', command: ['echo'] } };
const problem = (spec: object, metadata: object = { name: 'w' }) => validateWorkflow(decodeWorkflow({ metadata, spec }))?.message;
const steps = (...list: object[]) => ({ entrypoint: 'main', templates: [{ name: 'main', steps: list.map((step) => [step]) }, plain] });
const dag = (...tasks: object[]) => ({ entrypoint: 'main', templates: [{ name: 'main', dag: { tasks } }, plain] });

describe('validation of workflows', () => {
  it('has nothing against a good one', () => {
    expect(problem({ entrypoint: 'e', templates: [plain] })).toBeUndefined();
  });

  it.each([
    ['a manifest of two documents', { action: 'create', manifest: '---\na: b\n---\nc: d' }],
    ['a manifest that says a thing twice', { action: 'create', manifest: 'a: 1\na: 2' }],
    ['a manifest with an expression', { action: 'create', manifest: 'a: {{=1+1}}' }],
    ['a manifest from nowhere', { action: 'create', manifestFrom: {} }],
  ])('has nothing against %s', (_, resource) => {
    expect(problem({ entrypoint: 'e', templates: [{ name: 'e', resource }] })).toBeUndefined();
  });

  it('has nothing against groups of no steps', () => {
    expect(problem({ entrypoint: 'main', templates: [{ name: 'main', steps: [null, []] }] })).toBeUndefined();
  });

  it.each([
    ['no entrypoint', { templates: [plain] }, 'spec.entrypoint is required'],
    ['an unknown entrypoint', { entrypoint: 'x', templates: [plain] }, "template name 'x' undefined"],
    ['a template without a name', { entrypoint: 'e', templates: [{ container: { image: 'x' } }] }, 'spec.templates[0].name is required'],
    ['a step of an unknown template', steps({ name: 'a', template: 'nope' }), "templates.main.steps[0].a template name 'nope' undefined"],
    ['two steps of a name', steps({ name: 'a', template: 'e' }, { name: 'a', template: 'e' }), "templates.main.steps[1].name 'a' is not unique"],
    ['a missing input', { entrypoint: 'main', templates: [{ name: 'main', steps: [[{ name: 'a', template: 'e' }]] }, echo] }, 'templates.main.steps[0].a templates.e inputs.parameters.m was not supplied'],
    ['a tag that leads nowhere', { entrypoint: 'e', templates: [{ ...plain, container: { image: 'b', args: ['{{inputs.parameters.x}}'] } }] }, 'templates.e: failed to resolve {{inputs.parameters.x}}'],
    ['a selector of podGC with a bad value', { entrypoint: 'e', templates: [plain], podGC: { labelSelector: { matchLabels: { a: 'b c' } } } }, "podGC.labelSelector invalid: values[0][a]: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"],
    ['a selector of podGC with an unknown operator', { entrypoint: 'e', templates: [plain], podGC: { labelSelector: { matchExpressions: [{ key: 'a', operator: 'Foo' }] } } }, 'podGC.labelSelector invalid: "Foo" is not a valid label selector operator'],
    ['a selector of podGC that is in nothing', { entrypoint: 'e', templates: [plain], podGC: { labelSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } } }, "podGC.labelSelector invalid: values: Invalid value: []string(nil): for 'in', 'notin' operators, values set can't be empty"],
    ['a manifest that is a tag', { entrypoint: 'e', templates: [{ name: 'e', resource: { action: 'create', manifest: '{{foo}}' } }] }, 'templates.e.resource.manifest must be a valid yaml'],
    ['a manifest of an unknown anchor', { entrypoint: 'e', templates: [{ name: 'e', resource: { action: 'create', manifest: 'a: *b' } }] }, 'templates.e.resource.manifest must be a valid yaml'],
    ['a set of no containers', { entrypoint: 'e', templates: [{ name: 'e', containerSet: {} }] }, 'templates.e.containerSet.containers must have at least one container'],
    ['an unknown dependency', dag({ name: 'a', template: 'e', depends: 'b' }), 'templates.main sorting failed: invalid dependency b'],
    ['tasks that wait for each other', dag({ name: 'a', template: 'e', depends: 'b' }, { name: 'b', template: 'e', depends: 'a' }), 'templates.main sorting failed: graph with cycle'],
    ['an unknown result in depends', dag({ name: 'a', template: 'e' }, { name: 'b', template: 'e', depends: 'a.Won' }), "templates.main.tasks.b task result 'Won' for task 'a' is invalid"],
    ['an image that is not there', { entrypoint: 'e', templates: [{ name: 'e', container: {} }] }, 'templates.e.container.image may not be empty'],
    ['a template of another object', steps({ name: 'a', templateRef: { name: 'nope', template: 't' } }), 'templates.main.steps[0].a template reference nope.t not found'],
    ['an argument without a value', { entrypoint: 'e', templates: [plain], arguments: { parameters: [{ name: 'p' }] } }, 'spec.arguments.p.value or spec.arguments.p.valueFrom is required'],
  ])('refuses %s', (_, spec, message) => {
    expect(problem(spec)).toBe(message);
  });

  it('calls a missing workflow template not found', () => {
    const found = validateWorkflow(decodeWorkflow({ metadata: { name: 'w' }, spec: { workflowTemplateRef: { name: 'nope' } } }), noTemplates);
    expect([found?.message, found?.notFound]).toEqual(['workflowtemplate.argoproj.io "nope" not found', true]);
  });

  it('refuses names longer than labels may be', () => {
    expect(problem({ entrypoint: 'e', templates: [plain] }, { name: 'x'.repeat(64) })).toBe(`workflow name "${'x'.repeat(64)}" must not be more than 63 characters long (currently 64)`);
  });
});

describe('validation of cron workflows', () => {
  const cron = (spec: object) => validateCronWorkflow(decodeCronWorkflow({ metadata: { name: 'c' }, spec: { workflowSpec: { entrypoint: 'e', templates: [plain] }, ...spec } }))?.message;
  it.each([
    [{ schedules: ['nonsense'] }, 'cron schedule nonsense is malformed: expected exactly 5 fields, found 1: [nonsense]'],
    [{ schedules: ['* * * * * *'] }, 'cron schedule * * * * * * is malformed: expected exactly 5 fields, found 6: [* * * * * *]'],
    [{ schedules: ['* * * * *'], schedule: '* * * * *' }, 'cron workflow cant be configured with both Spec.Schedule and Spec.Schedules'],
    [{ schedules: ['61 * * * *'] }, 'cron schedule 61 * * * * is malformed: end of range (61) above maximum (59): 61'],
    [{ schedules: ['* * * * *'], concurrencyPolicy: 'Odd' }, "'Odd' is not a valid concurrencyPolicy"],
    [{ schedules: ['* * * * *'], startingDeadlineSeconds: -1 }, 'startingDeadlineSeconds must be positive'],
    [{ schedules: ['* * * * *'], workflowSpec: {} }, 'cannot validate Workflow: spec.entrypoint is required'],
  ])('refuses %j', (spec, message) => {
    expect(cron(spec)).toBe(message);
  });
});
