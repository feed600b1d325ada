import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestCluster } from '../../../harness/test-cluster.ts';
import { changed, course, end, folder, host, ours, plain, providerOf, refused, start, teacherOf, writeScenario } from './fixture.ts';

describe('a cluster that does not let us', { timeout: 60_000 }, () => {
  it('make namespaces is told apart before anything is made', async () => {
    await host.cluster.client.create({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'poor', namespace: 'default' } });
    const { status } = await host.cluster.client.createSubresource<{ status: { token: string } }>({ group: '', version: 'v1', resource: 'serviceaccounts' }, 'default', 'poor', 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} });
    const kubeconfig = await changed('poor', (config) => config.users.forEach((user) => (user.user = { token: status.token })));
    const { message, next, stages } = await refused(start('session-i', plain, { kubeconfig }));
    expect(message).toBe('You may not create namespaces, get namespaces, list namespaces, delete namespaces, create resourcequotas, create limitranges, create serviceaccounts, create serviceaccounts/token and 2 more.');
    expect(next).toBe('Each session gets a namespace of its own. Ask for a user that may make namespaces, and name its kubeconfig with --kubeconfig.');
    expect(stages.map(({ id, state }) => `${id} ${state}`)).toEqual(['preflight running', 'preflight failed']);
    expect(stages[1]?.output).toMatch(/^✓ Kubernetes v1\.32\.2\n✗ You may not create namespaces.*\n {2}→ Each session gets.*\n✗ You may not hand on rights that you do not have yourself: do everything with pods, do everything with services, .*\n {2}→ Ask for/);
    expect(await ours()).toEqual([]);
  });

  it('in at all is named with user and file', async () => {
    const kubeconfig = await changed('expired', (config) => config.users.forEach((user) => (user.user = { token: 'expired' })));
    const server = new URL(String(parse(host.cluster.kubeconfig).clusters[0].cluster.server)).host;
    const { message, next } = await refused(start('session-j', plain, { kubeconfig }));
    expect(message).toBe(`${server} does not accept user kubernetes-admin of ${kubeconfig} (401). Its token has expired or was revoked.`);
    expect(next).toBe(`Get a new kubeconfig, or choose another context. Try: kubectl --kubeconfig ${kubeconfig} --context kubernetes-admin@kubernetes auth whoami`);
    expect((await providerOf({ kubeconfig }).problem?.())?.reason).toBe(message);
  });

  it('reach it is named with its address', async () => {
    const kubeconfig = await changed('unreachable', (config) => config.clusters.forEach((cluster) => (cluster.cluster['server'] = 'https://127.0.0.1:1')));
    expect(await providerOf({ kubeconfig }).problem?.()).toEqual({ reason: 'nothing listens at 127.0.0.1:1', next: `Is the cluster running, and can this machine reach it (VPN)? Try: kubectl --kubeconfig ${kubeconfig} --context kubernetes-admin@kubernetes version` });
  });

  it('trust its certificate says which one it should be', async () => {
    const other = await startTestCluster();
    const ca: unknown = parse(other.cluster.kubeconfig).clusters[0].cluster['certificate-authority-data'];
    await other.stop();
    const kubeconfig = await changed('foreign-ca', (config) => config.clusters.forEach((cluster) => (cluster.cluster['certificate-authority-data'] = ca)));
    const problem = await providerOf({ kubeconfig }).problem?.();
    expect(problem?.reason).toMatch(/^the certificate of 127\.0\.0\.1:\d+ is not trusted: /);
    expect(problem?.next).toBe(`Look at certificate-authority of cluster kubernetes in ${kubeconfig}: it may be of another cluster.`);
  });

  it('choose a context that is not there', async () => {
    expect(await providerOf({ context: 'prod' }).problem?.()).toEqual({ reason: `kubeconfig ${host.kubeconfig}: contexts: there is no context prod`, next: 'Choose one of these with --context: kubernetes-admin@kubernetes.' });
  });
});

describe('what a card says before anybody starts', { timeout: 60_000 }, () => {
  it('is nothing where the scenario fits, also while another session has its namespace', async () => {
    const provider = providerOf({ data: join(folder, 'cards') });
    expect(await provider.refuses?.(plain)).toBeUndefined();
    const run = await start('session-p', course, { provider });
    expect(await providerOf({ data: join(folder, 'cards') }).refuses?.(course)).toBeUndefined();
    expect(await providerOf({ data: join(folder, 'other-cards') }).refuses?.(course)).toEqual({ reason: 'The scenario names its namespace (namespace argo in text.md:1: kubectl -n argo get wf), and the cluster has one of that name that is not ours.', next: expect.stringMatching(/^Install vcluster/) });
    await end(run);
  });

  it('is the first thing that the cluster does not give: a scope, a right, a resource type', async () => {
    const wide = await writeScenario('wide', 'kubectl get nodes');
    expect(await providerOf().refuses?.(wide)).toEqual({ reason: 'The scenario needs more than one namespace: nodes in text.md:1: kubectl get nodes.', next: expect.stringMatching(/^Install vcluster/) });
    const kubeconfig = await teacherOf();
    const teacher = providerOf({ kubeconfig });
    expect(await teacher.refuses?.(plain)).toBeUndefined();
    expect(await teacher.refuses?.(await writeScenario('workflows', 'argo list'))).toEqual({ reason: "The cluster does not know Argo's workflows, workflowtemplates, cronworkflows, workfloweventbindings or workflowtaskresults, and you may not install resource types.", next: 'Ask the administrator of the cluster to install the CRDs of Argo Workflows v3.7.6.' });
  });

  it('is not asked again for each card', async () => {
    const asked: string[] = [];
    const api = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(404).end('{}');
    });
    await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
    const address = api.address();
    const kubeconfig = await changed('counting', (config) => config.clusters.forEach(({ cluster }) => Object.assign(cluster, { server: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}` })));
    const provider = providerOf({ kubeconfig });
    for (const text of ['kubectl get pods', 'kubectl get svc', 'kubectl get cm']) await provider.refuses?.(await writeScenario(text.replace(/\W/g, ''), text));
    expect(asked).toEqual(['/version']);
    api.close();
  });

  it('is nothing where the cluster does not answer: that is said of the whole provider', async () => {
    const kubeconfig = await changed('gone', (config) => config.clusters.forEach((cluster) => (cluster.cluster['server'] = 'https://127.0.0.1:1')));
    expect(await providerOf({ kubeconfig }).refuses?.(plain)).toBeUndefined();
  });
});
