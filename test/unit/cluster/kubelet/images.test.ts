import { afterAll, beforeAll, expect, test } from 'vitest';
import { request as httpRequest } from 'node:http';
import { CONFIG_MAPS, SERVICES } from '../../../../server/cluster/controllers/runtime/resources.ts';
import { builtInImages, createImageRegistry } from '../../../../server/cluster/kubelet/index.ts';
import { parseImageReference, referenceProblem } from '../../../../server/cluster/kubelet/images/reference.ts';
import { shellWords } from '../../../../server/cluster/kubelet/images/minio/client.ts';
import { sign, verify } from '../../../../server/cluster/network/s3-signature.ts';
import { smallCluster, type SmallCluster } from './small-cluster.ts';

let cluster: SmallCluster;
beforeAll(async () => {
  cluster = await smallCluster({ controllers: true });
});
afterAll(() => cluster.stop());

test('references are taken apart as Docker does', () => {
  const canonical = (text: string) => parseImageReference(text)?.canonical;
  expect([canonical('busybox'), canonical('argoproj/argosay:v2'), canonical('quay.io/argoproj/argocli:v3.7.6'), canonical('localhost:5000/x')]).toEqual([
    'docker.io/library/busybox:latest',
    'docker.io/argoproj/argosay:v2',
    'quay.io/argoproj/argocli:v3.7.6',
    'localhost:5000/x:latest',
  ]);
  expect([canonical('Bad Image'), canonical('x:'), canonical('/x'), canonical('UPPER')]).toEqual([undefined, undefined, undefined, undefined]);
});

test('an image is found under each of its names, and an entry can be added and taken away', () => {
  const images = createImageRegistry(builtInImages);
  expect([images.lookup('docker.io/library/busybox:1.36').kind, images.lookup('argoproj/argosay:v3').kind, images.lookup('nope').kind, images.lookup('Bad Image').kind]).toEqual(['found', 'missing', 'missing', 'invalid']);
  const remove = images.register({ repository: 'nope', content: { kind: 'root-folder', base: 'busybox' } });
  expect(images.lookup('nope').kind).toBe('found');
  remove();
  expect(images.lookup('nope').kind).toBe('missing');
});

test('argosay says, writes and exits as it is told', async () => {
  const run = async (name: string, args: string[]) => {
    await cluster.pod(name, { restartPolicy: 'Never', containers: [{ name: 'c', image: 'argoproj/argosay:v2', args }] });
    const pod = await cluster.until(name, (p) => p.status?.phase === 'Succeeded' || p.status?.phase === 'Failed');
    return [await cluster.logs(name, 'c'), pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode];
  };
  expect(await run('say', [])).toEqual(['hello argo\n', 0]);
  expect(await run('say-echo', ['echo', 'hi there'])).toEqual(['hi there\n', 0]);
  expect(await run('say-exit', ['exit', '3'])).toEqual(['', 3]);
});

test('the whale speaks', async () => {
  await cluster.pod('whale', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'docker/whalesay', command: ['cowsay'], args: ['hello world'] }] });
  await cluster.until('whale', (p) => p.status?.phase === 'Succeeded');
  expect((await cluster.logs('whale', 'c')).split('\n').slice(0, 3)).toEqual([' _____________ ', '< hello world >', ' ------------- ']);
});

test('signatures are made and checked alike, and any change breaks them', () => {
  const credentials = { accessKey: 'me', secretKey: 'mine' };
  const request = { method: 'PUT', path: '/b/k', query: 'a=1', headers: { host: 'minio:9000' } };
  const headers = sign(request, Buffer.from('x'), credentials, 0);
  expect(verify({ ...request, headers }, credentials)).toEqual({ ok: true });
  expect(verify({ ...request, path: '/b/other', headers }, credentials)).toMatchObject({ code: 'SignatureDoesNotMatch' });
  expect(verify({ ...request, headers }, { ...credentials, accessKey: 'you' })).toMatchObject({ code: 'InvalidAccessKeyId' });
  expect(verify(request, credentials)).toMatchObject({ code: 'AccessDenied' });
});

test('lines of a simple script are taken apart as a shell does', () => {
  expect(shellWords(`mc mb "a $A" 'b $A' c\${A}d # more`, { A: '1' })).toEqual(['mc', 'mb', 'a 1', 'b $A', 'c1d']);
});

test('a job of mc makes the buckets of an object store', async () => {
  await cluster.client.create(CONFIG_MAPS, 'ns', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'init' }, data: { initialize: '#!/bin/sh\nset -e\nmc config host add minio http://minio:9000 "$KEY" "$SECRET"\nmc mb --ignore-existing minio/workflows\nmc ls minio\n' } });
  await cluster.client.create(SERVICES, 'ns', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'minio' }, spec: { selector: { app: 'minio' }, ports: [{ port: 9000, targetPort: 9000 }] } });
  await cluster.pod('minio', { containers: [{ name: 'minio', image: 'quay.io/minio/minio:latest', command: ['minio', 'server', '/data'], env: [{ name: 'MINIO_ROOT_USER', value: 'me' }, { name: 'MINIO_ROOT_PASSWORD', value: 'secret' }], readinessProbe: { httpGet: { path: '/minio/health/ready', port: 9000 } } }] }, { labels: { app: 'minio' } });
  const minio = await cluster.until('minio', (p) => p.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True');
  await expect.poll(() => cluster.network.dialAddress('minio.ns', 9000).then((s) => s.destroy().destroyed, () => false)).toBe(true);
  await cluster.pod('mc', { restartPolicy: 'Never', volumes: [{ name: 'config', configMap: { name: 'init' } }], containers: [{ name: 'mc', image: 'quay.io/minio/mc', command: ['/bin/sh', '/config/initialize'], env: [{ name: 'KEY', value: 'me' }, { name: 'SECRET', value: 'secret' }], volumeMounts: [{ name: 'config', mountPath: '/config' }] }] });
  await cluster.until('mc', (p) => p.status?.phase === 'Succeeded');
  expect(await cluster.logs('mc', 'mc')).toBe('Added `minio` successfully.\nBucket created successfully `minio/workflows`.\nworkflows/\n');

  const ask = async (method: string, path: string, body = '', query = '') => {
    const socket = await cluster.network.dial(minio.metadata.uid ?? '', 9000);
    const headers = sign({ method, path, query, headers: { host: 'minio' } }, Buffer.from(body), { accessKey: 'me', secretKey: 'secret' }, Date.now());
    return new Promise<string>((resolve, reject) => {
      const request = httpRequest({ method, path: query === '' ? path : `${path}?${query}`, headers: { ...headers, connection: 'close' }, createConnection: () => socket as never }, (response) => {
        let text = `${response.statusCode} `;
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(text));
      });
      request.on('error', reject);
      request.end(body);
    });
  };
  expect(await ask('PUT', '/workflows/a/b.txt', 'content')).toBe('200 ');
  expect(await ask('GET', '/workflows/a/b.txt')).toBe('200 content');
  expect(await ask('GET', '/workflows', '', 'delimiter=%2F&list-type=2')).toContain('<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>');
  expect(await ask('GET', '/workflows/nope')).toContain('<Code>NoSuchKey</Code>');
  expect(await ask('GET', '/nope/x')).toContain('<Code>NoSuchBucket</Code>');
});

test.each([
  ['UPPER:tag', 'invalid reference format: repository name (library/UPPER) must be lowercase'],
  ['docker.io/Some/image', 'invalid reference format: repository name (Some/image) must be lowercase'],
  ['busy box', 'invalid reference format'],
  ['busybox:bad:tag', 'invalid reference format'],
  ['a'.repeat(64), `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
])('%s is no image’s name, and says why', (text, problem) => {
  expect(parseImageReference(text)).toBeUndefined();
  expect(referenceProblem(text)).toBe(problem);
});

test.each([
  ['index.docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['localhost/x:1', 'localhost/x:1'],
  ['REGISTRY:5000/a/b', 'REGISTRY:5000/a/b:latest'],
])('%s means %s', (text, canonical) => {
  expect(parseImageReference(text)?.canonical).toBe(canonical);
});
