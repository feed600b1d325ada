import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { KubeObject } from '../../../../server/cluster/vocabulary.ts';
import { fullImageName, imagesNamedIn, parseManifests, planArgo, resourceOf, serverArgs } from '../../../../server/providers/kind/argo-objects.ts';
import { AuditLog, recordOf } from '../../../../server/providers/kind/audit-log.ts';
import { isRolledOut, missingImage, whyNotReady } from '../../../../server/providers/kind/conditions.ts';
import { configDocument } from '../../../../server/providers/kind/config-document.ts';
import { isFile, needsAnotherWay } from '../../../../server/providers/kind/images.ts';
import { baselineOf, deedsFor, type Found } from '../../../../server/providers/kind/restore-plan.ts';
import { recordings } from './recordings.ts';

describe('the configuration of a cluster', () => {
  it('has the scenario’s ports on free ones of the machine, its mounts, its patches and an audit policy', () => {
    const document: unknown = parse(
      configDocument({
        backend: { extraPortMappings: [{ containerPort: 30080, hostPort: 80, protocol: 'UDP' }], extraMounts: [{ hostPath: '/course/data', containerPath: '/data', readOnly: true }], kubeadmConfigPatches: ['kind: KubeletConfiguration\n'] },
        auditFolder: '/lab/audit',
        hostPorts: [41234],
      }),
    );
    expect(document).toMatchObject({
      kind: 'Cluster',
      apiVersion: 'kind.x-k8s.io/v1alpha4',
      networking: { apiServerAddress: '127.0.0.1' },
      nodes: [
        {
          role: 'control-plane',
          extraMounts: [{ hostPath: '/lab/audit', containerPath: '/etc/kubernetes/argo-lab', readOnly: true }, { hostPath: '/course/data', containerPath: '/data', readOnly: true }],
          extraPortMappings: [{ containerPort: 30080, hostPort: 41234, listenAddress: '127.0.0.1', protocol: 'UDP' }],
        },
      ],
    });
    expect(document).toHaveProperty('nodes.0.kubeadmConfigPatches.1', 'kind: KubeletConfiguration\n');
  });

  it('keeps the audit policy’s volumes beside those that a scenario gives the API server', () => {
    const patch = (volumes: object[]) => stringify({ kind: 'ClusterConfiguration', apiServer: { extraArgs: { v: '4' }, extraVolumes: volumes } });
    const volumesOf = (volumes: object[]): unknown => parse(String(parse(configDocument({ backend: { extraPortMappings: [], extraMounts: [], kubeadmConfigPatches: [patch(volumes)] }, auditFolder: '/lab/audit', hostPorts: [] })).nodes[0].kubeadmConfigPatches[1])).apiServer.extraVolumes.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(volumesOf([{ name: 'own', hostPath: '/a', mountPath: '/a' }])).toEqual(['/etc/kubernetes/argo-lab', '/var/log/kubernetes', '/a']);
    expect(volumesOf([{ name: 'own', hostPath: '/logs', mountPath: '/var/log/kubernetes' }])).toEqual(['/etc/kubernetes/argo-lab', '/var/log/kubernetes']);
  });
});

describe('the audit log', () => {
  const entry = { kind: 'Event', stage: 'ResponseComplete', requestURI: '/api/v1/namespaces/argo/pods?limit=5', verb: 'create', user: { username: 'kubernetes-admin' }, userAgent: 'kubectl/v1.32.4', responseStatus: { code: 201 }, requestObject: { kind: 'Pod' }, requestReceivedTimestamp: '2026-01-01T00:00:01.500000Z' };

  it('gives what a check looks at', () => {
    expect(recordOf(JSON.stringify(entry))).toEqual({ time: Date.UTC(2026, 0, 1, 0, 0, 1, 500), server: 'kubernetes', method: 'POST', url: '/api/v1/namespaces/argo/pods?limit=5', user: 'kubernetes-admin', userAgent: 'kubectl/v1.32.4', status: 201, body: { kind: 'Pod' } });
  });

  it('names who was impersonated', () => {
    expect(recordOf(JSON.stringify({ ...entry, impersonatedUser: { username: 'jane' } }))?.user).toBe('jane');
  });

  it('leaves out what is not over, what the lab itself asks, and what is no entry', () => {
    for (const line of [JSON.stringify({ ...entry, stage: 'RequestReceived' }), JSON.stringify({ ...entry, userAgent: 'argo-lab-check' }), 'no JSON', '{}']) expect(recordOf(line)).toBeUndefined();
  });

  it('may come in pieces, and keeps the newest', () => {
    const log = new AuditLog(0, 2);
    const text = ['/a', '/b', '/c'].map((requestURI) => `${JSON.stringify({ ...entry, requestURI })}\n`).join('');
    for (const piece of text.match(/[\s\S]{1,100}/g) ?? []) log.feed(piece);
    expect(log.all().map(({ url }) => url)).toEqual(['/b', '/c']);
  });

  it('begins with the session', () => {
    const log = new AuditLog(Date.UTC(2026, 0, 1, 0, 0, 2));
    for (const second of ['01', '03']) log.feed(`${JSON.stringify({ ...entry, requestURI: `/${second}`, requestReceivedTimestamp: `2026-01-01T00:00:${second}Z` })}\n`);
    expect(log.all().map(({ url }) => url)).toEqual(['/03']);
  });
});

const deployment = (name: string, container: object, namespace?: string): KubeObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec: { template: { spec: { containers: [{ name, ...container }] } } } });
const byName = (objects: KubeObject[], name: string) => objects.find(({ metadata }) => metadata.name === name);

describe('the plan of Argo', () => {
  it('sets the server as the scenario asks, whichever way its flags are written', () => {
    const client = { authModes: ['client' as const], secure: false };
    expect(serverArgs(['server'], client)).toEqual(['server', '--auth-mode=client', '--secure=false']);
    expect(serverArgs(['server', '--auth-mode', 'server', '--auth-mode=sso', '--secure', '--namespaced'], client)).toEqual(['server', '--namespaced', '--auth-mode=client', '--secure=false']);
    expect(serverArgs(['server', '--secure=false'], { authModes: ['server', 'client'], secure: true })).toEqual(['server', '--auth-mode=server', '--auth-mode=client']);
  });

  it('puts what has no namespace into argo, adds what the course has besides, and waits for server and controller', () => {
    const manifests: KubeObject[] = [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'argo-cluster-role' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'workflow-controller-configmap' }, data: { own: 'kept' } },
      deployment('argo-server', { image: 'quay.io/argoproj/argocli:v3.7.6', args: ['server'], readinessProbe: { httpGet: { path: '/', port: 2746, scheme: 'HTTPS' }, periodSeconds: 20 } }),
      deployment('workflow-controller', { image: 'quay.io/argoproj/workflow-controller:latest' }),
    ];
    const course: KubeObject[] = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'workflow-controller-configmap', namespace: 'argo' }, data: { own: 'not this', workflowDefaults: 'x' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'argo-workflow', namespace: 'argo' } },
      deployment('argo-server', { image: 'another' }, 'argo'),
    ];
    const plan = planArgo(manifests, course, { argo: undefined, local: new Set(['quay.io/argoproj/workflow-controller:latest']) });
    expect(plan.steps.map((step) => step.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? '-'}/${metadata.name}`))).toEqual([['Namespace -/argo'], ['ClusterRole -/argo-cluster-role', 'ConfigMap argo/workflow-controller-configmap', 'ServiceAccount argo/argo-workflow']]);
    expect(byName(plan.steps.flat(), 'workflow-controller-configmap')).toHaveProperty('data', { own: 'kept', workflowDefaults: 'x', mainContainer: 'imagePullPolicy: IfNotPresent\n', executor: 'imagePullPolicy: IfNotPresent\n' });
    expect(plan.needed).toEqual(['argo-server', 'workflow-controller']);
    expect(byName(plan.workloads, 'argo-server')).toHaveProperty('spec.template.spec.containers.0', {
      name: 'argo-server',
      image: 'quay.io/argoproj/argocli:v3.7.6',
      args: ['server', '--auth-mode=client', '--secure=false'],
      env: ['FIRST_TIME_USER_MODAL', 'FEEDBACK_MODAL', 'NEW_VERSION_MODAL'].map((name) => ({ name, value: 'false' })),
      readinessProbe: { httpGet: { path: '/', port: 2746, scheme: 'HTTP' }, periodSeconds: 20 },
    });
    // It was loaded from the local Docker: a tag that is pulled by default must not be.
    expect(byName(plan.workloads, 'workflow-controller')).toHaveProperty('spec.template.spec.containers.0', { name: 'workflow-controller', image: 'quay.io/argoproj/workflow-controller:latest', imagePullPolicy: 'IfNotPresent', env: [{ name: 'LEADER_ELECTION_DISABLE', value: 'true' }] });
  });

  it('says which file is no list of objects', () => {
    expect(() => parseManifests('a: [', 'x.yaml')).toThrow('x.yaml is no YAML');
    expect(() => parseManifests('just: text\n', 'x.yaml')).toThrow('x.yaml holds something that is no Kubernetes object');
    expect(parseManifests('# nothing\n---\n', 'x.yaml')).toEqual([]);
  });

  it('knows what resources are called', () => {
    expect(['Ingress', 'NetworkPolicy', 'Gateway', 'Endpoints', 'PriorityClass', 'Deployment'].map((kind) => resourceOf({ apiVersion: 'g/v1', kind }).resource)).toEqual(['ingresses', 'networkpolicies', 'gateways', 'endpoints', 'priorityclasses', 'deployments']);
  });

  it('finds the images that a scenario names', () => {
    expect(imagesNamedIn('spec:\n  containers:\n  - image: busybox # small\n    name: x\n  - name: y\n    image: "quay.io/a/b:1.2"\n{\n "image": "c/d@sha256:00",\n}\nimage:\nan image: of words\n  - image: {{inputs.parameters.image}}\n')).toEqual(['busybox', 'quay.io/a/b:1.2', 'c/d@sha256:00']);
    expect(imagesNamedIn(`curl -d '{"spec":{"containers":[{"image":"alpine:3"}]}}'\nkubectl run web --image=nginx:1 && kubectl create deployment d --image "httpd"\n["--executor-image","quay.io/argoproj/argoexec:v3"]`)).toEqual(['alpine:3', 'nginx:1', 'httpd', 'quay.io/argoproj/argoexec:v3']);
    expect(['busybox', 'busybox:1', 'a/b', 'localhost:5000/a', 'quay.io/a/b@sha256:00'].map(fullImageName)).toEqual(['docker.io/library/busybox:latest', 'docker.io/library/busybox:1', 'docker.io/a/b:latest', 'localhost:5000/a:latest', 'quay.io/a/b@sha256:00']);
  });
});

describe('what is not ready', () => {
  const pod = (status: object): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'argo' }, status });
  it('is told in a line', () => {
    expect(whyNotReady(pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }))).toBeUndefined();
    expect(whyNotReady(pod({ phase: 'Succeeded' }))).toBeUndefined();
    expect(whyNotReady(pod({ containerStatuses: [{ name: 'main', state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } } }] }))).toBe('argo/p: container main waits: CrashLoopBackOff (back-off 10s)');
    expect(whyNotReady(pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] }))).toBe('argo/p: not scheduled: 0/1 nodes are available');
  });

  it('may be for an image that can’t be had', () => {
    expect(missingImage(pod({ containerStatuses: [{ name: 'main', image: 'x:1', state: { waiting: { reason: 'ImagePullBackOff', message: 'no such host' } } }] }))).toEqual({ image: 'x:1', message: 'no such host' });
    expect(missingImage(pod({ containerStatuses: [{ name: 'main', image: 'x:1', state: { running: {} } }] }))).toBeUndefined();
  });

  it('is a Deployment whose newest template does not serve yet', () => {
    const of = (status: object): KubeObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', generation: 2 }, spec: { replicas: 1 }, status });
    expect(isRolledOut(of({ observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }))).toBe(true);
    expect(isRolledOut(of({ observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }))).toBe(false);
    expect(isRolledOut(of({ observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 1 }))).toBe(false);
    expect(isRolledOut(of({ observedGeneration: 2, replicas: 1, updatedReplicas: 1 }))).toBe(false);
  });
});

describe('cleaning a cluster', () => {
  const types = { Namespace: 'namespaces', ConfigMap: 'configmaps', Deployment: 'deployments', Pod: 'pods', Workflow: 'workflows' } as const;
  const found = (kind: keyof typeof types, name: string, namespace?: string, more: Record<string, unknown> & { metadata?: object } = {}): Found => ({
    type: { group: '', version: 'v1', resource: types[kind] },
    object: { apiVersion: 'v1', kind, ...more, metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid: name, resourceVersion: '7', ...more.metadata } },
  });
  const was = [found('Namespace', 'argo'), found('ConfigMap', 'settings', 'argo', { data: { a: '1' } }), found('Deployment', 'server', 'argo', { spec: { replicas: 1 } })];
  const deeds = (now: Found[]) => deedsFor(baselineOf(was), now).map(({ do: what, object }) => `${what} ${object.kind} ${object.metadata.name}`);

  it('has nothing to do where nothing changed but what controllers write', () => {
    expect(deeds([found('Namespace', 'argo'), found('ConfigMap', 'settings', 'argo', { data: { a: '1' }, metadata: { resourceVersion: '9' } }), found('Deployment', 'server', 'argo', { spec: { replicas: 1 }, status: { replicas: 1 }, metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } })])).toEqual([]);
  });

  it('deletes what is new, but not what has an owner or goes with its namespace', () => {
    expect(deeds([...was, found('Namespace', 'mine'), found('ConfigMap', 'c', 'mine'), found('ConfigMap', 'd', 'argo'), found('Pod', 'p', 'argo', { metadata: { ownerReferences: [{}] } }), found('ConfigMap', 'x', 'kube-system')])).toEqual(['delete Namespace mine', 'delete ConfigMap d']);
  });

  it('makes again what is gone, and takes back what was changed', () => {
    expect(deeds([found('Namespace', 'argo'), found('Deployment', 'server', 'argo', { spec: { replicas: 0 } })])).toEqual(['create ConfigMap settings', 'update Deployment server']);
  });

  it('lets go what waits for a finalizer', () => {
    expect(deeds([...was, found('Workflow', 'w', 'argo', { metadata: { deletionTimestamp: 'now', finalizers: ['x'] } })])).toEqual(['release Workflow w']);
  });

  it('waits for a namespace that is going', () => {
    expect(deeds([...was, found('Namespace', 'mine', undefined, { metadata: { deletionTimestamp: 'now' } })])).toEqual(['delete Namespace mine']);
  });
});

describe('the node image', () => {
  it('is a file where it ends as one, or is a path', () => {
    expect(['/a/node', './node', '../node', 'node.tar', 'images/node.tar.gz', 'node.tgz', 'node.tar.xz', 'node.tar.zst'].map(isFile)).not.toContain(false);
    expect(['kindest/node:v1.32.2', 'local/node', 'host:5000/node:1@sha256:00', 'node.target:1'].map(isFile)).not.toContain(true);
  });
});

describe('images on their way into the node', () => {
  it('need a node, whatever the way', () => {
    const said = Object.fromEntries(recordings.filter(({ command }) => command.startsWith('kind load')).map(({ id, stderr }) => [id, needsAnotherWay(stderr)]));
    expect(Object.values(said)).not.toContain(true);
    expect(Object.keys(said)).toContain('45-node-stopped-load');
    expect(needsAnotherWay('ERROR: failed to detect containerd snapshotter: unable to parse config\n')).toBe(true);
  });
});
