/** The closed set of what can go wrong in the lab itself (the cluster speaks ApiStatus instead). */
export type LabErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-many'
  | 'port-taken'
  | 'missing-tool'
  | 'scenario-broken'
  | 'cluster-failed'
  | 'timeout'
  | 'internal';

/** An error that a person can act on: what happened, and what to do next. */
export class LabError extends Error {
  override readonly name = 'LabError';
  constructor(
    readonly code: LabErrorCode,
    message: string,
    readonly next?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
