import type { RequestRecord } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import { AuditLog } from './audit-log.ts';
import { AUDIT_LOG } from './config-document.ts';
import type { KindTools } from './tools.ts';

const AGAIN_MS = 1000;

/** Follows the audit log of a node's API server from a moment on until the signal; where that ends by itself, it begins again. */
export function followAudit(tools: KindTools, node: string, since: number, clock: Clock, signal: AbortSignal): { records(): readonly RequestRecord[] } {
  let log = new AuditLog(since);
  const follow = async (): Promise<void> => {
    const next = new AuditLog(since);
    await tools.docker(['exec', node, 'tail', '-n', '+1', '-F', AUDIT_LOG], {
      signal,
      onStdout: (text) => {
        next.feed(text);
        // The whole log comes again: what is known stays until as much is there.
        if (next.all().length >= log.all().length) log = next;
      },
    });
    if (signal.aborted) return;
    const cancel = clock.after(AGAIN_MS, () => void follow());
    signal.addEventListener('abort', cancel, { once: true });
  };
  void follow();
  return { records: () => log.all() };
}
