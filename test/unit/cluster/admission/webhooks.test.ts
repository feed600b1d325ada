import { execFile } from 'node:child_process';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority, type KubeObject } from '../../../../server/cluster/vocabulary.ts';
import { startHookServer } from '../../../harness/hook-server.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

interface Asked {
  uid: string;
  operation: string;
  kind: { group: string; version: string; kind: string };
  resource: { resource: string };
  requestKind: { version: string };
  subResource?: string;
  name?: string;
  namespace?: string;
  userInfo: { username: string; groups: string[] };
  object: KubeObject | null;
  oldObject: KubeObject | null;
  dryRun: boolean;
  options: { kind: string; dryRun?: string[] } | null;
}

/** What the webhook on a path answers: fields of `response`, or a whole body with its code. */
type Answer = Record<string, unknown> | { raw: string; code: number };

let test: TestCluster;
let server: Server;
const authority = CertificateAuthority.create('webhooks', Date.now());
const answers = new Map<string, (asked: Asked) => Answer | Promise<Answer>>();
const asked: { path: string; request: Asked }[] = [];
const patch = (...operations: unknown[]) => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') });

const kubectl = async (...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> => {
  try {
    return { ...(await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args])), code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { stdout, stderr, code };
  }
};
const CONFIGURATIONS = { mutating: 'MutatingWebhookConfiguration', validating: 'ValidatingWebhookConfiguration' } as const;
const typeOf = (phase: keyof typeof CONFIGURATIONS) => ({ group: 'admissionregistration.k8s.io', version: 'v1', resource: `${phase}webhookconfigurations` });

/** A configuration with one webhook, for new ConfigMaps by the Service, unless `more` says otherwise. */
async function configure(phase: keyof typeof CONFIGURATIONS, name: string, more: Record<string, unknown> = {}): Promise<void> {
  const clientConfig = { service: { namespace: 'default', name: 'hooks', path: `/${name}` }, caBundle: Buffer.from(authority.certificate).toString('base64') };
  const webhook = { name: `${name}.example.com`, clientConfig, rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }], sideEffects: 'None', admissionReviewVersions: ['v1'], ...more };
  await test.cluster.client.create(typeOf(phase), undefined, { apiVersion: 'admissionregistration.k8s.io/v1', kind: CONFIGURATIONS[phase], metadata: { name }, webhooks: [webhook] });
}

beforeAll(async () => {
  const hooks = await startHookServer(authority, ['hooks.default.svc', '127.0.0.1'], async (path, body, response) => {
    const review = body as { apiVersion: string; request: Asked };
    asked.push({ path, request: review.request });
    const answer = (await answers.get(path)?.(review.request)) ?? { allowed: true };
    if ('raw' in answer) return void response.writeHead(Number(answer['code'])).end(String(answer['raw']));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'AdmissionReview', response: { uid: review.request.uid, ...answer } }));
  });
  const { port } = hooks;
  server = hooks.server;
  test = await startTestCluster({ nodeDial: hooks.nodeDial });
  const { client, network } = test.cluster;
  const pod = await client.create({ group: '', version: 'v1', resource: 'pods' }, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'hooks', labels: { app: 'hooks' } }, spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause' }] } });
  await client.create({ group: '', version: 'v1', resource: 'services' }, 'default', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'hooks' }, spec: { selector: { app: 'hooks' }, ports: [{ port: 443, targetPort: 8443 }] } });
  await kubectl('wait', '--for=condition=Ready', 'pod/hooks', '--timeout=20s');
  await kubectl('wait', '--for=jsonpath={.subsets[0].addresses[0].ip}', 'endpoints/hooks', '--timeout=10s');
  network.listen(pod.metadata.uid ?? '', 8443, (socket) => server.emit('connection', socket));
  expect(port).toBeGreaterThan(0);
}, 60_000);

afterAll(async () => {
  await test?.stop();
  server?.close();
});

beforeEach(() => {
  asked.length = 0;
  answers.clear();
});

afterEach(async () => {
  for (const phase of ['mutating', 'validating'] as const) await test.cluster.client.deleteCollection(typeOf(phase), {});
});

describe('a validating webhook', () => {
  it('refuses in its own words', async () => {
    await configure('validating', 'deny');
    answers.set('/deny', () => ({ allowed: false, status: { message: 'no maps on Mondays', code: 403, reason: 'Forbidden' } }));
    expect(await kubectl('create', 'configmap', 'a')).toEqual({ code: 1, stdout: '', stderr: 'error: failed to create configmap: admission webhook "deny.example.com" denied the request: no maps on Mondays\n' });
    answers.set('/deny', () => ({ allowed: false }));
    await expect(test.cluster.client.create({ group: '', version: 'v1', resource: 'configmaps' }, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })).rejects.toMatchObject({ code: 400, reason: '', message: 'admission webhook "deny.example.com" denied the request without explanation' });
    expect((await kubectl('get', 'configmap', 'a')).stderr).toBe('Error from server (NotFound): configmaps "a" not found\n');
  });

  it('is told who does what to which object, in full', async () => {
    await configure('validating', 'see', { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }] });
    answers.set('/see', () => ({ allowed: true, warnings: ['seen'] }));
    const created = await kubectl('create', 'configmap', 'told', '--from-literal=a=1');
    expect(created).toEqual({ code: 0, stdout: 'configmap/told created\n', stderr: 'Warning: seen\n' });
    await kubectl('patch', 'configmap', 'told', '-p', '{"data":{"a":"2"}}');
    await kubectl('delete', 'configmap', 'told');
    expect(asked.map(({ request: { operation, kind, resource, name, namespace, userInfo, object, oldObject, dryRun, options } }) => ({ operation, kind, resource: resource.resource, name, namespace, user: userInfo.username, object: object?.['data'], oldObject: oldObject?.['data'], dryRun, options }))).toEqual([
      { operation: 'CREATE', kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: 'configmaps', name: 'told', namespace: 'default', user: 'kubernetes-admin', object: { a: '1' }, oldObject: undefined, dryRun: false, options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' } },
      { operation: 'UPDATE', kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: 'configmaps', name: 'told', namespace: 'default', user: 'kubernetes-admin', object: { a: '2' }, oldObject: { a: '1' }, dryRun: false, options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1' } },
      { operation: 'DELETE', kind: { group: '', version: 'v1', kind: 'ConfigMap' }, resource: 'configmaps', name: 'told', namespace: 'default', user: 'kubernetes-admin', object: undefined, oldObject: { a: '2' }, dryRun: false, options: { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' } },
    ]);
  });

  it('sees the name that was generated, and that name is stored', async () => {
    await configure('validating', 'see');
    const made = await test.cluster.client.create({ group: '', version: 'v1', resource: 'configmaps' }, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '', generateName: 'gen-' } });
    expect([made.metadata.name, asked[0]?.request.object?.metadata.uid]).toEqual([asked[0]?.request.name, made.metadata.uid]);
    expect(made.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  it('is asked only where rules, selectors and conditions mean the request', async () => {
    await configure('validating', 'picky', {
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      objectSelector: { matchLabels: { watched: 'yes' } },
      namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-public'] }] },
      matchConditions: [{ name: 'short', expression: "size(object.metadata.name) < 6 && request.userInfo.username != 'system:apiserver'" }],
    });
    const create = (namespace: string, name: string, labels: Record<string, string>) => test.cluster.client.create({ group: '', version: 'v1', resource: 'configmaps' }, namespace, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels } });
    await create('default', 'yes', { watched: 'yes' });
    await create('default', 'no', {});
    await create('kube-public', 'yes', { watched: 'yes' });
    await create('default', 'too-long', { watched: 'yes' });
    await kubectl('label', 'configmap', 'yes', 'more=1');
    await kubectl('create', 'secret', 'generic', 'yes');
    expect(asked.map(({ request }) => `${request.operation} ${request.namespace}/${request.name}`)).toEqual(['CREATE default/yes']);
    await kubectl('delete', 'configmap', 'yes', 'no', 'too-long');
  });

  it('is asked of another version of what it names, in that version', async () => {
    const rules = [{ apiGroups: ['autoscaling'], apiVersions: ['v2'], operations: ['CREATE'], resources: ['horizontalpodautoscalers'] }];
    await configure('validating', 'equivalent', { rules });
    await configure('validating', 'exact', { rules, matchPolicy: 'Exact' });
    await test.cluster.client.create({ group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers' }, 'default', { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, targetCPUUtilizationPercentage: 50 } });
    expect(asked.map(({ path, request }) => [path, request.kind.version, request.requestKind.version, request.object?.apiVersion])).toEqual([['/equivalent', 'v2', 'v1', 'autoscaling/v2']]);
    expect(asked[0]?.request.object?.['spec']).toMatchObject({ metrics: [{ type: 'Resource', resource: { name: 'cpu' } }] });
  });

  it('may be asked on a dry run only where that has no effect', async () => {
    await configure('validating', 'effects', { sideEffects: 'NoneOnDryRun' });
    expect((await kubectl('create', 'configmap', 'dry', '--dry-run=server')).code).toBe(0);
    expect([asked[0]?.request.dryRun, asked[0]?.request.options?.dryRun]).toEqual([true, ['All']]);
    await expect(configure('validating', 'unknown', { sideEffects: 'Unknown' })).rejects.toThrow('webhooks[0].sideEffects: Unsupported value: "Unknown": supported values: "None", "NoneOnDryRun"');
  });

  it('sees what is run in a pod, and may refuse that', async () => {
    await configure('validating', 'exec', { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }] });
    answers.set('/exec', (request) => ({ allowed: false, status: { message: `${request.operation} ${request.subResource}` } }));
    expect((await kubectl('exec', 'hooks', '--', 'ls')).stderr).toContain('admission webhook "exec.example.com" denied the request: CONNECT exec');
  });
});

describe('a mutating webhook', () => {
  it('changes the object, whose defaults are filled in afterwards, and others see the change', async () => {
    await configure('mutating', 'side', { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] });
    await configure('validating', 'after', { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] });
    answers.set('/side', () => patch({ op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'busybox', command: ['sleep', '1000'] } }, { op: 'add', path: '/metadata/labels', value: { injected: 'yes' } }));
    const pod = await test.cluster.client.create({ group: '', version: 'v1', resource: 'pods' }, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'main' }, spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause' }] } });
    expect(pod.metadata.labels).toEqual({ injected: 'yes' });
    expect(pod['spec']).toMatchObject({ containers: [{ name: 'main' }, { name: 'side', imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log', volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }] });
    expect(asked.map(({ path, request }) => [path, request.object?.metadata.labels])).toEqual([['/side', undefined], ['/after', { injected: 'yes' }]]);
    await kubectl('delete', 'pod', 'main', '--force', '--grace-period=0');
  });

  it('is asked again when another one changed the object, if it wants to', async () => {
    await configure('mutating', 'a', { reinvocationPolicy: 'IfNeeded' });
    await configure('mutating', 'b');
    answers.set('/b', (request) => (request.object?.['data'] === undefined ? patch({ op: 'add', path: '/data', value: { b: '1' } }) : { allowed: true }));
    await kubectl('create', 'configmap', 'twice');
    expect(asked.map(({ path, request }) => [path, request.object?.['data']])).toEqual([['/a', undefined], ['/b', undefined], ['/a', { b: '1' }]]);
  });

  it('fails the request with a patch that does not apply, or that makes no object of the kind', async () => {
    await configure('mutating', 'bad');
    answers.set('/bad', () => patch({ op: 'replace', path: '/data/x/y', value: 1 }));
    expect((await kubectl('create', 'configmap', 'bad')).stderr).toBe('error: failed to create configmap: Internal error occurred: replace operation does not apply: doc is missing path: /data/x/y: missing value\n');
    answers.set('/bad', () => patch({ op: 'add', path: '/data', value: 'text' }));
    expect((await kubectl('create', 'configmap', 'bad')).stderr).toContain('Internal error occurred: ');
  });
});

describe('a webhook that can’t be asked', () => {
  const create = (name = 'x') => kubectl('create', 'configmap', name);
  const failed = (name: string, reason: string) => `error: failed to create configmap: Internal error occurred: failed calling webhook "${name}.example.com": ${reason}\n`;
  const service = (name: string, caBundle = Buffer.from(authority.certificate).toString('base64'), port = 443) => ({ clientConfig: { service: { namespace: 'default', name, path: '/p', port }, caBundle } });
  const url = (address: string) => ({ clientConfig: { url: address, caBundle: Buffer.from(authority.certificate).toString('base64') } });

  it.each([
    ['service', () => service('nobody'), 'failed to call webhook: Post "https://nobody.default.svc:443/p?timeout=10s": service "nobody" not found'],
    ['port', () => service('hooks', undefined, 444), 'failed to call webhook: Post "https://hooks.default.svc:444/p?timeout=10s": no service port 444 found for service "hooks"'],
    ['certificate', () => service('hooks', Buffer.from(CertificateAuthority.create('other', Date.now()).certificate).toString('base64')), 'failed to call webhook: Post "https://hooks.default.svc:443/p?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority'],
    ['name', () => url('https://hooks.example.com/p'), 'failed to call webhook: Post "https://hooks.example.com/p?timeout=10s": dial tcp: lookup hooks.example.com: no such host'],
    ['address', () => url('https://127.0.0.1:1/p'), 'failed to call webhook: Post "https://127.0.0.1:1/p?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'],
  ])('for want of a %s fails the request, and says so', async (name, config, reason) => {
    await configure('validating', name, config());
    expect((await create()).stderr).toBe(failed(name, reason));
  });

  it.each<[string, Answer, string]>([
    ['code', { raw: 'boom', code: 500 }, 'failed to call webhook: an error on the server ("boom") has prevented the request from succeeding'],
    ['page', { raw: '', code: 404 }, 'failed to call webhook: the server could not find the requested resource'],
    ['uid', { uid: 'other', allowed: true }, 'received invalid webhook response: expected response.uid="UID", got "other"'],
    ['patch', patch({ op: 'add', path: '/data', value: {} }), 'received invalid webhook response: validating webhook may not return response.patch'],
  ])('properly, for its %s is wrong, fails the request', async (name, answer, reason) => {
    await configure('validating', name);
    answers.set(`/${name}`, () => answer);
    expect((await create()).stderr.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'UID')).toBe(failed(name, reason));
  });

  it('in time fails the request when the time is over', async () => {
    await configure('validating', 'slow', { timeoutSeconds: 1 });
    answers.set('/slow', () => new Promise(() => undefined));
    expect((await create()).stderr).toBe(failed('slow', 'failed to call webhook: Post "https://hooks.default.svc:443/slow?timeout=1s": context deadline exceeded'));
  });

  it('does not matter where its failures are ignored', async () => {
    await configure('validating', 'ignored', { ...service('nobody'), failurePolicy: 'Ignore' });
    expect((await create('ignored')).stdout).toBe('configmap/ignored created\n');
  });

  it('does not keep anybody from taking it away', async () => {
    await configure('validating', 'all', { ...service('nobody'), rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }] });
    expect((await kubectl('delete', 'validatingwebhookconfiguration', 'all')).code).toBe(0);
  });

  it('is asked at an address of the node too', async () => {
    await configure('validating', 'node', url(`https://127.0.0.1:${(server.address() as AddressInfo).port}/node`));
    expect((await create('by-address')).stdout).toBe('configmap/by-address created\n');
    expect(asked.map(({ path }) => path)).toEqual(['/node']);
  });
});
