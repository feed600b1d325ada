import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
let test: TestCluster;

beforeAll(async () => {
  test = await startTestCluster({ argo: true });
}, 30_000);
afterAll(() => test?.stop());

it('a workflow ends whose container was killed before it could leave its exit code', async () => {
  const { client } = test.cluster;
  // The shell's parent is the emissary, which would have told the wait container.
  const templates = [{ name: 'main', container: { image: 'busybox', command: ['sh', '-c', 'kill -9 $PPID; sleep 1'] } }];
  await client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'killed' }, spec: { entrypoint: 'main', templates } });
  await vi.waitFor(async () => expect((await client.get(WORKFLOWS, 'argo', 'killed'))['status']).toMatchObject({ phase: expect.stringMatching(/Failed|Error|Succeeded/) }), { timeout: 30_000, interval: 250 });
  expect((await client.get(WORKFLOWS, 'argo', 'killed'))['status']).toMatchObject({ phase: 'Failed', message: expect.stringContaining('exit code 137') });
}, 60_000);
