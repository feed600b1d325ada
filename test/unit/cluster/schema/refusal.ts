import { ApiStatus } from '../../../../server/cluster/api/status.ts';

/** Code and message of the error that a call is refused with; undefined where it is not. */
export function refusal(call: () => unknown): [number, string] | undefined {
  try {
    call();
  } catch (error) {
    if (!(error instanceof ApiStatus)) throw error;
    return [error.code, error.message];
  }
  return undefined;
}
