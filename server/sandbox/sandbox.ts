import type { Server, Socket } from 'node:net';

/**
 * A session's place: where its terminals and scenario scripts run. On Linux with bubblewrap a sandbox with its own
 * user, PID, mount and network namespaces; else plain processes, said on the page.
 */
export interface Place {
  readonly isolation: 'bubblewrap' | 'none';
  /** The session's home folder on the host. */
  readonly home: string;
  /** The same folder as its processes see it: `/root` in a sandbox, the host path without one. */
  readonly homeInside: string;
  /** The lab's own read-only folder (`bin/`, `shell/`) as the place's processes see it. */
  readonly toolsInside: string;
  /** How to start a command in this place: pass the result to node-pty or child_process as it is. */
  command(argv: string[], options?: { cwd?: string; env?: Record<string, string> }): PlaceCommand;
  /** A server that listens on 127.0.0.1:`port` as the place's processes see it, or on another address that is the place's own; 0 takes a free port. */
  listen(port: number, host?: string): Promise<{ server: Server; port: number }>;
  /** A process in the place's own network; absent where the place has none of its own. */
  readonly networkPid?: number;
  /** Connects to 127.0.0.1:`port` inside the place; rejects with code ECONNREFUSED when nothing listens. */
  dial(port: number): Promise<Socket>;
  /** TCP ports on which something listens inside the place, ascending; empty where that can't be told. */
  listening(): Promise<number[]>;
  /** Ends the process that was started from a PlaceCommand, with everything beneath it. */
  killTree(pid: number, signal: 'SIGHUP' | 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /**
   * Puts a file into a home in which nothing has run yet, without starting a process; false when something has, because
   * then a path could lead anywhere. `path` is relative to the home, without `..`.
   */
  seed(path: string, data: Uint8Array, mode: number): Promise<boolean>;
  /** Moves the home folder on the host, while its processes go on; false where they would lose it. */
  moveHome(path: string): Promise<boolean>;
  /** Ends every process that has a file of the home open for writing, shells' own histories aside; how many. Where places share the machine, none. */
  endWriters(): Promise<number>;
  /** Ends every process of the place, while the place stays; how many. Where places share the machine, none. */
  endAll(): Promise<number>;
  /** Ends every process of the place, whatever it ignores; resolves when none runs. */
  stop(): Promise<void>;
}

export interface PlaceCommand {
  file: string;
  args: string[];
  /** The whole environment; nothing of the server's own is inherited. */
  env: Record<string, string>;
  cwd: string;
}

export interface PlaceOptions {
  sessionId: string;
  /** The home folder on the host; made when missing, kept when there. */
  home: string;
}

/** Makes places. One per server; keeps a few warm so that a session starts at once. */
export interface Sandbox {
  readonly isolation: 'bubblewrap' | 'none';
  /** Why it is not `bubblewrap`, for the banner; undefined when it is. */
  readonly notice: string | undefined;
  open(options: PlaceOptions): Promise<Place>;
  /** Resolves once the warm places are there; never rejects. */
  warmed(): Promise<void>;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** Where warm places' homes wait: on the same file system as the sessions' homes. */
  folder: string;
  /** A folder with `bin/` (first on the PATH) and `shell/`, read-only to the learner. */
  tools: string;
  /** Warm places to keep; default 2. */
  warm?: number;
  /** What one place may use, where the machine lets the lab set limits; default 1024 processes and 3072 MiB. */
  limits?: { processes: number; memoryMiB: number };
  /** Ports that each warm place listens on from the start. */
  warmPorts?: number[];
}
