import { describe, expect, it } from 'vitest';
import { Pace } from '../../../../server/cluster/argo/controller/pace.ts';

describe('the pace at which a workflow is looked at', () => {
  it.each([
    ['a small workflow', 10, 40, 0],
    ['a large one that took no time', 1000, 3, 0],
    ['a large one', 1000, 50, 200],
    ['a very large one', 20_000, 4000, 1000],
  ])('lets %s rest as it must', (_what, nodes, took, rest) => {
    const pace = new Pace();
    pace.worked('argo/w', nodes, took, took);
    expect([pace.restOf('argo/w', took), pace.restOf('argo/w', took + rest), pace.restOf('argo/other', took)]).toEqual([rest, 0, 0]);
  });

  it('does not wait longer than a second when the clock has gone back', () => {
    const pace = new Pace();
    pace.worked('argo/w', 1000, 50, 100_050);
    expect(pace.restOf('argo/w', 0)).toBe(1000);
  });
});
