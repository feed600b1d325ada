import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configFrom } from '../../../../server/config.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import type { LabError } from '../../../../server/lib/errors.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { createLog } from '../../../../server/lib/log.ts';
import { LIMITS } from '../../../../server/providers/kind/limits.ts';
import { EXECUTOR_IMAGE } from '../../../../server/providers/kind/pins.ts';
import { kindProvider } from '../../../../server/providers/kind/provider.ts';
import type { ClusterProvider, ClusterStage, SessionCluster } from '../../../../server/providers/provider.ts';
import type { Scenario } from '../../../../server/scenario/model.ts';
import { createSandbox } from '../../../../server/sandbox/detect.ts';
import type { Sandbox } from '../../../../server/sandbox/sandbox.ts';
import { until } from './machine.ts';

/** Needs Docker, and without internet KIND_NODE_IMAGE, ARGO_MANIFEST and Argo's images in it. Takes minutes. */
const docker = spawnSync('docker', ['info'], { encoding: 'utf8' }).status === 0;
const run = promisify(execFile);
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const LONG = 20 * 60_000;
const IDLE_MS = 4000;

let folder: string;
let sandbox: Sandbox;
let provider: ClusterProvider;
const begun: SessionCluster[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kind-real-'));
  sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, wanted: 'none' });
  provider = kindProvider(configFrom({ data: folder }, [], process.env).kind, { clock: systemClock, ids: systemIds, log: createLog('warn'), sandbox, argoUi: '' }, { ...LIMITS, idle: IDLE_MS });
});
/** Also after a test that failed, there is no cluster when the next one begins. */
afterEach(async () => void (await Promise.all(begun.splice(0).map((cluster) => cluster.stop('end')))), LONG);
afterAll(async () => {
  await provider.close?.();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}, LONG);

async function start(id: string, signal: AbortSignal, stages: ClusterStage[] = [], restore?: unknown, scenario?: Scenario): Promise<{ cluster: SessionCluster; lost: LabError[] }> {
  const place = await sandbox.open({ sessionId: id, home: join(folder, 'home', id) });
  const lost: LabError[] = [];
  const cluster = await provider.start({ id, folder: join(folder, 'sessions', id), place, signal, onStage: (stage) => stages.push(stage), onLost: (error) => lost.push(error), ...(restore === undefined ? {} : { restore }), ...(scenario === undefined ? {} : { scenario }) });
  begun.push(cluster);
  return { cluster, lost };
}
async function kubectl(cluster: SessionCluster, ...args: string[]): Promise<string> {
  const file = join(folder, 'kubeconfig');
  await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
  return (await run('kubectl', ['--kubeconfig', file, ...args])).stdout;
}
const ours = async () => (await run('docker', ['ps', '-a', '--filter', 'label=io.x-k8s.kind.cluster', '--format', '{{.Names}} {{.State}}'])).stdout.split('\n').filter((line) => line.startsWith('argo-lab-'));
const owned = () => readdir(join(folder, 'kind', 'clusters')).catch(() => []);

describe('a real kind', () => {
  it.skipIf(!docker)(
    'gives a session a cluster with Argo Workflows, keeps it over a restart, cleans it, and leaves nothing',
    async () => {
      const before = await ours();
      const stages: ClusterStage[] = [];
      const first = await start('real1', new AbortController().signal, stages);
      process.stdout.write(`${stages.filter(({ state }) => state !== 'running').map(({ title, took }) => `  ${title}: ${((took ?? 0) / 1000).toFixed(1)} s`).join('\n')}\n`);
      expect(await kubectl(first.cluster, 'get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}')).toBe('True');
      expect(await kubectl(first.cluster, 'auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}')).toBe('kubernetes-admin');

      await kubectl(first.cluster, 'create', 'configmap', 'asked', '-n', 'argo');
      const asked = () => first.cluster.requests().find(({ method, url, userAgent }) => method === 'POST' && url.startsWith('/api/v1/namespaces/argo/configmaps') && userAgent.startsWith('kubectl/'));
      await until(() => asked() !== undefined, 'the record in the audit log');
      expect(asked()).toMatchObject({ server: 'kubernetes', user: 'kubernetes-admin', status: 201, body: { metadata: { name: 'asked' } } });

      await first.cluster.client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'hello' }, spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: EXECUTOR_IMAGE, command: ['argoexec'], args: ['version'] } }] } });
      const phase = async ({ cluster } = first) => kubectl(cluster, 'get', 'workflow', 'hello', '-n', 'argo', '-o', 'jsonpath={.status.phase}');
      for (let i = 0; i < 300 && !['Succeeded', 'Failed', 'Error'].includes(await phase()); i++) await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await phase()).toBe('Succeeded');

      const states = async () => (await ours()).filter((line) => !before.includes(line)).map((line) => line.split(' ')[1]);
      await until(async () => (await states())[0] === 'paused', 'the pause of a cluster that nobody uses');
      expect(await phase()).toBe('Succeeded');
      expect(await states()).toEqual(['running']);

      const saved: unknown = first.cluster.snapshot?.();
      await first.cluster.stop('suspend');
      expect(await states()).toEqual(['paused']);
      const back = await start('real1', new AbortController().signal, [], saved);
      expect(await phase(back)).toBe('Succeeded');

      void back.cluster.stop('reset');
      const again: ClusterStage[] = [];
      const clean = await start('real1', new AbortController().signal, again);
      expect(again.filter(({ state }) => state !== 'running').map(({ id, state }) => `${id} ${state}`)).toEqual(['kind-clean done', 'kind-open done']);
      expect(await clean.cluster.client.find(CONFIG_MAPS, 'argo', 'asked')).toBeUndefined();
      expect(await clean.cluster.client.find(WORKFLOWS, 'argo', 'hello')).toBeUndefined();

      const [node] = (await ours()).filter((line) => !before.includes(line)).map((line) => line.split(' ')[0] ?? '');
      await run('docker', ['kill', node ?? '']);
      await run('docker', ['rm', '-f', '-v', node ?? '']);
      await until(() => clean.lost.length > 0, 'the news');
      expect(clean.lost[0]?.message).toBe('the node of the cluster was removed');
      await clean.cluster.stop('end');
      expect({ containers: await ours(), owned: await owned() }).toEqual({ containers: before, owned: [] });
    },
    LONG,
  );

  it.skipIf(!docker)(
    'has the ports, folders and patches that a scenario asks for',
    async () => {
      const course = join(folder, 'course');
      await mkdir(join(course, 'data'), { recursive: true });
      await writeFile(join(course, 'data/hello'), 'from the scenario');
      const about = { id: 'ports', title: 'Ports', description: '', folder: course, root: course, steps: [], assets: [], imageId: 'kubernetes', family: 'cluster' as const, hosts: ['host01'], needs: [], layout: 'terminal' as const, dashboards: [], terminals: [], hide: { intro: false, finish: false }, variables: [], problems: [] };
      const kind = { extraPortMappings: [{ containerPort: 30080, hostPort: 18_080, protocol: 'TCP' as const }], extraMounts: [{ hostPath: 'data', containerPath: '/data', readOnly: true }], kubeadmConfigPatches: ['kind: ClusterConfiguration\napiServer:\n  extraArgs: {v: "4"}\n  extraVolumes:\n  - {name: own, hostPath: /data, mountPath: /own, readOnly: true}\n'] };
      const { cluster } = await start('real3', new AbortController().signal, [], undefined, { ...about, kind });
      const node = await kubectl(cluster, 'get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}');
      expect((await run('docker', ['exec', node, 'cat', '/data/hello'])).stdout).toBe('from the scenario');
      await expect(run('docker', ['exec', node, 'touch', '/data/new'])).rejects.toThrow('Read-only file system');
      const api = await kubectl(cluster, 'get', 'pod', '-n', 'kube-system', `kube-apiserver-${node}`, '-o', 'yaml');
      expect(['--v=4', '--audit-policy-file=', 'mountPath: /own'].filter((part) => !api.includes(part))).toEqual([]);
      await kubectl(cluster, 'patch', 'service', 'argo-server', '-n', 'argo', '-p', JSON.stringify({ spec: { type: 'NodePort', ports: [{ port: 2746, nodePort: 30_080 }] } }));
      // kube-proxy needs a moment for its rules.
      await until(async () => (await fetch('http://127.0.0.1:18080/api/v1/version').catch(() => undefined)) !== undefined, 'the Argo Server behind the node\u2019s port');
      expect((await fetch('http://127.0.0.1:18080/api/v1/version')).status).toBe(401);
      await until(() => cluster.requests().some(({ method, url }) => method === 'PATCH' && url.startsWith('/api/v1/namespaces/argo/services/argo-server')), 'the record in the audit log');
    },
    LONG,
  );

  it.skipIf(!docker)(
    'says what is wrong with a node image that is none, keeps its logs, and leaves nothing',
    async () => {
      const before = await ours();
      const wrong = kindProvider({ ...configFrom({ data: folder }, [], process.env).kind, nodeImage: EXECUTOR_IMAGE }, { clock: systemClock, ids: systemIds, log: createLog('error'), sandbox, argoUi: '' });
      const place = await sandbox.open({ sessionId: 'real4', home: join(folder, 'home/real4') });
      const error: unknown = await wrong.start({ id: 'real4', folder: join(folder, 'sessions/real4'), place, signal: new AbortController().signal, onStage: () => undefined }).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'cluster-failed', bundle: join(folder, 'sessions/real4/cluster-logs.zip') });
      expect((await stat(join(folder, 'sessions/real4/cluster-logs.zip'))).size).toBeGreaterThan(100);
      process.stdout.write(`  ${String(error)}\n`);
      expect({ containers: await ours(), owned: await owned() }).toEqual({ containers: before, owned: [] });
    },
    LONG,
  );

  it.skipIf(!docker).each(['kind-preparing-nodes', 'kind-starting-control-plane', 'argo-install'])(
    'is cancelled at %s and leaves nothing',
    async (stage) => {
      const before = await ours();
      const controller = new AbortController();
      const stages: ClusterStage[] = [];
      const starting = start('real2', controller.signal, stages).then(
        () => 'ready',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      while (!stages.some(({ id }) => id === stage)) {
        const ended = await Promise.race([starting, new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50))]);
        if (ended !== undefined) throw new Error(`it has ended before: ${ended}`);
      }
      controller.abort(new Error('enough'));
      expect(await starting).toBe('enough');
      expect({ containers: await ours(), owned: await owned() }).toEqual({ containers: before, owned: [] });
    },
    LONG,
  );
});
