import { expect, test } from 'vitest';
import { goDuration, parseGoDuration } from '../../../server/lib/go-duration.ts';

test('durations are read as Go reads them', () => {
  expect(['1h30m', '1.5s', '200ms', '-200ms', '+.5s', '1500µs', '1500us', '250ns', '0', '1m1m'].map((text) => parseGoDuration(text))).toEqual([5_400_000, 1500, 200, -200, 500, 1.5, 1.5, 0.00025, 0, 120_000]);
});

test('what Go refuses is no duration', () => {
  expect(['', '5', '1d', 's', '1 s', '1h30', '1.2.3s', '--1s', 'x5s'].map((text) => parseGoDuration(text))).toEqual(Array.from({ length: 9 }, () => undefined));
});

test('days are read where they are wanted', () => {
  expect(['1d', '1d12h', '0.5d', 'd'].map((text) => parseGoDuration(text, { days: true }))).toEqual([86_400_000, 129_600_000, 43_200_000, undefined]);
});

test('durations are printed as Go prints them', () => {
  expect([0, 0.0009, 0.078535, 2.155805, 100, -100, 1500, 61_000, 3_600_000, -3_723_500, 90_000_000].map(goDuration)).toEqual(['0s', '900ns', '78.535µs', '2.155805ms', '100ms', '-100ms', '1.5s', '1m1s', '1h0m0s', '-1h2m3.5s', '25h0m0s']);
});
