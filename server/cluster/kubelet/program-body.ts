import type { Server } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { joinStreams } from '../../lib/join-streams.ts';
import type { KubeletNetwork } from '../network/virtual-network.ts';
import type { ContainerProcess, ProcessRuntime, ProcessSpec } from './runtime/process-runtime.ts';

/** What `kubectl exec` finds in a container that is a program of ours: its root folder, with a process that only waits. */
export interface ProgramBody {
  exec(spec: { argv: string[]; tty: boolean; stdin: boolean }): Promise<ContainerProcess>;
  /** When the program has ended; what was started in the body goes, too. */
  end(): void;
  /** Called when somebody inside ends the first process, which stands for the program: `kill 1`. */
  onKilled(listener: () => void): void;
}

/** The first process of a body: it waits, and goes when it is told to, as servers do. */
const WAITING = ['sh', '-c', 'trap "exit 0" TERM INT QUIT; while :; do sleep 2147483647 & wait $!; done'];

/**
 * The body begins with the first command that somebody runs in it: until then the container costs nothing. The ports of
 * the program answer on its localhost as well.
 */
export function programBody(options: { runtime: ProcessRuntime; spec: Omit<ProcessSpec, 'argv'>; network: KubeletNetwork; podUid: string; clock: Clock }): ProgramBody {
  const { runtime, spec, network, podUid } = options;
  const stop = new AbortController();
  let begun: Promise<ContainerProcess> | undefined;
  let killed = () => {};

  const begin = async (): Promise<ContainerProcess> => {
    const process = await runtime.start({ ...spec, argv: WAITING });
    if (stop.signal.aborted) process.signal('SIGKILL');
    void process.exited.then(() => stop.signal.aborted || killed());
    await answerOnLocalhost(process, network, podUid, stop.signal);
    return process;
  };

  return {
    async exec(wanted) {
      begun ??= begin();
      // A body that could not begin may begin later.
      const process = await begun.catch((error: unknown) => {
        begun = undefined;
        throw error;
      });
      return process.exec(wanted);
    },
    end() {
      stop.abort();
      void begun?.then((process) => process.signal('SIGKILL'), () => undefined);
    },
    onKilled(listener) {
      killed = listener;
    },
  };
}

/** Lets the programs of a pod answer on the localhost of its processes: containers of one pod share that. Resolves when those do that are up now. */
export async function answerOnLocalhost(process: ContainerProcess, network: KubeletNetwork, podUid: string, signal: AbortSignal): Promise<void> {
  const { listen } = process;
  if (listen === undefined) return;
  const servers = new Map<number, Promise<Server | undefined>>();
  const close = (port: number) => {
    void servers.get(port)?.then((server) => server?.close());
    servers.delete(port);
  };
  network.onProgramPort((port) => {
    if (port.podUid !== podUid) return;
    if (!port.open) close(port.port);
    else if (!servers.has(port.port)) {
      // What the process listens on itself stays its own.
      servers.set(port.port, listen(port.port).then((server) => server.on('connection', (socket) => joinStreams(socket, network.dial(podUid, port.port))), () => undefined));
    }
  }, signal);
  signal.addEventListener('abort', () => [...servers.keys()].forEach(close), { once: true });
  await Promise.all(servers.values());
}
