import { expect, test } from 'vitest';
import { bootstrapFlowControl, flowOf, type FlowRequest } from '../../../../server/cluster/auth/flow-control.ts';
import { testApi } from '../../../harness/cluster.ts';

const { core, client } = testApi();
for (const object of bootstrapFlowControl()) {
  const resource = object.kind === 'FlowSchema' ? 'flowschemas' : 'prioritylevelconfigurations';
  await client.create({ group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource }, undefined, object);
}
const names = new Map(['flowschemas', 'prioritylevelconfigurations'].flatMap((resource) => core.store.list({ group: 'flowcontrol.apiserver.k8s.io', resource }).map(({ metadata }) => [metadata.uid, metadata.name] as const)));

function named(user: string, groups: string[], request: Omit<FlowRequest, 'user'>): string {
  const found = flowOf(core, { user: { username: user, groups }, ...request });
  return `${names.get(found?.schema) ?? ''} → ${names.get(found?.level) ?? ''}`;
}

test('a cluster has the thirteen schemas and eight levels of a real one', () => {
  expect(core.store.list({ group: 'flowcontrol.apiserver.k8s.io', resource: 'flowschemas' }).length).toBe(13);
  expect(core.store.list({ group: 'flowcontrol.apiserver.k8s.io', resource: 'prioritylevelconfigurations' }).length).toBe(8);
});

test.each<[string, string[], Omit<FlowRequest, 'user'>, string]>([
  ['admin', ['system:masters', 'system:authenticated'], { verb: 'list', path: '/api/v1/pods', resource: { group: '', resource: 'pods' } }, 'exempt → exempt'],
  ['jane', ['system:authenticated'], { verb: 'get', path: '/readyz' }, 'probes → exempt'],
  ['jane', ['system:authenticated'], { verb: 'list', path: '/api/v1/namespaces/a/pods', resource: { group: '', resource: 'pods', namespace: 'a' } }, 'global-default → global-default'],
  ['system:serviceaccount:a:b', ['system:serviceaccounts', 'system:authenticated'], { verb: 'get', path: '/version' }, 'service-accounts → workload-low'],
  ['system:serviceaccount:kube-system:b', ['system:serviceaccounts', 'system:authenticated'], { verb: 'update', path: '', resource: { group: 'coordination.k8s.io', resource: 'leases', namespace: 'x' } }, 'system-leader-election → leader-election'],
  ['system:serviceaccount:kube-system:b', ['system:serviceaccounts', 'system:authenticated'], { verb: 'list', path: '', resource: { group: 'coordination.k8s.io', resource: 'leases', namespace: 'x' } }, 'kube-system-service-accounts → workload-high'],
  ['system:node:n', ['system:nodes', 'system:authenticated'], { verb: 'patch', path: '', resource: { group: '', resource: 'nodes', subresource: 'status' } }, 'system-node-high → node-high'],
  ['system:node:n', ['system:nodes', 'system:authenticated'], { verb: 'get', path: '', resource: { group: '', resource: 'pods', subresource: 'log', namespace: 'a' } }, 'system-nodes → system'],
  ['nobody', [], { verb: 'get', path: '/version' }, ' → '],
])('%s in %j falls where a real server puts the request', (user, groups, request, expected) => {
  expect(named(user, groups, request)).toBe(expected);
});
