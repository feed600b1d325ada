import { z } from 'zod';

/** A recording of a terminal. Times are seconds from its beginning. */
export interface Cast {
  columns: number;
  rows: number;
  title: string | undefined;
  /** What was printed, in order of time; pauses are cut to `idle`, where the recording asks for it. */
  events: readonly CastEvent[];
  /** Names of moments: the steps of a scenario. */
  markers: readonly { at: number; label: string }[];
  duration: number;
}

export type CastEvent = { at: number; type: 'output'; data: string } | { at: number; type: 'resize'; columns: number; rows: number };

const size = z.number().int().min(1).max(1000);
const HeaderV2 = z.object({ version: z.literal(2), width: size, height: size, title: z.string().optional(), idle_time_limit: z.number().positive().optional() });
const HeaderV3 = z.object({ version: z.literal(3), term: z.object({ cols: size, rows: size }), title: z.string().optional(), idle_time_limit: z.number().positive().optional() });
const Line = z.tuple([z.number(), z.string(), z.string()]);

/** The longest pause that is played where the recording says nothing of it. */
const IDLE = 3;

/**
 * Reads asciicast v2 (times since the start) and v3 (times since the event before). A last line that was cut off, as a
 * recording that was broken off leaves it, is left out. Throws an Error with words for a person where it is neither.
 */
export function parseCast(text: string): Cast {
  const lines = text.split('\n');
  const first = parseJson(lines[0] ?? '');
  const v2 = HeaderV2.safeParse(first);
  const v3 = HeaderV3.safeParse(first);
  if (!v2.success && !v3.success) throw new Error('This is no recording: the first line of an asciicast file is a JSON object with its version (2 or 3) and the terminal’s size.');
  const header = v2.success ? { columns: v2.data.width, rows: v2.data.height, ...v2.data } : { columns: v3.data?.term.cols ?? 80, rows: v3.data?.term.rows ?? 24, ...v3.data };
  const idle = header.idle_time_limit ?? IDLE;
  const events: CastEvent[] = [];
  const markers: { at: number; label: string }[] = [];
  let before = 0;
  let at = 0;
  for (const [i, line] of lines.entries()) {
    if (i === 0 || line.trim() === '' || line.startsWith('#')) continue;
    const parsed = Line.safeParse(parseJson(line));
    if (!parsed.success) {
      if (lines.slice(i + 1).every((rest) => rest.trim() === '')) break;
      throw new Error(`Line ${i + 1} of the recording is not understood.`);
    }
    const [time, code, data] = parsed.data;
    const pause = v2.success ? time - before : time;
    before = time;
    at += Math.min(Math.max(0, pause), idle);
    if (code === 'o') events.push({ at, type: 'output', data });
    else if (code === 'm') markers.push({ at, label: data });
    else if (code === 'r') {
      const wanted = /^(\d{1,4})x(\d{1,4})$/.exec(data);
      if (wanted !== null) events.push({ at, type: 'resize', columns: clamp(Number(wanted[1])), rows: clamp(Number(wanted[2])) });
    }
  }
  return { columns: header.columns, rows: header.rows, title: header.title, events, markers, duration: at };
}

/** Index of the first event that is later than `at`. */
export function eventAfter(cast: Cast, at: number): number {
  let low = 0;
  let high = cast.events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cast.events[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `1:05`. */
export function clockTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function clamp(value: number): number {
  return Math.min(1000, Math.max(1, value));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
