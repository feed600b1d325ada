import type { Endpoints, Pod, Service } from '../runtime/kinds.ts';
import { isReady } from '../runtime/pods.ts';
import { matchesLabels } from '../runtime/selectors.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];
type ServicePort = NonNullable<Service['spec']['ports']>[number];

export interface EndpointPort {
  name?: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** The pods that a Service selects and that have an address. */
export function selectedPods(service: Service, pods: readonly Pod[]): Pod[] {
  const { selector } = service.spec;
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  return pods.filter((pod) => matchesLabels(selector, pod.metadata.labels) && pod.status?.podIP !== undefined && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed');
}

/** The pod's port behind a Service's; undefined when the pod does not name it. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const number = Number(target);
  if (Number.isInteger(number) && number > 0) return number;
  for (const container of pod.spec.containers) {
    const found = container.ports?.find((p) => p.name === target && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

export function portsFor(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    return [{ ...(port.name === undefined || port.name === '' ? {} : { name: port.name }), port: number, protocol: port.protocol ?? 'TCP', ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) }];
  });
}

export function counts(service: Service, pod: Pod): boolean {
  return isReady(pod) || service.spec.publishNotReadyAddresses === true;
}

/** The subsets of an Endpoints object: pods with the same ports together, sorted. After kubernetes 1.32 pkg/controller/endpoint */
export function subsetsOf(service: Service, pods: readonly Pod[]): Subset[] {
  const groups = new Map<string, { ports: EndpointPort[]; ready: Address[]; unready: Address[] }>();
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const ports = portsFor(service, pod);
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const key = JSON.stringify(ports);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { ports, ready: [], unready: [] }));
    (counts(service, pod) ? group.ready : group.unready).push(addressOf(service, pod));
  }
  return [...groups.values()].map(({ ports, ready, unready }) => ({
    ...(ready.length === 0 ? {} : { addresses: ready.sort(byAddress) }),
    ...(unready.length === 0 ? {} : { notReadyAddresses: unready.sort(byAddress) }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
}

function addressOf(service: Service, pod: Pod): Address {
  const { name, namespace = 'default', uid = '' } = pod.metadata;
  const hostname = pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ip: pod.status?.podIP ?? '',
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', name, namespace, uid },
  };
}

function byAddress(a: { ip: string }, b: { ip: string }): number {
  const number = (ip: string) => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(a.ip) - number(b.ip);
}
