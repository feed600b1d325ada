import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bootstrapRbac, createAuth, PlainResponse } from '../../../../server/cluster/auth/index.ts';
import type { Auth } from '../../../../server/cluster/auth/index.ts';
import { signSecretToken } from '../../../../server/cluster/auth/tokens.ts';
import { ApiStatus } from '../../../../server/cluster/api/status.ts';
import type { RequestContext } from '../../../../server/cluster/api/hooks.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { FakeReader, thrownBy, withBootstrap } from './fixture.ts';

const context = (username: string, groups = ['system:authenticated']): RequestContext => ({
  user: { username, groups }, fieldManager: 'test', dryRun: false, fieldValidation: 'Ignore', warn: () => undefined,
});
const decode = (token: string) => token.split('.').slice(0, 2).map((p) => Buffer.from(p, 'base64url').toString());

describe('a cluster of its own', () => {
  const clock = new ManualClock(Date.UTC(2026, 10, 23, 9, 26, 42));
  let reader: FakeReader;
  let auth: Auth;

  beforeAll(() => {
    reader = withBootstrap(new FakeReader(), bootstrapRbac())
      .add('serviceaccounts', { metadata: { name: 'jenkins', namespace: 'argo', uid: 'sa-1' } })
      .add('pods', { metadata: { name: 'p', namespace: 'argo', uid: 'pod-1' }, spec: { serviceAccountName: 'jenkins', nodeName: 'controlplane' } })
      .add('nodes', { metadata: { name: 'controlplane', uid: 'node-1' } });
    auth = createAuth({ clock, ids: seededIds(), log: silentLog, reader });
  });

  const post = async (resource: string, body: object, user = context('kubernetes-admin'), more: object = {}): Promise<unknown> => {
    const answer = auth.hooks().virtual.get(resource);
    return answer?.({ context: user, body: { apiVersion: 'x', kind: 'x', metadata: { name: '' }, ...body }, ...more });
  };
  const token = async (spec: object): Promise<{ status: { token: string; expirationTimestamp: string } }> =>
    (await post('/serviceaccounts/token', { spec }, undefined, { namespace: 'argo', name: 'jenkins' })) as { status: { token: string; expirationTimestamp: string } };
  const bearer = (value: string) => auth.identify({ headers: { authorization: `Bearer ${value}` } }, '/');

  it('gives a token whose header and claims stand in the order of a real one', async () => {
    const [header, claims] = decode((await token({})).status.token);
    const key = await auth.signingKey();
    const now = clock.now() / 1000;
    expect(header).toBe(`{"alg":"RS256","kid":"${key.kid}"}`);
    expect(claims?.replace(/"jti":"[^"]+"/, '"jti":"J"')).toBe(
      `{"aud":["https://kubernetes.default.svc.cluster.local"],"exp":${now + 3600},"iat":${now},"iss":"https://kubernetes.default.svc.cluster.local","jti":"J","kubernetes.io":{"namespace":"argo","serviceaccount":{"name":"jenkins","uid":"sa-1"}},"nbf":${now},"sub":"system:serviceaccount:argo:jenkins"}`,
    );
  });

  it('answers a TokenRequest whole', async () => {
    expect(await token({ audiences: ['a'], expirationSeconds: 600 })).toEqual({
      kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1',
      metadata: { name: 'jenkins', namespace: 'argo', creationTimestamp: '2026-11-23T09:26:42Z' },
      spec: { audiences: ['a'], expirationSeconds: 600, boundObjectRef: null },
      status: { token: expect.any(String), expirationTimestamp: '2026-11-23T09:36:42Z' },
    });
  });

  it('refuses a lifetime under ten minutes', async () => {
    const error = await token({ expirationSeconds: 10 }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 422, message: 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes' });
  });

  it('knows the bearer of a token, until it expires', async () => {
    const { status } = await token({ expirationSeconds: 600 });
    expect(bearer(status.token)).toEqual({
      username: 'system:serviceaccount:argo:jenkins', uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:argo', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=/)] },
    });
    clock.advance(601_000);
    expect(thrownBy(() => bearer(status.token))).toMatchObject({ code: 401, message: 'Unauthorized', reason: 'Unauthorized' });
  });

  it('binds a token to a pod: it carries the node, lives a year for the kubelet, and dies with the pod', async () => {
    const { status } = await token({ expirationSeconds: 3607, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p', uid: 'pod-1' } });
    const now = Math.floor(clock.now() / 1000);
    expect(JSON.parse(decode(status.token)[1] ?? '')).toMatchObject({
      exp: now + 365 * 86_400,
      'kubernetes.io': { namespace: 'argo', node: { name: 'controlplane', uid: 'node-1' }, pod: { name: 'p', uid: 'pod-1' }, serviceaccount: { name: 'jenkins', uid: 'sa-1' }, warnafter: now + 3607 },
    });
    expect(bearer(status.token).extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/node-name': ['controlplane'] });
    reader.remove('pods', 'p');
    expect(thrownBy(() => bearer(status.token))).toMatchObject({ code: 401 });
  });

  it('accepts the token of a Secret for exactly as long as the Secret holds it', async () => {
    const value = signSecretToken(await auth.signingKey(), 'argo', 'jenkins.service-account-token', { name: 'jenkins', uid: 'sa-1' });
    expect(decode(value)[1]).toBe(
      '{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"argo","kubernetes.io/serviceaccount/secret.name":"jenkins.service-account-token","kubernetes.io/serviceaccount/service-account.name":"jenkins","kubernetes.io/serviceaccount/service-account.uid":"sa-1","sub":"system:serviceaccount:argo:jenkins"}',
    );
    expect(thrownBy(() => bearer(value))).toMatchObject({ code: 401 });
    reader.add('secrets', { metadata: { name: 'jenkins.service-account-token', namespace: 'argo' }, data: { token: Buffer.from(value).toString('base64') } });
    expect(bearer(value).username).toBe('system:serviceaccount:argo:jenkins');
    reader.remove('secrets', 'jenkins.service-account-token');
    expect(thrownBy(() => bearer(value))).toMatchObject({ code: 401 });
  });

  it('refuses garbage, foreign signatures and tokens for others', async () => {
    const { status } = await token({ audiences: ['somebody-else'] });
    const [header, claims] = status.token.split('.');
    for (const value of ['x', 'a.b.c', `${header}.${claims}.AAAA`, status.token]) {
      expect(thrownBy(() => bearer(value)), value).toMatchObject({ code: 401 });
    }
  });

  it('takes nobody for anonymous, and Basic and bare tokens for nobody', () => {
    for (const authorization of [undefined, 'Basic abc', 'eyJ.x.y']) {
      expect(auth.identify({ headers: { authorization } }, '/')).toEqual({ username: 'system:anonymous', groups: ['system:unauthenticated'] });
    }
  });

  it('knows the administrator by certificate and by token', () => {
    const raw = new X509Certificate(auth.adminCertificate.certificate).raw;
    expect(auth.identify({ headers: {}, certificate: raw }, '/')).toMatchObject({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
    expect(bearer(auth.adminToken)).toMatchObject({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
    const foreign = createAuth({ clock, ids: seededIds(2), log: silentLog, reader });
    expect(thrownBy(() => foreign.identify({ headers: {}, certificate: raw }, '/'))).toMatchObject({ code: 401 });
    const server = new X509Certificate(auth.serverCertificate.certificate).raw;
    expect(thrownBy(() => auth.identify({ headers: {}, certificate: server }, '/'))).toMatchObject({ code: 401 });
  });

  it('impersonates only for those who may, with the words of the real one', () => {
    const admin = { authorization: `Bearer ${auth.adminToken}` };
    expect(auth.identify({ headers: { ...admin, 'impersonate-user': 'ann', 'impersonate-group': 'dev, ops' } }, '/')).toEqual({ username: 'ann', groups: ['dev', 'ops', 'system:authenticated'] });
    expect(auth.identify({ headers: { ...admin, 'impersonate-user': 'system:serviceaccount:a:b' } }, '/')).toEqual({
      username: 'system:serviceaccount:a:b', groups: ['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'],
    });
    const without = thrownBy(() => auth.identify({ headers: { ...admin, 'impersonate-group': 'g' } }, '/api/v1/namespaces/n/configmaps'));
    expect(without).toBeInstanceOf(PlainResponse);
    expect(without).toMatchObject({ code: 500, text: 'Internal Server Error: "/api/v1/namespaces/n/configmaps": requested [{Group  g    }] without impersonating a user\n' });
    expect(thrownBy(() => auth.identify({ headers: { 'impersonate-user': 'ann' } }, '/'))).toMatchObject({
      code: 403, message: 'users "ann" is forbidden: User "system:anonymous" cannot impersonate resource "users" in API group "" at the cluster scope',
    });
  });

  it('answers a review with who wrote it', async () => {
    const spec = { resourceAttributes: { namespace: 'n', verb: 'get', resource: 'pods' } };
    expect(await post('authorization.k8s.io/selfsubjectaccessreviews', { spec }, context('ann'))).toEqual({
      kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1',
      metadata: {
        creationTimestamp: null,
        managedFields: [{
          manager: 'test', operation: 'Update', apiVersion: 'authorization.k8s.io/v1', time: expect.any(String), fieldsType: 'FieldsV1',
          fieldsV1: { 'f:spec': { 'f:resourceAttributes': { '.': {}, 'f:namespace': {}, 'f:resource': {}, 'f:verb': {} } } },
        }],
      },
      spec, status: { allowed: false },
    });
  });

  it('reviews tokens', async () => {
    const { status } = await token({});
    expect(await post('authentication.k8s.io/tokenreviews', { spec: { token: status.token } })).toMatchObject({
      kind: 'TokenReview', status: { authenticated: true, audiences: ['https://kubernetes.default.svc.cluster.local'], user: { username: 'system:serviceaccount:argo:jenkins', uid: 'sa-1' } },
    });
    expect(await post('authentication.k8s.io/tokenreviews', { spec: { token: 'x' } })).toMatchObject({ status: { user: {}, error: 'invalid bearer token' } });
  });

  it('goes on with its keys and tokens after a restart', async () => {
    const { status } = await token({});
    const again = createAuth({ clock, ids: seededIds(9), log: silentLog, reader, restore: auth.snapshot() });
    expect(again.ca.certificate).toBe(auth.ca.certificate);
    expect(again.adminToken).toBe(auth.adminToken);
    expect(again.authenticator.byToken(status.token)?.username).toBe('system:serviceaccount:argo:jenkins');
    expect(again.identify({ headers: {}, certificate: new X509Certificate(auth.adminCertificate.certificate).raw }, '/').username).toBe('kubernetes-admin');
  });

  it('writes a kubeconfig with a certificate and a token', () => {
    expect(parse(auth.kubeconfig({ server: 'https://127.0.0.1:6443', namespace: 'argo' }))).toEqual({
      apiVersion: 'v1', kind: 'Config', preferences: {}, 'current-context': 'kubernetes-admin@kubernetes',
      clusters: [{ name: 'kubernetes', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': Buffer.from(auth.ca.certificate).toString('base64') } }],
      contexts: [{ name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin', namespace: 'argo' } }],
      users: [{ name: 'kubernetes-admin', user: {
        'client-certificate-data': Buffer.from(auth.adminCertificate.certificate).toString('base64'),
        'client-key-data': Buffer.from(auth.adminCertificate.key).toString('base64'),
        token: auth.adminToken,
      } }],
    });
  });

  it('serves TLS that a client which knows the CA trusts, and sees the client certificate', async () => {
    const local = createAuth({ clock: { ...clock, now: () => Date.now() } as ManualClock, ids: seededIds(3), log: silentLog, reader });
    const server = createServer({ key: local.serverCertificate.key, cert: local.serverCertificate.certificate, ca: local.ca.certificate, requestCert: true, rejectUnauthorized: false }, (socket) => {
      const peer = socket.getPeerCertificate();
      socket.end(local.identify({ headers: {}, certificate: peer.raw }, '/').username);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ca: local.ca.certificate, key: createPrivateKey(local.adminCertificate.key).export({ type: 'pkcs8', format: 'pem' }), cert: local.adminCertificate.certificate });
      let text = '';
      socket.on('data', (d: Buffer) => (text += d.toString()));
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    server.close();
    expect(answer).toBe('kubernetes-admin');
  });

  it('throws 401 as a Status with nothing more', () => {
    const error = thrownBy(() => bearer('x'));
    expect(error instanceof ApiStatus && error.body()).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 });
  });
});
