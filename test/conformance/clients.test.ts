import { execa } from 'execa';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

/**
 * Clients that nobody here wrote. Each needs a program of its own, and is skipped by name where that is missing:
 * helm on the PATH or in ARGO_LAB_HELM; a python with the package `kubernetes` in ARGO_LAB_PYTHON or as python3; a
 * newer kubectl in ARGO_LAB_KUBECTL; Go with the modules of clients/go in its cache or within reach.
 */
const clients = join(import.meta.dirname, 'clients');
const works = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 }).status === 0;
const helm = process.env.ARGO_LAB_HELM ?? 'helm';
const python = process.env.ARGO_LAB_PYTHON ?? 'python3';
const kubectl = process.env.ARGO_LAB_KUBECTL;
const has = {
  helm: works(helm, 'version', '--short'),
  python: works(python, '-c', 'import kubernetes'),
  kubectl: kubectl !== undefined && existsSync(kubectl),
  go: spawnSync('go', ['list', '-deps', '.'], { cwd: join(clients, 'go'), stdio: 'ignore', timeout: 60_000, env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off' } }).status === 0,
};

let running: TestCluster;
let home: string;

beforeAll(async () => {
  running = await startTestCluster();
  home = await mkdtemp(join(tmpdir(), 'clients-'));
});

afterAll(async () => {
  await running.stop();
  await rm(home, { recursive: true, force: true });
});

async function run(command: string, args: string[], options: { cwd?: string; input?: string; env?: Record<string, string> } = {}): Promise<string> {
  const { all, exitCode } = await execa(command, args, { env: { KUBECONFIG: running.kubeconfig, HOME: home, ...options.env }, all: true, reject: false, ...(options.cwd === undefined ? {} : { cwd: options.cwd }), ...(options.input === undefined ? {} : { input: options.input }) });
  return exitCode === 0 ? all : `exit code ${exitCode ?? '?'}: ${all}`;
}

const CHART: Record<string, string> = {
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: "1"\n',
  'values.yaml': 'greeting: hello\n',
  'templates/all.yaml': `apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-c}
data: {greeting: {{ .Values.greeting | quote }}, has: {{ .Capabilities.APIVersions.Has "apps/v1/Deployment" | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 0
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template: {metadata: {labels: {app: {{ .Release.Name }}}}, spec: {containers: [{name: c, image: busybox}]}}
`,
  'templates/NOTES.txt': '{{ .Release.Name }} is there\n',
};

describe('other people’s clients', { timeout: 120_000 }, () => {
  it.skipIf(!has.helm)('helm installs, upgrades, rolls back, lists and uninstalls a chart (skipped without helm)', async () => {
    const chart = join(home, 'chart');
    await mkdir(join(chart, 'templates'), { recursive: true });
    for (const [name, text] of Object.entries(CHART)) await writeFile(join(chart, name), text);
    const at = ['-n', 'shop'];
    const greeting = async () => (await running.cluster.client.get<{ data: Record<string, string> } & Awaited<ReturnType<typeof running.cluster.client.get>>>({ group: '', version: 'v1', resource: 'configmaps' }, 'shop', 'shop-c')).data;
    expect(await run(helm, ['install', 'shop', chart, ...at, '--create-namespace', '--wait', '--timeout', '60s'])).toMatch(/^NAME: shop\n[\s\S]*STATUS: deployed\nREVISION: 1\n[\s\S]*shop is there$/);
    expect(await greeting()).toEqual({ greeting: 'hello', has: 'true' });
    expect(await run(helm, ['upgrade', 'shop', chart, ...at, '--set', 'greeting=hi', '--wait'])).toMatch(/^Release "shop" has been upgraded\. Happy Helming!\n/);
    expect(await greeting()).toEqual({ greeting: 'hi', has: 'true' });
    expect(await run(helm, ['rollback', 'shop', '1', ...at, '--wait'])).toBe('Rollback was a success! Happy Helming!');
    expect(await greeting()).toEqual({ greeting: 'hello', has: 'true' });
    const history: unknown = JSON.parse(await run(helm, ['history', 'shop', ...at, '-o', 'json']));
    expect(history).toMatchObject([{ revision: 1, status: 'superseded' }, { revision: 2, status: 'superseded' }, { revision: 3, status: 'deployed', description: 'Rollback to 1' }]);
    expect(await run(helm, ['list', ...at, '--short'])).toBe('shop');
    expect(await run(helm, ['uninstall', 'shop', ...at, '--wait'])).toBe('release "shop" uninstalled');
    expect(await run(helm, ['list', ...at, '--short'])).toBe('');
  });

  it.skipIf(!has.kubectl)('a newer kubectl applies, shows, scales and explains (skipped without ARGO_LAB_KUBECTL)', async () => {
    const manifest = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 0, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: busybox}]}}}\n';
    const newer = (args: string, input?: string) => run(kubectl ?? '', args.split(' '), input === undefined ? {} : { input });
    expect(await newer('create ns newer')).toBe('namespace/newer created');
    expect(await newer('apply -n newer -f -', manifest)).toBe('deployment.apps/d created');
    expect(await newer('rollout status deploy/d -n newer --timeout=20s')).toBe('deployment "d" successfully rolled out');
    expect(await newer('apply -n newer --server-side --force-conflicts -f -', manifest)).toBe('deployment.apps/d serverside-applied');
    expect(await newer('get deploy -n newer --no-headers')).toMatch(/^d +0\/0 +0 +0 +\d+s$/);
    expect(await newer('explain deploy.spec.replicas')).toMatch(/^GROUP: {6}apps\nKIND: {7}Deployment\nVERSION: {4}v1\n\nFIELD: replicas <integer>\n/);
  });

  it.skipIf(!has.python)('the Python client lists, watches, patches and deletes (skipped without its package)', async () => {
    const lines = ['version 1', "data [('a', '1'), ('b', '2')]", "events ['ADDED', 'MODIFIED', 'DELETED']", 'replicas 0', 'error 404 Not Found', 'page 5 True'];
    expect((await run(python, [join(clients, 'informers.py')])).split('\n')).toEqual(lines);
  });

  it.skipIf(!has.go)('client-go’s informers see every change, in JSON and in protobuf (skipped without Go and its modules)', async () => {
    const program = join(home, 'informers');
    expect(await run('go', ['build', '-o', program, '.'], { cwd: join(clients, 'go'), env: { HOME: process.env.HOME ?? home, GOFLAGS: '-mod=mod', GOPROXY: 'off' } })).toBe('');
    const seen = ['add 1', 'update 2', 'update 3', 'delete 3', 'not found: true'];
    expect((await run(program, [])).split('\n')).toEqual(seen);
    expect((await run(program, ['protobuf'])).split('\n')).toEqual(seen);
  });
});
