import type { KubeObject } from '../../store/object.ts';

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

const rbac = 'rbac.authorization.k8s.io';
const withFinalizers = (names: string[]): string[] => names.flatMap((name) => [name, `${name}/finalizers`]);
const rule = (group: string, resources: string[], verbs: string[]): Rule => ({ apiGroups: [group], resources, verbs });

const argoKinds = ['workflows', 'workfloweventbindings', 'workflowtemplates', 'cronworkflows', 'clusterworkflowtemplates'];
const changing = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function role(name: string, rules: Rule[], options: { namespace?: string; labels?: Record<string, string> } = {}): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: options.namespace === undefined ? 'ClusterRole' : 'Role',
    metadata: { name, ...options },
    rules,
  };
}

function binding(name: string, roleName: string, serviceAccount: string, namespace?: string): KubeObject {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  return {
    apiVersion: `${rbac}/v1`,
    kind: `${kind}Binding`,
    metadata: namespace === undefined ? { name } : { name, namespace },
    roleRef: { apiGroup: rbac, kind, name: roleName },
    subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace: 'argo' }],
  };
}

function aggregated(level: string, kinds: string[], verbs: string[]): KubeObject {
  return role(`argo-aggregate-to-${level}`, [rule('argoproj.io', withFinalizers(kinds), verbs)], {
    labels: { [`${rbac}/aggregate-to-${level}`]: 'true' },
  });
}

// After argo-workflows v3.7.6 manifests/cluster-install-no-crds: who may do what.
const controllerRules: Rule[] = [
  rule('', ['pods', 'pods/exec'], ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete']),
  rule('', ['configmaps', 'namespaces'], ['get', 'watch', 'list']),
  rule('', ['persistentvolumeclaims', 'persistentvolumeclaims/finalizers'], ['create', 'update', 'delete', 'get']),
  rule(
    'argoproj.io',
    [...withFinalizers(['workflows', 'workflowtasksets']), 'workflowartifactgctasks'],
    ['get', 'list', 'watch', 'update', 'patch', 'delete', 'create'],
  ),
  rule('argoproj.io', withFinalizers(['workflowtemplates', 'clusterworkflowtemplates']), ['get', 'list', 'watch']),
  rule('argoproj.io', ['workflowtaskresults'], ['list', 'watch', 'deletecollection']),
  rule('', ['serviceaccounts'], ['get', 'list']),
  rule('argoproj.io', withFinalizers(['cronworkflows']), ['get', 'list', 'watch', 'update', 'patch', 'delete']),
  rule('', ['events'], ['create', 'patch']),
  rule('policy', ['poddisruptionbudgets'], ['create', 'get', 'delete']),
  { ...rule('', ['secrets'], ['get']), resourceNames: ['argo-workflows-agent-ca-certificates'] },
];

const serverRules: Rule[] = [
  rule('', ['configmaps'], ['get', 'watch', 'list']),
  rule('', ['secrets'], ['get', 'create']),
  rule('', ['pods', 'pods/exec', 'pods/log'], ['get', 'list', 'watch', 'delete']),
  rule('', ['events'], ['watch', 'create', 'patch']),
  rule('', ['serviceaccounts'], ['get', 'list', 'watch']),
  rule(
    'argoproj.io',
    ['eventsources', 'sensors', 'workflows', 'workfloweventbindings', 'workflowtemplates', 'cronworkflows', 'clusterworkflowtemplates'],
    ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete'],
  ),
];

const serviceAccount = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'argo' } });

/** Who Argo's own parts are and what they may do. */
export function argoRbac(): KubeObject[] {
  return [
    serviceAccount('argo'),
    serviceAccount('argo-server'),
    role('argo-role', [rule('coordination.k8s.io', ['leases'], ['create', 'get', 'update']), rule('', ['secrets'], ['get'])], { namespace: 'argo' }),
    aggregated('admin', [...argoKinds, 'workflowtasksets', 'workflowtaskresults'], changing),
    aggregated('edit', [...argoKinds, 'workflowtaskresults'], changing),
    aggregated('view', [...argoKinds, 'workflowtaskresults'], ['get', 'list', 'watch']),
    role('argo-cluster-role', controllerRules),
    role('argo-server-cluster-role', serverRules),
    binding('argo-binding', 'argo-role', 'argo', 'argo'),
    binding('argo-binding', 'argo-cluster-role', 'argo'),
    binding('argo-server-binding', 'argo-server-cluster-role', 'argo-server'),
  ];
}

/** What the course adds so that its workflows' pods can report their results. */
export function courseRbac(): KubeObject[] {
  return [
    serviceAccount('argo-workflow'),
    role('executor', [rule('argoproj.io', ['workflowtaskresults'], ['create', 'patch'])]),
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'argo-executor-binding' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'executor' },
      subjects: [{ kind: 'ServiceAccount', name: 'argo-workflow', namespace: 'argo' }],
    },
    role('pod-patcher', [rule('', ['pods'], ['patch'])], { namespace: 'argo' }),
    binding('pod-patcher', 'pod-patcher', 'argo-workflow', 'argo'),
  ];
}
