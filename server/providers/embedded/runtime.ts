import type { Clock } from '../../lib/clock.ts';
import { createPlainRuntime } from '../../cluster/index.ts';
import type { ProcessRuntime } from '../../cluster/vocabulary.ts';
import { BubblewrapSandbox } from '../../sandbox/bubblewrap.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { createBubblewrapRuntime } from './bubblewrap-runtime.ts';

/** How pods' containers run on this machine: each in a sandbox of its own, or as plain processes. */
export async function createRuntime(sandbox: Sandbox, folder: string, clock: Clock): Promise<ProcessRuntime> {
  if (sandbox instanceof BubblewrapSandbox) return createBubblewrapRuntime(await sandbox.launcher(), (await sandbox.runFolder()).etc, clock);
  return createPlainRuntime({ folder });
}
