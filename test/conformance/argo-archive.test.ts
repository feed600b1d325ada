import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { World } from '../../server/cluster/argo/cli/app.ts';
import { runArgo } from '../../server/cluster/argo/cli/run.ts';
import type { ResourceType } from '../../server/cluster/vocabulary.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { type ArgoServerPort, argoServerPort, learnerToken } from '../harness/argo-server.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

const WORKFLOWS: ResourceType = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const PODS: ResourceType = { group: '', version: 'v1', resource: 'pods' };

let test: TestCluster;
let server: ArgoServerPort;
let token: string;

beforeAll(async () => {
  test = await startTestCluster({ argo: true });
  token = await learnerToken(test.cluster);
  server = await argoServerPort(test.cluster);
  const { client } = test.cluster;
  await client.patch({ group: '', version: 'v1', resource: 'configmaps' }, 'argo', 'workflow-controller-configmap', { type: 'merge', body: { data: { persistence: 'archive: true\narchiveTTL: 30d\n' } } });
  // As after a rollout restart: both read their settings when they begin.
  for (const app of ['workflow-controller', 'argo-server']) {
    const [old] = (await client.list(PODS, { namespace: 'argo', labelSelector: `app=${app}` })).items;
    await client.delete(PODS, 'argo', old?.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await vi.waitFor(async () => {
      const [pod] = (await client.list(PODS, { namespace: 'argo', labelSelector: `app=${app}` })).items;
      expect(pod?.metadata.name).not.toBe(old?.metadata.name);
      expect(pod?.['status']).toMatchObject({ conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]) });
    }, 20_000);
  }
}, 60_000);

afterAll(async () => {
  await server?.close();
  await test?.stop();
});

/** Runs `argo` against the server; resolves with its exit code and what it printed. */
async function argo(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const world: World = {
    env: { ARGO_SERVER: `127.0.0.1:${server.port}`, ARGO_SECURE: 'false', ARGO_TOKEN: `Bearer ${token}`, ARGO_NAMESPACE: 'argo' },
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    stdin: async () => '',
    clock: systemClock,
    ids: systemIds,
    signal: new AbortController().signal,
  };
  return { code: await runArgo(args, world), out, err };
}

describe('the workflow archive', () => {
  it('keeps what has finished, shows it when the object is gone, and puts it back', async () => {
    const { client } = test.cluster;
    const spec = { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['sh', '-c'], args: ['exit 3'] } }] };
    const made = await client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'kept', labels: { team: 'blue' } }, spec });
    const uid = made.metadata.uid ?? '';
    await vi.waitFor(async () => expect((await client.get(WORKFLOWS, 'argo', 'kept')).metadata.labels).toMatchObject({ 'workflows.argoproj.io/workflow-archiving-status': 'Archived' }), 20_000);
    // Still there, and yet listed once.
    expect((await argo('list', '-o', 'name')).out).toBe('kept\n');
    await client.delete(WORKFLOWS, 'argo', 'kept');

    expect((await argo('archive', 'list')).out.split('\n')[1]).toMatch(new RegExp(`^argo +kept +Failed .*${uid}$`));
    expect((await argo('list', '-o', 'name')).out).toBe('kept\n');
    const { out } = await argo('archive', 'get', uid, '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ metadata: { name: 'kept', uid, labels: { team: 'blue', 'workflows.argoproj.io/workflow-archiving-status': 'Persisted' } }, status: { phase: 'Failed' }, spec });
    expect((await argo('archive', 'list-label-values', '-l', 'team')).out).toBe('blue\n');
    expect((await argo('get', 'kept', '-o', 'name')).out).toBe('kept\n');

    expect((await argo('archive', 'retry', uid)).code).toBe(0);
    expect(await argo('archive', 'retry', uid)).toEqual({ code: 1, out: '', err: 'Error: rpc error: code = AlreadyExists desc = Workflow already exists on cluster, use argo retry {name} instead\n' });
    expect((await argo('archive', 'delete', uid)).out).toBe(`Archived workflow '${uid}' deleted\n`);
    expect(await argo('archive', 'get', uid)).toEqual({ code: 1, out: '', err: 'Error: rpc error: code = NotFound desc = not found\n' });
  }, 60_000);

  it('is part of a snapshot', async () => {
    const { client } = test.cluster;
    await client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'saved' }, spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['true'] } }] } });
    await vi.waitFor(() => expect(JSON.stringify(Reflect.get(Object(test.cluster.snapshot().data), 'archive'))).toContain('"name":"saved"'), 20_000);
  }, 30_000);
});
