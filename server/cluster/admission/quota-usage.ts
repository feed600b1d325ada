import type { GroupResource, KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import { at, record, records, text, texts } from '../auth/fields.ts';
import { qualified } from '../auth/rbac.ts';
import { add, amountsOf, formatAmount, podAmounts } from './resources.ts';
import type { Amounts } from './resources.ts';

export const QUOTAS: GroupResource = { group: '', resource: 'resourcequotas' };
const ONE = 1_000_000_000n;

/** Kinds that a quota counts by their bare plural. */
const COUNTED = ['configmaps', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services'];

function finished(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

function podUsage(pod: KubeObject): Amounts {
  const usage: Amounts = new Map([['count/pods', ONE]]);
  if (finished(pod)) return usage;
  usage.set('pods', ONE);
  for (const [name, amount] of podAmounts(pod['spec'], 'requests')) {
    usage.set(`requests.${name}`, amount);
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage') usage.set(name, amount);
  }
  for (const [name, amount] of podAmounts(pod['spec'], 'limits')) usage.set(`limits.${name}`, amount);
  return usage;
}

function claimUsage(claim: KubeObject): Amounts {
  const storage = amountsOf(at(claim, 'spec', 'resources', 'requests')).get('storage') ?? 0n;
  const name = text(at(claim, 'spec', 'storageClassName'));
  const usage: Amounts = new Map([['requests.storage', storage]]);
  if (name !== '') {
    usage.set(`${name}.storageclass.storage.k8s.io/requests.storage`, storage);
    usage.set(`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`, ONE);
  }
  return usage;
}

function serviceUsage(service: KubeObject): Amounts {
  const type = text(at(service, 'spec', 'type'));
  const ports = BigInt(records(at(service, 'spec', 'ports')).length) * ONE;
  return new Map([
    ['services.loadbalancers', type === 'LoadBalancer' ? ONE : 0n],
    ['services.nodeports', type === 'NodePort' || (type === 'LoadBalancer' && at(service, 'spec', 'allocateLoadBalancerNodePorts') !== false) ? ports : 0n],
  ]);
}

/** What one object takes from quotas. After kubernetes 1.32 pkg/quota/v1/evaluator/core */
export function usageOf(resource: GroupResource, object: KubeObject): Amounts {
  if (resource.group === '' && resource.resource === 'pods') return podUsage(object);
  const usage: Amounts = new Map([[`count/${qualified(resource.group, resource.resource)}`, ONE]]);
  if (resource.group !== '') return usage;
  if (COUNTED.includes(resource.resource)) usage.set(resource.resource, ONE);
  if (resource.resource === 'persistentvolumeclaims') return add(usage, claimUsage(object));
  if (resource.resource === 'services') return add(usage, serviceUsage(object));
  return usage;
}

function bestEffort(pod: KubeObject): boolean {
  return podAmounts(pod['spec'], 'requests').size === 0 && podAmounts(pod['spec'], 'limits').size === 0;
}

/** Whether the quota's scopes take in the object; all of them have to. Scopes speak of pods only. */
export function inScope(quota: KubeObject, resource: GroupResource, object: KubeObject): boolean {
  const scopes = [
    ...texts(at(quota, 'spec', 'scopes')).map((scopeName): Record<string, unknown> => ({ scopeName, operator: 'Exists' })),
    ...records(at(quota, 'spec', 'scopeSelector', 'matchExpressions')),
  ];
  if (scopes.length === 0) return true;
  if (resource.group !== '' || resource.resource !== 'pods') return false;
  return scopes.every((scope) => {
    switch (scope['scopeName']) {
      case 'Terminating': return typeof at(object, 'spec', 'activeDeadlineSeconds') === 'number';
      case 'NotTerminating': return typeof at(object, 'spec', 'activeDeadlineSeconds') !== 'number';
      case 'BestEffort': return bestEffort(object);
      case 'NotBestEffort': return !bestEffort(object);
      case 'PriorityClass': {
        const name = text(at(object, 'spec', 'priorityClassName'));
        const values = texts(scope['values']);
        if (scope['operator'] === 'Exists') return name !== '';
        if (scope['operator'] === 'DoesNotExist') return name === '';
        return scope['operator'] === 'In' ? values.includes(name) : !values.includes(name);
      }
      default: return false;
    }
  });
}

/** The resource types whose objects a name in `hard` is about. */
export function typesOf(name: string): GroupResource[] {
  const core = (resource: string) => [{ group: '', resource }];
  if (name.startsWith('count/')) {
    const [resource = '', ...group] = name.slice('count/'.length).split('.');
    return [{ group: group.join('.'), resource }];
  }
  if (COUNTED.includes(name)) return core(name);
  if (name.startsWith('services.')) return core('services');
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return core('persistentvolumeclaims');
  return core('pods');
}

/** What of a quota is used now, for each name in its `hard`. */
export function usedOf(reader: ObjectReader, quota: KubeObject): Amounts {
  const namespace = quota.metadata.namespace;
  const used: Amounts = new Map();
  const totals = new Map<string, Amounts>();
  for (const name of Object.keys(record(at(quota, 'spec', 'hard')))) {
    let sum = 0n;
    for (const type of typesOf(name)) {
      const key = `${type.group}/${type.resource}`;
      let total = totals.get(key);
      if (total === undefined) {
        total = new Map();
        for (const object of reader.list(type, namespace)) if (inScope(quota, type, object)) add(total, usageOf(type, object));
        totals.set(key, total);
      }
      sum += total.get(name) ?? 0n;
    }
    used.set(name, sum);
  }
  return used;
}

/** The quota's `status` as it should be. */
export function quotaStatus(reader: ObjectReader, quota: KubeObject): { hard: Record<string, unknown>; used: Record<string, string> } {
  const hard = record(at(quota, 'spec', 'hard'));
  const used = usedOf(reader, quota);
  return { hard, used: Object.fromEntries(Object.entries(hard).map(([name, value]) => [name, formatAmount(used.get(name) ?? 0n, value)])) };
}
