import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ResourceType } from '../../../../server/cluster/client.ts';
import { scheduleTimes } from '../../../../server/cluster/controllers/cronjob/index.ts';
import { indexRanges, retryDelay } from '../../../../server/cluster/controllers/job/decide.ts';
import type { CronJob, DaemonSet, Job, PersistentVolumeClaim, StatefulSet } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { CRON_JOBS, DAEMON_SETS, JOBS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS, STORAGE_CLASSES } from '../../../../server/cluster/controllers/runtime/resources.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { smallCluster, type SmallCluster } from '../kubelet/small-cluster.ts';

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await smallCluster({ controllers: true });
});
afterAll(() => cluster.stop());

async function eventually<T extends KubeObject>(type: ResourceType, name: string, holds: (object: T) => boolean): Promise<T> {
  let last: T | undefined;
  const check = async () => {
    last = await cluster.client.find<T>(type, 'ns', name);
    return last !== undefined && holds(last);
  };
  await expect.poll(check, { timeout: 6000, interval: 10 }).toBe(true);
  if (last === undefined) throw new Error('unreachable');
  return last;
}

const job = (name: string, script: string, spec: object = {}): KubeObject => {
  const labels = { 'batch.kubernetes.io/controller-uid': name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'ns' },
    spec: { completions: 1, parallelism: 1, selector: { matchLabels: labels }, ...spec, template: { metadata: { labels }, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }] } } },
  };
};
const types = (j: Job) => j.status?.conditions?.map((c) => `${c.type} ${c.reason}`);

test('a job runs to its completions, two at a time', async () => {
  await cluster.client.create(JOBS, 'ns', job('three', 'true', { completions: 3, parallelism: 2 }));
  const done = await eventually<Job>(JOBS, 'three', (j) => j.status?.completionTime !== undefined);
  expect(types(done)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
  expect({ ...done.status, conditions: 0, startTime: 0, completionTime: 0 }).toEqual({ completionTime: 0, conditions: 0, ready: 0, startTime: 0, succeeded: 3, terminating: 0, uncountedTerminatedPods: {} });
  const pods = await cluster.client.list(PODS, { namespace: 'ns', labelSelector: 'batch.kubernetes.io/job-name=three' });
  await expect.poll(async () => (await cluster.client.list(PODS, { namespace: 'ns', labelSelector: 'batch.kubernetes.io/job-name=three' })).items.map((p) => p.metadata.finalizers)).toEqual(pods.items.map(() => undefined));
  expect(pods.items.length).toBe(3);
});

test('a job that fails too often fails', async () => {
  await cluster.client.create(JOBS, 'ns', job('bad', 'exit 1', { backoffLimit: 0 }));
  const failed = await eventually<Job>(JOBS, 'bad', (j) => (types(j) ?? []).length === 2);
  expect(types(failed)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
});

test('an indexed job tells each pod its index', async () => {
  await cluster.client.create(JOBS, 'ns', job('index', 'echo index $JOB_COMPLETION_INDEX', { completions: 3, parallelism: 3, completionMode: 'Indexed' }));
  const done = await eventually<Job>(JOBS, 'index', (j) => j.status?.completionTime !== undefined);
  expect(done.status?.completedIndexes).toBe('0-2');
  const pods = await cluster.client.list(PODS, { namespace: 'ns', labelSelector: 'batch.kubernetes.io/job-name=index' });
  const logs = await Promise.all(pods.items.map((p) => cluster.logs(p.metadata.name, 'c')));
  expect(logs.sort()).toEqual(['index 0\n', 'index 1\n', 'index 2\n']);
});

test('a cron job that is due starts a job', async () => {
  const template = { spec: { ...(job('x', 'true').spec as object) } };
  await cluster.client.create(CRON_JOBS, 'ns', { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'tick', namespace: 'ns' }, spec: { schedule: '* * * * *', jobTemplate: template } });
  // The API of these tests lives in January: every minute since then was missed, and the newest is made up for.
  const cron = await eventually<CronJob>(CRON_JOBS, 'tick', (c) => c.status?.lastScheduleTime !== undefined);
  const jobs = await cluster.client.list(JOBS, { namespace: 'ns' });
  expect(jobs.items.filter((j) => j.metadata.ownerReferences?.[0]?.name === 'tick').length).toBe(1);
  expect(cron.metadata.name).toBe('tick');
});

test('schedules tell what is due and what comes next, in their time zone', () => {
  const at = (text: string) => Date.parse(text);
  expect(scheduleTimes('0 * * * *', undefined, at('2026-01-01T00:30:00Z'), at('2026-01-01T02:10:00Z'))).toEqual({ due: at('2026-01-01T02:00:00Z'), next: at('2026-01-01T03:00:00Z') });
  expect(scheduleTimes('0 12 * * *', 'Europe/Berlin', at('2026-01-01T00:00:00Z'), at('2026-01-01T00:10:00Z'))).toEqual({ due: undefined, next: at('2026-01-01T11:00:00Z') });
});

test('retries of a job wait twice as long each time', () => {
  expect([retryDelay(0, undefined, 0), retryDelay(1, 1000, 1000), retryDelay(3, 0, 0), retryDelay(9, 0, 0)]).toEqual([0, 10_000, 40_000, 600_000]);
  expect(indexRanges(new Set([0, 1, 2, 5, 7, 8]))).toBe('0-2,5,7,8');
});

test('a stateful set makes its pods in order, each with its claim, and a volume for it', async () => {
  await cluster.client.create(STORAGE_CLASSES, undefined, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'folder' }, provisioner: 'rancher.io/local-path', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' });
  await cluster.client.create(STATEFUL_SETS, 'ns', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'ns' },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      updateStrategy: { type: 'RollingUpdate' },
      template: { metadata: { labels: { app: 'db' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', 'echo $HOSTNAME >> /data/names; sleep 600'], volumeMounts: [{ name: 'data', mountPath: '/data' }] }] } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'folder', resources: { requests: { storage: '1Gi' } } } }],
    },
  });
  const set = await eventually<StatefulSet>(STATEFUL_SETS, 'db', (s) => s.status?.readyReplicas === 2);
  expect(set.status?.currentRevision).toBe(set.status?.updateRevision);
  expect((await eventually<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, 'data-db-1', (c) => c.status?.phase === 'Bound')).status?.capacity).toEqual({ storage: '1Gi' });
});

test('a daemon set has one pod on the node', async () => {
  await cluster.client.create(DAEMON_SETS, 'ns', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'ns' },
    spec: { selector: { matchLabels: { app: 'agent' } }, updateStrategy: { type: 'RollingUpdate' }, template: { metadata: { labels: { app: 'agent' } }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'busybox', command: ['sleep', '600'] }] } } },
  });
  const set = await eventually<DaemonSet>(DAEMON_SETS, 'agent', (d) => d.status?.numberAvailable === 1);
  expect({ ...set.status, observedGeneration: 1 }).toEqual({ currentNumberScheduled: 1, desiredNumberScheduled: 1, numberAvailable: 1, numberMisscheduled: 0, numberReady: 1, observedGeneration: 1, updatedNumberScheduled: 1 });
});
