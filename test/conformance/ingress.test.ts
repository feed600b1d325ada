import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { silentLog } from '../../server/lib/log.ts';
import { embeddedProvider } from '../../server/providers/embedded/provider.ts';
import type { SessionCluster } from '../../server/providers/provider.ts';
import { createSandbox } from '../../server/sandbox/detect.ts';
import type { Place, Sandbox } from '../../server/sandbox/sandbox.ts';

let folder: string;
let sandbox: Sandbox;
let place: Place;
let cluster: SessionCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingress-'));
  sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 0, wanted: 'auto' }, systemClock);
  place = await sandbox.open({ sessionId: 'ingress', home: join(folder, 'home') });
  const provider = embeddedProvider({ clock: systemClock, ids: systemIds, log: silentLog, sandbox, argoUi: folder });
  cluster = await provider.start({ id: 'ingress', folder: join(folder, 'cluster'), place, onStage: () => undefined, signal: new AbortController().signal });
}, 60_000);

afterAll(async () => {
  await cluster?.stop('end');
  await place?.stop();
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a command prints that a learner types; what it says of failures is in it too. */
async function typed(script: string): Promise<string> {
  const { file, args, env, cwd } = place.command(['sh', '-c', `(${script}) 2>&1; exit 0`], { env: { KUBECONFIG: 'kubeconfig' } });
  return (await promisify(execFile)(file, args, { env, cwd })).stdout;
}

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  rules: [{host: web.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`;

describe('an Ingress in a session', () => {
  it('answers in the learner’s terminal, at the node’s address and for previews, and says where', async () => {
    await writeFile(join(place.home, 'kubeconfig'), cluster.kubeconfig);
    await writeFile(join(place.home, 'web.yaml'), MANIFEST);
    expect(await typed('kubectl get sc,ingressclass --no-headers | cut -d" " -f1')).toBe('storageclass.storage.k8s.io/standard\ningressclass.networking.k8s.io/nginx\n');
    await typed('kubectl apply -f web.yaml && kubectl wait --for=condition=Available deployment/web --timeout=30s');
    const own = place.networkPid !== undefined;
    await vi.waitFor(async () => expect(await typed("kubectl get ingress web -o 'jsonpath={.status.loadBalancer.ingress}'")).toMatch(own ? /^\[{"ip":"10\.250\.0\.1"}\]$/ : /^\[{"hostname":"localhost","ports":\[{"port":\d+,"protocol":"TCP"}/), { timeout: 15_000, interval: 200 });
    const port = own ? 80 : Number(/"port":(\d+)/.exec(await typed('kubectl get ingress web -o json'))?.[1]);
    const answers = (address: string) => typed(`curl -s -m 5 -H 'Host: web.example' ${address}:${port} | grep -o '<title>.*</title>'; curl -s -m 5 -o /dev/null -w '%{http_code}' ${address}:${port}`);
    expect(await answers('localhost')).toBe('<title>Welcome to nginx!</title>\n404');
    if (own) await vi.waitFor(async () => expect(await answers('10.250.0.1')).toBe('<title>Welcome to nginx!</title>\n404'), { timeout: 10_000, interval: 200 });
    // What a preview does.
    const socket = await place.dial(port);
    const asked = request({ path: '/', headers: { host: 'web.example' }, createConnection: () => socket }).end();
    const [reply] = await once(asked, 'response');
    reply.resume();
    expect([reply.statusCode, own ? await place.listening() : [port]]).toEqual([200, expect.arrayContaining([port])]);
  }, 60_000);

  it('is reached by pods at the node’s address', async ({ skip }) => {
    if (place.networkPid === undefined || sandbox.isolation !== 'bubblewrap') skip('pods reach the node where there is a network in the kernel: root, bubblewrap and iproute2');
    await typed("kubectl run asker --image=curlimages/curl --restart=Never -- curl -s -m 5 -w '%{http_code}' -H 'Host: web.example' http://10.250.0.1");
    await vi.waitFor(async () => expect(await typed("kubectl get pod asker -o 'jsonpath={.status.phase}'")).toMatch(/Succeeded|Failed/), { timeout: 20_000, interval: 200 });
    expect(await typed('kubectl logs asker')).toMatch(/<title>Welcome to nginx!<\/title>[^]*200$/);
  }, 60_000);

  it('leaves the ports to others when it is gone', async () => {
    await typed('kubectl delete ingress web');
    await vi.waitFor(async () => expect(await typed('curl -s -m 5 localhost:80; echo $?')).toBe('7\n'), { timeout: 10_000, interval: 200 });
  }, 30_000);
});
