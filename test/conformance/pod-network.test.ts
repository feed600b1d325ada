import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ResourceType } from '../../server/cluster/vocabulary.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { createRuntime, type ClusterRuntime } from '../../server/providers/embedded/runtime.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';
import type { Sandbox } from '../../server/sandbox/sandbox.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

const PODS: ResourceType = { group: '', version: 'v1', resource: 'pods' };
const SERVICES: ResourceType = { group: '', version: 'v1', resource: 'services' };

let folder: string;
let sandbox: Sandbox;
let runtime: ClusterRuntime;
let test: TestCluster;
let routed = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pod-network-'));
  sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 0, wanted: 'auto' }, systemClock);
  runtime = await createRuntime(sandbox, join(folder, 'runtime'), systemClock);
  routed = (await runtime.network?.()) !== undefined;
  test = await startTestCluster({ runtime });
}, 30_000);

afterAll(async () => {
  await test?.stop();
  await runtime?.close?.();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

function pod(name: string, container: object): Promise<unknown> {
  return test.cluster.client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { restartPolicy: 'Never', containers: [{ name: 'main', ...container }] } });
}

async function service(name: string, port: number, targetPort: number): Promise<void> {
  await test.cluster.client.create(SERVICES, 'default', { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port, targetPort }] } });
}

/** What a script prints in a pod of its own, once that has ended. */
async function printedIn(name: string, script: string): Promise<string> {
  const { client } = test.cluster;
  await pod(name, { image: 'busybox', command: ['sh', '-c', script] });
  await vi.waitFor(async () => expect((await client.get(PODS, 'default', name))['status']).toMatchObject({ phase: expect.stringMatching(/Succeeded|Failed/) }), 15_000);
  let text = '';
  for await (const chunk of await client.logs('default', name, {}, new AbortController().signal)) text += Buffer.from(chunk).toString();
  return text;
}

const untilRunning = (name: string) => vi.waitFor(async () => expect((await test.cluster.client.get(PODS, 'default', name))['status']).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }] }), 15_000);

describe('a pod whose image is a program of ours', () => {
  it('can be looked into and changed like any other, and serves what was changed', async ({ skip }) => {
    if (sandbox.isolation !== 'bubblewrap') skip('commands in such a pod need a root folder of their own: bubblewrap is not there');
    await pod('site', { image: 'nginx' });
    await untilRunning('site');
    const kubectl = async (...args: string[]) => (await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args])).stdout;
    expect(await kubectl('exec', 'site', '--', 'cat', '/usr/share/nginx/html/index.html')).toContain('Welcome to nginx!');
    expect(await kubectl('exec', 'site', '--', 'bash', '-c', 'echo changed > /usr/share/nginx/html/index.html; wget -qO- localhost')).toBe('changed\n');
    const { metadata } = await test.cluster.client.get(PODS, 'default', 'site');
    const socket = await test.cluster.network.dial(metadata.uid ?? '', 80);
    socket.write('GET / HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer.split('\r\n\r\n')[1]).toBe('changed\n');
  }, 60_000);

  it('runs another command of the image and goes, as kubectl run --rm wants it', async ({ skip }) => {
    if (!routed) skip('this machine lets nobody make a network in the kernel: it takes root, bubblewrap and iproute2');
    await pod('page', { image: 'nginx:1.19' });
    await service('page', 3333, 80);
    await untilRunning('page');
    const { stdout } = await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, 'run', 'once', '--image=nginx:alpine', '--restart=Never', '--rm', '-i', '--', 'curl', '-sI', '-m', '5', 'http://page:3333'], { timeout: 30_000 });
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\nserver: nginx\/1\.19\.10\r\n[^]*pod "once" deleted\n$/);
  }, 60_000);
});

describe('the network of pods, for the processes in them', () => {
  it('leads to Services by name, whether a program or a process stands behind them, and to nothing else', async ({ skip }) => {
    if (!routed) skip('this machine lets nobody make a network in the kernel: it takes root, bubblewrap and iproute2');
    await pod('web', { image: 'nginx' });
    await pod('files', { image: 'python', command: ['python3', '-m', 'http.server', '9000'] });
    await service('web', 8080, 80);
    await service('files', 80, 9000);
    await Promise.all([untilRunning('web'), untilRunning('files')]);
    const printed = await printedIn('learner', 'until wget -qO /dev/null http://files 2>/dev/null; do sleep 0.1; done; wget -qO- http://web:8080 | grep -c "Welcome to nginx"; wget -qO- http://files.default.svc | grep -c "Directory listing"; wget -qO- http://nosuch 2>&1; wget -qO- http://web:81 2>&1 | sed "s/(.*)/(X)/"; wget -qO- http://192.0.2.1 2>&1');
    expect(printed.split('\n')).toEqual(['2', '2', "wget: bad address 'nosuch'", "wget: can't connect to remote host (X): Connection refused", "wget: can't connect to remote host (192.0.2.1): Network is unreachable", '']);
  }, 60_000);

  it('has room for more pods than one net of addresses', async ({ skip }) => {
    if (!routed) skip('this machine lets nobody make a network in the kernel: it takes root, bubblewrap and iproute2');
    const { network } = test.cluster;
    const taken = Array.from({ length: 300 }, (_one, index) => `taken-${index}`);
    for (const uid of taken) network.addressOf(uid);
    await pod('beyond', { image: 'nginx', command: ['sh', '-c', 'ip -o -4 addr show dev eth0; exec nginx -g "daemon off;"'] });
    await service('beyond', 80, 80);
    await untilRunning('beyond');
    const { status } = await test.cluster.client.get(PODS, 'default', 'beyond');
    expect(status).toMatchObject({ podIP: expect.stringMatching(/^10\.244\.1\.\d+$/) });
    expect(await printedIn('asks-beyond', 'wget -qO- -T 5 http://beyond | grep -c Welcome')).toBe('2\n');
    for (const uid of taken) network.release(uid);
  }, 60_000);

  it('is one for the containers of a pod, also where one has ended before the next begins', async ({ skip }) => {
    if (!routed) skip('this machine lets nobody make a network in the kernel: it takes root, bubblewrap and iproute2');
    const { client } = test.cluster;
    const names = Array.from({ length: 6 }, (_one, index) => `brief-${index}`);
    const quick = (name: string) => ({ name, image: 'busybox', command: ['true'] });
    for (const name of names) await client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { restartPolicy: 'Never', containers: [quick('first'), quick('second'), { name: 'third', image: 'busybox', command: ['sh', '-c', 'ip -o -4 addr show dev eth0 | grep -c 10.244'] }] } });
    for (const name of names) {
      await vi.waitFor(async () => expect((await client.get(PODS, 'default', name))['status']).toMatchObject({ phase: expect.stringMatching(/Succeeded|Failed/) }), 15_000);
      expect((await client.get(PODS, 'default', name))['status']).toMatchObject({ phase: 'Succeeded' });
    }
  }, 60_000);

  it('gives a pod its own address on eth0, by which another pod reaches it', async ({ skip }) => {
    if (!routed) skip('this machine lets nobody make a network in the kernel: it takes root, bubblewrap and iproute2');
    await pod('talker', { image: 'busybox', command: ['sh', '-c', 'while true; do echo "I am $(hostname -i)" | nc -l -p 7000; done'] });
    await untilRunning('talker');
    const { status } = await test.cluster.client.get(PODS, 'default', 'talker');
    const address = typeof status === 'object' && status !== null && 'podIP' in status ? String(status.podIP) : '';
    expect(await printedIn('listener', `nc ${address} 7000 </dev/null`)).toBe(`I am ${address}\n`);
  }, 60_000);
});
