import { expect, test } from 'vitest';
import { judge } from '../../../../server/cluster/controllers/autoscaler/decide.ts';
import { isScaling, scaleSteps, type Annotated } from '../../../../server/cluster/controllers/deployment/decide.ts';
import { deploymentStatus } from '../../../../server/cluster/controllers/deployment/status.ts';
import { budgetStatus } from '../../../../server/cluster/controllers/disruption/decide.ts';
import { taintsOf } from '../../../../server/cluster/controllers/node/index.ts';
import type { Autoscaler, Deployment, DisruptionBudget, Node, Pod, ReplicaSet } from '../../../../server/cluster/controllers/runtime/kinds.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const deployment = (replicas: number, status: object = {}) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', generation: 1 }, spec: { replicas }, status }) as unknown as Deployment;
const set = (name: string, replicas: number, status: object = {}) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, creationTimestamp: name }, spec: { replicas }, status: { replicas, availableReplicas: replicas, ...status } }) as unknown as ReplicaSet;
const annotated: Annotated = { desired: () => 10, max: () => 13 };

test('a deployment that is scaled in the middle of a rollout shares the change out', () => {
  const sets = [set('new', 5), set('old', 8)];
  expect(isScaling(deployment(10), sets, annotated)).toBe(false);
  expect(isScaling(deployment(20), sets, annotated)).toBe(true);
  const steps = scaleSteps(deployment(20), sets[0], sets.slice(1), annotated).map((step) => `${step.set.metadata.name}→${step.replicas}`);
  expect(steps).toEqual(['old→15', 'new→10']);
  expect(scaleSteps(deployment(3), set('only', 1), [set('idle', 0)], annotated).map((step) => step.replicas)).toEqual([3]);
});

test('what keeps a replica set from its pods is told of the deployment, until it is over', () => {
  const failing = { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no' }], replicas: 0, availableReplicas: 0 };
  const { status } = deploymentStatus(deployment(1), set('rs', 1, failing), [set('rs', 1, failing)], NOW, { kind: 'created', name: 'rs' });
  const time = '2026-01-01T00:00:00Z';
  const condition = (type: string, value: string, reason: string, message: string) => ({ type, status: value, lastUpdateTime: time, lastTransitionTime: time, reason, message });
  expect(status.conditions).toEqual([
    condition('Progressing', 'True', 'NewReplicaSetCreated', 'Created new replica set "rs"'),
    condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.'),
    condition('ReplicaFailure', 'True', 'FailedCreate', 'no'),
  ]);
  const after = deploymentStatus(deployment(1, status), set('rs', 1), [set('rs', 1)], NOW).status;
  expect(after.conditions?.map((c) => `${c.type}=${c.status} ${c.reason ?? ''}`)).toEqual(['Available=True MinimumReplicasAvailable', 'Progressing=True NewReplicaSetAvailable']);
});

test('a rollout without progress is over its deadline after as many seconds, and only then', () => {
  const stuck = { conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: '2026-01-01T00:00:00Z' }], replicas: 1, updatedReplicas: 1 };
  const waiting = set('rs', 1, { availableReplicas: 0 });
  expect(deploymentStatus(deployment(1, stuck), waiting, [waiting], NOW + 599_000).deadlineIn).toBe(1000);
  const late = deploymentStatus(deployment(1, stuck), waiting, [waiting], NOW + 600_000).status.conditions?.find((c) => c.type === 'Progressing');
  expect([late?.status, late?.reason, late?.message]).toEqual(['False', 'ProgressDeadlineExceeded', 'ReplicaSet "rs" has timed out progressing.']);
});

const pod = (name: string, ready = true) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [] }, status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } }) as unknown as Pod;
const budget = (spec: object, status: object = {}) => ({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'b', generation: 2 }, spec, status }) as unknown as DisruptionBudget;

test('a budget allows what is healthy beyond what it keeps; a share is of what the workloads want', () => {
  const pods = [pod('a'), pod('b'), pod('c', false)];
  const expected = () => ({ replicas: 4, unmanaged: [] });
  const counts = (spec: object, status?: object) => {
    const { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods } = budgetStatus(budget(spec, status), pods, expected, NOW).status;
    return { currentHealthy, desiredHealthy, disruptionsAllowed, expectedPods };
  };
  expect(counts({ minAvailable: 1 })).toEqual({ currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, expectedPods: 3 });
  expect(counts({ minAvailable: '50%' })).toEqual({ currentHealthy: 2, desiredHealthy: 2, disruptionsAllowed: 0, expectedPods: 4 });
  expect(counts({ maxUnavailable: 3 })).toEqual({ currentHealthy: 2, desiredHealthy: 1, disruptionsAllowed: 1, expectedPods: 4 });
  // A pod that is being evicted counts no longer, for two minutes.
  expect(counts({ minAvailable: 1 }, { disruptedPods: { a: '2025-12-31T23:59:00Z' } })).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
  expect(counts({ minAvailable: 1 }, { disruptedPods: { a: '2025-12-31T23:57:00Z' } })).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
});

test('an autoscaler keeps its target within its bounds, and says that there are no metrics', () => {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  const autoscaler = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec: { minReplicas: 2, maxReplicas: 4, metrics: [cpu], scaleTargetRef: { kind: 'Deployment', name: 'd' } } } as unknown as Autoscaler;
  expect(judge(autoscaler, { replicas: 1 }).rescale).toEqual({ desired: 2, reason: 'Current number of replicas below Spec.MinReplicas' });
  expect(judge(autoscaler, { replicas: 9 }).rescale).toEqual({ desired: 4, reason: 'Current number of replicas above Spec.MaxReplicas' });
  expect(judge(autoscaler, { replicas: 0 }).conditions.map((c) => c.reason)).toEqual(['SucceededGetScale', 'ScalingDisabled']);
  const missing = 'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  expect(judge(autoscaler, { replicas: 3 }).events).toEqual([
    { reason: 'FailedGetResourceMetric', message: missing },
    { reason: 'FailedComputeMetricsReplicas', message: `invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${missing}` },
  ]);
});

test('a node’s taints follow its conditions and its cordon; other people’s stay', () => {
  const node = (spec: object, ready: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec, status: { conditions: [{ type: 'Ready', status: ready }] } }) as unknown as Node;
  const own = { key: 'mine', effect: 'NoSchedule' };
  expect(taintsOf(node({ taints: [own], unschedulable: true }, 'True'), 'T')).toEqual([own, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: 'T' }]);
  expect(taintsOf(node({ taints: [own, { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] }, 'True'), 'T')).toEqual([own]);
  expect(taintsOf(node({}, 'False'), 'T')).toEqual([{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }]);
});
