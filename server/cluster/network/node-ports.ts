import type { Server } from 'node:net';
import type { Informers } from '../controllers/runtime/informer.ts';
import type { Service } from '../controllers/runtime/kinds.ts';
import { SERVICES } from '../controllers/runtime/resources.ts';
import { joinStreams } from '../../lib/join-streams.ts';
import type { PodNetwork } from './pod-network.ts';

export interface NodePortsOptions {
  informers: Informers;
  network: PodNetwork;
  /** Listens on a port of the node, as its terminal sees it. */
  listen(port: number): Promise<Server>;
  warn(message: string): void;
  signal: AbortSignal;
}

/** Opens on the node what Services of the types NodePort and LoadBalancer ask for. */
export function openNodePorts({ informers, network, listen, warn, signal }: NodePortsOptions): void {
  const open = new Map<number, Promise<Server | undefined>>();
  const close = (port: number) => {
    void open.get(port)?.then((server) => server?.close());
    open.delete(port);
  };
  signal.addEventListener('abort', () => [...open.keys()].forEach(close), { once: true });
  informers.of<Service>(SERVICES).onChange(({ previous, current }) => {
    const wanted = new Map(portsOf(current).map((one) => [one.nodePort, one]));
    for (const { nodePort } of portsOf(previous)) close(nodePort);
    for (const { nodePort, address, port } of wanted.values()) {
      const listening = listen(nodePort).then(
        (server) => {
          if (signal.aborted) server.close();
          return server.on('connection', (socket) => joinStreams(socket, network.dialAddress(address, port)));
        },
        (error: unknown) => {
          if (!signal.aborted) warn(`port ${nodePort} of the node can't be opened: ${error instanceof Error ? error.message : String(error)}`);
          return undefined;
        },
      );
      open.set(nodePort, listening);
    }
  });
}

function portsOf(service: Service | undefined): { nodePort: number; address: string; port: number }[] {
  const address = service?.spec.clusterIP;
  if (service === undefined || address === undefined || address === 'None') return [];
  return (service.spec.ports ?? []).flatMap(({ nodePort, port, protocol }) => (nodePort === undefined || nodePort === 0 || (protocol ?? 'TCP') !== 'TCP' ? [] : [{ nodePort, address, port }]));
}
