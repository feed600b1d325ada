import { describe, expect, it } from 'vitest';
import { goStructJson, normalize } from '../../../../server/cluster/argo/types/normal-form.ts';

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
  ])('refuses %j as encoding/json does', (body, message) => {
    expect(() => normalize('workflow.WorkflowCreateRequest', body)).toThrow(expect.objectContaining({ name: 'GoDecodeError', message }));
  });
});
