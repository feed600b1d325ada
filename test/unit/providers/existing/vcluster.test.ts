import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startTestCluster } from '../../../harness/test-cluster.ts';
import { writeVclusterDouble } from '../../../harness/vcluster-double.ts';
import { course, end, folder, host, ours, refused, start } from './fixture.ts';

describe('a virtual cluster', { timeout: 90_000 }, () => {
  it('gives a scenario all that it names, in a cluster of its own', async () => {
    const inside = await startTestCluster();
    const port = Number(new URL(String(parse(inside.cluster.kubeconfig).clusters[0].cluster.server)).port);
    const double = await writeVclusterDouble(join(folder, 'vcluster'), inside.kubeconfig, port);
    const run = await start('session-l', course, { environment: double.environment, data: join(folder, 'virtual') });
    expect(run.stages.filter(({ state }) => state === 'done').map(({ id, title }) => [id, title])).toEqual([
      ['preflight', 'What the cluster allows'],
      ['namespace', 'A virtual cluster of your own (vcluster)'],
      ['vcluster', 'The way into the virtual cluster'],
      ['access', 'An account of your own'],
    ]);
    const [namespace] = await ours();
    expect(namespace).toMatch(/^argo-lab-sessionl-/);
    expect(run.cluster.namespace).toBe('argo');
    expect(await run.kubectl('create', 'namespace', 'another')).toBe('namespace/another created');
    expect(await run.kubectl('-n', 'argo', 'get', 'deployments', '-o', 'name')).toBe('deployment.apps/argo-server\ndeployment.apps/workflow-controller');
    await end(run);
    const context = '--context kubernetes-admin@kubernetes';
    expect(await double.calls()).toEqual([
      'vcluster --version',
      `vcluster create lab --namespace ${namespace} --connect=false --upgrade ${context}`,
      `kubectl --kubeconfig ${host.kubeconfig} ${context} --namespace ${namespace} port-forward --address 127.0.0.1 service/lab :443`,
      `vcluster connect lab --namespace ${namespace} --print --silent --server https://127.0.0.1:${port} ${context}`,
      `vcluster delete lab --namespace ${namespace} --wait=false ${context}`,
    ]);
    expect(await ours()).toEqual([]);
    await inside.stop();
  });

  it('that can’t be made leaves no namespace, and shows what was printed', async () => {
    const double = await writeVclusterDouble(join(folder, 'failing'), '/dev/null', 1, 'fatal error deploying vcluster: no storage class');
    const { message, stages } = await refused(start('session-m', course, { environment: double.environment, data: join(folder, 'failing') }));
    expect(message).toBe('vcluster create failed: fatal error deploying vcluster: no storage class');
    expect(stages.at(-1)?.output).toBe('fatal error deploying vcluster: no storage class');
    expect(await ours()).toEqual([]);
  });
});
