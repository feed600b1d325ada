import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { pause } from '../state/time.ts';

const SHOWN_MS = 5000;
const notice = signal('');
let turn = new AbortController();

/** Says for some seconds that something was done. */
export function notify(text: string): void {
  turn.abort();
  const own = new AbortController();
  turn = own;
  notice.value = text;
  void pause(SHOWN_MS, own.signal).then(() => {
    if (!own.signal.aborted) notice.value = '';
  });
}

/** Where it is said; there from the start, so that screen readers listen to it. */
export function Notice(): JSX.Element {
  return (
    <div class={notice.value === '' ? 'notice' : 'notice shown'} role="status">
      {notice.value}
    </div>
  );
}
