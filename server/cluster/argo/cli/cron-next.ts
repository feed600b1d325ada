import { Cron } from 'croner';

/** When the first of the schedules is due next, in milliseconds; undefined where none can be read. */
export function cronNext(schedules: readonly string[], timezone: string, now: number): number | undefined {
  const times = schedules.flatMap((schedule) => {
    try {
      const next = new Cron(schedule, { timezone: timezone === '' ? 'UTC' : timezone, paused: true }).nextRun(new Date(now));
      return next === null ? [] : [next.getTime()];
    } catch {
      return [];
    }
  });
  return times.length === 0 ? undefined : Math.min(...times);
}
