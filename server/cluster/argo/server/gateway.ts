import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import { hasStruct } from '../types/go-types.ts';
import { GoDecodeError, normalizeRequest } from '../types/normal-form.ts';
import { GoJsonError, decodeFirst } from '../types/go-json.ts';
import type { Route } from './route.ts';
import { Code, GrpcStatus } from './status.ts';
import { dig } from './structs.ts';

const NUMBERS = new Set(['listOptions.limit', 'listOptions.timeoutSeconds', 'logOptions.tailLines', 'logOptions.sinceSeconds', 'logOptions.limitBytes', 'deleteOptions.gracePeriodSeconds']);

/** Sets `a.b.c` in a message; the first of several values counts. */
function setPath(message: JsonObject, path: string, value: string): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  dig(message, ...names)[last] ??= value;
}

/**
 * The request message out of body, query and path, as grpc-gateway puts it together. Throws InvalidArgument with the
 * decoder's words. Query values stay strings.
 */
export function requestOf(route: Route, params: Record<string, string>, query: URLSearchParams, body: string): JsonObject {
  let request: JsonObject = {};
  if (route.body !== undefined) {
    try {
      const value = decodeFirst(body);
      if (route.body === '*') request = value === undefined || value === null ? {} : typedRequest(route, value);
      else if (value !== undefined) request[route.body] = value;
    } catch (error) {
      if (error instanceof GoJsonError || error instanceof GoDecodeError) throw new GrpcStatus(Code.InvalidArgument, error.message);
      throw error;
    }
  }
  const known = new Set(route.query ?? []);
  for (const [name, value] of query) {
    if (!known.has(name)) continue;
    if (NUMBERS.has(name) && !/^[+-]?\d+$/.test(value)) throw new GrpcStatus(Code.InvalidArgument, `strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    setPath(request, name, value);
  }
  return Object.assign(request, params);
}

/** Checks a body against the Go type of the request, as far as the table of types knows it. */
function typedRequest(route: Route, value: Json): JsonObject {
  if (route.message !== undefined && hasStruct(route.message)) return normalizeRequest(route.message, value);
  return isJsonObject(value) ? value : {};
}
