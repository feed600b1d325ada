import { describe, expect, it } from 'vitest';
import { advance, type SessionRecord, withStage } from '../../../server/session/machine.ts';

const fresh: SessionRecord = { version: 1, id: 'abcdefgh', scenario: 'a/b', state: 'preparing', page: 'intro', opened: {}, done: [], terminals: [], createdAt: 1 };

describe('a session', () => {
  it('goes from preparing to ready, and back at a reset, which forgets what was done in it', () => {
    const ready = advance(advance({ ...fresh, terminals: [{ id: '1', name: 'T' }] }, { type: 'prepared' }), { type: 'page-passed', page: 'step1' });
    expect(ready).toEqual({ ...fresh, state: 'ready', done: ['step1'], terminals: [{ id: '1', name: 'T' }] });
    expect(advance(ready, { type: 'reset', page: 'intro' })).toEqual(fresh);
  });

  it('remembers when a page was opened first, and what leaving a page finishes', () => {
    const one = advance(fresh, { type: 'page-opened', page: 'step1', finishes: 'intro', at: 5 });
    const again = advance(advance(one, { type: 'page-opened', page: 'step2', at: 7 }), { type: 'page-opened', page: 'step1', at: 9 });
    expect(again).toEqual({ ...fresh, page: 'step1', opened: { step1: 5, step2: 7 }, done: ['intro'] });
  });

  it('counts a page once', () => {
    expect(advance(advance(fresh, { type: 'page-passed', page: 'x' }), { type: 'page-passed', page: 'x' }).done).toEqual(['x']);
  });

  it('stays ended', () => {
    const ended = advance(fresh, { type: 'ended' });
    expect(advance(ended, { type: 'prepared' })).toBe(ended);
  });
});

it('a stage is replaced where it stands', () => {
  const stages = withStage(withStage([], { id: 'a', title: 'A', state: 'running' }), { id: 'b', title: 'B', state: 'running' });
  expect(withStage(stages, { id: 'a', title: 'A', state: 'done', took: 3 })).toEqual([
    { id: 'a', title: 'A', state: 'done', took: 3 },
    { id: 'b', title: 'B', state: 'running' },
  ]);
});
