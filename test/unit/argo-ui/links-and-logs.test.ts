import { describe, expect, it, vi } from 'vitest';
import { ArgoError } from '../../../server/cluster/argo/ui/api/client.ts';
import { isFinal, keepUp } from '../../../server/cluster/argo/ui/api/keep-up.ts';
import type { NodeStatus, Workflow } from '../../../server/cluster/argo/ui/api/shapes.ts';
import { fillIn, linkParts, linksFor, safeUrl } from '../../../server/cluster/argo/ui/state/links.ts';
import { fieldsOf, foundParts } from '../../../server/cluster/argo/ui/state/log-lines.ts';
import { failHosts, logsOf, readSidePanel } from '../../../server/cluster/argo/ui/state/nodes.ts';

describe('links of the configuration', () => {
  const object = { metadata: { name: 'w', namespace: 'n' }, workflow: { metadata: { labels: { 'a.b/c': 'd' } } }, status: { startedAt: '2026-01-01T00:00:00Z' } };

  it('are filled in from an object, dots in labels and times as numbers included', () => {
    expect(fillIn('/x/${metadata.namespace}/${metadata.name}?l=${workflow.metadata.labels.a.b/c}&f=${status.startedAtEpoch}&t=${status.finishedAtEpoch}&g=${metadata.gone.on}', object, 7)).toBe('/x/n/w?l=d&f=1767225600000&t=7&g=');
  });

  it('are those of a place, and never run anything', () => {
    const links = [
      { name: 'fine', url: 'https://h/${metadata.name}', scope: 'pod' },
      { name: 'elsewhere', url: 'https://h', scope: 'workflow' },
      { name: 'bad', url: 'javascript:alert(1)', scope: 'pod' },
    ];
    expect(linksFor({ links }, 'pod', object, 0)).toEqual([{ name: 'fine', url: 'https://h/w' }]);
    expect(['/here', 'mailto:a@b', ' JavaScript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', ''].map(safeUrl)).toEqual(['/here', 'mailto:a@b', undefined, undefined, undefined, undefined, undefined]);
  });

  it('are found in a text, without the full stop after them', () => {
    expect(linkParts('see https://a.b/c?d=1. (http://e) javascript:alert(1)')).toEqual([{ text: 'see ' }, { text: 'https://a.b/c?d=1', url: 'https://a.b/c?d=1' }, { text: '. (' }, { text: 'http://e', url: 'http://e' }, { text: ') javascript:alert(1)' }]);
    expect(linkParts('')).toEqual([]);
  });
});

describe('a line of a log', () => {
  it('has the parts marked that the filter finds', () => {
    expect(foundParts('hello all', 'l+')).toEqual([{ text: 'he', found: false }, { text: 'll', found: true }, { text: 'o a', found: false }, { text: 'll', found: true }]);
    expect([foundParts('a', ''), foundParts('a', '('), foundParts('a', 'x*'), foundParts('', 'a')]).toEqual([[{ text: 'a', found: false }], [{ text: 'a', found: false }], [{ text: 'a', found: false }], [{ text: '', found: false }]]);
  });

  it('may be cut down to fields of its JSON', () => {
    const line = '{"msg":"hello","error":{"code":5}}';
    expect([fieldsOf(line, ['msg', 'error.code', 'gone']), fieldsOf(line, ['gone']), fieldsOf('plain', ['msg']), fieldsOf('null', ['a']), fieldsOf(line, [])]).toEqual(['hello 5', line, 'plain', 'null', line]);
  });
});

describe('nodes', () => {
  const node = (id: string, rest: Partial<NodeStatus> = {}): NodeStatus => ({ id, name: id, type: 'Pod', phase: 'Failed', ...rest });
  const nodes = { r: node('r', { type: 'Retry', children: ['a', 'b', 'c', 'gone'] }), a: node('a', { hostNodeName: 'h1', children: ['r'] }), b: node('b', { hostNodeName: 'h1' }), c: node('c', { hostNodeName: 'h2', phase: 'Succeeded' }), s: node('s', { name: 'w.s' }), sc: node('sc', { name: 'w.s.one', type: 'Container' }) };
  const workflow: Workflow = { metadata: {}, spec: {}, status: { nodes } };

  it('know the hosts on which their pods failed', () => {
    expect(failHosts(workflow, nodes.r)).toEqual(['h1']);
  });

  it('know whose logs are theirs', () => {
    expect([logsOf(workflow, nodes.s), logsOf(workflow, nodes.sc), logsOf(workflow, nodes.r)]).toEqual([{ nodeId: 's', container: 'main' }, { nodeId: 's', container: 'one' }, undefined]);
  });

  it('are named by the side panel', () => {
    expect([readSidePanel('logs:w-1:wait'), readSidePanel('logs'), readSidePanel(undefined)]).toEqual([
      { type: 'logs', nodeId: 'w-1', container: 'wait' },
      { type: 'logs', nodeId: undefined, container: 'main' },
      { type: '', nodeId: undefined, container: 'main' },
    ]);
  });
});

describe('a page that is kept up to date', () => {
  it('asks again after a failure, and not after a refusal', async () => {
    vi.useFakeTimers();
    const answers = ['fine', new Error('away'), new ArgoError(503, 'away'), 'fine', new ArgoError(403, 'forbidden')];
    const errors: string[] = [];
    const done = keepUp({
      round: () => {
        const answer = answers.shift();
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(true);
      },
      onError: (reason) => errors.push(String(reason)),
      signal: new AbortController().signal,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    vi.useRealTimers();
    expect([errors, answers]).toEqual([['Error: away', 'ArgoError: away', 'ArgoError: forbidden'], []]);
  });

  it('knows what is of no use to ask again', () => {
    expect([new Error('x'), new ArgoError(500, ''), new ArgoError(429, ''), new ArgoError(404, ''), new ArgoError(401, '')].map(isFinal)).toEqual([false, false, false, true, true]);
  });
});
