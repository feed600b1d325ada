import type { ResourceType } from '../client.ts';
import type { KubeObject } from '../store/object.ts';
import { records, textMap, at } from './fields.ts';
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from './bootstrap-data.ts';
import { RBAC_GROUP } from './rbac.ts';

/** A role of the first start, without what all of them share. */
export interface BootstrapRole {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  rules?: readonly object[];
  /** Its rules come from the cluster roles that carry `rbac.authorization.k8s.io/<aggregate>: "true"`. */
  aggregate?: string;
}

export interface BootstrapBinding {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  role: string;
  clusterRole: boolean;
  subjects: readonly object[];
}

const API_VERSION = `${RBAC_GROUP}/v1`;
const type = (resource: string): ResourceType => ({ group: RBAC_GROUP, version: 'v1', resource });

function metadata(entry: { name: string; namespace?: string; labels?: Record<string, string> }): KubeObject['metadata'] {
  return {
    name: entry.name,
    ...(entry.namespace === undefined ? {} : { namespace: entry.namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...entry.labels },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

const role = (kind: string) => (entry: BootstrapRole): KubeObject =>
  entry.aggregate === undefined
    ? { apiVersion: API_VERSION, kind, metadata: metadata(entry), rules: structuredClone(entry.rules) }
    : {
        apiVersion: API_VERSION,
        kind,
        metadata: metadata(entry),
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`${RBAC_GROUP}/${entry.aggregate}`]: 'true' } }] },
        rules: null,
      };

const binding = (kind: string) => (entry: BootstrapBinding): KubeObject => ({
  apiVersion: API_VERSION,
  kind,
  metadata: metadata(entry),
  roleRef: { apiGroup: RBAC_GROUP, kind: entry.clusterRole ? 'ClusterRole' : 'Role', name: entry.role },
  subjects: structuredClone(entry.subjects),
});

/** What kubeadm adds: the administrator's group of the kubeconfig. */
const clusterAdmins: KubeObject = {
  apiVersion: API_VERSION,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'kubeadm:cluster-admins' },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: RBAC_GROUP, kind: 'Group', name: 'kubeadm:cluster-admins' }],
};

/**
 * The roles and bindings that a new cluster starts with, the aggregated ones already filled in. They need the namespaces
 * kube-system and kube-public.
 */
export function bootstrapRbac(): { type: ResourceType; object: KubeObject }[] {
  const made = clusterRoles.map(role('ClusterRole'));
  const filled = made.map((r) => aggregated(r, made) ?? r);
  // Once more, because `admin` takes over `edit`, which takes over `view`.
  const twice = filled.map((r) => aggregated(r, filled) ?? r);
  const complete = twice.map((r) => aggregated(r, twice) ?? r);
  return [
    ...complete.map((object) => ({ type: type('clusterroles'), object })),
    ...clusterRoleBindings.map(binding('ClusterRoleBinding')).map((object) => ({ type: type('clusterrolebindings'), object })),
    { type: type('clusterrolebindings'), object: structuredClone(clusterAdmins) },
    ...roles.map(role('Role')).map((object) => ({ type: type('roles'), object })),
    ...roleBindings.map(binding('RoleBinding')).map((object) => ({ type: type('rolebindings'), object })),
  ];
}

function selects(selector: Record<string, unknown>, labels: Record<string, string>): boolean {
  const exact = Object.entries(textMap(selector['matchLabels'])).every(([k, v]) => labels[k] === v);
  const expressions = records(selector['matchExpressions']).every((e) => {
    const key = String(e['key']);
    const values = Array.isArray(e['values']) ? e['values'] : [];
    switch (e['operator']) {
      case 'In': return key in labels && values.includes(labels[key]);
      case 'NotIn': return !(key in labels) || !values.includes(labels[key]);
      case 'Exists': return key in labels;
      case 'DoesNotExist': return !(key in labels);
      default: return false;
    }
  });
  return exact && expressions;
}

/**
 * The role with the rules that its aggregationRule brings together, the other roles by name; undefined when it has none
 * or nothing changes. After kubernetes 1.32 pkg/controller/clusterroleaggregation
 */
export function aggregated(target: KubeObject, all: readonly KubeObject[]): KubeObject | undefined {
  const selectors = records(at(target, 'aggregationRule', 'clusterRoleSelectors'));
  if (selectors.length === 0) return undefined;
  const rules = new Map<string, Record<string, unknown>>();
  const sorted = [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const selector of selectors) {
    for (const source of sorted) {
      if (source.metadata.name === target.metadata.name || !selects(selector, source.metadata.labels ?? {})) continue;
      for (const rule of records(source['rules'])) {
        const key = JSON.stringify(rule);
        if (!rules.has(key)) rules.set(key, structuredClone(rule));
      }
    }
  }
  const next = [...rules.values()];
  return JSON.stringify(next) === JSON.stringify(target['rules']) ? undefined : { ...target, rules: next };
}
