import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import type { ClusterStage } from '../provider.ts';

/** Tells stages while they run, and ends what takes too long. */
export interface Work {
  /** Aborted by the session, or when a stage has taken too long. */
  readonly signal: AbortSignal;
  run<T>(id: string, title: string, act: () => Promise<T>, limit?: number): Promise<T>;
  /** A stage that is told by another began or ended: from now on it has so many milliseconds. */
  moved(stage: ClusterStage | undefined, limit: number): void;
  /** Tells a stage that failed before it could begin, and throws. */
  fail(id: string, title: string, error: unknown): never;
}

export function work(clock: Clock, onStage: (stage: ClusterStage) => void, signal: AbortSignal): Work {
  const late = new AbortController();
  const both = AbortSignal.any([signal, late.signal]);
  const tooLong = (title: string, limit: number) => () =>
    late.abort(new LabError('timeout', `“${title}” took longer than ${limit >= 60_000 ? `${Math.round(limit / 60_000)} min` : `${Math.round(limit / 1000)} s`}, so it was ended`, 'The machine or its network may be too slow, or something waits for ever: look at the logs, then try again.'));
  let cancel = () => {};
  return {
    signal: both,
    async run(id, title, act, limit) {
      const began = clock.now();
      onStage({ id, title, state: 'running' });
      const stop = limit === undefined ? () => {} : clock.after(limit, tooLong(title, limit));
      try {
        const value = await act();
        onStage({ id, title, state: 'done', took: clock.now() - began });
        return value;
      } catch (error) {
        onStage({ id, title, state: 'failed', took: clock.now() - began, output: outputOf(error) });
        throw error;
      } finally {
        stop();
      }
    },
    moved(stage, limit) {
      cancel();
      cancel = stage?.state === 'running' ? clock.after(limit, tooLong(stage.title, limit)) : () => {};
    },
    fail(id, title, error) {
      onStage({ id, title, state: 'failed', took: 0, output: messageOf(error) });
      throw error;
    },
  };
}

function outputOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : messageOf(error);
}
