import { spawn, type ChildProcess } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Launcher } from './launch.ts';
import { NetworkBridge } from './netns.ts';
import type { PlaceCommand } from './sandbox.ts';

/** What every pod sees as its way out; on the router, one address on all its links. */
const GATEWAY = '10.244.0.1';
const PODS = '10.244.0.0/16';
const POD_NET = '10.244.0.0/24';
const SERVICES = '10.96.0.0/12';

/**
 * Joins the network of the process that this shell becomes to the router's: a cable between them, the address on one end,
 * the way to it on the other. Any port may be listened on, as containerd has it. $1 the router's pid, $2 the cable's name, $3 the address; what follows is the command.
 */
const JOIN = `
router=$1 link=$2 address=$3; shift 3
nsenter -t "$router" -n ip -batch - <<E || exit 97
link add $link type veth peer name eth0 netns $$
addr add ${GATEWAY}/32 dev $link
link set $link up
route replace $address/32 dev $link
E
ip -batch - <<E || exit 97
link set lo up
addr add $address/24 dev eth0
link set eth0 up
route flush dev eth0
route add ${GATEWAY} dev eth0 scope link
route add ${POD_NET} via ${GATEWAY}
route add default via ${GATEWAY}
E
{ echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start; } 2>/dev/null || :
exec "$@"`;

/** The same for a network that is there already: $4 is a process in it. */
const ATTACH = `
router=$1 link=$2 address=$3 pid=$4
nsenter -t "$router" -n ip -batch - <<E || exit 97
link add $link type veth peer name eth0 netns $pid
addr add ${GATEWAY}/32 dev $link
link set $link up
route replace $address/32 dev $link
E
nsenter -t "$pid" -n ip -batch - <<E || exit 97
addr add $address/32 dev eth0
link set eth0 up
route add ${GATEWAY} dev eth0 scope link
route add ${PODS} via ${GATEWAY}
route add ${SERVICES} via ${GATEWAY}
E
nsenter -t "$pid" -n /bin/sh -c '{ echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start; } 2>/dev/null || :'`;

/** Every address of the cluster is the router's own until a pod has it: what is not routed on is answered here. */
const BEGIN = `
ip -batch - <<E || exit 97
link set lo up
route add local ${SERVICES} dev lo
route add local ${PODS} dev lo table main
E
echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind || exit 97
echo ready
exec cat >/dev/null`;

/**
 * A network of a cluster's own in the kernel: a network namespace with cables to those of its pods. It routes between
 * them, and what it listens on itself are the Services, the DNS and the pods that are programs. Nothing leads out of it.
 * Only where the lab is root, and the kernel lets it.
 */
export class Router {
  readonly #bridge: NetworkBridge;
  #links = 0;

  private constructor(
    private readonly holder: ChildProcess,
    private readonly pid: number,
    launcher: Launcher,
    clock: Clock,
  ) {
    this.#bridge = new NetworkBridge(launcher, pid, clock);
  }

  /** Undefined where this machine allows none. */
  static async start(launcher: Launcher, clock: Clock = systemClock): Promise<Router | undefined> {
    if (launcher.uid === undefined) return undefined;
    // It ends when nobody holds its input any more: with the server, whatever happens to that.
    const holder = spawn('unshare', ['-n', '/bin/sh', '-c', BEGIN], { stdio: ['pipe', 'pipe', 'ignore'] });
    holder.stdin.on('error', () => undefined);
    const ready = await new Promise<boolean>((done) => {
      holder.stdout.once('data', () => done(true));
      holder.once('error', () => done(false));
      holder.once('exit', () => done(false));
    });
    if (!ready || holder.pid === undefined) {
      holder.kill('SIGKILL');
      return undefined;
    }
    return new Router(holder, holder.pid, launcher, clock);
  }

  /** The command in a network of its own, joined to this one with the address. */
  join(address: string, command: PlaceCommand): PlaceCommand {
    return { ...command, file: 'unshare', args: ['-n', '/bin/sh', '-c', JOIN, 'argo-lab', String(this.pid), this.#nextLink(), address, command.file, ...command.args] };
  }

  /** Joins the network that a process is in; rejects when it can't be. */
  async attach(address: string, pid: number): Promise<void> {
    const child = spawn('/bin/sh', ['-c', ATTACH, 'argo-lab', String(this.pid), this.#nextLink(), address, String(pid)], { stdio: 'ignore' });
    const code = await new Promise<number | null>((done) => {
      child.once('error', () => done(1));
      child.once('exit', done);
    });
    if (code !== 0) throw new Error(`the network of process ${pid} could not be joined to the cluster's`);
  }

  /** Listens on any address of the cluster, as its pods see it. */
  async listen(address: string, port: number, onConnection: (socket: Socket) => void): Promise<() => void> {
    const { server } = await this.#bridge.listen(port, address);
    return served(server, onConnection);
  }

  /** Answers each datagram with what `answer` resolves to. */
  async answer(address: string, port: number, answer: (message: Uint8Array) => Promise<Uint8Array | undefined>): Promise<() => void> {
    const socket = await this.#bridge.bind(port, address);
    socket.on('error', () => undefined);
    socket.on('message', (message, from) => {
      answer(message).then(
        (reply) => {
          if (reply !== undefined) socket.send(reply, from.port, from.address, () => undefined);
        },
        () => undefined,
      );
    });
    return () => socket.close();
  }

  close(): void {
    this.#bridge.close();
    this.holder.stdin?.end();
    this.holder.kill('SIGKILL');
  }

  #nextLink(): string {
    return `pod${this.#links++}`;
  }
}

function served(server: Server, onConnection: (socket: Socket) => void): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
    onConnection(socket);
  });
  server.on('error', () => undefined);
  return () => {
    server.close();
    for (const socket of open) socket.destroy();
  };
}
