import { expect, test } from 'vitest';
import type { Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { nextBackOff } from '../../../../server/cluster/kubelet/back-off.ts';
import { decide } from '../../../../server/cluster/kubelet/decide.ts';
import { expand, serviceEnvironment } from '../../../../server/cluster/kubelet/env.ts';
import { goDuration } from '../../../../server/lib/go-duration.ts';
import { newObserved, observedOf, type ContainerObserved, type PodObserved } from '../../../../server/cluster/kubelet/observed.ts';
import { parseQuantity } from '../../../../server/cluster/controllers/runtime/quantity.ts';

const pod = (spec: object, metadata: object = {}): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec: { containers: [{ name: 'c' }], ...spec } }) as unknown as Pod;

/** What was seen of a pod: its containers' states by name. */
function seen(of: Pod, states: Record<string, Partial<ContainerObserved>> = {}, more: Partial<PodObserved> = {}): PodObserved {
  const observed = { ...newObserved(of, 0), prepared: true, ...more };
  for (const [name, state] of Object.entries(states)) Object.assign(observedOf(observed, name), state);
  return observed;
}

const exit = (exitCode: number, finishedAt = 0): Partial<ContainerObserved> => ({ phase: 'exited', exit: { exitCode, reason: 'x', startedAt: 0, finishedAt, containerID: '' } });
const running: Partial<ContainerObserved> = { phase: 'running' };

function does(of: Pod, observed: PodObserved, now = 0) {
  const { prepare, start, stop, backOff, finished, deadline } = decide(of, observed, now);
  const names = (list: { container: { name: string } }[]) => list.map((item) => item.container.name).join(' ');
  return [prepare && 'prepare', start.length > 0 && `start ${names(start)}`, stop.length > 0 && `stop ${names(stop)}`, backOff.length > 0 && `back off ${names(backOff)}`, finished && 'finish', deadline && 'deadline'].filter(Boolean).join(', ');
}

test('a new pod is prepared, then its init containers run one after the other, then the others', () => {
  const of = pod({ initContainers: [{ name: 'i1' }, { name: 'i2' }], containers: [{ name: 'c' }, { name: 'd' }] });
  expect(does(of, seen(of, {}, { prepared: false }))).toBe('prepare');
  expect(does(of, seen(of))).toBe('start i1');
  expect(does(of, seen(of, { i1: running }))).toBe('');
  expect(does(of, seen(of, { i1: exit(0) }))).toBe('start i2');
  expect(does(of, seen(of, { i1: exit(0), i2: exit(0) }))).toBe('start c d');
});

test('what runs again depends on the restart policy and the exit code', () => {
  const outcomes = (['Always', 'OnFailure', 'Never'] as const).map((restartPolicy) => [0, 1].map((code) => does(pod({ restartPolicy }), seen(pod({ restartPolicy }), { c: exit(code) }))));
  expect(outcomes).toEqual([
    ['start c', 'start c'],
    ['finish', 'start c'],
    ['finish', 'finish'],
  ]);
});

test('a failing init container ends the pod only when nothing restarts', () => {
  const of = (restartPolicy: string) => pod({ restartPolicy, initContainers: [{ name: 'i' }] });
  expect(does(of('Never'), seen(of('Never'), { i: exit(1) }))).toBe('finish');
  expect(does(of('Always'), seen(of('Always'), { i: exit(1) }))).toBe('start i');
});

test('the second crash in a row backs off', () => {
  const of = pod({});
  expect(does(of, seen(of, { c: { ...exit(1, 1000), backOff: { delay: 10_000, since: 500 } } }), 1500)).toBe('back off c');
  expect(does(of, seen(of, { c: { ...exit(1, 1000), backOff: { delay: 10_000, since: 500 } } }), 11_000)).toBe('start c');
});

test('a sidecar starts before the main container and stops after it', () => {
  const of = pod({ restartPolicy: 'Never', initContainers: [{ name: 's', restartPolicy: 'Always' }] });
  expect(does(of, seen(of))).toBe('start s');
  expect(does(of, seen(of, { s: { ...running, started: false } }))).toBe('');
  expect(does(of, seen(of, { s: running }))).toBe('start c');
  expect(does(of, seen(of, { s: running, c: exit(0) }))).toBe('stop s');
  expect(does(of, seen(of, { s: exit(0), c: exit(0) }))).toBe('finish');
});

test('a deleted pod stops what runs, and nothing starts', () => {
  const of = pod({ containers: [{ name: 'c' }, { name: 'd' }] }, { deletionTimestamp: '2026-01-01T00:00:00Z' });
  expect(does(of, seen(of, { c: running }))).toBe('stop c');
  expect(does(of, seen(of, { c: { ...running, stopping: true } }))).toBe('');
  expect(does(of, seen(of))).toBe('finish');
});

test('a deadline that passes ends the pod', () => {
  const of = pod({ activeDeadlineSeconds: 2 });
  expect(decide(of, seen(of, { c: running }), 500).wakeAt).toBe(2000);
  expect(does(of, seen(of, { c: running }), 2000)).toBe('deadline');
});

test('back-off doubles up to five minutes and is forgotten after ten', () => {
  expect(nextBackOff(undefined, 0, 0)).toEqual({ wait: 0, state: { delay: 10_000, since: 0 } });
  expect(nextBackOff({ delay: 10_000, since: 0 }, 1000, 2000)).toEqual({ wait: 9000, delay: 10_000 });
  expect(nextBackOff({ delay: 160_000, since: 0 }, 0, 200_000)).toEqual({ wait: 0, state: { delay: 300_000, since: 200_000 } });
  expect(nextBackOff({ delay: 300_000, since: 0 }, 0, 700_000)).toEqual({ wait: 0, state: { delay: 10_000, since: 700_000 } });
});

test('variables are expanded as Kubernetes does', () => {
  expect(['$(A)', '$$(A)', '$(B)', 'a$(A)b', '$A', '$(A', '$$$(A)'].map((text) => expand(text, { A: 'x' }))).toEqual(['x', '$(A)', '$(B)', 'axb', '$A', '$(A', '$x']);
});

test('a Service is named in the environment', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'my-db', namespace: 'ns' }, spec: { clusterIP: '10.96.0.5', ports: [{ name: '5432', port: 5432 }] } };
  expect(serviceEnvironment([service], 'ns', true)).toEqual({
    MY_DB_SERVICE_HOST: '10.96.0.5',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_5432: '5432',
    MY_DB_PORT: 'tcp://10.96.0.5:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.5:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.0.5',
  });
  expect(serviceEnvironment([service], 'ns', false)).toEqual({});
});

test('durations and quantities are written and read as Go does', () => {
  expect([0, 100, 10_000, 80_000, 300_000, 3_600_000].map(goDuration)).toEqual(['0s', '100ms', '10s', '1m20s', '5m0s', '1h0m0s']);
  expect(['500m', '64Mi', '1e3', '2', '1.5Gi', 'x'].map(parseQuantity)).toEqual([0.5, 67_108_864, 1000, 2, 1_610_612_736, Number.NaN]);
});

test('an ephemeral container starts at once, even while the others initialise, never runs again, and ends with the pod', () => {
  const of = pod({ restartPolicy: 'Never', initContainers: [{ name: 'i' }], ephemeralContainers: [{ name: 'e' }] });
  expect(does(of, seen(of, { i: running }))).toBe('start e');
  expect(does(of, seen(of, { i: exit(0), c: running, e: exit(1) }))).toBe('');
  expect(does(of, seen(of, { i: exit(0), c: exit(0), e: running }))).toBe('stop e');
  expect(does(of, seen(of, { i: exit(0), c: exit(0), e: exit(137) }))).toBe('finish');
});

test('a container whose image changed is replaced at once, whatever the restart policy and former failures', () => {
  const of = pod({ restartPolicy: 'Never', containers: [{ name: 'c', image: 'new' }] });
  const now = { ...running, startedFrom: 'old' };
  expect(decide(of, seen(of, { c: now }), 0).stop).toEqual([{ container: { name: 'c', image: 'new' }, list: 'containers', message: 'Container c definition changed, will be restarted', replace: true }]);
  const backOff = { delay: 160_000, since: 0 };
  expect(decide(of, seen(of, { c: { ...exit(143), startedFrom: 'old', replaced: true, backOff } }), 1).start).toEqual([{ container: { name: 'c', image: 'new' }, list: 'containers', restart: true }]);
  expect(does(of, seen(of, { c: { ...exit(0), startedFrom: 'old' } }))).toBe('finish');
});
