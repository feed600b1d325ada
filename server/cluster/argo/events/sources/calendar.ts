import { z } from 'zod';
import { sleep } from '../../../../lib/clock.ts';
import { cronSchedule } from '../../../../lib/cron-schedule.ts';
import { goJson, isJsonObject } from '../../../../lib/json.ts';
import { ApiStatus } from '../../../api/status.ts';
import { CONFIG_MAPS } from '../../../controllers/runtime/resources.ts';
import { durationMs } from '../backoff.ts';
import { isZone, zoneOffset } from '../sensor/filter-time.ts';
import type { CalendarSource } from '../types.ts';
import { failed } from '../zap.ts';
import type { Listening } from './listener.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
/** When the source lost count of the time by more than this many events, the rest is not made up for in one go. */
const MAX_CATCH_UP = 1000;

/** A time as Go's time.Time prints itself: `2026-11-23 18:30:00.005 +0000 UTC`. */
export function goTimeText(ms: number): string {
  const [date = '', time = ''] = new Date(ms).toISOString().slice(0, -1).split('T');
  return `${date} ${time.replace(/\.?0+$/, '')} +0000 UTC`;
}

/** `23 Nov 26 18:30 UTC` */
function rfc822(ms: number, timezone: string): string {
  const offset = timezone === '' ? 0 : zoneOffset(ms, timezone);
  const date = new Date(ms + offset);
  const two = (value: number) => String(value).padStart(2, '0');
  // Each English knows the short names of its own part of the world.
  const names = ['en-US', 'en-GB', 'en-AU'].map((locale) => new Intl.DateTimeFormat(locale, { timeZone: timezone === '' ? 'UTC' : timezone, timeZoneName: 'short' }).formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? '');
  const zone = names.find((name) => /^[A-Z]{3,4}$/.test(name) && name !== 'GMT') ?? 'UTC';
  return `${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()] ?? ''} ${two(date.getUTCFullYear() % 100)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())} ${zone}`;
}

/** The next time after `from` that a source's schedule or interval names and no exclusion date forbids; undefined: never again. */
export function nextTime(source: Pick<CalendarSource, 'schedule' | 'interval' | 'timezone' | 'exclusionDates'>, from: number): number | undefined {
  const excluded = new Set((source.exclusionDates ?? []).flatMap(exclusionDays));
  const zone = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(source.schedule);
  const timezone = zone?.[1] ?? (source.timezone === '' ? 'UTC' : source.timezone);
  const cron = source.schedule === '' ? undefined : cronSchedule(source.schedule, timezone);
  const interval = cron === undefined ? Math.max(1000, Math.floor(durationMs(source.interval) / 1000) * 1000) : 0;
  let at = from;
  for (let tries = 0; tries < 10_000; tries++) {
    const next = cron === undefined ? Math.floor(at / 1000) * 1000 + interval : cron.next(at);
    if (next === undefined) return undefined;
    const day = new Date(next + zoneOffset(next, timezone)).toISOString().slice(0, 10);
    if (!excluded.has(day)) return next;
    at = next;
  }
  return undefined;
}

/** The days of `EXDATE:20260102T150405Z,…`; other lines say nothing. */
function exclusionDays(line: string): string[] {
  if (!line.startsWith('EXDATE:')) return [];
  return line.slice('EXDATE:'.length).split(',').map((text) => {
    const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)T\d{6}Z$/.exec(text) ?? [];
    if (year === undefined) throw new Error(`parsing time ${JSON.stringify(text)} as "20060102T150405Z": cannot parse ${JSON.stringify(text)} as "2006"`);
    return `${year}-${month}-${day}`;
  });
}

/** After argo-events v1.9.9 pkg/eventsources/sources/calendar/start.go */
export async function listenToCalendar(source: CalendarSource, listening: Listening): Promise<void> {
  const { context, log, dispatch, startedAt } = listening;
  const { clock, signal } = context;
  const info = (line: number, message: string, fields: readonly (readonly [string, unknown])[] = []) => log.info(`calendar/start.go:${line}`, message, fields);
  info(139, 'started processing the calendar event source...');
  info(142, 'resolving calendar schedule...');
  info(148, 'parsing exclusion dates if any...');
  (source.exclusionDates ?? []).forEach(exclusionDays);
  const memory = source.persistence?.configMap === undefined ? undefined : new Memory(listening, source.persistence.configMap);
  if (memory === undefined) info(160, 'Persistence not enabled');
  else {
    info(70, 'Initializing Persistence');
    await memory.open();
  }
  let last = await startFrom(source, memory, listening);
  if (source.timezone !== '') {
    info(185, 'loading location for the schedule...', [['location', source.timezone]]);
    if (!isZone(source.timezone)) throw new Error(`failed to load location for event source ${listening.source} / ${listening.event}, , unknown time zone ${source.timezone}`);
  }
  const send = async (at: number, text: string): Promise<void> => {
    info(207, 'dispatching calendar event...');
    const data = goJson({ eventTime: text, ...(source.metadata === undefined ? {} : { metadata: source.metadata }) });
    try {
      await dispatch(data);
    } catch (error) {
      log.error('calendar/start.go:210', 'failed to dispatch calendar event', [failed(error)]);
      return;
    }
    await memory?.save(data, at).catch((error: unknown) => log.error('calendar/start.go:217', 'failed to persist calendar event', [failed(error)]));
  };
  info(223, 'Calendar event start time:', [['Time', rfc822(last, source.timezone)]]);
  for (let missed = 0; !signal.aborted; ) {
    const next = nextTime(source, last);
    if (next === undefined) break;
    if (clock.now() > next && missed < MAX_CATCH_UP) {
      missed++;
      info(230, 'triggering catchup events', [['time', goTimeText(next)]]);
      await send(next, goTimeText(next));
      last = next;
      continue;
    }
    missed = 0;
    info(247, 'expected next calendar event', [['time', goTimeText(next)]]);
    try {
      await waitUntil(listening, next);
    } catch {
      break;
    }
    const now = clock.now();
    // A timer's time carries Go's monotonic clock with it.
    await send(now, `${goTimeText(now)} m=+${((now - startedAt) / 1000).toFixed(9)}`);
    last = now;
  }
  if (signal.aborted) info(263, 'exiting calendar event listener...');
}

/** Timers hold 24 days at most. */
const LONGEST_MS = 2 ** 31 - 1;

async function waitUntil({ context: { clock, signal } }: Listening, at: number): Promise<void> {
  do await sleep(clock, Math.min(LONGEST_MS, Math.max(0, at - clock.now())), signal);
  while (clock.now() < at);
}

async function startFrom(source: CalendarSource, memory: Memory | undefined, { context, log }: Listening): Promise<number> {
  const now = context.clock.now();
  const catchup = source.persistence?.catchup;
  if (memory === undefined || catchup?.enabled !== true) return now;
  const last = memory.last() ?? now;
  if (catchup.maxDuration === '') return last;
  const most = durationMs(catchup.maxDuration);
  if (now - last <= most) return last;
  log.info('calendar/start.go:127', 'set execution time', [['maxDuration', catchup.maxDuration]]);
  return now - most;
}

const Stored = z.object({ eventPayload: z.string() });

/** The last event of a source, kept in a ConfigMap. After argo-events v1.9.9 pkg/eventsources/persist/event_persist.go */
class Memory {
  #data: Record<string, string> = {};
  readonly #key: string;

  constructor(
    private readonly listening: Listening,
    private readonly map: { name: string; createIfNotExist: boolean },
  ) {
    this.#key = `${listening.source}.${listening.event}`;
  }

  async open(): Promise<void> {
    const { context, namespace } = this.listening;
    try {
      const found = await context.client.get(CONFIG_MAPS, namespace, this.map.name);
      this.#data = isJsonObject(found['data']) ? Object.fromEntries(Object.entries(found['data']).map(([key, value]) => [key, String(value)])) : {};
    } catch (error) {
      if (!(error instanceof ApiStatus && error.code === 404 && this.map.createIfNotExist)) throw error;
      await context.client.create(CONFIG_MAPS, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: this.map.name, namespace } });
    }
  }

  last(): number | undefined {
    const text = this.#data[this.#key];
    if (text === undefined) return undefined;
    const { eventTime = '' } = z.object({ eventTime: z.string() }).partial().parse(JSON.parse(Stored.parse(JSON.parse(text)).eventPayload));
    const at = Date.parse(eventTime.replace(/ m=.*$/, '').replace(/^(\S+) (\S+) ([+-]\d{4}) .*$/, '$1T$2$3'));
    return Number.isNaN(at) ? undefined : at;
  }

  async save(payload: string, _at: number): Promise<void> {
    const { context, namespace } = this.listening;
    this.#data = { ...this.#data, [this.#key]: JSON.stringify({ eventKey: this.#key, eventPayload: payload }) };
    await context.client.patch(CONFIG_MAPS, namespace, this.map.name, { type: 'merge', body: { data: { [this.#key]: this.#data[this.#key] } } });
  }
}
