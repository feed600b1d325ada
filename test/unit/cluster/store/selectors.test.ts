import { describe, expect, it } from 'vitest';
import { matchesLabels, parseFieldSelector, parseLabelSelector } from '../../../../server/cluster/store/selectors.ts';

const matches = (selector: string, labels: Record<string, string>) => matchesLabels(parseLabelSelector(selector), labels);

describe('a label selector', () => {
  it('compares, lists, and asks for existence', () => {
    expect(matches('app=web,tier!=db', { app: 'web' })).toBe(true);
    expect(matches('app in (a, b)', { app: 'b' })).toBe(true);
    expect(matches('app notin (a)', {})).toBe(true);
    expect(matches('!workflows.argoproj.io/controller-instanceid', {})).toBe(true);
    expect(matches('app', {})).toBe(false);
    expect(matches('n>3', { n: '4' })).toBe(true);
  });

  it.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ])('says what is wrong with %j', (selector, message) => {
    expect(() => parseLabelSelector(selector)).toThrow(message);
  });
});

describe('a field selector', () => {
  it('is a list of comparisons', () => {
    expect(parseFieldSelector('metadata.name=a,status.phase!=Running')).toEqual([
      { field: 'metadata.name', value: 'a', negated: false },
      { field: 'status.phase', value: 'Running', negated: true },
    ]);
  });
});
