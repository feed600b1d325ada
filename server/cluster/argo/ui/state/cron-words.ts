import cronstrue from 'cronstrue';
import { cronSchedule } from '../../../../lib/cron-schedule.ts';

export interface ScheduleWords {
  /** `Every 5 minutes`; empty where there are none for it, such as an interval. */
  words: string;
  /** Why it can't be read. */
  problem: string | undefined;
}

/** A schedule in words, or what is wrong with it. Its time zone is the cron workflow's. */
export function scheduleWords(schedule: string, timezone = ''): ScheduleWords {
  const fields = schedule.trim().split(/\s+/);
  if (!schedule.startsWith('@') && !schedule.includes('TZ=') && fields.length >= 6) return { words: '', problem: 'cron schedules must consist of 5 values only' };
  try {
    cronSchedule(schedule, timezone).next(0);
  } catch (error) {
    return { words: '', problem: error instanceof Error ? error.message : String(error) };
  }
  if (schedule.startsWith('@every')) return { words: '', problem: undefined };
  try {
    return { words: cronstrue.toString(schedule.replace(/^(CRON_)?TZ=\S+\s+/, '')), problem: undefined };
  } catch {
    return { words: '', problem: undefined };
  }
}
