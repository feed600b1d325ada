import type { Server } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority, type KubeObject } from '../../../../server/cluster/vocabulary.ts';
import { startHookServer } from '../../../harness/hook-server.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

interface Asked {
  uid: string;
  desiredAPIVersion: string;
  objects: KubeObject[];
}

const GROUP = 'stable.example.com';
const OLD = { group: GROUP, version: 'v1beta1', resource: 'crontabs' };
const NEW = { group: GROUP, version: 'v1', resource: 'crontabs' };
const CRDS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

let test: TestCluster;
let server: Server;
const asked: { version: string; request: Asked }[] = [];
/** What the webhook answers instead of the converted objects. */
let answer: ((request: Asked) => unknown) | undefined;

/** `hostPort: a:1` of v1beta1 is `host: a` and `port: "1"` of v1. */
function converted(object: KubeObject, apiVersion: string): KubeObject {
  const spec = object.spec as { host?: string; port?: string; hostPort?: string };
  const [host = '', port = ''] = (spec.hostPort ?? '').split(':');
  const metadata = { ...object.metadata, labels: { ...object.metadata.labels, from: object.apiVersion.split('/')[1] ?? '' } };
  return { ...object, apiVersion, metadata, spec: apiVersion.endsWith('/v1') ? { host, port } : { hostPort: `${spec.host ?? ''}:${spec.port ?? ''}` } };
}

beforeAll(async () => {
  const authority = CertificateAuthority.create('webhooks', Date.now());
  const hooks = await startHookServer(authority, ['127.0.0.1'], (_path, body, response) => {
    const review = body as { apiVersion: string; kind: string; request: Asked };
    asked.push({ version: `${review.apiVersion} ${review.kind}`, request: review.request });
    const { uid, desiredAPIVersion, objects } = review.request;
    const own = { uid, convertedObjects: objects.map((object) => converted(object, desiredAPIVersion)), result: { status: 'Success' } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ apiVersion: review.apiVersion, kind: 'ConversionReview', response: answer?.(review.request) ?? own }));
  });
  const { port } = hooks;
  server = hooks.server;
  test = await startTestCluster({ nodeDial: hooks.nodeDial });
  const version = (name: string, storage: boolean): object => ({ name, storage, served: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } } });
  await test.cluster.client.create(CRDS, undefined, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `crontabs.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural: 'crontabs', kind: 'CronTab' },
      versions: [version('v1beta1', false), version('v1', true)],
      conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2', 'v1'], clientConfig: { url: `https://127.0.0.1:${port}/convert`, caBundle: Buffer.from(authority.certificate).toString('base64') } } },
    },
  });
}, 60_000);
afterAll(async () => {
  await test?.stop();
  server?.close();
});
beforeEach(() => {
  asked.length = 0;
  answer = undefined;
});

const old = (name: string, hostPort = 'h:1'): KubeObject => ({ apiVersion: `${GROUP}/v1beta1`, kind: 'CronTab', metadata: { name, namespace: 'default' }, spec: { hostPort } });
const seen = ({ apiVersion, metadata, spec }: KubeObject): unknown => [apiVersion.split('/')[1], metadata.name, metadata.labels, spec];

describe('a conversion webhook', () => {
  it('makes what is stored of what is sent, and what is shown of what is stored', async () => {
    const { client } = test.cluster;
    const made = await client.create(OLD, 'default', old('a'));
    expect(seen(made)).toEqual(['v1beta1', 'a', { from: 'v1' }, { hostPort: 'h:1' }]);
    expect(asked.map(({ version, request }) => [version, request.desiredAPIVersion, request.objects.length])).toEqual([
      ['apiextensions.k8s.io/v1 ConversionReview', `${GROUP}/v1`, 1],
      ['apiextensions.k8s.io/v1 ConversionReview', `${GROUP}/v1beta1`, 1],
    ]);
    const stored = await client.get(NEW, 'default', 'a');
    expect(seen(stored)).toEqual(['v1', 'a', { from: 'v1beta1' }, { host: 'h', port: '1' }]);
    expect(stored.metadata).toMatchObject({ uid: made.metadata.uid, resourceVersion: made.metadata.resourceVersion, generation: 1 });
    // What it said once about the same object it need not say again.
    expect([seen(await client.get(OLD, 'default', 'a')), asked.length]).toEqual([['v1beta1', 'a', { from: 'v1' }, { hostPort: 'h:1' }], 2]);
  });

  it('stands between a change and what is stored', async () => {
    const { client } = test.cluster;
    await client.create(NEW, 'default', { apiVersion: `${GROUP}/v1`, kind: 'CronTab', metadata: { name: 'b', namespace: 'default' }, spec: { host: 'x', port: '2' } });
    const patched = await client.patch(OLD, 'default', 'b', { type: 'merge', body: { spec: { hostPort: 'y:3' } } });
    expect(seen(patched)).toEqual(['v1beta1', 'b', { from: 'v1' }, { hostPort: 'y:3' }]);
    expect(seen(await client.get(NEW, 'default', 'b'))).toEqual(['v1', 'b', { from: 'v1beta1' }, { host: 'y', port: '3' }]);
    await client.delete(OLD, 'default', 'b');
    expect(await client.find(NEW, 'default', 'b')).toBeUndefined();
  });

  it('is asked once about a whole list', async () => {
    const { client } = test.cluster;
    for (const name of ['l1', 'l2', 'l3']) await client.create(NEW, 'default', { apiVersion: `${GROUP}/v1`, kind: 'CronTab', metadata: { name, namespace: 'default', labels: { list: 'yes' } }, spec: { host: name, port: '1' } });
    asked.length = 0;
    const { items } = await client.list(OLD, { namespace: 'default', labelSelector: 'list=yes' });
    expect(items.map((item) => item.spec)).toEqual([{ hostPort: 'l1:1' }, { hostPort: 'l2:1' }, { hostPort: 'l3:1' }]);
    // Who watches asks about one after another.
    expect(asked.filter(({ request }) => request.objects.length > 1)).toHaveLength(1);
  });

  it('keeps the order of a watch', async () => {
    const { client } = test.cluster;
    const events: unknown[] = [];
    const end = new AbortController();
    const { metadata } = await client.list(OLD, { namespace: 'default' });
    client.watch(OLD, { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '', signal: end.signal }, ({ type, object }) => events.push([type, object.metadata.name, object.spec]));
    for (const name of ['w1', 'w2']) await client.create(NEW, 'default', { apiVersion: `${GROUP}/v1`, kind: 'CronTab', metadata: { name, namespace: 'default' }, spec: { host: name, port: '1' } });
    await client.patch(NEW, 'default', 'w1', { type: 'merge', body: { spec: { port: '2' } } });
    await client.delete(NEW, 'default', 'w2');
    await expect.poll(() => events).toEqual([
      ['ADDED', 'w1', { hostPort: 'w1:1' }],
      ['ADDED', 'w2', { hostPort: 'w2:1' }],
      ['MODIFIED', 'w1', { hostPort: 'w1:2' }],
      ['DELETED', 'w2', { hostPort: 'w2:1' }],
    ]);
    end.abort();
  });

  it.each([
    ['says why not', () => ({ uid: 'x', result: { status: 'Failed', message: 'no' } }), 'expected response.uid='],
    ['fails', ({ uid }: Asked) => ({ uid, result: { status: 'Failed', message: 'not on Mondays' } }), `conversion webhook for ${GROUP}/v1beta1, Kind=CronTab failed: not on Mondays`],
    ['does not say how it went', ({ uid }: Asked) => ({ uid, convertedObjects: [] }), `conversion webhook for ${GROUP}/v1beta1, Kind=CronTab failed: response.result.status was '', not 'Success'`],
    ['loses objects', ({ uid }: Asked) => ({ uid, convertedObjects: [], result: { status: 'Success' } }), `conversion webhook for ${GROUP}/v1beta1, Kind=CronTab returned 0 objects, expected 1`],
    ['makes another object', ({ uid, objects, desiredAPIVersion }: Asked) => ({ uid, convertedObjects: objects.map((o) => ({ ...o, apiVersion: desiredAPIVersion, metadata: { ...o.metadata, name: 'z' } })), result: { status: 'Success' } }), `conversion webhook for ${GROUP}/v1beta1, Kind=CronTab returned invalid object: must have the same name: bad != z`],
    ['forgets to convert', ({ uid, objects }: Asked) => ({ uid, convertedObjects: objects, result: { status: 'Success' } }), `conversion webhook for ${GROUP}/v1beta1, Kind=CronTab returned invalid object at index 0: invalid groupVersion (expected ${GROUP}/v1, received ${GROUP}/v1beta1)`],
  ])('that %s fails the request, and nothing is written', async (_what, response, message) => {
    answer = response;
    await expect(test.cluster.client.create(OLD, 'default', old('bad', `h:${message.length}`))).rejects.toMatchObject({ code: 500, reason: '', message: expect.stringContaining(message) as unknown });
    expect(await test.cluster.client.find(NEW, 'default', 'bad')).toBeUndefined();
  });
});
