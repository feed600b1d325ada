import { ApiStatus } from '../../api/status.ts';

/** The gRPC status codes; the REST face of the Argo Server answers with them too. */
export const Code = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;

const NAMES = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));

export function codeName(code: number): string {
  return NAMES.get(code) ?? `Code(${code})`;
}

/** What a service throws. `message` is what the caller reads. */
export class GrpcStatus extends Error {
  override readonly name = 'GrpcStatus';
  constructor(
    readonly code: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error of Argo's own that knows which HTTP status it stands for. */
export class ArgoError extends Error {
  override readonly name = 'ArgoError';
  constructor(
    readonly httpStatus: number,
    message: string,
  ) {
    super(message);
  }
}

// After argo-workflows v3.7.6 server/utils/errors.go
function codeOfHttp(status: number): number {
  switch (status) {
    case 400:
      return Code.InvalidArgument;
    case 401:
      return Code.Unauthenticated;
    case 403:
      return Code.PermissionDenied;
    case 404:
      return Code.NotFound;
    case 408:
      return Code.Canceled;
    case 409:
      return Code.AlreadyExists;
    case 429:
      return Code.ResourceExhausted;
    case 501:
      return Code.Unimplemented;
    case 503:
      return Code.Unavailable;
    case 504:
      return Code.DeadlineExceeded;
    default:
      return status >= 400 && status < 500 ? Code.InvalidArgument : Code.Internal;
  }
}

/** Turns whatever was thrown into a status; `fallback` counts where the error itself does not know. */
export function toStatus(error: unknown, fallback: number = Code.Internal): GrpcStatus {
  if (error instanceof GrpcStatus) return error;
  if (error instanceof ApiStatus) return new GrpcStatus(codeOfHttp(error.code), error.message, { cause: error });
  if (error instanceof ArgoError) return new GrpcStatus(codeOfHttp(error.httpStatus), error.message, { cause: error });
  return new GrpcStatus(fallback, error instanceof Error ? error.message : String(error), { cause: error });
}

/** Runs `work`; what it throws becomes a status with `fallback` as the code of last resort. */
export async function withStatus<T>(fallback: number, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStatus(error, fallback);
  }
}

const HTTP: Record<number, [number, string]> = {
  0: [200, 'OK'],
  1: [408, 'Request Timeout'],
  2: [500, 'Internal Server Error'],
  3: [400, 'Bad Request'],
  4: [504, 'Gateway Timeout'],
  5: [404, 'Not Found'],
  6: [409, 'Conflict'],
  7: [403, 'Forbidden'],
  8: [429, 'Too Many Requests'],
  9: [400, 'Bad Request'],
  10: [409, 'Conflict'],
  11: [400, 'Bad Request'],
  12: [501, 'Not Implemented'],
  13: [500, 'Internal Server Error'],
  14: [503, 'Service Unavailable'],
  15: [500, 'Internal Server Error'],
  16: [401, 'Unauthorized'],
};

/** The HTTP status and reason of a gRPC code. After grpc-gateway v1.16 runtime/errors.go */
export function httpOf(code: number): [number, string] {
  return HTTP[code] ?? [500, 'Internal Server Error'];
}

/** The gRPC code that an HTTP status of the REST face stands for, for clients that only see the status. */
export function codeOfStatus(status: number): number {
  return codeOfHttp(status);
}
