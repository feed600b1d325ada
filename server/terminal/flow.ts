import { HIGH_WATER, LOW_WATER, MAX_COLUMNS, MAX_ROWS } from '../protocol/ws.ts';

/** A page this far behind the fastest gets a screen instead of every byte. */
export const LEFT_BEHIND = 4 * 1024 * 1024;
/** Bytes that wait for the screen's parser before the terminal is paused for it. */
export const PARSER_HIGH_WATER = 4 * 1024 * 1024;

/** Whether the terminal should be read: `paused` is what it is now. Nobody attached counts as infinitely fast. */
export function shouldPause(state: { paused: boolean; end: number; acknowledged: readonly number[]; parserBacklog: number }): boolean {
  if (state.parserBacklog > PARSER_HIGH_WATER) return true;
  if (state.acknowledged.length === 0) return false;
  const behind = state.end - Math.max(...state.acknowledged);
  return state.paused ? behind > LOW_WATER : behind > HIGH_WATER;
}

/** A size that a terminal can have; undefined for what is no number at all. */
export function clampSize(columns: number, rows: number): { columns: number; rows: number } | undefined {
  if (Number.isNaN(columns) || Number.isNaN(rows)) return undefined;
  return { columns: clamp(columns, MAX_COLUMNS), rows: clamp(rows, MAX_ROWS) };
}

function clamp(value: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(value)));
}

/** What fits into every attached page; undefined while none has told its size. */
export function smallest(sizes: readonly ({ columns: number; rows: number } | undefined)[]): { columns: number; rows: number } | undefined {
  const known = sizes.filter((size) => size !== undefined);
  if (known.length === 0) return undefined;
  return { columns: Math.min(...known.map((size) => size.columns)), rows: Math.min(...known.map((size) => size.rows)) };
}
