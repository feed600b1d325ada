import { describe, expect, it } from 'vitest';
import { authorize, bootstrapRbac, checkEscalation, forbidden } from '../../../../server/cluster/auth/index.ts';
import type { Attributes } from '../../../../server/cluster/auth/index.ts';
import { FakeReader, thrownBy, withBootstrap } from './fixture.ts';

const ann = { username: 'ann', groups: ['system:authenticated'] };
const on = (user: Attributes['user'], verb: string, resource: string, more: object = {}): Attributes => {
  const [name = '', subresource] = resource.split('/');
  return { user, verb, resource: { group: '', version: 'v1', resource: name, namespace: 'n', ...(subresource === undefined ? {} : { subresource }), ...more } };
};
const role = (name: string, ...rules: object[]) => ({ metadata: { name, namespace: 'n' }, rules });
const bind = (name: string, kind: string, roleName: string, ...subjects: object[]) => ({ metadata: { name, namespace: 'n' }, roleRef: { kind, name: roleName }, subjects });
const User = (name: string) => ({ kind: 'User', name });
const core = (resources: string[], verbs: string[], more: object = {}) => ({ apiGroups: [''], resources, verbs, ...more });
const base = () => withBootstrap(new FakeReader(), bootstrapRbac());

describe('authorisation', () => {
  const reader = base()
    .add('roles', role('r', core(['pods', 'pods/log'], ['get', 'list']), core(['configmaps'], ['update'], { resourceNames: ['x'] })))
    .add('rolebindings', bind('rb', 'Role', 'r', User('ann'), { kind: 'ServiceAccount', name: 'robot', namespace: 'm' }))
    .add('rolebindings', bind('gone', 'ClusterRole', 'nope', User('eve')));
  const allowed = (attributes: Attributes) => authorize(attributes, reader);

  it('says which binding allows', () => {
    expect(allowed(on(ann, 'get', 'pods'))).toEqual({ allowed: true, reason: 'RBAC: allowed by RoleBinding "rb/n" of Role "r" to User "ann"' });
    expect(allowed({ user: ann, verb: 'get', path: '/api' })).toEqual({ allowed: true, reason: 'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"' });
    expect(allowed(on({ username: 'system:serviceaccount:m:robot', groups: [] }, 'get', 'pods/log')).reason).toBe('RBAC: allowed by RoleBinding "rb/n" of Role "r" to ServiceAccount "robot/m"');
  });

  it('asks nobody about system:masters', () => {
    expect(allowed(on({ username: 'x', groups: ['system:masters'] }, '*', '*'))).toEqual({ allowed: true, reason: '' });
  });

  it('holds a rule to its names, subresources and namespace', () => {
    expect(allowed(on(ann, 'update', 'configmaps', { name: 'x' })).allowed).toBe(true);
    expect(allowed(on(ann, 'update', 'configmaps', { name: 'y' })).allowed).toBe(false);
    expect(allowed(on(ann, 'get', 'pods/exec')).allowed).toBe(false);
    expect(allowed(on(ann, 'get', 'pods', { namespace: 'other' })).allowed).toBe(false);
    expect(allowed(on(ann, 'get', 'pods', { group: 'apps' })).allowed).toBe(false);
  });

  it('refuses in the words of the real one', () => {
    const message = (attributes: Attributes) => forbidden(attributes, authorize(attributes, reader).reason).body();
    expect(message(on(ann, 'create', 'serviceaccounts', { subresource: 'token', name: 'default' }))).toEqual({
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code: 403,
      message: 'serviceaccounts "default" is forbidden: User "ann" cannot create resource "serviceaccounts/token" in API group "" in the namespace "n"',
      details: { name: 'default', kind: 'serviceaccounts' },
    });
    expect(message(on({ username: 'eve', groups: [] }, 'list', 'configmaps')).message).toBe(
      'configmaps is forbidden: User "eve" cannot list resource "configmaps" in API group "" in the namespace "n": RBAC: clusterrole.rbac.authorization.k8s.io "nope" not found',
    );
    expect(message(on(ann, 'list', 'nodes', { namespace: '' })).message).toBe('nodes is forbidden: User "ann" cannot list resource "nodes" in API group "" at the cluster scope');
    expect(message({ user: ann, verb: 'get', path: '/metrics' })).toMatchObject({ message: 'forbidden: User "ann" cannot get path "/metrics"', details: {} });
    expect(message(on(ann, 'list', 'workflows', { group: 'argoproj.io' })).message).toBe('workflows.argoproj.io is forbidden: User "ann" cannot list resource "workflows" in API group "argoproj.io" in the namespace "n"');
  });

  it('lets an administrator of kubeadm do everything', () => {
    expect(allowed(on({ username: 'kubernetes-admin', groups: ['kubeadm:cluster-admins'] }, 'fly', 'unicorns')).allowed).toBe(true);
  });
});

describe('escalation', () => {
  const rbac = 'rbac.authorization.k8s.io';
  const reader = base()
    .add('roles', role('boss', { apiGroups: [rbac], resources: ['roles', 'rolebindings'], verbs: ['create', 'update', 'patch', 'get'] }))
    .add('roles', role('reader', core(['pods'], ['get'])))
    .add('roles', role('binder', { apiGroups: [rbac], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] }))
    .add('rolebindings', bind('b1', 'Role', 'boss', User('ann')))
    .add('rolebindings', bind('b2', 'Role', 'reader', User('ann')))
    .add('rolebindings', bind('b3', 'Role', 'binder', User('ann')));
  const making = (resource: string, object: object, old?: object) => thrownBy(() => checkEscalation(ann, resource, { apiVersion: 'x', kind: 'x', ...object } as never, old as never, reader));

  it('lets somebody give what they have', () => {
    expect(making('roles', role('ok', core(['pods'], ['get'])))).toBeUndefined();
    expect(making('rolebindings', bind('rb', 'Role', 'reader', User('bob')))).toBeUndefined();
  });

  it('lists what is missing, put together and sorted', () => {
    expect(making('roles', role('more', core(['pods', 'secrets'], ['get', 'delete'])))).toMatchObject({
      code: 403,
      message:
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "ann" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete"]}',
      details: { name: 'more', group: rbac, kind: 'roles' },
    });
  });

  it('takes bind for one role and not for another', () => {
    expect(making('rolebindings', bind('rb', 'ClusterRole', 'view', User('bob')))).toBeUndefined();
    expect(making('rolebindings', bind('rb', 'ClusterRole', 'edit', User('bob')))).toMatchObject({ code: 403 });
  });

  it('does not find a role that is not there, under the name of the request', () => {
    expect(making('rolebindings', bind('rb', 'Role', 'nope', User('bob')))).toMatchObject({ code: 404, message: 'rolebindings.rbac.authorization.k8s.io "nope" not found' });
  });

  it('does not mind an update that changes no rules', () => {
    const old = role('big', core(['secrets'], ['*']));
    expect(making('roles', { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }, old)).toBeUndefined();
  });
});

describe('the roles of the first start', () => {
  const of = (name: string) => bootstrapRbac().find((b) => b.type.resource === 'clusterroles' && b.object.metadata.name === name)?.object;

  it('aggregates view into edit and edit into admin', () => {
    const rules = (name: string) => (of(name)?.['rules'] ?? []) as unknown[];
    expect(rules('view').length).toBeGreaterThan(5);
    expect(rules('admin')).toEqual(expect.arrayContaining(rules('edit')));
    expect(JSON.stringify(bootstrapRbac())).not.toContain('argoproj');
  });
});
