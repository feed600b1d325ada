/** ConfigMaps, Secrets, RBAC and the small kinds. After kubernetes 1.32 pkg/apis/{core,rbac,policy,autoscaling,scheduling}/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, required, tooLong, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { configMapKey, dnsSubdomain, pathSegment } from './names.ts';
import { nameCauses } from './pod.ts';
import { selectorCauses } from './workloads.ts';
import { goJsonProblem } from './json-problem.ts';

const MAX_DATA = 1024 * 1024;
const RBAC = 'rbac.authorization.k8s.io';

function keyCauses(field: string, data: JsonRecord): StatusCause[] {
  return Object.keys(data).flatMap((key) => configMapKey(key).map((problem) => invalid(`${field}[${key}]`, goString(key), problem)));
}

/** An object that says it is immutable keeps its data. */
function frozenCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  if (old?.immutable !== true) return [];
  const causes = object.immutable === true ? [] : [forbidden('immutable', 'field is immutable when `immutable` is set')];
  for (const key of ['data', 'binaryData']) if (!sameJson(record(object[key]), record(old[key]))) causes.push(forbidden(key, 'field is immutable when `immutable` is set'));
  return causes;
}

export function configMapCauses(map: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const [data, binary] = [record(map.data), record(map.binaryData)];
  const causes = keyCauses('data', data);
  for (const key of Object.keys(data)) if (key in binary) causes.push(invalid(`data[${key}]`, goString(key), 'duplicate of key present in binaryData'));
  causes.push(...keyCauses('binaryData', binary));
  const size = Object.values(data).reduce<number>((sum, v) => sum + Buffer.byteLength(String(v)), 0) + Object.values(binary).reduce<number>((sum, v) => sum + Buffer.from(String(v), 'base64').length, 0);
  if (size > MAX_DATA) causes.push(tooLong('[]', MAX_DATA));
  return [...frozenCauses(map, old), ...causes];
}

const REDACTED = '"<secret contents redacted>"';

export function secretCauses(secret: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const data = record(secret.data);
  const causes = keyCauses('data', data);
  const size = Object.values(data).reduce<number>((sum, v) => sum + Buffer.from(String(v), 'base64').length, 0);
  if (size > MAX_DATA) causes.push(tooLong('data', MAX_DATA));
  const need = (key: string): void => {
    if (data[key] === undefined) causes.push(required(`data[${key}]`));
  };
  const json = (key: string): void => {
    need(key);
    if (data[key] === undefined) return;
    const problem = goJsonProblem(Buffer.from(String(data[key]), 'base64').toString());
    if (problem !== undefined) causes.push(invalid(`data[${key}]`, REDACTED, problem));
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if ((secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === '') causes.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
      break;
    case 'kubernetes.io/dockercfg':
      json('.dockercfg');
      break;
    case 'kubernetes.io/dockerconfigjson':
      json('.dockerconfigjson');
      break;
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined) causes.push(required('data[username]'), required('data[password]'));
      break;
    case 'kubernetes.io/ssh-auth':
      if (String(data['ssh-privatekey'] ?? '') === '') causes.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      need('tls.crt');
      need('tls.key');
      break;
  }
  if (old !== undefined && old.type !== secret.type) causes.push(invalid('type', goString(secret.type), 'field is immutable'));
  return [...frozenCauses(secret, old), ...causes];
}

export function roleCauses(role: KubeObject): StatusCause[] {
  const namespaced = role.kind === 'Role';
  const rules: unknown[] = Array.isArray(role.rules) ? role.rules : [];
  const aggregated = isRecord(role.aggregationRule) ? aggregationCauses(role.aggregationRule) : [];
  const full = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
  const found = rules.flatMap((value, i) => {
    const rule = record(value);
    const at = `rules[${i}]`;
    const causes: StatusCause[] = [];
    if (!full(rule.verbs)) causes.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (full(rule.nonResourceURLs)) {
      if (namespaced) causes.push(invalid(`${at}.nonResourceURLs`, goString(rule.nonResourceURLs), 'namespaced rules cannot apply to non-resource URLs'));
      if (full(rule.apiGroups) || full(rule.resources) || full(rule.resourceNames)) causes.push(invalid(`${at}.nonResourceURLs`, goString(rule.nonResourceURLs), 'rules cannot apply to both regular resources and non-resource URLs'));
      return causes;
    }
    if (!full(rule.apiGroups)) causes.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (!full(rule.resources)) causes.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return causes;
  });
  return [...found, ...aggregated];
}

function aggregationCauses(rule: JsonRecord): StatusCause[] {
  const at = 'aggregationRule.clusterRoleSelectors';
  const selectors = items(rule, 'clusterRoleSelectors');
  if (selectors.length === 0) return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, i) => {
    const causes = selectorCauses(selector, `${at}[${i}]`);
    return causes.length === 0 ? [] : [...causes, invalid(`${at}[${i}]`, '"null"', 'invalid label selector.')];
  });
}

export function bindingCauses(binding: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const namespaced = binding.kind === 'RoleBinding';
  const ref = record(binding.roleRef);
  const causes: StatusCause[] = [];
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (ref.apiGroup !== RBAC) causes.push(unsupported('roleRef.apiGroup', ref.apiGroup, [RBAC]));
  if (!kinds.includes(String(ref.kind))) causes.push(unsupported('roleRef.kind', ref.kind, kinds));
  if ((ref.name ?? '') === '') causes.push(required('roleRef.name'));
  else causes.push(...nameCauses('roleRef.name', ref.name, pathSegment));
  items(binding, 'subjects').forEach((subject, i) => {
    const at = `subjects[${i}]`;
    if ((subject.name ?? '') === '') causes.push(required(`${at}.name`));
    const group = String(subject.apiGroup ?? '');
    if (subject.kind === 'ServiceAccount') {
      causes.push(...nameCauses(`${at}.name`, subject.name, dnsSubdomain));
      if (group !== '') causes.push(unsupported(`${at}.apiGroup`, group, ['']));
      if (!namespaced && (subject.namespace ?? '') === '') causes.push(required(`${at}.namespace`));
    } else if (subject.kind === 'User' || subject.kind === 'Group') {
      if (group !== RBAC) causes.push(unsupported(`${at}.apiGroup`, group, [RBAC]));
    } else causes.push(unsupported(`${at}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']));
  });
  if (old !== undefined && !sameJson(old.roleRef, binding.roleRef)) {
    causes.unshift(invalid('roleRef', `rbac.RoleRef{APIGroup:${goString(ref.apiGroup ?? '')}, Kind:${goString(ref.kind ?? '')}, Name:${goString(ref.name ?? '')}}`, 'cannot change roleRef'));
  }
  return causes;
}

const MAX_USER_PRIORITY = 1_000_000_000;

export function priorityClassCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const causes: StatusCause[] = [];
  const system = object.metadata.name.startsWith('system-');
  const own = ['system-node-critical', 'system-cluster-critical'].includes(object.metadata.name);
  if (system && !own) causes.push(forbidden('metadata.name', `priority class names with 'system-' prefix are reserved for system use only. error: ${object.metadata.name} is not a known system priority class`));
  if (!system && Number(object.value ?? 0) > MAX_USER_PRIORITY) causes.push(forbidden('value', `maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`));
  if (!['Never', 'PreemptLowerPriority'].includes(String(object.preemptionPolicy))) causes.push(unsupported('preemptionPolicy', object.preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  if (old !== undefined && Number(old.value ?? 0) !== Number(object.value ?? 0)) causes.push(forbidden('value', 'may not be changed in an update.'));
  if (old !== undefined && old.preemptionPolicy !== object.preemptionPolicy) causes.push(invalid('preemptionPolicy', goString(object.preemptionPolicy ?? ''), 'field is immutable'));
  return causes;
}
