import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CertificateAuthority } from '../../../../server/cluster/vocabulary.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

const ports = new Map<number, number>();
let test: TestCluster;
const kubectl = async (...args: string[]) => (await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args])).stdout;
const apply = async (manifest: string) => {
  const child = promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, 'apply', '-f', '-']);
  child.child.stdin?.end(manifest);
  return (await child).stdout;
};

/** A program that says its name, with a Service in front of it. */
const app = (name: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {containers: [{name: main, image: hashicorp/http-echo, args: ["-text=${name}", "-listen=:5678"]}]}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ports: [{name: web, port: 80, targetPort: 5678}]}
---`;

interface Reply {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

async function get(host: string, path: string, secure = false): Promise<Reply> {
  const options = { host: '127.0.0.1', port: ports.get(secure ? 443 : 80), path, headers: { host }, agent: false as const };
  const request = secure ? httpsRequest({ ...options, servername: host, rejectUnauthorized: false }) : httpRequest(options);
  request.end();
  const [reply] = await once(request, 'response');
  let body = '';
  for await (const chunk of reply) body += String(chunk);
  return { status: reply.statusCode, headers: reply.headers, body };
}

const page = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

beforeAll(async () => {
  test = await startTestCluster({
    addons: true,
    ingress: {
      address: { ip: '10.250.0.1' },
      async listen(port) {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        ports.set(port, (server.address() as AddressInfo).port);
        return { server, port };
      },
    },
  });
  await apply(`${app('red')}${app('blue')}
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: colours}
spec:
  ingressClassName: nginx
  rules:
  - host: colours.example
    http:
      paths:
      - {path: /red, pathType: Prefix, backend: {service: {name: red, port: {number: 80}}}}
      - {path: /blue, pathType: Exact, backend: {service: {name: blue, port: {name: web}}}}
      - {path: /nobody, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}
      - {path: /missing, pathType: Prefix, backend: {service: {name: missing, port: {number: 80}}}}
`);
  await kubectl('wait', '--for=condition=Ready', 'pod/red', 'pod/blue', '--timeout=20s');
  await kubectl('wait', '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=10.250.0.1', 'ingress/colours', '--timeout=10s');
}, 60_000);

afterAll(() => test?.stop());

describe('an Ingress of the class nginx', () => {
  it('answers from the pods behind the Services of its paths', async () => {
    const red = await get('colours.example', '/red/x');
    expect([red.status, red.body, red.headers['x-app-name']]).toEqual([200, 'red\n', 'http-echo']);
    expect((await get('colours.example', '/blue')).body).toBe('blue\n');
  });

  it('answers itself as ingress-nginx does: 404 without a path, 503 without a pod', async () => {
    for (const [path, title] of [['/blue/x', '404 Not Found'], ['/nobody', '503 Service Temporarily Unavailable'], ['/missing', '503 Service Temporarily Unavailable']] as const) {
      const reply = await get('colours.example', path);
      expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([Number(title.slice(0, 3)), 'text/html', page(title)]);
    }
    expect((await get('other.example', '/')).status).toBe(404);
  });

  it('shows the node’s address, and the events of its controller', async () => {
    expect((await kubectl('get', 'ingress', 'colours', '--no-headers')).split(/ +/).slice(0, 5)).toEqual(['colours', 'nginx', 'colours.example', '10.250.0.1', '80']);
    const described = await kubectl('describe', 'ingress', 'colours');
    expect(described).toMatch(/Normal +Sync +\S+ +(\(x\d+ over \S+\) +)?nginx-ingress-controller +Scheduled for sync/);
    expect(described).toContain('/red       red:80 (10.244.');
    expect((await kubectl('get', 'ingressclass', '--no-headers')).split(/ +/).slice(0, 3)).toEqual(['nginx', 'k8s.io/ingress-nginx', '<none>']);
  });

  it('has its own certificate where its Secret is there, else the controller’s', async () => {
    const now = Date.now();
    const pair = CertificateAuthority.create('test', now).issue({ subject: { commonName: 'secure.example' }, altNames: ['secure.example'], usage: 'server', notBefore: now - 1000, notAfter: now + 3_600_000 });
    await test.cluster.client.create({ group: '', version: 'v1', resource: 'secrets' }, 'default', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'cert' }, type: 'kubernetes.io/tls', data: { 'tls.crt': Buffer.from(pair.certificate).toString('base64'), 'tls.key': Buffer.from(pair.key).toString('base64') } });
    const secure = (host: string, secret: string) => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ${secret}}
spec:
  tls: [{hosts: [${host}], secretName: ${secret}}]
  rules:
  - {host: ${host}, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: blue, port: {number: 80}}}}]}}
---`;
    await apply(secure('secure.example', 'cert') + secure('fake.example', 'gone'));
    const subject = (name: string) =>
      new Promise<string>((resolve, reject) => {
        const socket: TLSSocket = connect({ host: '127.0.0.1', port: ports.get(443), servername: name, rejectUnauthorized: false }, () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        }).on('error', reject);
      });
    await vi.waitFor(async () => expect((await get('secure.example', '/', true)).body).toBe('blue\n'), 5000);
    expect([await subject('secure.example'), await subject('fake.example')]).toEqual(['secure.example', 'Kubernetes Ingress Controller Fake Certificate']);
    const plain = await get('secure.example', '/x');
    expect([plain.status, plain.headers.location, plain.body]).toEqual([308, 'https://secure.example/x', page('308 Permanent Redirect')]);
  });

  it('tells its backend who asked, and takes no more than a megabyte', async () => {
    await apply(`
apiVersion: v1
kind: Pod
metadata: {name: who, labels: {app: who}}
spec: {containers: [{name: main, image: traefik/whoami}]}
---
apiVersion: v1
kind: Service
metadata: {name: who}
spec: {selector: {app: who}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: who}
spec: {defaultBackend: {service: {name: who, port: {number: 80}}}}
`);
    await kubectl('wait', '--for=condition=Ready', 'pod/who', '--timeout=20s');
    const { body } = await get('anybody.example', '/who?x=1');
    expect(body).toContain('GET /who?x=1 HTTP/1.1');
    expect(body.split('\n').filter((line) => /^(Host|X-Forwarded-(For|Host|Port|Proto)|X-Real-IP|X-Scheme):/.test(line)).map((line) => line.trim())).toEqual(['Host: anybody.example', 'X-Real-IP: 127.0.0.1', 'X-Forwarded-For: 127.0.0.1', 'X-Forwarded-Host: anybody.example', 'X-Forwarded-Port: 80', 'X-Forwarded-Proto: http', 'X-Scheme: http']);
    const request = httpRequest({ host: '127.0.0.1', port: ports.get(80), method: 'POST', headers: { host: 'anybody.example', 'content-length': 2_000_000 }, agent: false });
    request.on('error', () => undefined).flushHeaders();
    const [reply] = await once(request, 'response');
    expect(reply.statusCode).toBe(413);
    request.destroy();
  });

  it('answers that something is wrong with it, and goes on, where its annotations make no sense', async () => {
    const odd = (name: string, annotation: string, value: string) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, annotations: { [`nginx.ingress.kubernetes.io/${annotation}`]: value } }, spec: { rules: [{ host: `${name}.example`, http: { paths: [{ path: '/(x', pathType: 'ImplementationSpecific', backend: { service: { name: 'blue', port: { number: 80 } } } }, { path: '/', pathType: 'Prefix', backend: { service: { name: 'blue', port: { number: 80 } } } }] } }] } });
    const type = { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' };
    for (const [name, annotation, value] of [['newline', 'permanent-redirect', 'https://a.example/\nSet-Cookie: a=b'], ['wide', 'temporal-redirect', 'https://…'], ['rewrite', 'rewrite-target', '/\ud800'], ['code', 'permanent-redirect-code', '99']] as const) await test.cluster.client.create(type, 'default', odd(name, annotation, value));
    expect(await Promise.all(['newline', 'wide', 'rewrite', 'code'].map(async (name) => (await get(`${name}.example`, '/')).status))).toEqual([500, 500, 500, 200]);
    expect((await get('colours.example', '/blue')).body).toBe('blue\n');
  });

  it('is not served any more once it is deleted, and its ports close with the last one', async () => {
    await kubectl('delete', 'ingress', '--all');
    await vi.waitFor(async () => expect(await get('colours.example', '/red').catch((error: unknown) => error)).toMatchObject({ code: 'ECONNREFUSED' }), 5000);
  });
});
