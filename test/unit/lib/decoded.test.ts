import { expect, test } from 'vitest';
import { decoded } from '../../../server/lib/decoded.ts';

test('what is encoded wrongly stays as it stands', () => {
  expect(['/a%20b/%C3%BC', '/plain', '/100%', '/%C3'].map(decoded)).toEqual(['/a b/ü', '/plain', '/100%', '/%C3']);
});
