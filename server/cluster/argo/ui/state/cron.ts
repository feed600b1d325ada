import type { z } from 'zod';
import { cronNext } from '../../cli/cron-next.ts';
import type { CronParts } from '../api/shapes.ts';

/** When a cron workflow runs, as it is written, and when it is due next: in milliseconds since 1970; undefined where it is suspended or no schedule can be read. */
export function cronSchedules(cron: z.infer<typeof CronParts> | undefined, now: number): { schedules: readonly string[]; next: number | undefined } {
  const { schedules, schedule, timezone, suspend } = cron?.spec ?? {};
  const all = schedules ?? (schedule === undefined || schedule === null ? [] : [schedule]);
  return { schedules: all, next: suspend === true ? undefined : cronNext(all, timezone ?? '', now) };
}
