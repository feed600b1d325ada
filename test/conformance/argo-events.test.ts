import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { execa, type ResultPromise } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deleteObjects, putObject } from '../../server/cluster/argo/executor/s3.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

let test: TestCluster;
const children: ResultPromise[] = [];

beforeAll(async () => {
  test = await startTestCluster({ argo: true });
  await kubectl('create', 'namespace', 'argo-events');
  await kubectl('apply', '-f', `${import.meta.dirname}/argo-events/install.yaml`);
  await kubectl('-n', 'argo-events', 'wait', 'deploy', '--all', '--for', 'condition=Available', '--timeout', '30s');
  await apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'EventBus', metadata: { name: 'default' }, spec: { nats: { native: { replicas: 3, auth: 'token' } } } });
  await kubectl('-n', 'argo-events', 'rollout', 'status', 'statefulset/eventbus-default-stan', '--timeout', '30s');
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill();
  await Promise.allSettled(children);
  await test?.stop();
});

async function kubectl(...args: string[]): Promise<string> {
  const { all, failed } = await execa('kubectl', args, { env: { KUBECONFIG: test.kubeconfig }, all: true, reject: false });
  if (failed && !args.includes('--ignore-failure')) throw new Error(`kubectl ${args.join(' ')}: ${all}`);
  return all;
}

async function apply(...objects: object[]): Promise<string> {
  const { all } = await execa('kubectl', ['-n', 'argo-events', 'apply', '-f', '-'], { env: { KUBECONFIG: test.kubeconfig }, all: true, input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });
  return all;
}

/** What a program of Argo Events has logged: level, message and error of each line. */
async function logOf(selector: string): Promise<{ level: string; msg: string; error?: string | undefined }[]> {
  const Line = z.object({ level: z.string(), msg: z.string(), error: z.string().optional() });
  const text = await kubectl('-n', 'argo-events', 'logs', '-l', selector, '--tail', '-1');
  return text.split('\n').filter((line) => line.startsWith('{')).map((line) => Line.parse(JSON.parse(line)));
}

const messagesOf = async (selector: string): Promise<string[]> => (await logOf(selector)).map(({ msg }) => msg);
const ready = (selector: string, message: string) => expect.poll(() => messagesOf(selector), { timeout: 40_000 }).toContain(message);

const greeting = (name: string) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Workflow',
  metadata: { generateName: `${name}-` },
  spec: { entrypoint: 'print', serviceAccountName: 'operate-workflow-sa', arguments: { parameters: [{ name: 'message', value: 'hello world' }] }, templates: [{ name: 'print', inputs: { parameters: [{ name: 'message' }] }, container: { image: 'busybox', command: ['echo'], args: ['{{inputs.parameters.message}}'] } }] },
});

interface SensorOptions {
  source: string;
  dataKey: string;
  account?: string;
  trigger?: object;
  dependency?: object;
}

const sensor = (name: string, { source, dataKey, account = 'operate-workflow-sa', trigger, dependency = {} }: SensorOptions) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Sensor',
  metadata: { name },
  spec: {
    template: { serviceAccountName: account },
    dependencies: [{ name: 'dep', eventSourceName: source, eventName: 'example', ...dependency }],
    triggers: [{ template: { name: `${name}-trigger`, ...(trigger ?? { k8s: { operation: 'create', source: { resource: greeting(name) }, parameters: [{ src: { dependencyName: 'dep', dataKey }, dest: 'spec.arguments.parameters.0.value' }] } }) } }],
  },
});

const eventSource = (name: string, spec: object) => ({ apiVersion: 'argoproj.io/v1alpha1', kind: 'EventSource', metadata: { name }, spec });

/** The workflows that a sensor has made: their phase and message. */
async function madeBy(name: string): Promise<string[]> {
  const text = await kubectl('-n', 'argo-events', 'get', 'workflows', '-l', `events.argoproj.io/sensor=${name}`, '-o', 'jsonpath={range .items[*]}{.status.phase} {.spec.arguments.parameters[0].value}{"\\n"}{end}');
  return text.split('\n').filter((line) => line !== '');
}

/** Forwards a port of this machine to a Service until the tests are over. */
async function forward(target: string, port: number, namespace = 'argo-events'): Promise<string> {
  const child = execa('kubectl', ['-n', namespace, 'port-forward', target, `:${port}`], { env: { KUBECONFIG: test.kubeconfig }, reject: false });
  children.push(child);
  return await new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
      if (found !== null) resolve(`http://127.0.0.1:${found[1]}`);
    });
  });
}

describe('Argo Events', () => {
  it('says of an event bus what it made and where it is', async () => {
    const { status } = JSON.parse(await kubectl('-n', 'argo-events', 'get', 'eventbus', 'default', '-o', 'json'));
    expect(status.conditions.map(({ type, status: is, reason }: { type: string; status: string; reason?: string }) => [type, is, reason])).toEqual([['Configured', 'True', undefined], ['Deployed', 'True', 'Succeeded']]);
    expect(status.config).toEqual({ nats: { url: 'nats://eventbus-default-stan-svc:4222', clusterID: 'eventbus-default', auth: 'token', accessSecret: { name: 'eventbus-default-client', key: 'client-auth' } } });
    expect((await kubectl('-n', 'argo-events', 'get', 'service,statefulset,secret', '-l', 'eventbus-name=default', '-o', 'name')).split('\n')).toEqual(['service/eventbus-default-stan-svc', 'statefulset.apps/eventbus-default-stan', 'secret/eventbus-default-client', 'secret/eventbus-default-server']);
  });

  it('starts a workflow with the message of a webhook', async () => {
    await apply(eventSource('webhook', { service: { ports: [{ port: 12000, targetPort: 12000 }] }, webhook: { example: { port: '12000', endpoint: '/example', method: 'POST' } } }), sensor('webhook', { source: 'webhook', dataKey: 'body.message' }));
    await ready('eventsource-name=webhook', 'route is activated');
    await ready('sensor-name=webhook', 'starting ExactOnce cache clean up daemon ...');
    const address = await forward('svc/webhook-eventsource-svc', 12000);
    const answer = await fetch(`${address}/example`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"hi"}' });
    expect([answer.status, await answer.text()]).toEqual([200, 'success']);
    await expect.poll(() => madeBy('webhook'), { timeout: 40_000 }).toEqual(['Succeeded hi']);
    expect((await messagesOf('sensor-name=webhook')).slice(-2)).toEqual(['creating the object...', "Successfully processed trigger 'webhook-trigger'"]);
    const wrong = await fetch(`${address}/example`);
    expect([wrong.status, await wrong.text()]).toEqual([400, 'http method does not match']);
    const broken = await fetch(`${address}/example`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x' });
    expect([broken.status, await broken.text()]).toEqual([400, "json: error calling MarshalJSON for type *json.RawMessage: invalid character 'x' looking for beginning of value"]);
  }, 120_000);

  it('is shown by the Argo Server: its objects, and what their pods say', async () => {
    const address = await forward('svc/argo-server', 2746, 'argo');
    const token = /token: (\S+)/.exec(await readFile(test.kubeconfig, 'utf8'))?.[1] ?? '';
    const get = (path: string, signal?: AbortSignal) => fetch(`${address}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` }, ...(signal === undefined ? {} : { signal }) });
    const List = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
    for (const part of ['event-sources', 'sensors']) expect(List.parse(await (await get(`${part}/argo-events`)).json()).items.map(({ metadata }) => metadata.name)).toEqual(['webhook']);
    const stop = new AbortController();
    const answer = await get('stream/sensors/argo-events/logs?name=webhook&grep=Successfully&podLogOptions.follow=true', stop.signal);
    const { value } = (await answer.body?.getReader().read()) ?? {};
    stop.abort();
    expect(JSON.parse(Buffer.from(value ?? []).toString())).toEqual({ result: { namespace: 'argo-events', sensorName: 'webhook', triggerName: 'webhook-trigger', level: 'info', time: expect.stringMatching(/^2.*Z$/), msg: "Successfully processed trigger 'webhook-trigger'" } });
  }, 120_000);

  it("says in the log what a sensor's account may not do", async () => {
    await apply(sensor('powerless', { source: 'webhook', dataKey: 'body.message', account: 'default' }));
    await ready('sensor-name=powerless', 'starting ExactOnce cache clean up daemon ...');
    const address = await forward('svc/webhook-eventsource-svc', 12000);
    await fetch(`${address}/example`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"message":"no"}' });
    const error = 'failed to execute trigger, workflows.argoproj.io is forbidden: User "system:serviceaccount:argo-events:default" cannot create resource "workflows" in API group "argoproj.io" in the namespace "argo-events"';
    await expect.poll(async () => (await logOf('sensor-name=powerless')).filter(({ level }) => level === 'error'), { timeout: 40_000 }).toEqual([
      { level: 'error', msg: 'Failed to execute a trigger', error },
      { level: 'error', msg: 'Failed to execute a trigger', error },
    ]);
  }, 120_000);

  it('submits with argo what a filter lets through, and shows what argo prints', async () => {
    await apply(sensor('submitter', { source: 'webhook', dataKey: '', trigger: { argoWorkflow: { operation: 'submit', source: { resource: greeting('submitted') }, parameters: [{ src: { dependencyName: 'dep', dataTemplate: '{{ .Input.body.message | upper }}!' }, dest: 'spec.arguments.parameters.0.value' }] } }, dependency: { filters: { data: [{ path: 'body.message', type: 'string', value: ['^shout'] }] } } }));
    await ready('sensor-name=submitter', 'starting ExactOnce cache clean up daemon ...');
    const address = await forward('svc/webhook-eventsource-svc', 12000);
    for (const message of ['whisper', 'shout']) await fetch(`${address}/example`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message }) });
    await expect.poll(() => madeBy('submitter'), { timeout: 40_000 }).toEqual(['Succeeded SHOUT!']);
    expect(await kubectl('-n', 'argo-events', 'logs', '-l', 'sensor-name=submitter', '--tail', '-1')).toMatch(/^Name: +submitted-\w{5}\nNamespace: +argo-events$/m);
    expect(await kubectl('-n', 'argo-events', 'get', 'workflows', '-l', 'events.argoproj.io/sensor=submitter', '-o', 'jsonpath={.items[*].metadata.labels.workflows\\.argoproj\\.io/creator}')).toBe('system-serviceaccount-argo-events-operate-workflow-sa');
  }, 120_000);

  it("fires by the calendar when the cluster's clock is moved", async () => {
    await apply(eventSource('calendar', { calendar: { example: { schedule: '30 3 * * *', metadata: { hello: 'night' } } } }), sensor('calendar', { source: 'calendar', dataKey: 'metadata.hello' }));
    await expect.poll(() => messagesOf('eventsource-name=calendar'), { timeout: 40_000 }).toContain('expected next calendar event');
    await ready('sensor-name=calendar', 'starting ExactOnce cache clean up daemon ...');
    await kubectl('create', '--raw', '/.argo-lab/clock?advance=24h', '-f', '/dev/null');
    await expect.poll(() => madeBy('calendar'), { timeout: 40_000 }).toEqual(['Succeeded night']);
  }, 120_000);

  it('fires by what happens to objects', async () => {
    await kubectl('create', 'clusterrolebinding', 'watches-config', '--clusterrole=view', '--serviceaccount=argo-events:operate-workflow-sa');
    await apply(eventSource('resource', { template: { serviceAccountName: 'operate-workflow-sa' }, resource: { example: { namespace: 'argo-events', group: '', version: 'v1', resource: 'configmaps', eventTypes: ['ADD', 'DELETE'], filter: { prefix: 'watched' } } } }), sensor('resource', { source: 'resource', dataKey: 'type' }));
    await ready('eventsource-name=resource', 'running informer...');
    await ready('sensor-name=resource', 'starting ExactOnce cache clean up daemon ...');
    await kubectl('-n', 'argo-events', 'create', 'configmap', 'watched-one');
    await kubectl('-n', 'argo-events', 'create', 'configmap', 'other');
    await kubectl('-n', 'argo-events', 'delete', 'configmap', 'watched-one', 'other');
    await expect.poll(async () => (await madeBy('resource')).sort(), { timeout: 40_000 }).toEqual(['Succeeded ADD', 'Succeeded DELETE']);
  }, 120_000);

  it('fires by what is put into and taken out of a bucket', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'minio-creds' }, stringData: { accesskey: 'argoproj', secretkey: 'sup3rs3cr3tp4ssw0rd1' } };
    const key = (name: string) => ({ name: 'minio-creds', key: name });
    const minio = { bucket: { name: 'workflows' }, endpoint: 'minio.argo:9000', insecure: true, events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:Delete'], accessKey: key('accesskey'), secretKey: key('secretkey'), filter: { suffix: '.txt' } };
    await apply(secret, eventSource('minio', { minio: { example: minio } }), sensor('minio', { source: 'minio', dataKey: '', trigger: { k8s: { operation: 'create', source: { resource: greeting('minio') }, parameters: [{ src: { dependencyName: 'dep', dataTemplate: '{{ (index .Input.notification 0).eventName }} {{ (index .Input.notification 0).s3.object.key }}' }, dest: 'spec.arguments.parameters.0.value' }] } } }));
    await ready('eventsource-name=minio', 'started listening to bucket notifications...');
    await ready('sensor-name=minio', 'starting ExactOnce cache clean up daemon ...');
    const bucket = { endpoint: 'minio.argo.svc:9000', bucket: 'workflows', namespace: 'argo', accessKey: 'argoproj', secretKey: 'sup3rs3cr3tp4ssw0rd1', insecure: true, now: () => systemClock.now() };
    for (const name of ['notes/a.txt', 'notes/a.png']) await putObject(test.cluster.network, bucket, name, Buffer.from('hello'));
    await deleteObjects(test.cluster.network, bucket, 'notes/a.txt');
    await expect.poll(async () => (await madeBy('minio')).sort(), { timeout: 40_000 }).toEqual(['Succeeded s3:ObjectCreated:Put notes%2Fa.txt', 'Succeeded s3:ObjectRemoved:Delete notes%2Fa.txt']);
  }, 120_000);

  it('fires by what is said on a channel of Redis', async () => {
    await kubectl('-n', 'argo-events', 'create', 'deployment', 'redis', '--image=redis:7');
    await kubectl('-n', 'argo-events', 'expose', 'deployment', 'redis', '--port=6379');
    await kubectl('-n', 'argo-events', 'rollout', 'status', 'deployment/redis', '--timeout', '30s');
    await apply(eventSource('redis', { redis: { example: { hostAddress: 'redis.argo-events.svc:6379', channels: ['FOO'] } } }), sensor('redis', { source: 'redis', dataKey: 'body' }));
    await ready('sensor-name=redis', 'starting ExactOnce cache clean up daemon ...');
    const port = Number(new URL(await forward('svc/redis', 6379)).port);
    const publish = async () => {
      const socket = connect(port, '127.0.0.1').end('PUBLISH FOO "hi there"\r\nQUIT\r\n');
      return await text(socket);
    };
    // How many were told: nobody before the event source listens.
    await expect.poll(publish, { timeout: 40_000 }).toBe(':1\r\n+OK\r\n');
    await expect.poll(() => madeBy('redis'), { timeout: 40_000 }).toEqual(['Succeeded hi there']);
  }, 120_000);

  it('fires by files that another pod puts into a volume', async () => {
    await apply(
      { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'shared' }, spec: { capacity: { storage: '1Mi' }, accessModes: ['ReadWriteOnce'], storageClassName: '', claimRef: { namespace: 'argo-events', name: 'shared' }, hostPath: { path: '/shared' } } },
      { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'shared' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', volumeName: 'shared', resources: { requests: { storage: '1Mi' } } } },
    );
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'shared' } }];
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    await apply(eventSource('file', { template: { container: { volumeMounts }, volumes }, file: { example: { eventType: 'CREATE', watchPathConfig: { directory: '/data/', pathRegexp: '^x' } } } }), sensor('file', { source: 'file', dataKey: 'name' }));
    await ready('eventsource-name=file', 'listening to file notifications...');
    await ready('sensor-name=file', 'starting ExactOnce cache clean up daemon ...');
    await apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'writer' }, spec: { restartPolicy: 'Never', volumes, containers: [{ name: 'writer', image: 'busybox', command: ['sh', '-c', 'echo 1 >/data/y.txt; echo 1 >/data/x.txt'], volumeMounts }] } });
    await expect.poll(() => madeBy('file'), { timeout: 40_000 }).toEqual(['Succeeded /data/x.txt']);
  }, 120_000);

  it('will not let an event bus go that somebody uses', async () => {
    await kubectl('-n', 'argo-events', 'delete', 'eventbus', 'default', '--wait=false');
    await expect.poll(async () => (await logOf('app=controller-manager')).some(({ msg, error }) => msg === 'reconcile error' && error === 'can not delete an EventBus with 6 EventSources connected'), { timeout: 40_000 }).toBe(true);
    await kubectl('-n', 'argo-events', 'delete', 'eventsource,sensor', '--all');
    await expect.poll(() => kubectl('-n', 'argo-events', 'get', 'eventbus', '-o', 'name'), { timeout: 30_000 }).toBe('');
  }, 120_000);
});
