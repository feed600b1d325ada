import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeClient } from '../../../../server/cluster/vocabulary.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = { group: GROUP, version: 'v1', resource: 'validatingadmissionpolicies' };
const BINDINGS = { group: GROUP, version: 'v1', resource: 'validatingadmissionpolicybindings' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };

let test: TestCluster;
/** May write ConfigMaps, and read Deployments. */
let reader: KubeClient;

const create = (client: KubeClient, name: string) => client.create(CONFIG_MAPS, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

/** A policy for new ConfigMaps, with the message of what the expression comes to. */
async function policy(expression: string, more: Record<string, unknown> = {}): Promise<void> {
  const { client } = test.cluster;
  await client.deleteCollection(POLICIES, {});
  await client.deleteCollection(BINDINGS, {});
  await client.create(POLICIES, undefined, { apiVersion: `${GROUP}/v1`, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, validations: [{ expression, message: 'may not' }], ...more } });
  await client.create(BINDINGS, undefined, { apiVersion: `${GROUP}/v1`, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } });
}

const allowed = (client: KubeClient) =>
  create(client, `m-${crypto.randomUUID()}`).then(
    () => true,
    (error: Error) => error.message.replace(/configmaps "[^"]+"/, 'configmaps'),
  );

beforeAll(async () => {
  test = await startTestCluster();
  const { client } = test.cluster;
  await client.create({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' }, undefined, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }, { apiGroups: ['apps'], resources: ['deployments', 'deployments/scale'], resourceNames: ['web'], verbs: ['get'] }, { nonResourceURLs: ['/metrics'], verbs: ['get'] }] });
  await client.create({ group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' }, undefined, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'r' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'reader' }] });
  reader = client.as({ user: 'reader', groups: ['system:authenticated'] });
}, 30_000);
afterAll(() => test?.stop());

const DENIED = "configmaps is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: may not";

describe('a policy may ask what else the one who asks may do', () => {
  it.each([
    ["authorizer.group('apps').resource('deployments').namespace('default').name('web').check('get').allowed()", true],
    ["authorizer.group('apps').resource('deployments').subresource('scale').namespace('default').name('web').check('get').allowed()", true],
    ["authorizer.group('apps').resource('deployments').namespace('default').name('other').check('get').allowed()", false],
    ["authorizer.group('apps').resource('deployments').namespace('default').name('web').check('delete').allowed()", false],
    ["authorizer.path('/metrics').check('get').allowed()", true],
    ["authorizer.path('/healthz').check('post').allowed()", false],
    ['authorizer.requestResource.check(\'create\').allowed()', true],
    ["authorizer.requestResource.check('delete').allowed()", false],
    ["authorizer.serviceAccount('default', 'nobody').group('apps').resource('deployments').namespace('default').name('web').check('get').allowed()", false],
    ["authorizer.requestResource.check('create').reason() == 'RBAC: allowed by ClusterRoleBinding \"r\" of ClusterRole \"r\" to User \"reader\"'", true],
    ["!authorizer.requestResource.check('create').errored() && authorizer.requestResource.check('create').error() == ''", true],
  ])('%s', async (expression, expected) => {
    await policy(expression);
    expect(await allowed(reader)).toBe(expected ? true : DENIED);
  });

  it('and the administrator may do everything', async () => {
    await policy("authorizer.requestResource.check('delete').allowed()");
    expect(await allowed(test.cluster.client)).toBe(true);
  });

  it('in its match conditions too, so that some are spared', async () => {
    await policy('false', { matchConditions: [{ name: 'not-for-breakers', expression: "!authorizer.group('apps').resource('deployments').namespace('default').check('delete').allowed()" }] });
    expect([await allowed(reader), await allowed(test.cluster.client)]).toEqual([DENIED, true]);
  });

  it('but not of nothing', async () => {
    await policy("authorizer.group('apps').resource('').check('get').allowed()");
    expect(await allowed(reader)).toContain("denied request: expression 'authorizer.group('apps').resource('').check('get').allowed()' resulted in error: ");
  });
});
