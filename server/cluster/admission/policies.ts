/** ValidatingAdmissionPolicies. After kubernetes 1.32 apiserver/pkg/admission/plugin/policy/validating */
import { evaluateCel } from '../api/schema/cel.ts';
import { isJsonObject } from '../../lib/json.ts';
import { convertObject } from '../api/convert.ts';
import { record, records, text } from '../auth/fields.ts';
import type { AdmissionRequest } from '../api/hooks.ts';
import type { ResourceInfo } from '../api/scheme/resource-info.ts';
import { ApiStatus } from '../api/status.ts';
import { apiVersionOf, parseApiVersion, type KubeObject } from '../store/object.ts';
import { admissionCel, celContext } from './cel-context.ts';
import { ADMISSION_GROUP, isExempt, matchedAs, selects, selectorsMatch } from './matching.ts';
import type { AdmissionPlugin, AdmissionTools } from './plugin.ts';
import { refuse } from './plugin.ts';

const POLICIES = { group: ADMISSION_GROUP, resource: 'validatingadmissionpolicies' };
const BINDINGS = { group: ADMISSION_GROUP, resource: 'validatingadmissionpolicybindings' };
const REASONS: Record<string, number> = { Unauthorized: 401, Forbidden: 403, Invalid: 422, RequestEntityTooLarge: 413 };

interface Denial {
  message: string;
  reason: string;
}

/** Asks every policy that a binding applies to the request. Throws ApiStatus with the first denial. */
export const admissionPolicies: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  validate(request, tools) {
    if (isExempt(request.resource)) return;
    const bindings = tools.reader.list(BINDINGS);
    for (const binding of bindings) {
      const spec = record(binding['spec']);
      const policy = tools.reader.get(POLICIES, undefined, text(spec['policyName']));
      const info = policy === undefined ? undefined : matches(record(record(policy['spec'])['matchConstraints']), request, tools);
      if (policy === undefined || info === undefined) continue;
      if (isJsonObject(spec['matchResources']) && matches(spec['matchResources'], request, tools) === undefined) continue;
      for (const denial of denials(policy, binding, seenAs(request, info), info, tools)) act(policy, binding, denial, request);
    }
  },
};

/** The request with its objects in the version that the policy's rules name. */
function seenAs(request: AdmissionRequest, info: ResourceInfo): AdmissionRequest {
  if (info === request.resource) return request;
  const { object, oldObject } = request;
  const shown = (one: KubeObject): KubeObject => convertObject(one, apiVersionOf(info));
  return { ...request, ...(object === undefined ? {} : { object: shown(object) }), ...(oldObject === undefined ? {} : { oldObject: shown(oldObject) }) };
}

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

/** As which resource the rules and selectors of a policy or a binding mean the request. No rules: every resource, as it is. */
function matches(resources: Record<string, unknown>, request: AdmissionRequest, { reader, versionsOf }: AdmissionTools): ResourceInfo | undefined {
  const rules = records(resources['resourceRules']);
  const policy = text(resources['matchPolicy']);
  const versions = versionsOf ?? (() => []);
  const found = rules.length === 0 ? request.resource : matchedAs(rules, policy, request, versions);
  if (found === undefined || matchedAs(records(resources['excludeResourceRules']), policy, request, versions) !== undefined) return undefined;
  return selectorsMatch(resources, request, reader) ? found : undefined;
}

function denials(policy: KubeObject, binding: KubeObject, request: AdmissionRequest, info: ResourceInfo, tools: AdmissionTools): Denial[] {
  const spec = record(policy['spec']);
  const strict = text(spec['failurePolicy']) !== 'Ignore';
  const params = paramsOf(spec, record(binding['spec']), request, tools);
  if (!Array.isArray(params)) return params.deny && strict ? [{ message: params.problem, reason: 'Invalid' }] : [];
  return params.flatMap((param) => judge(spec, celContext(request, tools.reader, param, info), strict));
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

function judge(spec: Record<string, unknown>, values: Record<string, unknown>, strict: boolean): Denial[] {
  const evaluate = (expression: string): unknown => evaluateCel(admissionCel(), expression, values);
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
