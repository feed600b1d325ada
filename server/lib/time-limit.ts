import { createContext, Script } from 'node:vm';

/** Work that was to be done at once did not end in its time, and was stopped. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

const state: { work: (() => unknown) | undefined } = { work: undefined };
const context = createContext(state);
const step = new Script('work()');

/**
 * Runs code that may take forever, because somebody else wrote what it works on: a pattern, a rule. It is stopped where it
 * stands, so it must be code that leaves nothing half done but its own result. Costs about 0.1 ms.
 * Throws TimeLimitError after `ms` milliseconds, and whatever `work` throws.
 */
export function withinTime<T>(ms: number, work: () => T): T {
  // A limit within a limit: the outer one's work is put back.
  const outer = state.work;
  let result: { value: T } | undefined;
  state.work = () => {
    result = { value: work() };
  };
  try {
    step.runInContext(context, { timeout: ms });
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new TimeLimitError(`not done within ${ms} ms`, { cause: error });
    throw error;
  } finally {
    state.work = outer;
  }
  if (result === undefined) throw new TimeLimitError('the work was stopped');
  return result.value;
}
