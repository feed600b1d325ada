import { describe, expect, it } from 'vitest';
import { goStructJson, normalize, normalizeRequest } from '../../../../server/cluster/argo/types/normal-form.ts';

const hello = { spec: { templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: ['hello world'] } }], entrypoint: 'main' }, metadata: { generateName: 'hello-world-' } };

describe('the normal form of Go structs', () => {
  it('prints fields in the order of the struct, with the zero values that Go prints', () => {
    expect(goStructJson('Workflow', hello)).toBe(
      '{"metadata":{"generateName":"hello-world-","creationTimestamp":null},"spec":{"templates":[{"name":"main","inputs":{},"outputs":{},"metadata":{},"container":{"name":"","image":"busybox","command":["echo"],"args":["hello world"],"resources":{}}}],"entrypoint":"main","arguments":{}},"status":{"startedAt":null,"finishedAt":null}}',
    );
  });

  it('is the same when it is applied twice', () => {
    const once = normalize('Workflow', hello);
    expect(normalize('Workflow', once)).toEqual(once);
  });

  it('drops fields that the struct does not have', () => {
    expect(normalize('Metadata', { labels: { a: 'b' }, colour: 'red' })).toEqual({ labels: { a: 'b' } });
  });

  it('makes a string of any scalar where Argo takes one', () => {
    expect(normalize('Arguments', { parameters: [{ name: 'n', value: 5 }, { name: 'b', value: true }] })).toEqual({
      parameters: [{ name: 'n', value: '5' }, { name: 'b', value: 'true' }],
    });
  });

  it.each([
    [{ workflow: 'x' }, 'json: cannot unmarshal string into Go struct field WorkflowCreateRequest.workflow of type v1alpha1.Workflow'],
    [{ workflow: { metadata: { name: 5 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.workflow.metadata.name of type string'],
    [{ workflow: { metadata: { name: 'w' }, spec: { templates: {} } } }, 'json: cannot unmarshal object into Go struct field WorkflowSpec.workflow.spec.templates of type []v1alpha1.Template'],
    [{ workflow: { metadata: { name: 'w' }, spec: { entrypoint: [1] } } }, 'json: cannot unmarshal array into Go struct field WorkflowSpec.workflow.spec.entrypoint of type string'],
    [{ workflow: { spec: { parallelism: 'x' } } }, 'json: cannot unmarshal string into Go struct field WorkflowSpec.workflow.spec.parallelism of type int64'],
    [{ createOptions: 3 }, 'json: cannot unmarshal number into Go struct field WorkflowCreateRequest.createOptions of type v1.CreateOptions'],
    [{ workflow: { metadata: { labels: { a: 1 } } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.workflow.metadata.labels of type string'],
    [{ workflow: { metadata: { creationTimestamp: 5 } } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.workflow.metadata.creationTimestamp of type string'],
    [{ workflow: { metadata: { creationTimestamp: 'noon' } } }, 'parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"'],
    [{ workflow: { metadata: { creationTimestamp: '2020-02-30T00:00:00Z' } } }, 'parsing time "2020-02-30T00:00:00Z": day out of range'],
    [{ workflow: { metadata: { creationTimestamp: '2020-01-01T24:00:00Z' } } }, 'parsing time "2020-01-01T24:00:00Z": hour out of range'],
    [{ workflow: { spec: { priority: 3000000000 } } }, 'json: cannot unmarshal number 3000000000 into Go struct field WorkflowSpec.workflow.spec.priority of type int32'],
    [{ workflow: { spec: { templates: [{ retryStrategy: { limit: 1.5 } }] } } }, 'json: cannot unmarshal number 1.5 into Go struct field RetryStrategy.workflow.spec.templates.retryStrategy.limit of type int32'],
    [{ workflow: { spec: { templates: [{ container: { resources: { limits: { cpu: 'x' } } } }] } } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    [{ workflow: { spec: { templates: [{ plugin: { a: {}, b: {} } }] } } }, 'expected exactly one key, got 2'],
    [{ workflow: { spec: { templates: [{ plugin: 'x' }] } } }, 'json: cannot unmarshal string into Go struct field Template.workflow.spec.templates.plugin of type map[string]interface {}'],
    [{ workflow: { spec: { templates: [{ steps: [[{ name: 'a', timeout: '5s' }]] }] } } }, 'json: unknown field "timeout"'],
    [{ workflow: { spec: { templates: [{ steps: {} }] } } }, 'json: cannot unmarshal object into Go struct field Template.workflow.spec.templates.steps of type []v1alpha1.ParallelSteps'],
    [{ workflow: { spec: { templates: [{ steps: [{ name: 'a' }] }] } } }, 'json: cannot unmarshal object into Go struct field Template.workflow.spec.templates.steps of type []map[string]interface {}'],
    [{ workflow: { spec: { templates: [{ steps: [['a']] }] } } }, 'json: cannot unmarshal string into Go struct field Template.workflow.spec.templates.steps of type map[string]interface {}'],
    [{ workflow: { spec: { templates: [{ steps: [[{ name: 'a', withItems: 'b' }]] }] } } }, 'json: cannot unmarshal string into Go struct field Template.workflow.spec.templates.steps.withItems of type []v1alpha1.Item'],
    [{ workflow: { spec: { templates: [{ dag: { tasks: [{ name: 'a', withItems: 'b' }] } }] } } }, 'json: cannot unmarshal string into Go struct field DAGTask.workflow.spec.templates.dag.tasks.withItems of type []v1alpha1.Item'],
  ])('refuses %j as encoding/json does', (body, message) => {
    expect(() => normalize('workflow.WorkflowCreateRequest', body)).toThrow(expect.objectContaining({ name: 'GoDecodeError', message }));
  });

  it('says of an object read without its types what the types that read themselves say', () => {
    expect(() => normalize('Workflow', { spec: { templates: [{ steps: [[{ name: 'a', when: true }]] }] } })).toThrow(
      expect.objectContaining({ unstructured: 'json: cannot unmarshal bool into Go struct field WorkflowStep.when of type string' }),
    );
  });

  it('writes quantities in their shortest form', () => {
    expect(normalize('core.ResourceRequirements', { limits: { cpu: '0.5', memory: '1024Mi' } })).toEqual({ limits: { cpu: '500m', memory: '1Gi' } });
  });

  it('makes empty lists none in requests, which go through protobuf', () => {
    const template = { dag: { tasks: [] }, steps: [[]] };
    expect([normalize('Template', template), normalizeRequest('Template', template)].map(({ dag, steps }) => ({ dag, steps }))).toEqual([
      { dag: { tasks: [] }, steps: [[]] },
      { dag: { tasks: null }, steps: [null] },
    ]);
  });
});
