import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations, violationText, policyOf, standardText } from '../../../../server/cluster/admission/pod-security/policy.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const container = (securityContext?: object, more: object = {}): object => ({ name: 'a', image: 'x', ...more, ...(securityContext === undefined ? {} : { securityContext }) });
const found = (level: 'baseline' | 'restricted', spec: object, version = 'latest', annotations: Record<string, string> = {}): string => violationText(violations({ annotations, spec: { ...spec } }, { level, version }));
const tight = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const calm = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

describe('a level', () => {
  it.each([
    ['baseline', { containers: [container()] }, ''],
    ['restricted', { securityContext: calm, containers: [container(tight)] }, ''],
    ['baseline', { hostNetwork: true, hostPID: true, containers: [container()] }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['baseline', { containers: [container({ privileged: true }), { ...container({ privileged: true }), name: 'b' }] }, 'privileged (containers "a", "b" must not set securityContext.privileged=true)'],
    ['baseline', { volumes: [{ name: 'v', hostPath: { path: '/' } }], containers: [container(undefined, { ports: [{ hostPort: 81 }, { hostPort: 80 }] })] }, 'hostPath volumes (volume "v"), hostPort (container "a" uses hostPorts 80, 81)'],
    ['baseline', { containers: [container({ capabilities: { add: ['SYS_TIME', 'CHOWN'] }, seccompProfile: { type: 'Unconfined' } })] }, 'non-default capabilities (container "a" must not include "SYS_TIME" in securityContext.capabilities.add), seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")'],
    ['baseline', { securityContext: { seLinuxOptions: { type: 'foo', user: 'u' }, sysctls: [{ name: 'kernel.msgmax' }] }, containers: [container()] }, 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set), forbidden sysctls (kernel.msgmax)'],
    ['restricted', { containers: [container()] }, 'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'],
    ['restricted', { securityContext: { ...calm, runAsUser: 0 }, volumes: [{ name: 'v', hostPath: {} }, { name: 'w', nfs: {} }], containers: [container(tight)] }, 'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs"), runAsUser=0 (pod must not set runAsUser=0)'],
    ['restricted', { securityContext: { ...calm, runAsNonRoot: false }, containers: [container({ ...tight, runAsNonRoot: false })] }, 'runAsNonRoot != true (pod and container "a" must not set securityContext.runAsNonRoot=false)'],
  ] as const)('%s of %j', (level, spec, expected) => {
    expect(found(level, spec)).toBe(expected);
  });

  it('is as strict as in its version', () => {
    const root = { securityContext: { ...calm, runAsUser: 0 }, containers: [container({ allowPrivilegeEscalation: false })] };
    expect(found('restricted', root, 'v1.21')).toBe('');
    expect(found('restricted', root, 'v1.23')).toContain('runAsUser=0');
  });
});

describe('the labels of a namespace', () => {
  it('warn of what they enforce, unless they say otherwise', () => {
    const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`;
    const of = (labels: Record<string, string>): string[] => {
      const { enforce, warn, problems } = policyOf(labels);
      return [standardText(enforce), standardText(warn), ...problems.map((p) => `${p.field ?? ''}: ${p.message ?? ''}`)];
    };
    expect(of({})).toEqual(['privileged:latest', 'privileged:latest']);
    expect(of({ [label('enforce')]: 'baseline', [label('enforce-version')]: 'v1.30' })).toEqual(['baseline:v1.30', 'baseline:v1.30']);
    expect(of({ [label('enforce')]: 'restricted', [label('warn')]: 'baseline' })).toEqual(['restricted:latest', 'baseline:latest']);
    expect(of({ [label('enforce')]: 'foo', [label('warn-version')]: '1' })).toEqual([
      'restricted:latest',
      'privileged:latest',
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1": must be "latest" or "v1.x"',
    ]);
  });
});

describe('in a cluster', () => {
  let test: TestCluster;
  const NAMESPACES = { group: '', version: 'v1', resource: 'namespaces' };
  const PODS = { group: '', version: 'v1', resource: 'pods' };
  const pod = (name: string, spec: object = {}): { apiVersion: string; kind: string; metadata: { name: string }; spec: object } => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { schedulerName: 'nobody', containers: [container()], ...spec } });
  beforeAll(async () => {
    test = await startTestCluster();
    await test.cluster.client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'safe', labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } });
  }, 60_000);
  afterAll(() => test?.stop());

  it('pods that go against their namespace are refused, others are not', async () => {
    const { client } = test.cluster;
    await expect.poll(() => client.find({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'safe', 'default')).toBeDefined();
    await expect(client.create(PODS, 'safe', pod('bad', { hostNetwork: true }))).rejects.toMatchObject({ code: 403, message: 'pods "bad" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)' });
    await client.create(PODS, 'safe', pod('good'));
    // What is there stays, and may change in what does not matter.
    await client.patch(NAMESPACES, undefined, 'safe', { type: 'merge', body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } } });
    await client.patch(PODS, 'safe', 'good', { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
    await expect(client.patch(PODS, 'safe', 'good', { type: 'strategic', body: { spec: { containers: [{ name: 'a', image: 'y' }] } } })).rejects.toMatchObject({ code: 403 });
  });

  it('a namespace asks only for levels that there are', async () => {
    const bad = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'odd', labels: { 'pod-security.kubernetes.io/enforce': 'foo' } } };
    await expect(test.cluster.client.create(NAMESPACES, undefined, bad)).rejects.toMatchObject({ code: 422, message: 'Namespace "odd" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted' });
  });
});
