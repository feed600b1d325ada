import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replaceInJson, TemplateError } from '../../../../server/cluster/argo/expressions/index.ts';
import { ancestryOf, sortTasks } from '../../../../server/cluster/argo/validate/dag-graph.ts';
import { TemplateContext } from '../../../../server/cluster/argo/types/resolve.ts';
import type { TemplateGetters } from '../../../../server/cluster/argo/types/resolve.ts';
import { decodeWorkflowSpec } from '../../../../server/cluster/argo/types/workflow.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
/** What people write into parameters: anything but what Go's quoting and JSON's do not share, and no tags. */
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('{{') && !value.includes('}}') && !/[\u0000-\u001f\u007f-\u009f\u00ad\u2028\u2029\ufeff]/.test(value) && !/[\ud800-\udfff]/.test(value));

describe('tags in a JSON document', () => {
  it('give their values back, whatever these are', () => {
    fc.assert(
      fc.property(fc.dictionary(name, text, { minKeys: 1 }), (values) => {
        const tags = Object.fromEntries(Object.entries(values).map(([key, value]) => [`inputs.parameters.${key}`, value]));
        const document = JSON.stringify(Object.keys(values).map((key) => `<{{inputs.parameters.${key}}}>`));
        expect(JSON.parse(replaceInJson(document, tags))).toEqual(Object.values(values).map((value) => `<${value}>`));
      }),
    );
  });

  it('that nothing is known of stay, or are refused', () => {
    fc.assert(
      fc.property(name, (key) => {
        const document = JSON.stringify(`{{steps.${key}.outputs.result}}`);
        expect(replaceInJson(document, {})).toBe(document);
        expect(() => replaceInJson(document, {}, false)).toThrow(new TemplateError(`failed to resolve {{steps.${key}.outputs.result}}`));
      }),
    );
  });

  it('are all that changes', () => {
    fc.assert(
      fc.property(fc.jsonValue().map((value) => JSON.stringify(value)), (document) => {
        fc.pre(!document.includes('{{') && !document.includes('}}'));
        expect(replaceInJson(document, { a: 'b' })).toBe(document);
      }),
    );
  });
});

describe('references to templates', () => {
  const container = (image: string) => ({ container: { image, command: ['true'] } });

  it('are found where they point, with the scope that they bring', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), fc.boolean(), (owners, templates, cluster) => {
        const spec = (owner: string) => decodeWorkflowSpec({ templates: templates.map((template) => ({ name: template, ...container(`${owner}/${template}`) })) });
        const find = (owner: string) => (owners.includes(owner) ? { spec: spec(owner) } : undefined);
        const getters: TemplateGetters = { workflowTemplate: (owner) => (cluster ? undefined : find(owner)), clusterWorkflowTemplate: (owner) => (cluster ? find(owner) : undefined) };
        const context = new TemplateContext({ scope: 'local', name: 'w', spec: spec('w') }, getters);
        for (const owner of owners) {
          for (const template of templates) {
            const found = context.resolve({ templateRef: { name: owner, template, ...(cluster ? { clusterScope: true } : {}) } });
            expect([found.template.container?.image, found.context.scope]).toEqual([`${owner}/${template}`, `${cluster ? 'cluster' : 'namespaced'}/${owner}`]);
            expect(found.context.resolve({ template }).template.container?.image).toBe(`${owner}/${template}`);
          }
        }
        for (const template of templates) expect(context.resolve({ template }).template.container?.image).toBe(`w/${template}`);
        expect(() => context.resolve({ templateRef: { name: 'NOBODY', template: templates[0] ?? '' } })).toThrow('not found');
      }),
    );
  });
});

describe('a graph of tasks', () => {
  /** Each task waits for some of those before it. */
  const graph = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 30 }).map((edges) => edges.map((from, i) => ({ name: `t${i}`, waitsFor: i === 0 ? [] : [...new Set(from.map((n) => `t${n % i}`))] })));

  it('is sorted so that each task comes after those that it waits for', () => {
    fc.assert(
      fc.property(graph.chain((tasks) => fc.shuffledSubarray(tasks, { minLength: tasks.length })), (tasks) => {
        const sorted = sortTasks(tasks);
        if ('problem' in sorted) throw new Error(sorted.problem);
        const place = new Map(sorted.order.map((task, i) => [task, i]));
        expect([...sorted.order].sort()).toEqual(tasks.map((task) => task.name).sort());
        for (const task of tasks) for (const before of task.waitsFor) expect(place.get(before)).toBeLessThan(place.get(task.name) ?? -1);
      }),
    );
  });

  it('with a cycle is refused', () => {
    fc.assert(
      fc.property(graph, (tasks) => {
        const last = tasks.at(-1)?.name ?? '';
        const looped = tasks.map((task, i) => (i === 0 ? { ...task, waitsFor: [last] } : { ...task, waitsFor: [...new Set([...task.waitsFor, `t${i - 1}`])] }));
        expect(sortTasks(looped)).toEqual({ problem: 'graph with cycle' });
      }),
    );
  });

  it('knows all that a task waits for, however long the chain', () => {
    const chain = ancestryOf('t20000', (task) => (task === 't0' ? [] : [`t${Number(task.slice(1)) - 1}`]));
    expect([chain.length, chain[0], chain.at(-1)]).toEqual([20_000, 't19999', 't0']);
  });
});
