/** What a URL of the Kubernetes API means. After kubernetes 1.32 apiserver/pkg/endpoints/request/requestinfo.go */
export interface RequestInfo {
  path: string;
  query: URLSearchParams;
  /** Absent for a path that is not a resource's. */
  resource?: ResourceRequest;
}

export interface ResourceRequest {
  group: string;
  version: string;
  resource: string;
  namespace?: string;
  name?: string;
  subresource?: string;
  /** What stands behind a proxy subresource. */
  rest?: string;
  /** The deprecated `/api/v1/watch/…`. */
  watchPrefix: boolean;
}

/** Subresources of a namespace, which are not resources in it. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize']);

export function parseRequest(url: string): RequestInfo {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const parts = path.split('/').filter((part) => part !== '');
  const resource = parseResource(parts);
  return { path, query, ...(resource === undefined ? {} : { resource }) };
}

function parseResource(parts: readonly string[]): ResourceRequest | undefined {
  const [prefix] = parts;
  if (prefix !== 'api' && prefix !== 'apis') return undefined;
  const group = prefix === 'api' ? '' : (parts[1] ?? '');
  const version = prefix === 'api' ? parts[1] : parts[2];
  let rest = parts.slice(prefix === 'api' ? 2 : 3);
  if (version === undefined || rest.length === 0) return undefined;
  const watchPrefix = rest[0] === 'watch';
  if (watchPrefix) rest = rest.slice(1);

  let namespace: string | undefined;
  if (rest[0] === 'namespaces' && rest[1] !== undefined && rest[2] !== undefined && !NAMESPACE_SUBRESOURCES.has(rest[2])) {
    namespace = decode(rest[1]);
    rest = rest.slice(2);
  }
  const [resource, name, subresource, ...more] = rest;
  if (resource === undefined) return undefined;
  return {
    group,
    version,
    resource,
    watchPrefix,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name: decode(name) }),
    ...(subresource === undefined ? {} : { subresource }),
    ...(more.length === 0 ? {} : { rest: more.join('/') }),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
