import type { JsonObject } from '../../../lib/json.ts';
import { message, text } from './route.ts';
import { Code, GrpcStatus } from './status.ts';

/** What the field selector of a list asks for. */
export interface ListFilter {
  namespace: string;
  name: string;
  startedAfter: number | undefined;
  startedBefore: number | undefined;
  showRemaining: boolean;
}

/** The field selectors that a list knows. After argo-workflows v3.7.6 server/utils/list_options.go */
function parseFieldSelector(selector: string, namespace: string): ListFilter {
  const filter: ListFilter = { namespace, name: '', startedAfter: undefined, startedBefore: undefined, showRemaining: false };
  for (const part of selector.split(',')) {
    if (part === '') continue;
    const after = (prefix: string) => (part.startsWith(prefix) ? part.slice(prefix.length) : undefined);
    const ns = after('metadata.namespace=');
    const name = after('metadata.name=');
    const from = after('spec.startedAt>');
    const to = after('spec.startedAt<');
    const remaining = after('ext.showRemainingItemCount=');
    if (ns !== undefined) {
      if (filter.namespace !== '' && filter.namespace !== ns) throw new GrpcStatus(Code.InvalidArgument, `'namespace' query param (${JSON.stringify(filter.namespace)}) and fieldselector 'metadata.namespace' (${JSON.stringify(ns)}) are both specified and contradict each other`);
      filter.namespace = ns;
    } else if (name !== undefined) filter.name = name;
    else if (from !== undefined) filter.startedAfter = timeOf(from);
    else if (to !== undefined) filter.startedBefore = timeOf(to);
    else if (remaining !== undefined) filter.showRemaining = remaining === 'true';
    else throw new GrpcStatus(Code.InvalidArgument, `unsupported requirement ${part}`);
  }
  return filter;
}

function timeOf(value: string): number {
  const ms = Date.parse(value);
  if (Number.isNaN(ms)) throw new GrpcStatus(Code.Internal, `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`);
  return ms;
}

export function listFilter(request: JsonObject): ListFilter {
  return parseFieldSelector(text(message(request, 'listOptions'), 'fieldSelector'), text(request, 'namespace'));
}
