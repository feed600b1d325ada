/** Where a pod may run and beside whom, and its security. After kubernetes 1.32 pkg/apis/core/validation/validation.go */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { qualifiedName } from './names.ts';
import { selectorCauses } from './workloads.ts';

export function affinityCauses(affinity: JsonRecord, at: string): StatusCause[] {
  return [
    ...nodeAffinityCauses(record(affinity.nodeAffinity), `${at}.nodeAffinity`),
    ...podAffinityCauses(record(affinity.podAffinity), `${at}.podAffinity`),
    ...podAffinityCauses(record(affinity.podAntiAffinity), `${at}.podAntiAffinity`),
  ];
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function nodeAffinityCauses(affinity: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const needed = affinity[REQUIRED];
  if (isRecord(needed)) causes.push(...nodeSelectorCauses(needed, `${at}.${REQUIRED}`));
  items(affinity, PREFERRED).forEach((term, i) => {
    const field = `${at}.${PREFERRED}[${i}]`;
    causes.push(...weightCauses(term.weight, `${field}.weight`), ...termCauses(record(term.preference), `${field}.preference`));
  });
  return causes;
}

export function nodeSelectorCauses(selector: JsonRecord, at: string): StatusCause[] {
  const terms = items(selector, 'nodeSelectorTerms');
  if (terms.length === 0) return [required(`${at}.nodeSelectorTerms`, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => termCauses(term, `${at}.nodeSelectorTerms[${i}]`));
}

function termCauses(term: JsonRecord, at: string): StatusCause[] {
  const expressions = items(term, 'matchExpressions').flatMap((e, i) => requirementCauses(e, `${at}.matchExpressions[${i}]`));
  const fields = items(term, 'matchFields').flatMap((f, i) => {
    const field = `${at}.matchFields[${i}]`;
    const causes: StatusCause[] = [];
    if (f.operator !== 'In' && f.operator !== 'NotIn') causes.push(invalid(`${field}.operator`, goString(f.operator ?? ''), 'not a valid selector operator'));
    else if (!Array.isArray(f.values) || f.values.length !== 1) causes.push(required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"));
    if (f.key !== 'metadata.name') causes.push(invalid(`${field}.key`, goString(f.key ?? ''), 'not a valid field selector key'));
    return causes;
  });
  return [...expressions, ...fields];
}

function requirementCauses({ key, operator, values }: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const list: unknown[] = Array.isArray(values) ? values : [];
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (list.length === 0) causes.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (list.length > 0) causes.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (list.length !== 1) causes.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      causes.push(invalid(`${at}.operator`, goString(operator ?? ''), 'not a valid selector operator'));
  }
  for (const problem of qualifiedName(String(key ?? ''))) causes.push(invalid(`${at}.key`, goString(key ?? ''), problem));
  return causes;
}

function weightCauses(weight: unknown, field: string): StatusCause[] {
  const value = Number(weight ?? 0);
  return value < 1 || value > 100 ? [invalid(field, String(value), 'must be in the range 1-100')] : [];
}

function podAffinityCauses(affinity: JsonRecord, at: string): StatusCause[] {
  const needed = items(affinity, REQUIRED).flatMap((term, i) => podTermCauses(term, `${at}.${REQUIRED}[${i}]`));
  const wished = items(affinity, PREFERRED).flatMap((term, i) => {
    const field = `${at}.${PREFERRED}[${i}]`;
    return [...weightCauses(term.weight, `${field}.weight`), ...podTermCauses(record(term.podAffinityTerm), `${field}.podAffinityTerm`)];
  });
  return [...needed, ...wished];
}

function podTermCauses(term: JsonRecord, at: string): StatusCause[] {
  const causes = isRecord(term.labelSelector) ? selectorCauses(term.labelSelector, `${at}.labelSelector`) : [];
  if (isRecord(term.namespaceSelector)) causes.push(...selectorCauses(term.namespaceSelector, `${at}.namespaceSelector`));
  const key = String(term.topologyKey ?? '');
  if (key === '') causes.push(required(`${at}.topologyKey`, 'can not be empty'));
  for (const problem of qualifiedName(key)) causes.push(invalid(`${at}.topologyKey`, goString(key), problem));
  return causes;
}

const ID_RANGE = 'must be between 0 and 2147483647, inclusive';

function idCauses(value: unknown, field: string): StatusCause[] {
  return typeof value === 'number' && (value < 0 || value > 2147483647) ? [invalid(field, String(value), ID_RANGE)] : [];
}

function seccompCauses(profile: unknown, at: string): StatusCause[] {
  if (!isRecord(profile)) return [];
  const file = String(profile.localhostProfile ?? '');
  if ((profile.type ?? '') === '') return [required(`${at}.type`, 'type is required when seccompProfile is set')];
  if (profile.type === 'Localhost') return file === '' ? [required(`${at}.localhostProfile`, 'must be set when seccomp type is Localhost')] : [];
  if (profile.localhostProfile !== undefined) return [invalid(`${at}.localhostProfile`, goString(file), 'can only be set when seccomp type is Localhost')];
  return profile.type === 'RuntimeDefault' || profile.type === 'Unconfined' ? [] : [unsupported(`${at}.type`, profile.type, ['Localhost', 'RuntimeDefault', 'Unconfined'])];
}

export function containerSecurityCauses(context: JsonRecord, at: string): StatusCause[] {
  const causes = [...idCauses(context.runAsUser, `${at}.runAsUser`), ...idCauses(context.runAsGroup, `${at}.runAsGroup`)];
  causes.push(...seccompCauses(context.seccompProfile, `${at}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    const shown = 'core.SecurityContext{}';
    if (context.privileged === true) causes.push(invalid(at, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    const added = record(context.capabilities).add;
    if (Array.isArray(added) && added.includes('CAP_SYS_ADMIN')) causes.push(invalid(at, shown, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
  }
  return causes;
}

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const SYSCTL_RULE = 'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';

export function podSecurityCauses(spec: JsonRecord, at: string): StatusCause[] {
  const context = record(spec.securityContext);
  const causes: StatusCause[] = [];
  if (spec.shareProcessNamespace === true && spec.hostPID === true) causes.push(invalid(`${at}.shareProcessNamespace`, 'true', 'ShareProcessNamespace and HostPID cannot both be enabled'));
  causes.push(...idCauses(context.fsGroup, `${at}.fsGroup`), ...idCauses(context.runAsUser, `${at}.runAsUser`), ...idCauses(context.runAsGroup, `${at}.runAsGroup`));
  (Array.isArray(context.supplementalGroups) ? context.supplementalGroups : []).forEach((id, i) => causes.push(...idCauses(id, `${at}.supplementalGroups[${i}]`)));
  const seen = new Set<unknown>();
  items(context, 'sysctls').forEach(({ name }, i) => {
    const field = `${at}.sysctls[${i}].name`;
    if ((name ?? '') === '') causes.push(required(field));
    else if (String(name).length > 253 || !SYSCTL.test(String(name))) causes.push(invalid(field, goString(name), SYSCTL_RULE));
    else if (seen.has(name)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(name)}`, field });
    seen.add(name);
  });
  const policy = context.fsGroupChangePolicy;
  if (policy !== undefined && policy !== 'Always' && policy !== 'OnRootMismatch') causes.push(unsupported(`${at}.fsGroupChangePolicy`, policy, ['Always', 'OnRootMismatch']));
  causes.push(...seccompCauses(context.seccompProfile, `${at}.seccompProfile`));
  return causes;
}

export function gateCauses(spec: JsonRecord, at: string): StatusCause[] {
  const readiness = items(spec, 'readinessGates').flatMap(({ conditionType }, i) => qualifiedName(String(conditionType ?? '')).map((p) => invalid(`${at}.readinessGates[${i}].conditionType`, goString(conditionType ?? ''), p)));
  const seen = new Set<unknown>();
  const scheduling = items(spec, 'schedulingGates').flatMap(({ name }, i) => {
    const field = `${at}.schedulingGates[${i}]`;
    const causes = qualifiedName(String(name ?? '')).map((p) => invalid(field, goString(name ?? ''), p));
    if (seen.has(name)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(name)}`, field });
    seen.add(name);
    return causes;
  });
  return [...readiness, ...scheduling];
}

export function dnsConfigCauses(spec: JsonRecord, at: string): StatusCause[] {
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === 'None') {
    if (!isRecord(config)) return [required(at, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!Array.isArray(config.nameservers) || config.nameservers.length === 0) return [required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')];
  }
  if (!isRecord(config)) return [];
  const causes: StatusCause[] = [];
  const servers: unknown[] = Array.isArray(config.nameservers) ? config.nameservers : [];
  if (servers.length > 3) causes.push(invalid(`${at}.nameservers`, goString(servers), 'must not have more than 3 nameservers'));
  items(config, 'options').forEach((option, i) => {
    if ((option.name ?? '') === '') causes.push(required(`${at}.options[${i}]`, 'must not be empty'));
  });
  return causes;
}

