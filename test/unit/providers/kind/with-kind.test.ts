import { accessSync, constants } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Scenario } from '../../../../server/scenario/model.ts';
import { ARGO_IMAGES, type Machine, startMachine } from './machine.ts';

/** A real `kind`, of whatever version is on the PATH; it speaks with the double of Docker, so no Docker is needed. */
const kind = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'kind')).find(isExecutable);
const title = kind === undefined ? 'a real kind (needs the command kind on the PATH)' : 'a real kind';

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

let machine: Machine;
afterEach(() => machine.close());

async function scenario(): Promise<Scenario> {
  const folder = join(machine.folder, 'course');
  await mkdir(join(folder, 'data'), { recursive: true });
  const about = { id: 'ports', title: 'Ports', description: '', folder, root: folder, steps: [], assets: [], imageId: 'kubernetes', family: 'cluster' as const, hosts: ['host01'], needs: [], layout: 'terminal' as const, dashboards: [], terminals: [], hide: { intro: false, finish: false }, variables: [], problems: [] };
  return {
    ...about,
    kind: {
      extraPortMappings: [{ containerPort: 30080, hostPort: 80, protocol: 'TCP' }],
      extraMounts: [{ hostPath: 'data', containerPath: '/data', readOnly: true }],
      kubeadmConfigPatches: ['kind: ClusterConfiguration\napiServer:\n  extraArgs: {v: "4"}\n  extraVolumes:\n  - {name: own, hostPath: /data, mountPath: /own}\n'],
    },
  };
}

/** What kubeadm would be told, document by document. */
async function kubeadm(): Promise<Record<string, unknown>> {
  const documents = parseAllDocuments(await machine.double.written('/kind/kubeadm.conf')).map((document): unknown => document.toJS());
  const found = documents.find((document) => typeof document === 'object' && document !== null && 'kind' in document && document.kind === 'ClusterConfiguration');
  return { ...(typeof found === 'object' ? found : {}) };
}

describe.skipIf(kind === undefined)(title, { timeout: 60_000 }, () => {
  it('accepts our configuration, tells its stages, loads images, and leaves nothing', async () => {
    machine = await startMachine({ apis: 1, ...(kind === undefined ? {} : { kind }), behaviour: { images: [...ARGO_IMAGES, 'kindest/node:v1.32.2'] } });
    const started = await machine.start({ scenario: await scenario() });
    const cluster = await started.cluster;
    expect(started.states().sort()).toEqual(['docker', 'kind-ensuring-node-image', 'kind-preparing-nodes', 'kind-writing-configuration', 'kind-starting-control-plane', 'images', 'kind-installing-cni', 'kind-installing-storageclass', 'argo-install', 'argo-ready', 'kind-open'].map((id) => `${id} done`).sort());
    const [node] = await machine.double.containers();
    expect([...new Set(node?.loaded)].sort()).toEqual([...ARGO_IMAGES].sort());

    const { apiServer } = await kubeadm();
    expect(apiServer).toMatchObject({ extraVolumes: [{ mountPath: '/etc/kubernetes/argo-lab', readOnly: true }, { mountPath: '/var/log/kubernetes' }, { mountPath: '/own' }] });
    // A map up to v1beta3, a list from v1beta4 on.
    expect(JSON.stringify(apiServer)).toMatch(/"audit-policy-file"/);
    expect(JSON.stringify(apiServer)).toMatch(/"v"/);

    const commands = await machine.double.commands();
    const run = commands.find(([program, verb]) => program === 'docker' && verb === 'run') ?? [];
    expect(run).toContain(`--volume=${join(machine.folder, 'course/data')}:/data:ro`);
    expect(run.find((arg) => /^--publish=127\.0\.0\.1:\d+:30080\/tcp$/i.test(arg))).toBeDefined();
    expect(run.at(-1)).toBe('kindest/node:v1.32.2');
    expect(commands.filter(([, verb]) => verb === 'pull')).toEqual([]);
    expect((await cluster.client.get({ group: 'apps', version: 'v1', resource: 'deployments' }, 'argo', 'argo-server')).metadata.name).toBe('argo-server');
    await cluster.stop('end');
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  });

  it('is cancelled in the middle and leaves nothing', async () => {
    machine = await startMachine({ apis: 1, ...(kind === undefined ? {} : { kind }), behaviour: { images: ['kindest/node:v1.32.2'], hang: 'Starting control-plane' } });
    const started = await machine.start();
    await started.until('kind-starting-control-plane');
    started.abort(new Error('enough'));
    await expect(started.cluster).rejects.toEqual(new Error('enough'));
    expect({ containers: await machine.double.containers(), owned: await machine.owned() }).toEqual({ containers: [], owned: [] });
  });

  it('says which image is missing, and that there is no network', async () => {
    machine = await startMachine({ apis: 1, ...(kind === undefined ? {} : { kind }), behaviour: { images: [] } });
    const started = await machine.start();
    await expect(started.cluster).rejects.toMatchObject({ code: 'cluster-failed', message: "the image kindest/node:v1.32.2 is not on this machine, and it can't be downloaded: there is no network, or no way to the registry" });
  });

  it('loads images of which Docker keeps one platform alone', async () => {
    machine = await startMachine({ apis: 1, ...(kind === undefined ? {} : { kind }), behaviour: { images: [...ARGO_IMAGES, 'kindest/node:v1.32.2'], wholeImages: false } });
    const started = await machine.start();
    await (await started.cluster).stop('end');
    expect(started.states()).toContain('images done');
  });
});
