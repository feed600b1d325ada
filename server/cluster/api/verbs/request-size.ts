import type { KubeObject } from '../../store/object.ts';
import { storedSize } from '../../store/size.ts';
import { fromEtcd } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';

/** Bytes that etcd takes at once, and bytes that its client sends. */
const MOST_TAKEN = 1.5 * 1024 * 1024;
const MOST_SENT = 2 * 1024 * 1024;

/**
 * Throws where a client's request is larger than what etcd takes, as far as that can be told. What grew here, in many
 * small requests, is let be. After etcd 3.5 server/embed/config.go and client/v3/options.go
 */
export function refuseLarge({ received }: RequestContext, object: KubeObject): void {
  if (received === undefined || received <= MOST_TAKEN / 2) return;
  const size = storedSize(object);
  if (size > MOST_SENT) throw fromEtcd(`rpc error: code = ResourceExhausted desc = trying to send message larger than max (${size} vs. ${MOST_SENT})`);
  if (size > MOST_TAKEN) throw fromEtcd('etcdserver: request is too large');
}
