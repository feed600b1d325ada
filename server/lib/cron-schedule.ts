import { Cron } from 'croner';
import { parseGoDuration } from './go-duration.ts';

/** A schedule as Kubernetes and Argo read it: five fields, a word such as `@daily`, or `@every 1h30m`. */
export interface CronSchedule {
  /**
   * The first time after `from`, in milliseconds since the epoch; undefined when there is none any more. An interval
   * counts from `start`, whatever the clock on the wall says; by default from `from`.
   */
  next(from: number, start?: number): number | undefined;
}

/**
 * Reads a schedule; `TZ=Zone` or `CRON_TZ=Zone` in front of it goes before `timezone`, which is UTC where it is empty.
 * Throws for what is none. After robfig/cron v3 parser.go and constantdelay.go
 */
export function cronSchedule(text: string, timezone = ''): CronSchedule {
  const zoned = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(text);
  const pattern = zoned?.[2] ?? text;
  const every = parseGoDuration(/^@every (.+)$/.exec(pattern)?.[1] ?? '');
  if (every !== undefined) {
    const interval = Math.max(1, Math.floor(every / 1000)) * 1000;
    return {
      next(from, start = Math.floor(from / 1000) * 1000) {
        return start + (Math.max(0, Math.floor((from - start) / interval)) + 1) * interval;
      },
    };
  }
  const cron = new Cron(pattern, { timezone: zoned?.[1] ?? (timezone === '' ? 'UTC' : timezone), paused: true });
  return { next: (from) => cron.nextRun(new Date(from))?.getTime() };
}
