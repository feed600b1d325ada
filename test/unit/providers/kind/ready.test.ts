import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { SessionCluster } from '../../../../server/providers/provider.ts';
import { ARGO_IMAGES, type Machine, startMachine, until } from './machine.ts';

const run = promisify(execFile);
const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };

let machine: Machine;
afterEach(() => machine.close());
const states = async () => (await machine.double.containers()).map(({ state }) => state);
async function kubectl(cluster: SessionCluster, ...args: string[]): Promise<string> {
  const file = join(machine.folder, 'kubeconfig');
  await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
  return (await run('kubectl', ['--kubeconfig', file, ...args])).stdout;
}

describe('a session on kind', () => {
  it('has kind’s stages, then Argo’s, a kubectl that works, and a record of what was asked', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES } });
    const started = await machine.start();
    const cluster = await started.cluster;
    expect(started.states()).toEqual(['docker done', 'kind-ensuring-node-image done', 'kind-preparing-nodes done', 'kind-writing-configuration done', 'kind-starting-control-plane done', 'images done', 'kind-installing-cni done', 'kind-installing-storageclass done', 'argo-install done', 'argo-ready done', 'kind-open done'].sort(byStage(started.states())));
    expect((await machine.double.containers())[0]?.loaded?.sort()).toEqual([...ARGO_IMAGES].sort());
    // Beside what a person would type: one question to the daemon, those for images all at once, and one to the node.
    const typed = (await machine.double.commands()).filter((words) => !words.includes('tail') && !words.includes('events')).map(([program, verb]) => `${program} ${verb}`);
    expect(typed.filter((words) => words !== 'docker image')).toEqual(['docker info', 'kind create', 'kind load', 'docker exec']);
    expect(typed.slice(0, typed.indexOf('kind create')).length).toBe(typed.filter((words) => words === 'docker image').length + 1);

    // Through the place's own port, with the administrator's certificate.
    expect(await kubectl(cluster, 'get', 'deployments', '-n', 'argo', '-o', 'name')).toBe('deployment.apps/argo-server\ndeployment.apps/minio\ndeployment.apps/workflow-controller\n');
    expect(await kubectl(cluster, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe('kubernetes-admin');
    const server = await cluster.client.get(DEPLOYMENTS, 'argo', 'argo-server');
    expect(server).toHaveProperty('spec.template.spec.containers.0.args', ['server', '--auth-mode=client', '--secure=false']);
    expect(server).toHaveProperty('spec.template.spec.containers.0.imagePullPolicy', 'IfNotPresent');

    const now = Date.now();
    await machine.double.audit([{ kind: 'Event', stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/argo/configmaps', verb: 'create', user: { username: 'system:serviceaccount:argo:jenkins' }, userAgent: 'curl/8', responseStatus: { code: 201 }, requestObject: { kind: 'ConfigMap' }, requestReceivedTimestamp: new Date(now).toISOString() }]);
    await until(() => cluster.requests().some(({ user }) => user === 'system:serviceaccount:argo:jenkins'), 'the record');
    expect(cluster.requests().find(({ userAgent }) => userAgent === 'curl/8')).toEqual({ time: now, server: 'kubernetes', method: 'POST', url: '/api/v1/namespaces/argo/configmaps', user: 'system:serviceaccount:argo:jenkins', userAgent: 'curl/8', status: 201, body: { kind: 'ConfigMap' } });

    await cluster.stop('end');
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  }, 90_000);

  it.each(['argo-install', 'argo-ready'])('that is cancelled at %s leaves nothing', async (stage) => {
    machine = await startMachine({ apis: 1 });
    const started = await machine.start();
    await started.until(stage);
    started.abort(new Error('enough'));
    await expect(started.cluster).rejects.toEqual(new Error('enough'));
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  }, 90_000);

  it('whose Argo does not come up tells what is not ready, with logs to download', async () => {
    machine = await startMachine({ apis: 1, limits: { ready: 60_000, missingImage: 500 } });
    await writeFile(
      join(machine.folder, 'argo.yaml'),
      ['argo-server', 'workflow-controller']
        .map((name) => `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  selector: {matchLabels: {app: ${name}}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {containers: [{name: ${name}, image: "example.invalid/nothing:1"}]}\n`)
        .join('---\n'),
    );
    const started = await machine.start();
    await expect(started.cluster).rejects.toMatchObject({ code: 'cluster-failed', message: expect.stringMatching(/^the image example\.invalid\/nothing:1 can't be had/), bundle: expect.stringMatching(/cluster-logs\.zip$/) });
    const failed = started.stages.at(-1);
    expect(failed).toMatchObject({ id: 'argo-ready', state: 'failed' });
    expect(failed?.output).toMatch(/argo\/argo-server-\S+: container argo-server waits: (ErrImagePull|ImagePullBackOff)/);
    expect(failed?.output).toMatch(/Last events:/);
    expect(await machine.double.containers()).toEqual([]);
  }, 90_000);

  it('is told when the daemon stops, and when its node does', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES } });
    const first = await machine.start();
    const cluster = await first.cluster;
    await until(async () => (await machine.double.commands()).some(([, verb]) => verb === 'events'), 'the watch');
    await machine.double.behave({ docker: 'down' });
    await until(() => first.lost.length > 0, 'the news');
    expect(first.lost.map(({ message }) => message)).toEqual(['Docker’s daemon has stopped, and the cluster with it']);
    await machine.double.behave({ docker: 'up' });
    await cluster.stop('end');

    const second = await machine.start({ id: 'session2' });
    const other = await second.cluster;
    const events = async () => (await machine.double.commands()).filter(([, verb]) => verb === 'events').length;
    await until(async () => (await events()) > 1, 'the watch');
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const { name } of await machine.double.containers()) await machine.double.run('docker', 'stop', name);
    await until(() => second.lost.length > 0, 'the news');
    expect(second.lost.map(({ message }) => message)).toEqual(['the node of the cluster has stopped']);
    await other.stop('end');
  }, 120_000);

  it('sleeps while the lab is stopped, and comes back with it', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES } });
    const first = await (await machine.start()).cluster;
    await first.client.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine' } });
    const saved: unknown = JSON.parse(JSON.stringify(first.snapshot?.()));
    await first.stop('suspend');
    expect(await states()).toEqual(['paused']);
    const provider = machine.again();
    await provider.begin?.(new Set(['session1']));
    const back = await machine.start({ provider, restore: saved });
    const cluster = await back.cluster;
    expect(back.states()).toEqual(['kind-resume done', 'kind-open done']);
    expect(await states()).toEqual(['running']);
    expect((await cluster.client.get(CONFIG_MAPS, 'default', 'mine')).metadata.name).toBe('mine');
    await cluster.stop('end');
    expect(await states()).toEqual([]);
  }, 120_000);

  it('that nobody uses is paused, and woken by whoever asks', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES }, limits: { idle: 1500 } });
    const cluster = await (await machine.start()).cluster;
    await until(async () => (await states())[0] === 'paused', 'the sleep');
    expect(await kubectl(cluster, 'get', 'ns', 'argo', '-o', 'name')).toBe('namespace/argo\n');
    expect(await states()).toEqual(['running']);
    await cluster.stop('end');
  }, 120_000);

  it('gets its own cluster clean at a reset', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES } });
    const cluster = await (await machine.start()).cluster;
    await cluster.client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'mine' } });
    await cluster.client.create(CONFIG_MAPS, 'argo', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' } });
    await cluster.client.delete(CONFIG_MAPS, 'argo', 'workflow-controller-configmap');
    const [before] = await machine.double.containers();
    void cluster.stop('reset');
    const again = await machine.start();
    const clean = await again.cluster;
    expect(again.states()).toEqual(['kind-clean done', 'kind-open done']);
    expect((await machine.double.containers()).map(({ name }) => name)).toEqual([before?.name]);
    expect(await clean.client.find(NAMESPACES, undefined, 'mine')).toBeUndefined();
    expect(await clean.client.find(CONFIG_MAPS, 'argo', 'left')).toBeUndefined();
    expect((await clean.client.find(CONFIG_MAPS, 'argo', 'workflow-controller-configmap'))?.metadata.name).toBe('workflow-controller-configmap');
    await clean.stop('end');
  }, 120_000);
});

describe('a warm pool', () => {
  it('has a cluster asleep before anybody asks, makes another when it is taken, and leaves none', async () => {
    machine = await startMachine({ apis: 2, warm: 1, behaviour: { images: ARGO_IMAGES } });
    await machine.provider.begin?.(new Set());
    await until(async () => (await states())[0] === 'paused', 'the warm cluster');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const made = (await machine.double.commands()).length;
    const [{ cluster: taken } = { cluster: '' }] = await machine.double.containers();
    const started = await machine.start();
    const cluster = await started.cluster;
    expect(started.states()).toEqual(['kind-open done']);
    // It is woken, and that is all.
    const typed = (await machine.double.commands()).slice(made).map((words) => words.join(' '));
    expect(typed.filter((words) => words.includes(taken) && !words.includes(' tail '))).toEqual([`docker unpause ${taken}-control-plane`]);
    expect(await kubectl(cluster, 'get', 'ns', 'argo', '-o', 'name')).toBe('namespace/argo\n');
    await until(async () => (await states()).filter((state) => state === 'paused').length === 1, 'the next one');
    await cluster.stop('end');
    await machine.provider.close?.();
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  }, 120_000);
});

describe('a warm cluster on its way', () => {
  it('is waited for by who comes meanwhile, with its stages, and outlives a cancel', async () => {
    machine = await startMachine({ apis: 1, warm: 1, behaviour: { images: ARGO_IMAGES, stepMs: 100 } });
    void machine.provider.begin?.(new Set());
    await until(async () => (await machine.double.containers()).length === 1, 'the node');
    const first = await machine.start();
    await first.until('kind-installing-cni');
    first.abort(new Error('enough'));
    await expect(first.cluster).rejects.toEqual(new Error('enough'));
    const second = await machine.start({ id: 'session2' });
    const cluster = await second.cluster;
    expect(second.states()).toContain('kind-ensuring-node-image done');
    expect((await machine.double.commands()).filter(([program, verb]) => program === 'kind' && verb === 'create').length).toBeLessThanOrEqual(2);
    expect(await kubectl(cluster, 'get', 'ns', 'argo', '-o', 'name')).toBe('namespace/argo\n');
    await cluster.stop('end');
    await machine.provider.close?.();
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  }, 120_000);
});

/** Stages that run side by side come in any order: as it was, so that the lists can be compared. */
function byStage(order: string[]): (a: string, b: string) => number {
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
