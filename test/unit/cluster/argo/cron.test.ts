import { describe, expect, it } from 'vitest';
import { EventRecorder } from '../../../../server/cluster/controllers/runtime/event-recorder.ts';
import { Informer } from '../../../../server/cluster/controllers/runtime/informer.ts';
import { startCron } from '../../../../server/cluster/argo/cron/cron.ts';
import { dueRuns, nextRun, runsAtOnce } from '../../../../server/cluster/argo/cron/due.ts';
import { noTemplates } from '../../../../server/cluster/argo/types/resolve.ts';
import { decodeCronWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';
import { sleep, systemClock } from '../../../../server/lib/clock.ts';
import { createLog } from '../../../../server/lib/log.ts';
import { testApi } from '../../../harness/cluster.ts';

const argo = (resource: string) => ({ group: 'argoproj.io', version: 'v1alpha1', resource });
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const cronOf = (spec: object) => decodeCronWorkflow({ metadata: { name: 'c' }, spec: { workflowSpec: {}, ...spec } });
const shown = (times: readonly number[]): string[] => times.map((time) => new Date(time).toISOString().slice(5, 16));

describe('the runs of a cron workflow that are due', () => {
  const start = Date.UTC(2026, 0, 1, 0, 0, 30);

  it.each([
    ['* * * * *', 24 * HOUR, 3, ['01-01T23:58', '01-01T23:59', '01-02T00:00']],
    ['* * * * *', 365 * 24 * HOUR, 1, ['01-01T00:00']],
    ['0 3 * * *', 24 * HOUR, 3, ['01-01T03:00']],
    ['0 0 1 * *', 100 * 24 * HOUR, 2, ['03-01T00:00', '04-01T00:00']],
    ['0 3 * * *', HOUR, 3, []],
  ])('are the last ones of %s after %d ms', (schedule, ms, count, runs) => {
    expect(shown(dueRuns(cronOf({ schedules: [schedule] }), start, start + ms, count))).toEqual(runs);
  });

  it.each([
    ['@every 90s', '00:00:00', ['00:01:30', '00:03:00', '00:04:30']],
    ['@every 1h30m', '00:00:00', ['01:30:00', '03:00:00', '04:30:00']],
    ['@every 10ms', '00:00:58', ['00:00:59', '00:01:00', '00:01:01']],
    ['TZ=Europe/Berlin @every 40s', '00:00:30', ['00:00:40', '00:01:20', '00:02:00']],
  ])('count %s from the last run on', (schedule, from, runs) => {
    const cron = cronOf({ schedules: [schedule] });
    cron.status.lastScheduledTime = '2026-01-01T00:00:00Z';
    const times = [nextRun(cron, Date.parse(`2026-01-01T${from}Z`))];
    for (let i = 0; i < 2; i++) times.push(nextRun(cron, times.at(-1) ?? NaN));
    expect(times.map((time) => new Date(time ?? NaN).toISOString().slice(11, 19))).toEqual(runs);
  });

  it.each([
    [{}, 3],
    [{ successfulJobsHistoryLimit: 5 }, 5],
    [{ successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0 }, 1],
    [{ successfulJobsHistoryLimit: 5000 }, 10],
    [{ concurrencyPolicy: 'Forbid' }, 1],
    [{ concurrencyPolicy: 'Replace' }, 1],
    [{ stopStrategy: { expression: 'cronworkflow.succeeded > 1' } }, 1],
  ])('begin together as far as %j leaves them', (spec, count) => {
    expect(runsAtOnce(cronOf(spec))).toBe(count);
  });
});

/** A cron controller on an API of its own; the clock stands until it is moved. */
async function controller(spec: object) {
  const { client, clock } = testApi();
  const stop = new AbortController();
  const log = createLog('error');
  const workflows = new Informer(client, argo('workflows'), stop.signal);
  startCron({ client, clock, log, events: new EventRecorder({ client, clock, log, source: { component: 'workflow-controller' } }), signal: stop.signal, getters: () => noTemplates, defaults: () => undefined, workflows });
  const workflowSpec = { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] };
  await client.create(argo('cronworkflows'), 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'CronWorkflow', metadata: { name: 'c', namespace: 'argo' }, spec: { workflowSpec, ...spec } } as never);
  const settle = () => sleep(systemClock, 20);
  await settle();
  return {
    client,
    runs: async () => (await client.list(argo('workflows'), { namespace: 'argo' })).items.map(({ metadata }) => metadata.annotations?.['workflows.argoproj.io/scheduled-time']?.slice(5, 16)).sort(),
    async advance(ms: number) {
      clock.advance(ms);
      await settle();
    },
    stop: () => stop.abort(),
  };
}

describe('a cron workflow whose clock is moved forward', () => {
  it('runs what has come due, however long ago', async () => {
    const cron = await controller({ schedules: ['0 3 * * *'] });
    await cron.advance(24 * HOUR);
    expect(await cron.runs()).toEqual(['01-01T03:00']);
    cron.stop();
  });

  it('leaves so many runs as its history keeps', async () => {
    const cron = await controller({ schedules: ['* * * * *'], successfulJobsHistoryLimit: 2 });
    await cron.advance(24 * HOUR + 30_000);
    expect(await cron.runs()).toEqual(['01-01T23:59', '01-02T00:00']);
    await cron.advance(MINUTE);
    expect(await cron.runs()).toEqual(['01-01T23:59', '01-02T00:00', '01-02T00:01']);
    cron.stop();
  });

  it('does not make up for what came due while it was suspended', async () => {
    const cron = await controller({ schedules: ['* * * * *'], suspend: true });
    await cron.advance(HOUR + 30_000);
    await cron.client.patch(argo('cronworkflows'), 'argo', 'c', { type: 'merge', body: { spec: { suspend: false } } });
    await cron.advance(1000);
    expect(await cron.runs()).toEqual([]);
    await cron.advance(MINUTE);
    expect(await cron.runs()).toEqual(['01-01T01:01']);
    cron.stop();
  });
});
