import type { Clock } from '../../lib/clock.ts';
import { createPlainRuntime } from '../../cluster/index.ts';
import type { ProcessRuntime } from '../../cluster/vocabulary.ts';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts';

/** A runtime, and what else a cluster's session needs of it. */
export interface ClusterRuntime extends ProcessRuntime {
  /** Joins the network of a process to that of the pods, where there is one; rejects when that fails. */
  attach?(address: string, pid: number): Promise<void>;
  /** After the cluster: takes its network away. */
  close?(): Promise<void>;
}

/** How pods' containers run on this machine: each in a sandbox of its own, or as plain processes. One a cluster. */
export async function createRuntime(sandbox: Sandbox, folder: string, clock: Clock): Promise<ClusterRuntime> {
  if (sandbox instanceof BubblewrapSandbox) return createBubblewrapRuntime(await sandbox.launcher(), (await sandbox.runFolder()).etc, clock);
  return createPlainRuntime({ folder });
}
