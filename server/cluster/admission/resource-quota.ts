import { at, record, records, text } from '../auth/fields.ts';
import type { KubeClient, ResourceType } from '../client.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { refuse } from './plugin.ts';
import { inScope, quotaStatus, QUOTAS, typesOf, usageOf, usedOf } from './quota-usage.ts';
import { amountsOf, formatAmount } from './resources.ts';

const COMPUTE = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Names of compute resources that the quota limits and a container says nothing about. */
function unsaid(quota: KubeObject, pod: KubeObject): string | undefined {
  const missing: string[] = [];
  for (const name of Object.keys(record(at(quota, 'spec', 'hard'))).sort()) {
    if (!COMPUTE.includes(name)) continue;
    const [which, resource] = name.startsWith('limits.') ? ['limits', name.slice(7)] : ['requests', name.replace('requests.', '')];
    const silent = [...records(at(pod, 'spec', 'containers')), ...records(at(pod, 'spec', 'initContainers'))].filter((c) => at(c, 'resources', which ?? '', resource ?? '') === undefined);
    if (silent.length > 0) missing.push(`${name} for: ${silent.map((c) => text(c['name'])).sort().join(',')}`);
  }
  return missing.length === 0 ? undefined : `must specify ${missing.join('; ')}`;
}

/**
 * Refuses what would take more than a quota allows; what is used is counted anew each time, so it is never stale.
 * After kubernetes 1.32 apiserver/pkg/admission/plugin/resourcequota
 */
export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  validate(request, { reader }) {
    const { object, namespace, resource } = request;
    if (request.operation !== 'CREATE' || object === undefined || namespace === undefined || (request.subresource ?? '') !== '') return;
    const quotas = reader.list(QUOTAS, namespace);
    if (quotas.length === 0) return;
    const usage = usageOf(resource, object);
    for (const quota of quotas) {
      if (!inScope(quota, resource, object)) continue;
      const hard = record(at(quota, 'spec', 'hard'));
      const touched = Object.keys(hard).filter((name) => (usage.get(name) ?? 0n) > 0n).sort();
      if (resource.group === '' && resource.resource === 'pods') {
        const problem = unsaid(quota, object);
        if (problem !== undefined) throw refuse(request, `failed quota: ${quota.metadata.name}: ${problem}`);
      }
      if (touched.length === 0) continue;
      const used = usedOf(reader, quota);
      const bounds = amountsOf(hard);
      const over = touched.filter((name) => (used.get(name) ?? 0n) + (usage.get(name) ?? 0n) > (bounds.get(name) ?? 0n));
      if (over.length === 0) continue;
      const say = (amount: (name: string) => bigint) => over.map((name) => `${name}=${formatAmount(amount(name), hard[name])}`).join(',');
      throw refuse(
        request,
        `exceeded quota: ${quota.metadata.name}, requested: ${say((n) => usage.get(n) ?? 0n)}, used: ${say((n) => used.get(n) ?? 0n)}, limited: ${say((n) => bounds.get(n) ?? 0n)}`,
      );
    }
  },
};

/**
 * Keeps the status of every ResourceQuota up to date, until the signal. `versionOf` gives the served version of a
 * counted type; a type that is not served counts nothing. After kubernetes 1.32 pkg/controller/resourcequota
 */
export function startQuotaStatus(options: { client: KubeClient; reader: ObjectReader; versionOf: (group: string, resource: string) => string | undefined; signal: AbortSignal }): void {
  const { client, reader, signal } = options;
  const type: ResourceType = { ...QUOTAS, version: 'v1' };
  const watched = new Set<string>();
  const dirty = new Set<string>();
  let running = false;

  const sync = async (): Promise<void> => {
    for (let key = first(dirty); key !== undefined && !signal.aborted; key = first(dirty)) {
      dirty.delete(key);
      const [namespace = '', name = ''] = key.split('/');
      const quota = reader.get(QUOTAS, namespace, name);
      if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) continue;
      const status = quotaStatus(reader, quota);
      if (JSON.stringify(sorted(status)) === JSON.stringify(sorted(quota['status']))) continue;
      await client.update(type, { ...quota, status }, { subresource: 'status' });
    }
  };
  const mark = (quota: KubeObject) => {
    dirty.add(`${quota.metadata.namespace ?? ''}/${quota.metadata.name}`);
    if (running) return;
    running = true;
    // A lost race or a vanished quota comes back with its own event.
    void Promise.resolve().then(sync).catch(() => undefined).finally(() => {
      running = false;
    });
  };
  const watchType = (group: string, resource: string) => {
    const key = `${group}/${resource}`;
    const version = options.versionOf(group, resource);
    if (watched.has(key) || version === undefined) return;
    watched.add(key);
    client.watch({ group, version, resource }, { signal, onEnd: () => watched.delete(key) }, (event) => {
      for (const quota of reader.list(QUOTAS, event.object.metadata.namespace)) {
        if (Object.keys(record(at(quota, 'spec', 'hard'))).some((n) => typesOf(n).some((t) => t.group === group && t.resource === resource))) mark(quota);
      }
    });
  };
  client.watch(type, { signal }, (event) => {
    if (event.type === 'DELETED') return;
    for (const name of Object.keys(record(at(event.object, 'spec', 'hard')))) for (const t of typesOf(name)) watchType(t.group, t.resource);
    mark(event.object);
  });
}

function first<T>(set: Set<T>): T | undefined {
  for (const value of set) return value;
  return undefined;
}

/** Field order must not count as a difference. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? null;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}
