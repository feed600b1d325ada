import { expect, it } from 'vitest';
import { brokenNotice } from '../../../web/state/author-store.ts';

it.each([
  [[], 'The scenario can’t be read as it is now.'],
  [[{ file: 'a/index.json', line: 3, severity: 'error' as const, message: 'ends too early' }], 'The scenario can’t be read as it is now. a/index.json:3 ends too early.'],
  [[{ file: 'b', severity: 'warning' as const, message: 'x' }, { file: 'a', severity: 'error' as const, message: 'y' }], 'The scenario can’t be read as it is now. a y.'],
])('an author reads what keeps the scenario from being read: %j', (problems, message) => {
  expect(brokenNotice(problems)).toEqual({ code: 'scenario-broken', message, next: 'Below is how it was before. Mend the file, and the page goes on by itself.' });
});
