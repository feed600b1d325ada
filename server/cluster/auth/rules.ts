import { isRecord, quoteAll, record, texts } from './fields.ts';

/** One rule of a Role or ClusterRole, every list present. */
export interface PolicyRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  resourceNames: string[];
  nonResourceURLs: string[];
}

export function ruleOf(value: unknown): PolicyRule {
  const rule = record(value);
  return {
    verbs: texts(rule['verbs']),
    apiGroups: texts(rule['apiGroups']),
    resources: texts(rule['resources']),
    resourceNames: texts(rule['resourceNames']),
    nonResourceURLs: texts(rule['nonResourceURLs']),
  };
}

export function rulesOf(value: unknown): PolicyRule[] {
  return Array.isArray(value) ? value.filter(isRecord).map(ruleOf) : [];
}

const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);

function hasResource(list: readonly string[], resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return list.includes('*') || list.includes(combined) || (subresource !== '' && list.includes(`*/${subresource}`));
}

function hasPath(list: readonly string[], path: string): boolean {
  return list.some((p) => p === '*' || p === path || (p.endsWith('*') && path.startsWith(p.replace(/\*+$/, ''))));
}

export interface ResourceRequest {
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  name: string;
}

export function allowsResource(rule: PolicyRule, request: ResourceRequest): boolean {
  return (
    has(rule.verbs, request.verb) &&
    has(rule.apiGroups, request.group) &&
    hasResource(rule.resources, request.resource, request.subresource) &&
    (rule.resourceNames.length === 0 || rule.resourceNames.includes(request.name))
  );
}

export function allowsPath(rule: PolicyRule, verb: string, path: string): boolean {
  return has(rule.verbs, verb) && hasPath(rule.nonResourceURLs, path);
}

const none: PolicyRule = { verbs: [], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };

/** A rule as the single permissions it grants: one group, resource, name and verb each. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups) {
    for (const resource of rule.resources) {
      for (const verb of rule.verbs) {
        const part = { ...none, apiGroups: [group], resources: [resource], verbs: [verb] };
        if (rule.resourceNames.length === 0) parts.push(part);
        else for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const path of rule.nonResourceURLs) {
    for (const verb of rule.verbs) parts.push({ ...none, nonResourceURLs: [path], verbs: [verb] });
  }
  return parts;
}

function covers(owner: PolicyRule, part: PolicyRule): boolean {
  const all = (mine: string[], theirs: string[]) => mine.includes('*') || theirs.every((t) => mine.includes(t));
  if (!all(owner.verbs, part.verbs)) return false;
  if (part.nonResourceURLs.length > 0) {
    return part.nonResourceURLs.every((u) => owner.nonResourceURLs.some((o) => o === u || o === '*' || (o.endsWith('*') && u.startsWith(o.slice(0, -1)))));
  }
  const resources = part.resources.every((r) => owner.resources.includes('*') || owner.resources.includes(r) || (r.includes('/') && owner.resources.includes(`*/${r.slice(r.indexOf('/') + 1)}`)));
  const names = owner.resourceNames.length === 0 || (part.resourceNames.length > 0 && part.resourceNames.every((n) => owner.resourceNames.includes(n)));
  return all(owner.apiGroups, part.apiGroups) && resources && names;
}

/** The single permissions of `wanted` that `owned` does not hold. After kubernetes 1.32 component-helpers/auth/rbac/validation */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakdown).filter((part) => !owned.some((o) => covers(o, part)));
}

/** Puts the verbs of one group, resource and name together again, in the order in which they were found missing. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const rest: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs.length > 0 || rule.apiGroups.length !== 1 || rule.resources.length !== 1 || rule.resourceNames.length > 1) {
      rest.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = simple.get(key);
    if (known === undefined) simple.set(key, { ...rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs);
  }
  return [...rest, ...simple.values()];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`. */
export function describeRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts.filter(([, values]) => values.length > 0).map(([name, values]) => `${name}:${quoteAll(values)}`).join(', ')}}`;
}
