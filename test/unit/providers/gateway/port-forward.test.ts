import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../server/lib/clock.ts';
import { Scope } from '../../../../server/lib/scope.ts';
import { connectTo } from '../../../../server/providers/existing/connection.ts';
import { readKubeconfig } from '../../../../server/providers/existing/kubeconfig.ts';
import { type Gateway, startGateway } from '../../../../server/providers/gateway/gateway.ts';
import { learnerToken } from '../../../harness/argo-server.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

let folder: string;
let test: TestCluster;
let gateway: Gateway;
let token: string;
const scope = new Scope();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  test = await startTestCluster({ argo: true });
  token = await learnerToken(test.cluster);
  const way = connectTo(readKubeconfig({ file: test.kubeconfig }), systemClock, scope);
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const address = listener.address();
  // The administrator's certificate ends at the gateway, which speaks for it.
  gateway = startGateway({ upstream: way.open, listener, clock: systemClock, certificates: { authority: way.access.ca ?? Buffer.alloc(0), upstream: way.transport, administrator: 'kubernetes-admin' } });
  const { certificate, key } = way.access.client ?? { certificate: '', key: '' };
  const base64 = (data: Uint8Array | string) => Buffer.from(data).toString('base64');
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: 'k', cluster: { server: `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, 'certificate-authority-data': base64(gateway.certificate) } }], users: [{ name: 'u', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }], contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'argo' } }], 'current-context': 'c' }));
  await kubectl('wait', '--for=condition=Available', 'deployment/argo-server', '--timeout=30s');
}, 60_000);

afterAll(async () => {
  await gateway?.close();
  await scope.close();
  await test?.stop();
  await rm(folder, { recursive: true, force: true });
});

const kubectl = (...args: string[]) => execa('kubectl', args, { env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder } });

/** Runs with a port that `kubectl port-forward` opened; resolves with what kubectl said. */
async function forwarded(websockets: boolean, act: (port: number) => Promise<void>): Promise<string> {
  const child = execa('kubectl', ['--v=6', 'port-forward', 'svc/argo-server', ':2746'], { env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder, KUBECTL_PORT_FORWARD_WEBSOCKETS: String(websockets) }, reject: false });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const match = /127\.0\.0\.1:(\d+)/.exec((said += chunk.toString()));
        if (match !== null) resolve(Number(match[1]));
      });
      void child.then(({ stderr }) => reject(new Error(stderr)));
    });
    await act(port);
  } finally {
    child.kill();
  }
  return (await child).stderr;
}
const seen = (part: string) => gateway.requests().filter(({ server, url }) => server === 'argo' && url.includes(part)).map(({ method, url, user, userAgent, status }) => ({ method, url, user, userAgent, status }));

describe('a port-forward through the gateway', { timeout: 60_000 }, () => {
  it.each([
    ['a websocket', true, /negotiated protocol: portforward\.k8s\.io/],
    ['SPDY', false, /POST \S+\/portforward 101/],
  ])('works over %s without falling back, and its requests are seen', async (name, websockets, said) => {
    const path = `/api/v1/workflows/argo?by=${encodeURIComponent(name)}`;
    const stderr = await forwarded(websockets, async (port) => {
      const answers = await Promise.all([1, 2].map(() => fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}`, 'user-agent': 'tester' } })));
      expect(await Promise.all(answers.map(async (answer) => [answer.status, Object.keys(Object(await answer.json()))]))).toEqual([1, 2].map(() => [200, ['metadata', 'items']]));
    });
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/fallback|fall back/);
    const record = { method: 'GET', url: path, user: expect.stringMatching(/^system:serviceaccount:argo:/), userAgent: 'tester', status: 200 };
    expect(seen(encodeURIComponent(name))).toEqual([record, record]);
  });

  it('shows calls of gRPC, one after another and beside each other', async () => {
    await forwarded(true, async (port) => {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      const call = (method: string) =>
        new Promise<unknown>((resolve, reject) => {
          const stream = session.request({ ':method': 'POST', ':path': `/workflow.WorkflowService/${method}`, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'grpc-tester', authorization: `Bearer ${token}` });
          let trailers: unknown;
          stream.on('trailers', (got) => (trailers = got['grpc-status']));
          stream.on('error', reject);
          stream.on('close', () => resolve(trailers));
          stream.resume();
          // An empty message with a namespace: {namespace: 'argo'}.
          stream.end(Buffer.from([0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from('argo')]));
        });
      expect(await call('ListWorkflows')).toBe('0');
      expect(await Promise.all(['ListWorkflows', 'LintWorkflow', 'ListWorkflows'].map(call))).toHaveLength(3);
      session.close();
    });
    const record = (method: string) => ({ method: 'POST', url: `/workflow.WorkflowService/${method}`, user: expect.stringMatching(/^system:serviceaccount:argo:/), userAgent: 'grpc-tester', status: 200 });
    expect(seen('WorkflowService').map(({ url }) => url.split('/').at(-1)).sort()).toEqual(['LintWorkflow', 'ListWorkflows', 'ListWorkflows', 'ListWorkflows']);
    expect(seen('WorkflowService')[0]).toEqual(record('ListWorkflows'));
  });
});
