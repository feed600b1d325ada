import type { ErrorRequestHandler, Response } from 'express';
import { LabError, type LabErrorCode, messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ErrorBody } from '../protocol/rest.ts';

const STATUS: Record<LabErrorCode, number> = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many': 429,
  'port-taken': 409,
  'missing-tool': 500,
  'scenario-broken': 422,
  'cluster-failed': 500,
  timeout: 504,
  internal: 500,
};

export function sendError(response: Response, status: number, error: ErrorBody['error']): void {
  response.status(status).json({ error });
}

/** Every error becomes `{error: {code, message, next?}}`; what is not a person's business stays in the log. */
export function errorHandler(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    if (error instanceof LabError) {
      sendError(response, STATUS[error.code], { code: error.code, message: error.message, ...(error.next === undefined ? {} : { next: error.next }) });
      return;
    }
    // body-parser and the router say by `status` that the request was at fault.
    const status = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    if (status >= 400 && status < 500) {
      sendError(response, status, { code: 'bad-request', message: status === 413 ? 'the request is too large' : 'the request could not be read' });
      return;
    }
    log.error({ error: messageOf(error) }, 'a request failed');
    sendError(response, 500, { code: 'internal', message: 'the lab made a mistake; its log says more' });
  };
}
