import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchFailure, metSuccess, parseIndexes } from '../../../../server/cluster/controllers/job/policies.ts';
import type { Job, Pod } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const JOBS = { group: 'batch', version: 'v1', resource: 'jobs' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster();
}, 30_000);
afterAll(() => test?.stop());

async function run(name: string, script: string, spec: object, policy: 'Never' | 'OnFailure' = 'Never'): Promise<void> {
  await test.cluster.client.create(JOBS, 'default', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { ...spec, template: { spec: { restartPolicy: policy, containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }] } } } });
}

/** The Job once its last condition is of the type. */
async function ended(name: string, type: 'Complete' | 'Failed'): Promise<Job> {
  let job: Job | undefined;
  await expect.poll(async () => {
    job = await test.cluster.client.get<Job>(JOBS, 'default', name);
    return job.status?.conditions?.at(-1)?.type;
  }, { timeout: 15_000, interval: 50 }).toBe(type);
  if (job === undefined) throw new Error('unreachable');
  return job;
}

const conditions = (job: Job) => job.status?.conditions?.map(({ type, reason, message }) => `${type} ${reason}: ${message?.replace(/-[a-z0-9]{5} /, '-XXXXX ')}`);
const podsOf = async (name: string) => (await test.cluster.client.list<Pod>(PODS, { namespace: 'default', labelSelector: `batch.kubernetes.io/job-name=${name}` })).items;

describe('a Job with a policy for failures', () => {
  it('ends at once for an exit code that says there is no use', async () => {
    await run('fatal', 'exit 42', { backoffLimit: 6, podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }, { action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }] } });
    const message = 'Container main for pod default/fatal-XXXXX failed with exit code 42 matching FailJob rule at index 1';
    const job = await ended('fatal', 'Failed');
    expect(conditions(job)).toEqual([`FailureTarget PodFailurePolicy: ${message}`, `Failed PodFailurePolicy: ${message}`]);
    expect([job.status?.failed, (await podsOf('fatal')).length]).toEqual([1, 1]);
  });

  it('does not count what it ignores', async () => {
    await run('patient', 'exit 3', { backoffLimit: 0, podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [3] } }] } });
    await expect.poll(async () => (await podsOf('patient'))[0]?.status?.phase, { timeout: 10_000 }).toBe('Failed');
    // A failure that is ignored is waited after all the same.
    expect((await podsOf('patient')).length).toBe(1);
    test.cluster.advance(11_000);
    await expect.poll(async () => (await podsOf('patient')).length, { timeout: 10_000 }).toBe(2);
    const { status } = await test.cluster.client.get<Job>(JOBS, 'default', 'patient');
    expect([status?.failed, status?.conditions]).toEqual([undefined, undefined]);
    await test.cluster.client.delete(JOBS, 'default', 'patient', { propagationPolicy: 'Background' });
  });

  it.each([
    ['In', [1, 2], 2, 'Count'],
    ['In', [1, 2], 3, undefined],
    ['NotIn', [1, 2], 3, 'Count'],
    ['NotIn', [1, 2], 1, undefined],
    ['NotIn', [1], 0, undefined],
  ])('matches %s %s with exit code %i: %s', (operator, values, exitCode, action) => {
    const job = { metadata: { name: 'j' }, spec: { podFailurePolicy: { rules: [{ action: 'Count', onExitCodes: { operator, values } }] } } } as unknown as Job;
    const pod = { metadata: { name: 'p' }, status: { containerStatuses: [{ name: 'main', state: { terminated: { exitCode } } }] } } as unknown as Pod;
    expect(matchFailure(job, pod)?.action).toBe(action);
  });
});

describe('an indexed Job', () => {
  it('lets each index fail on its own, and fails in the end', async () => {
    await run('each', '[ $JOB_COMPLETION_INDEX != 1 ]', { completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 });
    await expect.poll(async () => (await test.cluster.client.get<Job>(JOBS, 'default', 'each')).status?.failed, { timeout: 10_000 }).toBe(1);
    expect((await podsOf('each')).length).toBe(3);
    test.cluster.advance(11_000);
    const job = await ended('each', 'Failed');
    expect(conditions(job)).toEqual(['FailureTarget FailedIndexes: Job has failed indexes', 'Failed FailedIndexes: Job has failed indexes']);
    expect([job.status?.completedIndexes, job.status?.failedIndexes, job.status?.failed]).toEqual(['0,2', '1', 2]);
    expect((await podsOf('each')).map(({ metadata: { annotations } }) => `${annotations?.['batch.kubernetes.io/job-completion-index']} ${annotations?.['batch.kubernetes.io/job-index-failure-count']}`).sort()).toEqual(['0 0', '1 0', '1 1', '2 0']);
  });

  it('gives up when too many of its indexes have failed', async () => {
    await run('many', 'exit 1', { completions: 4, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    const job = await ended('many', 'Failed');
    expect([conditions(job)?.at(-1), job.status?.failedIndexes]).toEqual(['Failed MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes', '0,1']);
  });

  it('gives up an index alone where a rule says so', async () => {
    await run('single', '[ $JOB_COMPLETION_INDEX != 0 ] || exit 7', { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 5, podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [7] } }] } });
    const job = await ended('single', 'Failed');
    expect([job.status?.failedIndexes, job.status?.completedIndexes, job.status?.failed]).toEqual(['0', '1', 1]);
  });

  it('is done when its policy for success is met, and ends what still runs', async () => {
    await run('leader', '[ $JOB_COMPLETION_INDEX = 0 ] || sleep 1000', { completions: 3, parallelism: 3, completionMode: 'Indexed', successPolicy: { rules: [{ succeededIndexes: '0' }] } });
    const job = await ended('leader', 'Complete');
    expect(conditions(job)).toEqual(['SuccessCriteriaMet SuccessPolicy: Matched rules at index 0', 'Complete SuccessPolicy: Matched rules at index 0']);
    expect([job.status?.succeeded, job.status?.completedIndexes]).toEqual([1, '0']);
  });

  it.each<[object[], number[], string | undefined]>([
    [[{ succeededIndexes: '0-2' }], [0, 1], undefined],
    [[{ succeededIndexes: '0-2' }], [0, 1, 2, 5], 'Matched rules at index 0'],
    [[{ succeededIndexes: '0-2', succeededCount: 1 }], [1], 'Matched rules at index 0'],
    [[{ succeededIndexes: '9' }, { succeededCount: 2 }], [0, 4], 'Matched rules at index 1'],
    [[{ succeededCount: 1 }], [], undefined],
  ])('with the rules %j and %j done: %s', (rules, done, message) => {
    expect(metSuccess({ spec: { successPolicy: { rules } } } as unknown as Job, new Set(done))).toBe(message);
  });

  it('reads indexes as it writes them', () => {
    expect([...parseIndexes('0-2,5,7-8')]).toEqual([0, 1, 2, 5, 7, 8]);
  });
});

describe('a Job whose containers are started again in place', () => {
  it('counts how often', async () => {
    await run('again', 'exit 1', { backoffLimit: 1 }, 'OnFailure');
    expect(conditions(await ended('again', 'Failed'))?.at(-1)).toBe('Failed BackoffLimitExceeded: Job has reached the specified backoff limit');
  });
});
