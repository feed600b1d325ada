import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from './duplex-pair.ts';
import type { PodNetwork } from './pod-network.ts';

/** What the kubelet needs beyond the dialer: the ports of a pod's real processes are reached through its runtime. */
export interface KubeletNetwork extends PodNetwork {
  /** Asked for ports on which no program of the pod listens. The returned function takes it away. */
  addPodDialer(podUid: string, dial: (port: number) => Promise<Duplex>): () => void;
  /** Told of every port on which a program of a pod listens, from now on and those there are already. */
  onProgramPort(listener: (port: ProgramPort) => void, signal: AbortSignal): void;
  /** The pod that has this address now. */
  podAt(address: string): string | undefined;
}

/** A port of a pod that is a program: opened or closed. */
export interface ProgramPort {
  podUid: string;
  address: string;
  port: number;
  open: boolean;
}

function refused(host: string, port: number): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`), { code: 'ECONNREFUSED', address: host, port });
}

/** The pods' network: virtual ports in this process, and a way on to the ports of real processes. */
export function createPodNetwork(options: { prefix?: string; firstHost?: number } = {}): KubeletNetwork {
  const prefix = options.prefix ?? '10.244.0';
  const firstHost = options.firstHost ?? 2;
  const addresses = new Map<string, string>();
  const pods = new Map<string, string>();
  const listeners = new Map<string, Map<number, (socket: Duplex) => void>>();
  const dialers = new Map<string, Set<(port: number) => Promise<Duplex>>>();
  const watchers = new Set<(port: ProgramPort) => void>();
  const tell = (podUid: string, port: number, open: boolean) => {
    const address = addresses.get(podUid);
    if (address !== undefined) for (const watcher of watchers) watcher({ podUid, address, port, open });
  };
  let next = firstHost;
  let resolve: (host: string, port: number) => { podUid: string; port: number } | undefined = () => undefined;

  // Addresses go round, so that a new pod does not at once get the address of one that just ended. The third number
  // grows when a /24 is full: 10.244.0.x is what a learner sees in a small cluster.
  const allocate = (): string => {
    const base = prefix.split('.').slice(0, 2).join('.');
    for (let tries = 0; tries < 65_000; tries++) {
      const host = next;
      next = next >= 65_000 ? firstHost : next + 1;
      if (host % 256 === 0 || host % 256 === 255) continue;
      const address = `${base}.${Math.floor(host / 256)}.${host % 256}`;
      if (!pods.has(address)) return address;
    }
    throw new Error('no pod address is left');
  };

  const network: KubeletNetwork = {
    addressOf(podUid) {
      const known = addresses.get(podUid);
      if (known !== undefined) return known;
      const address = allocate();
      addresses.set(podUid, address);
      pods.set(address, podUid);
      return address;
    },
    release(podUid) {
      const address = addresses.get(podUid);
      if (address !== undefined) pods.delete(address);
      for (const port of listeners.get(podUid)?.keys() ?? []) tell(podUid, port, false);
      addresses.delete(podUid);
      listeners.delete(podUid);
      dialers.delete(podUid);
    },
    onProgramPort(listener, signal) {
      watchers.add(listener);
      signal.addEventListener('abort', () => watchers.delete(listener), { once: true });
      for (const [podUid, ports] of listeners) {
        const address = addresses.get(podUid);
        if (address !== undefined) for (const port of ports.keys()) listener({ podUid, address, port, open: true });
      }
    },
    podAt: (address) => pods.get(address),
    listen(podUid, port, onConnection) {
      let ports = listeners.get(podUid);
      if (ports === undefined) listeners.set(podUid, (ports = new Map()));
      if (ports.has(port)) {
        throw Object.assign(new Error(`listen EADDRINUSE: address already in use :::${port}`), { code: 'EADDRINUSE', port });
      }
      ports.set(port, onConnection);
      tell(podUid, port, true);
      return () => {
        if (ports.get(port) !== onConnection) return;
        ports.delete(port);
        tell(podUid, port, false);
      };
    },
    async dial(podUid, port) {
      const accept = listeners.get(podUid)?.get(port);
      if (accept !== undefined) {
        const [client, server] = duplexPair();
        accept(server);
        return client;
      }
      for (const dial of dialers.get(podUid) ?? []) {
        try {
          return await dial(port);
        } catch {
          // the next container of the pod may listen there
        }
      }
      throw refused(addresses.get(podUid) ?? '127.0.0.1', port);
    },
    async dialAddress(host, port) {
      const podUid = pods.get(host);
      if (podUid !== undefined) return network.dial(podUid, port);
      const target = resolve(host, port);
      if (target !== undefined) return network.dial(target.podUid, target.port);
      throw refused(host, port);
    },
    setServiceResolver(resolver) {
      resolve = resolver;
    },
    addPodDialer(podUid, dial) {
      let set = dialers.get(podUid);
      if (set === undefined) dialers.set(podUid, (set = new Set()));
      set.add(dial);
      return () => set.delete(dial);
    },
  };
  return network;
}

/** Connects to a TCP port of this machine: what runtimes without a network of their own dial with. */
export function dialLocal(port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
