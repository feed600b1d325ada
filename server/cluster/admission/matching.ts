import { record, records, text } from '../auth/fields.ts';
import type { AdmissionRequest } from '../api/hooks.ts';
import type { ResourceInfo } from '../api/scheme/resource-info.ts';
import type { ObjectReader } from '../store/reader.ts';
import { matchesLabelSelector } from '../store/selectors.ts';

export const ADMISSION_GROUP = 'admissionregistration.k8s.io';
const NAMESPACES = { group: '', resource: 'namespaces' };
/** What guards requests does not guard itself. */
const EXEMPT = new Set(['validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations'].map((resource) => `${ADMISSION_GROUP}/${resource}`));

export function isExempt({ group, resource }: ResourceInfo): boolean {
  return EXEMPT.has(`${group}/${resource}`);
}

/** Whether `namespaceSelector` and `objectSelector` of a policy, a binding or a webhook mean the request. */
export function selectorsMatch(resources: Record<string, unknown>, request: AdmissionRequest, reader: ObjectReader): boolean {
  const namespaceSelector = record(resources['namespaceSelector']);
  if (!isEmpty(namespaceSelector)) {
    const isNamespace = request.resource.group === '' && request.resource.resource === 'namespaces';
    const name = isNamespace ? request.name : request.namespace;
    if (name !== undefined && name !== '') {
      const found = isNamespace && request.object !== undefined ? request.object : reader.get(NAMESPACES, undefined, name);
      if (!selects(namespaceSelector, found?.metadata.labels)) return false;
    }
  }
  const objectSelector = record(resources['objectSelector']);
  return isEmpty(objectSelector) || [request.object, request.oldObject].some((object) => object !== undefined && selects(objectSelector, object.metadata.labels));
}

function isEmpty(selector: Record<string, unknown>): boolean {
  return Object.keys(record(selector['matchLabels'])).length === 0 && records(selector['matchExpressions']).length === 0;
}

export function selects(selector: Record<string, unknown>, labels: Record<string, string> | undefined): boolean {
  const matchLabels = Object.fromEntries(Object.entries(record(selector['matchLabels'])).map(([key, value]) => [key, String(value)]));
  const matchExpressions = records(selector['matchExpressions']).map(({ key, operator, values }) => ({ key: text(key), operator: text(operator), values: Array.isArray(values) ? values.map(String) : [] }));
  return matchesLabelSelector({ matchLabels, matchExpressions }, labels);
}

/** Whether a rule means the request, seen as one for `info`. */
export function ruleMatches(rule: Record<string, unknown>, { subresource = '', operation, name }: AdmissionRequest, info: ResourceInfo): boolean {
  const list = (key: string): string[] => (Array.isArray(rule[key]) ? rule[key].map(String) : []);
  const any = (key: string, value: string): boolean => list(key).includes('*') || list(key).includes(value);
  const names = list('resourceNames');
  const scope = text(rule['scope']);
  // A namespace is in no namespace, whatever its own path says.
  if (scope === 'Cluster' && info.namespaced) return false;
  if (scope === 'Namespaced' && !info.namespaced) return false;
  const resource = list('resources').some((pattern) => {
    const [main = '', sub = ''] = pattern.split('/');
    return (main === '*' || main === info.resource) && (pattern === '*/*' || sub === '*' || sub === subresource);
  });
  return any('apiGroups', info.group) && any('apiVersions', info.version) && any('operations', operation) && resource && (names.length === 0 || names.includes(name));
}

/**
 * As which resource rules mean a request: itself, or with the match policy Equivalent another version of the same. The
 * first rule that fits decides. After kubernetes 1.32 apiserver/pkg/admission/plugin/webhook/generic/webhook.go
 */
export function matchedAs(rules: readonly Record<string, unknown>[], policy: string, request: AdmissionRequest, versionsOf: (group: string, resource: string) => readonly ResourceInfo[]): ResourceInfo | undefined {
  const own = request.resource;
  if (rules.some((rule) => ruleMatches(rule, request, own))) return own;
  if (policy === 'Exact') return undefined;
  const others = versionsOf(own.group, own.resource).filter((info) => info.version !== own.version);
  for (const rule of rules) {
    const found = others.find((info) => ruleMatches(rule, request, info));
    if (found !== undefined) return found;
  }
  return undefined;
}
