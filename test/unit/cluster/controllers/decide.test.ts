import { expect, test } from 'vitest';
import { initialReplicas, limits, recreateSteps, rollingSteps } from '../../../../server/cluster/controllers/deployment/decide.ts';
import type { Deployment, Pod, ReplicaSet, Service } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { matchesSelector } from '../../../../server/cluster/controllers/runtime/selectors.ts';
import { safeEncode, templateHash } from '../../../../server/cluster/controllers/runtime/template-hash.ts';
import { subsetsOf } from '../../../../server/cluster/controllers/endpoints/subsets.ts';

const deployment = (replicas: number, strategy: object = {}) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas, strategy } }) as unknown as Deployment;
const set = (name: string, replicas: number, available = replicas) =>
  ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, creationTimestamp: name }, spec: { replicas }, status: { replicas, availableReplicas: available } }) as unknown as ReplicaSet;
const steps = (found: { set: ReplicaSet; replicas: number }[]) => found.map((step) => `${step.set.metadata.name}→${step.replicas}`);

test('percentages are of the wanted replicas: surge rounds up, unavailability down, never both zero', () => {
  expect(limits(deployment(4))).toEqual({ maxUnavailable: 1, maxSurge: 1 });
  expect(limits(deployment(1))).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  expect(limits(deployment(2, { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }))).toEqual({ maxUnavailable: 1, maxSurge: 0 });
});

test('a rolling update goes up by the surge, then down by what may be missing', () => {
  expect(initialReplicas(deployment(4), [set('a', 4)])).toBe(1);
  expect(steps(rollingSteps(deployment(4), set('b', 1, 0), [set('a', 4)]))).toEqual(['a→3']);
  expect(steps(rollingSteps(deployment(4), set('b', 1, 0), [set('a', 3)]))).toEqual(['b→2']);
  expect(steps(rollingSteps(deployment(4), set('b', 2, 0), [set('a', 3)]))).toEqual([]);
  expect(steps(rollingSteps(deployment(4), set('b', 2, 2), [set('a', 3)]))).toEqual(['a→1']);
});

test('broken old pods go first', () => {
  expect(steps(rollingSteps(deployment(1), set('b', 1, 0), [set('a', 1, 0)]))).toEqual([]);
  expect(steps(rollingSteps(deployment(3), set('b', 1, 1), [set('a', 3, 2)]))).toEqual(['a→2']);
});

test('recreate takes all away first', () => {
  expect(steps(recreateSteps(deployment(2), set('b', 0), [set('a', 2)], 2))).toEqual(['a→0']);
  expect(steps(recreateSteps(deployment(2), set('b', 0), [set('a', 0)], 1))).toEqual([]);
  expect(steps(recreateSteps(deployment(2), set('b', 0), [set('a', 0)], 0))).toEqual(['b→2']);
});

test('equal templates have equal hashes, of letters that form no words', () => {
  expect(templateHash({ a: 1, b: 2 })).toBe(templateHash({ b: 2, a: 1 }));
  expect(templateHash({ a: 1 })).not.toBe(templateHash({ a: 1 }, 1));
  expect(safeEncode('0123456789')).toBe('456789bcdf');
});

test('selectors match as the API says', () => {
  const labels = { app: 'a', tier: 'web' };
  const expressions = (operator: string, values?: string[]) => matchesSelector({ matchExpressions: [{ key: 'app', operator, ...(values === undefined ? {} : { values }) }] }, labels);
  expect([matchesSelector(undefined, labels), matchesSelector({}, labels), matchesSelector({ matchLabels: { app: 'b' } }, labels)]).toEqual([false, true, false]);
  expect([expressions('In', ['a']), expressions('NotIn', ['a']), expressions('Exists'), expressions('DoesNotExist')]).toEqual([true, false, true, false]);
});

test('endpoints tell ready from unready pods, sorted by address', () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80, targetPort: 8080 }] } } as Service;
  const pod = (name: string, podIP: string, status: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid: name }, spec: { containers: [], nodeName: 'n' }, status: { podIP, conditions: [{ type: 'Ready', status }] } }) as unknown as Pod;
  const address = (name: string, ip: string) => ({ ip, nodeName: 'n', targetRef: { kind: 'Pod', name, namespace: 'ns', uid: name } });
  expect(subsetsOf(service, [pod('b', '10.244.0.10', 'True'), pod('a', '10.244.0.9', 'True'), pod('c', '10.244.0.3', 'False')])).toEqual([
    { addresses: [address('a', '10.244.0.9'), address('b', '10.244.0.10')], notReadyAddresses: [address('c', '10.244.0.3')], ports: [{ port: 8080, protocol: 'TCP' }] },
  ]);
});
