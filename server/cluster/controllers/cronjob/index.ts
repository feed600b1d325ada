import { rfc3339 } from '../../../lib/clock.ts';
import { cronSchedule } from '../../../lib/cron-schedule.ts';
import { messageOf } from '../../../lib/errors.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { CronJob, Job } from '../runtime/kinds.ts';
import { controllerRef, isControlledBy } from '../runtime/owners.ts';
import { CRON_JOBS, JOBS } from '../runtime/resources.ts';
import { compact, deleteIfThere, same, writeStatus } from '../runtime/writes.ts';

/** When a schedule is due next after `from`, and the latest time that has passed since `since`. */
export function scheduleTimes(schedule: string, timeZone: string | undefined, since: number, now: number): { due: number | undefined; next: number | undefined } {
  const times = cronSchedule(schedule, timeZone);
  let due: number | undefined;
  let at = times.next(since);
  for (let i = 0; at !== undefined && at <= now; i++) {
    due = at;
    // Too many missed ones: only the newest counts, found from near the end.
    at = i > 100 ? times.next(Math.max(at, now - 60_000)) : times.next(at);
  }
  return { due, next: at };
}

/** Starts Jobs by the clock. After kubernetes 1.32 pkg/controller/cronjob/cronjob_controllerv2.go */
export function startCronJobs(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('cronjob-controller');
  const crons = informers.of<CronJob>(CRON_JOBS);
  const jobs = informers.of<Job>(JOBS);

  const queue = context.queue('cronjob', async (key) => {
    const cron = crons.getByKey(key);
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return;
    const { namespace } = cron.metadata;
    const now = clock.now();
    const owned = jobs.list(namespace).filter((job) => isControlledBy(job, cron));
    const running = owned.filter((job) => finished(job) === undefined);
    const status = { ...cron.status };
    for (const reference of cron.status?.active ?? []) {
      const job = owned.find((j) => j.metadata.uid === reference.uid);
      const end = job === undefined ? undefined : finished(job);
      if (job !== undefined && end !== undefined) {
        events.record(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${end.type}`);
        if (end.type === 'Complete') status.lastSuccessfulTime = job.status?.completionTime ?? rfc3339(now);
      } else if (job === undefined) events.record(cron, 'Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
    }
    for (const job of owned) {
      // Jobs that somebody made by hand belong to it, but it does not count them.
      const remembered = (cron.status?.active ?? []).some((r) => r.uid === job.metadata.uid);
      const end = finished(job);
      if (!remembered && end === undefined) events.record(cron, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`);
      if (!remembered && end?.type === 'Complete' && (status.lastSuccessfulTime ?? '') < (job.status?.completionTime ?? '')) status.lastSuccessfulTime = job.status?.completionTime;
    }
    await prune(cron, owned);

    const active = running.filter((job) => (cron.status?.active ?? []).some((r) => r.uid === job.metadata.uid));
    if (cron.spec.suspend !== true) {
      const since = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? '') || now;
      let times: ReturnType<typeof scheduleTimes>;
      try {
        times = scheduleTimes(cron.spec.schedule, cron.spec.timeZone, since, now);
      } catch (error) {
        events.record(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${cron.spec.schedule} : ${messageOf(error)}`);
        return;
      }
      if (times.next !== undefined) queue.addAfter(key, times.next - now);
      if (times.due !== undefined) await startDue(cron, times.due, active, status);
    }
    const references = active.map((job) => ({ kind: 'Job', namespace, name: job.metadata.name, uid: job.metadata.uid, apiVersion: 'batch/v1', resourceVersion: job.metadata.resourceVersion }));
    const known = new Map((cron.status?.active ?? []).map((r) => [r.uid, r]));
    const latest = crons.getByKey(key);
    if (latest === undefined) return;
    const next = compact({ ...status, active: references.map((r) => known.get(r.uid) ?? r) });
    if (!same(latest.status ?? {}, next)) await writeStatus(client, CRON_JOBS, latest, next);
  });

  const startDue = async (cron: CronJob, due: number, active: Job[], status: Record<string, unknown>): Promise<void> => {
    const now = clock.now();
    const deadline = cron.spec.startingDeadlineSeconds;
    if (deadline !== undefined && now > due + deadline * 1000) {
      events.record(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(due).toUTCString()}`);
      return;
    }
    if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
      events.record(cron, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return;
    }
    if (cron.spec.concurrencyPolicy === 'Replace') {
      for (const job of active.splice(0)) {
        await deleteIfThere(client, JOBS, job, { propagationPolicy: 'Background' });
        events.record(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
      }
    }
    try {
      const job = await client.create<Job>(JOBS, cron.metadata.namespace, jobOf(cron, due));
      events.record(cron, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      active.push(job);
    } catch (error) {
      if (error instanceof ApiStatus && error.reason === 'AlreadyExists') return;
      events.record(cron, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
    status.lastScheduleTime = rfc3339(due);
  };

  const prune = async (cron: CronJob, owned: readonly Job[]): Promise<void> => {
    const byStart = (a: Job, b: Job) => (a.status?.startTime ?? '').localeCompare(b.status?.startTime ?? '');
    for (const [type, limit] of [['Complete', cron.spec.successfulJobsHistoryLimit ?? 3], ['Failed', cron.spec.failedJobsHistoryLimit ?? 1]] as const) {
      const ended = owned.filter((job) => finished(job)?.type === type).sort(byStart);
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) {
        await deleteIfThere(client, JOBS, job, { propagationPolicy: 'Background' });
        events.record(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
      }
    }
  };

  crons.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  jobs.onChange(({ previous, current }) => {
    const owner = (current ?? previous)?.metadata.ownerReferences?.find((r) => r.controller === true && r.kind === 'CronJob');
    if (owner !== undefined) queue.add(`${(current ?? previous)?.metadata.namespace}/${owner.name}`);
  });
}

function finished(job: Job) {
  return job.status?.conditions?.find((c) => (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True');
}

function jobOf(cron: CronJob, due: number): KubeObject {
  const { metadata, spec } = cron.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cron.metadata.name}-${Math.floor(due / 60_000)}`,
      namespace: cron.metadata.namespace ?? 'default',
      ...(metadata?.labels === undefined ? {} : { labels: { ...metadata.labels } }),
      annotations: { ...metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': rfc3339(due) },
      ownerReferences: [controllerRef(cron)],
    },
    spec: structuredClone(spec ?? {}),
  };
}
