import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { KubeClient } from '../client.ts';

export interface ControllersOptions {
  client: KubeClient;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** PEM; what `kube-root-ca.crt` holds in every namespace. */
  rootCertificate: string;
}

export function startControllers(_options: ControllersOptions): { stop(): void } {
  return { stop() {} };
}
