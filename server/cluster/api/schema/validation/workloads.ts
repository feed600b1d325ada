/** After kubernetes 1.32 pkg/apis/apps/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, goStringMap, invalid, required, unsupported } from '../causes.ts';
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
  if (!isRecord(selector)) return 'null';
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

const WORDS: Record<string, string> = { Deployment: 'deployment', ReplicaSet: 'deployment', DaemonSet: 'daemonset', StatefulSet: 'statefulset' };

export function workloadCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(object.spec);
  const causes = notNegative(spec, 'spec', 'replicas');
  const { selector } = spec;
  if (!isRecord(selector)) causes.push(required('spec.selector'));
  else {
    causes.push(...selectorCauses(selector, 'spec.selector'));
    if (selectorIsEmpty(selector)) causes.push(invalid('spec.selector', selectorText(selector), `empty selector is invalid for ${WORDS[object.kind] ?? 'deployment'}`));
  }
  causes.push(...templateCauses(record(spec.template), 'spec.template', selector));
  if (object.kind === 'Deployment') causes.push(...strategyCauses(spec));
  causes.push(...notNegative(spec, 'spec', 'minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'));
  if (typeof spec.progressDeadlineSeconds === 'number' && spec.progressDeadlineSeconds <= Number(spec.minReadySeconds ?? 0)) causes.push(invalid('spec.progressDeadlineSeconds', String(spec.progressDeadlineSeconds), 'must be greater than minReadySeconds'));
  if (old !== undefined && !sameJson(record(old.spec).selector, selector)) causes.push(invalid('spec.selector', selectorText(selector), 'field is immutable'));
  if (old !== undefined && object.kind === 'StatefulSet') causes.push(...statefulSetChanges(spec, record(old.spec)));
  return causes;
}

/** `restart`: what the pods' restartPolicy may be. */
export function templateCauses(template: JsonRecord, at: string, selector: unknown): StatusCause[] {
  const metadata = record(template.metadata);
  const spec = record(template.spec);
  const causes: StatusCause[] = [];
  if (!isRecord(selector) || (!selectorIsEmpty(selector) && !selectorMatches(selector, record(metadata.labels)))) {
    causes.push(invalid(`${at}.metadata.labels`, goStringMap(metadata.labels), '`selector` does not match template `labels`'));
  }
  causes.push(...labelCauses(`${at}.metadata.labels`, metadata.labels), ...podSpecCauses(spec, `${at}.spec`, { pod: false }));
  if (spec.restartPolicy !== 'Always' && ['OnFailure', 'Never'].includes(String(spec.restartPolicy))) causes.push(unsupported(`${at}.spec.restartPolicy`, spec.restartPolicy, ['Always']));
  if (typeof spec.activeDeadlineSeconds === 'number') causes.push(forbidden(`${at}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  return causes;
}

function strategyCauses(spec: JsonRecord): StatusCause[] {
  const strategy = record(spec.strategy);
  const rolling = strategy.rollingUpdate;
  if (strategy.type === 'Recreate') return isRecord(rolling) ? [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")] : [];
  if (strategy.type !== 'RollingUpdate') return [unsupported('spec.strategy.type', strategy.type, ['Recreate', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = record(rolling);
  const causes = [...amountCauses(maxUnavailable, 'spec.strategy.rollingUpdate.maxUnavailable'), ...amountCauses(maxSurge, 'spec.strategy.rollingUpdate.maxSurge')];
  const zero = (value: unknown): boolean => value === 0 || value === '0%';
  if (zero(maxUnavailable) && zero(maxSurge)) causes.push(invalid('spec.strategy.rollingUpdate.maxUnavailable', goString(maxUnavailable), 'may not be 0 when `maxSurge` is 0'));
  return causes;
}

/** A number of pods, or a percentage of them. */
export function amountCauses(value: unknown, field: string): StatusCause[] {
  if (typeof value === 'number') return value < 0 ? [invalid(field, String(value), NOT_NEGATIVE)] : [];
  if (typeof value !== 'string') return [];
  return /^[0-9]+%$/.test(value) ? [] : [invalid(field, goString(value), "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")];
}

const STATEFUL_SET_MAY = ['replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds', 'revisionHistoryLimit'];

function statefulSetChanges(spec: JsonRecord, old: JsonRecord): StatusCause[] {
  const fixed = (s: JsonRecord): JsonRecord => Object.fromEntries(Object.entries(s).filter(([key]) => !STATEFUL_SET_MAY.includes(key) && key !== 'selector'));
  if (sameJson(fixed(spec), fixed(old))) return [];
  return [forbidden('spec', "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")];
}
