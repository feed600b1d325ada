import type { Job, Pod } from '../runtime/kinds.ts';
import { hasLimitPerIndex, metSuccess } from './policies.ts';

/** How a job ends: the conditions it gets. */
export interface JobEnd {
  type: 'Complete' | 'Failed';
  reason: string;
  message: string;
}

export interface JobObserved {
  active: readonly Pod[];
  succeeded: number;
  failed: number;
  /** Completion indexes that have succeeded, for an Indexed job. */
  doneIndexes: ReadonlySet<number>;
  /** Those that have failed as often as each may. */
  failedIndexes: ReadonlySet<number>;
  /** How often containers were started again within pods that still run. */
  restarts: number;
  /** What a rule of the failure policy says of a pod that ends the Job. */
  failJob: string | undefined;
  now: number;
}

/** Whether the job is over. Pure. After kubernetes 1.32 pkg/controller/job/job_controller.go */
export function jobEnd(job: Job, observed: JobObserved): JobEnd | undefined {
  const { completions, backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes } = job.spec;
  if (observed.failJob !== undefined) return { type: 'Failed', reason: 'PodFailurePolicy', message: observed.failJob };
  const restartsInPlace = job.spec.template.spec?.restartPolicy === 'OnFailure';
  if (observed.failed > backoffLimit || (restartsInPlace && observed.restarts > 0 && observed.restarts >= backoffLimit)) return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  const start = job.status?.startTime;
  if (activeDeadlineSeconds !== undefined && start !== undefined && job.spec.suspend !== true && observed.now >= Date.parse(start) + activeDeadlineSeconds * 1000) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  if (hasLimitPerIndex(job)) {
    const failed = observed.failedIndexes.size;
    if (maxFailedIndexes !== undefined && failed > maxFailedIndexes) return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message: 'Job has exceeded the specified maximal number of failed indexes' };
    if (failed > 0 && failed + observed.doneIndexes.size >= (completions ?? 0)) return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  const met = job.spec.completionMode === 'Indexed' ? metSuccess(job, observed.doneIndexes) : undefined;
  if (met !== undefined) return { type: 'Complete', reason: 'SuccessPolicy', message: met };
  const done = { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } as const;
  if (completions === undefined) return observed.succeeded > 0 && observed.active.length === 0 ? done : undefined;
  const succeeded = job.spec.completionMode === 'Indexed' ? observed.doneIndexes.size : observed.succeeded;
  return succeeded >= completions ? done : undefined;
}

/** How many pods should run now. */
export function wantedActive(job: Job, observed: JobObserved): number {
  if (job.spec.suspend === true) return 0;
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  if (completions === undefined) return observed.succeeded > 0 ? observed.active.length : parallelism;
  const succeeded = job.spec.completionMode === 'Indexed' ? observed.doneIndexes.size : observed.succeeded;
  return Math.min(parallelism, Math.max(0, completions - succeeded - observed.failedIndexes.size));
}

const FIRST_DELAY_MS = 10_000;
const MAX_DELAY_MS = 600_000;

/** How long to wait before the next pod, after failures in a row of which the last ended at `lastFailure`. */
export function retryDelay(failures: number, lastFailure: number | undefined, now: number): number {
  if (failures === 0 || lastFailure === undefined) return 0;
  return Math.max(0, lastFailure + Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) - now);
}

/** `0-2,5`: the form of `status.completedIndexes`. */
export function indexRanges(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : from + 1 === to ? `${from},${to}` : `${from}-${to}`)).join(',');
}
