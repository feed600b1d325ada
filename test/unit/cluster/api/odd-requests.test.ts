import { afterAll, beforeAll, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster();
  await test.cluster.client.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } }, { fieldManager: 'first' });
}, 60_000);
afterAll(() => test?.stop());

/** What `kubectl get --raw` prints, or says. */
const raw = async (...args: string[]): Promise<string> =>
  promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args]).then(({ stdout }) => stdout, (error: unknown) => (error as { stderr: string }).stderr);

it('a watch from the start says when all is told that was there', async () => {
  const lines = (await raw('get', '--raw', '/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Da')).trim().split('\n').map((line) => JSON.parse(line) as { type: string; object: { metadata: { name?: string; annotations?: Record<string, string> } } });
  expect(lines.slice(0, 2).map(({ type, object }) => [type, object.metadata.name, object.metadata.annotations?.['k8s.io/initial-events-end']])).toEqual([['ADDED', 'a', undefined], ['BOOKMARK', undefined, 'true']]);
});

it('who applies nothing leaves no trace', async () => {
  const applied = await test.cluster.client.patch(CONFIG_MAPS, 'default', 'a', { type: 'apply', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } } }, { fieldManager: 'second' });
  expect(applied.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['first']);
});

it('a manager has a name of 128 bytes at most', async () => {
  expect(await raw('create', 'configmap', 'b', `--field-manager=${'a'.repeat(129)}`)).toContain('CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes');
});
