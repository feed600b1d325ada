import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argoServerPort, learnerToken } from '../harness/argo-server.ts';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

// grpc-js and a schema of a few messages are the independent side: they share no line with the server's codec.
const schema = loadPackageDefinition(loadSync(join(import.meta.dirname, 'argo-grpc.proto'), { longs: Number, keepCase: true }));

type Methods = Record<string, (request: object, metadata: Metadata, done?: (error: ServiceError | null, answer: unknown) => void) => AsyncIterable<unknown>>;

let test: TestCluster;
let token: string;
let client: Client & Methods;
let close: () => Promise<void>;

beforeAll(async () => {
  test = await startTestCluster({ argo: true });
  const server = await argoServerPort(test.cluster);
  token = await learnerToken(test.cluster);
  const services = schema['workflow'];
  const service: unknown = typeof services === 'object' ? Reflect.get(services, 'WorkflowService') : undefined;
  if (typeof service !== 'function') throw new Error('the schema has no service');
  client = Reflect.construct(service, [`127.0.0.1:${server.port}`, credentials.createInsecure()]);
  close = async () => {
    client.close();
    await server.close();
  };
}, 60_000);

afterAll(async () => {
  await close?.();
  await test?.stop();
});

function signedIn(): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** One unary call: its answer, or its code and message. */
function call(method: string, request: object, metadata = signedIn()): Promise<unknown> {
  return new Promise((done) => client[method]?.(request, metadata, (error, answer) => done(error === null ? answer : { code: error.code, details: error.details })));
}

const hello = { metadata: { generateName: 'hello-', labels: { course: 'api' } }, spec: { entrypoint: 'main', arguments: { parameters: [{ name: 'who', value: 'wörld' }] }, templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: ['hello {{workflow.parameters.who}}'] } }] } };

describe('the Argo Server over gRPC', () => {
  it('creates a workflow, follows its log to the end and shows how it ended', async () => {
    const created = await call('CreateWorkflow', { namespace: 'argo', workflow: hello });
    expect(created).toMatchObject({ metadata: { generateName: 'hello-', namespace: 'argo', labels: { course: 'api', 'workflows.argoproj.io/creator': 'system-serviceaccount-argo-learner' } }, spec: hello.spec });
    const name = nameOf(created);
    const lines: unknown[] = [];
    for await (const line of client['WorkflowLogs']?.({ name, namespace: 'argo', logOptions: { container: 'main', follow: true } }, signedIn()) ?? []) lines.push(line);
    expect(lines[0]).toEqual({ content: 'hello wörld', podName: name });
    await expect.poll(() => call('GetWorkflow', { name, namespace: 'argo' })).toMatchObject({ status: { phase: 'Succeeded', progress: '1/1' } });
  }, 30_000);

  it('lists by label and watches changes', async () => {
    const name = nameOf(await call('CreateWorkflow', { namespace: 'argo', workflow: { ...hello, metadata: { name: 'watched', labels: { course: 'watch' } } } }));
    const phases = new Set<unknown>();
    for await (const event of client['WatchWorkflows']?.({ namespace: 'argo', listOptions: { labelSelector: 'course=watch' } }, signedIn()) ?? []) {
      const phase = Reflect.get(Object(Reflect.get(Object(Reflect.get(Object(event), 'object')), 'status')), 'phase');
      phases.add(phase);
      if (phase === 'Succeeded') break;
    }
    expect(phases).toContain('Succeeded');
    expect(await call('ListWorkflows', { namespace: 'argo', listOptions: { labelSelector: 'course=watch' } })).toMatchObject({ items: [{ metadata: { name } }] });
    expect(await call('DeleteWorkflow', { name, namespace: 'argo' })).toEqual({});
    expect(await call('GetWorkflow', { name, namespace: 'argo' })).toEqual({ code: 5, details: 'workflows.argoproj.io "watched" not found' });
  }, 30_000);

  it('says who may not come in, and what it does not have', async () => {
    expect(await call('GetWorkflow', { name: 'x', namespace: 'argo' }, new Metadata())).toEqual({ code: 16, details: 'token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/' });
    expect(await call('CreateWorkflow', { namespace: 'argo', workflow: { metadata: { generateName: 'no-' }, spec: { templates: [] } } })).toEqual({ code: 3, details: 'spec.entrypoint is required' });
    expect(await call('NoSuchMethod', {})).toEqual({ code: 12, details: 'unknown method NoSuchMethod for service workflow.WorkflowService' });
  });
});

function nameOf(workflow: unknown): string {
  return String(Reflect.get(Object(Reflect.get(Object(workflow), 'metadata')), 'name'));
}
