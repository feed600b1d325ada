import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../../../server/lib/errors.ts';
import { ClusterFailure } from '../../../../server/providers/provider.ts';
import { type Machine, startMachine, until } from './machine.ts';

let machine: Machine;
afterEach(() => machine.close());
const nothingLeft = async () => ({ containers: await machine.double.containers(), owned: await machine.owned() });
const NOTHING = { containers: [], owned: [] };
const failure = async (cluster: Promise<unknown>) =>
  cluster.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error,
  );

const STAGES = ['Ensuring node image', 'Preparing nodes', 'Writing configuration', 'Starting control-plane', 'Installing CNI', 'Installing StorageClass'];
const idOf = (title: string) => `kind-${title.toLowerCase().replaceAll(' ', '-')}`;

describe('a command docker that is Podman’s', () => {
  it('is said before anything is made', async () => {
    machine = await startMachine({ behaviour: { podman: true } });
    expect(await machine.provider.problem?.()).toEqual({ reason: 'the command docker is Podman’s here, and this lab runs its clusters on Docker', next: 'Install Docker (https://docs.docker.com/engine/install/), or use the emulated cluster, which needs none.' });
    await expect((await machine.start()).cluster).rejects.toMatchObject({ code: 'missing-tool' });
    expect((await machine.double.commands()).filter(([program]) => program === 'kind')).toEqual([]);
  });
});

describe('cancelling', () => {
  it.each(STAGES)('in the middle of “%s” leaves nothing', async (hang) => {
    machine = await startMachine({ behaviour: { hang } });
    const started = await machine.start();
    await started.until(idOf(hang));
    started.abort(new Error('enough'));
    expect(await failure(started.cluster)).toEqual(new Error('enough'));
    expect(await nothingLeft()).toEqual(NOTHING);
    expect(started.states()).toContain(`${idOf(hang)} failed`);
  });

  it('ends a kind that does not listen', async () => {
    machine = await startMachine({ behaviour: { hang: 'Starting control-plane', ignoreTerm: true } });
    const started = await machine.start();
    await started.until('kind-starting-control-plane');
    started.abort();
    await failure(started.cluster);
    expect(await nothingLeft()).toEqual(NOTHING);
  }, 15_000);

  it('before anything began asks for nothing', async () => {
    machine = await startMachine();
    const started = await machine.start();
    started.abort();
    await failure(started.cluster);
    expect((await machine.double.commands()).filter(([, verb]) => verb === 'create')).toEqual([]);
    expect(await nothingLeft()).toEqual(NOTHING);
  });

  it('while images are loaded leaves nothing', async () => {
    machine = await startMachine({ behaviour: { images: ['quay.io/argoproj/argoexec:v3.7.6'], loadMs: 60_000 } });
    const started = await machine.start();
    await started.until('images');
    started.abort();
    await failure(started.cluster);
    expect(await nothingLeft()).toEqual(NOTHING);
  });
});

describe('a stage that takes too long', () => {
  it.each(STAGES)('ends: “%s”', async (hang) => {
    machine = await startMachine({ behaviour: { hang }, limits: { stage: (id) => (id === idOf(hang) ? 300 : 60_000) } });
    const started = await machine.start();
    const error = await failure(started.cluster);
    expect(error).toBeInstanceOf(ClusterFailure);
    expect(error).toMatchObject({ code: 'timeout', message: expect.stringMatching(new RegExp(`^“${hang}.*” took longer than 0 s, so it was ended$`)) });
    expect(await nothingLeft()).toEqual(NOTHING);
  });
});

describe('a start that fails', () => {
  it.each([
    ['16-create-port-taken', 'port-taken', 'port 38080 of this machine is taken by another program', 'kind-preparing-nodes failed'],
    ['12-create-name-exists', 'conflict', expect.stringMatching(/^a cluster named argo-lab-\w+-\w+ exists already$/), 'kind-create failed'],
    ['15-create-image-missing', 'cluster-failed', expect.stringMatching(/is not on this machine, and it can't be downloaded/), 'kind-ensuring-node-image failed'],
    ['29-create-not-a-node-image', 'cluster-failed', expect.stringMatching(/^the node did not boot/), 'kind-preparing-nodes failed'],
    ['27-create-bad-config-field', 'scenario-broken', expect.stringMatching(/^kind does not accept/), 'kind-create failed'],
    ['39-no-docker-binary', 'missing-tool', expect.stringMatching(/^Docker is not installed/), 'kind-create failed'],
  ])('as in %s says why and leaves nothing', async (fail, code, message, stage) => {
    machine = await startMachine({ behaviour: { fail } });
    const started = await machine.start();
    const error = await failure(started.cluster);
    expect(error).toMatchObject({ code, message });
    expect(error).toHaveProperty('next', expect.stringMatching(/\w/));
    expect(started.states()).toContain(stage);
    expect(started.stages.at(-1)?.output ?? '').toMatch(/ERROR/);
    expect(await nothingLeft()).toEqual(NOTHING);
  });

  it('tries another port once when one was taken meanwhile', async () => {
    machine = await startMachine({ behaviour: { fail: '16-create-port-taken' } });
    const started = await machine.start();
    await failure(started.cluster);
    expect((await machine.double.commands()).filter(([program, verb]) => program === 'kind' && verb === 'create')).toHaveLength(2);
  });

  it('keeps the node’s logs to download', async () => {
    machine = await startMachine({ behaviour: { fail: '29-create-not-a-node-image' } });
    const error = await failure((await machine.start()).cluster);
    expect(error).toHaveProperty('bundle', join(machine.folder, 'sessions', 'session1', 'cluster-logs.zip'));
    expect(await readdir(join(machine.folder, 'sessions', 'session1'))).toEqual(['cluster-logs.zip']);
  });

  it('because Docker stops in the middle says so, and is cleaned up at the next start', async () => {
    machine = await startMachine({ behaviour: { stepMs: 40 } });
    const started = await machine.start();
    await started.until('kind-starting-control-plane');
    await machine.double.behave({ docker: 'down' });
    expect(await failure(started.cluster)).toMatchObject({ message: 'Docker is installed, but its daemon does not run' });
    expect(await machine.owned()).toHaveLength(1);
    await machine.double.behave({ docker: 'up' });
    await machine.again().begin?.(new Set());
    expect(await nothingLeft()).toEqual(NOTHING);
  });

  it('for a kubeconfig that is gone says so', async () => {
    machine = await startMachine({ behaviour: { noKubeconfig: true, stepMs: 400 } });
    const started = await machine.start();
    await started.until('kind-installing-storageclass');
    for (const { name } of await machine.double.containers()) await machine.double.run('docker', 'stop', name);
    expect(await failure(started.cluster)).toMatchObject({ code: 'cluster-failed', message: 'the node of the cluster is gone or stopped' });
    expect(await nothingLeft()).toEqual(NOTHING);
  });

  it('for a file of manifests that is not there names it', async () => {
    machine = await startMachine();
    await rm(join(machine.folder, 'argo.yaml'));
    const started = await machine.start();
    expect(await failure(started.cluster)).toMatchObject({ code: 'bad-request', next: 'Look at --argo-manifest or ARGO_MANIFEST.' });
    expect(started.states()).toContain('argo-manifest failed');
  });
});

describe('a machine that can’t run clusters', () => {
  it.each([
    [{ docker: 'down' as const }, 'Docker is installed, but its daemon does not run'],
    [{ docker: 'denied' as const }, 'your user may not use Docker'],
    [{ memory: 2 ** 30 }, 'Docker has 1.0 GiB of memory, and a cluster needs 1.5 GiB'],
  ])('says why before a start: %o', async (behaviour, reason) => {
    machine = await startMachine({ behaviour });
    expect(await machine.provider.problem?.()).toEqual({ reason, next: expect.stringMatching(/\w/) });
    const started = await machine.start();
    expect(await failure(started.cluster)).toBeInstanceOf(LabError);
    expect(started.states()).toEqual(['docker failed']);
  });

  it('says that Docker is missing', async () => {
    machine = await startMachine({ programs: ['kind'] });
    expect((await machine.provider.problem?.())?.reason).toBe('Docker is not installed: there is no command docker on the PATH');
  });

  it('has no problem where Docker answers', async () => {
    machine = await startMachine();
    expect(await machine.provider.problem?.()).toBeUndefined();
  });
});

describe('what a crash left', () => {
  it('is removed at the next start, and nothing else', async () => {
    machine = await startMachine({ behaviour: { hang: 'Installing CNI' } });
    const started = await machine.start();
    await started.until('kind-installing-cni');
    const [own] = await machine.double.containers();
    // Somebody else's: made by hand, and one with a name like ours that is in no file of this lab.
    await machine.double.behave({ hang: undefined });
    await machine.double.run('kind', 'create', 'cluster', '--name', 'mine', '--kubeconfig', join(machine.folder, 'x'));
    await machine.double.run('kind', 'create', 'cluster', '--name', 'argo-lab-000000-other', '--kubeconfig', join(machine.folder, 'y'));
    await mkdir(join(machine.folder, 'kind', 'clusters', 'mine'));
    await writeFile(join(machine.folder, 'kind', 'clusters', 'mine', 'owner.json'), JSON.stringify({ version: 1, name: 'mine', ports: [] }));
    await machine.again().begin?.(new Set());
    await until(async () => (await machine.double.containers()).every(({ name }) => name !== own?.name), 'the removal');
    expect((await machine.double.containers()).map(({ cluster }) => cluster).sort()).toEqual(['argo-lab-000000-other', 'mine']);
    started.abort();
    await failure(started.cluster);
  });

  it('is kept for a session that may come back', async () => {
    machine = await startMachine({ behaviour: { hang: 'Installing CNI' } });
    const started = await machine.start({ id: 'sleeping' });
    await started.until('kind-installing-cni');
    await machine.again().begin?.(new Set(['sleeping']));
    expect(await machine.double.containers()).toHaveLength(1);
    started.abort();
    await failure(started.cluster);
  });
});
