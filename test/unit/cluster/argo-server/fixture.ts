import { z } from 'zod';
import { ApiStatus } from '../../../../server/cluster/api/status.ts';
import { createArgoServerProgram } from '../../../../server/cluster/argo/server/index.ts';
import { claimsOfToken } from '../../../../server/cluster/argo/server/auth.ts';
import type { RequestRecord } from '../../../../server/cluster/auth/request-log.ts';
import { createPodNetwork } from '../../../../server/cluster/network/index.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { testApi, type TestApi } from '../../../harness/cluster.ts';

const review = z.object({ spec: z.object({ resourceAttributes: z.object({ verb: z.string(), resource: z.string() }) }) });

/** A JWT nobody signed: enough for a server that never checks it itself. */
export function tokenOf(account: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ iss: 'https://kubernetes.default.svc.cluster.local', sub: `system:serviceaccount:argo:${account}` })}.x`;
}

/** What an action is, as far as these tests tell actions apart. */
export interface Action {
  verb: string;
  resource: string;
}

export interface TestServer {
  api: TestApi;
  records: RequestRecord[];
  log(): string;
  /** Sends a request as curl does and gives back the whole answer. */
  send(method: string, path: string, options?: { token?: string; headers?: Record<string, string>; body?: string }): Promise<string>;
  stop(): Promise<void>;
}

/** An Argo Server of its own on an API of its own, on a clock that stands at the beginning of 2026. */
export async function startServer(options: { argv?: string[]; env?: Record<string, string>; forbid?: (action: Action) => boolean } = {}): Promise<TestServer> {
  const forbid = options.forbid ?? (() => false);
  const api = testApi({
    authenticate: (bearer) => {
      const subject = claimsOfToken(bearer)?.subject;
      if (subject === undefined) throw new ApiStatus(401, 'Unauthorized', 'Unauthorized');
      return { username: subject, groups: ['system:authenticated'] };
    },
    authorize: (attributes) => {
      if (attributes.user.username !== 'system:serviceaccount:argo:argo-server' && forbid({ verb: attributes.verb, resource: typeof attributes.resource === 'object' ? attributes.resource.resource : '' })) throw new ApiStatus(403, 'Forbidden', `${attributes.resource} is forbidden`);
    },
    virtual: new Map([
      [
        'authorization.k8s.io/selfsubjectaccessreviews',
        ({ body }) => {
          const { verb, resource } = review.parse(body).spec.resourceAttributes;
          return { ...body, status: { allowed: !forbid({ verb, resource }) } };
        },
      ],
    ]),
  });
  api.core.scheme.register({ group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', singular: 'selfsubjectaccessreview', namespaced: false, verbs: ['create'], shortNames: [] });
  const network = createPodNetwork();
  const stop = new AbortController();
  const records: RequestRecord[] = [];
  let log = '';
  const ended = createArgoServerProgram({ record: (record) => records.push(record) }).run({
    argv: ['argo', 'server', ...(options.argv ?? ['--auth-mode=client', '--secure=false'])],
    env: options.env ?? {},
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'argo-server', namespace: 'argo', uid: 'server' }, spec: { serviceAccountName: 'argo-server' } },
    container: 'argo-server',
    client: api.client.as({ user: 'system:serviceaccount:argo:argo-server', groups: ['system:serviceaccounts'] }, 'argo'),
    network,
    stdout: () => undefined,
    stderr: (text) => {
      log += text;
    },
    hostPath: () => undefined,
    place: () => undefined,
    scratch: () => Promise.reject(new Error('nothing is written here')),
    openFile: async () => undefined,
    signal: stop.signal,
    clock: api.clock,
    ids: seededIds(7),
  });
  return {
    api,
    records,
    log: () => log,
    async send(method, path, { token, headers = {}, body } = {}) {
      const socket = await network.dial('server', 2746);
      const all: Record<string, string> = { Host: 'localhost:2746', 'User-Agent': 'curl/8', Connection: 'close', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...headers };
      if (body !== undefined) all['Content-Length'] = String(Buffer.byteLength(body));
      const answer = (async () => {
        let text = '';
        for await (const chunk of socket) text += String(chunk);
        return text;
      })();
      socket.write(`${method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`);
      return answer;
    },
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

/** The body of a raw answer. */
export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
