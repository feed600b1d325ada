import { ApiStatus } from '../api/status.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import { at, quote, quoteAll, text } from './fields.ts';
import { authorize, forbiddenObject, qualified, RBAC_GROUP, rulesFor, rulesOfRole } from './rbac.ts';
import { compactRules, describeRule, missingRules, rulesOf } from './rules.ts';
import type { PolicyRule } from './rules.ts';
import type { UserInfo } from './user.ts';

const RESOURCES = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'];

/** Whether writes of this resource have to pass `checkEscalation`. */
export function guardsEscalation(group: string, resource: string): boolean {
  return group === RBAC_GROUP && RESOURCES.includes(resource);
}

function confirm(user: UserInfo, namespace: string | undefined, rules: PolicyRule[], reader: ObjectReader): string | undefined {
  const owned = rulesFor(reader, user, namespace);
  const missing = missingRules(owned.rules, rules);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
  const errors = owned.errors.length === 0 ? '' : `; resolution errors: [${owned.errors.join(' ')}]`;
  return `user ${quote(user.username)} (groups=${quoteAll(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${errors}`;
}

function may(user: UserInfo, verb: string, resource: string, namespace: string | undefined, name: string, reader: ObjectReader): boolean {
  return authorize({ user, verb, resource: { group: RBAC_GROUP, version: 'v1', resource, name, ...(namespace === undefined ? {} : { namespace }) } }, reader).allowed;
}

/**
 * Nobody may give more than they hold: throws 403 when creating or changing a role or a binding would, unless the user
 * has the verb `escalate` (roles) or `bind` (bindings). `old` is the stored object of an update. Call it with the object
 * as it would be stored, after admission. Throws 404 when a binding points at a role that is not there.
 * After kubernetes 1.32 pkg/registry/rbac
 */
export function checkEscalation(user: UserInfo, resource: string, object: KubeObject, old: KubeObject | undefined, reader: ObjectReader): void {
  if (user.groups.includes('system:masters')) return;
  const namespace = resource === 'roles' || resource === 'rolebindings' ? object.metadata.namespace : undefined;
  const name = object.metadata.name;
  let problem: string | undefined;
  if (resource === 'roles' || resource === 'clusterroles') {
    const same = old !== undefined && JSON.stringify(old['rules'] ?? []) === JSON.stringify(object['rules'] ?? []) && JSON.stringify(old['aggregationRule']) === JSON.stringify(object['aggregationRule']);
    if (same || may(user, 'escalate', resource, namespace, name, reader)) return;
    if (object['aggregationRule'] !== undefined && object['aggregationRule'] !== null) {
      // Aggregation can bring in any rule at all, so it takes every right.
      const everything: PolicyRule[] = [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] },
        { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] },
      ];
      if (confirm(user, namespace, everything, reader) !== undefined) problem = 'must have cluster-admin privileges to use the aggregationRule';
    }
    problem ??= confirm(user, namespace, rulesOf(object['rules']), reader);
  } else {
    const same = old !== undefined && JSON.stringify(old['subjects'] ?? []) === JSON.stringify(object['subjects'] ?? []) && JSON.stringify(old['roleRef']) === JSON.stringify(object['roleRef']);
    const roleRef = object['roleRef'];
    const roleName = text(at(roleRef, 'name'));
    const roleKind = text(at(roleRef, 'kind'));
    if (!same && roleKind !== 'Role' && roleKind !== 'ClusterRole') throw new ApiStatus(500, '', `unsupported role reference kind: ${quote(roleKind)}`);
    const roleResource = text(at(roleRef, 'kind')) === 'ClusterRole' ? 'clusterroles' : 'roles';
    if (same || may(user, 'bind', roleResource, namespace, roleName, reader)) return;
    const role = rulesOfRole(reader, roleRef, namespace);
    if ('missing' in role) {
      // The registry names the resource of the request, not the role's.
      throw new ApiStatus(404, 'NotFound', `${qualified(RBAC_GROUP, resource)} ${quote(roleName)} not found`, { name: roleName, group: RBAC_GROUP, kind: resource });
    }
    problem = confirm(user, namespace, role.rules, reader);
  }
  if (problem !== undefined) throw forbiddenObject(RBAC_GROUP, resource, name, problem);
}
