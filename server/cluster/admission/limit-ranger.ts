import { canonicalQuantity } from '../api/schema/quantity.ts';
import { aggregate } from '../auth/rbac.ts';
import { at, record, records, text } from '../auth/fields.ts';
import type { KubeObject } from '../store/object.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, refuse, withSpec } from './plugin.ts';
import { amountsOf, formatAmount, podAmounts } from './resources.ts';
import type { Amounts } from './resources.ts';

const RANGES = { group: '', resource: 'limitranges' };
const ANNOTATION = 'kubernetes.io/limit-ranger';

const itemsOf = (range: KubeObject) => records(at(range, 'spec', 'limits'));
const said = (value: unknown) => canonicalQuantity(String(value));
const byName = <T>(list: Record<string, T>): [string, T][] => Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1));

/** What containers get that say nothing: `default` falls back on `max`, `defaultRequest` on `default`, then `min`. */
function containerDefaults(ranges: readonly KubeObject[]): { limits: Record<string, unknown>; requests: Record<string, unknown> } {
  const limits: Record<string, unknown> = {};
  const requests: Record<string, unknown> = {};
  for (const item of ranges.flatMap(itemsOf)) {
    if (item['type'] !== 'Container') continue;
    const own = { ...record(item['max']), ...record(item['default']) };
    Object.assign(limits, own);
    Object.assign(requests, record(item['min']), own, record(item['defaultRequest']));
  }
  return { limits, requests };
}

function fill(container: Record<string, unknown>, kind: string, defaults: ReturnType<typeof containerDefaults>, notes: string[]): Record<string, unknown> {
  const resources = record(container['resources']);
  const limits = { ...record(resources['limits']) };
  // What is limited but not requested is requested in full.
  const requests = { ...limits, ...record(resources['requests']) };
  const set = (target: Record<string, unknown>, from: Record<string, unknown>, word: string) => {
    const added = byName(from).filter(([name]) => target[name] === undefined);
    for (const [name, value] of added) target[name] = value;
    if (added.length > 0) notes.push(`${added.map(([name]) => name).join(', ')} ${word} for ${kind} ${text(container['name'])}`);
  };
  set(requests, defaults.requests, 'request');
  set(limits, defaults.limits, 'limit');
  return {
    ...container,
    resources: { ...resources, ...(Object.keys(limits).length === 0 ? {} : { limits }), ...(Object.keys(requests).length === 0 ? {} : { requests }) },
  };
}

function problems(item: Record<string, unknown>, requests: Amounts, limits: Amounts, shown: (which: 'requests' | 'limits', name: string) => string): string[] {
  const type = text(item['type']);
  const found: string[] = [];
  const claim = type === 'PersistentVolumeClaim';
  const nano = (list: unknown, name: string) => amountsOf(list).get(name) ?? 0n;
  for (const [name, value] of byName(record(item['min']))) {
    const bound = nano(item['min'], name);
    const request = requests.get(name);
    const limit = limits.get(name);
    const start = `minimum ${name} usage per ${type} is ${said(value)}`;
    if (request === undefined) found.push(`${start}.  No request is specified`);
    else if (request < bound) found.push(`${start}, but request is ${shown('requests', name)}`);
    else if (limit !== undefined && limit < bound) found.push(`${start}, but limit is ${shown('limits', name)}`);
  }
  for (const [name, value] of byName(record(item['max']))) {
    const bound = nano(item['max'], name);
    const request = requests.get(name);
    const limit = limits.get(name);
    const start = `maximum ${name} usage per ${type} is ${said(value)}`;
    if (claim && request === undefined) found.push(`${start}.  No request is specified`);
    else if (!claim && limit === undefined) found.push(`${start}.  No limit is specified`);
    else if (limit !== undefined && limit > bound) found.push(`${start}, but limit is ${shown('limits', name)}`);
    else if (request !== undefined && request > bound) found.push(`${start}, but request is ${shown('requests', name)}`);
  }
  for (const [name, value] of byName(record(item['maxLimitRequestRatio']))) {
    const start = `${name} max limit to request ratio per ${type} is ${said(value)}`;
    const request = requests.get(name) ?? 0n;
    const limit = limits.get(name) ?? 0n;
    if (request === 0n) found.push(`${start}, but no request is specified or request is 0`);
    else if (limit === 0n) found.push(`${start}, but no limit is specified or limit is 0`);
    else {
      const ratio = Number(limit) / Number(request);
      if (ratio > Number(nano(item['maxLimitRequestRatio'], name)) / 1e9) found.push(`${start}, but provided ratio is ${ratio.toFixed(6)}`);
    }
  }
  return found;
}

/** Fills in and limits what containers ask for. After kubernetes 1.32 plugin/pkg/admission/limitranger */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate(request, { reader }) {
    const { object, namespace } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'pods') || namespace === undefined) return object;
    const ranges = reader.list(RANGES, namespace);
    if (ranges.length === 0) return object;
    const defaults = containerDefaults(ranges);
    const notes: string[] = [];
    const spec = record(object['spec']);
    const containers = records(spec['containers']).map((c) => fill(c, 'container', defaults, notes));
    const initContainers = spec['initContainers'] === undefined ? undefined : records(spec['initContainers']).map((c) => fill(c, 'init container', defaults, notes));
    const next = withSpec(object, { ...spec, containers, ...(initContainers === undefined ? {} : { initContainers }) });
    if (notes.length === 0) return next;
    return { ...next, metadata: { ...next.metadata, annotations: { ...next.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` } } };
  },
  validate(request, { reader }) {
    const { object, namespace } = request;
    if (request.operation !== 'CREATE' || object === undefined || namespace === undefined) return;
    const pod = concerns(request, '', 'pods');
    const claim = concerns(request, '', 'persistentvolumeclaims');
    if (!pod && !claim) return;
    for (const range of reader.list(RANGES, namespace)) {
      const found: string[] = [];
      for (const item of itemsOf(range)) {
        if (claim && item['type'] === 'PersistentVolumeClaim') {
          const resources = at(object, 'spec', 'resources');
          found.push(...problems(item, amountsOf(at(resources, 'requests')), new Map(), (which, name) => said(at(resources, which, name))));
        }
        if (pod && item['type'] === 'Container') {
          for (const container of [...records(at(object, 'spec', 'containers')), ...records(at(object, 'spec', 'initContainers'))]) {
            const resources = container['resources'];
            found.push(...problems(item, amountsOf(at(resources, 'requests')), amountsOf(at(resources, 'limits')), (which, name) => said(at(resources, which, name))));
          }
        }
        if (pod && item['type'] === 'Pod') {
          const totals = { requests: podAmounts(object['spec'], 'requests'), limits: podAmounts(object['spec'], 'limits') };
          const like = (which: 'requests' | 'limits', name: string) => at(records(at(object, 'spec', 'containers'))[0], 'resources', which, name);
          found.push(...problems(item, totals.requests, totals.limits, (which, name) => formatAmount(totals[which].get(name) ?? 0n, like(which, name))));
        }
      }
      if (found.length > 0) throw refuse(request, aggregate(found));
    }
  },
};
