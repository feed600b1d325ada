/** Nodes, leases, runtimes, webhooks and policies, API services. After kubernetes 1.32 pkg/apis/*\/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { expressionProblem, resultType } from '../cel-compile.ts';
import { duplicate, forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { CIDR_PROBLEM, dns1035Label, dnsLabel, dnsSubdomain, isCidr, labelValue, qualifiedName } from './names.ts';
import { labelCauses } from './metadata.ts';
import { podSpecCauses, tolerationCauses } from './pod.ts';
import { webhookClientCauses } from './webhook-client.ts';
import { selectorCauses } from './workloads.ts';

export function nodeCauses(node: KubeObject): StatusCause[] {
  const spec = record(node.spec);
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  items(spec, 'taints').forEach((taint, i) => {
    const at = `metadata.taints[${i}]`;
    const [key, effect] = [String(taint.key ?? ''), String(taint.effect ?? '')];
    for (const problem of qualifiedName(key)) causes.push(invalid(`${at}.key`, goString(key), problem));
    for (const problem of labelValue(String(taint.value ?? ''))) causes.push(invalid(`${at}.value`, goString(taint.value), problem));
    if (effect === '') causes.push(required(`${at}.effect`));
    else if (!['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)) causes.push(unsupported(`${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
    if (seen.has(`${key}:${effect}`)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: core.Taint{Key:${goString(key)}, Value:${goString(taint.value ?? '')}, Effect:${goString(effect)}, TimeAdded:<nil>}`, field: `${at}` });
    seen.add(`${key}:${effect}`);
  });
  const cidrs: unknown[] = Array.isArray(spec.podCIDRs) ? spec.podCIDRs : spec.podCIDR === undefined ? [] : [spec.podCIDR];
  cidrs.forEach((cidr, i) => {
    if (!isCidr(String(cidr))) causes.push(invalid(`spec.podCIDRs[${i}]`, goString(cidr), CIDR_PROBLEM));
  });
  return causes;
}

export function leaseCauses(lease: KubeObject): StatusCause[] {
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = record(lease.spec);
  const causes: StatusCause[] = [];
  if (typeof duration === 'number' && duration <= 0) causes.push(invalid('spec.leaseDurationSeconds', String(duration), 'must be greater than 0'));
  if (typeof transitions === 'number' && transitions < 0) causes.push(invalid('spec.leaseTransitions', String(transitions), 'must be greater than or equal to 0'));
  return causes;
}

export function runtimeClassCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const handler = String(object.handler ?? '');
  const causes = dnsLabel(handler).map((problem) => invalid('handler', goString(handler), problem));
  if (isRecord(object.scheduling)) {
    causes.push(...labelCauses('scheduling.nodeSelector', object.scheduling.nodeSelector));
    items(object.scheduling, 'tolerations').forEach((toleration, i) => causes.push(...tolerationCauses(toleration, `scheduling.tolerations.tolerations[${i}]`)));
  }
  if (old !== undefined && old.handler !== object.handler) causes.push(invalid('handler', goString(handler), 'field is immutable'));
  return causes;
}

export function controllerRevisionCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const causes: StatusCause[] = [];
  const revision = Number(object.revision ?? 0);
  if (revision < 0) causes.push(invalid('revision', String(revision), 'must be greater than or equal to 0'));
  if (object.data === undefined || object.data === null) causes.push(required('data', 'data is mandatory'));
  if (old !== undefined && !sameJson(old.data, object.data)) causes.push(invalid('data', goString(object.data), 'field is immutable'));
  return causes;
}

export function podTemplateCauses(object: KubeObject): StatusCause[] {
  return podSpecCauses(record(record(object.template).spec), 'template.spec', { pod: false });
}

/** Both kinds of webhook configurations. */
export function webhookCauses(object: KubeObject): StatusCause[] {
  const names = new Set<string>();
  return items(object, 'webhooks').flatMap((hook, i) => {
    const at = `webhooks[${i}]`;
    const name = String(hook.name ?? '');
    const causes: StatusCause[] = [];
    if (name === '') causes.push(required(`${at}.name`));
    else {
      causes.push(...dnsSubdomain(name).map((problem) => invalid(`${at}.name`, goString(name), problem)));
      if (name.split('.').length < 3) causes.push(invalid(`${at}.name`, goString(name), 'should be a domain with at least three segments separated by dots'));
    }
    if (names.has(name)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(name)}`, field: `${at}.name` });
    names.add(name);
    items(hook, 'rules').forEach((rule, n) => causes.push(...ruleCauses(rule, `${at}.rules[${n}]`)));
    if (!['Fail', 'Ignore'].includes(String(hook.failurePolicy ?? 'Fail'))) causes.push(unsupported(`${at}.failurePolicy`, hook.failurePolicy, ['Fail', 'Ignore']));
    if (!['Equivalent', 'Exact'].includes(String(hook.matchPolicy ?? 'Equivalent'))) causes.push(unsupported(`${at}.matchPolicy`, hook.matchPolicy, ['Equivalent', 'Exact']));
    if ((hook.sideEffects ?? '') === '') causes.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
    else if (!['None', 'NoneOnDryRun'].includes(String(hook.sideEffects))) causes.push(unsupported(`${at}.sideEffects`, hook.sideEffects, ['None', 'NoneOnDryRun']));
    const seconds = hook.timeoutSeconds;
    if (typeof seconds === 'number' && (seconds > 30 || seconds < 1)) causes.push(invalid(`${at}.timeoutSeconds`, String(seconds), 'the timeout value must be between 1 and 30 seconds'));
    for (const key of ['namespaceSelector', 'objectSelector']) if (isRecord(hook[key])) causes.push(...selectorCauses(record(hook[key]), `${at}.${key}`));
    causes.push(...webhookClientCauses(record(hook.clientConfig), `${at}.clientConfig`), ...matchConditionCauses(hook, `${at}.matchConditions`, ADMISSION_WORDS));
    const versions: unknown[] = Array.isArray(hook.admissionReviewVersions) ? hook.admissionReviewVersions : [];
    if (versions.length === 0) causes.push(required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    else if (!versions.some((version) => version === 'v1' || version === 'v1beta1')) causes.push(invalid(`${at}.admissionReviewVersions`, goString(versions), 'must include at least one of v1, v1beta1'));
    return causes;
  });
}

function ruleCauses(rule: Record<string, unknown>, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const list = (key: string): unknown[] => (Array.isArray(rule[key]) ? rule[key] : []);
  const operations = list('operations');
  if (operations.length === 0) causes.push(required(`${at}.operations`));
  if (operations.length > 1 && operations.includes('*')) causes.push(invalid(`${at}.operations`, `[]admissionregistration.OperationType{${operations.map(goString).join(', ')}}`, "if '*' is present, must not specify other operations"));
  operations.forEach((operation, i) => {
    if (!['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'].includes(String(operation))) causes.push(unsupported(`${at}.operations[${i}]`, operation, ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']));
  });
  for (const [key, word] of [['apiGroups', 'API groups'], ['apiVersions', 'API versions']] as const) {
    if (list(key).length === 0) causes.push(required(`${at}.${key}`));
    if (list(key).length > 1 && list(key).includes('*')) causes.push(invalid(`${at}.${key}`, goString(list(key)), `if '*' is present, must not specify other ${word}`));
  }
  const resources = list('resources');
  if (resources.length === 0) causes.push(required(`${at}.resources`));
  if (resources.length > 1 && resources.includes('*/*')) causes.push(invalid(`${at}.resources`, goString(resources), "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && resources.some((name) => name !== '*' && !String(name).includes('/'))) causes.push(invalid(`${at}.resources`, goString(resources), "if '*' is present, must not specify other resources without subresources"));
  if (rule.scope !== undefined && !['*', 'Cluster', 'Namespaced'].includes(String(rule.scope))) causes.push(unsupported(`${at}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced']));
  return causes;
}

/** What expressions of admission may speak of. */
const ADMISSION_WORDS = ['object', 'oldObject', 'request', 'namespaceObject', 'authorizer'];

/** Whether an expression compiles, and to what is asked of it. */
function expressionCauses(expression: string, field: string, words: readonly string[], wanted?: 'bool' | 'string'): StatusCause[] {
  const problem = expressionProblem(expression, Object.fromEntries(words.map((word) => [word, {}])));
  if (problem !== undefined) return [invalid(field, goString(expression), `compilation failed: ${problem}`)];
  const type = resultType(expression);
  return wanted === undefined || type === wanted || type === 'dyn' ? [] : [invalid(field, goString(expression), `must evaluate to ${wanted} but got ${type}`)];
}

function matchConditionCauses(owner: JsonRecord, at: string, words: readonly string[]): StatusCause[] {
  const conditions = items(owner, 'matchConditions');
  return conditions.flatMap((condition, i) => {
    const [name, expression] = [String(condition.name ?? ''), String(condition.expression ?? '').trim()];
    const causes = expression === '' ? [required(`${at}[${i}].expression`)] : expressionCauses(expression, `${at}[${i}].expression`, words, 'bool');
    if (name === '') causes.push(required(`${at}[${i}].name`));
    else causes.push(...qualifiedName(name).map((problem) => invalid(`${at}[${i}].name`, goString(name), problem)));
    if (name !== '' && conditions.findIndex((other) => other.name === name) < i) causes.push(duplicate(`${at}[${i}].name`, name));
    return causes;
  });
}

export function policyCauses(policy: KubeObject): StatusCause[] {
  const spec = record(policy.spec);
  const causes: StatusCause[] = [];
  if (!['Fail', 'Ignore'].includes(String(spec.failurePolicy ?? 'Fail'))) causes.push(unsupported('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']));
  if (isRecord(spec.paramKind)) {
    for (const key of ['apiVersion', 'kind']) if ((spec.paramKind[key] ?? '') === '') causes.push(required(`spec.paramKind.${key}`));
  }
  if (!isRecord(spec.matchConstraints)) causes.push(required('spec.matchConstraints'));
  else {
    const rules = items(spec.matchConstraints, 'resourceRules');
    if (rules.length === 0) causes.push(required('spec.matchConstraints.resourceRules'));
    rules.forEach((rule, i) => causes.push(...ruleCauses(rule, `spec.matchConstraints.resourceRules[${i}]`)));
    for (const key of ['namespaceSelector', 'objectSelector']) {
      const selector = spec.matchConstraints[key];
      if (isRecord(selector)) causes.push(...selectorCauses(selector, `spec.matchConstraints.${key}`));
    }
  }
  const words = [...ADMISSION_WORDS, ...(isRecord(spec.paramKind) ? ['params'] : [])];
  causes.push(...matchConditionCauses(spec, 'spec.matchConditions', words));
  words.push('variables');
  items(spec, 'variables').forEach((variable, i) => {
    const name = String(variable.name ?? '');
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) causes.push(name === '' ? required(`spec.variables[${i}].name`) : invalid(`spec.variables[${i}].name`, goString(name), 'name is not a valid CEL identifier'));
    const expression = String(variable.expression ?? '').trim();
    causes.push(...(expression === '' ? [required(`spec.variables[${i}].expression`, 'expression is not specified')] : expressionCauses(expression, `spec.variables[${i}].expression`, words)));
  });
  const validations = items(spec, 'validations');
  if (validations.length === 0 && items(spec, 'auditAnnotations').length === 0) {
    for (const key of ['validations', 'auditAnnotations']) causes.push(required(`spec.${key}`, 'validations or auditAnnotations must contain at least one item'));
  }
  validations.forEach((validation, i) => {
    const at = `spec.validations[${i}]`;
    const [expression, message] = [String(validation.expression ?? '').trim(), String(validation.messageExpression ?? '').trim()];
    causes.push(...(expression === '' ? [required(`${at}.expression`, 'expression is not specified')] : expressionCauses(expression, `${at}.expression`, words, 'bool')));
    if (message !== '') causes.push(...expressionCauses(message, `${at}.messageExpression`, words, 'string'));
    if (typeof validation.message === 'string' && validation.message !== '' && validation.message.trim() === '') causes.push(invalid(`${at}.message`, goString(validation.message), 'message must be non-empty if specified'));
    if (typeof validation.message === 'string' && validation.message.trim().includes('\n')) causes.push(invalid(`${at}.message`, goString(validation.message), 'message must not contain line breaks'));
    if (validation.reason !== undefined && !['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'].includes(String(validation.reason))) causes.push(unsupported(`${at}.reason`, validation.reason, ['Forbidden', 'Invalid', 'RequestEntityTooLarge']));
  });
  return causes;
}

export function policyBindingCauses(binding: KubeObject): StatusCause[] {
  const spec = record(binding.spec);
  const causes: StatusCause[] = [];
  const name = String(spec.policyName ?? '');
  if (name === '') causes.push(required('spec.policyName'));
  else causes.push(...dnsSubdomain(name).map((problem) => invalid('spec.policyName', goString(name), problem)));
  const actions: unknown[] = Array.isArray(spec.validationActions) ? spec.validationActions : [];
  if (actions.length === 0) causes.push(required('spec.validationActions', 'at least one validation action is required'));
  const seen = new Set<unknown>();
  actions.forEach((action, i) => {
    if (!['Audit', 'Deny', 'Warn'].includes(String(action))) causes.push(unsupported(`spec.validationActions[${i}]`, action, ['Audit', 'Deny', 'Warn']));
    if (seen.has(action)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(action)}`, field: `spec.validationActions[${i}]` });
    seen.add(action);
  });
  if (seen.has('Deny') && seen.has('Warn')) causes.push(invalid('spec.validationActions', `[]admissionregistration.ValidationAction{${actions.map(goString).join(', ')}}`, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  return causes;
}

export function apiServiceCauses(service: KubeObject): StatusCause[] {
  const spec = record(service.spec);
  const [group, version] = [String(spec.group ?? ''), String(spec.version ?? '')];
  const causes: StatusCause[] = [];
  if (service.metadata.name !== `${version}.${group}`) causes.push(invalid('metadata.name', goString(service.metadata.name), `must be \`spec.version+"."+spec.group\`: ${goString(`${version}.${group}`)}`));
  if (group === '' && version !== 'v1') causes.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  else if (group !== '') causes.push(...dnsSubdomain(group).map((problem) => invalid('spec.group', goString(group), problem)));
  causes.push(...dns1035Label(version).map((problem) => invalid('spec.version', goString(version), problem)));
  const [minimum, priority] = [Number(spec.groupPriorityMinimum ?? 0), Number(spec.versionPriority ?? 0)];
  if (minimum <= 0 || minimum > 20000) causes.push(invalid('spec.groupPriorityMinimum', String(minimum), 'must be positive and less than 20000'));
  if (priority <= 0 || priority > 1000) causes.push(invalid('spec.versionPriority', String(priority), 'must be positive and less than 1000'));
  return causes;
}

export function flowSchemaCauses(object: KubeObject): StatusCause[] {
  const spec = record(object.spec);
  const causes: StatusCause[] = [];
  // Nothing and none at all are the same to Go.
  const precedence = Number(spec.matchingPrecedence ?? 0) || 1000;
  const fail = (text: string): void => void causes.push(invalid('spec.matchingPrecedence', String(precedence), text));
  if (precedence <= 0) fail('must be a positive value');
  if (precedence > 10_000) fail('must not be greater than 10000');
  if (precedence === 1 && object.metadata.name !== 'exempt') fail("only the schema named 'exempt' may have matchingPrecedence 1");
  const method = record(spec.distinguisherMethod).type;
  if (isRecord(spec.distinguisherMethod) && method !== 'ByUser' && method !== 'ByNamespace') {
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: flowcontrol.FlowDistinguisherMethod{Type:${goString(method ?? '')}}: supported values: "ByNamespace", "ByUser"`, field: 'spec.distinguisherMethod.type' });
  }
  const level = String(record(spec.priorityLevelConfiguration).name ?? '');
  if (level === '') causes.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  else causes.push(...dnsSubdomain(level).map((problem) => invalid('spec.priorityLevelConfiguration.name', goString(level), problem)));
  items(spec, 'rules').forEach((rule, i) => {
    if (items(rule, 'subjects').length === 0) causes.push(required(`spec.rules[${i}].subjects`, 'subjects must contain at least one value'));
    if (items(rule, 'resourceRules').length === 0 && items(rule, 'nonResourceRules').length === 0) causes.push(required(`spec.rules[${i}]`, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  });
  return causes;
}

export function priorityLevelCauses(object: KubeObject): StatusCause[] {
  const { type, limited, exempt } = record(object.spec);
  const causes: StatusCause[] = [];
  if ((object.metadata.name === 'exempt') !== (type === 'Exempt')) causes.push(invalid('spec.type', goString(type ?? ''), "type must be 'Exempt' if and only if name is 'exempt'"));
  if (type === 'Exempt') return isRecord(limited) ? [...causes, forbidden('spec.limited', 'must be nil if the type is not Limited')] : causes;
  if (type !== 'Limited') return [...causes, unsupported('spec.type', type, ['Exempt', 'Limited'])];
  if (isRecord(exempt)) causes.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
  if (!isRecord(limited)) causes.push(required('spec.limited', 'must not be empty when type is Limited'));
  return causes;
}
