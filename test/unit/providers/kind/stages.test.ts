import { describe, expect, it } from 'vitest';
import { StageParser } from '../../../../server/providers/kind/stages.ts';
import type { ClusterStage } from '../../../../server/providers/provider.ts';
import { recording } from './recordings.ts';

/** A second goes by with every piece. */
function stagesOf(id: string, size = 1_000_000): { told: ClusterStage[]; rest: string[]; parser: StageParser } {
  const { stdout, stderr } = recording(id);
  const told: ClusterStage[] = [];
  let now = 0;
  const parser = new StageParser(() => now, (stage) => told.push(stage));
  const text = stdout + stderr;
  for (let i = 0; i < text.length; i += size) {
    now += 1000;
    parser.feed(text.slice(i, i + size));
  }
  parser.finish();
  return { told, rest: parser.rest, parser };
}
const endings = (told: ClusterStage[]) => told.filter(({ state }) => state !== 'running').map(({ title, state }) => `${title}: ${state}`);
const SUCCESS = ['Ensuring node image (local/kindest-node:v1.32.2): done', 'Preparing nodes: done', 'Writing configuration: done', 'Starting control-plane: done', 'Installing CNI: done', 'Installing StorageClass: done'];

describe('the stages of kind', () => {
  it('are told when they begin and when they end, with their time', () => {
    const told: ClusterStage[] = [];
    let now = 0;
    const parser = new StageParser(() => now, (stage) => told.push(stage));
    parser.feed(' • Preparing nodes 📦   ...\n');
    now = 1700;
    parser.feed(' ✓ Preparing nodes 📦 \n');
    expect(told).toEqual([
      { id: 'kind-preparing-nodes', title: 'Preparing nodes', state: 'running' },
      { id: 'kind-preparing-nodes', title: 'Preparing nodes', state: 'done', took: 1700 },
    ]);
  });

  it('are the same with and without a terminal', () => {
    expect(endings(stagesOf('03-create-success').told)).toEqual(SUCCESS);
    expect(endings(stagesOf('03t-create-success-tty').told)).toEqual(SUCCESS);
  });

  it('are the same wherever the bytes are cut', () => {
    for (const size of [1, 2, 3, 7, 64]) {
      for (const id of ['03-create-success', '03t-create-success-tty', '16t-create-port-taken-tty']) {
        const { told } = stagesOf(id, size);
        expect({ id, size, told: told.map(({ took: _took, ...stage }) => stage) }).toEqual({ id, size, told: stagesOf(id).told.map(({ took: _took, ...stage }) => stage) });
      }
    }
  });

  it('begin once, however often a spinner turns', () => {
    const begun = stagesOf('03t-create-success-tty', 50).told.filter(({ state }) => state === 'running').map(({ id }) => id);
    expect(begun).toEqual([...new Set(begun)]);
    expect(begun).toContain('kind-starting-control-plane');
  });

  it('fail where kind says so, with what it said', () => {
    for (const id of ['15-create-image-missing', '15t-create-image-missing-tty']) {
      const { told, parser } = stagesOf(id);
      expect(endings(told)).toEqual(['Ensuring node image (kindest/node:v9.99.9): failed']);
      expect(parser.fail('no such host')).toBe(true);
      expect(told.at(-1)).toMatchObject({ id: 'kind-ensuring-node-image', state: 'failed', output: 'no such host' });
    }
    expect(endings(stagesOf('16-create-port-taken').told)).toEqual(['Ensuring node image (local/kindest-node:v1.32.2): done', 'Preparing nodes: failed']);
  });

  it('fail in the middle where kind was ended', () => {
    const { told, parser } = stagesOf('51-create-sigINT');
    expect(parser.running).toEqual({ id: 'kind-starting-control-plane', title: 'Starting control-plane' });
    parser.fail('it was ended');
    expect(told.at(-1)).toMatchObject({ id: 'kind-starting-control-plane', state: 'failed', output: 'it was ended' });
  });

  it('are none where kind gives up before the first', () => {
    const { told, rest, parser } = stagesOf('12-create-name-exists');
    expect({ told, rest, failed: parser.fail('') }).toEqual({ told: [], rest: ['ERROR: failed to create cluster: node(s) already exist for a cluster with the name "t1"'], failed: false });
  });

  it('tell that the time to wait has run out', () => {
    expect(endings(stagesOf('41-create-wait-timeout').told).at(-1)).toBe('Waiting ≤ 1s for control-plane = Ready: failed');
    expect(stagesOf('41-create-wait-timeout').told.at(-1)?.id).toBe('kind-waiting-for-control-plane-ready');
  });
});
