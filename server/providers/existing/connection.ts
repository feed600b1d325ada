import type { KubeClient } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Scope } from '../../lib/scope.ts';
import { createRemoteClient } from '../remote-client.ts';
import { type KubeAccess, withoutCredentials } from './kubeconfig.ts';
import { type KubeTransport, openTransport } from './transport.ts';

/** One cluster, spoken to as somebody. */
export interface Connection {
  access: KubeAccess;
  transport: KubeTransport;
  client: KubeClient;
  /** A way to the same server that adds nobody's credentials. */
  open: KubeTransport;
}

export function connectTo(access: KubeAccess, clock: Clock, scope: Scope): Connection {
  const opened = (how: KubeAccess): KubeTransport => {
    const transport = openTransport(how, clock);
    scope.defer(() => transport.close());
    return transport;
  };
  const bare = withoutCredentials(access);
  const transport = opened(access);
  // One way per token would be kept for each that is ever asked with; the newest is enough.
  let last: { token: string; transport: KubeTransport } | undefined;
  const withToken = (token: string): KubeTransport => {
    if (last?.token === token) return last.transport;
    last?.transport.close();
    last = { token, transport: opened({ ...bare, bearer: { kind: 'token', token } }) };
    return last.transport;
  };
  return { access, transport, client: createRemoteClient(transport, { withToken, fieldManager: 'argo-lab' }), open: opened(bare) };
}
