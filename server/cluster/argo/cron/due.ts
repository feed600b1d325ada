import { Cron } from 'croner';
import type { CronWorkflow } from '../types/workflow.ts';

/** A cron workflow's schedules, each with the zone that it is read in. */
export function schedulesOf(cron: CronWorkflow): { pattern: string; timezone: string }[] {
  const own = (cron.spec.schedule ?? '') !== '' ? [cron.spec.schedule ?? ''] : (cron.spec.schedules ?? []);
  return own.map((text) => {
    const zoned = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text);
    const pattern = zoned?.[2] ?? text;
    const every = /^@every (.+)$/.exec(pattern);
    return { pattern: every === null ? pattern : everyPattern(every[1] ?? ''), timezone: zoned?.[1] ?? ((cron.spec.timezone ?? '') === '' ? 'UTC' : (cron.spec.timezone ?? 'UTC')) };
  });
}

/** `@every 5m` as a pattern with seconds, where one exists. */
function everyPattern(text: string): string {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  const [hours, minutes, seconds] = [match?.[1], match?.[2], match?.[3]];
  if (hours !== undefined) return `0 0 */${hours} * * *`;
  return minutes !== undefined ? `0 */${minutes} * * * *` : `*/${seconds ?? '60'} * * * * *`;
}

/** The first time after `from` that any schedule names, in milliseconds; undefined when there is none. */
export function nextRun(cron: CronWorkflow, from: number): number | undefined {
  const times = schedulesOf(cron).flatMap(({ pattern, timezone }) => {
    const next = new Cron(pattern, { timezone, paused: true }).nextRun(new Date(from));
    return next === null ? [] : [next.getTime()];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Windows before now that are searched for runs, the shortest first: a busy schedule has enough of them in an hour. */
const WINDOWS_MS = [3_600_000, 86_400_000, 32 * 86_400_000, Number.POSITIVE_INFINITY];
/** More runs than these are not made up for. */
const MAX_RUNS = 10;

/** The last `count` times after `since` and up to `now` that any schedule names, in order. */
export function dueRuns(cron: CronWorkflow, since: number, now: number, count: number): number[] {
  for (const window of WINDOWS_MS) {
    const from = Math.max(since, now - window);
    const runs: number[] = [];
    for (let next = nextRun(cron, from); next !== undefined && next <= now; next = nextRun(cron, next)) {
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
