import { rfc3339 } from '../../../lib/clock.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeClient } from '../../client.ts';
import type { EventRecorder } from '../../controllers/runtime/event-recorder.ts';
import { Informer, keyOf, splitKey } from '../../controllers/runtime/informer.ts';
import { WorkQueue } from '../../controllers/runtime/work-queue.ts';
import type { KubeObject } from '../../store/object.ts';
import { argoExprEnv, evalBool, GoTime, replaceTags, shouldExecute } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import { CRON_WORKFLOWS, WORKFLOWS } from '../types/resources.ts';
import type { TemplateGetters } from '../types/resolve.ts';
import { decodeCronWorkflow, decodeWorkflow } from '../types/workflow.ts';
import type { CronWorkflow, Workflow } from '../types/workflow.ts';
import { validateCronWorkflow } from '../validate/index.ts';
import { dueRuns, nextRun, runsAtOnce, schedulesOf } from './due.ts';

const LABEL_CRON = 'workflows.argoproj.io/cron-workflow';
const LAST_SCHEDULE = 'cronworkflows.argoproj.io/last-used-schedule';

export interface CronOptions {
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  signal: AbortSignal;
  getters(namespace: string): TemplateGetters;
  defaults(): Workflow | undefined;
  workflows: Informer;
  /** The only namespace to look after; default: all. */
  namespace?: string;
}

/** Starts workflows at their times. After argo-workflows v3.7.6 workflow/cron/operator.go */
export function startCron(options: CronOptions): () => void {
  const { client, clock, log, signal, workflows } = options;
  const informer = new Informer(client, CRON_WORKFLOWS, signal, options.namespace === undefined ? {} : { namespace: options.namespace });
  const queue: WorkQueue = new WorkQueue({ name: 'cron', clock, log, signal, reconcile: (key) => reconcile(key) });
  /** Up to when each cron workflow's runs have been seen to: what came due before that was missed. */
  const waitedSince = new Map<string, number>();
  informer.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  const off = workflows.onChange(({ previous, current }) => {
    const object = current ?? previous;
    const name = object?.metadata.labels?.[LABEL_CRON];
    if (object !== undefined && name !== undefined) queue.add(`${object.metadata.namespace ?? ''}/${name}`);
  });

  const childrenOf = (cron: CronWorkflow): Workflow[] =>
    workflows
      .list(cron.metadata.namespace)
      .filter((object) => object.metadata.labels?.[LABEL_CRON] === cron.metadata.name && object.metadata.ownerReferences?.some((owner) => owner.uid === cron.metadata.uid) === true)
      .map(decodeWorkflow);

  async function reconcile(key: string): Promise<void> {
    const object = informer.getByKey(key);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
      waitedSince.delete(key);
      return;
    }
    const { namespace = '' } = splitKey(key);
    const cron = decodeCronWorkflow(object);
    const before = JSON.stringify(normalize('CronWorkflow', cron));
    const problem = validateCronWorkflow(cron, options.getters(namespace));
    setCondition(cron, 'SpecError', problem?.message);
    const schedules = schedulesOf(cron).join(',');
    const changedSchedule = cron.metadata.annotations?.[LAST_SCHEDULE] !== schedules;
    if (problem === undefined && changedSchedule) {
      cron.metadata.annotations = { ...cron.metadata.annotations, [LAST_SCHEDULE]: schedules };
      if ((cron.status.lastScheduledTime ?? null) !== null) cron.status.lastScheduledTime = rfc3339(clock.now());
    }
    followChildren(cron);
    await removeOld(cron);
    const waits = problem === undefined && cron.spec.suspend !== true && cron.status.phase !== 'Stopped';
    const now = clock.now();
    if (!waits || changedSchedule) waitedSince.delete(key);
    if (waits) await runDue(cron, object, waitedSince.get(key) ?? now - 1, now);
    if (JSON.stringify(normalize('CronWorkflow', cron)) !== before) {
      await client.update(CRON_WORKFLOWS, { ...(normalize('CronWorkflow', cron) as unknown as KubeObject), apiVersion: 'argoproj.io/v1alpha1', kind: 'CronWorkflow' });
    }
    if (waits) waitedSince.set(key, now);
    if (problem === undefined && cron.spec.suspend !== true) {
      const next = nextRun(cron, clock.now());
      if (next !== undefined) queue.addAfter(key, next - clock.now());
    }
  }

  /** Counts runs that have ended, and forgets them as active. */
  function followChildren(cron: CronWorkflow): void {
    const children = childrenOf(cron);
    const active = (cron.status.active ?? []).filter((reference) => {
      const child = children.find(({ metadata }) => metadata.uid === reference['uid']);
      if (child === undefined) return false;
      const phase = child.status.phase;
      if (phase === 'Succeeded') cron.status.succeeded++;
      else if (phase === 'Failed' || phase === 'Error') cron.status.failed++;
      else return true;
      return false;
    });
    cron.status.active = active.length === 0 && (cron.status.active ?? null) === null ? null : active;
    cron.status.phase = cron.status.phase === '' ? 'Active' : cron.status.phase;
    const stop = cron.spec.stopStrategy?.expression ?? '';
    if (stop !== '') {
      try {
        if (evalBool(stop, { ...argoExprEnv({}), cronworkflow: environmentOf(cron) })) {
          cron.status.phase = 'Stopped';
          cron.metadata.labels = { ...cron.metadata.labels, 'workflows.argoproj.io/cron-workflow-completed': 'true' };
        }
      } catch (error) {
        setCondition(cron, 'SpecError', `failed to check CronWorkflow '${cron.metadata.name}' stopping condition: failed to evaluate stop expression: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  async function removeOld(cron: CronWorkflow): Promise<void> {
    const ended = childrenOf(cron).filter((child) => child.status.finishedAt !== null);
    const groups: [Workflow[], number][] = [
      [ended.filter((child) => child.status.phase === 'Succeeded'), cron.spec.successfulJobsHistoryLimit ?? 3],
      [ended.filter((child) => child.status.phase === 'Failed' || child.status.phase === 'Error'), cron.spec.failedJobsHistoryLimit ?? 1],
    ];
    for (const [group, limit] of groups) {
      const newest = [...group].sort((a, b) => ((a.status.finishedAt ?? '') < (b.status.finishedAt ?? '') ? 1 : -1));
      for (const { metadata } of newest.slice(limit)) {
        await client.delete(WORKFLOWS, metadata.namespace, metadata.name, { propagationPolicy: 'Background' }).catch((error: unknown) => {
          if (!(error instanceof ApiStatus) || error.code !== 404) throw error;
        });
      }
    }
  }

  /** Starts the runs whose time has come, as far as the policy lets them. */
  async function runDue(cron: CronWorkflow, object: KubeObject, seen: number, now: number): Promise<void> {
    const last = Date.parse(cron.status.lastScheduledTime ?? '');
    const created = Date.parse(cron.metadata.creationTimestamp ?? '') || now;
    const deadline = cron.spec.startingDeadlineSeconds ?? 0;
    const after = Number.isNaN(last) ? created : last;
    const onTime = dueRuns(cron, Math.max(after, seen), now, runsAtOnce(cron));
    // While nobody waited one run may have been missed.
    const runs = onTime.length > 0 || deadline <= 0 ? onTime : dueRuns(cron, Math.max(after, now - deadline * 1000), now, 1);
    for (const due of runs) if (!(await start(cron, object, due))) return;
  }

  /** Starts one run; answers whether a later one may be tried. */
  async function start(cron: CronWorkflow, object: KubeObject, due: number): Promise<boolean> {
    try {
      if (!mayRun(cron)) return true;
    } catch (error) {
      setCondition(cron, 'SubmissionError', `run policy error: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    const active = childrenOf(cron).filter((child) => child.status.finishedAt === null);
    if (active.length > 0 && cron.spec.concurrencyPolicy === 'Forbid') return true;
    if (cron.spec.concurrencyPolicy === 'Replace') {
      for (const { metadata } of active) await client.patch(WORKFLOWS, metadata.namespace, metadata.name, { type: 'merge', body: { spec: { shutdown: 'Terminate' } } });
    }
    const workflow = workflowOf(cron, due);
    try {
      const made = await client.create(WORKFLOWS, cron.metadata.namespace, workflow);
      cron.status.active = [...(cron.status.active ?? []), { kind: 'Workflow', namespace: made.metadata.namespace ?? '', name: made.metadata.name, uid: made.metadata.uid ?? '', apiVersion: 'argoproj.io/v1alpha1', resourceVersion: made.metadata.resourceVersion ?? '' }];
      setCondition(cron, 'SubmissionError', undefined);
    } catch (error) {
      if (!(error instanceof ApiStatus)) throw error;
      if (error.code !== 409) {
        setCondition(cron, 'SubmissionError', `Failed to submit Workflow: ${error.message}`);
        options.events.record(object, 'Warning', 'SubmissionError', error.message);
      }
    }
    cron.status.lastScheduledTime = rfc3339(due);
    return true;
  }

  return off;
}

/** What `cronworkflow` is in the expressions of a cron workflow. */
function environmentOf(cron: CronWorkflow): Record<string, unknown> {
  const last = cron.status.lastScheduledTime ?? null;
  return {
    name: cron.metadata.name,
    namespace: cron.metadata.namespace ?? '',
    labels: cron.metadata.labels ?? {},
    annotations: cron.metadata.annotations ?? {},
    failed: BigInt(cron.status.failed),
    succeeded: BigInt(cron.status.succeeded),
    lastScheduledTime: last === null ? null : new GoTime(Date.parse(last)),
  };
}

/** Whether the condition of a cron workflow lets a run begin. Throws for one that makes no sense. After argo-workflows v3.7.6 workflow/cron/operator.go evalWhen */
export function mayRun(cron: CronWorkflow): boolean {
  const when = cron.spec.when ?? '';
  if (when === '') return true;
  const env = environmentOf(cron);
  const texts = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (typeof value === 'string' || typeof value === 'bigint' ? [[`cronworkflow.${name}`, String(value)]] : [])));
  const { lastScheduledTime } = cron.status;
  if (typeof lastScheduledTime === 'string') texts['cronworkflow.lastScheduledTime'] = lastScheduledTime;
  return shouldExecute(replaceTags(when, texts, false, { cronworkflow: env }));
}

/** The workflow of one run: named after the cron workflow and the time. After argo-workflows v3.7.6 workflow/common/convert.go */
export function workflowOf(cron: CronWorkflow, due: number): KubeObject {
  const extra = cron.spec.workflowMetadata;
  const metadata: KubeObject['metadata'] = {
    name: `${cron.metadata.name}-${Math.floor(due / 1000)}`,
    ...(cron.metadata.namespace === undefined ? {} : { namespace: cron.metadata.namespace }),
    labels: { [LABEL_CRON]: cron.metadata.name, ...extra?.labels },
    annotations: { 'workflows.argoproj.io/scheduled-time': rfc3339(due), ...extra?.annotations },
    ...(extra?.finalizers === undefined ? {} : { finalizers: extra.finalizers }),
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'CronWorkflow', name: cron.metadata.name, uid: cron.metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
  };
  const instance = cron.metadata.labels?.['workflows.argoproj.io/controller-instanceid'];
  if (instance !== undefined) metadata.labels = { ...metadata.labels, 'workflows.argoproj.io/controller-instanceid': instance };
  return { ...(normalize('Workflow', { metadata, spec: cron.spec.workflowSpec }) as unknown as KubeObject), apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' };
}

function setCondition(cron: CronWorkflow, type: string, message: string | undefined): void {
  const others = (cron.status.conditions ?? []).filter((condition) => condition.type !== type);
  if (message === undefined) {
    if (others.length < (cron.status.conditions ?? []).length) cron.status.conditions = others;
    return;
  }
  cron.status.conditions = [...others, { type, status: 'True', message }];
}
