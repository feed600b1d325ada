import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENTS, PODS } from '../../../../server/cluster/controllers/runtime/resources.ts';
import type { Program } from '../../../../server/cluster/program.ts';
import { smallCluster, type SmallCluster } from './small-cluster.ts';

let cluster: SmallCluster;

const greeter: Program = {
  async run(context) {
    context.stdout(`hello from ${context.argv.join(' ')}\n`);
    return Number(context.env.CODE ?? 0);
  },
};

beforeAll(async () => {
  cluster = await smallCluster({ images: [{ repository: 'lab/greeter', entrypoint: ['greet'], content: { kind: 'program', program: greeter } }] });
});
afterAll(() => cluster.stop());

const sh = (script: string, extra: object = {}) => ({ name: 'c', image: 'busybox', command: ['sh', '-c', script], ...extra });

test('a pod that echoes succeeds, with its log, its events and its conditions', async () => {
  await cluster.pod('echo', { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', args: ['echo', 'hello'] }] });
  const pod = await cluster.until('echo', (p) => p.status?.phase === 'Succeeded');
  expect(await cluster.logs('echo', 'main')).toBe('hello\n');
  const [status] = pod.status?.containerStatuses ?? [];
  expect(status).toMatchObject({ name: 'main', image: 'docker.io/library/busybox:latest', ready: false, restartCount: 0, started: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } });
  expect(pod.status?.conditions?.map((c) => [c.type, c.status, c.reason])).toEqual([
    ['PodReadyToStartContainers', 'False', undefined],
    ['Initialized', 'True', 'PodCompleted'],
    ['Ready', 'False', 'PodCompleted'],
    ['ContainersReady', 'False', 'PodCompleted'],
    ['PodScheduled', 'True', undefined],
  ]);
  await expect.poll(async () => {
    const events = await cluster.client.list(EVENTS, { namespace: 'ns' });
    return events.items.filter((e) => (e.involvedObject as { name: string }).name === 'echo').map((e) => `${e.type} ${e.reason} ${e.message}`.replace(/in .*/, 'in …')).sort();
  }).toEqual([
    'Normal Created Created container: main',
    'Normal Pulled Successfully pulled image "busybox" in …',
    'Normal Pulling Pulling image "busybox"',
    'Normal Scheduled Successfully assigned ns/echo to controlplane',
    'Normal Started Started container main',
  ]);
});

test('every phase of a pod is seen in order', async () => {
  const phases: string[] = [];
  const controller = new AbortController();
  cluster.client.watch(PODS, { namespace: 'ns', fieldSelector: 'metadata.name=quick', signal: controller.signal }, ({ object }) => {
    const phase = (object.status as { phase?: string } | undefined)?.phase ?? '';
    if (phases.at(-1) !== phase) phases.push(phase);
  });
  await cluster.pod('quick', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'lab/greeter' }] });
  await cluster.until('quick', (p) => p.status?.phase === 'Succeeded');
  controller.abort();
  expect(phases.filter((p) => p !== '')).toEqual(['Pending', 'Running', 'Succeeded']);
});

test('init containers run in order and share a volume with the main one', async () => {
  const mount = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
  await cluster.pod('init', {
    restartPolicy: 'Never',
    volumes: [{ name: 'v', emptyDir: {} }],
    initContainers: [{ ...sh('echo one >> /v/f', mount), name: 'i1' }, { ...sh('echo two >> /v/f', mount), name: 'i2' }],
    containers: [{ name: 'c', image: 'busybox', command: ['cat', '/v/f'], ...mount }],
  });
  await cluster.until('init', (p) => p.status?.phase === 'Succeeded');
  expect(await cluster.logs('init', 'c')).toBe('one\ntwo\n');
});

test('a failing init container fails the pod, and the main one never starts', async () => {
  await cluster.pod('bad-init', { restartPolicy: 'Never', initContainers: [{ ...sh('exit 5'), name: 'i1' }], containers: [sh('true')] });
  const pod = await cluster.until('bad-init', (p) => p.status?.phase === 'Failed');
  expect(pod.status?.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  expect(pod.status?.conditions?.find((c) => c.type === 'Initialized')).toMatchObject({ reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [i1]' });
  await expect(cluster.logs('bad-init', 'c')).rejects.toMatchObject({ code: 400, message: 'container "c" in pod "bad-init" is waiting to start: PodInitializing' });
});

test('a crashing container is restarted once at once, then backs off, and its former log is kept', async () => {
  await cluster.pod('crash', { containers: [sh('echo no; exit 4')] });
  const pod = await cluster.until('crash', (p) => p.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
  expect(pod.status?.phase).toBe('Running');
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 4, reason: 'Error' } } });
  expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(`back-off 10s restarting failed container=c pod=crash_ns(${pod.metadata.uid})`);
  expect(await cluster.logs('crash', 'c', { previous: true })).toBe('no\n');
  await cluster.client.delete(PODS, 'ns', 'crash', { gracePeriodSeconds: 0 });
});

test('a command that is not in the image is a StartError', async () => {
  await cluster.pod('nope', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['/no/such/binary'] }] });
  const pod = await cluster.until('nope', (p) => p.status?.phase === 'Failed');
  expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
    exitCode: 128,
    reason: 'StartError',
    message: 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no/such/binary": stat /no/such/binary: no such file or directory: unknown',
  });
});

test('an unknown image is ErrImagePull, a missing ConfigMap CreateContainerConfigError until it is there', async () => {
  await cluster.pod('noimg', { containers: [{ name: 'c', image: 'no-such-image:1' }] });
  const pod = await cluster.until('noimg', (p) => p.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull');
  expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('docker.io/library/no-such-image:1: not found; images of this cluster: alpine, alpine/git, appropriate/curl, argoproj/argosay, bash, bitnami/kubectl, busybox,');
  await cluster.pod('conf', { restartPolicy: 'Never', containers: [sh('echo $K', { envFrom: [{ configMapRef: { name: 'later' } }] })] });
  const waiting = await cluster.until('conf', (p) => p.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
  expect(waiting.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe('configmap "later" not found');
  await cluster.client.create({ group: '', version: 'v1', resource: 'configmaps' }, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' }, data: { K: 'v' } });
  await cluster.until('conf', (p) => p.status?.phase === 'Succeeded');
  expect(await cluster.logs('conf', 'c')).toBe('v\n');
});

test('the last words of a container are its termination message', async () => {
  await cluster.pod('words', { restartPolicy: 'Never', containers: [sh('echo last words; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' }), { ...sh('echo -n here > /dev/termination-log'), name: 'd' }] });
  const pod = await cluster.until('words', (p) => p.status?.phase === 'Failed');
  expect(pod.status?.containerStatuses?.map((c) => c.state?.terminated?.message)).toEqual(['last words\n', 'here']);
});

test('a deleted pod ends at once on SIGTERM and is gone', async () => {
  await cluster.pod('gone', { terminationGracePeriodSeconds: 30, containers: [sh('trap "echo bye; exit 0" TERM; sleep 600 & wait')] });
  await cluster.until('gone', (p) => p.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
  await cluster.client.delete(PODS, 'ns', 'gone', { gracePeriodSeconds: 30 });
  await expect.poll(() => cluster.client.find(PODS, 'ns', 'gone'), { timeout: 3000 }).toBeUndefined();
});

test('a readiness probe decides whether the pod is ready', async () => {
  await cluster.pod('probe', {
    terminationGracePeriodSeconds: 0,
    volumes: [{ name: 'v', emptyDir: {} }],
    containers: [sh('sleep 0.3; touch /v/ready; sleep 600', { volumeMounts: [{ name: 'v', mountPath: '/v' }], readinessProbe: { exec: { command: ['cat', '/v/ready'] }, periodSeconds: 1 } })],
  });
  const unready = await cluster.until('probe', (p) => p.status?.phase === 'Running');
  expect(unready.status?.conditions?.find((c) => c.type === 'Ready')).toMatchObject({ status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [c]' });
  await cluster.until('probe', (p) => p.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
});

test('a pod is over when its deadline is', async () => {
  await cluster.pod('late', { restartPolicy: 'Never', activeDeadlineSeconds: 1, terminationGracePeriodSeconds: 0, containers: [sh('sleep 600')] });
  const pod = await cluster.until('late', (p) => p.status?.phase === 'Failed');
  expect([pod.status?.reason, pod.status?.message]).toEqual(['DeadlineExceeded', 'Pod was active on the node longer than the specified deadline']);
});

test('logs follow, tail, count bytes and tell the time', async () => {
  await cluster.pod('log', { restartPolicy: 'Never', containers: [sh('for i in 1 2 3; do echo line $i; sleep 0.1; done; printf end')] });
  await cluster.until('log', (p) => p.status?.phase === 'Running');
  expect(await cluster.logs('log', 'c', { follow: true })).toBe('line 1\nline 2\nline 3\nend');
  expect(await cluster.logs('log', 'c', { tailLines: 2 })).toBe('line 3\nend');
  expect(await cluster.logs('log', 'c', { limitBytes: 4 })).toBe('line');
  expect(await cluster.logs('log', 'c', { timestamps: true, tailLines: 1 })).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z end$/);
});

test('a command runs in a running container, a missing one is refused', async () => {
  const pod = await cluster.pod('exec', { terminationGracePeriodSeconds: 0, containers: [sh('sleep 600')] });
  await cluster.until('exec', (p) => p.status?.phase === 'Running');
  const process = await cluster.kubelet.access.exec(pod, 'c', { argv: ['sh', '-c', 'cat; exit 3'], tty: false, stdin: true });
  process.stdin?.end('typed');
  let out = '';
  process.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  expect([await process.exited, out]).toEqual([{ code: 3 }, 'typed']);
  await expect(cluster.kubelet.access.exec(pod, 'c', { argv: ['nope'], tty: false, stdin: false })).rejects.toThrow('exec: "nope": executable file not found in $PATH: unknown');
});

test('a pod that no node fits says why', async () => {
  await cluster.pod('pending', { nodeSelector: { disk: 'ssd' }, containers: [sh('true')] });
  const pod = await cluster.until('pending', (p) => (p.status?.conditions ?? []).length > 0);
  expect(pod.status?.conditions?.[0]).toMatchObject({
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  });
});

test('a sidecar runs beside the main container and ends after it', async () => {
  await cluster.pod('sidecar', {
    restartPolicy: 'Never',
    initContainers: [{ ...sh('trap exit TERM; sleep 600 & wait'), name: 'side', restartPolicy: 'Always' }],
    containers: [sh('echo main')],
  });
  const pod = await cluster.until('sidecar', (p) => p.status?.phase === 'Succeeded');
  expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason).toBeDefined();
});

test('whoever starts a pod to talk to it sees its first words too', async () => {
  const pod = await cluster.pod('talk', { restartPolicy: 'Never', containers: [sh('echo hello; read x; echo got $x', { stdin: true, stdinOnce: true })] });
  await cluster.until('talk', (p) => p.status?.phase === 'Running');
  await expect.poll(() => cluster.logs('talk', 'c')).toBe('hello\n');
  const process = await cluster.kubelet.access.attach(pod, 'c', { tty: false, stdin: true });
  let out = '';
  process.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  process.stdin?.end('word\n');
  expect((await process.exited).code).toBe(0);
  await expect.poll(() => out).toBe('hello\ngot word\n');
});

const messages = async (name: string, reason: string) => {
  const events = await cluster.client.list(EVENTS, { namespace: 'ns' });
  return events.items.filter((e) => (e.involvedObject as { name: string }).name === name && e.reason === reason).map((e) => [(e.involvedObject as { fieldPath?: string }).fieldPath, e.message]);
};

test('an ephemeral container joins a pod that runs, shows in its status, and has its log', async () => {
  await cluster.pod('debugged', { terminationGracePeriodSeconds: 0, containers: [sh('sleep 600')] });
  const before = await cluster.until('debugged', (p) => p.status?.phase === 'Running');
  await cluster.client.update(PODS, { ...before, spec: { ...before.spec, ephemeralContainers: [{ name: 'look', image: 'busybox', command: ['sh', '-c', 'echo seen; exit 4'], targetContainerName: 'c' }] } }, { subresource: 'ephemeralcontainers' });
  const pod = await cluster.until('debugged', (p) => p.status?.ephemeralContainerStatuses?.[0]?.state?.terminated !== undefined);
  expect(pod.status?.ephemeralContainerStatuses).toEqual([
    { name: 'look', image: 'docker.io/library/busybox:latest', imageID: expect.stringContaining('busybox@sha256:'), containerID: expect.stringContaining('containerd://'), ready: false, restartCount: 0, lastState: {}, state: { terminated: expect.objectContaining({ exitCode: 4, reason: 'Error' }) } },
  ]);
  expect(pod.status?.phase).toBe('Running');
  expect(await cluster.logs('debugged', 'look')).toBe('seen\n');
  await expect.poll(() => messages('debugged', 'Started')).toContainEqual(['spec.ephemeralContainers{look}', 'Started container look']);
});

test('another image in the spec of a pod that runs replaces the container', async () => {
  await cluster.pod('replaced', { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [sh('sleep 600')] });
  const before = await cluster.until('replaced', (p) => p.status?.phase === 'Running');
  await cluster.client.patch(PODS, 'ns', 'replaced', { type: 'merge', body: { spec: { containers: before.spec.containers.map((c) => ({ ...c, image: 'alpine' })) } } });
  const pod = await cluster.until('replaced', (p) => p.status?.containerStatuses?.[0]?.restartCount === 1 && p.status.containerStatuses[0].state?.running !== undefined);
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({ image: 'docker.io/library/alpine:latest', lastState: { terminated: { reason: 'Error' } } });
  await expect.poll(() => messages('replaced', 'Killing')).toEqual([['spec.containers{c}', 'Container c definition changed, will be restarted']]);
});

test('a container is not shown running before its postStart hook is through, and one that fails is killed', async () => {
  await cluster.pod('hooked', { terminationGracePeriodSeconds: 0, containers: [sh('sleep 600', { lifecycle: { postStart: { exec: { command: ['sh', '-c', 'echo no; exit 2'] } } } })] });
  const pod = await cluster.until('hooked', (p) => p.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'PostStartHookError');
  expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(
    `Exec lifecycle hook ([sh -c echo no; exit 2]) for Container "c" in Pod "hooked_ns(${pod.metadata.uid})" failed - error: command 'sh -c echo no; exit 2' exited with 2: no\n, message: "no\\n"`,
  );
  await expect.poll(() => messages('hooked', 'Killing')).toContainEqual(['spec.containers{c}', 'FailedPostStartHook']);
  await cluster.pod('slow-hook', { terminationGracePeriodSeconds: 0, containers: [sh('sleep 600', { lifecycle: { postStart: { sleep: { seconds: 1 } } } })] });
  const phases: string[] = [];
  await cluster.until('slow-hook', (p) => {
    phases.push(Object.keys(p.status?.containerStatuses?.[0]?.state ?? {}).join());
    return p.status?.phase === 'Running';
  });
  expect([...new Set(phases)].filter((phase) => phase !== '')).toEqual(['waiting', 'running']);
});

test('what a failed liveness probe says depends on whether the container runs again', async () => {
  const livenessProbe = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
  await cluster.pod('alive-not', { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [sh('sleep 600', { livenessProbe })] });
  await cluster.until('alive-not', (p) => p.status?.phase === 'Failed');
  await expect.poll(() => messages('alive-not', 'Killing')).toEqual([['spec.containers{c}', 'Container c failed liveness probe']]);
});
