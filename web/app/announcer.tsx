import { signal } from '@preact/signals';
import type { JSX } from 'preact';

const message = signal('');

/** Reads a sentence aloud; the same sentence again is read again. */
export function announce(text: string): void {
  message.value = message.value === text ? `${text}\u00a0` : text;
}

export function Announcer(): JSX.Element {
  return (
    <div class="sr-only" role="status" aria-live="polite">
      {message.value}
    </div>
  );
}
