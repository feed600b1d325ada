/** ValidatingAdmissionPolicies. After kubernetes 1.32 apiserver/pkg/admission/plugin/policy/validating */
import type { Environment } from '@marcbachmann/cel-js';
import { isJsonObject } from '../../lib/json.ts';
import { celJson, kubernetesCel } from '../api/schema/cel.ts';
import { record, records, text } from '../auth/fields.ts';
import type { AdmissionRequest } from '../api/hooks.ts';
import { ApiStatus } from '../api/status.ts';
import { parseApiVersion, type KubeObject } from '../store/object.ts';
import { matchesLabelSelector } from '../store/selectors.ts';
import type { AdmissionPlugin, AdmissionTools } from './plugin.ts';
import { refuse } from './plugin.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = { group: GROUP, resource: 'validatingadmissionpolicies' };
const BINDINGS = { group: GROUP, resource: 'validatingadmissionpolicybindings' };
const NAMESPACES = { group: '', resource: 'namespaces' };
/** Policies don't guard themselves, nor questions. */
const EXEMPT = new Set([`${GROUP}/validatingadmissionpolicies`, `${GROUP}/validatingadmissionpolicybindings`, `${GROUP}/validatingwebhookconfigurations`, `${GROUP}/mutatingwebhookconfigurations`]);
const REASONS: Record<string, number> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

interface Denial {
  message: string;
  reason: string;
}

let cel: Environment | undefined;

/** Asks every policy that a binding applies to the request. Throws ApiStatus with the first denial. */
export const admissionPolicies: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  validate(request, tools) {
    const { group, resource } = request.resource;
    if (EXEMPT.has(`${group}/${resource}`)) return;
    const bindings = tools.reader.list(BINDINGS);
    for (const binding of bindings) {
      const spec = record(binding['spec']);
      const policy = tools.reader.get(POLICIES, undefined, text(spec['policyName']));
      if (policy === undefined || !matches(record(record(policy['spec'])['matchConstraints']), request, tools)) continue;
      if (isJsonObject(spec['matchResources']) && !matches(spec['matchResources'], request, tools)) continue;
      for (const denial of denials(policy, binding, request, tools)) act(policy, binding, denial, request);
    }
  },
};

function act(policy: KubeObject, binding: KubeObject, { message, reason }: Denial, request: AdmissionRequest): void {
  const actions = record(binding['spec'])['validationActions'];
  const has = (action: string): boolean => Array.isArray(actions) && actions.includes(action);
  const who = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`;
  if (has('Warn')) request.warn(`Validation failed for ${who}: ${message}`);
  if (!has('Deny')) return;
  const refusal = refuse(request, `${who} denied request: ${message}`);
  const details = { ...refusal.details, causes: [{ message: `${who} denied request: ${message}` }] };
  throw new ApiStatus(REASONS[reason] ?? 422, reason, refusal.message, details);
}

/** Whether rules and selectors of a policy or a binding mean the request. No rules: every resource. */
function matches(resources: Record<string, unknown>, request: AdmissionRequest, { reader }: AdmissionTools): boolean {
  const rules = records(resources['resourceRules']);
  if (rules.length > 0 && !rules.some((rule) => ruleMatches(rule, request))) return false;
  if (records(resources['excludeResourceRules']).some((rule) => ruleMatches(rule, request))) return false;
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

function selects(selector: Record<string, unknown>, labels: Record<string, string> | undefined): boolean {
  const matchLabels = Object.fromEntries(Object.entries(record(selector['matchLabels'])).map(([key, value]) => [key, String(value)]));
  const matchExpressions = records(selector['matchExpressions']).map(({ key, operator, values }) => ({ key: text(key), operator: text(operator), values: Array.isArray(values) ? values.map(String) : [] }));
  return matchesLabelSelector({ matchLabels, matchExpressions }, labels);
}

function ruleMatches(rule: Record<string, unknown>, { resource: info, subresource = '', operation, name }: AdmissionRequest): boolean {
  const list = (key: string): string[] => (Array.isArray(rule[key]) ? rule[key].map(String) : []);
  const any = (key: string, value: string): boolean => list(key).includes('*') || list(key).includes(value);
  const names = list('resourceNames');
  const scope = text(rule['scope']);
  if (scope === 'Cluster' && info.namespaced) return false;
  if (scope === 'Namespaced' && !info.namespaced) return false;
  const resource = list('resources').some((pattern) => {
    const [main = '', sub = ''] = pattern.split('/');
    return (main === '*' || main === info.resource) && (pattern === '*/*' || sub === '*' || sub === subresource);
  });
  return any('apiGroups', info.group) && any('apiVersions', info.version) && any('operations', operation) && resource && (names.length === 0 || names.includes(name));
}

function denials(policy: KubeObject, binding: KubeObject, request: AdmissionRequest, tools: AdmissionTools): Denial[] {
  const spec = record(policy['spec']);
  const strict = text(spec['failurePolicy']) !== 'Ignore';
  const params = paramsOf(spec, record(binding['spec']), request, tools);
  if (!Array.isArray(params)) return params.deny && strict ? [{ message: params.problem, reason: 'Invalid' }] : [];
  return params.flatMap((param) => judge(spec, param, request, tools, strict));
}

/** The objects that a binding gives its policy: one `undefined` where the policy takes none. */
function paramsOf(policy: Record<string, unknown>, binding: Record<string, unknown>, request: AdmissionRequest, { reader, resourceOf }: AdmissionTools): (KubeObject | undefined)[] | { deny: boolean; problem: string } {
  const kind = policy['paramKind'];
  const ref = binding['paramRef'];
  if (!isJsonObject(kind) || !isJsonObject(ref)) return [undefined];
  const { group } = parseApiVersion(text(kind['apiVersion']));
  const info = resourceOf(group, text(kind['kind']));
  if (info === undefined) return { deny: true, problem: `failed to configure policy: failed to find resource referenced by paramKind: '${text(kind['apiVersion'])}, Kind=${text(kind['kind'])}'` };
  const namespace = !info.namespaced ? undefined : text(ref['namespace']) === '' ? request.namespace : text(ref['namespace']);
  const name = text(ref['name']);
  const found = name === '' ? reader.list(info, namespace).filter((object) => selects(record(ref['selector']), object.metadata.labels)) : [reader.get(info, namespace, name)].filter((object) => object !== undefined);
  if (found.length > 0) return found;
  return { deny: text(ref['parameterNotFoundAction']) !== 'Allow', problem: 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction' };
}

function judge(spec: Record<string, unknown>, param: KubeObject | undefined, request: AdmissionRequest, tools: AdmissionTools, strict: boolean): Denial[] {
  const values = contextOf(param, request, tools);
  const evaluate = (expression: string): unknown => {
    cel ??= kubernetesCel();
    return cel.evaluate(expression, values);
  };
  const fail = (expression: string, error: unknown): Denial[] => (strict ? [{ message: `expression '${expression}' resulted in error: ${problemOf(error)}`, reason: 'Invalid' }] : []);
  for (const condition of records(spec['matchConditions'])) {
    try {
      if (evaluate(text(condition['expression'])) !== true) return [];
    } catch (error) {
      return fail(text(condition['expression']), error);
    }
  }
  values['variables'] = lazyVariables(records(spec['variables']), evaluate);
  return records(spec['validations']).flatMap((validation) => {
    const expression = text(validation['expression']);
    try {
      if (evaluate(expression) === true) return [];
    } catch (error) {
      return fail(expression, error);
    }
    const reason = text(validation['reason']);
    return [{ message: messageOf(validation, evaluate) ?? `failed expression: ${expression.trim()}`, reason: reason === '' ? 'Invalid' : reason }];
  });
}

function messageOf(validation: Record<string, unknown>, evaluate: (expression: string) => unknown): string | undefined {
  try {
    const made = text(validation['messageExpression']) === '' ? undefined : evaluate(text(validation['messageExpression']));
    if (typeof made === 'string' && made.trim() !== '') return made.trim();
  } catch {
    // The plain message stands in.
  }
  const plain = text(validation['message']).trim();
  return plain === '' ? undefined : plain;
}

function problemOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/^No such key/i, 'no such key') ?? '';
}

/** Variables are worked out when first asked for; one may use those before it. */
function lazyVariables(variables: readonly Record<string, unknown>[], evaluate: (expression: string) => unknown): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const variable of variables) {
    Object.defineProperty(values, text(variable['name']), {
      configurable: true,
      enumerable: true,
      get: () => {
        const value = evaluate(text(variable['expression']));
        Object.defineProperty(values, text(variable['name']), { value, enumerable: true });
        return value;
      },
    });
  }
  return values;
}

function contextOf(param: KubeObject | undefined, request: AdmissionRequest, tools: AdmissionTools): Record<string, unknown> {
  const { resource: info, user } = request;
  const namespaceObject = request.namespace === undefined ? undefined : tools.reader.get(NAMESPACES, undefined, request.namespace);
  return {
    object: celJson(request.object ?? null),
    oldObject: celJson(request.oldObject ?? null),
    params: celJson(param ?? null),
    namespaceObject: celJson(namespaceObject ?? null),
    request: celJson({
      kind: { group: info.group, version: info.version, kind: info.kind },
      resource: { group: info.group, version: info.version, resource: info.resource },
      subResource: request.subresource ?? '',
      name: request.name,
      namespace: request.namespace ?? '',
      operation: request.operation,
      userInfo: { username: user.username, groups: user.groups, uid: user.uid ?? '', extra: user.extra ?? {} },
      dryRun: request.dryRun,
      requestKind: { group: info.group, version: info.version, kind: info.kind },
      requestResource: { group: info.group, version: info.version, resource: info.resource },
    }),
  };
}
