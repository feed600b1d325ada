import { ApiStatus } from '../api/status.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import { at, quote, records, text } from './fields.ts';
import { allowsPath, allowsResource, rulesOf } from './rules.ts';
import type { PolicyRule } from './rules.ts';
import type { Attributes, UserInfo } from './user.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const rbac = (resource: string) => ({ group: RBAC_GROUP, resource });

export interface Decision {
  allowed: boolean;
  /** Why: which binding allowed it, or what kept a binding from being looked at. Empty when there is nothing to say. */
  reason: string;
}

/** A role's rules, or the reason for which they can't be had. */
export type RoleRules = { rules: PolicyRule[] } | { missing: string };

/** The rules of the role that a `roleRef` in a namespace points at. */
export function rulesOfRole(reader: ObjectReader, roleRef: unknown, namespace: string | undefined): RoleRules {
  const kind = text(at(roleRef, 'kind'));
  const name = text(at(roleRef, 'name'));
  const role = kind === 'ClusterRole' ? reader.get(rbac('clusterroles'), undefined, name) : reader.get(rbac('roles'), namespace, name);
  if (role === undefined) return { missing: `${kind === 'ClusterRole' ? 'clusterrole' : 'role'}.${RBAC_GROUP} ${quote(name)} not found` };
  return { rules: rulesOf(role['rules']) };
}

/** The first subject of a binding that means the user, as a reason names it; undefined when none does. */
function subjectFor(user: UserInfo, subjects: unknown, namespace: string | undefined): string | undefined {
  for (const subject of records(subjects)) {
    const name = text(subject['name']);
    switch (subject['kind']) {
      case 'User':
        if (user.username === name) return `User ${quote(name)}`;
        break;
      case 'Group':
        if (user.groups.includes(name)) return `Group ${quote(name)}`;
        break;
      case 'ServiceAccount': {
        const home = text(subject['namespace']) || namespace;
        if (home !== undefined && user.username === `system:serviceaccount:${home}:${name}`) return `ServiceAccount ${quote(`${name}/${home}`)}`;
        break;
      }
    }
  }
  return undefined;
}

interface Grant {
  rules: PolicyRule[];
  /** `RBAC: allowed by …` without the prefix. */
  source: string;
}

const byName = (a: KubeObject, b: KubeObject) => (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0);

/** Every role that reaches the user in a namespace (or, without one, in the whole cluster), the cluster's first. */
function* grants(reader: ObjectReader, user: UserInfo, namespace: string | undefined): Generator<Grant | { missing: string }> {
  const visit = function* (binding: KubeObject, kind: string, where: string, home: string | undefined): Generator<Grant | { missing: string }> {
    const subject = subjectFor(user, binding['subjects'], home);
    if (subject === undefined) return;
    const roleRef = binding['roleRef'];
    const role = rulesOfRole(reader, roleRef, home);
    if ('missing' in role) yield role;
    else yield { rules: role.rules, source: `${kind} ${quote(where)} of ${text(at(roleRef, 'kind'))} ${quote(text(at(roleRef, 'name')))} to ${subject}` };
  };
  for (const binding of reader.list(rbac('clusterrolebindings')).sort(byName)) {
    yield* visit(binding, 'ClusterRoleBinding', binding.metadata.name, undefined);
  }
  if (namespace === undefined || namespace === '') return;
  for (const binding of reader.list(rbac('rolebindings'), namespace).sort(byName)) {
    yield* visit(binding, 'RoleBinding', `${binding.metadata.name}/${namespace}`, namespace);
  }
}

export interface ResolvedRules {
  rules: PolicyRule[];
  /** Roles that bindings point at in vain. */
  errors: string[];
}

/** All the rules that reach a user in a namespace. */
export function rulesFor(reader: ObjectReader, user: UserInfo, namespace: string | undefined): ResolvedRules {
  const result: ResolvedRules = { rules: [], errors: [] };
  for (const grant of grants(reader, user, namespace)) {
    if ('missing' in grant) result.errors.push(grant.missing);
    else result.rules.push(...grant.rules);
  }
  return result;
}

/** Several errors as Kubernetes joins them: `[a, b]`, one alone without brackets, doubles once. */
export function aggregate(errors: readonly string[]): string {
  const distinct = [...new Set(errors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`;
}

/**
 * Decides by RBAC; members of `system:masters` may do everything, and a node (`system:node:…` of `system:nodes`) what
 * the ClusterRole system:node says, which stands in for the node authoriser.
 * After kubernetes 1.32 plugin/pkg/auth/authorizer/rbac/rbac.go
 */
export function authorize(attributes: Attributes, reader: ObjectReader): Decision {
  const { user, verb, resource, path } = attributes;
  if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
  const allows = (rule: PolicyRule) =>
    resource === undefined
      ? allowsPath(rule, verb, path ?? '')
      : allowsResource(rule, { verb, group: resource.group, resource: resource.resource, subresource: resource.subresource ?? '', name: resource.name ?? '' });
  if (user.groups.includes('system:nodes') && user.username.startsWith('system:node:')) {
    const node = rulesOfRole(reader, { kind: 'ClusterRole', name: 'system:node' }, undefined);
    if ('rules' in node && node.rules.some(allows)) return { allowed: true, reason: '' };
  }
  const errors: string[] = [];
  for (const grant of grants(reader, user, resource?.namespace)) {
    if ('missing' in grant) errors.push(grant.missing);
    else if (grant.rules.some(allows)) return { allowed: true, reason: `RBAC: allowed by ${grant.source}` };
  }
  return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${aggregate(errors)}` };
}

/** `resource.group`, or `resource` alone in the core group. */
export function qualified(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** The 403 that a denied request is answered with. */
export function forbidden(attributes: Attributes, reason = ''): ApiStatus {
  const { user, verb, resource, path } = attributes;
  const tail = reason === '' ? '' : `: ${reason}`;
  if (resource === undefined) {
    return new ApiStatus(403, 'Forbidden', `forbidden: User ${quote(user.username)} cannot ${verb} path ${quote(path ?? '')}${tail}`, {});
  }
  const full = resource.subresource === undefined || resource.subresource === '' ? resource.resource : `${resource.resource}/${resource.subresource}`;
  const where = resource.namespace === undefined || resource.namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(resource.namespace)}`;
  const text = `User ${quote(user.username)} cannot ${verb} resource ${quote(full)} in API group ${quote(resource.group)} ${where}${tail}`;
  return forbiddenObject(resource.group, resource.resource, resource.name ?? '', text);
}

/** `pods "p" is forbidden: …`, with the details that go with it. */
export function forbiddenObject(group: string, resource: string, name: string, text: string): ApiStatus {
  const subject = name === '' ? qualified(group, resource) : `${qualified(group, resource)} ${quote(name)}`;
  return new ApiStatus(403, 'Forbidden', `${subject} is forbidden: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    kind: resource,
  });
}
