import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { atMost, lineOf, percentile, print, root, sleep } from './support.ts';

/** hello-world on a cluster of its own: from the submission to Succeeded and a readable log. */
const Kubeconfig = z.object({ clusters: z.array(z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) })), users: z.array(z.object({ user: z.object({ token: z.string().optional(), 'client-certificate-data': z.string().optional(), 'client-key-data': z.string().optional() }) })) });

const folder = await mkdtemp(join(tmpdir(), 'lab-bench-'));
const file = join(folder, 'kubeconfig');
const child = spawn(process.execPath, [join(root, 'scripts', 'argo-lab.mjs'), 'cluster', '--port', '0', '--kubeconfig-out', file], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
await lineOf(child, /cluster is ready: (\S+),/);
const config = Kubeconfig.parse(parse(await readFile(file, 'utf8')));
const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
if (cluster === undefined || user === undefined) throw new Error('the kubeconfig is empty');
const decode = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text, 'base64'));
const agent = new Agent({ keepAlive: true, ca: decode(cluster['certificate-authority-data']), cert: decode(user['client-certificate-data']), key: decode(user['client-key-data']) });
const api = (method: string, path: string, body?: unknown) =>
  new Promise<{ status: number; text: string }>((done, failed) => {
    const outgoing = request(`${cluster.server}${path}`, { method, agent, headers: { 'content-type': 'application/json', ...(user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }) } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => done({ status: response.statusCode ?? 0, text }));
    });
    outgoing.on('error', failed);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });

const workflow = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { generateName: 'hello-world-' }, spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: ['hello world'] } }] } };
const times: number[] = [];
for (let i = 0; i < Number(process.env['ROUNDS'] ?? 15); i++) {
  const began = performance.now();
  const { metadata } = z.object({ metadata: z.object({ name: z.string() }) }).parse(JSON.parse((await api('POST', '/apis/argoproj.io/v1alpha1/namespaces/argo/workflows', workflow)).text));
  for (;;) {
    const { status } = z.object({ status: z.object({ phase: z.string().optional() }).optional() }).parse(JSON.parse((await api('GET', `/apis/argoproj.io/v1alpha1/namespaces/argo/workflows/${metadata.name}`)).text));
    if (status?.phase === 'Failed' || status?.phase === 'Error') throw new Error(`hello-world is ${status.phase}`);
    if (status?.phase === 'Succeeded') break;
    if (performance.now() - began > 30_000) throw new Error('hello-world does not end');
    await sleep(4);
  }
  const log = await api('GET', `/api/v1/namespaces/argo/pods/${metadata.name}/log?container=main`);
  if (!log.text.includes('hello world')) throw new Error(`its log is ${log.text}`);
  times.push(performance.now() - began);
  await sleep(200);
}
agent.destroy();
child.kill('SIGTERM');
await new Promise((done) => child.once('exit', done));
await rm(folder, { recursive: true, force: true });
print('Workflow', [atMost('hello-world, submitted to Succeeded with its log, p50', percentile(times, 0.5), 250), { what: 'the same, p99', value: `${percentile(times, 0.99).toFixed(0)} ms` }]);
