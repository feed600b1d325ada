import { describe, expect, it } from 'vitest';
import { createAdmission, quotaStatus } from '../../../../server/cluster/admission/index.ts';
import type { AdmissionRequest } from '../../../../server/cluster/api/hooks.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { FakeReader, thrownBy } from '../auth/fixture.ts';

const info = (group: string, resource: string, kind: string, namespaced = true) => ({ group, version: 'v1', resource, kind, singular: kind.toLowerCase(), namespaced, verbs: [] });
const PODS = info('', 'pods', 'Pod');
const cluster = () =>
  new FakeReader()
    .add('namespaces', { metadata: { name: 'n' } })
    .add('serviceaccounts', { metadata: { name: 'default', namespace: 'n' } });
const pod = (spec: object = {}, metadata: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n', ...metadata }, spec: { containers: [{ name: 'a', image: 'busybox' }], ...spec } });

function admit(reader: FakeReader, object: KubeObject, resource = PODS, more: Partial<AdmissionRequest> = {}): KubeObject {
  const admission = createAdmission({ reader, ids: seededIds(), resourceOf: () => undefined });
  const request = { operation: 'CREATE' as const, user: { username: 'u', groups: ['system:masters'] }, resource, namespace: 'n', name: object.metadata.name, dryRun: false, warn: () => undefined, ...more };
  const changed = admission.mutate({ ...request, object });
  admission.validate({ ...request, object: changed });
  return changed;
}
const message = (fn: () => unknown) => (thrownBy(fn) as Error | undefined)?.message;

describe('the namespace', () => {
  it('has to be there', () => {
    const error = thrownBy(() => admit(cluster(), pod(), PODS, { namespace: 'nowhere' }));
    expect(error).toMatchObject({ code: 404, message: 'namespaces "nowhere" not found', details: { name: 'nowhere', kind: 'namespaces' } });
  });

  it('takes nothing new while it goes', () => {
    const reader = cluster().add('namespaces', { metadata: { name: 'going' }, status: { phase: 'Terminating' } });
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', namespace: 'going' } };
    expect(thrownBy(() => admit(reader, map, info('', 'configmaps', 'ConfigMap'), { namespace: 'going' }))).toMatchObject({
      code: 403,
      message: 'configmaps "new" is forbidden: unable to create new content in namespace going because it is being terminated',
      details: { name: 'new', kind: 'configmaps', causes: [{ reason: 'NamespaceTerminating', message: 'namespace going is being terminated', field: 'metadata.namespace' }] },
    });
  });

  it('carries its name as a label, and some are never deleted', () => {
    const namespaces = info('', 'namespaces', 'Namespace', false);
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'x' } };
    expect(admit(cluster(), object, namespaces).metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'x' });
    const admission = createAdmission({ reader: cluster(), ids: seededIds(), resourceOf: () => undefined });
    expect(message(() => admission.validate({ operation: 'DELETE', user: { username: 'u', groups: [] }, resource: namespaces, name: 'default', dryRun: false, warn: () => undefined }))).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    );
  });
});

describe('the service account', () => {
  it('comes with its token in a projected volume', () => {
    const spec = admit(cluster(), pod()).spec;
    const name = expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec).toEqual({
      serviceAccountName: 'default', serviceAccount: 'default', priority: 0, preemptionPolicy: 'PreemptLowerPriority',
      containers: [{ name: 'a', image: 'busybox', volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }],
      volumes: [{ name, projected: { defaultMode: 420, sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ] } }],
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      ],
    });
  });

  it('gives its pull secrets, and no token when it or the pod says so', () => {
    const reader = cluster().add('serviceaccounts', { metadata: { name: 's', namespace: 'n' }, imagePullSecrets: [{ name: 'reg' }], automountServiceAccountToken: false });
    expect(admit(reader, pod({ serviceAccountName: 's' })).spec).toMatchObject({ imagePullSecrets: [{ name: 'reg' }], containers: [{ name: 'a', image: 'busybox' }] });
    expect(admit(reader, pod({ serviceAccountName: 's' })).spec).not.toHaveProperty('volumes');
    expect(admit(reader, pod({ automountServiceAccountToken: false })).spec).not.toHaveProperty('volumes');
    expect(admit(reader, pod({ serviceAccountName: 's', automountServiceAccountToken: true })).spec).toHaveProperty('volumes');
  });

  it('has to be there; a name still to be generated is given by its beginning', () => {
    expect(message(() => admit(cluster(), pod({ serviceAccountName: 'nope' })))).toBe('pods "p" is forbidden: error looking up service account n/nope: serviceaccount "nope" not found');
    expect(message(() => admit(cluster(), pod({ serviceAccountName: 'nope' }, { name: 'd-6fd8d6bbf5-abcde', generateName: 'd-6fd8d6bbf5-' })))).toBe(
      'pods "d-6fd8d6bbf5-" is forbidden: error looking up service account n/nope: serviceaccount "nope" not found',
    );
  });
});

describe('a limit range', () => {
  const reader = cluster().add('limitranges', {
    metadata: { name: 'l', namespace: 'n' },
    spec: { limits: [
      { type: 'Container', default: { cpu: '500m', memory: '64Mi' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' }, min: { cpu: '50m' }, maxLimitRequestRatio: { cpu: '5' } },
      { type: 'Pod', max: { cpu: '2' } },
    ] },
  });
  const container = (resources: object, name = 'p') => pod({ containers: [{ name: 'a', resources }] }, { name });

  it('fills in what is not said and notes it', () => {
    expect(admit(reader, container({}))).toMatchObject({
      metadata: { annotations: { 'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a' } },
      spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m', memory: '64Mi' } } }] },
    });
    expect(admit(reader, container({ requests: { cpu: '200m' } })).metadata.annotations).toEqual({ 'kubernetes.io/limit-ranger': 'LimitRanger plugin set: memory request for container a; cpu, memory limit for container a' });
  });

  it('refuses what lies outside', () => {
    expect(message(() => admit(reader, container({ limits: { cpu: '2' } }, 'c')))).toBe('pods "c" is forbidden: maximum cpu usage per Container is 1, but limit is 2');
    expect(message(() => admit(reader, container({ requests: { cpu: '10m' } }, 'd')))).toBe(
      'pods "d" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, cpu max limit to request ratio per Container is 5, but provided ratio is 50.000000]',
    );
    expect(message(() => admit(reader, container({ requests: { cpu: '100m' }, limits: { cpu: '900m' } }, 'e')))).toBe('pods "e" is forbidden: cpu max limit to request ratio per Container is 5, but provided ratio is 9.000000');
  });
});

describe('a quota', () => {
  const quota = { metadata: { name: 'q', namespace: 'n' }, spec: { hard: { configmaps: '1', pods: '1', 'count/jobs.batch': '0', secrets: '0' } } };
  const reader = () => cluster().add('resourcequotas', quota);
  const object = (kind: string, name: string): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'n' } });

  it('refuses one too many, with what was asked, used and allowed', () => {
    const one = reader().add('configmaps', object('ConfigMap', 'a'));
    expect(message(() => admit(one, object('ConfigMap', 'c'), info('', 'configmaps', 'ConfigMap')))).toBe('configmaps "c" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1');
    expect(message(() => admit(one, object('Job', 'j'), info('batch', 'jobs', 'Job')))).toBe('jobs.batch "j" is forbidden: exceeded quota: q, requested: count/jobs.batch=1, used: count/jobs.batch=0, limited: count/jobs.batch=0');
    expect(admit(one, pod()).metadata.name).toBe('p');
    one.add('pods', pod());
    expect(message(() => admit(one, pod({}, { name: 'p2' })))).toBe('pods "p2" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1');
  });

  it('counts finished pods no more and says what is used', () => {
    const done = reader().add('pods', { ...pod(), status: { phase: 'Succeeded' } });
    expect(quotaStatus(done, { apiVersion: 'v1', kind: 'ResourceQuota', ...quota })).toEqual({ hard: quota.spec.hard, used: { configmaps: '0', pods: '0', 'count/jobs.batch': '0', secrets: '0' } });
  });

  it('wants compute resources said when it limits them', () => {
    const compute = cluster().add('resourcequotas', { metadata: { name: 'q', namespace: 'n' }, spec: { hard: { 'limits.cpu': '1', 'requests.memory': '1Gi' } } });
    expect(message(() => admit(compute, pod()))).toBe('pods "p" is forbidden: failed quota: q: must specify limits.cpu for: a; requests.memory for: a');
    expect(message(() => admit(compute, pod({ containers: [{ name: 'a', resources: { limits: { cpu: '2' }, requests: { memory: '2Gi' } } }] })))).toBe(
      'pods "p" is forbidden: exceeded quota: q, requested: limits.cpu=2,requests.memory=2Gi, used: limits.cpu=0,requests.memory=0, limited: limits.cpu=1,requests.memory=1Gi',
    );
  });
});

describe('priority', () => {
  const reader = cluster().add('priorityclasses', { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' });
  it('comes from the class', () => {
    expect(admit(reader, pod({ priorityClassName: 'high' })).spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
    expect(message(() => admit(reader, pod({ priorityClassName: 'nope' })))).toBe('pods "p" is forbidden: no PriorityClass with name nope was found');
    expect(message(() => admit(reader, pod({ priority: 7 })))).toBe('pods "p" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name');
  });
});

describe('a runtime class', () => {
  it('has to be there and says where its pods run', () => {
    const reader = cluster().add('runtimeclasses', { metadata: { name: 'gvisor' }, handler: 'runsc', scheduling: { nodeSelector: { sandboxed: 'yes' } } });
    expect(admit(reader, pod({ runtimeClassName: 'gvisor' })).spec).toMatchObject({ nodeSelector: { sandboxed: 'yes' } });
    expect(message(() => admit(reader, pod({ runtimeClassName: 'nope' })))).toBe('pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found');
  });
});

describe('defaults', () => {
  it('give a claim the newest default storage class', () => {
    const marked = { 'storageclass.kubernetes.io/is-default-class': 'true' };
    const reader = cluster()
      .add('storageclasses', { metadata: { name: 'old', annotations: marked, creationTimestamp: '2026-01-01T00:00:00Z' } })
      .add('storageclasses', { metadata: { name: 'new', annotations: marked, creationTimestamp: '2026-01-02T00:00:00Z' } })
      .add('storageclasses', { metadata: { name: 'plain', creationTimestamp: '2026-01-03T00:00:00Z' } });
    const claim = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'c', namespace: 'n' }, spec });
    const claims = info('', 'persistentvolumeclaims', 'PersistentVolumeClaim');
    expect(admit(reader, claim({}), claims).spec).toEqual({ storageClassName: 'new' });
    expect(admit(reader, claim({ storageClassName: '' }), claims).spec).toEqual({ storageClassName: '' });
  });

  it('leave a toleration alone that the pod brings', () => {
    const all = [{ operator: 'Exists' }];
    expect((admit(cluster(), pod({ tolerations: all })).spec as { tolerations: unknown }).tolerations).toEqual(all);
  });
});

describe('an admission policy', () => {
  const deployments = { ...info('', 'deployments', 'Deployment'), group: 'apps' };
  const policy = (spec: object) => ({
    metadata: { name: 'p' },
    spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, ...spec },
  });
  const binding = (spec: object = {}) => ({ metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'], ...spec } });
  const deployment = (replicas: number, labels: object = {}): KubeObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'n', labels }, spec: { replicas } }) as KubeObject;
  const guarded = (policySpec: object, bindingSpec?: object) => cluster().add('validatingadmissionpolicies', policy(policySpec)).add('validatingadmissionpolicybindings', binding(bindingSpec));
  const denied = (text: string) => `deployments.apps "d" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${text}`;

  it('refuses what its rule does not allow, with its message, and nothing else', () => {
    const reader = guarded({ variables: [{ name: 'wanted', expression: 'object.spec.replicas' }], validations: [{ expression: 'variables.wanted <= 2', messageExpression: "'too many: ' + string(variables.wanted)" }] });
    expect(thrownBy(() => admit(reader, deployment(2), deployments))).toBeUndefined();
    expect(thrownBy(() => admit(reader, deployment(3), deployments))).toMatchObject({ code: 422, reason: 'Invalid', message: denied('too many: 3') });
    expect(thrownBy(() => admit(reader, pod()))).toBeUndefined();
  });

  it('heeds its conditions, selectors and failure policy', () => {
    const never = [{ expression: 'false', message: 'never', reason: 'Forbidden' }];
    const exempt = guarded({ matchConditions: [{ name: 'x', expression: "!('exempt' in object.metadata.labels)" }], validations: never });
    expect(thrownBy(() => admit(exempt, deployment(1, { exempt: 'yes' }), deployments))).toBeUndefined();
    expect(thrownBy(() => admit(exempt, deployment(1), deployments))).toMatchObject({ code: 403, reason: 'Forbidden', message: denied('never') });
    expect(thrownBy(() => admit(guarded({ validations: never }, { matchResources: { objectSelector: { matchLabels: { a: 'b' } } } }), deployment(1), deployments))).toBeUndefined();
    const broken = [{ expression: 'object.spec.nope > 1' }];
    expect(message(() => admit(guarded({ validations: broken }), deployment(1), deployments))).toBe(denied("expression 'object.spec.nope > 1' resulted in error: no such key: nope"));
    expect(thrownBy(() => admit(guarded({ validations: broken, failurePolicy: 'Ignore' }), deployment(1), deployments))).toBeUndefined();
  });

  it('only warns where its binding says so', () => {
    const warnings: string[] = [];
    admit(guarded({ validations: [{ expression: 'false', message: 'hm' }] }, { validationActions: ['Warn'] }), deployment(1), deployments, { warn: (text) => void warnings.push(text) });
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': hm"]);
  });
});

describe('a kind that is stored only', () => {
  it('says so once a cluster', () => {
    const warnings: string[] = [];
    const reader = cluster();
    const netpol = { ...info('', 'networkpolicies', 'NetworkPolicy'), group: 'networking.k8s.io' };
    const object: KubeObject = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'x', namespace: 'n' } };
    for (let i = 0; i < 2; i++) admit(reader, object, netpol, { warn: (text) => void warnings.push(text) });
    expect(warnings).toEqual(['argo-lab stores a NetworkPolicy, but nothing acts on it: connections between pods are not filtered']);
  });
});
