import { tailOf } from '../../lib/inside-file.ts';
import type { Container } from '../controllers/runtime/kinds.ts';
import type { LogStore } from './log-store.ts';

const MESSAGE_BYTES = 4096;
const LOG_BYTES = 2048;
const LOG_LINES = 80;

/**
 * What a container said at its end: the end of the file on the host where it could say it, else of its log if it failed and
 * its policy is that. After kubernetes 1.32 pkg/kubelet/kuberuntime/kuberuntime_container.go
 */
export async function terminationMessage(container: Container, log: LogStore, path: string, code: number): Promise<string> {
  const text = await tailOf(path, MESSAGE_BYTES);
  if (text.length > 0) return text.toString();
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || code === 0) return '';
  return log.tail(LOG_LINES, LOG_BYTES);
}
