/** After kubernetes 1.32 pkg/apis/batch/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { goString, goStringMap, invalid, required, unsupported } from '../causes.ts';
import { record } from '../fill.ts';
import { jobLimitCauses } from './job-policies.ts';
import { scheduleProblem } from './cron-schedule.ts';
import { labelCauses } from './metadata.ts';
import { podSpecCauses } from './pod.ts';
import { notNegative, selectorMatches, selectorText } from './workloads.ts';

const LABEL_PREFIX = 'batch.kubernetes.io/';

export function jobCauses(job: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(job.spec);
  const causes = spec.manualSelector === true ? [] : generatedCauses(job, spec);
  causes.push(...jobSpecCauses(spec, 'spec'));
  const labels = record(record(record(spec.template).metadata).labels);
  if (!isRecord(spec.selector)) causes.unshift(required('spec.selector'));
  if (!isRecord(spec.selector)) causes.push(invalid('spec.template.metadata.labels', goStringMap(record(record(spec.template).metadata).labels), '`selector` does not match template `labels`'));
  else if (!selectorMatches(spec.selector, labels)) causes.push(invalid('spec.template.metadata.labels', goStringMap(record(record(spec.template).metadata).labels), '`selector` does not match template `labels`'));
  if (old !== undefined) causes.push(...jobChanges(spec, record(old.spec), record(old.status).startTime === undefined));
  return causes;
}

/** Labels and selector that a Job without a manual selector gets from its own uid. */
function generatedCauses(job: KubeObject, spec: JsonRecord): StatusCause[] {
  const labels = record(record(record(spec.template).metadata).labels);
  const uid = job.metadata.uid ?? '';
  const wanted: [string, string][] = [['controller-uid', uid], ['job-name', job.metadata.name], [`${LABEL_PREFIX}controller-uid`, uid], [`${LABEL_PREFIX}job-name`, job.metadata.name]];
  const causes = wanted.filter(([key, value]) => labels[key] !== value).map(([key, value]) => {
    const field = `spec.template.metadata.labels[${key}]`;
    return labels[key] === undefined ? required(field, `must be '${value}'`) : invalid(field, goStringMap(labels), `must be '${value}'`);
  });
  const selector = record(spec.selector);
  if (!sameJson(selector, { matchLabels: { [`${LABEL_PREFIX}controller-uid`]: uid } })) causes.push(invalid('spec.selector', selectorText(selector), '`selector` not auto-generated'));
  return causes;
}

function jobSpecCauses(spec: JsonRecord, at: string): StatusCause[] {
  const causes = notNegative(spec, at, 'parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished');
  causes.push(...jobLimitCauses(spec, at));
  const template = record(spec.template);
  const pod = record(template.spec);
  causes.push(...labelCauses(`${at}.template.metadata.labels`, record(template.metadata).labels), ...podSpecCauses(pod, `${at}.template.spec`, { pod: false }));
  if (pod.restartPolicy === 'Always') causes.push(required(`${at}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (isRecord(spec.podFailurePolicy) && pod.restartPolicy === 'OnFailure') causes.push(invalid(`${at}.template.spec.restartPolicy`, '"OnFailure"', 'only "Never" is supported when podFailurePolicy is specified'));
  return causes;
}

/** `notStarted`: where its pods may run can still be said of a suspended Job. */
function jobChanges(spec: JsonRecord, old: JsonRecord, notStarted: boolean): StatusCause[] {
  const causes: StatusCause[] = [];
  const fixed = (key: string, shown: string): void => {
    if (!sameJson(spec[key], old[key])) causes.push(invalid(`spec.${key}`, shown, 'field is immutable'));
  };
  if (spec.completionMode !== 'Indexed') fixed('completions', goString(spec.completions));
  else if (!sameJson(spec.completions, old.completions) && !sameJson(spec.completions, spec.parallelism)) causes.push(invalid('spec.completions', goString(spec.completions), 'can only be modified in tandem with spec.parallelism'));
  fixed('selector', selectorText(spec.selector));
  const mutable = old.suspend === true && notStarted;
  if (!sameJson(mutable ? unplaced(spec.template) : spec.template, mutable ? unplaced(old.template) : old.template)) causes.push(invalid('spec.template', 'core.PodTemplateSpec{…}', 'field is immutable'));
  fixed('completionMode', goString(spec.completionMode));
  return causes;
}

/** A template without what says where its pods may run. */
function unplaced(template: unknown): JsonRecord {
  const { metadata, spec, ...rest } = record(template);
  const { annotations: _annotations, labels: _labels, ...meta } = record(metadata);
  const { nodeSelector: _selector, tolerations: _tolerations, schedulingGates: _gates, affinity, ...pod } = record(spec);
  const { nodeAffinity: _node, ...near } = record(affinity);
  return { ...rest, metadata: meta, spec: { ...pod, affinity: near } };
}

const MAX_CRON_NAME = 52;

export function cronJobCauses(job: KubeObject): StatusCause[] {
  const spec = record(job.spec);
  const causes: StatusCause[] = [];
  const schedule = typeof spec.schedule === 'string' ? spec.schedule : '';
  if (schedule === '') causes.push(required('spec.schedule'));
  else if (/TZ=/.test(schedule)) causes.push(invalid('spec.schedule', goString(schedule), 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) causes.push(invalid('spec.schedule', goString(schedule), problem));
  }
  causes.push(...notNegative(spec, 'spec', 'startingDeadlineSeconds'));
  if (typeof spec.timeZone === 'string') causes.push(...timeZoneCauses(spec.timeZone));
  if (!['Allow', 'Forbid', 'Replace'].includes(String(spec.concurrencyPolicy))) causes.push(unsupported('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']));
  causes.push(...jobSpecCauses(record(record(spec.jobTemplate).spec), 'spec.jobTemplate.spec'));
  if (record(record(spec.jobTemplate).spec).manualSelector === true) causes.push(unsupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']));
  causes.push(...notNegative(spec, 'spec', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'));
  // The Job's name is the CronJob's with eleven characters more.
  if (job.metadata.name.length > MAX_CRON_NAME) causes.push(invalid('metadata.name', goString(job.metadata.name), `must be no more than ${MAX_CRON_NAME} characters`));
  return causes;
}

function timeZoneCauses(zone: string): StatusCause[] {
  if (zone === '') return [invalid('spec.timeZone', '""', 'timeZone must be nil or non-empty string')];
  const causes = zone.toLowerCase() === 'local' ? [invalid('spec.timeZone', goString(zone), 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')] : [];
  // Go knows its own zone by this name.
  if (zone === 'Local') return causes;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    causes.push(invalid('spec.timeZone', goString(zone), `unknown time zone ${zone}`));
  }
  return causes;
}
