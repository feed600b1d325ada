import { pause } from '../state/time.ts';
import { ArgoError } from './client.ts';

/** Milliseconds before something is tried again: at first, and at most. */
const [REST_MS, REST_MAX_MS] = [2000, 10_000];

/** Whether asking once more is of no use: it is forbidden, unknown or wrong. */
export function isFinal(reason: unknown): boolean {
  return reason instanceof ArgoError && reason.status >= 400 && reason.status < 500 && reason.status !== 408 && reason.status !== 429;
}

export interface KeepUp {
  /** One round: loads what is there and follows it until the stream ends. Gives false where nothing more can come. */
  round(): Promise<boolean>;
  /** What went wrong in a round. After what is final, no other round comes. */
  onError(reason: unknown): void;
  signal: AbortSignal;
}

/** Round after round, with a rest between: a server that was away and is back is asked again. */
export async function keepUp({ round, onError, signal }: KeepUp): Promise<void> {
  let rest = REST_MS;
  while (!signal.aborted) {
    try {
      if (!(await round())) return;
      rest = REST_MS;
    } catch (reason) {
      if (signal.aborted) return;
      onError(reason);
      if (isFinal(reason)) return;
      rest = Math.min(REST_MAX_MS, rest * 1.5);
    }
    await pause(rest, signal);
  }
}
