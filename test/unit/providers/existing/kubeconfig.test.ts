import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { LabError } from '../../../../server/lib/errors.ts';
import { type KubeAccess, readKubeconfig, withoutCredentials } from '../../../../server/providers/existing/kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const data = Buffer.from(PEM).toString('base64');
let count = 0;

function write(content: unknown, name = `config-${(count += 1)}`): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : stringify(content));
  return file;
}

/** A kubeconfig with one of each; `user` and `cluster` are what the case is about. */
function config(user: object = {}, cluster: object = {}): object {
  return {
    'current-context': 'work',
    clusters: [{ name: 'c', cluster: { server: 'https://kube.example:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'work', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
  };
}

function read(content: unknown, context?: string): KubeAccess {
  return readKubeconfig({ file: write(content), ...(context === undefined ? {} : { context }) });
}

function failure(work: () => unknown): { message: string; next: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof LabError) return { message: error.message.replaceAll(folder, '…'), next: error.next };
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a kubeconfig', () => {
  it('gives the current context: where the cluster is, who we are, and the namespace', () => {
    const file = write(config({ token: 'secret' }, { 'certificate-authority-data': data, 'tls-server-name': 'kubernetes', 'proxy-url': 'http://proxy:3128' }));
    expect(readKubeconfig({ file })).toEqual({
      file,
      context: 'work',
      cluster: 'c',
      user: 'u',
      server: new URL('https://kube.example:6443'),
      namespace: 'team',
      ca: Buffer.from(PEM),
      insecure: false,
      serverName: 'kubernetes',
      proxy: new URL('http://proxy:3128'),
      bearer: { kind: 'token', token: 'secret' },
    });
  });

  it.each([
    ['a token', { token: 't' }, { kind: 'token', token: 't' }],
    ['a file with a token, relative to the kubeconfig, before a token', { token: 't', tokenFile: 'token.txt' }, { kind: 'file', path: join(folder, 'token.txt') }],
    ['a name and a password', { username: 'me', password: 'pw' }, { kind: 'basic', username: 'me', password: 'pw' }],
    ['nothing', {}, { kind: 'none' }],
    ['what an old OIDC login left', { 'auth-provider': { name: 'oidc', config: { 'id-token': 'i' } } }, { kind: 'token', token: 'i' }],
    [
      'an exec plugin',
      { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', args: ['eks', 'get-token'], env: [{ name: 'AWS_PROFILE', value: 'lab' }], installHint: 'Install it', interactiveMode: 'Never', provideClusterInfo: true } },
      { kind: 'exec', plugin: { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', args: ['eks', 'get-token'], env: { AWS_PROFILE: 'lab' }, installHint: 'Install it', provideClusterInfo: true } },
    ],
    ['an exec plugin beside the kubeconfig', { exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: './login' } }, { kind: 'exec', plugin: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: join(folder, 'login'), args: [], env: {}, provideClusterInfo: false } }],
  ])('logs in with %s', (_what, user, bearer) => {
    expect(read(config(user)).bearer).toEqual(bearer);
  });

  it('takes client certificates from inside and from files', () => {
    write(PEM, 'client.pem');
    const client = { certificate: Buffer.from(PEM), key: Buffer.from(PEM) };
    expect(read(config({ 'client-certificate-data': data, 'client-key-data': data })).client).toEqual(client);
    expect(read(config({ 'client-certificate': 'client.pem', 'client-key': join(folder, 'client.pem') })).client).toEqual(client);
  });

  it('speaks for somebody else where it says so', () => {
    expect(read(config({ token: 't', as: 'jane', 'as-groups': ['dev'], 'as-uid': '7' })).impersonate).toEqual({ user: 'jane', groups: ['dev'], uid: '7' });
  });

  it('may skip the check of the certificate, and may be plain http', () => {
    expect(read(config({}, { 'insecure-skip-tls-verify': true })).insecure).toBe(true);
    expect(read(config({}, { server: 'localhost:8001' })).server.href).toBe('http://localhost:8001/');
  });

  it('is merged from several files, the first to name something wins', () => {
    const first = write({ 'current-context': 'b', users: [{ name: 'u', user: { token: 'first' } }] });
    const second = write({ ...config({ token: 'second' }), contexts: [{ name: 'b', context: { cluster: 'c', user: 'u' } }] });
    const access = readKubeconfig({ env: { KUBECONFIG: `${first}:${join(folder, 'missing')}:${second}` } });
    expect([access.context, access.bearer, access.namespace, access.file]).toEqual(['b', { kind: 'token', token: 'first' }, 'default', second]);
  });

  it('loses everybody’s credentials when somebody else is to speak', () => {
    const access = withoutCredentials(read(config({ token: 't', 'client-certificate-data': data, 'client-key-data': data, as: 'jane' })));
    expect([access.bearer, access.client, access.impersonate]).toEqual([{ kind: 'none' }, undefined, undefined]);
  });
});

describe('what is wrong with a kubeconfig is said with file and field', () => {
  it.each([
    ['a missing file', () => readKubeconfig({ file: join(folder, 'nowhere') }), 'there is no kubeconfig …/nowhere', 'Name one with --kubeconfig, or set KUBECONFIG.'],
    ['no YAML', () => readKubeconfig({ file: write('a: [', 'broken') }), expect.stringMatching(/^the kubeconfig …\/broken is no YAML \(line 1\): /), undefined],
    ['an unknown context', () => readKubeconfig({ file: write(config(), 'ctx'), context: 'prod' }), 'kubeconfig …/ctx: contexts: there is no context prod', 'Choose one of these with --context: work.'],
    ['no context at all', () => readKubeconfig({ file: write({ kind: 'Config' }, 'empty') }), 'kubeconfig …/empty: current-context: no context is chosen', 'The file has no contexts: is it a kubeconfig?'],
    ['a context of a missing cluster', () => readKubeconfig({ file: write({ ...config(), clusters: [] }, 'nocluster') }), 'kubeconfig …/nocluster: contexts[0].context.cluster: there is no cluster c', undefined],
    ['a context of a missing user', () => readKubeconfig({ file: write({ ...config(), users: null }, 'nouser') }), 'kubeconfig …/nouser: contexts[0].context.user: there is no user u', undefined],
    ['a field of the wrong type', () => readKubeconfig({ file: write(config({ token: 7 }), 'type') }), 'kubeconfig …/type: users[0].user.token: Invalid input: expected string, received number', undefined],
    ['data that is no PEM', () => readKubeconfig({ file: write(config({}, { 'certificate-authority-data': 'AAAA' }), 'pem') }), 'kubeconfig …/pem: clusters[0].cluster.certificate-authority-data: it is not the base64 of a PEM block', undefined],
    ['a certificate file that is gone', () => readKubeconfig({ file: write(config({}, { 'certificate-authority': 'ca.crt' }), 'ca') }), 'kubeconfig …/ca: clusters[0].cluster.certificate-authority: …/ca.crt can\'t be read (ENOENT)', 'Put the file there, or have the kubeconfig written with what it holds inside: kubectl config view --flatten --raw'],
    ['a certificate without its key', () => readKubeconfig({ file: write(config({ 'client-certificate-data': data }), 'key') }), 'kubeconfig …/key: users[0].user.client-key: the key of the certificate is missing', undefined],
    ['a server that is no address', () => readKubeconfig({ file: write(config({}, { server: 'https://' }), 'server') }), 'kubeconfig …/server: clusters[0].cluster.server: https:// is not an address', undefined],
    ['a proxy of another kind', () => readKubeconfig({ file: write(config({}, { 'proxy-url': 'socks5://p:1080' }), 'proxy') }), 'kubeconfig …/proxy: clusters[0].cluster.proxy-url: socks5 is not supported', 'Use http or https.'],
    ['a certificate authority that is not to be used', () => readKubeconfig({ file: write(config({}, { 'certificate-authority-data': data, 'insecure-skip-tls-verify': true }), 'both') }), 'kubeconfig …/both: clusters[0].cluster.insecure-skip-tls-verify: it is set together with a certificate authority', 'Keep only one of the two.'],
    ['a plugin of another age', () => readKubeconfig({ file: write(config({ exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } }), 'exec') }), 'kubeconfig …/exec: users[0].user.exec.apiVersion: client.authentication.k8s.io/v1alpha1 is not known', 'It takes client.authentication.k8s.io/v1 or v1beta1: update the tool that wrote the file.'],
    ['a login that clients no longer know', () => readKubeconfig({ file: write(config({ 'auth-provider': { name: 'gcp' } }), 'gcp') }), "kubeconfig …/gcp: users[0].user.auth-provider: gcp was taken out of Kubernetes' clients", 'Install gke-gcloud-auth-plugin and write the file anew: gcloud container clusters get-credentials …'],
  ])('%s', (_what, work, message, next) => {
    expect(failure(work)).toEqual({ message, next });
  });
});
