import type { Server } from 'node:net';
import type { Clock } from '../../lib/clock.ts';
import { joinStreams } from '../network/join-streams.ts';
import type { KubeletNetwork } from '../network/virtual-network.ts';
import type { ContainerProcess, ProcessRuntime, ProcessSpec } from './runtime/process-runtime.ts';

/** What `kubectl exec` finds in a container that is a program of ours: its root folder, with a process that only waits. */
export interface ProgramBody {
  exec(spec: { argv: string[]; tty: boolean; stdin: boolean }): Promise<ContainerProcess>;
  /** When the program has ended; what was started in the body goes, too. */
  end(): void;
}

/**
 * The body begins with the first command that somebody runs in it: until then the container costs nothing. The ports of
 * the program answer on its localhost as well.
 */
export function programBody(options: { runtime: ProcessRuntime; spec: Omit<ProcessSpec, 'argv'>; network: KubeletNetwork; podUid: string; clock: Clock }): ProgramBody {
  const { runtime, spec, network, podUid } = options;
  const servers = new Map<number, Promise<Server | undefined>>();
  const stop = new AbortController();
  let begun: Promise<ContainerProcess> | undefined;

  const begin = async (): Promise<ContainerProcess> => {
    const process = await runtime.start({ ...spec, argv: ['sleep', '2147483647'] });
    if (stop.signal.aborted) process.signal('SIGKILL');
    network.onProgramPort(({ podUid: uid, port, open }) => {
      if (uid !== podUid || process.listen === undefined) return;
      if (!open) {
        void servers.get(port)?.then((server) => server?.close());
        servers.delete(port);
      } else if (!servers.has(port)) {
        servers.set(port, process.listen(port).then((server) => server.on('connection', (socket) => joinStreams(socket, network.dial(podUid, port))), () => undefined));
      }
    }, stop.signal);
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
      for (const server of servers.values()) void server.then((one) => one?.close());
      void begun?.then((process) => process.signal('SIGKILL'), () => undefined);
    },
  };
}
