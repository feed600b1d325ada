import { describe, expect, it } from 'vitest';
import { streamItem } from '../../../server/cluster/argo/ui/api/stream.ts';
import type { NodeStatus, Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { readToken, tidyToken } from '../../../server/cluster/argo/ui/api/token.ts';
import { exampleOf, shallowSpec } from '../../../server/cluster/argo/ui/state/api-docs.ts';
import { duration, lasted, valueText } from '../../../server/cluster/argo/ui/state/format.ts';
import { layout } from '../../../server/cluster/argo/ui/state/graph.ts';
import { podName } from '../../../server/cluster/argo/ui/state/pod-name.ts';
import { readPlace } from '../../../server/cluster/argo/ui/state/router.ts';

const node = (id: string, children: string[] = [], type = 'Pod'): NodeStatus => ({ id, name: id, type, phase: 'Succeeded', children });
const nodes = (...list: NodeStatus[]) => Object.fromEntries(list.map((entry) => [entry.id, entry]));
const places = (graph: ReturnType<typeof layout>) => Object.fromEntries(graph.nodes.map((entry) => [entry.id, [entry.x, entry.y]]));

describe('the graph of a workflow', () => {
  it('draws a single pod in the middle', () => {
    expect(layout(nodes(node('w')))).toEqual({ nodes: [{ id: 'w', label: 'w', type: 'Pod', phase: 'Succeeded', x: 60, y: 60 }], edges: [], width: 120, height: 120 });
  });

  it('draws a diamond as a diamond', () => {
    const graph = layout(nodes(node('w', ['a'], 'DAG'), node('a', ['b', 'c']), node('b', ['d']), node('c', ['d']), node('d')));
    expect(places(graph)).toEqual({ w: [115, 60], a: [115, 152], b: [60, 244], c: [170, 244], d: [115, 336] });
  });

  it('puts a node below its lowest parent', () => {
    const graph = layout(nodes(node('a', ['b', 'c']), node('b', ['c']), node('c')));
    expect(graph.nodes.map((entry) => entry.y)).toEqual([60, 152, 244]);
  });

  it('leaves out children that are not there, and survives a ring', () => {
    const graph = layout(nodes(node('a', ['gone', 'b']), node('b', ['a'])));
    expect(graph.edges.map(({ from, to }) => ({ from: from.id, to: to.id }))).toEqual([
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ]);
  });
});

describe('the pod of a node', () => {
  const workflow: Workflow = { metadata: { name: 'w' }, spec: {}, status: {} };

  it('is called after the workflow where the node is the workflow', () => {
    expect(podName(workflow, { ...node('w'), name: 'w' })).toBe('w');
  });

  it('is called after workflow, template and hash elsewhere', () => {
    expect(podName(workflow, { ...node('w-3063489648'), name: 'w.B', templateName: 'echo' })).toBe('w-echo-3063489648');
  });

  it('is called after the template that is referred to', () => {
    expect(podName(workflow, { ...node('w-1'), name: 'w.B', templateRef: { name: 't', template: 'whale' } })).toBe('w-whale-1');
  });
});

describe('a token', () => {
  it('is taken as printed, bare, quoted or broken over lines', () => {
    expect(['Bearer abc\n', 'abc', '"Bearer abc"', 'Authorization: Bearer abc', 'Bearer ab\nc', '  '].map(tidyToken)).toEqual(['Bearer abc', 'Bearer abc', 'Bearer abc', 'Bearer abc', 'Bearer abc', '']);
  });

  it('is read from its cookie among others', () => {
    expect([readToken('a=b; authorization=Bearer x'), readToken('a=b; authorization='), readToken('')]).toEqual(['Bearer x', undefined, undefined]);
  });
});

describe('a stream of the server', () => {
  it('is read as lines of JSON or as server-sent events', () => {
    expect([streamItem('{"result":{"content":"a"}}'), streamItem('data: {"result":{"content":"a"}}'), streamItem(''), streamItem(': ping')]).toEqual([{ content: 'a' }, { content: 'a' }, undefined, undefined]);
  });

  it('throws the error inside it', () => {
    expect(() => streamItem('{"error":{"grpc_code":7,"http_code":403,"message":"no"}}')).toThrow('no');
  });
});

describe('the API docs', () => {
  const definitions = {
    Create: { type: 'object', properties: { namespace: { type: 'string' }, template: { $ref: '#/definitions/Template' }, createOptions: { $ref: '#/definitions/Template' } } },
    Template: { type: 'object', properties: { apiVersion: { type: 'string' }, metadata: { $ref: '#/definitions/Meta' }, spec: { $ref: '#/definitions/Template' } } },
    Meta: { type: 'object', properties: { name: { type: 'string' } } },
  };

  it('show bodies two levels deep, though definitions nest without end', () => {
    const spec = shallowSpec({ paths: { '/t': { post: { parameters: [{ in: 'body', name: 'body', schema: { $ref: '#/definitions/Create' } }], responses: { 200: { description: 'ok', schema: { $ref: '#/definitions/Meta' } } } } } }, definitions });
    expect(spec).toEqual({
      paths: {
        '/t': {
          post: {
            parameters: [{ in: 'body', name: 'body', schema: { type: 'object', description: 'Create', example: { namespace: 'string', template: { metadata: {}, spec: {} } } } }],
            responses: { 200: { description: 'ok', schema: { type: 'object', description: 'Meta', example: { name: 'string' } } } },
          },
        },
      },
      definitions: {},
    });
  });

  it('give each kind of value an example of its kind', () => {
    const schema = { type: 'object', properties: { s: { type: 'string' }, n: { type: 'integer' }, b: { type: 'boolean' }, e: { type: 'string', enum: ['x', 'y'] }, l: { type: 'array', items: { type: 'string' } }, o: { type: 'array', items: { $ref: '#/definitions/Meta' } } } };
    expect(exampleOf(schema, definitions, 1)).toEqual({ s: 'string', n: 0, b: false, e: 'x', l: ['string'], o: [] });
  });
});

describe('what is written for a person', () => {
  it('gives the two largest units of a duration', () => {
    expect([0, 34, 344, 540, 7500, 180_000].map(duration)).toEqual(['0s', '34s', '5m44s', '9m', '2h5m', '2d2h']);
  });

  it('counts until now what has not ended', () => {
    expect([lasted('2026-01-01T00:00:00Z', null, Date.UTC(2026, 0, 1, 0, 0, 7)), lasted(null, null, 0)]).toEqual(['7s', '-']);
  });

  it('writes values as text', () => {
    expect(['a', 1, { b: 2 }, undefined].map(valueText)).toEqual(['a', '1', '{"b":2}', '']);
  });
});

it('reads the page below the base', () => {
  expect(readPlace('/argo/workflows/my%20ns/w', '?nodeId=x', '/argo/').path).toEqual(['workflows', 'my ns', 'w']);
});
