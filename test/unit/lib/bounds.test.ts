import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { BoundedRegExp } from '../../../server/lib/bounded-regexp.ts';
import { fitsGlob } from '../../../server/lib/glob.ts';
import { TimeLimitError, withinTime } from '../../../server/lib/time-limit.ts';

describe('work within its time', () => {
  it('gives its result, or what it throws', () => {
    expect(withinTime(100, () => [1, 2])).toEqual([1, 2]);
    expect(() => withinTime(100, () => { throw new RangeError('mine'); })).toThrow(new RangeError('mine'));
  });

  it('is stopped, and what asked for it goes on', () => {
    const began = performance.now();
    expect(() => withinTime(50, () => { for (;;); })).toThrow(TimeLimitError);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(withinTime(100, () => withinTime(100, () => 1) + 1)).toBe(2);
  });
});

describe('a bounded regular expression', () => {
  it.each([
    ['(a+)+$', 'a'.repeat(40) + 'b'],
    ['(a|aa)+$', 'a'.repeat(60) + 'b'],
    ['.*.*.*.*=x', 'a'.repeat(20_000)],
  ])('%s gives up', (source, text) => {
    expect(() => new BoundedRegExp(source, '', 50).test(text)).toThrow('the regular expression takes too long');
  });

  it('is one like any other where it comes to an end', () => {
    expect('a1b22'.match(new BoundedRegExp('(\\d)+', 'g'))).toEqual(['1', '22']);
    expect('2026-11'.replace(new BoundedRegExp('(\\d+)-(\\d+)'), '$2/$1')).toBe('11/2026');
    expect(new BoundedRegExp('(?<year>\\d{4})|x').exec('in 2026')?.groups?.['year']).toBe('2026');
    expect(() => new BoundedRegExp('(')).toThrow(SyntaxError);
  });
});

describe('a glob', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*.txt', 'x.txt.txt', true],
    ['a.c', 'abc', false],
    ['?', '🙂', true],
    [`${'*a'.repeat(200)}b`, 'a'.repeat(3000), false],
  ])('%s on %s', (pattern, text, fits) => {
    expect(fitsGlob(pattern, text)).toBe(fits);
  });
});
