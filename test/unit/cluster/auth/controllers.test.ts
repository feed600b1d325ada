import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuth } from '../../../../server/cluster/auth/index.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { testApi } from '../../../harness/cluster.ts';

const core = (resource: string) => ({ group: '', version: 'v1', resource });
const ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' };
const REQUESTS = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' };
let controller = new AbortController();
afterEach(() => {
  controller.abort();
  controller = new AbortController();
});

/** One signing key for all: making it is what takes long. */
const first = createAuth({ clock: new ManualClock(), ids: seededIds(), log: silentLog, reader: testApi().core.store });

async function running() {
  const { client, core: api } = testApi();
  const clock = new ManualClock(Date.UTC(2026, 10, 23));
  await first.signingKey();
  const auth = createAuth({ clock, ids: seededIds(), log: silentLog, reader: api.store, restore: first.snapshot() });
  auth.startControllers(client, controller.signal);
  return { client, auth, clock };
}
const turns = async (n = 50) => {
  for (let i = 0; i < n; i++) await Promise.resolve();
};
const secret = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, annotations: { 'kubernetes.io/service-account.name': 'jenkins' } }, type: 'kubernetes.io/service-account-token' });
const account: KubeObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'jenkins' } };

describe('the controllers of the auth room', () => {
  it('fill a token Secret at once; its token dies with it', async () => {
    const { client, auth } = await running();
    const made = await client.create(core('serviceaccounts'), 'default', account);
    await client.create(core('secrets'), 'default', secret('t'));
    await turns();
    const filled = await client.get(core('secrets'), 'default', 't');
    expect(filled['data']).toEqual({ 'ca.crt': Buffer.from(auth.ca.certificate).toString('base64'), namespace: 'ZGVmYXVsdA==', token: expect.any(String) });
    expect(filled.metadata.annotations).toEqual({ 'kubernetes.io/service-account.name': 'jenkins', 'kubernetes.io/service-account.uid': made.metadata.uid });
    const token = Buffer.from((filled['data'] as { token: string }).token, 'base64').toString();
    expect(auth.authenticator.byToken(token)?.username).toBe('system:serviceaccount:default:jenkins');
    await turns();
    expect((await client.get(core('secrets'), 'default', 't')).metadata.labels).toEqual({ 'kubernetes.io/legacy-token-last-used': '2026-11-23' });
    await client.delete(core('secrets'), 'default', 't');
    expect(auth.authenticator.byToken(token)).toBeUndefined();
  });

  it('remove a token Secret with its account, and one whose account does not come', async () => {
    const { client, clock } = await running();
    await client.create(core('serviceaccounts'), 'default', account);
    await client.create(core('secrets'), 'default', secret('t'));
    await turns();
    await client.delete(core('serviceaccounts'), 'default', 'jenkins');
    await turns();
    expect(await client.find(core('secrets'), 'default', 't')).toBeUndefined();
    await client.create(core('secrets'), 'default', secret('early'));
    await turns();
    expect(await client.find(core('secrets'), 'default', 'early')).toBeDefined();
    clock.advance(1000);
    await turns();
    expect(await client.find(core('secrets'), 'default', 'early')).toBeUndefined();
  });

  it('fill a Secret whose account comes a moment later', async () => {
    const { client } = await running();
    await client.create(core('secrets'), 'default', secret('t'));
    await turns();
    await client.create(core('serviceaccounts'), 'default', account);
    await turns();
    expect((await client.get(core('secrets'), 'default', 't'))['data']).toMatchObject({ token: expect.any(String) });
  });

  it('bring the rules of labelled roles together', async () => {
    const { client } = await running();
    const role = (name: string, labels: Record<string, string>, more: object): KubeObject => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name, labels }, ...more });
    const rule = { apiGroups: ['x'], resources: ['y'], verbs: ['get'] };
    await client.create(ROLES, undefined, role('all', {}, { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { to: 'all' } }] }, rules: [] }));
    await client.create(ROLES, undefined, role('part', { to: 'all' }, { rules: [rule] }));
    await turns();
    expect((await client.get(ROLES, undefined, 'all'))['rules']).toEqual([rule]);
  });

  it('sign an approved request so that its holder is known', async () => {
    const { client, auth } = await running();
    const folder = mkdtempSync(join(tmpdir(), 'csr-'));
    execFileSync('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'k'), '-subj', '/O=dev/CN=ann', '-out', join(folder, 'r')], { stdio: 'ignore' });
    const request = readFileSync(join(folder, 'r')).toString('base64');
    rmSync(folder, { recursive: true });
    const made = await client.create(REQUESTS, undefined, { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name: 'c' }, spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] } });
    await client.update(REQUESTS, { ...made, status: { conditions: [{ type: 'Approved', status: 'True' }] } }, { subresource: 'approval' });
    await turns();
    const signed = await client.get(REQUESTS, undefined, 'c');
    const certificate = new X509Certificate(Buffer.from((signed['status'] as { certificate: string }).certificate, 'base64'));
    expect(auth.identify({ headers: {}, certificate: certificate.raw }, '/')).toMatchObject({ username: 'ann', groups: ['dev', 'system:authenticated'] });
  });
});
