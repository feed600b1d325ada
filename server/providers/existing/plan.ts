import type { KubeObject } from '../../cluster/vocabulary.ts';
import { labelsOf, type Ownership } from './names.ts';
import { objectStore, repositories, repositorySettings, type StoreImages } from './object-store.ts';

/** The account that the learner speaks as. */
export const LEARNER = 'learner';

export interface PlanOptions extends Ownership {
  namespace: string;
  /** What of Argo Workflows is put into the namespace: nothing, a server of its own, or server and controller. */
  argo: 'none' | 'server' | 'all';
  images: { server: string; controller: string; executor: string };
  /** An object store for artifacts, if workflows need one. */
  store?: StoreImages;
}

export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** Also verbs that a role may name and nobody uses: who hands on a right has to have it as it is written. */
const ALL = ['*'];
const CHANGE = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const READ = ['get', 'list', 'watch'];
const RBAC = 'rbac.authorization.k8s.io';
const rule = (group: string, resources: string[], verbs: string[]): Rule => ({ apiGroups: [group], resources, verbs });

/** What the learner may do in the session's namespace, and nowhere else. Quota and limits can only be looked at. */
export const LEARNER_RULES: readonly Rule[] = [
  rule('', ['pods', 'services', 'configmaps', 'secrets', 'serviceaccounts', 'persistentvolumeclaims', 'replicationcontrollers', 'endpoints', 'events', 'podtemplates'], ALL),
  rule('', ['pods/log', 'pods/status'], READ),
  rule('', ['pods/exec', 'pods/attach', 'pods/portforward', 'services/proxy', 'pods/proxy'], ['get', 'create']),
  rule('', ['pods/eviction', 'serviceaccounts/token'], ['create']),
  // `kubectl auth can-i … --as=system:serviceaccount:…`: accounts of this namespace alone.
  rule('', ['serviceaccounts'], ['impersonate']),
  rule('', ['resourcequotas', 'limitranges'], READ),
  rule('', ['namespaces'], ['get']),
  rule('apps', ['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'controllerrevisions', 'deployments/scale', 'replicasets/scale', 'statefulsets/scale'], CHANGE),
  rule('batch', ['jobs', 'cronjobs'], CHANGE),
  rule('autoscaling', ['horizontalpodautoscalers'], CHANGE),
  rule('policy', ['poddisruptionbudgets'], CHANGE),
  rule('networking.k8s.io', ['ingresses'], CHANGE),
  rule('networking.k8s.io', ['networkpolicies'], READ),
  rule('events.k8s.io', ['events'], READ),
  rule('discovery.k8s.io', ['endpointslices'], READ),
  rule('coordination.k8s.io', ['leases'], CHANGE),
  rule(RBAC, ['roles', 'rolebindings'], CHANGE),
];

const ARGO_KINDS = ['workflows', 'workflowtemplates', 'cronworkflows', 'workfloweventbindings', 'workflowtaskresults', 'workflowtasksets', 'workflowartifactgctasks'];
const withFinalizers = (names: readonly string[]) => names.flatMap((name) => [name, `${name}/finalizers`]);

export const LEARNER_ARGO_RULES: readonly Rule[] = [rule('argoproj.io', withFinalizers(ARGO_KINDS), ALL)];

// After argo-workflows v3.7.6 manifests/namespace-install: the controller's and the server's roles in one namespace.
const CONTROLLER_RULES: readonly Rule[] = [
  rule('coordination.k8s.io', ['leases'], ['create', 'get', 'update']),
  rule('', ['pods', 'pods/exec'], ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete']),
  rule('', ['configmaps'], READ),
  rule('', ['persistentvolumeclaims', 'persistentvolumeclaims/finalizers'], ['create', 'update', 'delete', 'get']),
  rule('argoproj.io', [...withFinalizers(['workflows', 'workflowtasksets']), 'workflowartifactgctasks'], ['get', 'list', 'watch', 'update', 'patch', 'delete', 'create']),
  rule('argoproj.io', withFinalizers(['workflowtemplates']), READ),
  rule('argoproj.io', ['workflowtaskresults', 'workflowtaskresults/finalizers'], ['list', 'watch', 'deletecollection']),
  rule('argoproj.io', withFinalizers(['cronworkflows']), ['get', 'list', 'watch', 'update', 'patch', 'delete']),
  rule('', ['serviceaccounts'], ['get', 'list']),
  rule('', ['secrets'], ['get']),
  rule('', ['events'], ['create', 'patch']),
  rule('policy', ['poddisruptionbudgets'], ['create', 'get', 'delete']),
];
const SERVER_RULES: readonly Rule[] = [
  rule('', ['configmaps', 'events'], READ),
  rule('', ['secrets'], ['get', 'create']),
  rule('', ['pods', 'pods/exec', 'pods/log'], ['get', 'list', 'watch', 'delete']),
  rule('', ['events'], ['create', 'patch']),
  rule('', ['serviceaccounts'], READ),
  rule('argoproj.io', ['workflows', 'workfloweventbindings', 'workflowtemplates', 'cronworkflows'], ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete']),
];
/** What Argo's executor needs in each workflow pod. */
const EXECUTOR_RULES: readonly Rule[] = [rule('argoproj.io', ['workflowtaskresults'], ['create', 'patch']), rule('', ['pods'], ['patch'])];

/** Every right that the plan hands on: its maker has to hold them, or Kubernetes refuses the roles. */
export function grantedRules(argo: PlanOptions['argo']): Rule[] {
  if (argo === 'none') return [...LEARNER_RULES];
  return [...LEARNER_RULES, ...LEARNER_ARGO_RULES, ...SERVER_RULES, ...EXECUTOR_RULES, ...(argo === 'all' ? CONTROLLER_RULES : [])];
}

/** What a session gets in a cluster that others use too, in the order in which it is made. The namespace comes first. */
export function planObjects(options: PlanOptions): KubeObject[] {
  const { namespace, argo } = options;
  const labels = labelsOf(options);
  const at = (name: string) => ({ name, namespace, labels });
  const bound = (name: string, accounts: readonly string[], rules: readonly Rule[]): KubeObject[] => [
    { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: at(name), rules: [...rules] },
    { apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata: at(name), roleRef: { apiGroup: RBAC, kind: 'Role', name }, subjects: accounts.map((account) => ({ kind: 'ServiceAccount', name: account, namespace })) },
  ];
  const account = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: at(name) });
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      // Nothing of a learner may become root of a node that others use.
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'baseline', 'pod-security.kubernetes.io/warn': 'baseline' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: at('argo-lab'),
      spec: { hard: { pods: '40', 'requests.cpu': '4', 'requests.memory': '4Gi', 'limits.memory': '16Gi', persistentvolumeclaims: '10', 'requests.storage': '10Gi', services: '20', 'services.nodeports': '0', 'services.loadbalancers': '0', secrets: '100', configmaps: '100' } },
    },
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: at('argo-lab'),
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '20m', memory: '32Mi' }, default: { memory: '512Mi' } }] },
    },
    account(LEARNER),
    ...bound(LEARNER, [LEARNER], argo === 'none' ? LEARNER_RULES : [...LEARNER_RULES, ...LEARNER_ARGO_RULES]),
    ...(argo === 'none' ? [] : [account('argo-workflow'), account('argo-server'), ...bound('executor', ['argo-workflow', 'default'], EXECUTOR_RULES), ...bound('argo-server', ['argo-server'], SERVER_RULES), serverService(at('argo-server')), serverDeployment(options, at('argo-server'))]),
    ...(argo === 'all' ? [account('argo'), ...bound('argo', ['argo'], CONTROLLER_RULES), { apiVersion: 'v1', kind: 'ConfigMap', metadata: at('workflow-controller-configmap'), data: { ...(options.store === undefined ? {} : { artifactRepository: repositorySettings() }), workflowDefaults: 'spec:\n  serviceAccountName: argo-workflow\n' } }, controllerDeployment(options, at('workflow-controller'))] : []),
    ...(argo === 'none' || options.store === undefined ? [] : [...objectStore({ namespace, labels }, options.store), ...(argo === 'server' ? [repositories({ namespace, labels })] : [])]),
  ];
}

type Meta = KubeObject['metadata'];

const hardened = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true, runAsNonRoot: true };

function serverService(metadata: Meta): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ name: 'web', port: 2746, targetPort: 2746 }], selector: { app: 'argo-server' } } };
}

// After argo-workflows v3.7.6 manifests/namespace-install/overlays/argo-server-deployment.yaml, with http and client tokens.
function serverDeployment({ images }: PlanOptions, metadata: Meta): KubeObject {
  return deployment(metadata, 'argo-server', {
    containers: [
      {
        name: 'argo-server',
        image: images.server,
        args: ['server', '--namespaced', '--auth-mode=client', '--secure=false'],
        env: ['FIRST_TIME_USER_MODAL', 'FEEDBACK_MODAL', 'NEW_VERSION_MODAL'].map((name) => ({ name, value: 'false' })),
        ports: [{ containerPort: 2746, name: 'web' }],
        readinessProbe: { httpGet: { path: '/', port: 2746, scheme: 'HTTP' }, initialDelaySeconds: 1, periodSeconds: 5 },
        securityContext: hardened,
        volumeMounts: [{ mountPath: '/tmp', name: 'tmp' }],
      },
    ],
    securityContext: { runAsNonRoot: true },
    serviceAccountName: 'argo-server',
    volumes: [{ emptyDir: {}, name: 'tmp' }],
  });
}

// After argo-workflows v3.7.6 manifests/namespace-install/overlays/workflow-controller-deployment.yaml
function controllerDeployment({ images }: PlanOptions, metadata: Meta): KubeObject {
  return deployment(metadata, 'workflow-controller', {
    containers: [
      {
        name: 'workflow-controller',
        image: images.controller,
        command: ['workflow-controller'],
        args: ['--namespaced', '--executor-image', images.executor],
        env: [{ name: 'LEADER_ELECTION_IDENTITY', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        ports: [{ containerPort: 9090, name: 'metrics' }, { containerPort: 6060 }],
        securityContext: hardened,
      },
    ],
    securityContext: { runAsNonRoot: true },
    serviceAccountName: 'argo',
  });
}

function deployment(metadata: Meta, app: string, podSpec: object): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { replicas: 1, selector: { matchLabels: { app } }, template: { metadata: { labels: { app } }, spec: podSpec } } };
}
