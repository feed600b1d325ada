import type { Informers } from '../controllers/runtime/informer.ts';
import type { Endpoints, Pod, Service } from '../controllers/runtime/kinds.ts';
import { ENDPOINTS, PODS, SERVICES } from '../controllers/runtime/resources.ts';
import type { PodNetwork } from './pod-network.ts';

export const CLUSTER_DOMAIN = 'cluster.local';
/** So many ExternalName Services may point at one another. */
const MAX_ALIASES = 8;

interface Target {
  podUid: string;
  port: number;
}

/** What a name or address inside the cluster means. */
export type ParsedName =
  | { kind: 'service'; name: string; namespace: string }
  | { kind: 'service-pod'; hostname: string; name: string; namespace: string }
  | { kind: 'pod'; address: string }
  | { kind: 'unknown' };

/**
 * Takes a cluster DNS name apart: `svc`, `svc.ns`, `svc.ns.svc[.cluster.local]`, `host.svc.ns.svc…`,
 * `10-244-0-5.ns.pod…`. A name without a namespace is looked up in `namespace`.
 */
export function parseClusterName(host: string, namespace = 'default'): ParsedName {
  let name = host.toLowerCase().replace(/\.$/, '');
  if (name.endsWith(`.${CLUSTER_DOMAIN}`)) name = name.slice(0, -CLUSTER_DOMAIN.length - 1);
  const parts = name.split('.');
  const last = parts.at(-1);
  if (last === 'pod' && parts.length === 3) {
    const [dashed = ''] = parts;
    return { kind: 'pod', address: dashed.replaceAll('-', '.') };
  }
  if (last === 'svc') parts.pop();
  const [first, second, third] = parts;
  if (first === undefined || first === '') return { kind: 'unknown' };
  if (parts.length === 1) return last === 'svc' ? { kind: 'unknown' } : { kind: 'service', name: first, namespace };
  if (parts.length === 2 && second !== undefined) return { kind: 'service', name: first, namespace: second };
  if (parts.length === 3 && second !== undefined && third !== undefined && last === 'svc') {
    return { kind: 'service-pod', hostname: first, name: second, namespace: third };
  }
  return { kind: 'unknown' };
}

/** Makes Services answer: by name, cluster address, node port; each connection goes to the next ready pod in turn. */
export function startServiceProxy(options: { informers: Informers; network: PodNetwork }): void {
  const services = options.informers.of<Service>(SERVICES);
  const endpoints = options.informers.of<Endpoints>(ENDPOINTS);
  const pods = options.informers.of<Pod>(PODS);
  const byAddress = new Map<string, string>();
  const turns = new Map<string, number>();

  services.onChange(({ previous, current }) => {
    for (const address of addressesOf(previous)) byAddress.delete(address);
    if (current === undefined) return;
    const key = `${current.metadata.namespace}/${current.metadata.name}`;
    for (const address of addressesOf(current)) byAddress.set(address, key);
  });

  const podUid = (namespace: string, name: string | undefined): string | undefined =>
    name === undefined ? undefined : pods.get(namespace, name)?.metadata.uid;

  const targetsOf = (service: Service, port: number): (Target & { hostname: string })[] => {
    const { name, namespace = 'default' } = service.metadata;
    const headless = service.spec.clusterIP === 'None';
    const servicePort = service.spec.ports?.find((p) => p.port === port);
    if (servicePort === undefined && !headless) return [];
    const out: (Target & { hostname: string })[] = [];
    for (const subset of endpoints.get(namespace, name)?.subsets ?? []) {
      // A headless Service only names its pods: the caller speaks to the pod's own port.
      const target = headless ? port : subset.ports?.find((p) => (p.name ?? '') === (servicePort?.name ?? ''))?.port;
      if (target === undefined) continue;
      for (const address of subset.addresses ?? []) {
        const uid = address.targetRef?.uid ?? podUid(namespace, address.targetRef?.name);
        if (uid !== undefined) out.push({ podUid: uid, port: target, hostname: address.hostname ?? '' });
      }
    }
    return out;
  };

  const resolve = (host: string, port: number, depth: number): Target | undefined => {
    const key = byAddress.get(host);
    const parsed: ParsedName = key === undefined ? parseClusterName(host) : { kind: 'service', ...named(key) };
    if (parsed.kind === 'unknown') return undefined;
    if (parsed.kind === 'pod') {
      const pod = pods.list().find((p) => p.status?.podIP === parsed.address);
      return pod?.metadata.uid === undefined ? undefined : { podUid: pod.metadata.uid, port };
    }
    const service = services.get(parsed.namespace, parsed.name);
    if (service === undefined) return undefined;
    if (service.spec.type === 'ExternalName') {
      const { externalName } = service.spec;
      if (externalName === undefined || depth >= MAX_ALIASES) return undefined;
      return resolve(externalName, port, depth + 1);
    }
    let targets = targetsOf(service, port);
    if (parsed.kind === 'service-pod') targets = targets.filter((t) => t.hostname === parsed.hostname);
    if (targets.length === 0) return undefined;
    const turnKey = `${parsed.namespace}/${parsed.name}:${port}`;
    const turn = turns.get(turnKey) ?? 0;
    turns.set(turnKey, turn + 1);
    return targets[turn % targets.length];
  };
  options.network.setServiceResolver((host, port) => resolve(host, port, 0));
}

function addressesOf(service: Service | undefined): string[] {
  if (service === undefined) return [];
  const { clusterIP, clusterIPs = [], externalIPs = [] } = service.spec;
  return [...new Set([clusterIP, ...clusterIPs, ...externalIPs])].filter((ip): ip is string => ip !== undefined && ip !== '' && ip !== 'None');
}

function named(key: string): { name: string; namespace: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
