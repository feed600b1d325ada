import { cronSchedule } from '../../../lib/cron-schedule.ts';

/** When the first of the schedules is due next, in milliseconds; undefined where none can be read. */
export function cronNext(schedules: readonly string[], timezone: string, now: number): number | undefined {
  const times = schedules.flatMap((schedule) => {
    try {
      return cronSchedule(schedule, timezone).next(now) ?? [];
    } catch {
      return [];
    }
  });
  return times.length === 0 ? undefined : Math.min(...times);
}
