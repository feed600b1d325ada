import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ARGO_IMAGES, type Machine, startMachine, until } from './machine.ts';

const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };

let machine: Machine;
afterEach(() => machine.close());
const imageOfCreate = async () => {
  const create = (await machine.double.commands()).find(([program, verb]) => program === 'kind' && verb === 'create') ?? [];
  return create[create.indexOf('--image') + 1];
};
/** Started and ended; `fails` where nothing but the command is of interest. */
async function create(): Promise<string | undefined> {
  const started = await machine.start();
  await started.cluster.catch(() => undefined);
  return imageOfCreate();
}
const failing = { fail: '29-create-not-a-node-image' };

describe('the node image', () => {
  it('is the pinned one, with its digest', async () => {
    machine = await startMachine({ behaviour: failing });
    expect(await create()).toMatch(/^kindest\/node:v1\.32\.2@sha256:[0-9a-f]{64}$/);
  });

  it('is asked for by its name alone where Docker has it from a file, without its digest', async () => {
    machine = await startMachine({ nodeImage: 'local/node:1@sha256:00', behaviour: { ...failing, images: ['local/node:1'] } });
    expect(await create()).toBe('local/node:1');
  });

  it('keeps its digest where Docker knows that, and where it has neither', async () => {
    machine = await startMachine({ nodeImage: 'local/node:1@sha256:00', behaviour: { ...failing, images: ['local/node:1', 'local/node:1@sha256:00'] } });
    expect(await create()).toBe('local/node:1@sha256:00');
    await machine.close();
    machine = await startMachine({ nodeImage: 'local/node:1@sha256:00', behaviour: failing });
    expect(await create()).toBe('local/node:1@sha256:00');
  });

  it('may be a file, which Docker is given first', async () => {
    machine = await startMachine({ nodeImageFile: 'local/kindest-node:v1.32.2', behaviour: failing });
    const started = await machine.start();
    await started.cluster.catch(() => undefined);
    expect(await imageOfCreate()).toBe('local/kindest-node:v1.32.2');
    expect(started.states()).toContain('node-image done');
  });

  it('is the one of a file that is the node’s, where the file holds Argo’s images, too', async () => {
    machine = await startMachine({ nodeImageFile: 'quay.io/argoproj/argocli:v3.7.6\nkindest/node:v1.32.2\nbusybox:1', behaviour: failing });
    expect(await create()).toBe('kindest/node:v1.32.2');
  });

  it('that is a file which is not there is named', async () => {
    machine = await startMachine({ nodeImage: '/nowhere/node.tar' });
    const started = await machine.start();
    await expect(started.cluster).rejects.toMatchObject({ code: 'bad-request', message: 'there is no file /nowhere/node.tar with a node image', next: expect.stringMatching(/KIND_NODE_IMAGE/) });
    expect(started.states()).toContain('node-image failed');
    expect(await machine.owned()).toEqual([]);
  });
});

describe('images of Argo', () => {
  it('get into the node without kind where Docker keeps one platform of each', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES, wholeImages: false } });
    const started = await machine.start();
    const cluster = await started.cluster;
    expect(started.states()).toContain('images done');
    expect([...new Set((await machine.double.containers())[0]?.loaded)].sort()).toEqual([...ARGO_IMAGES].sort());
    await cluster.stop('end');
  }, 60_000);

  it('get into the node without kind where Docker can’t write where kind reads', async () => {
    machine = await startMachine({ apis: 1, behaviour: { images: ARGO_IMAGES, saves: false } });
    const cluster = await (await machine.start()).cluster;
    expect([...new Set((await machine.double.containers())[0]?.loaded)].sort()).toEqual([...ARGO_IMAGES].sort());
    await cluster.stop('end');
  }, 60_000);

  it('that the node brings along are not pulled either', async () => {
    machine = await startMachine({ apis: 1, behaviour: { nodeImages: ARGO_IMAGES } });
    const cluster = await (await machine.start()).cluster;
    expect(await cluster.client.get(DEPLOYMENTS, 'argo', 'argo-server')).toHaveProperty('spec.template.spec.containers.0.imagePullPolicy', 'IfNotPresent');
    expect(await cluster.client.get(CONFIG_MAPS, 'argo', 'workflow-controller-configmap')).toHaveProperty('data.executor', 'imagePullPolicy: IfNotPresent\n');
    await cluster.stop('end');
  }, 60_000);
});

describe('images of a scenario', () => {
  it('come into a cluster that was made ahead of it as well', async () => {
    machine = await startMachine({ apis: 2, warm: 1, behaviour: { images: [...ARGO_IMAGES, 'busybox:1'] } });
    await machine.provider.begin?.(new Set());
    await until(async () => (await machine.double.containers()).some(({ state }) => state === 'paused'), 'a cluster ahead');
    const folder = join(machine.folder, 'course');
    await mkdir(folder);
    await writeFile(join(folder, 'pod.yaml'), 'spec:\n  containers:\n  - image: busybox:1\n');
    const scenario = { id: 'pods', title: 'Pods', description: '', folder, root: folder, steps: [], assets: [], imageId: 'kubernetes', family: 'cluster' as const, hosts: ['host01'], needs: [], layout: 'terminal' as const, dashboards: [], terminals: [], hide: { intro: false, finish: false }, variables: [], problems: [] };
    const started = await machine.start({ scenario });
    const cluster = await started.cluster;
    expect(started.states()).toContain('kind-open done');
    await until(async () => (await machine.double.containers()).some(({ loaded }) => loaded?.includes('busybox:1') === true), 'the image');
    await cluster.stop('end');
  }, 90_000);
});

describe('the environment of kind', () => {
  it('does not let it take Podman, or another cluster', async () => {
    machine = await startMachine({ behaviour: failing, environment: { KIND_EXPERIMENTAL_PROVIDER: 'podman', KIND_CLUSTER_NAME: 'mine' } });
    await create();
    expect(await machine.double.environmentOf('kind')).toEqual({});
  });
});
