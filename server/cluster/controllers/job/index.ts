import { rfc3339 } from '../../../lib/clock.ts';
import { messageOf } from '../../../lib/errors.ts';
import type { KubeObject } from '../../store/object.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { Job, Pod } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { isReady, podFromTemplate } from '../runtime/pods.ts';
import { JOBS, PODS } from '../runtime/resources.ts';
import { compact, deleteIfThere, writeStatus } from '../runtime/writes.ts';
import { indexRanges, jobEnd, retryDelay, wantedActive, type JobEnd } from './decide.ts';
import { countsAsFailure, failsItsIndex, failureAnnotations, failuresUpTo, hasLimitPerIndex, INDEX, indexOf, matchFailure, parseIndexes, replacesOnlyFailed } from './policies.ts';

const TRACKING = 'batch.kubernetes.io/job-tracking';

type Condition = NonNullable<NonNullable<Job['status']>['conditions']>[number];

/** Runs Jobs to their completions. After kubernetes 1.32 pkg/controller/job */
export function startJobs(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('job-controller');
  const jobs = informers.of<Job>(JOBS);
  const pods = informers.of<Pod>(PODS);

  const queue = context.queue('job', async (key) => {
    const job = jobs.getByKey(key);
    if (job === undefined) {
      await letGo(key);
      return;
    }
    const { namespace } = job.metadata;
    if (job.spec.selector === undefined) return;
    const owned = await claim(client, PODS, job, job.spec.selector, pods.list(namespace));
    const ended = job.status?.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
    if (ended !== undefined || job.metadata.deletionTimestamp !== undefined) {
      for (const pod of owned) await untrack(pod);
      if (ended !== undefined) await expire(job);
      return;
    }
    const now = clock.now();
    const active = owned.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined);
    const terminating = owned.filter((pod) => pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed').length;
    // A pod keeps the tracking finalizer until it has been counted, so that none is lost or counted twice.
    const fresh = owned.filter((pod) => pod.metadata.finalizers?.includes(TRACKING) === true && (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'));
    const doneIndexes = parseIndexes(job.status?.completedIndexes);
    for (const pod of owned) {
      const index = pod.metadata.annotations?.[INDEX];
      if (pod.status?.phase === 'Succeeded' && index !== undefined) doneIndexes.add(Number(index));
    }
    const succeeded = (job.status?.succeeded ?? 0) + fresh.filter((pod) => pod.status?.phase === 'Succeeded').length;
    const failures = owned.filter((pod) => pod.status?.phase === 'Failed');
    const failed = (job.status?.failed ?? 0) + fresh.filter((pod) => pod.status?.phase === 'Failed' && countsAsFailure(job, pod)).length;
    const failedIndexes = parseIndexes(job.status?.failedIndexes);
    for (const pod of failures) if (failsItsIndex(job, pod)) failedIndexes.add(indexOf(pod) ?? -1);
    for (const index of doneIndexes) failedIndexes.delete(index);
    const restarts = active.flatMap((pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]).reduce((sum, { restartCount }) => sum + restartCount, 0);
    const failJob = failures.map((pod) => matchFailure(job, pod)?.message).find((message) => message !== undefined);
    const observed = { active, succeeded, failed, doneIndexes, failedIndexes, restarts, failJob, now };
    const indexed = job.spec.completionMode === 'Indexed';
    const indexes = { doneIndexes: indexed ? doneIndexes : undefined, failedIndexes: hasLimitPerIndex(job) ? failedIndexes : undefined };
    const startTime = job.spec.suspend === true ? undefined : (job.status?.startTime ?? rfc3339(now));
    const end = jobEnd({ ...job, status: { ...job.status, ...(startTime === undefined ? {} : { startTime }) } }, observed);

    if (end !== undefined) {
      for (const pod of active) await deleteIfThere(client, PODS, pod);
      await finish(job, end, { succeeded, failed, startTime, ...indexes, terminating: active.length + terminating });
      for (const pod of owned) await untrack(pod);
      queue.add(key);
      return;
    }

    const wanted = wantedActive(job, observed);
    let running = active.length;
    const held = replacesOnlyFailed(job) ? terminating : 0;
    let problem: unknown;
    if (running > wanted) {
      for (const pod of active.slice(wanted)) {
        await deleteIfThere(client, PODS, pod);
        events.record(job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
        running -= 1;
      }
    } else if (running + held < wanted) {
      const lastFailure = Math.max(0, ...failures.map(endOf));
      const delay = hasLimitPerIndex(job) ? 0 : retryDelay(job.spec.template.spec?.restartPolicy === 'Never' ? Math.max(failed, failures.length) : 0, lastFailure === 0 ? undefined : lastFailure, now);
      if (delay > 0) queue.addAfter(key, delay);
      else {
        const free = freeIndexes(job, replacesOnlyFailed(job) ? owned.filter((pod) => !isOver(pod)) : active, new Set([...doneIndexes, ...failedIndexes])).filter((index) => {
          // Each index waits after its own failures where it may fail more than once.
          const last = hasLimitPerIndex(job) ? lastOf(failures, index) : undefined;
          const wait = last === undefined ? 0 : retryDelay(failuresUpTo(last), endOf(last), now);
          if (wait > 0) queue.addAfter(key, wait);
          return wait === 0;
        });
        const count = Math.min(wanted - running - held, indexed ? free.length : Number.POSITIVE_INFINITY);
        try {
          for (let i = 0; i < count; i++) {
            const index = indexed ? free.shift() : undefined;
            const pod = await client.create<Pod>(PODS, namespace, jobPod(job, index, index === undefined ? undefined : lastOf(failures, index)));
            events.record(job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
            running += 1;
          }
        } catch (error) {
          problem = error;
          events.record(job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
        }
      }
    }
    const deadline = job.spec.activeDeadlineSeconds;
    if (deadline !== undefined && startTime !== undefined) queue.addAfter(key, Math.max(0, Date.parse(startTime) + deadline * 1000 - now));
    const latest = jobs.getByKey(key);
    if (latest !== undefined) {
      await writeStatus(client, JOBS, latest, statusOf(latest, { active: running, succeeded, failed, startTime, ready: active.filter(isReady).length, terminating, ...indexes, conditions: suspension(latest, now) }));
    }
    for (const pod of fresh) await untrack(pod);
    if (problem !== undefined) throw problem;
  });

  const jobPod = (job: Job, index: number | undefined, replaced: Pod | undefined): KubeObject => {
    const pod = podFromTemplate(job, job.spec.template, { generateName: index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-` });
    pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), TRACKING];
    if (index === undefined) return pod;
    pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: String(index), ...failureAnnotations(job, replaced) };
    pod.metadata.labels = { ...pod.metadata.labels, [INDEX]: String(index) };
    const spec = structuredClone(job.spec.template.spec ?? { containers: [] });
    const variable = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } } };
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) container.env = [...(container.env ?? []), variable];
    pod.spec = { ...spec, hostname: `${job.metadata.name}-${index}` };
    return pod;
  };

  const finish = async (job: Job, end: JobEnd, counts: Counts): Promise<void> => {
    const time = rfc3339(clock.now());
    const condition = (type: string): Condition => ({ type, status: 'True', lastProbeTime: time, lastTransitionTime: time, reason: end.reason, message: end.message });
    const conditions = [...(job.status?.conditions ?? []), condition(end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'), condition(end.type)];
    const latest = jobs.get(job.metadata.namespace, job.metadata.name);
    if (latest === undefined) return;
    await writeStatus(client, JOBS, latest, {
      ...statusOf(latest, { ...counts, active: 0, ready: 0, terminating: end.type === 'Complete' ? 0 : counts.terminating, conditions }),
      ...(end.type === 'Complete' ? { completionTime: time } : {}),
    });
    if (end.type === 'Complete') events.record(job, 'Normal', 'Completed', 'Job completed');
    else events.record(job, 'Warning', end.reason, end.message);
  };

  const untrack = async (pod: Pod): Promise<void> => {
    const latest = pods.get(pod.metadata.namespace, pod.metadata.name);
    if (latest === undefined || latest.metadata.finalizers?.includes(TRACKING) !== true) return;
    const left = latest.metadata.finalizers.filter((name) => name !== TRACKING);
    const body = { metadata: { uid: latest.metadata.uid, finalizers: left.length === 0 ? null : left } };
    await client.patch(PODS, latest.metadata.namespace, latest.metadata.name, { type: 'merge', body });
  };

  // The job is gone: its pods must not be held back by a finalizer that nobody takes away.
  const letGo = async (key: string): Promise<void> => {
    const [namespace = '', name] = key.split('/');
    for (const pod of pods.list(namespace)) {
      const owner = controllerOf(pod);
      const job = owner?.kind === 'Job' ? jobs.get(namespace, owner.name) : undefined;
      if (owner?.kind === 'Job' && owner.name === name && job?.metadata.uid !== owner.uid) await untrack(pod);
    }
  };

  const expire = async (job: Job): Promise<void> => {
    const seconds = job.spec.ttlSecondsAfterFinished;
    const ended = job.status?.conditions?.find((c) => c.type === 'Complete' || c.type === 'Failed')?.lastTransitionTime;
    if (seconds === undefined || ended === undefined) return;
    const left = Date.parse(ended) + seconds * 1000 - clock.now();
    if (left <= 0) await deleteIfThere(client, JOBS, job, { propagationPolicy: 'Foreground' });
    else queue.addAfter(keyOf(job), left);
  };

  const suspension = (job: Job, now: number): Condition[] => {
    const others = (job.status?.conditions ?? []).filter((c) => c.type !== 'Suspended');
    const before = job.status?.conditions?.find((c) => c.type === 'Suspended');
    const suspended = job.spec.suspend === true;
    if (before === undefined && !suspended) return others;
    if ((before?.status === 'True') === suspended && before !== undefined) return [...others, before];
    const time = rfc3339(now);
    const text = suspended ? { status: 'True', reason: 'JobSuspended', message: 'Job suspended' } : { status: 'False', reason: 'JobResumed', message: 'Job resumed' };
    events.record(job, 'Normal', suspended ? 'Suspended' : 'Resumed', text.message);
    return [...others, { type: 'Suspended', lastProbeTime: time, lastTransitionTime: time, ...text }];
  };

  jobs.onChange(({ previous, current }) => {
    const job = current ?? previous;
    if (job !== undefined) queue.add(keyOf(job));
  });
  pods.onChange(({ previous, current }) => {
    for (const pod of [previous, current]) {
      const owner = pod === undefined ? undefined : controllerOf(pod);
      if (pod !== undefined && owner?.kind === 'Job') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    }
  });
}

interface Counts {
  succeeded: number;
  failed: number;
  terminating: number;
  startTime: string | undefined;
  doneIndexes: ReadonlySet<number> | undefined;
  failedIndexes: ReadonlySet<number> | undefined;
}

function statusOf(job: Job, counts: Counts & { active: number; ready: number; conditions: Condition[] }): Record<string, unknown> {
  return compact(
    {
      active: counts.active,
      completedIndexes: counts.doneIndexes === undefined ? undefined : indexRanges(counts.doneIndexes),
      completionTime: job.status?.completionTime,
      conditions: counts.conditions,
      failed: counts.failed,
      failedIndexes: counts.failedIndexes === undefined ? undefined : indexRanges(counts.failedIndexes),
      ready: counts.ready,
      startTime: counts.startTime ?? job.status?.startTime,
      succeeded: counts.succeeded,
      terminating: counts.terminating,
      uncountedTerminatedPods: {},
    },
    ['ready', 'terminating', ...(counts.failedIndexes === undefined ? [] : ['failedIndexes'])],
  );
}

function endOf(pod: Pod): number {
  const times = (pod.status?.containerStatuses ?? []).map((status) => Date.parse(status.state?.terminated?.finishedAt ?? '') || 0);
  return Math.max(Date.parse(pod.metadata.creationTimestamp ?? '') || 0, ...times);
}

function freeIndexes(job: Job, active: readonly Pod[], done: ReadonlySet<number>): number[] {
  const taken = new Set(active.map((pod) => Number(pod.metadata.annotations?.[INDEX])));
  return Array.from({ length: job.spec.completions ?? 0 }, (_, index) => index).filter((index) => !taken.has(index) && !done.has(index));
}

function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** The failed pod of an index that ended last. */
function lastOf(failures: readonly Pod[], index: number): Pod | undefined {
  return failures.filter((pod) => indexOf(pod) === index).sort((a, b) => failuresUpTo(b) - failuresUpTo(a) || endOf(b) - endOf(a))[0];
}
