import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { needsOf, readNeeds } from '../../../../server/providers/existing/needs.ts';
import type { Scenario } from '../../../../server/scenario/model.ts';

function namespaces(text: string): string[] {
  return needsOf('argo', [{ file: 'text.md', text }]).namespaces.map(({ name }) => name);
}

function wide(text: string): string[] {
  return needsOf('argo', [{ file: 'text.md', text }]).clusterScope.map(({ name }) => name);
}

describe('the namespaces that a scenario names', () => {
  it.each([
    ['kubectl -n argo port-forward svc/argo-server 2746:2746', ['argo']],
    ['kubectl get pods --namespace=team-a && kubectl logs x --namespace other', ['team-a', 'other']],
    ['argo submit -n argo hello.yaml', ['argo']],
    ['kubectl create rolebinding j --role=j --serviceaccount=argo:jenkins', ['argo']],
    ['curl http://localhost:2746/api/v1/workflows/argo/@latest', ['argo']],
    ['curl http://localhost:2746/api/v1/events/argo/-', ['argo']],
    ['kubectl get --raw /api/v1/namespaces/web/pods', ['web']],
    ['metadata:\n  name: x\n  namespace: prod\n', ['prod']],
    ['{"metadata": {"namespace": "prod"}}', ['prod']],
    ['user: system:serviceaccount:argo:jenkins', ['argo']],
    ['curl http://minio.storage.svc:9000/', ['storage']],
    ['export ARGO_NAMESPACE=argo', ['argo']],
    ['kubectl \\\n  -n far get pods', ['far']],
  ])('%s', (text, names) => {
    expect(namespaces(text)).toEqual(names);
  });

  it.each([['head -n 5 file'], ['sort -n argo'], ['kubectl get pods -n $NS'], ['kubectl get pods -n "${NS}"'], ['POST to /api/v1/events/<namespace>/<name>'], ['a namespace: this is prose'], ['kubectl get pods']])('are none in: %s', (text) => {
    expect(namespaces(text)).toEqual([]);
  });

  it('are told with where each was seen first', () => {
    const needs = needsOf('argo', [
      { file: 'one.md', text: 'Read this.\n\n```bash\nkubectl -n argo get wf\n```\n' },
      { file: 'two.md', text: 'kubectl -n argo get pods\n' },
    ]);
    expect(needs).toEqual({ namespace: 'argo', namespaces: [{ name: 'argo', at: 'one.md:4', line: 'kubectl -n argo get wf' }], clusterScope: [], argo: true, artifacts: false, requests: false });
  });
});

describe('what goes beyond one namespace', () => {
  it.each([
    ['kubectl get nodes', ['nodes']],
    ['kubectl create namespace web', ['namespace']],
    ['kubectl create ns web', ['ns']],
    ['kubectl describe node/controlplane', ['node']],
    ['kubectl get pods -A', ['all namespaces (-A)']],
    ['apiVersion: v1\nkind: PersistentVolume\n', ['objects of kind PersistentVolume']],
    ['kubectl create clusterrole reader --verb=get', ['clusterrole']],
  ])('%s', (text, names) => {
    expect(wide(text)).toEqual(names);
  });

  it.each([['kubectl get pods'], ['kubectl get notes'], ['kind: Role'], ['kubectl create role jenkins --verb=get'], ['kubectl get svc -o wide']])('is nothing in: %s', (text) => {
    expect(wide(text)).toEqual([]);
  });
});

describe('a scenario on disk', () => {
  it('is read with its texts, scripts, assets, checks and solutions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'needs-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'text.md'), 'Hello\n');
    await writeFile(join(folder, 'setup.sh'), 'kubectl -n from-script get pods\n');
    await writeFile(join(folder, 'assets', 'a.yaml'), 'metadata:\n  namespace: from-asset\n');
    const scenario: Scenario = {
      id: 'x',
      title: 'X',
      description: '',
      folder,
      root: folder,
      steps: [
        {
          id: 'step1',
          title: 'One',
          text: 'text.md',
          background: 'setup.sh',
          checks: [{ id: 'c', title: 'C', kind: 'request', spec: { path: '^/api/v1/workflows/from-check$' }, hints: [], live: false }],
          exercise: { solution: 'kubectl -n from-solution get pods', nearMisses: [], expectBefore: '', undoes: [] },
        },
      ],
      assets: [{ host: 'host01', file: 'a.yaml', target: '~' }],
      imageId: 'kubernetes',
      family: 'cluster',
      hosts: ['host01'],
      needs: [],
      layout: 'terminal',
      dashboards: [],
      terminals: [],
      hide: { intro: false, finish: false },
      variables: [],
      problems: [],
    };
    const needs = await readNeeds(scenario);
    await rm(folder, { recursive: true });
    expect(needs.namespace).toBe('default');
    expect(needs.requests).toBe(true);
    expect(needs.namespaces.map(({ name, at }) => [name, at])).toEqual([
      ['from-script', 'setup.sh:1'],
      ['from-asset', 'assets/a.yaml:2'],
      ['from-check', 'step1 (check c)'],
      ['from-solution', 'step1 (solution)'],
    ]);
  });
});

describe('whether workflows keep artifacts', () => {
  const artifacts = (text: string) => needsOf('argo', [{ file: 'a.md', text }]).artifacts;
  it.each(['outputs:\n  artifacts:\n  - name: a', '{"artifacts": []}', '{{tasks.a.outputs.artifacts.b}}', 'archiveLogs: true', 'accessKeySecret: {name: my-minio-cred}'])('they do: %j', (text) => {
    expect(artifacts(text)).toBe(true);
  });
  it.each(['outputs: {parameters: []}', 'archiveLogs: false', 'an artifact is a file'])('they do not: %j', (text) => {
    expect(artifacts(text)).toBe(false);
  });
});
