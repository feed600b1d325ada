import type { Server } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { RootFolder } from '../../program.ts';

/** What the kubelet needs in order to run a container as a real process; `providers/embedded` supplies it. */
export interface ProcessRuntime {
  /** Shown on the page and by `doctor`: `bubblewrap` or `none`. */
  readonly isolation: 'bubblewrap' | 'none';
  /**
   * The network in the kernel that processes of pods share, made when first asked for; undefined where the machine allows
   * none, and each pod is alone then.
   */
  network?(): Promise<KernelNetwork | undefined>;
  /** Starts a process; rejects with code ENOENT when the command is not in the root folder. */
  start(spec: ProcessSpec): Promise<ContainerProcess>;
}

/** A network that processes see: pods have their addresses in it, and what listens here on other addresses answers them. */
export interface KernelNetwork {
  /** Listens on an address of the cluster (a Service's, or a pod's that is a program); the returned function stops it. */
  listen(address: string, port: number, onConnection: (socket: Duplex) => void): Promise<() => void>;
  /** Answers datagrams; undefined leaves one without an answer. */
  answer(address: string, port: number, answer: (message: Uint8Array) => Promise<Uint8Array | undefined>): Promise<() => void>;
}

export interface ProcessSpec {
  /** Unique for the container's attempt; names its scratch folder. */
  id: string;
  /** Processes with the same pod share a network: localhost is one place for them. Absent: a network of its own. */
  pod?: string;
  /** The pod's address in the runtime's network. */
  address?: string;
  argv: string[];
  env: Record<string, string>;
  /** Inside the container; created when missing. */
  cwd: string;
  hostname: string;
  root: RootFolder;
  /** The container's own writable layer on the host; survives restarts of the process, not of the container. */
  layer: string;
  /** `root`: a folder that processes of the pod may write, in which `source` lies by a path that they can change; no link may lead out of it. */
  mounts: { source: string; target: string; readOnly: boolean; root?: string }[];
  /** As whom it runs, as far as the runtime can; absent: root. */
  user?: { uid: number; gid: number };
  /** What root may do there, as far as the runtime grants it: names without `CAP_`. Absent: nothing beyond what files allow. */
  capabilities?: readonly string[];
  /** Nothing but mounts may be written, where the runtime can see to it; default false. */
  readOnlyRoot?: boolean;
  tty: boolean;
  stdin: boolean;
}

export interface ContainerProcess {
  readonly pid: number;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** Absent with a tty: everything is on stdout. */
  readonly stderr: Readable | undefined;
  /** Signals the container's first process, as the kubelet's SIGTERM and SIGKILL do. */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): void;
  resize(columns: number, rows: number): void;
  /** Resolves once the process and all its children are gone. `code` is 128+n after a signal. */
  readonly exited: Promise<{ code: number; signal?: string }>;
  /** Starts another process in the same container, as `kubectl exec` does. */
  exec(spec: { argv: string[]; tty: boolean; stdin: boolean }): Promise<ContainerProcess>;
  /** Listens on a port in the process's own network; absent where it has none of its own. */
  listen?(port: number): Promise<Server>;
  /** Connects to a port that the process listens on in its own network; rejects ECONNREFUSED. */
  dial(port: number): Promise<Duplex>;
}
