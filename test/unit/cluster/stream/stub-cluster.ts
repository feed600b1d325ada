import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuth } from '../../../../server/cluster/auth/index.ts';
import { createStreams } from '../../../../server/cluster/stream/index.ts';
import type { StreamSubresource } from '../../../../server/cluster/stream/index.ts';
import type { AttachedProcess, ContainerAccess } from '../../../../server/cluster/kubelet/access.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { FakeReader } from '../auth/fixture.ts';

export const POD: KubeObject = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', uid: 'pod-1' },
  spec: { nodeName: 'controlplane', containers: [{ name: 'a', image: 'busybox', ports: [{ containerPort: 8080 }] }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'a', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }] },
};

/** Its container does not run. */
const WAITING_POD: KubeObject = { ...POD, metadata: { ...POD.metadata, name: 'q', uid: 'pod-2' }, status: { phase: 'Pending', containerStatuses: [{ name: 'a', state: { waiting: { reason: 'ContainerCreating' } } }] } };

function attached(child: ChildProcess): AttachedProcess {
  if (child.stdout === null) throw new Error('no stdout');
  return {
    stdin: child.stdin ?? undefined,
    stdout: child.stdout,
    stderr: child.stderr ?? undefined,
    resize: () => undefined,
    close: () => child.kill('SIGKILL'),
    exited: new Promise((resolve) => child.once('exit', (code) => resolve({ code: code ?? 137 }))),
  };
}

export interface StubCluster {
  kubeconfig: string;
  port: number;
  ca: string;
  token: string;
  /** Runs kubectl with this cluster's kubeconfig. */
  kubectl(args: string[], input?: string | Buffer): Promise<{ code: number; stdout: string; stderr: string }>;
  stop(): Promise<void>;
}

/** A TLS server that knows a pod, whose containers are processes of this machine and whose ports are those of `ports`. */
export async function startStub(options: { ports?: Record<number, number>; websockets?: boolean } = {}): Promise<StubCluster> {
  const auth = createAuth({ clock: systemClock, ids: systemIds, log: silentLog, reader: new FakeReader() });
  const access: ContainerAccess = {
    async *logs() { yield Buffer.from(''); },
    exec: (_pod, _container, { argv, stdin }) =>
      new Promise((resolve, reject) => {
        const [file = '', ...args] = argv;
        const child = spawn(file, args, { stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
        child.once('error', reject);
        child.once('spawn', () => resolve(attached(child)));
      }),
    attach: () => Promise.resolve(attached(spawn('sh', ['-c', 'echo attached; cat'], { stdio: ['pipe', 'pipe', 'pipe'] }))),
    portForward: (_pod, port) =>
      new Promise((resolve, reject) => {
        const socket = connect({ port: options.ports?.[port] ?? 1, host: '127.0.0.1', allowHalfOpen: true });
        socket.once('error', reject);
        socket.once('connect', () => resolve(socket));
      }),
  };
  const streams = createStreams({ access, clock: systemClock, log: silentLog });
  const server = createHttps({ key: auth.serverCertificate.key, cert: auth.serverCertificate.certificate }, (request, response) => {
    const path = new URL(request.url ?? '/', 'https://x').pathname;
    const answers: Record<string, unknown> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
      '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get'], shortNames: ['po'] }] },
      '/api/v1/namespaces/default/pods/p': POD,
      '/api/v1/namespaces/default/pods/q': WAITING_POD,
    };
    const body = answers[path];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', message: 'not found', code: 404 }));
  });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'https://x');
    if (options.websockets === false && request.headers.upgrade?.toLowerCase() === 'websocket') {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    void streams.handleUpgrade(request, socket, head, url.pathname.includes('/pods/q/') ? WAITING_POD : POD, url.pathname.split('/').pop() as StreamSubresource, url.searchParams);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const folder = await mkdtemp(join(tmpdir(), 'stub-'));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, auth.kubeconfig({ server: `https://127.0.0.1:${port}`, namespace: 'default' }));
  return {
    kubeconfig, port, ca: auth.ca.certificate, token: auth.adminToken,
    kubectl: (args, input) =>
      new Promise((resolve) => {
        const child = execFile('kubectl', ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'cache'), ...args], { maxBuffer: 200 * 1024 * 1024, timeout: 30_000 }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr }));
        if (input !== undefined) child.stdin?.end(input);
      }),
    async stop() {
      streams.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
