/** Autoscalers and disruption budgets. After kubernetes 1.32 pkg/apis/{autoscaling,policy}/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, pointerText, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { quantityNano } from '../quantity.ts';
import { pathSegment } from './names.ts';
import { amountCauses, selectorCauses } from './workloads.ts';

const SOURCES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const FIELDS = ['object', 'external', 'pods', 'resource', 'containerResource'];

export function autoscalerCauses(hpa: KubeObject): StatusCause[] {
  const spec = record(hpa.spec);
  const [min, max] = [Number(spec.minReplicas ?? 1), Number(spec.maxReplicas ?? 0)];
  const causes: StatusCause[] = [];
  if (min < 1) causes.push(invalid('spec.minReplicas', String(min), 'must be greater than or equal to 1'));
  if (max < 1) causes.push(invalid('spec.maxReplicas', String(max), 'must be greater than 0'));
  if (spec.minReplicas !== undefined && max < min) causes.push(invalid('spec.maxReplicas', String(max), 'must be greater than or equal to `minReplicas`'));
  const target = record(spec.scaleTargetRef);
  for (const key of ['kind', 'name']) {
    const value = String(target[key] ?? '');
    if (value === '') causes.push(required(`spec.scaleTargetRef.${key}`));
    else for (const problem of pathSegment(value)) causes.push(invalid(`spec.scaleTargetRef.${key}`, goString(value), problem));
  }
  // The oldest version knows one metric, which is a list of one in the others.
  const percent = spec.targetCPUUtilizationPercentage;
  const metrics = typeof percent === 'number' ? [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } } }] : items(spec, 'metrics');
  metrics.forEach((metric, i) => causes.push(...metricCauses(metric, `spec.metrics[${i}]`)));
  if (min === 0 && !metrics.some((m) => m.type === 'Object' || m.type === 'External')) causes.push(forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas'));
  for (const direction of ['scaleUp', 'scaleDown']) {
    const rules = record(spec.behavior)[direction];
    if (isRecord(rules)) causes.push(...behaviorCauses(rules, `spec.behavior.${direction}`));
  }
  return causes;
}

function metricCauses(metric: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const known = SOURCES.includes(String(metric.type));
  if ((metric.type ?? '') === '') causes.push(required(`${at}.type`, 'must specify a metric source type'));
  if (!known) causes.push(unsupported(`${at}.type`, metric.type, SOURCES));
  const present = FIELDS.filter((field) => isRecord(metric[field]));
  const [first] = present;
  if (first !== undefined) causes.push(...sourceCauses(first, record(metric[first]), `${at}.${first}`));
  const wanted = known ? `${String(metric.type).charAt(0).toLowerCase()}${String(metric.type).slice(1)}` : undefined;
  if (wanted !== undefined && !present.includes(wanted)) causes.push(required(`${at}.${wanted}`, 'must populate information for the given metric source'));
  if (present.length !== 1) for (const field of present.filter((f) => f !== wanted)) causes.push(forbidden(`${at}.${field}`, 'must populate the given metric source only'));
  return causes;
}

function sourceCauses(kind: string, source: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const target = record(source.target);
  const byResource = kind === 'resource' || kind === 'containerResource';
  if (byResource && (source.name ?? '') === '') causes.push(required(`${at}.name`, 'must specify a resource name'));
  if (kind === 'containerResource' && (source.container ?? '') === '') causes.push(required(`${at}.container`, 'must specify a container'));
  const name = String(record(source.metric).name ?? '');
  if (!byResource && name === '') causes.push(required(`${at}.metric.name`, 'must specify a metric name'));
  causes.push(...targetCauses(target, `${at}.target`));
  const both = target.averageUtilization !== undefined && target.averageValue !== undefined;
  if (byResource && target.averageUtilization === undefined && target.averageValue === undefined) causes.push(required(`${at}.target.averageUtilization`, 'must set either a target raw value or a target utilization'));
  if (byResource && both) causes.push(forbidden(`${at}.target.averageValue`, 'may not set both a target raw value and a target utilization'));
  if (kind === 'pods' && !(target.averageValue !== undefined && quantityNano(target.averageValue) > 0n)) causes.push(required(`${at}.target.averageValue`, 'must specify a positive target averageValue'));
  if ((kind === 'object' || kind === 'external') && target.value === undefined && target.averageValue === undefined) causes.push(required(`${at}.target.averageValue`, kind === 'object' ? 'must set either a target value or averageValue' : 'must set either a target value for metric or a per-pod target'));
  return causes;
}

function targetCauses(target: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const { type, averageUtilization } = target;
  if ((type ?? '') === '') causes.push(required(`${at}.type`, 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(String(type))) causes.push(invalid(`${at}.type`, goString(type ?? ''), 'must be either Utilization, Value, or AverageValue'));
  for (const key of ['value', 'averageValue']) if (target[key] !== undefined && quantityNano(target[key]) <= 0n) causes.push(invalid(`${at}.${key}`, goString(target[key]), 'must be positive'));
  if (typeof averageUtilization === 'number' && averageUtilization < 1) causes.push(invalid(`${at}.averageUtilization`, String(averageUtilization), 'must be greater than 0'));
  return causes;
}

const MAX_WINDOW = 3600;

function behaviorCauses(rules: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const window = rules.stabilizationWindowSeconds;
  if (typeof window === 'number' && window < 0) causes.push(invalid(`${at}.stabilizationWindowSeconds`, String(window), 'must be greater than or equal to zero'));
  if (typeof window === 'number' && window > MAX_WINDOW) causes.push(invalid(`${at}.stabilizationWindowSeconds`, String(window), `must be less than or equal to ${MAX_WINDOW}`));
  const choice = rules.selectPolicy;
  if (choice !== undefined && !['Disabled', 'Max', 'Min'].includes(String(choice))) causes.push(unsupported(`${at}.selectPolicy`, choice, ['Disabled', 'Max', 'Min']));
  const policies = items(rules, 'policies');
  if (policies.length === 0) causes.push(required(`${at}.policies`, 'must specify at least one Policy'));
  policies.forEach((policy, i) => {
    const field = `${at}.policies[${i}]`;
    const { type, value, periodSeconds } = policy;
    if (type !== 'Pods' && type !== 'Percent') causes.push(unsupported(`${field}.type`, type, ['Percent', 'Pods']));
    if (Number(value ?? 0) <= 0) causes.push(invalid(`${field}.value`, String(value ?? 0), 'must be greater than zero'));
    if (Number(periodSeconds ?? 0) <= 0) causes.push(invalid(`${field}.periodSeconds`, String(periodSeconds ?? 0), 'must be greater than zero'));
    if (Number(periodSeconds ?? 0) > 1800) causes.push(invalid(`${field}.periodSeconds`, String(periodSeconds), 'must be less than or equal to 1800'));
  });
  return causes;
}

export function disruptionBudgetCauses(object: KubeObject): StatusCause[] {
  const spec = record(object.spec);
  const causes: StatusCause[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const shown = `policy.PodDisruptionBudgetSpec{MinAvailable:${pointerText('intstr.IntOrString', spec.minAvailable)}, Selector:${pointerText('v1.LabelSelector', spec.selector)}, MaxUnavailable:${pointerText('intstr.IntOrString', spec.maxUnavailable)}, UnhealthyPodEvictionPolicy:${pointerText('policy.UnhealthyPodEvictionPolicyType', spec.unhealthyPodEvictionPolicy)}}`;
    causes.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'));
  }
  causes.push(...amountCauses(spec.minAvailable, 'spec.minAvailable', true), ...amountCauses(spec.maxUnavailable, 'spec.maxUnavailable', true));
  if (isRecord(spec.selector)) causes.push(...selectorCauses(spec.selector, 'spec.selector'));
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && policy !== 'AlwaysAllow' && policy !== 'IfHealthyBudget') causes.push(unsupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']));
  return causes;
}
