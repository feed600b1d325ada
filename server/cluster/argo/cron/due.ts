import { cronSchedule } from '../../../lib/cron-schedule.ts';
import type { CronWorkflow } from '../types/workflow.ts';

/** A cron workflow's schedules, each as it is written but for its zone. */
export function schedulesOf(cron: CronWorkflow): string[] {
  return written(cron).map((text) => text.replace(/^(?:CRON_)?TZ=\S+\s+/, ''));
}

function written({ spec }: CronWorkflow): readonly string[] {
  return (spec.schedule ?? '') !== '' ? [spec.schedule ?? ''] : (spec.schedules ?? []);
}

/** What an interval counts from: the last run, or the beginning. */
function startOf({ status, metadata }: CronWorkflow): number {
  return Date.parse(status.lastScheduledTime ?? '') || Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** Reads the schedules once: the first time after `from` that any of them names. */
function runsOf(cron: CronWorkflow): (from: number) => number | undefined {
  const schedules = written(cron).map((text) => cronSchedule(text, cron.spec.timezone));
  const start = startOf(cron);
  return (from) => {
    const times = schedules.flatMap((schedule) => schedule.next(from, start) ?? []);
    return times.length === 0 ? undefined : Math.min(...times);
  };
}

/** The first time after `from` that any schedule names, in milliseconds; undefined when there is none. */
export function nextRun(cron: CronWorkflow, from: number): number | undefined {
  return runsOf(cron)(from);
}

/** Windows before now that are searched for runs, the shortest first: a busy schedule has enough of them in an hour. */
const WINDOWS_MS = [3_600_000, 86_400_000, 32 * 86_400_000, Number.POSITIVE_INFINITY];
/** More runs than these are not made up for. */
const MAX_RUNS = 10;

/** The last `count` times after `since` and up to `now` that any schedule names, in order. */
export function dueRuns(cron: CronWorkflow, since: number, now: number, count: number): number[] {
  const after = runsOf(cron);
  for (const window of WINDOWS_MS) {
    const from = Math.max(since, now - window);
    const runs: number[] = [];
    for (let next = after(from); next !== undefined && next <= now; next = after(next)) {
      runs.push(next);
      if (runs.length > count) runs.shift();
    }
    if (runs.length === count || from === since) return runs;
  }
  return [];
}

/**
 * How many runs begin when the time of several has come at once, as when the clock is moved forward: so many as would
 * be left of all of them. Where one run has a say in the next, only the last one begins.
 */
export function runsAtOnce({ spec }: CronWorkflow): number {
  const alone = spec.concurrencyPolicy === 'Forbid' || spec.concurrencyPolicy === 'Replace' || (spec.stopStrategy?.expression ?? '') !== '';
  return alone ? 1 : Math.min(MAX_RUNS, Math.max(1, spec.successfulJobsHistoryLimit ?? 3, spec.failedJobsHistoryLimit ?? 1));
}
