import { createHash } from 'node:crypto';
import type { ApiCore } from '../api/core.ts';
import { aggregatedDiscovery, apiGroup, apiGroupList, apiResourceList, apiVersions } from '../api/discovery.ts';
import { methodNotAllowed } from '../api/errors.ts';
import { negotiate, negotiateDiscovery } from '../api/negotiate.ts';
import { HEALTH_CHECKS, VERSION } from '../api/version.ts';
import type { UserInfo } from '../auth/user.ts';
import { V2_PROTOBUF } from '../api/openapi/v2-protobuf.ts';
import { CLOCK_PATH, handleClock, type MovableClock } from './clock-handler.ts';
import { encodeJson, sendBytes, sendText, sendValue, type Answering } from './answer.ts';
import { PlainNotFound, unknownPath } from './resource-handler.ts';

export interface PathCall {
  core: ApiCore;
  answering: Answering;
  user: UserInfo;
  path: string;
  /** `host:port` as clients reach the server. */
  serverAddress: string;
  /** Further documents, by path: OpenID configuration, signing keys. */
  documents: ReadonlyMap<string, { contentType: string; read(): unknown }>;
  clock: MovableClock;
}

const HEALTH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;
const ROOT_PATHS = ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'];

/** Answers a path that is not a resource's. Throws ApiStatus 403, 404, 405. */
export async function handlePath(call: PathCall): Promise<void> {
  const { core, answering, user, documents } = call;
  const { request, query } = answering;
  const method = request.method ?? 'GET';
  const path = call.path.length > 1 ? call.path.replace(/\/+$/, '') : call.path;
  core.hooks.authorize({ user, verb: method.toLowerCase(), path: call.path });

  if (path === CLOCK_PATH) return handleClock(answering, call.clock);
  const health = HEALTH.exec(path);
  const known = health !== null || path === '/' || path === '/version' || path === '/metrics' || path === '/api' || path === '/apis' || path.startsWith('/openapi/') || path.startsWith('/api/') || path.startsWith('/apis/') || documents.has(path);
  if (!known) throw new PlainNotFound();
  if (method !== 'GET' && !(method === 'HEAD' && health !== null)) throw methodNotAllowed();

  if (health !== null) {
    sendHealth(answering, health[1] ?? 'healthz', health[2], query);
    return;
  }
  const document = documents.get(path);
  if (document !== undefined) {
    sendValue(answering, 200, await document.read(), { contentType: document.contentType });
    return;
  }
  if (path === '/version') return sendVersion(answering);
  if (path === '/metrics') return sendMetrics(call);
  if (path === '/') {
    const groups = core.scheme.all().filter((info) => info.group !== '').flatMap((info) => [`/apis/${info.group}`, `/apis/${info.group}/${info.version}`]);
    return sendValue(answering, 200, { paths: [...new Set([...ROOT_PATHS, ...groups])].sort() });
  }
  if (path === '/api' || path === '/apis') return sendDiscovery(call, path === '/api');
  if (path.startsWith('/openapi/')) return sendOpenApi(call, path);

  negotiate(request.headers.accept);
  const [prefix, ...parts] = path.split('/').slice(1);
  const found = prefix === 'api' ? (parts.length === 1 ? apiResourceList(core.scheme, '', parts[0] ?? '') : undefined) : parts.length === 1 ? apiGroup(core.scheme, parts[0] ?? '') : apiResourceList(core.scheme, parts[0] ?? '', parts[1] ?? '');
  if (found === undefined) throw unknownPath(core, prefix === 'api' ? '' : parts[0]);
  sendValue(answering, 200, found);
}

/** A few of the many numbers of a real server: enough for whoever looks whether it is there. */
function sendMetrics({ core, answering }: PathCall): void {
  const counts = core.store.counts().map(([resource, count]) => `apiserver_storage_objects{resource="${resource}"} ${count}`);
  const lines = [
    '# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check split by kind.',
    '# TYPE apiserver_storage_objects gauge',
    ...counts,
    '# HELP kubernetes_build_info [ALPHA] A metric with a constant \'1\' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.',
    '# TYPE kubernetes_build_info gauge',
    `kubernetes_build_info{git_version="${VERSION.gitVersion}",major="${VERSION.major}",minor="${VERSION.minor}",platform="${VERSION.platform}"} 1`,
  ];
  sendText(answering, 200, `${lines.join('\n')}\n`, 'text/plain; version=0.0.4; charset=utf-8');
}

function sendVersion(answering: Answering): void {
  // Always indented, whoever asks.
  const body = encodeJson(VERSION, true);
  sendText(answering, 200, body, 'application/json');
}

function sendDiscovery({ core, answering, serverAddress }: PathCall, isCore: boolean): void {
  const version = negotiateDiscovery(answering.request.headers.accept);
  if (version === undefined) {
    negotiate(answering.request.headers.accept);
    sendValue(answering, 200, isCore ? apiVersions(serverAddress) : apiGroupList(core.scheme));
    return;
  }
  const document = aggregatedDiscovery(core.scheme, isCore, version);
  const etag = `"${createHash('sha512').update(encodeJson(document, false)).digest('hex').toUpperCase()}"`;
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const headers = { Etag: etag, Vary: 'Accept', 'Cache-Control': 'public' };
  if (answering.request.headers['if-none-match'] === etag) {
    answering.response.writeHead(304, headers);
    answering.response.end();
    return;
  }
  sendValue(answering, 200, document, { contentType, headers });
}

function sendOpenApi({ core, answering }: PathCall, path: string): void {
  const { openapi } = core.hooks;
  if (openapi === undefined) throw new PlainNotFound();
  const rest = path.slice('/openapi/'.length);
  if (rest === 'v2') {
    const protobuf = /application\/com\.github\.proto-openapi\.spec\.v2/.test(answering.request.headers.accept ?? '');
    return sendBytes(answering, 200, openapi.v2(protobuf ? 'protobuf' : 'json'), protobuf ? V2_PROTOBUF : 'application/json');
  }
  const value = rest === 'v3' ? openapi.index() : rest.startsWith('v3/') ? openapi.document(rest.slice(3)) : undefined;
  if (value === undefined) throw new PlainNotFound();
  sendValue(answering, 200, value);
}

function sendHealth(answering: Answering, name: string, check: string | undefined, query: URLSearchParams): void {
  if (check !== undefined && !HEALTH_CHECKS.includes(check)) throw new PlainNotFound();
  if (!query.has('verbose') || check !== undefined) return sendText(answering, 200, 'ok');
  const excluded = query.getAll('exclude');
  const lines = HEALTH_CHECKS.map((c) => (excluded.includes(c) ? `[+]${c} excluded: ok` : `[+]${c} ok`));
  sendText(answering, 200, `${lines.join('\n')}\n${name} check passed\n`);
}

