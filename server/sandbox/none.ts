import { createServer, connect, type Server, type Socket } from 'node:net';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { type Clock, sleep, systemClock } from '../lib/clock.ts';
import { isAlive, kill, killTree, listeningPorts } from './proc.ts';
import type { Place, PlaceCommand, PlaceOptions, Sandbox, SandboxOptions } from './sandbox.ts';

/** Marks every process of a place in its environment, so that none is forgotten at the end, wherever it went. */
const MARK = 'ARGO_LAB_PLACE';

/** Plain processes of the person who started the lab: no isolation, said on the page. */
export class NoSandbox implements Sandbox {
  readonly isolation = 'none';
  #places = new Set<PlainPlace>();

  constructor(
    private readonly options: SandboxOptions,
    readonly notice: string,
    private readonly clock: Clock = systemClock,
  ) {}

  async open(options: PlaceOptions): Promise<Place> {
    await mkdir(options.home, { recursive: true, mode: 0o700 });
    const place = new PlainPlace(options.sessionId, options.home, this.options.tools, this.clock, () => this.#places.delete(place));
    this.#places.add(place);
    return place;
  }

  async warmed(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([...this.#places].map((place) => place.stop()));
  }
}

class PlainPlace implements Place {
  readonly isolation = 'none';
  readonly homeInside: string;

  constructor(
    private readonly id: string,
    readonly home: string,
    readonly toolsInside: string,
    private readonly clock: Clock,
    private readonly onStopped: () => void,
  ) {
    this.homeInside = home;
  }

  command(argv: string[], options: { cwd?: string; env?: Record<string, string> } = {}): PlaceCommand {
    const path = [join(this.toolsInside, 'bin'), join(this.home, '.local', 'bin'), process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'].join(delimiter);
    const [file = 'true', ...args] = argv;
    return {
      file,
      args,
      cwd: options.cwd ?? this.home,
      env: { PATH: path, HOME: this.home, USER: process.env['USER'] ?? 'root', LOGNAME: process.env['USER'] ?? 'root', SHELL: '/bin/bash', LANG: process.env['LANG'] ?? 'C.UTF-8', TERM: 'xterm-256color', [MARK]: this.id, ...options.env },
    };
  }

  async listen(port: number): Promise<{ server: Server; port: number }> {
    // Other sessions and the person's own programs share the ports: a taken one is replaced by a free one.
    for (const wanted of port === 0 ? [0] : [port, 0]) {
      const server = createServer();
      server.listen(wanted, '127.0.0.1');
      const listening = await once(server, 'listening').then(
        () => true,
        () => false,
      );
      const address = server.address();
      if (listening && typeof address === 'object' && address !== null) return { server, port: address.port };
    }
    throw new Error(`no free port on 127.0.0.1`);
  }

  async dial(port: number): Promise<Socket> {
    const attempt = async (host: string) => {
      const socket = connect({ port, host });
      await once(socket, 'connect');
      return socket;
    };
    return attempt('127.0.0.1').catch(() => attempt('::1')).catch((error: unknown) => {
      throw Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`, { cause: error }), { code: 'ECONNREFUSED', port });
    });
  }

  /** Everything that listens on the machine would be noise: only what this place's own processes could have opened. */
  async listening(): Promise<number[]> {
    return (await listeningPorts(process.pid)) ?? [];
  }

  killTree(pid: number, signal: 'SIGHUP' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return killTree(pid, signal);
  }

  async seed(): Promise<boolean> {
    return false;
  }

  async moveHome(): Promise<boolean> {
    return false;
  }

  async endAll(): Promise<number> {
    return 0;
  }

  async endWriters(): Promise<number> {
    return 0;
  }

  async stop(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      const pids = await this.#marked();
      if (pids.length === 0) break;
      for (const pid of pids) kill(pid, 'SIGKILL');
      await sleep(this.clock, 10);
    }
    this.onStopped();
  }

  async #marked(): Promise<number[]> {
    const wanted = `${MARK}=${this.id}`;
    const out: number[] = [];
    for (const name of await readdir('/proc').catch((): string[] => [])) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
      if (environment.split('\0').includes(wanted) && (await isAlive(Number(name)))) out.push(Number(name));
    }
    return out;
  }
}
