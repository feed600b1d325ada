import type { Duplex, Readable, Writable } from 'node:stream';
import type { KubeObject } from '../store/object.ts';
import type { PodLogOptions } from '../client.ts';

/** What the streaming subresources of a pod reach its containers through. Failures throw ApiStatus. */
export interface ContainerAccess {
  /** `pod` as stored; `options.container` already chosen. */
  logs(pod: KubeObject, options: PodLogOptions & { container: string }, signal: AbortSignal): AsyncIterable<Uint8Array>;
  exec(pod: KubeObject, container: string, options: { argv: string[]; tty: boolean; stdin: boolean }): Promise<AttachedProcess>;
  attach(pod: KubeObject, container: string, options: { tty: boolean; stdin: boolean }): Promise<AttachedProcess>;
  portForward(pod: KubeObject, port: number): Promise<Duplex>;
}

export interface AttachedProcess {
  stdin: Writable | undefined;
  stdout: Readable;
  stderr: Readable | undefined;
  resize(columns: number, rows: number): void;
  /** Ends the process (exec) or only lets go of it (attach). */
  close(): void;
  exited: Promise<{ code: number; signal?: string }>;
}
