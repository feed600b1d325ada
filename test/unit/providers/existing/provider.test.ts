import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestCluster } from '../../../harness/test-cluster.ts';
import { course, end, folder, host, NAMESPACES, ours, plain, providerOf, refused, start, writeScenario } from './fixture.ts';

describe('a session in an existing cluster', { timeout: 60_000 }, () => {
  it('has a namespace with quota, limits and an account of its own, and leaves nothing', async () => {
    const run = await start('session-a', plain);
    const namespace = run.cluster.namespace ?? '';
    expect(namespace).toMatch(/^argo-lab-sessiona-[a-z0-9]{5}$/);
    expect(run.stages.map(({ id, state }) => `${id} ${state}`)).toEqual(['preflight running', 'preflight done', 'namespace running', 'namespace done', 'access running', 'access done']);
    expect(await run.kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe(`system:serviceaccount:${namespace}:learner`);
    expect(await run.kubectl('create', 'configmap', 'c', '--from-literal=a=1')).toBe('configmap/c created');
    expect((await run.kubectl('get', 'resourcequota,limitrange', '-o', 'name')).split('\n')).toEqual(['resourcequota/argo-lab', 'limitrange/argo-lab']);
    expect(await run.kubectl('delete', 'resourcequota', 'argo-lab')).toContain('Error from server (Forbidden)');
    expect(await run.kubectl('auth', 'can-i', 'get', 'pods', `--as=system:serviceaccount:${namespace}:default`)).toBe('no');
    expect(await run.kubectl('auth', 'can-i', 'get', 'pods', '--as=system:serviceaccount:kube-system:default')).toContain('cannot impersonate resource "serviceaccounts"');
    expect(await run.kubectl('get', 'secrets', '-n', 'kube-system')).toContain('Error from server (Forbidden)');
    expect(await run.kubectl('create', 'role', 'all', '--verb=*', '--resource=nodes')).toContain('is attempting to grant RBAC permissions not currently held');
    expect(run.cluster.requests().filter(({ method, url }) => method === 'POST' && url.includes('/configmaps')).map(({ user, status, server }) => [user, status, server])).toEqual([[`system:serviceaccount:${namespace}:learner`, 201, 'kubernetes']]);
    await end(run);
    expect(await ours()).toEqual([]);
  });

  it('never sees another one', async () => {
    const provider = providerOf();
    const [a, b] = await Promise.all([start('session-b', plain, { provider }), start('session-c', plain, { provider })]);
    expect(await a.kubectl('create', 'configmap', 'mine')).toBe('configmap/mine created');
    expect(await b.kubectl('get', 'configmap', 'mine')).toBe('Error from server (NotFound): configmaps "mine" not found');
    const foreign = a.cluster.namespace ?? '';
    expect(await b.kubectl('-n', foreign, 'get', 'configmap', 'mine')).toBe(`Error from server (Forbidden): configmaps "mine" is forbidden: User "system:serviceaccount:${b.cluster.namespace}:learner" cannot get resource "configmaps" in API group "" in the namespace "${foreign}"`);
    expect(await ours()).toEqual([a.cluster.namespace, b.cluster.namespace].sort());
    await Promise.all([end(a), end(b)]);
    expect(await ours()).toEqual([]);
  });

  it('waits for the namespace that it names while the session before gives it back', async () => {
    const data = join(folder, 'in-turn');
    const school = await writeScenario('school', 'kubectl -n school get pods', 'school');
    const first = await start('session-u', school, { data });
    await first.kubectl('run', 'slow', '--image=busybox', '--command', '--', 'sh', '-c', 'trap "sleep 2; exit" TERM; while :; do sleep 0.1; done');
    await first.kubectl('wait', 'pod/slow', '--for=condition=Ready', '--timeout=30s');
    await end(first);
    const second = await start('session-v', school, { data });
    expect(second.cluster.namespace).toBe('school');
    expect(await second.kubectl('get', 'pods', '-o', 'name')).not.toContain('slow');
    await end(second);
  });

  it('is checked in its own namespace, whatever the scenario calls it', async () => {
    const run = await start('session-d', await writeScenario('named', 'kubectl get pods', 'team'));
    await run.kubectl('create', 'configmap', 'found');
    const found = await run.cluster.client.get({ group: '', version: 'v1', resource: 'configmaps' }, 'team', 'found');
    expect(found.metadata.namespace).toBe(run.cluster.namespace);
    await end(run);
  });

  it("gets Argo's resource types, server and controller, and the very namespace that the scenario names", async () => {
    const run = await start('session-e', course);
    expect(run.cluster.namespace).toBe('argo');
    expect(await run.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/argo-server\ndeployment.apps/workflow-controller');
    expect(await run.kubectl('auth', 'can-i', 'create', 'workflows.argoproj.io')).toBe('yes');
    await writeFile(join(folder, 'wf.yaml'), 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: mine}\nspec: {entrypoint: main, templates: [{name: main, container: {image: busybox, command: [echo, hi]}}]}\n');
    expect(await run.kubectl('create', '-f', join(folder, 'wf.yaml'))).toBe('workflow.argoproj.io/mine created');
    expect(await run.kubectl('wait', 'wf/mine', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=40s')).toBe('workflow.argoproj.io/mine condition met');
    const second = await refused(start('session-f', course));
    expect(second.message).toBe('The scenario names its namespace (namespace argo in text.md:1: kubectl -n argo get wf), and another session of this lab has it.');
    await end(run);
    await expect.poll(() => host.cluster.client.find(NAMESPACES, undefined, 'argo'), { timeout: 20_000 }).toBeUndefined();
    const { items } = await host.cluster.client.list({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' });
    expect(items.map(({ metadata }) => metadata.name)).toEqual([]);
  });

  it.each(['preflight', 'namespace', 'access'])('that is called off at the stage %s leaves nothing', async (at) => {
    const controller = new AbortController();
    const starting = start(`called-off-${at}`, plain, { signal: controller.signal, onStage: ({ id, state }) => (id === at && state === 'running' ? controller.abort(new Error('called off')) : undefined) });
    await expect(starting).rejects.toThrow('called off');
    expect(await ours()).toEqual([]);
  });

  it('comes back after the lab was stopped, with what was made', async () => {
    const before = await start('session-g', plain);
    await before.kubectl('create', 'configmap', 'kept');
    const saved: unknown = JSON.parse(JSON.stringify(before.cluster.snapshot?.()));
    await end(before, 'suspend');
    const after = await start('session-g', plain, { restore: saved });
    expect(after.cluster.namespace).toBe(before.cluster.namespace);
    expect(after.stages.map(({ id, state }) => `${id} ${state}`)).toEqual(['access running', 'access done']);
    expect(await after.kubectl('get', 'configmap', 'kept', '-o', 'name')).toBe('configmap/kept');
    await end(after);
    expect(await ours()).toEqual([]);
  });

  it('is told when its namespace is deleted under it', async () => {
    const run = await start('session-h', plain);
    const name = run.cluster.namespace ?? '';
    await host.cluster.client.delete(NAMESPACES, undefined, name);
    await expect.poll(() => run.lost.map(({ message, next }) => [message, next]), { timeout: 15_000 }).toEqual([[`the namespace ${name} was deleted in the cluster`, 'Reset the session: it gets a new one.']]);
    await end(run);
  });
});

describe('in a cluster whose Argo looks after all namespaces', { timeout: 90_000 }, () => {
  it('a session gets a server of its own, and what goes to it through a port-forward is seen', async () => {
    const shared = await startTestCluster({ argo: true });
    const run = await start('session-n', await writeScenario('events', 'argo list'), { kubeconfig: shared.kubeconfig, data: join(folder, 'shared') });
    const namespace = run.cluster.namespace ?? '';
    expect(await run.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/argo-server');
    await run.kubectl('create', 'role', 'maker', '--verb=create,get,list', '--resource=workflows.argoproj.io');
    await run.kubectl('create', 'serviceaccount', 'maker');
    await run.kubectl('create', 'rolebinding', 'maker', '--role=maker', `--serviceaccount=${namespace}:maker`);
    const token = await run.kubectl('create', 'token', 'maker');
    const forward = run.forward('svc/argo-server', 2746);
    const url = `http://127.0.0.1:${await forward.port}/api/v1/workflows/${namespace}`;
    const spec = { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['true'] } }] };
    const created = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'user-agent': 'test' }, body: JSON.stringify({ workflow: { metadata: { name: 'mine' }, spec } }) });
    expect([created.status, (await fetch(url)).status]).toEqual([200, 401]);
    forward.stop();
    expect(run.cluster.requests().filter(({ server }) => server === 'argo').map(({ time: _time, ...record }) => record)).toEqual([
      { server: 'argo', method: 'POST', url: `/api/v1/workflows/${namespace}`, user: `system:serviceaccount:${namespace}:maker`, userAgent: 'test', status: 200, body: { workflow: { metadata: { name: 'mine' }, spec } } },
      { server: 'argo', method: 'GET', url: `/api/v1/workflows/${namespace}`, user: 'system:anonymous', userAgent: 'node', status: 401 },
    ]);
    expect(await run.kubectl('wait', 'wf/mine', '--for=condition=Completed', '--timeout=30s')).toBe('workflow.argoproj.io/mine condition met');
    await end(run);
    await shared.stop();
  });
});

describe('what a crash left', { timeout: 60_000 }, () => {
  it('is removed by the next start of the same data folder; sessions that may come back and other labs keep theirs', async () => {
    const data = join(folder, 'crash');
    const [gone, kept, other] = [await start('gone', plain, { data }), await start('kept', plain, { data }), await start('other', plain, { data: join(folder, 'other-lab') })];
    await host.cluster.client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argo-lab-somebody', labels: { 'app.kubernetes.io/managed-by': 'argo-lab' } } });
    await providerOf({ data }).begin?.(new Set(['kept']));
    expect(await ours()).toEqual(['argo-lab-somebody', kept.cluster.namespace, other.cluster.namespace].sort());
    await Promise.all([end(gone), end(kept), end(other)]);
    await host.cluster.client.delete(NAMESPACES, undefined, 'argo-lab-somebody');
  });
});

describe('a server that dies in the middle', { timeout: 90_000 }, () => {
  it('is reported once, and kubectl hears it as an answer', async () => {
    const dying = await startTestCluster();
    const run = await start('session-k', plain, { kubeconfig: dying.kubeconfig, data: join(folder, 'dying') });
    const server = new URL(String(parse(dying.cluster.kubeconfig).clusters[0].cluster.server)).host;
    await dying.stop();
    expect((await run.kubectl('get', 'pods')).split('\n').at(-1)).toBe('Error from server (ServiceUnavailable): the server is currently unable to handle the request');
    await expect.poll(() => run.lost.map(({ message }) => message), { timeout: 40_000, interval: 500 }).toEqual([`nothing listens at ${server}`]);
    await end(run);
  });
});

describe('an object store', { timeout: 60_000 }, () => {
  it('comes into the namespace where workflows keep artifacts, and works', async () => {
    const run = await start('session-q', await writeScenario('artifacts', 'argo submit\noutputs:\n  artifacts:\n  - name: a\n'), { data: join(folder, 'store') });
    expect(await run.kubectl('get', 'deployments', '-o', 'name')).toBe('deployment.apps/argo-server\ndeployment.apps/minio\ndeployment.apps/workflow-controller');
    await run.kubectl('wait', 'job/minio-job', '--for=condition=Complete', '--timeout=30s');
    const workflow = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'keeps' }, spec: { entrypoint: 'main', templates: [{ name: 'main', steps: [[{ name: 'give', template: 'give' }], [{ name: 'take', template: 'take', arguments: { artifacts: [{ name: 'a', from: '{{steps.give.outputs.artifacts.a}}' }] } }]] }, { name: 'give', container: { image: 'busybox', command: ['sh', '-c', 'echo kept >/tmp/a'] }, outputs: { artifacts: [{ name: 'a', path: '/tmp/a' }] } }, { name: 'take', inputs: { artifacts: [{ name: 'a', path: '/tmp/a' }] }, container: { image: 'busybox', command: ['grep', 'kept', '/tmp/a'] } }] } };
    const file = join(folder, 'keeps.json');
    await writeFile(file, JSON.stringify(workflow));
    expect(await run.kubectl('create', '-f', file)).toBe('workflow.argoproj.io/keeps created');
    await run.kubectl('wait', 'wf/keeps', '--for=condition=Completed', '--timeout=40s');
    expect(await run.kubectl('get', 'wf', 'keeps', '-o', 'jsonpath={.status.phase}{.status.message}')).toBe('Succeeded');
    expect(await run.kubectl('get', 'resourcequota', 'argo-lab', '-o', 'jsonpath={.status.used.pods}')).toBe('3');
    await end(run);
    expect(await ours()).toEqual([]);
  });
});
