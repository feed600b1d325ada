import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

let test: TestCluster;

beforeAll(async () => {
  test = await startTestCluster({ argo: true });
  await kubectl(['create', 'namespace', 'argo-events']);
  for (const file of ['install', 'webhook']) await kubectl(['apply', '-f', `${import.meta.dirname}/argo-events/${file}.yaml`]);
  await kubectl(['-n', 'argo-events', 'rollout', 'status', 'deploy/events-webhook', '--timeout', '30s']);
}, 120_000);

afterAll(async () => {
  await test?.stop();
});

async function kubectl(args: string[], input = ''): Promise<string> {
  const { all } = await execa('kubectl', args, { env: { KUBECONFIG: test.kubeconfig }, all: true, reject: false, input });
  return all;
}

const apply = (kind: string, name: string, spec: object) => kubectl(['-n', 'argo-events', 'apply', '-f', '-'], JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name }, spec }));
const DENIED = 'Error from server (BadRequest): error when creating "STDIN": admission webhook "webhook.argo-events.argoproj.io" denied the request: ';
const stan = (auth: string) => ({ nats: { native: { replicas: 3, auth } } });
const webhook = (port: string) => ({ webhook: { example: { port, endpoint: '/example', method: 'POST' } } });
const sensor = (eventSourceName: string) => ({ dependencies: [{ name: 'dep', eventSourceName, eventName: 'example' }], triggers: [{ template: { name: 'log', log: {} } }] });

describe('the validating webhook of Argo Events', () => {
  it('registers itself for the kinds of Argo Events, and leaves the rest alone', async () => {
    await expect.poll(() => kubectl(['-n', 'argo-events', 'logs', 'deploy/events-webhook']), { timeout: 20_000 }).toContain('Successfully registered webhook');
    const registered = await kubectl(['get', 'validatingwebhookconfiguration', 'webhook.argo-events.argoproj.io', '-o', 'jsonpath={range .webhooks[*].rules[*]}{.resources[0]} {end}{.webhooks[0].failurePolicy} {.webhooks[0].clientConfig.service.name}:{.webhooks[0].clientConfig.service.port} {.metadata.ownerReferences[0].kind}']);
    expect(registered).toBe('eventbus eventsources sensors Ignore events-webhook:443 ClusterRole');
    expect(await kubectl(['-n', 'argo-events', 'create', 'configmap', 'other'])).toBe('configmap/other created');
  });

  it('lets in what is valid and refuses what is not, in its own words', async () => {
    expect([
      await apply('Sensor', 'early', sensor('src')),
      await apply('EventBus', 'default', stan('token')),
      await apply('EventBus', 'bad', { nats: {} }),
      await apply('EventSource', 'src', webhook('12000')),
      await apply('EventSource', 'bad', webhook('')),
      await apply('Sensor', 'good', sensor('src')),
      await apply('Sensor', 'bad', sensor('')),
    ]).toEqual([
      `${DENIED}failed to get EventBus eventBusName=default; err=eventbus.argoproj.io "default" not found`,
      'eventbus.argoproj.io/default created',
      `${DENIED}invalid EventBus: either "native" or "exotic" must be defined`,
      'eventsource.argoproj.io/src created',
      `${DENIED}invalid EventSource: port can't be empty`,
      'sensor.argoproj.io/good created',
      `${DENIED}invalid Sensor: event dependency must define the EventSourceName`,
    ]);
  }, 60_000);

  it('holds what of a bus must stay as it is, and never stands in the way of a deletion', async () => {
    await apply('EventBus', 'fixed', stan('token'));
    const patch = (spec: object) => kubectl(['-n', 'argo-events', 'patch', 'eventbus', 'fixed', '--type', 'merge', '-p', JSON.stringify({ spec })]);
    const denied = 'Error from server (BadRequest): admission webhook "webhook.argo-events.argoproj.io" denied the request: ';
    expect([
      await patch(stan('none')),
      await patch({ nats: null, jetstream: { version: 'latest' } }),
      await patch({ nats: { native: { replicas: 5 } } }),
      await kubectl(['-n', 'argo-events', 'delete', 'eventbus', 'fixed']),
    ]).toEqual([`${denied}"spec.nats.native.auth" is immutable, can not be updated`, `${denied}Can not change event bus implementation`, 'eventbus.argoproj.io/fixed patched', 'eventbus.argoproj.io "fixed" deleted']);
    const log = await kubectl(['-n', 'argo-events', 'logs', 'deploy/events-webhook']);
    expect(log.split('\n').filter((line) => line.includes('Operation not interested')).map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['Operation not interested: argoproj.io/v1alpha1, Kind=EventBus DELETE']);
  }, 60_000);
});
