import { expect, it } from 'vitest';
import { cronSchedule } from '../../../server/lib/cron-schedule.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const shown = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 19));

it.each([
  ['*/5 * * * *', '', '2026-01-01T00:00:30', '2026-01-01T00:05:00'],
  ['@daily', '', '2026-01-01T00:00:30', '2026-01-02T00:00:00'],
  ['0 3 * * *', 'Europe/Berlin', '2026-01-01T00:00:00', '2026-01-01T02:00:00'],
  ['TZ=Asia/Tokyo 0 9 * * *', 'Europe/Berlin', '2026-01-01T00:00:01', '2026-01-02T00:00:00'],
  ['@every 1h30m', '', '2026-01-01T00:00:10', '2026-01-01T01:30:10'],
  ['@every 0', '', '2026-01-01T00:00:10', '2026-01-01T00:00:11'],
  ['@every -5s', '', '2026-01-01T00:00:10', '2026-01-01T00:00:11'],
  ['0 0 30 2 *', '', '2026-01-01T00:00:00', undefined],
])('%s (%s) is due first after %s at %s', (text, zone, from, next) => {
  expect(shown(cronSchedule(text, zone).next(at(from)))).toBe(next);
});

it('counts an interval from its start on', () => {
  const every = cronSchedule('@every 90s');
  expect([at('2026-01-01T00:00:00'), at('2026-01-01T00:01:30'), at('2025-12-31T23:00:00')].map((from) => shown(every.next(from, at('2026-01-01T00:00:00'))))).toEqual(['2026-01-01T00:01:30', '2026-01-01T00:03:00', '2026-01-01T00:01:30']);
});

it('throws for what is no schedule', () => {
  expect(() => cronSchedule('never')).toThrow();
  expect(() => cronSchedule('@every soon')).toThrow();
});
