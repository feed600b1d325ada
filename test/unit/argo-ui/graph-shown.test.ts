import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { textOf } from '../../../server/cluster/argo/ui/api/file-start.ts';
import { Latest, streamItem } from '../../../server/cluster/argo/ui/api/stream.ts';
import type { NodeStatus, Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { artifactPath, findArtifact } from '../../../server/cluster/argo/ui/state/artifacts.ts';
import { layout, neighbour, recolour } from '../../../server/cluster/argo/ui/state/graph.ts';
import { collapsedId, collapsedParent, shownNodes } from '../../../server/cluster/argo/ui/state/graph-shown.ts';
import type { GraphOptions } from '../../../server/cluster/argo/ui/state/graph-shown.ts';

const node = (id: string, children: string[] = [], rest: Partial<NodeStatus> = {}): NodeStatus => ({ id, name: id, type: 'Pod', phase: 'Succeeded', children, ...rest });
const nodes = (...list: NodeStatus[]) => Object.fromEntries(list.map((entry) => [entry.id, entry]));
const PLAIN: GraphOptions = { artifacts: false, templates: false, hiddenTypes: new Set(), hiddenPhases: new Set(), hiddenTemplates: new Set(), collapsed: false, expanded: new Set() };
const links = (shown: ReturnType<typeof shownNodes>) => Object.fromEntries(Object.values(shown).map((one) => [one.id, one.children ?? []]));

const OUT = { name: 'out', path: '/tmp/out', s3: { key: 'w/w-make-1/out.tgz' } };
const IN = { name: 'text', path: '/tmp/in', s3: { key: 'w/w-make-1/out.tgz' } };

describe('the nodes that are shown', () => {
  it('are all of them, as they are', () => {
    const all = nodes(node('a', ['b']), node('b'));
    expect(shownNodes(all, PLAIN)).toBe(all);
  });

  it('are bridged where those between are hidden, by type or by phase', () => {
    const all = nodes(node('w', ['g'], { type: 'Steps' }), node('g', ['a', 'b'], { type: 'StepGroup' }), node('a', ['end']), node('b', ['end'], { phase: 'Failed' }), node('end'));
    expect(links(shownNodes(all, { ...PLAIN, hiddenTypes: new Set(['StepGroup']) }))).toEqual({ w: ['a', 'b'], a: ['end'], b: ['end'], end: [] });
    expect(links(shownNodes(all, { ...PLAIN, hiddenTypes: new Set(['StepGroup']), hiddenPhases: new Set(['Failed']) }))).toEqual({ w: ['a', 'end'], a: ['end'], end: [] });
  });

  it('are bridged where those of a template are hidden, or those of none', () => {
    const all = nodes(node('w', ['g'], { templateName: 'main' }), node('g', ['a'], { type: 'StepGroup' }), node('a', ['b'], { templateName: 'echo' }), node('b', [], { templateRef: { name: 'shared', template: 'echo' } }));
    expect(links(shownNodes(all, { ...PLAIN, hiddenTemplates: new Set(['echo', 'no template']) }))).toEqual({ w: ['b'], b: [] });
    expect(links(shownNodes(all, { ...PLAIN, hiddenTemplates: new Set(['shared/echo']) }))).toEqual({ w: ['g'], g: ['a'], a: [] });
  });

  it('survive a ring of hidden ones', () => {
    const all = nodes(node('w', ['a']), node('a', ['b'], { phase: 'Failed' }), node('b', ['a', 'end'], { phase: 'Failed' }), node('end'));
    expect(links(shownNodes(all, { ...PLAIN, hiddenPhases: new Set(['Failed']) }))).toEqual({ w: ['end'], end: [] });
  });

  it('have an artifact between the node that made it and the one that takes it', () => {
    const all = nodes(node('make', ['use'], { outputs: { artifacts: [OUT, { name: 'raw', raw: { data: 'x' } }] } }), node('use', [], { inputs: { artifacts: [IN] } }));
    const shown = shownNodes(all, { ...PLAIN, artifacts: true });
    const id = 'artifact s3:w/w-make-1/out.tgz';
    expect(links(shown)).toEqual({ make: ['use', id], use: [], [id]: ['use'] });
    expect(layout(shown).nodes.map((one) => [one.label, one.type, one.y])).toEqual([
      ['make', 'Pod', 60],
      ['out.tgz', 'Artifact', 152],
      ['use', 'Pod', 244],
    ]);
  });

  it('name their templates where that is wished', () => {
    const all = nodes(node('a', [], { templateName: 'echo' }), node('b', [], { templateRef: { name: 'shared', template: 'whale' } }), node('c'));
    expect(layout(shownNodes(all, { ...PLAIN, templates: true })).nodes.map((one) => one.note)).toEqual(['echo', 'shared/whale', undefined]);
  });

  it('are folded in the middle of many, with what hangs on those alone', () => {
    const all = nodes(node('w', ['a', 'b', 'c', 'd']), node('a', ['end']), node('b', ['below', 'end']), node('c', ['end']), node('d', ['end']), node('below'), node('end'));
    const folded = collapsedId('w');
    expect(links(shownNodes(all, { ...PLAIN, collapsed: true }))).toEqual({ w: ['a', folded, 'd'], a: ['end'], [folded]: ['end'], d: ['end'], end: [] });
    expect(layout(shownNodes(all, { ...PLAIN, collapsed: true })).nodes.map((one) => one.label)).toEqual(['w', 'a', '3 hidden nodes', 'd', 'end']);
    expect(Object.keys(shownNodes(all, { ...PLAIN, collapsed: true, expanded: new Set(['w']) }))).toEqual(Object.keys(all));
    expect([collapsedParent(folded), collapsedParent('w')]).toEqual(['w', undefined]);
  });
});

describe('an artifact of the graph', () => {
  const workflow: Workflow = { metadata: { name: 'w', namespace: 'n', uid: 'u' }, spec: {}, status: { nodes: nodes(node('use', [], { inputs: { artifacts: [IN] } }), node('make', [], { outputs: { artifacts: [OUT] } })) } };

  it('is that of the node that made it, and is fetched from there', () => {
    const found = findArtifact(workflow, 'artifact s3:w/w-make-1/out.tgz');
    expect([found?.node.id, found?.direction, found?.file, findArtifact(workflow, 'make')]).toEqual(['make', 'outputs', 'out.tgz', undefined]);
    expect(found && artifactPath(workflow, found.node, found.direction, 'a b')).toBe('artifacts/n/w/make/a%20b');
  });

  it('is shown where it is text, even if cut within a letter', () => {
    const umlaut = new TextEncoder().encode('grün');
    expect([textOf(umlaut), textOf(umlaut.slice(0, 3)), textOf(new Uint8Array([0x1f, 0x8b, 8, 0])), textOf(new Uint8Array([0xff, 0xd8]))]).toEqual(['grün', 'gr', undefined, undefined]);
  });
});

describe('the graph of a running workflow', () => {
  const before = nodes(node('w', ['a'], { phase: 'Running' }), node('a', [], { phase: 'Pending' }));

  it('keeps every place and every unchanged node when only phases change', () => {
    const graph = layout(before);
    const after = nodes(node('w', ['a'], { phase: 'Running' }), node('a', [], { phase: 'Running' }));
    const next = recolour(graph, before, after);
    expect([next?.nodes[0] === graph.nodes[0], next?.edges === graph.edges, next?.nodes[1]]).toEqual([true, true, { ...graph.nodes[1], phase: 'Running' }]);
    expect(recolour(graph, before, { ...before })).toBe(graph);
  });

  it('is placed anew when a node comes, goes or gets another child', () => {
    const graph = layout(before);
    const more = nodes(node('w', ['a']), node('a'), node('b'));
    const other = nodes(node('w', ['a', 'b']), node('a'));
    expect([recolour(graph, before, more), recolour(graph, before, nodes(node('w'))), recolour(graph, before, other)]).toEqual([undefined, undefined, undefined]);
  });

  it('can lie from left to right', () => {
    const graph = layout(nodes(node('w', ['a', 'b']), node('a'), node('b')), 'right');
    expect([graph.nodes.map((one) => [one.id, one.x, one.y]), graph.width, graph.height]).toEqual([[['a', 210, 60], ['w', 60, 96], ['b', 210, 132]], 270, 192]);
  });

  it('is walked with the arrow keys', () => {
    const graph = layout(nodes(node('w', ['a', 'b']), node('a'), node('b')));
    const walk = (from: string, key: string, direction: 'down' | 'right' = 'down') => neighbour(direction === 'down' ? graph : layout(nodes(node('w', ['a', 'b']), node('a'), node('b')), 'right'), from, key, direction)?.id;
    expect([walk('w', 'ArrowDown'), walk('a', 'ArrowRight'), walk('b', 'ArrowLeft'), walk('b', 'ArrowUp'), walk('b', 'ArrowRight'), walk('w', 'Home'), walk('w', 'ArrowRight', 'right'), walk('a', 'ArrowDown', 'right')]).toEqual(['a', 'b', 'a', 'w', undefined, undefined, 'a', 'b']);
  });
});

describe('a stream of which only the latest counts', () => {
  it('reads the first at once, then the last of what came during each rest', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const read: string[] = [];
    const latest = new Latest((line) => void read.push(line), new AbortController().signal, 100);
    for (const line of ['a', 'b', '', 'c']) latest.offer(line);
    expect(read).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(100);
    expect(read).toEqual(['a', 'c']);
    latest.offer('d');
    latest.offer('e');
    latest.finish();
    expect(read).toEqual(['a', 'c', 'e']);
  });

  it('reports an error that was read late', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const latest = new Latest((line) => void streamItem(line), new AbortController().signal, 100);
    latest.offer('{"result":{}}');
    latest.offer('{"error":{"http_code":403,"message":"no more"}}');
    await vi.advanceTimersByTimeAsync(100);
    expect(() => latest.offer('{"result":{}}')).toThrow('no more');
  });
});
