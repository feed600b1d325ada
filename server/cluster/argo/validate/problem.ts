/** A workflow that Argo refuses, with Argo's message. */
export class InvalidWorkflow extends Error {
  override readonly name = 'InvalidWorkflow';
  constructor(
    message: string,
    /** The object that it refers to does not exist: a 404 where others are a 400. */
    readonly notFound = false,
  ) {
    super(message);
  }
}

export function invalid(message: string): never {
  throw new InvalidWorkflow(message);
}

/** Runs a check; what it finds is told as found at `place`. */
export function at<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof Error) throw new InvalidWorkflow(`${place}${error.message}`);
    throw error;
  }
}
