import { createPlainRuntime } from '../../server/cluster/kubelet/index.ts';
import type { ProcessRuntime } from '../../server/cluster/kubelet/runtime/process-runtime.ts';

/** Containers as plain processes: needs nothing of the machine. */
export function testRuntime(folder: string): ProcessRuntime {
  return createPlainRuntime({ folder });
}
