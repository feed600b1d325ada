import { execa } from 'execa';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
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
import { writeVclusterDouble } from '../../../harness/vcluster-double.ts';

const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces' };
const NONE = { PATH: '/usr/bin:/bin', HOME: '/tmp' };

let folder: string;
let host: TestCluster;
let sandbox: Sandbox;
let plain: Scenario;
let course: Scenario;
let count = 0;

async function writeScenario(name: string, text: string, namespace?: string): Promise<Scenario> {
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

function providerOf({ kubeconfig = host.kubeconfig, context, data = join(folder, 'data'), environment = NONE }: Options = {}): ClusterProvider {
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

async function start(id: string, scenario: Scenario, options: Options & { provider?: ClusterProvider; restore?: unknown } = {}): Promise<Run> {
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

async function end(run: Run, why: 'end' | 'suspend' = 'end'): Promise<void> {
  await run.cluster.stop(why);
  await run.place.stop();
}

interface Refusal {
  message: string;
  next: string | undefined;
  stages: ClusterStage[];
}

async function refused(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof LabError) || !('stages' in error) || !Array.isArray(error.stages)) throw error instanceof Error ? error : new Error('it was not refused');
  return { message: error.message, next: error.next, stages: error.stages };
}

async function ours(): Promise<string[]> {
  const { items } = await host.cluster.client.list(NAMESPACES, { labelSelector: 'app.kubernetes.io/managed-by=argo-lab' });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name).sort();
}

/** The kubeconfig with something changed. */
async function changed(name: string, change: (config: { clusters: { cluster: Record<string, unknown> }[]; users: { user: Record<string, unknown> }[] }) => void): Promise<string> {
  const config = parse(host.cluster.kubeconfig);
  change(config);
  const file = join(folder, name);
  await writeFile(file, stringify(config));
  return file;
}

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

describe('a cluster that does not let us', { timeout: 60_000 }, () => {
  it('make namespaces is told apart before anything is made', async () => {
    await host.cluster.client.create({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'poor', namespace: 'default' } });
    const { status } = await host.cluster.client.createSubresource<{ status: { token: string } }>({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', 'poor', 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    const kubeconfig = await changed('poor', (config) => config.users.forEach((user) => (user.user = { token: status.token })));
    const { message, next, stages } = await refused(start('session-i', plain, { kubeconfig }));
    expect(message).toBe('You may not create namespaces, get namespaces, list namespaces, delete namespaces, create resourcequotas, create limitranges, create serviceaccounts, create serviceaccounts/token and 2 more.');
    expect(next).toBe('Each session gets a namespace of its own. Ask for a user that may make namespaces, and name its kubeconfig with --kubeconfig.');
    expect(stages.map(({ id, state }) => `${id} ${state}`)).toEqual(['preflight running', 'preflight failed']);
    expect(stages[1]?.output).toMatch(/^✓ Kubernetes v1\.32\.2\n✗ You may not create namespaces.*\n {2}→ Each session gets.*\n✗ You may not hand on rights that you do not have yourself: get pods, list pods, .*\n {2}→ Ask for/);
    expect(await ours()).toEqual([]);
  });

  it('in at all is named with user and file', async () => {
    const kubeconfig = await changed('expired', (config) => config.users.forEach((user) => (user.user = { token: 'expired' })));
    const server = new URL(String(parse(host.cluster.kubeconfig).clusters[0].cluster.server)).host;
    const { message, next } = await refused(start('session-j', plain, { kubeconfig }));
    expect(message).toBe(`${server} does not accept user kubernetes-admin of ${kubeconfig} (401). Its token has expired or was revoked.`);
    expect(next).toBe(`Get a new kubeconfig, or choose another context. Try: kubectl --kubeconfig ${kubeconfig} --context kubernetes-admin@kubernetes auth whoami`);
    expect((await providerOf({ kubeconfig }).problem?.())?.reason).toBe(message);
  });

  it('reach it is named with its address', async () => {
    const kubeconfig = await changed('unreachable', (config) => config.clusters.forEach((cluster) => (cluster.cluster['server'] = 'https://127.0.0.1:1')));
    expect(await providerOf({ kubeconfig }).problem?.()).toEqual({ reason: 'nothing listens at 127.0.0.1:1', next: `Is the cluster running, and can this machine reach it (VPN)? Try: kubectl --kubeconfig ${kubeconfig} --context kubernetes-admin@kubernetes version` });
  });

  it('trust its certificate says which one it should be', async () => {
    const other = await startTestCluster();
    const ca: unknown = parse(other.cluster.kubeconfig).clusters[0].cluster['certificate-authority-data'];
    await other.stop();
    const kubeconfig = await changed('foreign-ca', (config) => config.clusters.forEach((cluster) => (cluster.cluster['certificate-authority-data'] = ca)));
    const problem = await providerOf({ kubeconfig }).problem?.();
    expect(problem?.reason).toMatch(/^the certificate of 127\.0\.0\.1:\d+ is not trusted: /);
    expect(problem?.next).toBe(`Look at certificate-authority of cluster kubernetes in ${kubeconfig}: it may be of another cluster.`);
  });

  it('choose a context that is not there', async () => {
    expect(await providerOf({ context: 'prod' }).problem?.()).toEqual({ reason: `kubeconfig ${host.kubeconfig}: contexts: there is no context prod`, next: 'Choose one of these with --context: kubernetes-admin@kubernetes.' });
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

describe('a virtual cluster', { timeout: 90_000 }, () => {
  it('gives a scenario all that it names, in a cluster of its own', async () => {
    const inside = await startTestCluster();
    const port = Number(new URL(String(parse(inside.cluster.kubeconfig).clusters[0].cluster.server)).port);
    const double = await writeVclusterDouble(join(folder, 'vcluster'), inside.kubeconfig, port);
    const run = await start('session-l', course, { environment: double.environment, data: join(folder, 'virtual') });
    expect(run.stages.filter(({ state }) => state === 'done').map(({ id, title }) => [id, title])).toEqual([
      ['preflight', 'What the cluster allows'],
      ['namespace', 'A virtual cluster of your own (vcluster)'],
      ['vcluster', 'The way into the virtual cluster'],
      ['access', 'An account of your own'],
    ]);
    const [namespace] = await ours();
    expect(namespace).toMatch(/^argo-lab-sessionl-/);
    expect(run.cluster.namespace).toBe('argo');
    expect(await run.kubectl('create', 'namespace', 'another')).toBe('namespace/another created');
    expect(await run.kubectl('-n', 'argo', 'get', 'deployments', '-o', 'name')).toBe('deployment.apps/argo-server\ndeployment.apps/workflow-controller');
    await end(run);
    const context = '--context kubernetes-admin@kubernetes';
    expect(await double.calls()).toEqual([
      'vcluster --version',
      `vcluster create lab --namespace ${namespace} --connect=false --upgrade ${context}`,
      `kubectl --kubeconfig ${host.kubeconfig} ${context} --namespace ${namespace} port-forward --address 127.0.0.1 service/lab :443`,
      `vcluster connect lab --namespace ${namespace} --print --silent --server https://127.0.0.1:${port} ${context}`,
      `vcluster delete lab --namespace ${namespace} --wait=false ${context}`,
    ]);
    expect(await ours()).toEqual([]);
    await inside.stop();
  });

  it('that can’t be made leaves no namespace, and shows what was printed', async () => {
    const double = await writeVclusterDouble(join(folder, 'failing'), '/dev/null', 1, 'fatal error deploying vcluster: no storage class');
    const { message, stages } = await refused(start('session-m', course, { environment: double.environment, data: join(folder, 'failing') }));
    expect(message).toBe('vcluster create failed: fatal error deploying vcluster: no storage class');
    expect(stages.at(-1)?.output).toBe('fatal error deploying vcluster: no storage class');
    expect(await ours()).toEqual([]);
  });
});

/** A kubeconfig with the rights that the README asks for, where somebody is no cluster-admin. */
async function teacherOf(): Promise<string> {
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

describe('somebody who is no cluster-admin', { timeout: 60_000 }, () => {
  it('gives sessions with the rights that the README names', async () => {
    const run = await start('session-r', plain, { kubeconfig: await teacherOf(), data: join(folder, 'teacher-data') });
    expect(await run.kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes');
    expect((await run.cluster.client.list({ group: '', version: 'v1', resource: 'pods' }, { namespace: run.cluster.namespace ?? '' })).items).toEqual([]);
    await end(run);
    expect(await ours()).toEqual([]);
  });

  it('has checks that ask whose a token is and what it may do, which only the whole cluster’s administrator may ask of all', async () => {
    const run = await start('session-t', await writeScenario('school', 'kubectl -n school get pods', 'school'), { kubeconfig: await teacherOf(), data: join(folder, 'teacher-data') });
    await run.kubectl('create', 'serviceaccount', 'jenkins');
    await run.kubectl('create', 'role', 'jenkins', '--verb=list', '--resource=pods');
    await run.kubectl('create', 'rolebinding', 'jenkins', '--role=jenkins', '--serviceaccount=school:jenkins');
    const token = await run.kubectl('create', 'token', 'jenkins');
    const { client } = run.cluster;
    const whose = (given: string) => client.create({ group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' }, undefined, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token: given } });
    expect(await whose(token)).toMatchObject({ kind: 'TokenReview', status: { authenticated: true, user: { username: 'system:serviceaccount:school:jenkins' } } });
    await run.kubectl('delete', 'serviceaccount', 'jenkins');
    expect(await whose(token)).toMatchObject({ status: { authenticated: false } });
    const may = async (namespace: string, resource: string) => {
      const review = await client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' }, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec: { user: 'system:serviceaccount:school:jenkins', groups: ['system:serviceaccounts'], resourceAttributes: { namespace, verb: 'list', resource } } });
      return z.object({ status: z.object({ allowed: z.boolean() }) }).parse(review).status.allowed;
    };
    expect([await may('school', 'pods'), await may('school', 'secrets')]).toEqual([true, false]);
    await expect(client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' }, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec: { user: 'x', resourceAttributes: { verb: 'list', resource: 'nodes' } } })).rejects.toThrow(/subjectaccessreviews.authorization.k8s.io is forbidden/);
    await end(run);
  });
});

describe('what a card says before anybody starts', { timeout: 60_000 }, () => {
  it('is nothing where the scenario fits, also while another session has its namespace', async () => {
    const provider = providerOf({ data: join(folder, 'cards') });
    expect(await provider.refuses?.(plain)).toBeUndefined();
    const run = await start('session-p', course, { provider });
    expect(await providerOf({ data: join(folder, 'cards') }).refuses?.(course)).toBeUndefined();
    expect(await providerOf({ data: join(folder, 'other-cards') }).refuses?.(course)).toEqual({ reason: 'The scenario names its namespace (namespace argo in text.md:1: kubectl -n argo get wf), and the cluster has one of that name that is not ours.', next: expect.stringMatching(/^Install vcluster/) });
    await end(run);
  });

  it('is the first thing that the cluster does not give: a scope, a right, a resource type', async () => {
    const wide = await writeScenario('wide', 'kubectl get nodes');
    expect(await providerOf().refuses?.(wide)).toEqual({ reason: 'The scenario needs more than one namespace: nodes in text.md:1: kubectl get nodes.', next: expect.stringMatching(/^Install vcluster/) });
    const kubeconfig = await teacherOf();
    const teacher = providerOf({ kubeconfig });
    expect(await teacher.refuses?.(plain)).toBeUndefined();
    expect(await teacher.refuses?.(await writeScenario('workflows', 'argo list'))).toEqual({ reason: "The cluster does not know Argo's workflows, workflowtemplates, cronworkflows, workfloweventbindings or workflowtaskresults, and you may not install resource types.", next: 'Ask the administrator of the cluster to install the CRDs of Argo Workflows v3.7.6.' });
  });

  it('is not asked again for each card', async () => {
    const asked: string[] = [];
    const api = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end('{}');
    });
    await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
    const address = api.address();
    const kubeconfig = await changed('counting', (config) => config.clusters.forEach(({ cluster }) => Object.assign(cluster, { server: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` })));
    const provider = providerOf({ kubeconfig });
    for (const text of ['kubectl get pods', 'kubectl get svc', 'kubectl get cm']) await provider.refuses?.(await writeScenario(text.replace(/\W/g, ''), text));
    expect(asked).toEqual(['/version']);
    api.close();
  });

  it('is nothing where the cluster does not answer: that is said of the whole provider', async () => {
    const kubeconfig = await changed('gone', (config) => config.clusters.forEach((cluster) => (cluster.cluster['server'] = 'https://127.0.0.1:1')));
    expect(await providerOf({ kubeconfig }).refuses?.(plain)).toBeUndefined();
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
