import { createHmac } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { bodyOf, startServer, tokenOf, type TestServer } from './fixture.ts';
import { EVENTS, EVENT_BINDINGS, SECRETS, SERVICE_ACCOUNTS, WORKFLOWS, WORKFLOW_TEMPLATES } from '../../../../server/cluster/argo/server/route.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';

let server: TestServer;
afterEach(() => server.stop());

const argo = (kind: string, name: string, spec: object): KubeObject => ({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name }, spec });

async function withBinding(spec: { selector: string; submit?: object }): Promise<void> {
  server = await startServer();
  await server.api.client.create(WORKFLOW_TEMPLATES, 'argo', argo('WorkflowTemplate', 'hello', { entrypoint: 'main', templates: [{ name: 'main', suspend: {} }] }));
  const submit = { workflowTemplateRef: { name: 'hello' }, arguments: { parameters: [{ name: 'message', valueFrom: { event: 'payload.message' } }] }, ...spec.submit };
  await server.api.client.create(EVENT_BINDINGS, 'argo', argo('WorkflowEventBinding', 'hello', { event: { selector: spec.selector }, submit }));
}

const post = (body: string, headers: Record<string, string> = {}) => server.send('POST', '/api/v1/events/argo/-', { token: tokenOf('jenkins'), body, headers }).then(bodyOf);

test('An event that a binding waits for starts its template, with the event in the parameters', async () => {
  await withBinding({ selector: 'payload.message != ""' });
  expect(await post('{"message": "hello events"}')).toBe('{}');
  const [workflow] = (await server.api.client.list(WORKFLOWS)).items;
  expect(workflow?.metadata.name).toMatch(/^hello-[a-z0-9]{5}$/);
  expect(workflow?.metadata.labels).toEqual({
    'workflows.argoproj.io/creator': 'system-serviceaccount-argo-jenkins',
    'workflows.argoproj.io/workflow-event-binding': 'hello',
    'workflows.argoproj.io/workflow-template': 'hello',
  });
  expect(workflow?.['spec']).toEqual({ arguments: { parameters: [{ name: 'message', value: 'hello events' }] }, workflowTemplateRef: { name: 'hello' } });
});

test('An event that no binding waits for is fine, too', async () => {
  await withBinding({ selector: 'payload.message != ""' });
  expect(await post('{"message": ""}')).toBe('{}');
  expect((await server.api.client.list(WORKFLOWS)).items).toEqual([]);
});

test('Names, labels and annotations are expressions', async () => {
  await withBinding({ selector: 'metadata["x-argo"] == ["yes"]', submit: { metadata: { name: '"wf-" + payload.message', labels: { l: 'sprig.upper(payload.message)' }, annotations: { hello: '"world"' } } } });
  expect(await post('{"message":"hi"}', { 'X-Argo': 'yes' })).toBe('{}');
  const workflow = await server.api.client.get(WORKFLOWS, 'argo', 'wf-hi');
  expect(workflow.metadata.labels?.['l']).toBe('HI');
  expect(workflow.metadata.annotations).toEqual({ hello: 'world' });
});

test('What fails is answered, and noted as an Event on the binding', async () => {
  await withBinding({ selector: 'event.payload.message == "hi"' });
  expect(await post('{"message":"hi"}')).toBe('{"code":13,"message":"failed to dispatch event: [failed to evaluate workflow template expression: unknown name event (1:1)\\n | event.payload.message == \\"hi\\"\\n | ^]"}');
  const [event] = (await server.api.client.list(EVENTS)).items;
  expect([event?.['type'], event?.['reason'], event?.['message'], event?.['source']]).toEqual([
    'Warning',
    'WorkflowEventBindingError',
    'failed to dispatch event: failed to evaluate workflow template expression: unknown name event (1:1)\n | event.payload.message == "hi"\n | ^',
    { component: 'workflow-controller' },
  ]);
});

test('Without a token, an event is a webhook, and refused when nobody set one up', async () => {
  await withBinding({ selector: 'true' });
  const answer = await server.send('POST', '/api/v1/events/argo/-', { body: '{}' });
  expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 403 Forbidden');
  expect(answer).toMatch(/\r\nContent-Length: 48\r\nContent-Type: text\/plain; charset=utf-8\r\n\r\n\{"message": "failed to process webhook request"\}$/);
});

test.each<[string, (body: string) => Record<string, string>]>([
  ['github', (body) => ({ 'X-GitHub-Event': 'push', 'X-Hub-Signature-256': `sha256=${createHmac('sha256', 'shh').update(body).digest('hex')}` })],
  ['gitlab', () => ({ 'X-Gitlab-Event': 'Push Hook', 'X-Gitlab-Token': 'shh' })],
  ['bitbucket', () => ({ 'X-Event-Key': 'repo:push', 'X-Hook-UUID': 'shh' })],
  ['bitbucketserver', (body) => ({ 'X-Event-Key': 'repo:refs_changed', 'X-Hub-Signature': `sha256=${createHmac('sha256', 'shh').update(body).digest('hex')}` })],
])('A webhook of %s speaks as its ServiceAccount', async (type, headers) => {
  await withBinding({ selector: 'true' });
  const base64 = (value: string) => Buffer.from(value).toString('base64');
  const { client } = server.api;
  await client.create(SECRETS, 'argo', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'argo-workflows-webhook-clients' }, data: { hooks: base64(`type: ${type}\nsecret: shh\n`) } });
  await client.create(SERVICE_ACCOUNTS, 'argo', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'hooks' } });
  await client.create(SECRETS, 'argo', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'hooks.service-account-token' }, data: { token: base64(tokenOf('hooks')) } });
  const body = '{"message":"hi"}';
  const send = (extra: Record<string, string>) => server.send('POST', '/api/v1/events/argo/-', { body, headers: extra }).then(bodyOf);
  expect(await send(headers(body))).toBe('{}');
  expect((await client.list(WORKFLOWS)).items[0]?.metadata.labels?.['workflows.argoproj.io/creator']).toBe('system-serviceaccount-argo-hooks');
  expect(await send({ 'X-GitHub-Event': 'push', 'X-Hub-Signature-256': 'sha256=0000' })).toContain('"code":16');
});
