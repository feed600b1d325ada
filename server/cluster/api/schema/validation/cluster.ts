/** Nodes, leases, runtimes, webhooks and policies, API services. After kubernetes 1.32 pkg/apis/*\/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { CIDR_PROBLEM, dns1035Label, dnsLabel, dnsSubdomain, isCidr, qualifiedName } from './names.ts';
import { podSpecCauses } from './pod.ts';
import { selectorCauses } from './workloads.ts';

export function nodeCauses(node: KubeObject): StatusCause[] {
  const spec = record(node.spec);
  const causes: StatusCause[] = [];
  const seen = new Set<string>();
  items(spec, 'taints').forEach((taint, i) => {
    const at = `metadata.taints[${i}]`;
    const [key, effect] = [String(taint.key ?? ''), String(taint.effect ?? '')];
    for (const problem of qualifiedName(key)) causes.push(invalid(`${at}.key`, goString(key), problem));
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
    if ((hook.sideEffects ?? '') === '') causes.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
    else if (!['None', 'NoneOnDryRun'].includes(String(hook.sideEffects))) causes.push(unsupported(`${at}.sideEffects`, hook.sideEffects, ['None', 'NoneOnDryRun']));
    const seconds = hook.timeoutSeconds;
    if (typeof seconds === 'number' && (seconds > 30 || seconds < 1)) causes.push(invalid(`${at}.timeoutSeconds`, String(seconds), 'the timeout value must be between 1 and 30 seconds'));
    const client = record(hook.clientConfig);
    if (isRecord(client.service) === (client.url !== undefined)) causes.push(required(`${at}.clientConfig`, 'exactly one of url or service is required'));
    const versions: unknown[] = Array.isArray(hook.admissionReviewVersions) ? hook.admissionReviewVersions : [];
    if (versions.length === 0) causes.push(required(`${at}.admissionReviewVersions`, 'must specify one of v1, v1beta1'));
    return causes;
  });
}

function ruleCauses(rule: Record<string, unknown>, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const list = (key: string): unknown[] => (Array.isArray(rule[key]) ? rule[key] : []);
  if (list('apiGroups').length === 0) causes.push(required(`${at}.apiGroups`));
  if (list('apiVersions').length === 0) causes.push(required(`${at}.apiVersions`));
  if (list('resources').length === 0) causes.push(required(`${at}.resources`));
  const operations = list('operations');
  if (operations.length === 0) causes.push(required(`${at}.operations`));
  if (operations.length > 1 && operations.includes('*')) causes.push(invalid(`${at}.operations`, `[]admissionregistration.OperationType{${operations.map(goString).join(', ')}}`, "if '*' is present, must not specify other operations"));
  operations.forEach((operation, i) => {
    if (!['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'].includes(String(operation))) causes.push(unsupported(`${at}.operations[${i}]`, operation, ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']));
  });
  return causes;
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
  items(spec, 'variables').forEach((variable, i) => {
    const name = String(variable.name ?? '');
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) causes.push(name === '' ? required(`spec.variables[${i}].name`) : invalid(`spec.variables[${i}].name`, goString(name), 'name is not a valid CEL identifier'));
    if (String(variable.expression ?? '').trim() === '') causes.push(required(`spec.variables[${i}].expression`, 'expression is not specified'));
  });
  const validations = items(spec, 'validations');
  if (validations.length === 0 && items(spec, 'auditAnnotations').length === 0) {
    for (const key of ['validations', 'auditAnnotations']) causes.push(required(`spec.${key}`, 'validations or auditAnnotations must contain at least one item'));
  }
  validations.forEach((validation, i) => {
    const at = `spec.validations[${i}]`;
    if (String(validation.expression ?? '').trim() === '') causes.push(required(`${at}.expression`, 'expression is not specified'));
    if (typeof validation.message === 'string' && validation.message !== '' && validation.message.trim() === '') causes.push(invalid(`${at}.message`, goString(validation.message), 'message must be non-empty if specified'));
    if (typeof validation.message === 'string' && validation.message.trim().includes('\n')) causes.push(invalid(`${at}.message`, goString(validation.message), 'message must not contain line breaks'));
    if (validation.reason !== undefined && !['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'].includes(String(validation.reason))) causes.push(unsupported(`${at}.reason`, validation.reason, ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized']));
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
  const level = record(record(object.spec).priorityLevelConfiguration);
  return (level.name ?? '') === '' ? [required('spec.priorityLevelConfiguration.name', 'must reference a priority level')] : [];
}

export function priorityLevelCauses(object: KubeObject): StatusCause[] {
  const { type } = record(object.spec);
  return type === 'Exempt' || type === 'Limited' ? [] : [unsupported('spec.type', type, ['Exempt', 'Limited'])];
}
