import { ApiStatus, type StatusCause, type StatusDetails } from './status.ts';

/** Builders for the Statuses that the API answers with; the texts are those of Kubernetes 1.32. */

export interface Named {
  group: string;
  resource: string;
}

export interface Kinded {
  group: string;
  kind: string;
}

/** `deployments.apps`, `pods`. */
export function qualified(group: string, word: string): string {
  return group === '' ? word : `${word}.${group}`;
}

function details(type: Named, name: string, more?: StatusDetails): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(type.group === '' ? {} : { group: type.group }), ...(type.resource === '' ? {} : { kind: type.resource }), ...more };
}

export function notFound(type: Named, name: string): ApiStatus {
  return new ApiStatus(404, 'NotFound', `${qualified(type.group, type.resource)} "${name}" not found`, details(type, name));
}

export function alreadyExists(type: Named, name: string): ApiStatus {
  return new ApiStatus(409, 'AlreadyExists', `${qualified(type.group, type.resource)} "${name}" already exists`, details(type, name));
}

/** The answer when no free name was found for a generateName. */
export function generateNameConflict(type: Named, name: string): ApiStatus {
  const text = `${qualified(type.group, type.resource)} "${name}" already exists, the server was not able to generate a unique name for the object`;
  return new ApiStatus(409, 'AlreadyExists', text, details(type, name, { retryAfterSeconds: 1 }));
}

export const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(type: Named, name: string, why: string): ApiStatus {
  return new ApiStatus(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(type.group, type.resource)} "${name}": ${why}`, details(type, name));
}

export function forbidden(type: Named, name: string, why: string): ApiStatus {
  const subject = type.resource === '' ? '' : `${qualified(type.group, type.resource)} `;
  return new ApiStatus(403, 'Forbidden', name === '' ? `${subject}is forbidden: ${why}` : `${subject}"${name}" is forbidden: ${why}`, details(type, name));
}

export function badRequest(message: string): ApiStatus {
  return new ApiStatus(400, 'BadRequest', message);
}

/** A cause as it stands in the sentence: `spec.x: Required value`. */
function causeText(cause: StatusCause): string {
  return cause.field === undefined || cause.field === '' ? (cause.message ?? '') : `${cause.field}: ${cause.message ?? ''}`;
}

export function invalid(kind: Kinded, name: string, causes: readonly StatusCause[]): ApiStatus {
  // A message that several causes share is said once.
  const texts = [...new Set(causes.map(causeText))];
  const list = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  // Both groups of events keep one kind of object, which the older one names.
  const group = kind.group === 'events.k8s.io' ? '' : kind.group;
  const text = `${qualified(group, kind.kind)} "${name}" is invalid: ${list}`;
  return new ApiStatus(422, 'Invalid', text, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: kind.kind,
    causes: [...causes],
  });
}

export function methodNotAllowed(): ApiStatus {
  return new ApiStatus(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function expired(message: string): ApiStatus {
  return new ApiStatus(410, 'Expired', message);
}

export function tooOld(revision: number, current: number): ApiStatus {
  return expired(`too old resource version: ${revision} (${current})`);
}

export function notAcceptable(accepted: readonly string[]): ApiStatus {
  return new ApiStatus(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiStatus {
  return new ApiStatus(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}

/** What etcd says is handed on as it is. After kubernetes 1.32 apiserver/pkg/endpoints/handlers/responsewriters/status.go */
export function fromEtcd(message: string): ApiStatus {
  return new ApiStatus(500, '', message);
}

export function internalError(message: string): ApiStatus {
  return new ApiStatus(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function serviceUnavailable(message: string): ApiStatus {
  return new ApiStatus(503, 'ServiceUnavailable', message);
}

/** Whoever calls tells a missing object from every other failure with this. */
export function isStatus(error: unknown, code: number): boolean {
  return error instanceof ApiStatus && error.code === code;
}
