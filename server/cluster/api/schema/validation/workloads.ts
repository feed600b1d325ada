/** After kubernetes 1.32 pkg/apis/apps/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, goStringMap, invalid, pointerText, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { NOT_NEGATIVE } from './container.ts';
import { labelCauses } from './metadata.ts';
import { podSpecCauses } from './pod.ts';

export function notNegative(spec: JsonRecord, at: string, ...keys: string[]): StatusCause[] {
  return keys.flatMap((key) => {
    const value = spec[key];
    return typeof value === 'number' && value < 0 ? [invalid(`${at}.${key}`, String(value), NOT_NEGATIVE)] : [];
  });
}

/** A selector as Go prints it in an error. */
export function selectorText(selector: unknown): string {
  if (!isRecord(selector)) return '"null"';
  const expressions = items(selector, 'matchExpressions');
  const shown = expressions.length === 0 ? '[]v1.LabelSelectorRequirement(nil)' : `[]v1.LabelSelectorRequirement{${expressions.map((e) => `v1.LabelSelectorRequirement{Key:${goString(e.key)}, Operator:${goString(e.operator)}, Values:${Array.isArray(e.values) ? goString(e.values) : '[]string(nil)'}}`).join(', ')}}`;
  return `v1.LabelSelector{MatchLabels:${goStringMap(selector.matchLabels)}, MatchExpressions:${shown}}`;
}

export function selectorMatches(selector: JsonRecord, labels: JsonRecord): boolean {
  return (
    Object.entries(record(selector.matchLabels)).every(([k, v]) => labels[k] === v) &&
    items(selector, 'matchExpressions').every((e) => {
      const value = labels[String(e.key)];
      const values: unknown[] = Array.isArray(e.values) ? e.values : [];
      if (e.operator === 'Exists') return value !== undefined;
      if (e.operator === 'DoesNotExist') return value === undefined;
      return e.operator === 'In' ? values.includes(value) : !values.includes(value);
    })
  );
}

export function selectorIsEmpty(selector: unknown): boolean {
  return Object.keys(record(record(selector).matchLabels)).length === 0 && items(record(selector), 'matchExpressions').length === 0;
}

export function selectorCauses(selector: JsonRecord, at: string): StatusCause[] {
  return [
    ...labelCauses(`${at}.matchLabels`, selector.matchLabels),
    ...items(selector, 'matchExpressions').flatMap((e, i) => {
      const field = `${at}.matchExpressions[${i}]`;
      const values: unknown[] = Array.isArray(e.values) ? e.values : [];
      if (e.operator === 'In' || e.operator === 'NotIn') return values.length === 0 ? [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
      if (e.operator === 'Exists' || e.operator === 'DoesNotExist') return values.length > 0 ? [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : [];
      return [invalid(`${field}.operator`, goString(e.operator ?? ''), 'not a valid selector operator')];
    }),
  ];
}

/** Whether a selector can't be used at all. */
export function selectorIsBroken(selector: JsonRecord): boolean {
  return items(selector, 'matchExpressions').some((e) => {
    const full = Array.isArray(e.values) && e.values.length > 0;
    return e.operator === 'In' || e.operator === 'NotIn' ? !full : e.operator === 'Exists' || e.operator === 'DoesNotExist' ? full : true;
  });
}

const WORDS: Record<string, string> = { Deployment: 'deployment', ReplicaSet: 'deployment', DaemonSet: 'daemonset', StatefulSet: 'statefulset' };

export function workloadCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(object.spec);
  const causes = object.kind === 'StatefulSet' ? statefulSetCauses(spec) : notNegative(spec, 'spec', 'replicas', ...(object.kind === 'ReplicaSet' ? ['minReadySeconds'] : []));
  const { selector } = spec;
  if (!isRecord(selector)) causes.push(required('spec.selector'));
  else {
    causes.push(...selectorCauses(selector, 'spec.selector'));
    if (selectorIsBroken(selector)) causes.push(invalid('spec.selector', selectorText(selector), 'invalid label selector'));
    if (selectorIsEmpty(selector)) causes.push(invalid('spec.selector', selectorText(selector), `empty selector is invalid for ${WORDS[object.kind] ?? 'deployment'}`));
  }
  if (object.kind === 'StatefulSet') {
    causes.push(...statefulSetTemplateCauses(record(spec.template), 'spec.template', selector));
    if (old !== undefined) causes.push(...statefulSetChanges(spec, record(old.spec)));
    return causes;
  }
  // A selector that can't be read leaves the pods unlooked at, but for those of a DaemonSet.
  if (object.kind === 'DaemonSet' || !isRecord(selector) || !selectorIsBroken(selector)) causes.push(...templateCauses(record(spec.template), 'spec.template', selector, object.kind === 'DaemonSet' ? 'DaemonSet' : 'ReplicaSet'));
  if (object.kind === 'Deployment') causes.push(...strategyCauses(spec), ...notNegative(spec, 'spec', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'));
  if (object.kind === 'DaemonSet') causes.push(...notNegative(spec, 'spec', 'minReadySeconds'), ...daemonSetCauses(spec), ...notNegative(spec, 'spec', 'revisionHistoryLimit'));
  if (typeof spec.progressDeadlineSeconds === 'number' && spec.progressDeadlineSeconds <= Number(spec.minReadySeconds ?? 0)) causes.push(invalid('spec.progressDeadlineSeconds', String(spec.progressDeadlineSeconds), 'must be greater than minReadySeconds'));
  if (old !== undefined && !sameJson(record(old.spec).selector, selector)) causes.push(invalid('spec.selector', selectorText(selector), 'field is immutable'));
  return causes;
}

/** `restart`: what the pods' restartPolicy may be. */
export function templateCauses(template: JsonRecord, at: string, selector: unknown, owner = 'ReplicaSet'): StatusCause[] {
  const metadata = record(template.metadata);
  const spec = record(template.spec);
  const causes: StatusCause[] = [];
  if (!isRecord(selector) || (!selectorIsEmpty(selector) && !selectorIsBroken(selector) && !selectorMatches(selector, record(metadata.labels)))) {
    causes.push(invalid(`${at}.metadata.labels`, goStringMap(metadata.labels), '`selector` does not match template `labels`'));
  }
  causes.push(...labelCauses(`${at}.metadata.labels`, metadata.labels), ...podSpecCauses(spec, `${at}.spec`, { pod: false }));
  if (spec.restartPolicy !== 'Always' && ['OnFailure', 'Never'].includes(String(spec.restartPolicy))) causes.push(unsupported(`${at}.spec.restartPolicy`, spec.restartPolicy, ['Always']));
  if (typeof spec.activeDeadlineSeconds === 'number') causes.push(forbidden(`${at}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`));
  return causes;
}

/**
 * Of the pods of a StatefulSet only labels and little more are looked at: their mounts may name claims that are yet to be
 * made. What is wrong with the rest shows when a pod is created. After kubernetes 1.32 pkg/apis/apps/validation/validation.go
 */
function statefulSetTemplateCauses(template: JsonRecord, at: string, selector: unknown): StatusCause[] {
  const labels = record(template.metadata).labels;
  const spec = record(template.spec);
  const causes: StatusCause[] = [];
  if (isRecord(selector) && !selectorIsEmpty(selector) && !selectorIsBroken(selector) && !selectorMatches(selector, record(labels))) causes.push(invalid(`${at}.metadata.labels`, goStringMap(labels), '`selector` does not match template `labels`'));
  causes.push(...labelCauses(`${at}.labels`, labels));
  if (spec.restartPolicy !== 'Always') causes.push(unsupported(`${at}.spec.restartPolicy`, spec.restartPolicy ?? '', ['Always']));
  if (typeof spec.activeDeadlineSeconds === 'number') causes.push(forbidden(`${at}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in StatefulSet is not Supported'));
  return causes;
}

function statefulSetCauses(spec: JsonRecord): StatusCause[] {
  const causes: StatusCause[] = [];
  const policy = spec.podManagementPolicy;
  if (policy !== 'OrderedReady' && policy !== 'Parallel') causes.push((policy ?? '') === '' ? required('spec.podManagementPolicy') : invalid('spec.podManagementPolicy', goString(policy), "must be 'OrderedReady' or 'Parallel'"));
  const strategy = record(spec.updateStrategy);
  if (strategy.type === 'RollingUpdate') causes.push(...notNegative(record(strategy.rollingUpdate), 'spec.updateStrategy.rollingUpdate', 'partition'));
  else if (strategy.type === 'OnDelete') {
    if (isRecord(strategy.rollingUpdate)) causes.push(invalid('spec.updateStrategy.rollingUpdate', 'apps.RollingUpdateStatefulSetStrategy{}', 'only allowed for updateStrategy \'RollingUpdate\''));
  } else causes.push(invalid('spec.updateStrategy', `apps.StatefulSetUpdateStrategy{Type:${goString(strategy.type ?? '')}, RollingUpdate:${pointerText('apps.RollingUpdateStatefulSetStrategy', strategy.rollingUpdate)}}`, "must be 'RollingUpdate' or 'OnDelete'"));
  const retention = record(spec.persistentVolumeClaimRetentionPolicy);
  for (const when of ['whenDeleted', 'whenScaled']) {
    if (retention[when] !== undefined && retention[when] !== 'Retain' && retention[when] !== 'Delete') causes.push(unsupported(`spec.persistentVolumeClaimRetentionPolicy.${when}`, retention[when], ['Retain', 'Delete']));
  }
  causes.push(...notNegative(spec, 'spec', 'replicas', 'minReadySeconds'), ...notNegative(record(spec.ordinals), 'spec.ordinals', 'start'));
  return causes;
}

function daemonSetCauses(spec: JsonRecord): StatusCause[] {
  const strategy = record(spec.updateStrategy);
  if (strategy.type === 'OnDelete') return [];
  if (strategy.type !== 'RollingUpdate') return [unsupportedStruct('spec.updateStrategy', `apps.DaemonSetUpdateStrategy{Type:${goString(strategy.type ?? '')}, RollingUpdate:${pointerText('apps.RollingUpdateDaemonSet', strategy.rollingUpdate)}}`, ['RollingUpdate', 'OnDelete'])];
  const at = 'spec.updateStrategy.rollingUpdate';
  const { maxUnavailable, maxSurge } = record(strategy.rollingUpdate);
  const zero = (value: unknown): boolean => value === undefined || amountIsZero(value);
  const causes = [...amountCauses(maxUnavailable, `${at}.maxUnavailable`, true), ...amountCauses(maxSurge, `${at}.maxSurge`, true)];
  if (!zero(maxUnavailable) && !zero(maxSurge)) causes.push(invalid(`${at}.maxSurge`, amountText(maxSurge), 'may not be set when maxUnavailable is non-zero'));
  if (zero(maxUnavailable) && zero(maxSurge)) causes.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return causes;
}

/** After kubernetes 1.32 pkg/apis/core/validation/validation.go, ValidateReplicationControllerSpec */
export function replicationControllerCauses(object: KubeObject): StatusCause[] {
  const spec = record(object.spec);
  const causes = notNegative(spec, 'spec', 'minReadySeconds');
  const selector = record(spec.selector);
  if (Object.keys(selector).length === 0) causes.push(required('spec.selector'));
  causes.push(...notNegative(spec, 'spec', 'replicas'));
  if (!isRecord(spec.template)) causes.push(required('spec.template'));
  else causes.push(...templateCauses(spec.template, 'spec.template', { matchLabels: selector }));
  return causes;
}

function strategyCauses(spec: JsonRecord): StatusCause[] {
  const strategy = record(spec.strategy);
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'Recreate') return isRecord(rolling) ? [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (strategy.type !== 'RollingUpdate') return [unsupportedStruct('spec.strategy', `apps.DeploymentStrategy{Type:${goString(strategy.type ?? '')}, RollingUpdate:${pointerText('apps.RollingUpdateDeployment', rolling)}}`, ['Recreate', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = record(rolling);
  const causes = [...amountCauses(maxUnavailable, 'spec.strategy.rollingUpdate.maxUnavailable', true), ...amountCauses(maxSurge, 'spec.strategy.rollingUpdate.maxSurge')];
  if (amountIsZero(maxUnavailable) && amountIsZero(maxSurge)) causes.push(invalid('spec.strategy.rollingUpdate.maxUnavailable', amountText(maxUnavailable), 'may not be 0 when `maxSurge` is 0'));
  return causes;
}

function unsupportedStruct(field: string, shown: string, supported: readonly string[]): StatusCause {
  return { reason: 'FieldValueNotSupported', message: `Unsupported value: ${shown}: supported values: ${supported.map((v) => JSON.stringify(v)).join(', ')}`, field };
}

/** A number or a percentage as Go prints it in an error. */
export function amountText(value: unknown): string {
  return typeof value === 'string' ? `intstr.IntOrString{Type:1, IntVal:0, StrVal:${goString(value)}}` : `intstr.IntOrString{Type:0, IntVal:${Number(value ?? 0)}, StrVal:""}`;
}

/** What can't be read as a number or a percentage counts as nothing. */
function amountIsZero(value: unknown): boolean {
  return typeof value === 'number' ? value === 0 : typeof value === 'string' && Number(/^\d+(?=%?$)/.exec(value)?.[0] ?? 0) === 0;
}

/** A number of pods, or a percentage of them. */
export function amountCauses(value: unknown, field: string, most100 = false): StatusCause[] {
  if (typeof value === 'number') return value < 0 ? [invalid(field, String(value), NOT_NEGATIVE)] : [];
  if (typeof value !== 'string') return [];
  if (/^[0-9]+%$/.test(value)) return most100 && Number.parseInt(value, 10) > 100 ? [invalid(field, amountText(value), 'must not be greater than 100%')] : [];
  return [invalid(field, amountText(value), "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")];
}

const STATEFUL_SET_MAY = ['replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];

function statefulSetChanges(spec: JsonRecord, old: JsonRecord): StatusCause[] {
  const fixed = (s: JsonRecord): JsonRecord => Object.fromEntries(Object.entries(s).filter(([key]) => !STATEFUL_SET_MAY.includes(key)));
  if (sameJson(fixed(spec), fixed(old))) return [];
  return [forbidden('spec', "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")];
}
