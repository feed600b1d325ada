/** The flow schemas and priority levels that an API server brings along. After kubernetes 1.32 apiserver/pkg/apis/flowcontrol/bootstrap */

type Subject = object;

export interface BootstrapSchema {
  name: string;
  precedence: number;
  level: string;
  by?: 'ByUser' | 'ByNamespace';
  rule: { subjects: readonly Subject[]; resourceRules?: readonly object[]; nonResourceRules?: readonly object[] };
}

const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const account = (name: string): Subject => ({ kind: 'ServiceAccount', serviceAccount: { name, namespace: 'kube-system' } });

const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];
const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const resources = (apiGroup: string, names: readonly string[], verbs: readonly string[], clusterScope = false): object => ({ verbs, apiGroups: [apiGroup], resources: names, ...(clusterScope ? { clusterScope } : {}), namespaces: ['*'] });
const ELECTION = ['get', 'create', 'update'];
const leases = (verbs: readonly string[]): object => resources('coordination.k8s.io', ['leases'], verbs);

export const FLOW_SCHEMAS: readonly BootstrapSchema[] = [
  { name: 'exempt', precedence: 1, level: 'exempt', rule: { subjects: [group('system:masters')], ...EVERYTHING } },
  { name: 'probes', precedence: 2, level: 'exempt', rule: { subjects: EVERYBODY, nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] } },
  { name: 'system-leader-election', precedence: 100, level: 'leader-election', by: 'ByUser', rule: { subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler'), account('*')], resourceRules: [leases(ELECTION)] } },
  { name: 'endpoint-controller', precedence: 150, level: 'workload-high', by: 'ByUser', rule: { subjects: [user('system:kube-controller-manager'), account('endpoint-controller'), account('endpointslicemirroring-controller')], resourceRules: [resources('', ['endpoints'], ELECTION)] } },
  { name: 'workload-leader-election', precedence: 200, level: 'leader-election', by: 'ByUser', rule: { subjects: [account('*')], resourceRules: [resources('', ['endpoints', 'configmaps'], ELECTION), leases(ELECTION)] } },
  { name: 'system-node-high', precedence: 400, level: 'node-high', by: 'ByUser', rule: { subjects: [group('system:nodes')], resourceRules: [resources('', ['nodes', 'nodes/status'], ['*'], true), leases(['*'])] } },
  { name: 'system-nodes', precedence: 500, level: 'system', by: 'ByUser', rule: { subjects: [group('system:nodes')], ...EVERYTHING } },
  { name: 'kube-controller-manager', precedence: 800, level: 'workload-high', by: 'ByNamespace', rule: { subjects: [user('system:kube-controller-manager')], ...EVERYTHING } },
  { name: 'kube-scheduler', precedence: 800, level: 'workload-high', by: 'ByNamespace', rule: { subjects: [user('system:kube-scheduler')], ...EVERYTHING } },
  { name: 'kube-system-service-accounts', precedence: 900, level: 'workload-high', by: 'ByNamespace', rule: { subjects: [account('*')], ...EVERYTHING } },
  { name: 'service-accounts', precedence: 9000, level: 'workload-low', by: 'ByUser', rule: { subjects: [group('system:serviceaccounts')], ...EVERYTHING } },
  { name: 'global-default', precedence: 9900, level: 'global-default', by: 'ByUser', rule: { subjects: EVERYBODY, ...EVERYTHING } },
  { name: 'catch-all', precedence: 10_000, level: 'catch-all', by: 'ByUser', rule: { subjects: EVERYBODY, ...EVERYTHING } },
];

const queued = (nominalConcurrencyShares: number, lendablePercent: number, queues: number, handSize: number): object => ({
  type: 'Limited',
  limited: { nominalConcurrencyShares, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } }, lendablePercent },
});

/** By name: their specs. */
export const PRIORITY_LEVELS: Readonly<Record<string, object>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' }, lendablePercent: 0 } },
  'leader-election': queued(10, 0, 16, 4),
  'node-high': queued(40, 25, 64, 6),
  system: queued(30, 33, 64, 6),
  'workload-high': queued(40, 50, 128, 6),
  'workload-low': queued(100, 90, 128, 6),
  'global-default': queued(20, 50, 128, 6),
};
