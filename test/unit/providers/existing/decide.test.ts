import { describe, expect, it } from 'vitest';
import { decide, report } from '../../../../server/providers/existing/decide.ts';
import { type ClusterFacts, uncovered, watchesEverything } from '../../../../server/providers/existing/facts.ts';
import { type ScenarioNeeds } from '../../../../server/providers/existing/needs.ts';
import { LEARNER_RULES, planObjects } from '../../../../server/providers/existing/plan.ts';

const ARGO = ['workflows', 'workflowtemplates', 'cronworkflows', 'workfloweventbindings', 'workflowtaskresults'];
const facts: ClusterFacts = { version: 'v1.32.2', missing: [], ungrantable: [], argoResources: ARGO, mayInstallCrds: false, vcluster: false };
const needs: ScenarioNeeds = { namespace: 'argo', namespaces: [], clusterScope: [], argo: true, artifacts: false, requests: false };
const named: ScenarioNeeds = { ...needs, namespaces: [{ name: 'argo', at: 'text.md:5', line: 'kubectl -n argo get wf' }] };
const OWN = 'argo-lab-abc-12345';

function problems(which: ScenarioNeeds, cluster: Partial<ClusterFacts>): (string | undefined)[][] {
  return decide(which, { ...facts, ...cluster }, OWN).findings.flatMap(({ ok, message, next }) => (ok ? [] : [[message, next]]));
}

describe('how a scenario fits into a cluster', () => {
  it('gets a namespace of its own with server and controller', () => {
    expect(decide(needs, facts, OWN).arrangement).toEqual({ mode: 'namespace', namespace: OWN, alone: false, argo: 'all', installCrds: false, store: false });
  });

  it('gets only a server where a controller looks after everybody', () => {
    expect(decide(needs, { ...facts, clusterController: 'argo/workflow-controller' }, OWN).arrangement).toEqual({ mode: 'namespace', namespace: OWN, alone: false, argo: 'server', installCrds: false, store: false });
  });

  it('gets no Argo when it does not speak of it', () => {
    expect(decide({ ...needs, argo: false }, { ...facts, argoResources: [] }, OWN).arrangement).toEqual({ mode: 'namespace', namespace: OWN, alone: false, argo: 'none', installCrds: false, store: false });
  });

  it('gets the very namespace that it names, where nobody has it', () => {
    expect(decide(named, facts, OWN).arrangement).toEqual({ mode: 'namespace', namespace: 'argo', alone: true, argo: 'all', installCrds: false, store: false });
    for (const by of ['this-session', 'another-session'] as const) expect(decide(named, { ...facts, taken: { by, terminating: true } }, OWN).arrangement).toEqual({ mode: 'namespace', namespace: 'argo', alone: true, argo: 'all', installCrds: false, store: false });
  });

  it('gets a whole virtual cluster where vcluster is there and one namespace will not do', () => {
    expect(decide(named, { ...facts, vcluster: true, argoResources: [] }, OWN).arrangement).toEqual({ mode: 'vcluster', namespace: OWN });
    expect(decide({ ...needs, clusterScope: [{ name: 'nodes', at: 'a.md:1', line: 'kubectl get nodes' }] }, { ...facts, vcluster: true }, OWN).arrangement).toEqual({ mode: 'vcluster', namespace: OWN });
    expect(decide(needs, { ...facts, vcluster: true }, OWN).arrangement?.mode).toBe('namespace');
  });

  it('gets an object store where workflows keep artifacts', () => {
    expect(decide({ ...needs, artifacts: true }, { ...facts, clusterController: 'argo/workflow-controller' }, OWN).arrangement).toMatchObject({ argo: 'server', store: true });
    expect(decide({ ...needs, argo: false, artifacts: true }, facts, OWN).arrangement).toMatchObject({ argo: 'none', store: false });
  });

  it("brings Argo's resource types where they are missing and may be installed", () => {
    expect(decide(needs, { ...facts, argoResources: [], mayInstallCrds: true }, OWN).arrangement).toEqual({ mode: 'namespace', namespace: OWN, alone: false, argo: 'all', installCrds: true, store: false });
  });
});

describe('what stands in the way is said before anybody starts', () => {
  const VCLUSTER = 'Install vcluster (https://www.vcluster.com/install), so that each session gets a whole cluster inside this one. Or: run this scenario on the emulated cluster or on kind.';
  it('namespaces that may not be made', () => {
    expect(problems(needs, { missing: ['create namespaces', 'delete namespaces'] })).toEqual([['You may not create namespaces or delete namespaces.', 'Each session gets a namespace of its own. Ask for a user that may make namespaces, and name its kubeconfig with --kubeconfig.']]);
  });

  it('rights that may not be handed on', () => {
    expect(problems(needs, { ungrantable: ['create pods/exec'] })).toEqual([['You may not hand on rights that you do not have yourself: create pods/exec.', 'Ask for the verbs escalate and bind on roles, or for cluster-admin.']]);
  });

  it("a namespace of the scenario's that belongs to others", () => {
    expect(problems(named, { taken: { by: 'others', terminating: false } })).toEqual([['The scenario names its namespace (namespace argo in text.md:5: kubectl -n argo get wf), and the cluster has one of that name that is not ours.', VCLUSTER]]);
  });

  it('a namespace that another session of this lab has', () => {
    expect(problems(named, { taken: { by: 'another-session', terminating: false } })).toEqual([['The scenario names its namespace (namespace argo in text.md:5: kubectl -n argo get wf), and another session of this lab has it.', `End that session first. For several at once: ${VCLUSTER}`]]);
  });

  it('commands that go beyond one namespace, with where they stand', () => {
    const far: ScenarioNeeds = { ...needs, clusterScope: [{ name: 'nodes', at: 'a.md:1', line: 'kubectl get nodes' }], namespaces: [{ name: 'web', at: 'b.md:2', line: 'kubectl -n web get pods' }] };
    expect(problems(far, {})).toEqual([['The scenario needs more than one namespace: nodes in a.md:1: kubectl get nodes; namespace web in b.md:2: kubectl -n web get pods.', VCLUSTER]]);
  });

  it("Argo's resource types that are missing", () => {
    expect(problems(needs, { argoResources: ARGO.slice(0, 4) })).toEqual([["The cluster does not know Argo's workflowtaskresults, and you may not install resource types.", 'Ask the administrator of the cluster to install the CRDs of Argo Workflows v3.7.6.']]);
  });

  it('as a list that shows what is fine, too', () => {
    expect(report(decide({ ...needs, argo: false }, { ...facts, missing: ['create namespaces'] }, OWN).findings)).toBe('✓ Kubernetes v1.32.2\n✗ You may not create namespaces.\n  → Each session gets a namespace of its own. Ask for a user that may make namespaces, and name its kubeconfig with --kubeconfig.');
  });
});

describe('who may hand on rights', () => {
  it('holds each of them, by name or by star', () => {
    expect(uncovered([{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }], [{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }, { apiGroups: ['*'], resources: ['*/log'], verbs: ['get'] }])).toEqual(['list pods/log']);
  });

  it('does not hold what is only for some names', () => {
    expect(uncovered([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }], [{ apiGroups: [''], resources: ['secrets'], verbs: ['get'], resourceNames: ['one'] }])).toEqual(['get secrets']);
  });

  it('may escalate and bind', () => {
    expect(uncovered(LEARNER_RULES, [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'], verbs: ['escalate', 'bind'] }])).toEqual([]);
  });
});

describe('a controller that looks after every namespace', () => {
  const deployment = (container: object) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { template: { spec: { containers: [container] } } } });
  it.each([
    [{ image: 'quay.io/argoproj/workflow-controller:v3.7.6', command: ['workflow-controller'] }, true],
    [{ image: 'mirror.local/argo/workflow-controller@sha256:00', args: ['--managed-namespace', 'a'] }, true],
    [{ image: 'quay.io/argoproj/workflow-controller:v3.7.6', args: ['--namespaced'] }, false],
    [{ image: 'nginx' }, false],
  ])('%j: %s', (container, expected) => {
    expect(watchesEverything(deployment(container))).toBe(expected);
  });
});

describe('what a session gets', () => {
  const objects = planObjects({ session: 's', owner: 'o', namespace: 'n', argo: 'all', images: { server: 'S', controller: 'C', executor: 'E' } });
  it('is labelled, every part of it', () => {
    const labels = { 'app.kubernetes.io/managed-by': 'argo-lab', 'argo-lab.dev/session': 's', 'argo-lab.dev/owner': 'o' };
    expect(objects.filter(({ metadata }) => JSON.stringify({ ...metadata.labels, ...labels }) !== JSON.stringify(metadata.labels)).map(({ metadata }) => metadata.name)).toEqual([]);
  });

  it('lies in its namespace alone, and grants nothing beyond it', () => {
    expect([...new Set(objects.map(({ metadata }) => metadata.namespace))]).toEqual([undefined, 'n']);
    expect(objects.filter(({ metadata }) => metadata.namespace === undefined).map(({ kind }) => kind)).toEqual(['Namespace']);
    expect(objects.filter(({ kind }) => /^Cluster/.test(kind))).toEqual([]);
  });

  it('comes in an order in which each finds what it needs', () => {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace n',
      'ResourceQuota argo-lab',
      'LimitRange argo-lab',
      'ServiceAccount learner',
      'Role learner',
      'RoleBinding learner',
      'ServiceAccount argo-workflow',
      'ServiceAccount argo-server',
      'Role executor',
      'RoleBinding executor',
      'Role argo-server',
      'RoleBinding argo-server',
      'Service argo-server',
      'Deployment argo-server',
      'ServiceAccount argo',
      'Role argo',
      'RoleBinding argo',
      'ConfigMap workflow-controller-configmap',
      'Deployment workflow-controller',
    ]);
  });

  it('holds an object store of its own images, and tells workflows of it, whoever runs them', () => {
    const made = planObjects({ session: 's', owner: 'o', namespace: 'n', argo: 'server', images: { server: 'S', controller: 'C', executor: 'E' }, store: { server: 'mirror/minio:1', client: undefined } }).slice(-6);
    expect(made.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name} ${metadata.labels?.['argo-lab.dev/session']}`)).toEqual(['Secret n/my-minio-cred s', 'ConfigMap n/minio-config s', 'Deployment n/minio s', 'Service n/minio s', 'Job n/minio-job s', 'ConfigMap n/artifact-repositories s']);
    const imageOf = (object: unknown) => JSON.stringify(object).match(/"image":"([^"]+)"/)?.[1];
    expect([imageOf(made[2]), imageOf(made[4])]).toEqual(['mirror/minio:1', 'quay.io/minio/mc:latest']);
    expect(made[5]).toMatchObject({ metadata: { annotations: { 'workflows.argoproj.io/default-artifact-repository': 'course' } }, data: { course: expect.stringMatching(/endpoint: minio:9000/) } });
  });

  it('tells a controller of its own of the store in that controller’s settings, as the course’s own cluster does', () => {
    const made = planObjects({ session: 's', owner: 'o', namespace: 'n', argo: 'all', images: { server: 'S', controller: 'C', executor: 'E' }, store: { server: undefined, client: undefined } });
    expect(made.map(({ metadata }) => metadata.name)).not.toContain('artifact-repositories');
    expect(made.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'workflow-controller-configmap')).toMatchObject({ data: { artifactRepository: expect.stringMatching(/endpoint: minio:9000/), workflowDefaults: 'spec:\n  serviceAccountName: argo-workflow\n' } });
  });

  it('never lets the learner change quota and limits, or use roles to get more', () => {
    const may = (resource: string) => LEARNER_RULES.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs);
    expect(may('resourcequotas')).toEqual(['get', 'list', 'watch']);
    expect(may('roles').filter((verb) => ['escalate', 'bind', '*'].includes(verb))).toEqual([]);
  });
});
