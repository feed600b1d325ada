import type { FileHandle } from 'node:fs/promises';
import type { Server } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { InsidePath } from '../lib/inside-folder.ts';
import type { KubeClient } from './client.ts';
import type { PodNetwork } from './network/pod-network.ts';
import type { KubeObject } from './store/object.ts';

/**
 * A container image that is a program of ours, run in this process: the Argo Server, the workflow controller, an
 * object store, a small web server. It is started from image reference, command and args as a container would be.
 */
export interface Program {
  /** Runs until it exits by itself or `context.signal` aborts (SIGTERM); resolves with the exit code. */
  run(context: ProgramContext): Promise<number>;
}

export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Programs of the machine's in a sandbox like a container's, with the rights of one, for what nobody should do with the lab's own. */
export interface Toolbox {
  /** Runs to its end; 64 KiB of what it prints are kept. Rejects with code ENOENT when the machine has no such program. */
  run(argv: readonly string[]): Promise<ToolResult>;
  /** A server on a port of the sandbox's own loopback: all that can be reached from inside. */
  listen(): Promise<{ server: Server; port: number }>;
  /** Ends whatever still runs. */
  close(): Promise<void>;
}

export interface ProgramContext {
  /** Command and args after the image's entrypoint was merged in, `$(VAR)` expanded. */
  argv: string[];
  env: Record<string, string>;
  pod: KubeObject;
  container: string;
  /** Speaks as the pod's ServiceAccount. */
  client: KubeClient;
  network: PodNetwork;
  /** Writes raw bytes to the container's log. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** Where a volume mounted at `containerPath` (or a path under it) is on the host; undefined when none is. The pod's processes may put links there: what is read or written goes through `place`. */
  hostPath(containerPath: string): string | undefined;
  /** The same for lib/inside-folder.ts, which no link leads out of the volume. */
  place(containerPath: string): InsidePath | undefined;
  /** A folder for the program alone, on the disk of the volumes; it goes with the container. */
  scratch(): Promise<string>;
  /** `folder`, of the scratch, is there as `/work`, and belongs to the tools afterwards. Absent where this machine offers no sandbox. It ends with the program. */
  toolbox?(options: { folder: string; env: Record<string, string> }): Promise<Toolbox>;
  /** Opens a file of a mounted volume for reading, as the container would see it: no link leads out of the volume. Undefined when no volume is mounted there and the image has no files of its own; rejects with the system's error. Whoever gets it closes it. */
  openFile(containerPath: string): Promise<FileHandle | undefined>;
  signal: AbortSignal;
  clock: Clock;
  ids: Ids;
}

/** The root folder of an image whose containers are, or can be, real processes. */
export interface RootFolder {
  base: 'busybox' | 'host';
  files?: Record<string, string>;
  /** Commands of the host's that the image has beyond busybox; one that the host has not is missing here, too. Empty: none at first, but its package manager finds them. */
  hostCommands?: readonly string[];
}

/** An image that is a program of ours. */
export interface ProgramContent {
  kind: 'program';
  program: Program;
  /** What `kubectl exec` finds beside the program; without it there is no shell, as in an image that holds a program alone. */
  body?: RootFolder;
  /**
   * What a container runs whose command is not the program: a process in the body. Undefined: the command is the program.
   * Absent: every command is. A process of the body begins the program by making the file `up` in the folder that
   * ARGO_LAB_SERVICE names, and ends it by taking that away.
   */
  asProcess?(argv: readonly string[]): string[] | undefined;
}

/** An entry of the image catalogue: which references it answers to, and what stands behind them. */
export interface ImageEntry {
  /** Repository without tag: `busybox`, `quay.io/argoproj/argocli`. `docker.io/library/` is implied. */
  repository: string;
  /** Tags that exist; absent: every tag. */
  tags?: string[];
  entrypoint?: string[];
  cmd?: string[];
  env?: Record<string, string>;
  /** What the image's environment has beyond that by the tag that was asked for. */
  envOfTag?(tag: string): Record<string, string>;
  /** Files of the root folder beyond its own by the tag that was asked for: what a distribution says of its release. */
  filesOfTag?(tag: string): Record<string, string>;
  workingDir?: string;
  /** As whom its processes run where the pod does not say: a number, or a name; default root. */
  user?: number | string;
  /** Bytes, as a pull would report them; default: a number that follows from the name. */
  size?: number;
  /** A root folder built from what the host has, or a program of ours. */
  content: ({ kind: 'root-folder' } & RootFolder) | ProgramContent;
}
