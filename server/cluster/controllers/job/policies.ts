import type { Job, Pod } from '../runtime/kinds.ts';

/** What a Job's own policies say of failures and successes. Pure. After kubernetes 1.32 pkg/controller/job/{pod_failure_policy,success_policy,indexed_job_utils}.go */

export const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

type FailurePolicy = NonNullable<Job['spec']['podFailurePolicy']>;
type OnExitCodes = NonNullable<FailurePolicy['rules'][number]['onExitCodes']>;

export interface FailureMatch {
  action: string;
  /** Why the Job fails; for `FailJob` only. */
  message?: string;
}

/** The first rule of the Job's failure policy that fits a failed pod; undefined where none does. */
export function matchFailure(job: Job, pod: Pod): FailureMatch | undefined {
  const { namespace, name } = pod.metadata;
  for (const [index, { action, onExitCodes, onPodConditions = [] }] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const tail = `matching ${action} rule at index ${index}`;
    if (onExitCodes !== undefined) {
      const found = containerWith(pod, onExitCodes);
      if (found !== undefined) return { action, ...(action === 'FailJob' ? { message: `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.code} ${tail}` } : {}) };
    } else {
      const found = (pod.status?.conditions ?? []).find((one) => onPodConditions.some((pattern) => pattern.type === one.type && (pattern.status ?? 'True') === one.status));
      if (found !== undefined) return { action, ...(action === 'FailJob' ? { message: `Pod ${namespace}/${name} has condition ${found.type} ${tail}` } : {}) };
    }
  }
  return undefined;
}

function containerWith(pod: Pod, { containerName, operator, values }: OnExitCodes): { name: string; code: number } | undefined {
  for (const status of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
    const code = status.state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (containerName !== undefined && containerName !== status.name)) continue;
    if (values.includes(code) === (operator === 'In')) return { name: status.name, code };
  }
  return undefined;
}

/** Whether a failed pod counts towards the Job's limits. */
export function countsAsFailure(job: Job, pod: Pod): boolean {
  return matchFailure(job, pod)?.action !== 'Ignore';
}

/** Whether pods are replaced only once they have come to their end, rather than as soon as they are being deleted. */
export function replacesOnlyFailed(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || (job.spec.podReplacementPolicy === undefined && job.spec.podFailurePolicy !== undefined);
}

export function hasLimitPerIndex(job: Job): boolean {
  return job.spec.completionMode === 'Indexed' && job.spec.backoffLimitPerIndex !== undefined;
}

export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  return text === undefined ? undefined : Number(text);
}

function countIn(pod: Pod | undefined, annotation: string): number {
  return Number(pod?.metadata.annotations?.[annotation] ?? 0);
}

/** How often an index has failed before and with this pod, whether or not that counts. */
export function failuresUpTo(pod: Pod): number {
  return countIn(pod, FAILURES) + countIn(pod, IGNORED) + 1;
}

/** Whether the failure of a pod is the end of its index. */
export function failsItsIndex(job: Job, pod: Pod): boolean {
  if (!hasLimitPerIndex(job) || pod.status?.phase !== 'Failed') return false;
  const action = matchFailure(job, pod)?.action;
  if (action === 'FailIndex') return true;
  return action !== 'Ignore' && countIn(pod, FAILURES) >= (job.spec.backoffLimitPerIndex ?? 0);
}

/** What the next pod of an index is told of those before it. */
export function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!hasLimitPerIndex(job)) return {};
  const counts = replaced === undefined || countsAsFailure(job, replaced);
  const failures = countIn(replaced, FAILURES) + (replaced !== undefined && counts ? 1 : 0);
  const ignored = countIn(replaced, IGNORED) + (counts ? 0 : 1);
  return { [FAILURES]: String(failures), ...(ignored > 0 ? { [IGNORED]: String(ignored) } : {}) };
}

/** The message of the first rule of the success policy that is met; undefined where none is. */
export function metSuccess(job: Job, done: ReadonlySet<number>): string | undefined {
  if (done.size === 0) return undefined;
  const index = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && done.size >= succeededCount;
    const required = parseIndexes(succeededIndexes);
    const met = [...required].filter((one) => done.has(one)).length;
    return required.size > 0 && (met === required.size || (succeededCount !== undefined && met >= succeededCount));
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}

/** `0-2,5` */
export function parseIndexes(text: string | undefined): Set<number> {
  const out = new Set<number>();
  for (const range of (text ?? '').split(',')) {
    const [from, to] = range.split('-').map(Number);
    if (range === '' || from === undefined) continue;
    for (let index = from; index <= (to ?? from); index++) out.add(index);
  }
  return out;
}
