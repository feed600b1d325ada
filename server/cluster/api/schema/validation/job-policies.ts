/** When a Job counts as failed or as done. After kubernetes 1.32 pkg/apis/batch/validation/validation.go */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { domainPath, qualifiedName } from './names.ts';
import { notNegative } from './workloads.ts';

const MAX_PARALLELISM = 100_000;

export function jobLimitCauses(spec: JsonRecord, at: string): StatusCause[] {
  const causes = notNegative(spec, at, 'backoffLimitPerIndex', 'maxFailedIndexes');
  if (typeof spec.maxFailedIndexes === 'number' && spec.backoffLimitPerIndex === undefined) causes.push(required(`${at}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (typeof spec.managedBy === 'string') for (const problem of domainPath(spec.managedBy)) causes.push(invalid(`${at}.managedBy`, goString(spec.managedBy), problem));
  const mode = spec.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') causes.push(unsupported(`${at}.completionMode`, mode, ['NonIndexed', 'Indexed']));
  if (mode === 'Indexed') {
    if (typeof spec.completions !== 'number') causes.push(required(`${at}.completions`, 'when completion mode is Indexed'));
    if (Number(spec.parallelism ?? 0) > MAX_PARALLELISM) causes.push(invalid(`${at}.parallelism`, String(spec.parallelism), `must be less than or equal to ${MAX_PARALLELISM} when completion mode is Indexed`));
    if (typeof spec.completions === 'number' && Number(spec.maxFailedIndexes ?? 0) > spec.completions) causes.push(invalid(`${at}.maxFailedIndexes`, String(spec.maxFailedIndexes), 'must be less than or equal to completions'));
  }
  if (mode === undefined || mode === 'NonIndexed') {
    for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes']) if (typeof spec[key] === 'number') causes.push(invalid(`${at}.${key}`, String(spec[key]), 'requires indexed completion mode'));
  }
  if (isRecord(spec.podFailurePolicy)) items(spec.podFailurePolicy, 'rules').forEach((rule, i) => causes.push(...failureRuleCauses(rule, spec, `${at}.podFailurePolicy.rules[${i}]`)));
  if (isRecord(spec.successPolicy)) causes.push(...successPolicyCauses(spec, spec.successPolicy, `${at}.successPolicy`));
  return [...causes, ...replacementCauses(spec, `${at}.podReplacementPolicy`)];
}

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function failureRuleCauses(rule: JsonRecord, spec: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const { action } = rule;
  if ((action ?? '') === '') causes.push(required(`${at}.action`, `valid values: ${ACTIONS.map((a) => JSON.stringify(a)).join(', ')}`));
  else if (!ACTIONS.includes(String(action))) causes.push(unsupported(`${at}.action`, action, ACTIONS));
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) causes.push(invalid(`${at}.action`, goString(action), 'requires the backoffLimitPerIndex to be set'));
  const codes = rule.onExitCodes;
  if (isRecord(codes)) causes.push(...exitCodeCauses(codes, spec, `${at}.onExitCodes`));
  const conditions = items(rule, 'onPodConditions');
  conditions.forEach((condition, i) => {
    const field = `${at}.onPodConditions[${i}]`;
    for (const problem of qualifiedName(String(condition.type ?? ''))) causes.push(invalid(`${field}.type`, goString(condition.type ?? ''), problem));
    if (!['False', 'True', 'Unknown'].includes(String(condition.status))) causes.push(unsupported(`${field}.status`, condition.status, ['False', 'True', 'Unknown']));
  });
  if (isRecord(codes) && conditions.length > 0) causes.push({ reason: 'FieldValueInvalid', message: 'Invalid value: specifying both OnExitCodes and OnPodConditions is not supported', field: at });
  if (!isRecord(codes) && conditions.length === 0) causes.push({ reason: 'FieldValueInvalid', message: 'Invalid value: specifying one of OnExitCodes and OnPodConditions is required', field: at });
  return causes;
}

function exitCodeCauses(codes: JsonRecord, spec: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const { operator } = codes;
  if ((operator ?? '') === '') causes.push(required(`${at}.operator`, 'valid values: "In", "NotIn"'));
  else if (operator !== 'In' && operator !== 'NotIn') causes.push(unsupported(`${at}.operator`, operator, ['In', 'NotIn']));
  const pod = record(record(spec.template).spec);
  const names = [...items(pod, 'containers'), ...items(pod, 'initContainers')].map((c) => c.name);
  if (codes.containerName !== undefined && !names.includes(codes.containerName)) causes.push(invalid(`${at}.containerName`, goString(codes.containerName), 'must be one of the container or initContainer names in the pod template'));
  const values: unknown[] = Array.isArray(codes.values) ? codes.values : [];
  if (values.length === 0) causes.push(invalid(`${at}.values`, Array.isArray(codes.values) ? '[]int32{}' : '[]int32(nil)', 'at least one value is required'));
  let last: number | undefined;
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) causes.push(invalid(`${at}.values[${i}]`, '0', 'must not be 0 for the In operator'));
    if (last !== undefined && Number(value) === last) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${String(value)}`, field: `${at}.values[${i}]` });
    else if (last !== undefined && Number(value) < last) causes.push(invalid(`${at}.values`, `[]int32{${values.join(', ')}}`, 'must be ordered'));
    last = Number(value);
  });
  return causes;
}

function successPolicyCauses(spec: JsonRecord, policy: JsonRecord, at: string): StatusCause[] {
  const rules = items(policy, 'rules');
  if (spec.completionMode !== 'Indexed') return [invalid(at, `batch.SuccessPolicy{Rules:[]batch.SuccessPolicyRule{${rules.map(() => 'batch.SuccessPolicyRule{}').join(', ')}}}`, 'requires indexed completion mode')];
  if (rules.length === 0) return [required(`${at}.rules`, 'at least one rules must be specified when the successPolicy is specified')];
  const completions = Number(spec.completions ?? 0);
  return rules.flatMap((rule, i) => {
    const field = `${at}.rules[${i}]`;
    const causes: StatusCause[] = [];
    const { succeededIndexes: indexes, succeededCount: count } = rule;
    if (count === undefined && indexes === undefined) causes.push(required(field, 'at least one of succeededCount or succeededIndexes must be specified'));
    const parsed = typeof indexes === 'string' ? readIndexes(indexes, completions) : undefined;
    if (typeof parsed === 'string') causes.push(invalid(`${field}.succeededIndexes`, goString(indexes), `error parsing succeededIndexes: ${parsed}`));
    causes.push(...notNegative(rule, field, 'succeededCount'));
    if (typeof count === 'number' && count > completions) causes.push(invalid(`${field}.succeededCount`, String(count), `must be less than or equal to ${completions} (the number of specified completions)`));
    if (typeof count === 'number' && indexes !== undefined && count > (typeof parsed === 'number' ? parsed : 0)) causes.push(invalid(`${field}.succeededCount`, String(count), `must be less than or equal to ${typeof parsed === 'number' ? parsed : 0} (the number of indexes in the specified succeededIndexes field)`));
    return causes;
  });
}

/** How many indexes `1,3-5` names, or what is wrong with it. */
function readIndexes(text: string, completions: number): number | string {
  let total = 0;
  let last = -1;
  for (const part of text.split(',')) {
    const limits = part.split('-');
    if (limits.length > 2) return `the fragment "${part}" violates the requirement that an index interval can have at most two parts separated by '-'`;
    const [from = 0, to = from] = limits.map(Number);
    const wrong = limits.find((limit) => !/^\d+$/.test(limit));
    if (wrong !== undefined) return `cannot convert string to integer for index: "${wrong}"`;
    const large = [from, to].find((n) => n >= completions);
    if (large !== undefined) return `too large index: "${large}"`;
    if (from <= last) return `non-increasing order, previous: ${last}, current: ${from}`;
    if (limits.length === 2 && to <= from) return `non-increasing order, previous: ${from}, current: ${to}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}

function replacementCauses(spec: JsonRecord, at: string): StatusCause[] {
  const policy = spec.podReplacementPolicy;
  if (policy === undefined) return [];
  if (isRecord(spec.podFailurePolicy)) return policy === 'Failed' ? [] : [unsupported(at, policy, ['Failed'])];
  return policy === 'Failed' || policy === 'TerminatingOrFailed' ? [] : [unsupported(at, policy, ['Failed', 'TerminatingOrFailed'])];
}
