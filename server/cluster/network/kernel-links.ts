import type { Duplex } from 'node:stream';
import type { Informers } from '../controllers/runtime/informer.ts';
import type { Endpoints, Pod, Service } from '../controllers/runtime/kinds.ts';
import { ENDPOINTS, NAMESPACES, PODS, SERVICES } from '../controllers/runtime/resources.ts';
import type { KernelNetwork } from '../kubelet/runtime/process-runtime.ts';
import { readQuery, writeAnswer } from './dns-message.ts';
import { answerName, type NamedService, type NameSource } from './dns-names.ts';
import { joinStreams } from '../../lib/join-streams.ts';
import type { KubeletNetwork } from './virtual-network.ts';

const DNS_ADDRESS = '10.96.0.10';
const DNS_PORT = 53;

export interface KernelLinksOptions {
  informers: Informers;
  network: KubeletNetwork;
  kernel: KernelNetwork;
  /** Takes a connection to the Service `kubernetes`. */
  api: (socket: Duplex) => void;
  warn(message: string): void;
  signal: AbortSignal;
}

/**
 * Makes the cluster reachable for real processes: Services and pods that are programs answer on their addresses in the
 * kernel's network, and the names of both are resolved. Pods with processes are there already.
 */
export async function linkKernelNetwork({ informers, network, kernel, api, warn, signal }: KernelLinksOptions): Promise<void> {
  const open = new Map<string, Promise<(() => void) | undefined>>();
  const start = (address: string, port: number, connect: (socket: Duplex) => void) => {
    const key = `${address}:${port}`;
    if (open.has(key) || signal.aborted) return;
    open.set(
      key,
      kernel.listen(address, port, connect).catch((error: unknown) => {
        if (!signal.aborted) warn(`${key} is not reachable for processes of pods: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }),
    );
  };
  const stop = (address: string, port: number) => {
    const key = `${address}:${port}`;
    void open.get(key)?.then((close) => close?.());
    open.delete(key);
  };
  signal.addEventListener('abort', () => {
    for (const one of open.values()) void one.then((close) => close?.());
    open.clear();
  }, { once: true });

  const services = informers.of<Service>(SERVICES);
  const through = (address: string, port: number) => (socket: Duplex) => joinStreams(socket, network.dialAddress(address, port));
  services.onChange(({ previous, current }) => {
    const kept = new Set(current === undefined ? [] : portsOf(current).map(([address, port]) => `${address}:${port}`));
    if (previous !== undefined) for (const [address, port] of portsOf(previous)) if (!kept.has(`${address}:${port}`)) stop(address, port);
    if (current === undefined) return;
    const isApi = current.metadata.namespace === 'default' && current.metadata.name === 'kubernetes';
    for (const [address, port] of portsOf(current)) start(address, port, isApi ? api : through(address, port));
  });
  network.onProgramPort(({ address, port, podUid, open: isOpen }) => {
    if (isOpen) start(address, port, (socket) => joinStreams(socket, network.dial(podUid, port)));
    else stop(address, port);
  }, signal);

  const names = nameSource(informers);
  const resolve = (message: Uint8Array, overTcp: boolean): Buffer | undefined => {
    const query = readQuery(message);
    return query === undefined ? undefined : writeAnswer(query, answerName(query.question, names), overTcp);
  };
  const close = await kernel.answer(DNS_ADDRESS, DNS_PORT, async (message) => resolve(message, false));
  signal.addEventListener('abort', close, { once: true });
  start(DNS_ADDRESS, DNS_PORT, (socket) => answerStream(socket, (message) => resolve(message, true)));
}

/** Over TCP each message comes behind its length in two bytes. */
function answerStream(socket: Duplex, resolve: (message: Uint8Array) => Buffer | undefined): void {
  let rest = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const size = rest.readUInt16BE(0);
      const answer = resolve(rest.subarray(2, 2 + size));
      rest = rest.subarray(2 + size);
      if (answer === undefined) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([length, answer]));
    }
  });
}

function portsOf({ spec }: Service): [address: string, port: number][] {
  const addresses = [...new Set([spec.clusterIP, ...(spec.clusterIPs ?? [])])].filter((ip): ip is string => ip !== undefined && /^\d+\.\d+\.\d+\.\d+$/.test(ip));
  return addresses.flatMap((address) => (spec.ports ?? []).filter((port) => (port.protocol ?? 'TCP') === 'TCP').map((port): [string, number] => [address, port.port]));
}

function nameSource(informers: Informers): NameSource {
  const services = informers.of<Service>(SERVICES);
  const endpoints = informers.of<Endpoints>(ENDPOINTS);
  const pods = informers.of<Pod>(PODS);
  const namespaces = informers.of(NAMESPACES);
  const named = (service: Service): NamedService => {
    const { name, namespace = 'default' } = service.metadata;
    const subsets = endpoints.get(namespace, name)?.subsets ?? [];
    const publishAll = service.spec.publishNotReadyAddresses === true;
    const backends = subsets.flatMap((subset) => [...(subset.addresses ?? []), ...(publishAll ? (subset.notReadyAddresses ?? []) : [])]).map(({ ip, hostname }) => ({ address: ip, hostname: hostname ?? '' }));
    return {
      name,
      namespace,
      clusterIP: service.spec.clusterIP ?? '',
      externalName: service.spec.type === 'ExternalName' ? (service.spec.externalName ?? '') : '',
      ports: (service.spec.ports ?? []).map((port) => ({ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: port.port })),
      backends,
    };
  };
  const find = (namespace: string, name: string) => {
    const service = services.get(namespace, name);
    return service === undefined ? undefined : named(service);
  };
  return {
    service: find,
    serviceAt(address) {
      const own = services.list().find((service) => service.spec.clusterIP === address);
      if (own !== undefined) return named(own);
      const pod = pods.list().find((one) => one.status?.podIP === address);
      return pod === undefined ? undefined : services.list(pod.metadata.namespace).filter((service) => service.spec.clusterIP === 'None').map(named).find((service) => service.backends.some((backend) => backend.address === address));
    },
    namespace: (name) => namespaces.get(undefined, name) !== undefined,
  };
}
