import { request } from 'node:http';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImageRegistry, builtInImages } from '../../../../server/cluster/kubelet/index.ts';
import { createPodNetwork } from '../../../../server/cluster/network/index.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { testApi } from '../../../harness/cluster.ts';

const images = createImageRegistry(builtInImages);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'site-'));
  await mkdir(join(folder, 'below'));
  await writeFile(join(folder, 'index.html'), '<p>mine</p>');
  await writeFile(join(folder, 'a.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Asked {
  method?: string;
  path?: string;
  port: number;
}

/** Starts a pod of an image, asks it, and ends it: status, the header Server, the type and the body. */
async function ask(image: string, { method = 'GET', path = '/', port }: Asked, options: { args?: string[]; env?: Record<string, string>; mounted?: string } = {}) {
  const found = images.lookup(image);
  if (found.kind !== 'found' || found.entry.content.kind !== 'program') throw new Error(`${image} is no program`);
  const network = createPodNetwork();
  const stop = new AbortController();
  let log = '';
  const place = (file: string) => (options.mounted !== undefined && (file === options.mounted || file.startsWith(`${options.mounted}/`)) ? folder + file.slice(options.mounted.length) : undefined);
  const ended = found.entry.content.program.run({
    argv: [...(found.entry.entrypoint ?? []), ...(options.args ?? found.entry.cmd ?? [])],
    env: options.env ?? {},
    pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'default', uid: 'u1' }, spec: { containers: [{ name: 'main', image }] } },
    container: 'main',
    client: testApi().client,
    network,
    stdout: (text) => (log += text),
    stderr: (text) => (log += text),
    hostPath: place,
    place: (file) => (place(file) === undefined ? undefined : { root: folder, path: file }),
    scratch: async () => folder,
    openFile: async (file) => {
      const real = place(file);
      return real === undefined ? undefined : open(real);
    },
    signal: stop.signal,
    clock: new ManualClock(Date.parse('2026-11-23T09:28:56Z')),
    ids: seededIds(),
  });
  try {
    const socket = await network.dial('u1', port);
    return await new Promise<{ code: number | undefined; server: string; type: string | undefined; body: string; log: () => string }>((resolve, reject) => {
      const asked = request({ method, path, host: 'web', createConnection: () => socket, headers: { 'user-agent': 'test' } }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ code: response.statusCode, server: String(response.headers.server), type: response.headers['content-type'], body, log: () => log }));
      });
      asked.on('error', reject);
      asked.end();
    });
  } finally {
    stop.abort();
    expect(await ended).toBe(0);
  }
}

describe('images of web servers', () => {
  it('greet when nobody gave them a page, and write nginx’s access log', async () => {
    const { log, ...answer } = await ask('nginx:1.27', { port: 80 });
    expect({ ...answer, body: answer.body.includes('Welcome to nginx!') }).toEqual({ code: 200, server: 'nginx/1.27.3', type: 'text/html', body: true });
    expect(log()).toMatch(/^10\.244\.0\.1 - - \[23\/Nov\/2026:09:28:56 \+0000\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "test" "-"$/m);
    expect(await ask('httpd', { port: 80 })).toMatchObject({ code: 200, server: 'Apache/2.4.62 (Unix)', body: '<html><body><h1>It works!</h1></body></html>\n' });
  });

  it.each([
    ['what is mounted', { path: '/', port: 80 }, { code: 200, type: 'text/html', body: '<p>mine</p>' }],
    ['files by their type', { path: '/a.json', port: 80 }, { code: 200, type: 'application/json', body: '{}' }],
    ['no body for HEAD', { method: 'HEAD', path: '/a.json', port: 80 }, { code: 200, type: 'application/json', body: '' }],
    ['nothing that is not there', { path: '/nope', port: 80 }, { code: 404 }],
    ['no way out of the folder', { path: '/../../etc/passwd', port: 80 }, { code: 404 }],
    ['no list of a folder', { path: '/below/', port: 80 }, { code: 404 }],
    ['only what is asked for', { method: 'POST', path: '/', port: 80 }, { code: 405 }],
  ])('serve %s', async (_title, asked, expected) => {
    expect(await ask('nginx', asked, { mounted: '/usr/share/nginx/html' })).toMatchObject(expected);
  });
});

describe('images that say who answers', () => {
  it.each([
    ['hashicorp/http-echo', { port: 5678 }, { args: ['-text=hello'] }, 'hello\n'],
    ['hashicorp/http-echo:1.0', { port: 9000 }, { args: ['-listen', ':9000', '-text', 'there'] }, 'there\n'],
    ['gcr.io/google-samples/hello-app:2.0', { port: 8080 }, {}, 'Hello, world!\nVersion: 2.0.0\nHostname: web-1\n'],
    ['registry.k8s.io/e2e-test-images/agnhost:2.39', { port: 8080, path: '/hostname' }, { args: ['netexec', '--http-port=8080'] }, 'web-1'],
    ['registry.k8s.io/e2e-test-images/agnhost:2.39', { port: 9376 }, { args: ['serve-hostname'] }, 'web-1'],
    ['kicbase/echo-server:1.0', { port: 8080, path: '/x' }, {}, 'Request served by web-1\n\nGET /x HTTP/1.1\nHost: web:80\nuser-agent: test\nConnection: close\n'],
  ])('%s', async (image, asked, options, body) => {
    expect(await ask(image, asked, options)).toMatchObject({ code: 200, body });
  });

  it('traefik/whoami names the pod and its address', async () => {
    expect((await ask('traefik/whoami', { port: 80 })).body).toBe('Hostname: web-1\nIP: 127.0.0.1\nIP: 10.244.0.2\nRemoteAddr: 10.244.0.1:40000\nGET / HTTP/1.1\nHost: web:80\nuser-agent: test\nConnection: close\n\n');
  });
});
