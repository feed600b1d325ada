import { execa } from 'execa';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { parse, stringify } from 'yaml';
import { ApiStatus } from '../../../../server/cluster/vocabulary.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { LabError } from '../../../../server/lib/errors.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { existingProvider } from '../../../../server/providers/existing/provider.ts';
import type { ClusterProvider, ClusterStage, SessionCluster } from '../../../../server/providers/provider.ts';
import { createSandbox } from '../../../../server/sandbox/detect.ts';
import type { Place, Sandbox } from '../../../../server/sandbox/sandbox.ts';
import type { Scenario } from '../../../../server/scenario/model.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

// A test file that imports from here has a cluster to be a guest in, as long as its tests run.

export const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces' };
const NONE = { PATH: '/usr/bin:/bin', HOME: '/tmp' };

export let folder: string;
export let host: TestCluster;
let sandbox: Sandbox;
export let plain: Scenario;
export let course: Scenario;
let count = 0;

export async function writeScenario(name: string, text: string, namespace?: string): Promise<Scenario> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'text.md'), text);
  return { id: name, title: name, description: '', folder: path, root: path, steps: [{ id: 'step1', title: 'One', text: 'text.md', checks: [] }], assets: [], imageId: 'kubernetes', family: 'cluster', hosts: ['host01'], needs: [], layout: 'terminal', dashboards: [], terminals: [], hide: { intro: false, finish: false }, variables: [], problems: [], ...(namespace === undefined ? {} : { namespace }) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'existing-'));
  host = await startTestCluster();
  sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 0, wanted: 'none' }, systemClock);
  plain = await writeScenario('plain', 'kubectl get pods');
  course = await writeScenario('course', 'kubectl -n argo get wf', 'argo');
}, 60_000);

afterAll(async () => {
  await sandbox.close();
  await host.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Options {
  signal?: AbortSignal;
  onStage?(stage: ClusterStage): void;
  kubeconfig?: string;
  context?: string;
  data?: string;
  environment?: Record<string, string>;
}

export function providerOf({ kubeconfig = host.kubeconfig, context, data = join(folder, 'data'), environment = NONE }: Options = {}): ClusterProvider {
  return existingProvider({ kubeconfig, folder: join(data, 'existing'), environment, ...(context === undefined ? {} : { context }) }, { clock: systemClock, ids: systemIds, log: silentLog, sandbox, argoUi: '' });
}

interface Run {
  cluster: SessionCluster;
  place: Place;
  stages: ClusterStage[];
  lost: LabError[];
  kubectl(...args: string[]): Promise<string>;
  forward(target: string, port: number): { port: Promise<number>; stop(): void };
}

export async function start(id: string, scenario: Scenario, options: Options & { provider?: ClusterProvider; restore?: unknown } = {}): Promise<Run> {
  const own = join(folder, `session-${(count += 1)}`);
  const place = await sandbox.open({ sessionId: id, home: join(own, 'home') });
  const stages: ClusterStage[] = [];
  const lost: LabError[] = [];
  try {
    const cluster = await (options.provider ?? providerOf(options)).start({ id, scenario, folder: join(own, 'cluster'), place, restore: options.restore, onStage: (stage) => { stages.push(stage); options.onStage?.(stage); }, onLost: (error) => lost.push(error), signal: options.signal ?? new AbortController().signal });
    const file = join(own, 'kubeconfig');
    await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
    const env = { KUBECONFIG: file, HOME: own };
    return {
      cluster,
      place,
      stages,
      lost,
      kubectl: async (...args) => (await execa('kubectl', args, { env, all: true, reject: false })).all,
      forward(target, port) {
        const child = execa('kubectl', ['port-forward', target, `:${port}`], { env, reject: false, buffer: false });
        const listens = new Promise<number>((resolve) => child.stdout.on('data', (chunk: Buffer) => {
          const match = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
          if (match !== null) resolve(Number(match[1]));
        }));
        return { port: listens, stop: () => void child.kill() };
      },
    };
  } catch (error) {
    await place.stop();
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), { stages });
  }
}

export async function end(run: Run, why: 'end' | 'suspend' = 'end'): Promise<void> {
  await run.cluster.stop(why);
  await run.place.stop();
}

interface Refusal {
  message: string;
  next: string | undefined;
  stages: ClusterStage[];
}

export async function refused(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LabError) || !('stages' in error) || !Array.isArray(error.stages)) throw error instanceof Error ? error : new Error('it was not refused');
  return { message: error.message, next: error.next, stages: error.stages };
}

export async function ours(): Promise<string[]> {
  const { items } = await host.cluster.client.list(NAMESPACES, { labelSelector: 'app.kubernetes.io/managed-by=argo-lab' });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name).sort();
}

/** The kubeconfig with something changed. */
export async function changed(name: string, change: (config: { clusters: { cluster: Record<string, unknown> }[]; users: { user: Record<string, unknown> }[] }) => void): Promise<string> {
  const config = parse(host.cluster.kubeconfig);
  change(config);
  const file = join(folder, name);
  await writeFile(file, stringify(config));
  return file;
}

/** A kubeconfig with the rights that the README asks for, where somebody is no cluster-admin. */
export async function teacherOf(): Promise<string> {
  const readme = await readFile(join(import.meta.dirname, '../../../../README.md'), 'utf8');
  const role: unknown = parse(/```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(readme)?.[1] ?? '');
  const { client } = host.cluster;
  const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' };
  const account = { kind: 'ServiceAccount', name: 'teacher', namespace: 'default' };
  const once = <T>(made: Promise<T>) => made.catch((error: unknown) => (error instanceof ApiStatus && error.code === 409 ? undefined : Promise.reject(error)));
  await once(client.create({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'teacher', namespace: 'default' } }));
  await once(client.create({ ...RBAC, resource: 'clusterroles' }, undefined, { apiVersion: '', kind: '', metadata: { name: '' }, ...Object(role) }));
  for (const name of ['admin', 'argo-lab']) await once(client.create({ ...RBAC, resource: 'clusterrolebindings' }, undefined, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: `teacher-${name}` }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [account] }));
  const { status } = await client.createSubresource<{ status: { token: string } }>({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', 'teacher', 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
  return changed('teacher', (config) => config.users.forEach((user) => (user.user = { token: status.token })));
}
