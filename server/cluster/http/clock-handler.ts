import { rfc3339 } from '../../lib/clock.ts';
import { badRequest, methodNotAllowed } from '../api/errors.ts';
import { sendValue, type Answering } from './answer.ts';

/** Where the clock of an embedded cluster stands; a real cluster has nothing there. */
export const CLOCK_PATH = '/.argo-lab/clock';

/** The cluster's clock, as its owner may see and move it. */
export interface MovableClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves the clock forward by milliseconds; what is due by then happens at once. */
  advance(ms: number): void;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const PART = /(\d+(?:\.\d+)?)([smh])/g;
const FURTHEST_MS = 366 * 24 * 3_600_000;

/**
 * GET says what the time is, POST with `?advance=1m30s` moves it forward: answers `{"now":"2026-01-02T03:04:05Z"}`.
 * Throws ApiStatus 400 where the duration is none of hours, minutes and seconds or longer than a year, 405.
 */
export function handleClock(answering: Answering, clock: MovableClock): void {
  const method = answering.request.method ?? 'GET';
  if (method === 'POST') clock.advance(durationOf(answering.query.get('advance') ?? ''));
  else if (method !== 'GET') throw methodNotAllowed();
  sendValue(answering, 200, { now: rfc3339(clock.now()) });
}

function durationOf(text: string): number {
  const ms = [...text.matchAll(PART)].reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
  if (text === '' || text.replace(PART, '') !== '' || ms > FURTHEST_MS) throw badRequest(`advance=${text}: expected how far to move the clock forward, such as 90s, 1m30s or 24h; a year at most`);
  return ms;
}
