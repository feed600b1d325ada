import type { Duplex } from 'node:stream';

/**
 * The one dialer of the cluster: port-forward, Services, probes and previews reach what a pod listens on through it.
 * Programs listen on virtual ports; nothing of a pod listens on the host.
 */
export interface PodNetwork {
  /** Assigns (or returns) the pod's address, `10.244.0.x`. */
  addressOf(podUid: string): string;
  /** Frees the address and closes every listener of the pod. */
  release(podUid: string): void;
  /** Accepts connections on a port of the pod; the returned function stops listening. Throws EADDRINUSE when taken. */
  listen(podUid: string, port: number, onConnection: (socket: Duplex) => void): () => void;
  /** Connects to a port of the pod; rejects with code ECONNREFUSED when nothing listens there. */
  dial(podUid: string, port: number): Promise<Duplex>;
  /** Connects to a pod's or Service's address or DNS name as something inside the cluster would. */
  dialAddress(host: string, port: number): Promise<Duplex>;
  /** What Services resolve to is decided elsewhere: the Service proxy registers itself here. */
  setServiceResolver(resolve: (host: string, port: number) => { podUid: string; port: number } | undefined): void;
}
