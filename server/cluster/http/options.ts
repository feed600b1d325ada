import type { DeleteOptions, ListOptions } from '../client.ts';
import { isJsonObject } from '../../lib/json.ts';
import { badRequest, invalid } from '../api/errors.ts';
import type { StatusCause } from '../api/status.ts';

/** The query parameters of requests, read and checked as Kubernetes does. All throw ApiStatus 400 or 422. */

const META = 'meta.k8s.io';
const MAX_MANAGER = 128;

export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  return Number(value);
}

export interface WriteQuery {
  dryRun: boolean;
  fieldManager: string | undefined;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  force: boolean | undefined;
}

export function readWriteQuery(query: URLSearchParams, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'): WriteQuery {
  const dry = query.getAll('dryRun').filter((value) => value !== '');
  const causes: StatusCause[] = [];
  if (dry.some((value) => value !== 'All')) {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: []string{${dry.map((v) => `"${v}"`).join(', ')}}: supported values: "All"`, field: 'dryRun' });
  }
  const validation = query.get('fieldValidation') ?? '';
  if (validation !== '' && validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: "${validation}": supported values: "", "Ignore", "Strict", "Warn"`, field: 'fieldValidation' });
  }
  const manager = query.get('fieldManager');
  if (manager !== null && Buffer.byteLength(manager) > MAX_MANAGER) causes.push({ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${MAX_MANAGER} bytes`, field: 'fieldManager' });
  if (causes.length > 0) throw invalid({ group: META, kind }, '', causes);
  const force = query.get('force');
  return {
    dryRun: dry.length > 0,
    fieldManager: manager === null || manager === '' ? undefined : manager,
    fieldValidation: validation === 'Ignore' || validation === 'Strict' ? validation : 'Warn',
    force: force === null ? undefined : force !== 'false' && force !== '0',
  };
}

export interface ListQuery extends ListOptions {
  timeoutSeconds?: number;
  allowWatchBookmarks: boolean;
  sendInitialEvents?: boolean;
  /** The objects as they were at the resourceVersion. */
  exact?: boolean;
}

/** After kubernetes 1.32 apimachinery/pkg/apis/meta/internalversion/validation/validation.go */
export function readListQuery(query: URLSearchParams, isWatch: boolean): ListQuery {
  const text = (name: string): string | undefined => {
    const value = query.get(name);
    return value === null || value === '' ? undefined : value;
  };
  const resourceVersion = text('resourceVersion');
  const match = text('resourceVersionMatch');
  const initial = query.get('sendInitialEvents');
  const sendInitialEvents = initial === null ? undefined : initial !== 'false' && initial !== '0';
  const token = text('continue');
  const causes: StatusCause[] = [];
  const forbid = (message: string): void => {
    causes.push({ reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field: 'resourceVersionMatch' });
  };
  const supported = (values: string): void => {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: "${match ?? ''}": supported values: ${values}`, field: 'resourceVersionMatch' });
  };
  if (isWatch) {
    if (sendInitialEvents !== undefined) {
      if (match === undefined) forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    } else if (match !== undefined) forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
    if (match !== undefined && match !== 'NotOlderThan') supported('"NotOlderThan"');
  } else if (match !== undefined) {
    if (resourceVersion === undefined) forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (token !== undefined) forbid('resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') supported('"Exact", "NotOlderThan", ""');
    if (match === 'Exact' && resourceVersion === '0') forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (causes.length > 0) throw invalid({ group: META, kind: 'ListOptions' }, '', causes);
  // After kubernetes 1.32 apimachinery/pkg/apis/meta/internalversion/defaults.go: what begins with all there is says when that is over.
  const fromStart = isWatch && match === undefined && (resourceVersion === undefined || resourceVersion === '0');
  const limit = integer(query, 'limit');
  const timeoutSeconds = integer(query, 'timeoutSeconds');
  const labelSelector = text('labelSelector');
  const fieldSelector = text('fieldSelector');
  if (token !== undefined && resourceVersion !== undefined && resourceVersion !== '0' && !isWatch) throw badRequest('specifying resource version is not allowed when using continue');
  return {
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks'),
    ...(limit === undefined ? {} : { limit }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    ...(token === undefined ? {} : { continue: token }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(sendInitialEvents === undefined ? (fromStart ? { sendInitialEvents: true } : {}) : { sendInitialEvents }),
    ...(match === 'Exact' ? { exact: true } : {}),
  };
}

/** Of the body, where there is one, else of the query. */
export function readDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given: Record<string, unknown> = isJsonObject(body) ? body : {};
  const grace = typeof given.gracePeriodSeconds === 'number' ? given.gracePeriodSeconds : integer(query, 'gracePeriodSeconds');
  const policy = typeof given.propagationPolicy === 'string' ? given.propagationPolicy : (query.get('propagationPolicy') ?? undefined);
  const orphan = typeof given.orphanDependents === 'boolean' ? given.orphanDependents : query.has('orphanDependents') ? flag(query, 'orphanDependents') : undefined;
  const dry = [...(Array.isArray(given.dryRun) ? given.dryRun : []), ...query.getAll('dryRun')].filter((value) => value !== '');
  const causes: StatusCause[] = [];
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan') {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: "${policy}": supported values: "Foreground", "Background", "Orphan", "nil"`, field: 'propagationPolicy' });
  } else if (policy !== undefined && orphan !== undefined) {
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: "${policy}": orphanDependents and deletionPropagation cannot be both set`, field: 'propagationPolicy' });
  }
  if (dry.some((value) => value !== 'All')) {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: []string{${dry.map((v) => `"${String(v)}"`).join(', ')}}: supported values: "All"`, field: 'dryRun' });
  }
  if (causes.length > 0) throw invalid({ group: META, kind: 'DeleteOptions' }, '', causes);
  const preconditions = isJsonObject(given.preconditions) ? given.preconditions : {};
  const { uid, resourceVersion } = preconditions;
  const propagationPolicy = policy === 'Background' || policy === 'Foreground' || policy === 'Orphan' ? policy : orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background';
  return {
    dryRun: dry.length > 0,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(typeof uid === 'string' || typeof resourceVersion === 'string'
      ? { preconditions: { ...(typeof uid === 'string' ? { uid } : {}), ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}) } }
      : {}),
  };
}
