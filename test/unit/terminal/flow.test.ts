import { describe, expect, it } from 'vitest';
import { HIGH_WATER, LOW_WATER } from '../../../server/protocol/ws.ts';
import { clampSize, PARSER_HIGH_WATER, shouldPause, smallest } from '../../../server/terminal/flow.ts';

describe('flow control', () => {
  const state = { paused: false, end: 10_000_000, parserBacklog: 0 };

  it('pauses when the fastest page is too far behind, and goes on once it has caught up', () => {
    expect(shouldPause({ ...state, acknowledged: [0, state.end - HIGH_WATER - 1] })).toBe(true);
    expect(shouldPause({ ...state, acknowledged: [0, state.end - HIGH_WATER] })).toBe(false);
    expect(shouldPause({ ...state, paused: true, acknowledged: [state.end - LOW_WATER - 1] })).toBe(true);
    expect(shouldPause({ ...state, paused: true, acknowledged: [state.end - LOW_WATER] })).toBe(false);
  });

  it('never waits for nobody', () => {
    expect(shouldPause({ ...state, acknowledged: [] })).toBe(false);
  });

  it('waits for the parser of screens', () => {
    expect(shouldPause({ ...state, acknowledged: [], parserBacklog: PARSER_HIGH_WATER + 1 })).toBe(true);
  });
});

describe('sizes', () => {
  it.each([
    [0, 0, { columns: 1, rows: 1 }],
    [-1, 24, { columns: 1, rows: 24 }],
    [1e9, 65536, { columns: 1000, rows: 1000 }],
    [80.7, 24.2, { columns: 80, rows: 24 }],
    [Number.NaN, 24, undefined],
    [Number.POSITIVE_INFINITY, 24, { columns: 1000, rows: 24 }],
  ])('%s × %s becomes %o', (columns, rows, expected) => {
    expect(clampSize(columns, rows)).toEqual(expected);
  });

  it('are the smallest of all pages', () => {
    expect(smallest([{ columns: 80, rows: 50 }, undefined, { columns: 120, rows: 24 }])).toEqual({ columns: 80, rows: 24 });
    expect(smallest([undefined])).toBeUndefined();
  });
});
