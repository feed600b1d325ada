import type { ProcessRuntime } from '../../server/cluster/kubelet/runtime/process-runtime.ts';

/** A runtime that runs nothing. */
export async function testRuntime(): Promise<ProcessRuntime> {
  return {
    isolation: 'none',
    start: () => Promise.reject(Object.assign(new Error('no such file or directory'), { code: 'ENOENT' })),
  };
}
