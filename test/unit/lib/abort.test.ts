import { expect, test } from 'vitest';
import { whenAborted } from '../../../server/lib/abort.ts';

/** `pending` where the promise has not settled when everything that waits already had its turn. */
const stateOf = (promise: Promise<void>) => Promise.race([promise.then(() => 'resolved'), new Promise((resolve) => setImmediate(resolve, 'pending'))]);

test('who waits for a signal goes on when it aborts, and not before', async () => {
  const controller = new AbortController();
  const waiting = whenAborted(controller.signal);
  expect(await stateOf(waiting)).toBe('pending');
  controller.abort(new Error('over'));
  expect(await stateOf(waiting)).toBe('resolved');
});

test('who waits for a signal that aborted before does not wait', async () => {
  expect(await stateOf(whenAborted(AbortSignal.abort(new Error('over'))))).toBe('resolved');
});
