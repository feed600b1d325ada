import { expect, it, onTestFinished } from 'vitest';
import { startTestCluster } from '../../harness/test-cluster.ts';

const DAY_MS = 86_400_000;

it('keeps the time that a cluster was moved to when the cluster comes back from what was saved', async () => {
  const first = await startTestCluster();
  first.cluster.advance(DAY_MS);
  const saved = first.cluster.snapshot();
  const then = first.cluster.now();
  await first.stop();
  const second = await startTestCluster({ restore: saved });
  onTestFinished(() => second.stop());
  expect([Math.round((then - Date.now()) / DAY_MS), second.cluster.now() >= then]).toEqual([1, true]);
}, 30_000);
