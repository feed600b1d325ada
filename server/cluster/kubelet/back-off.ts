/** After kubernetes 1.32 client-go/util/flowcontrol/backoff.go, with the kubelet's numbers. */
const INITIAL_MS = 10_000;
const MAX_MS = 300_000;

export interface BackOffState {
  /** How long the latest delay is. */
  delay: number;
  /** When it was set. */
  since: number;
}

/**
 * What to do with something that failed at `failedAt`: go on at once (and which state to remember), or wait. The first
 * failure is free; the delay then doubles up to five minutes, and starts over after ten quiet minutes.
 */
export function nextBackOff(state: BackOffState | undefined, failedAt: number, now: number): { wait: 0; state: BackOffState } | { wait: number; delay: number } {
  if (state === undefined || now - state.since > 2 * MAX_MS) return { wait: 0, state: { delay: INITIAL_MS, since: now } };
  const until = failedAt + state.delay;
  if (now < until) return { wait: until - now, delay: state.delay };
  return { wait: 0, state: { delay: Math.min(MAX_MS, state.delay * 2), since: now } };
}
